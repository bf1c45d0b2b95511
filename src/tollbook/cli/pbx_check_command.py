"""`pbx check`: what became of a PBX's lines, and whether its calls look like calls."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from tollbook.cli.exits import Exit
from tollbook.cli.options import AnswerForm, PbxName, site_of
from tollbook.cli.output import AnswerFormat, Columns, shown, write_json, write_table, write_text

_DAYS: Columns = {
    "arrived (UTC)": "day",
    "lines": "lines",
    "read": "read",
    "skipped": "skipped",
    "not readable": "rejected",
}
_REASONS: Columns = {"reason": "reason", "became": "became", "lines": "lines"}


def check(
    context: typer.Context,
    name: PbxName,
    put_aside: Annotated[
        str, typer.Option("--put-aside", metavar="CHECK", help="Put aside what this check found; say why with --note.")
    ] = "",
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Why it is as it should be.")] = "",
    bring_back: Annotated[
        str, typer.Option("--bring-back", metavar="CHECK", help="Bring back what was put aside of this check.")
    ] = "",
    form: AnswerForm = AnswerFormat.TEXT,
) -> None:
    """Check how a PBX's records are read.

    Shows how many lines were read, skipped and not readable, by day and by reason, and what looks like a wrong parse:
    odd durations, hours, days, extensions or numbers, with the likely reason. The exit code is 1 if something does.
    What is as it should be can be put aside; it comes back when it is about more than twice as much.
    """
    from tollbook.cli.client import connect

    with connect(site_of(context), "pbx check") as client:
        address = f"/api/pbxs/{quote(name, safe='') or '%20'}/parse"
        changes = {"put-aside": {"check": put_aside, "note": note}, "bring-back": {"check": bring_back}}
        for act, change in changes.items():
            if change["check"]:
                client.send("POST", f"{address}/{act}", change)
        told = client.get(address, into=dict[str, Any])
    odd = [each for each in told["suspicions"] if not each["mild"]]
    if form is AnswerFormat.JSON:
        write_json(told)
        raise typer.Exit(Exit.FOUND if odd else Exit.WELL)
    _write_lines(told)
    _write_suspicions(told)
    raise typer.Exit(Exit.FOUND if odd else Exit.WELL)


def _write_lines(told: dict[str, Any]) -> None:
    """Say what became of lines, by day and by reason."""
    whole = told["whole"]
    write_text(
        f"{whole['lines']} lines of the last {told['days_looked_at']} days: "
        f"{whole['read']} read, {whole['skipped']} skipped, {whole['rejected']} not readable",
    )
    for rows, columns in ((told["days"], _DAYS), (told["reasons"], _REASONS)):
        if rows:
            write_text()
            write_table(rows, columns)
    write_text()


def _write_suspicions(told: dict[str, Any]) -> None:
    """Say what is odd, why that may be, and what to do."""
    if not told["is_checked"]:
        write_text("not checked: that needs all calls of the PBX, and you see some of them")
    elif not told["suspicions"]:
        write_text(f"nothing odd in {told['calls']} calls")
    for odd in told["suspicions"]:
        seen, reason, hint = (shown(odd[name]) for name in ("seen", "reason", "help"))
        write_text(f"{seen}\n  likely: {reason}\n  help: {hint}\n  check: {odd['check']}")
    for each in told["aside"]:
        who, at, note = (shown(each["aside"][name]) for name in ("who", "at", "note"))
        write_text(f"put aside by {who} on {at[:10]}: {shown(each['odd']['seen'])}\n  why: {note}")
