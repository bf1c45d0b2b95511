"""`bill check`: a carrier's bill against the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tollbook.cli.cost_commands import signed
from tollbook.cli.exits import Exit, say
from tollbook.cli.options import Form, offered_pbxs, site_of
from tollbook.cli.output import Columns, OutputFormat, write_json, write_pieces, write_table, write_text
from tollbook.model.problem import Misconfigured, Problem
from tollbook.render.formatting import money, talk

_SHOWN = 50
"""Calls that the table shows; the other formats have all."""
bill = typer.Typer(help="Check carriers' bills.", no_args_is_help=True)


def _amount(name: str) -> Any:  # noqa: ANN401 - what makes a column's text of a row
    return lambda row: "" if row[name] is None else money(row[name])


def _seconds(name: str) -> Any:  # noqa: ANN401 - the same
    return lambda row: "" if row[name] is None else talk(int(row[name]))


_SUMS: Columns = {
    "outcome": "outcome",
    "calls": "calls",
    "bill": _amount("billed"),
    "ours": _amount("own"),
    "difference": lambda row: signed(row["difference"]),
    "length on the bill": _seconds("billed_s"),
    "ours, length": _seconds("own_s"),
}
_CALLS: Columns = {
    "outcome": "outcome",
    "line": "line",
    "number": "number",
    "started": lambda row: row["started"] or str(row["started_local"]).replace("T", " "),
    "bill, s": "billed_s",
    "ours, s": "own_s",
    "bill": _amount("billed"),
    "ours": _amount("own"),
    "difference": lambda row: signed(row["difference"]),
    "id": "id",
}


BillAnswers = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Answer a question, such as zone=Europe/Berlin."),
]


@bill.command("check")
def check(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Its calls, a CSV file.", show_default=False)],
    tariff: Annotated[str, typer.Option(metavar="TARIFF", help="Compare calls that this tariff prices.")] = "",
    pbx: Annotated[
        str, typer.Option(metavar="NAME", help="Compare calls of this PBX.", autocompletion=offered_pbxs)
    ] = "",
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="First day, by the bill's clock.")] = "",
    until: Annotated[str, typer.Option("--to", metavar="DAY", help="Last day (included), by the bill's clock.")] = "",
    tolerance: Annotated[str, typer.Option(metavar="120s", help="How far times may differ.")] = "120s",
    seconds: Annotated[str, typer.Option(metavar="1", help="Seconds by which lengths may differ.")] = "1",
    price: Annotated[str, typer.Option(metavar="0.01", help="Amount by which prices may differ.")] = "0",
    answers: BillAnswers = None,
    form: Form = OutputFormat.TABLE,
) -> None:
    """Lay a carrier's bill beside your calls, one by one, and show what differs. Nothing is kept.

    What the file does not say is asked, and answered with --set.
    """
    from tollbook.cli.client import connect
    from tollbook.model.page_limits import BILL_FILE

    data = _bytes(file, BILL_FILE)
    words = {"tariff": tariff, "pbx": pbx, "from": first, "to": until, "tolerance": tolerance, "seconds": seconds}
    words |= {"price": price, **dict(_answer(each) for each in answers or [])}
    with connect(site_of(context), "bill check") as client:
        if form is OutputFormat.CSV:
            write_pieces([client.answered("/api/bills/check", data, {**words, "format": "csv"})])
            return
        told = client.post("/api/bills/check", data, words, into=dict)
    if form is OutputFormat.JSON:
        write_json(told)
    elif told["ready"]:
        _write_check(told)
    if not told["ready"]:
        for question in told["questions"]:
            say(_asked(question))
        raise typer.Exit(Exit.WRONG)


def _bytes(file: Path, most: int) -> bytes:
    """Return a file's bytes; raises `Misconfigured`."""
    try:
        with file.open("rb") as opened:
            data = opened.read(most + 1)
    except OSError as fault:
        reason = fault.strerror or str(fault)
        raise Misconfigured(Problem("the bill cannot be read", reason, str(file), "name a CSV file")) from fault
    if len(data) > most:
        raise Misconfigured(Problem("the bill is too large", f"more than {most} bytes", str(file), "divide it by days"))
    return data


def _answer(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise Misconfigured(Problem(f"'--set {text}' is no answer", "it has no =", help="--set zone=Europe/Berlin"))
    return name, value


def _asked(question: dict[str, Any]) -> str:
    """Return a question with the options that answer it."""
    lines = [f"question: {question['what']}", f" reason: {question['why']}"]
    choices = question["choices"] or [{"value": "…", "means": ""}]
    for each in choices:
        value = f"'{each['value']}'" if any(sign in each["value"] for sign in " #&;|()") else each["value"]
        lines.append(f"   --set {question['setting']}={value}" + (f"   {each['means']}" if each["means"] else ""))
    return "\n".join(lines)


def _write_check(told: dict[str, Any]) -> None:
    write_table(told["understood"], {"understood": "setting", "as": "value", "because of": "because"})
    for note in _notes(told):
        write_text(note)
    currency = f" ({told['currency']})" if told["currency"] else ""
    write_text(f"\nIn all{currency}")
    write_table(told["sums"], _SUMS)
    if told["calls"]:
        write_text("\nCalls that differ")
        write_table(told["calls"][:_SHOWN], _CALLS)
    if len(told["calls"]) > _SHOWN:
        say(f"the first {_SHOWN} of {len(told['calls'])}; --format csv has all")


def _notes(told: dict[str, Any]) -> list[str]:
    """Return what is to be known of a check, in sentences."""
    unread = [f"line {each['line']} cannot be read: {each['reason']}" for each in told["unread"][:_SHOWN]]
    return [*told["notes"], *unread]
