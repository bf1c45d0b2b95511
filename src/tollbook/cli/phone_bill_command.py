"""`phone-bill` and `phone-bill-mask`: bills of people, extensions and departments, and what they leave out."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from tollbook.cli.budget_commands import one_target
from tollbook.cli.exits import say
from tollbook.cli.options import offered_pbxs, site_of
from tollbook.cli.output import Columns, Row, write_table, write_text
from tollbook.cli.report_commands import Background, Paper
from tollbook.cli.writing_files import write_to
from tollbook.model.problem import Misconfigured, Problem
from tollbook.render.formatting import money, talk


class BillFileFormat(StrEnum):
    """As what a bill is had."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


Mask = Annotated[
    str, typer.Option(metavar="WORD", help="Of numbers: none, last-3, last-4, all-but-country. Else as the site has.")
]
_AS_FILES = (BillFileFormat.XLSX, BillFileFormat.PDF)
_CALLS: Columns = {
    "begun": lambda row: row["begun"].replace("T", " "),
    "extension": "extension",
    "number": lambda row: row["number"] or "not shown",
    "name": "name",
    "country": "country",
    "kind": "kind",
    "talk": lambda row: talk(int(row["talk_s"])),
    "net": lambda row: f"{money(row['net'])} {row['currency']}" if row["currency"] else row["unpriced"],
}
_SUMS: Columns = {
    "": "item",
    "calls": "calls",
    "talk": lambda row: talk(int(row["talk_s"])) if row["talk_s"] is not None else "",
    "amount": "amount",
}


def phone_bill(
    context: typer.Context,
    person: Annotated[str, typer.Option(metavar="PERSON", help="Whose bill: a person, by name or mail.")] = "",
    extension: Annotated[str, typer.Option(metavar="EXTENSION", help="Whose bill: an extension.")] = "",
    department: Annotated[str, typer.Option(metavar="PATH", help="Whose bill: a department, with all below it.")] = "",
    pbx: Annotated[
        str, typer.Option(metavar="NAME", help="The PBX of the extension.", autocompletion=offered_pbxs)
    ] = "",
    month: Annotated[
        str,
        typer.Option(metavar="2026-10", help="The month; 2026-07..2026-09; last-quarter. Else the last that is over."),
    ] = "",
    mask: Mask = "",
    by: Annotated[str, typer.Option(metavar="WORD", help="Subtotals of a PDF by kind or day.")] = "kind",
    form: Annotated[BillFileFormat, typer.Option("--format", help="Output format.")] = BillFileFormat.TABLE,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", dir_okay=False, metavar="FILE", help="The file to write; else stdout."),
    ] = None,
    paper: Paper = "a4",
    background: Background = False,
) -> None:
    """Make the phone bill of a person, an extension or a department."""
    from tollbook.cli.client import connect
    from tollbook.cli.files_commands import ask_in_background

    if not background:
        _check_shown(form, output)
    kind, name = one_target({"person": person, "extension": extension, "department": department})
    words: dict[str, Any] = {kind: name, "pbx": pbx, "month": month, "mask": mask, "by": by, "paper": paper}
    with connect(site_of(context), "phone-bill") as client:
        if background:
            ask_in_background(client, _file_of({**words, "format": form.value}))
            return
        if form is BillFileFormat.TABLE:
            _show(client.get("/api/phone-bill", words, into=dict[str, Any]))
            return
        write_to(client.pieces("/api/phone-bill", {**words, "format": form.value}), output)


def _check_shown(form: BillFileFormat, output: Path | None) -> None:
    if form in _AS_FILES and output is None and sys.stdout.isatty():
        help_ = f"give --output FILE, such as --output bill.{form.value}"
        raise Misconfigured(Problem(f"{form.value} cannot be shown here", "stdout is a terminal", help=help_))


def _file_of(words: dict[str, Any]) -> dict[str, Any]:
    if words["format"] == BillFileFormat.TABLE:
        help_ = "add --format pdf, xlsx, csv or json"
        raise Misconfigured(Problem("a file is made in the background, no table", "no --format is given", help=help_))
    return {"of": "phone-bill", "words": {name: text for name, text in words.items() if text}}


def phone_bill_mask(
    context: typer.Context,
    mask: Annotated[
        str, typer.Argument(metavar="MASK", help="none, last-3, last-4 or all-but-country.", show_default=False)
    ] = "",
) -> None:
    """Show or set what phone bills leave out of numbers unless --mask says otherwise."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "phone-bill-mask") as client:
        if mask:
            told = client.send("PUT", "/api/phone-bill/mask", {"mask": mask})
        else:
            told = client.get("/api/phone-bill/mask", into=dict[str, Any])
    write_text(told["mask"])


def _show(bill: Row) -> None:
    say(f"{bill['name']}, {bill['period']['words']}")
    for section in bill["sections"]:
        say(section["name"])
        write_table(section["calls"], _CALLS)
        write_table(list(_sums(section)), _SUMS)
    for note in bill["notes"]:
        say(note)


def _sums(section: Row) -> list[Row]:
    nothing = {"calls": "", "talk_s": None}
    kinds = [{**each, "item": each["kind"], "amount": _paid(each, "net")} for each in section["kinds"]]
    fees = [{**nothing, "item": each["name"], "amount": _paid(each, "net")} for each in section["fees"]]
    taxes = [{**nothing, "item": _rate(each["percent"]), "amount": _paid(each, "tax")} for each in section["taxes"]]
    totals = [{**nothing, "item": "total", "amount": _paid(each, "total")} for each in section["totals"]]
    return [*kinds, *fees, *taxes, *totals]


def _rate(percent: str | None) -> str:
    return "tax, not known" if percent is None else f"tax, {percent} %"


def _paid(row: Row, name: str) -> str:
    return f"{money(row[name])} {row['currency']}" if row["currency"] else "no price"
