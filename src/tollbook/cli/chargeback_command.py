"""`chargeback`: what the calls of a month come to, by whom they are charged to."""

from __future__ import annotations

import sys
from decimal import Context, Decimal
from enum import StrEnum
from typing import Annotated

import typer

from tollbook.cli.exits import say
from tollbook.cli.options import site_of
from tollbook.cli.output import Columns, Row, write_pieces, write_table
from tollbook.model.problem import Misconfigured, Problem
from tollbook.render.formatting import money, talk

_EXACT = Context(prec=76)


class StatementFormat(StrEnum):
    """How a statement is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


_COLUMNS: Columns = {
    "charged to": lambda row: row["name"] or "nobody",
    "pbx": "pbx",
    "calls": "calls",
    "talk": lambda row: talk(int(row["talk_s"])),
    "currency": lambda row: row["currency"] or "no price",
    "cost": "cost",
    "price": "price",
    "difference": "difference",
}


def chargeback(
    context: typer.Context,
    month: Annotated[str, typer.Option(metavar="2026-10", help="The month; else the last one that is over.")] = "",
    by: Annotated[
        str,
        typer.Option(metavar="WORD", help="department, person, cost-centre or extension."),
    ] = "department",
    form: Annotated[StatementFormat, typer.Option("--format", help="Output format.")] = StatementFormat.TABLE,
) -> None:
    """Say what calls of a month cost and what is charged for them, by department, person, cost centre or extension."""
    from tollbook.cli.client import connect

    if form is StatementFormat.XLSX and sys.stdout.isatty():
        help_ = "send it into a file: tollbook chargeback --format xlsx > october.xlsx"
        raise Misconfigured(Problem("a workbook cannot be shown here", "stdout is a terminal", help=help_))
    words = {"month": month, "by": by}
    with connect(site_of(context), "chargeback") as client:
        if form is not StatementFormat.TABLE:
            write_pieces(client.pieces("/api/chargeback", {**words, "format": form.value}))
            return
        rows: list[Row] = list(client.rows("/api/chargeback", words))
    if not write_table(rows, _COLUMNS):
        say("no call of that month has a price, or should have one")
    for currency in sorted({row["currency"] for row in rows if row["currency"]}):
        some = [row for row in rows if row["currency"] == currency]
        cost, price = (money(f"{_sum(some, name):f}") for name in ("cost", "price"))
        say(f"together {cost} {currency} of cost, {price} {currency} charged")


def _sum(rows: list[Row], name: str) -> Decimal:
    total = Decimal(0)
    for row in rows:
        total = _EXACT.add(total, Decimal(row[name]))
    return total
