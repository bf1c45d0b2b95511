"""`retention`: how long calls and what is known of them are kept."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tollbook.cli.options import Form, site_of
from tollbook.cli.output import Columns, OutputFormat, write_json, write_table, write_text
from tollbook.model.retention import KINDS

retention = typer.Typer(help="How long calls and what is known of them are kept.", no_args_is_help=True)

_NEVER = "for ever"


def _days(what: str) -> Any:  # noqa: ANN401 - an option of typer
    return typer.Option(metavar="DAYS", min=1, help=f"Days that are kept: {what}.", show_default=False)


Records = Annotated[int | None, _days(KINDS["records"])]
Numbers = Annotated[int | None, _days(KINDS["numbers"])]
Calls = Annotated[int | None, _days(KINDS["calls"])]
History = Annotated[int | None, _days(KINDS["history"])]
Looks = Annotated[int | None, _days(KINDS["looks"])]
Backups = Annotated[int | None, _days(KINDS["backups"])]


@retention.command("show")
def show(context: typer.Context, form: Form = OutputFormat.TABLE) -> None:
    """Show how long each kind is kept, and what the last run has done."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "retention show") as client:
        told = client.get("/api/retention", into=dict[str, Any])
    if form is OutputFormat.JSON:
        write_json(told)
        return
    _write_policy(told["policy"])
    for run in told["runs"][:1]:
        done = ", ".join(f"{count} {name}" for name, count in run["counts"].items() if count) or "nothing was too old"
        ended = f"failed: {run['failure']}" if run["failure"] else done if run["ended_at"] else "goes on"
        write_text(f"last run {run['began_at'][:16].replace('T', ' ')} UTC: {ended}")


_COLUMNS: Columns = {"kind": "kind", "kept": "kept", "what": "what"}


def _write_policy(policy: dict[str, int | None]) -> None:
    rows = [
        {"kind": name, "kept": f"{policy[name]} days" if policy[name] else _NEVER, "what": what}
        for name, what in KINDS.items()
    ]
    write_table(rows, _COLUMNS)


@retention.command("preview")
def preview(
    context: typer.Context,
    records: Records = None,
    numbers: Numbers = None,
    calls: Calls = None,
    history: History = None,
    looks: Looks = None,
    backups: Backups = None,
) -> None:
    """Count what would go, and change nothing; without days, what would go by what is set."""
    from tollbook.cli.client import connect

    given = _given(records=records, numbers=numbers, calls=calls, history=history, looks=looks, backups=backups)
    with connect(site_of(context), "retention preview") as client:
        wanted = given or client.get("/api/retention", into=dict[str, Any])["policy"]
        told = client.send("POST", "/api/retention/preview", wanted)
    write_text("\n".join(told["told"]) or "nothing would go")


@retention.command("set")
def set_(
    context: typer.Context,
    records: Records = None,
    numbers: Numbers = None,
    calls: Calls = None,
    history: History = None,
    looks: Looks = None,
    backups: Backups = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether that may go.")] = False,
) -> None:
    """Set how long each kind is kept; what is left out is kept for ever. What goes does not come back."""
    from tollbook.cli.client import connect

    wanted = _given(records=records, numbers=numbers, calls=calls, history=history, looks=looks, backups=backups)
    with connect(site_of(context), "retention set") as client:
        told = client.send("POST", "/api/retention/preview", wanted)
        for each in told["told"]:
            write_text(each)
        if told["told"] and not yes:
            typer.confirm("This goes now and does not come back. Set it?", abort=True)
        _write_policy(client.send("PUT", "/api/retention", wanted))


@retention.command("run")
def run(context: typer.Context) -> None:
    """Drop, mask and delete what is too old now, rather than when the last run is a day old."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "retention run") as client:
        client.send("POST", "/api/retention/run")
    write_text("begun; `tollbook retention show` says what it has done")


def _given(**days: int | None) -> dict[str, int]:
    return {name: each for name, each in days.items() if each is not None}
