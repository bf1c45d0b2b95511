"""`/api/chargeback`: what the calls of a month come to, by whom they are charged to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from tollbook.chargeback.statement import (
    STATEMENT_BY,
    StatementBy,
    StatementDays,
    StatementLine,
    statement,
)
from tollbook.model.problem import Misconfigured, Problem, nearest
from tollbook.model.recurring import Recurring
from tollbook.render.formatting import money
from tollbook.site.directory import operations as directory
from tollbook.site.targets import named
from tollbook.web.api.listing import listed
from tollbook.web.api.shapes import lists, text
from tollbook.web.api.words import WordRouter, words_of
from tollbook.web.asking import ledger_of
from tollbook.web.zones import today

router = WordRouter(tags=["chargeback"])
_WORDS = {
    "month": text("the month, such as 2026-10; else the one before this"),
    "by": text(f"one of {', '.join(STATEMENT_BY)}"),
}


class StatementRow(msgspec.Struct, frozen=True, kw_only=True):
    """Calls of somebody in a month, in one currency: what they cost beside what is charged. Empty is nobody.

    Calls that should have a price and have none stand in a row without a currency.
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


@router.get("/chargeback", summary="What calls of a month come to", openapi_extra=lists(StatementRow, words=_WORDS))
def list_statement(request: HttpRequest) -> HttpResponseBase:
    """List what calls of a month come to by department, person, cost centre or extension; the rows add up to all."""
    words = words_of(request)
    by = _by(words.get("by", "") or "department")
    lines = statement(ledger_of(request), directory.owners_alone(), by, _month(words.get("month", "")))
    names = {} if by == "extension" else named(by, {each.whom.id for each in lines})
    rows = sorted((_row(each, names) for each in lines), key=lambda row: (row.name.casefold(), row.pbx, row.currency))
    return listed(request, StatementRow.__struct_fields__, map(msgspec.structs.asdict, rows))


def _by(text: str) -> StatementBy:
    word = text.replace("-", "_")
    found = next((each for each in STATEMENT_BY if each == word), None)
    if found is None:
        raise Misconfigured(
            Problem(
                f"nothing is charged by {text[:40]!r}",
                "a statement is by one of four",
                help=nearest(word, STATEMENT_BY),
            )
        )
    return found


def _month(text: str) -> StatementDays:
    months = Recurring("month")
    if not text:
        until = months.begun(today())
        return StatementDays(months.begun(date.fromordinal(until.toordinal() - 1)), until)
    try:
        first = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
        return StatementDays(first, months.ended(first))
    except (ValueError, OverflowError):
        raise Misconfigured(Problem("'month' must be a month such as 2026-10", f"got {text[:40]!r}")) from None


def _row(line: StatementLine, names: Mapping[int, str]) -> StatementRow:
    told: dict[str, Any] = {name: getattr(line, name) for name in ("currency", "calls", "unpriced", "talk_s")}
    return StatementRow(
        **told,
        name=line.whom.extension or names.get(line.whom.id, ""),
        pbx=line.whom.pbx,
        cost=money(f"{line.cost:f}"),
        price=money(f"{line.price:f}"),
        difference=money(f"{line.price - line.cost:f}"),
    )
