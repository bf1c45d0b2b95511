"""`/api/chargeback`: what calls of a month and monthly charges come to, by whom they are charged to."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from tollbook.chargeback.lines import STATEMENT_BY, StatementLine
from tollbook.chargeback.monthly import ChargedPart, charged_parts
from tollbook.render.formatting import money
from tollbook.render.tables import PLAIN
from tollbook.web.api.listing import listed
from tollbook.web.api.shapes import choice, lists, text
from tollbook.web.api.words import WordRouter, words_of
from tollbook.web.chargeback.asked import asked_statement, asked_words, basis, names_of
from tollbook.web.people.roles import needs

router = WordRouter(tags=["chargeback"])
_WORDS = {
    "month": text("the month, such as 2026-10; else the one before this"),
    "by": text(f"one of {', '.join(STATEMENT_BY)}"),
    "csv": choice("CsvStyle", f"how CSV is written; all but {PLAIN!r} are for spreadsheets"),
}


class StatementRow(msgspec.Struct, frozen=True, kw_only=True):
    """Calls and monthly charges of somebody in a month, in one currency. An empty name is nobody.

    `cost` and `price` are of calls, tax included: what they cost, and what is charged for them; `difference` is how
    much more that is. `net` is the price without its tax and `monthly` the monthly charges without theirs; with `tax`
    they are `total`. `total_cost` is what calls and monthly charges cost, tax included. Calls that should have a price
    and have none stand in a row without a currency. The tax of `tax_unknown` calls is counted as none.
    """

    name: str
    pbx: str
    currency: str
    calls: int
    unpriced: int
    talk_s: int
    cost: str
    price: str
    difference: str
    net: str
    monthly: str
    tax: str
    total: str
    total_cost: str
    total_difference: str
    tax_unknown: int


class MonthlyPartRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a monthly charge, by its number, comes to for somebody in a month, on days from one to another, included."""

    name: str
    pbx: str
    number: int
    charge: str
    first: str = msgspec.field(name="from")
    last: str = msgspec.field(name="to")
    currency: str
    amount: str
    tax: str
    total: str
    total_cost: str


@router.get("/chargeback", summary="What a month comes to", openapi_extra=lists(StatementRow, words=_WORDS))
@needs("prices.see")
def list_statement(request: HttpRequest) -> HttpResponseBase:
    """List what calls and monthly charges of a month come to by department, person, cost centre or extension.

    The rows add up to all calls and charges of the month, whatever they are by. The price of a call has its tax in it:
    `tax` says how much of it, and nothing is taxed twice.
    """
    asked = asked_words(words_of(request))
    lines = asked_statement(request, asked)
    names = names_of(asked.by, (each.whom for each in lines))
    rows = sorted((_row(each, names) for each in lines), key=lambda row: (row.name.casefold(), row.pbx, row.currency))
    return listed(request, StatementRow.__struct_fields__, map(msgspec.structs.asdict, rows))


_COUNTS = ("calls", "unpriced", "talk_s", "tax_unknown")
_AMOUNTS = ("cost", "price", "difference", "net", "monthly", "tax", "total", "total_cost", "total_difference")


def _row(line: StatementLine, names: Mapping[int, str]) -> StatementRow:
    told: dict[str, Any] = {name: getattr(line, name) for name in _COUNTS}
    told |= {name: _text(getattr(line, name)) for name in _AMOUNTS}
    name = line.whom.extension or names.get(line.whom.id, "")
    return StatementRow(**told, name=name, pbx=line.whom.pbx, currency=line.currency)


@router.get(
    "/chargeback/monthly-charges",
    summary="What monthly charges come to in a month",
    openapi_extra=lists(MonthlyPartRow, words=_WORDS),
)
@needs("prices.see")
def list_parts(request: HttpRequest) -> HttpResponseBase:
    """List which monthly charge stands in whose row of a month's statement, and with how much."""
    asked, known = asked_words(words_of(request)), basis()
    parts = list(charged_parts(known.charges, known.directory, asked.by, asked.days))
    names = names_of(asked.by, (each.whom for each in parts))
    rows = sorted((_part(each, names) for each in parts), key=lambda row: (row.name.casefold(), row.charge, row.first))
    return listed(request, MonthlyPartRow.__struct_encode_fields__, map(msgspec.to_builtins, rows))


def _part(part: ChargedPart, names: Mapping[int, str]) -> MonthlyPartRow:
    return MonthlyPartRow(
        name=part.whom.extension or names.get(part.whom.id, ""),
        pbx=part.whom.pbx,
        number=part.charge.id,
        charge=part.charge.name,
        first=part.first.isoformat(),
        last=part.last.isoformat(),
        currency=part.charge.currency,
        amount=_text(part.amount),
        tax=_text(part.tax),
        total=_text(part.total),
        total_cost=_text(part.cost),
    )


def _text(amount: Decimal) -> str:
    return money(f"{amount:f}")
