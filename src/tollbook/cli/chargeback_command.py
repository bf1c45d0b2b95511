"""`chargeback`: what the calls of a month come to, by whom they are charged to."""

from __future__ import annotations

import sys
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal
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


_PLACES = Decimal("0.0001")


def _short(name: str) -> Callable[[Row], str]:
    """Return what shows an amount to four places; other formats have all of them."""
    return lambda row: _to_four_places(Decimal(row[name]))


def _to_four_places(amount: Decimal) -> str:
    return money(f"{amount.quantize(_PLACES, ROUND_HALF_UP, _EXACT):f}")


_COLUMNS: Columns = {
    "charged to": lambda row: row["name"] or "nobody",
    "pbx": "pbx",
    "calls": "calls",
    "talk": lambda row: talk(int(row["talk_s"])),
    "currency": lambda row: row["currency"] or "no price",
    "cost": _short("cost"),
    "price": _short("price"),
    "difference": _short("difference"),
    "net": _short("net"),
    "monthly": _short("monthly"),
    "tax": _short("tax"),
    "total": _short("total"),
    "total cost": _short("total_cost"),
    "total difference": _short("total_difference"),
}
_SPARE = ("difference", "total difference", "talk", "net", "calls", "cost", "price")
"""Headings that are given up first where the terminal has no room for all."""


def chargeback(
    context: typer.Context,
    month: Annotated[str, typer.Option(metavar="2026-10", help="The month; else the last one that is over.")] = "",
    by: Annotated[
        str,
        typer.Option(metavar="WORD", help="department, person, cost-centre or extension."),
    ] = "department",
    form: Annotated[StatementFormat, typer.Option("--format", help="Output format.")] = StatementFormat.TABLE,
) -> None:
    """Say what a month's calls and monthly charges cost and what is charged for them, by whom they are charged to."""
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
    if not write_table(rows, _COLUMNS, _SPARE):
        say("no call of that month has a price, or should have one, and nothing is charged for the month")
    for currency in sorted({row["currency"] for row in rows if row["currency"]}):
        _say_together(currency, [row for row in rows if row["currency"] == currency])
    if unknown := sum(row["tax_unknown"] for row in rows):
        say(f"of {unknown} calls the tax is not known, as their tariff is there no longer: it is counted as none")


def _say_together(currency: str, rows: list[Row]) -> None:
    cost, price = (money(f"{_sum(rows, name):f}") for name in ("cost", "price"))
    if not any(Decimal(row["monthly"]) or Decimal(row["tax"]) for row in rows):
        say(f"together {cost} {currency} of cost, {price} {currency} charged")
        return
    say(f"together {cost} {currency} of cost, {price} {currency} charged for calls")
    names = ("net", "monthly", "tax", "total", "total_cost")
    net, monthly, tax, total, paid = (_to_four_places(_sum(rows, name)) for name in names)
    say(f"  {net} net for calls, {monthly} of monthly charges, {tax} of tax: {total} {currency} charged")
    say(f"  calls and monthly charges cost {paid} {currency}, tax included")


def _sum(rows: list[Row], name: str) -> Decimal:
    total = Decimal(0)
    for row in rows:
        total = _EXACT.add(total, Decimal(row[name]))
    return total
