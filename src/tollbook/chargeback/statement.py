"""What calls of some days come to, by whom they are charged to: what they cost beside what is charged for them.

Each call is in one line, those of nobody in a line of their own, so that lines add up to the whole. Amounts are exact,
and those of different currencies are never added.
"""

from __future__ import annotations

from datetime import date
from decimal import Context, Decimal
from typing import Literal, get_args

import msgspec

from tollbook.model.directory import Directory
from tollbook.store.ledger import Ledger
from tollbook.store.unpriced_reasons import UNPRICED

StatementBy = Literal["department", "person", "cost_centre", "extension"]
STATEMENT_BY: tuple[StatementBy, ...] = get_args(StatementBy)
NOBODY_IN_PARTICULAR = 0
"""The id of whoever has no id: nobody."""
_EXACT = Context(prec=76)


class ChargedTo(msgspec.Struct, frozen=True, order=True):
    """Whom calls are charged to: the id of a person, department or cost centre, or an extension of a PBX."""

    id: int = NOBODY_IN_PARTICULAR
    pbx: str = ""
    extension: str = ""


class StatementLine(msgspec.Struct, frozen=True, kw_only=True):
    """Calls of one of those, in one currency; those that should have a price and have none are in a line without one.

    A department is meant without those below it: they have lines of their own.
    """

    whom: ChargedTo
    currency: str
    calls: int
    unpriced: int
    talk_s: int
    cost: Decimal
    price: Decimal


class StatementDays(msgspec.Struct, frozen=True):
    """From a day until before another, by the clock of each PBX."""

    first: date
    until: date


_SUMS = f"""CASE WHEN t.price IS NULL THEN '' ELSE t.price_currency END AS currency, count(*),
  count(*) FILTER (WHERE {UNPRICED}), coalesce(sum(t.talk_s), 0)::BIGINT, coalesce(sum(t.cost), 0),
  coalesce(sum(t.price), 0)
  FROM call t WHERE t.started_local >= $first AND t.started_local < $until
    AND (t.price IS NOT NULL OR {UNPRICED}) GROUP BY ALL"""
_BY_EXTENSION = f"SELECT t.pbx, coalesce(t.extension, ''), {_SUMS}"
_BY_ASSIGNMENT = f"SELECT coalesce(t.assignment, 0), {_SUMS}"
_BY_COST_CENTRE = f"""SELECT coalesce(CASE WHEN t.account_assignment IN (SELECT unnest($charged::INTEGER[]))
  THEN t.account_assignment ELSE t.assignment END, 0), {_SUMS}"""


def statement(ledger: Ledger, directory: Directory, by: StatementBy, days: StatementDays) -> list[StatementLine]:
    """Return the lines of a statement, ordered by whom they are of and by currency."""
    lines: dict[tuple[ChargedTo, str], StatementLine] = {}
    for each in _asked(ledger, directory, by, days):
        key = (each.whom, each.currency)
        lines[key] = _added(lines[key], each) if key in lines else each
    return [lines[key] for key in sorted(lines)]


def _asked(ledger: Ledger, directory: Directory, by: StatementBy, days: StatementDays) -> list[StatementLine]:
    values: dict[str, object] = {"first": days.first, "until": days.until}
    if by == "extension":
        rows = ledger.rows(_BY_EXTENSION, values)
        return [_line(ChargedTo(pbx=pbx if name else "", extension=name), told) for pbx, name, *told in rows]
    query = _BY_ASSIGNMENT
    if by == "cost_centre":
        query = _BY_COST_CENTRE
        values["charged"] = [each.id for each in directory.assignments if each.cost_centre]
    owners = {each.id: getattr(each, by) or NOBODY_IN_PARTICULAR for each in directory.assignments}
    rows = ledger.rows(query, values)
    return [_line(ChargedTo(owners.get(number, NOBODY_IN_PARTICULAR)), told) for number, *told in rows]


def _line(whom: ChargedTo, told: list[object]) -> StatementLine:
    names = ("currency", "calls", "unpriced", "talk_s", "cost", "price")
    return msgspec.convert({"whom": whom, **dict(zip(names, told, strict=True))}, StatementLine)


def _added(one: StatementLine, other: StatementLine) -> StatementLine:
    return msgspec.structs.replace(
        one,
        calls=one.calls + other.calls,
        unpriced=one.unpriced + other.unpriced,
        talk_s=one.talk_s + other.talk_s,
        cost=_EXACT.add(one.cost, other.cost),
        price=_EXACT.add(one.price, other.price),
    )


def totals(lines: list[StatementLine]) -> list[StatementLine]:
    """Return what lines come to together, one line a currency."""
    found: dict[str, StatementLine] = {}
    for each in lines:
        line = msgspec.structs.replace(each, whom=ChargedTo())
        found[line.currency] = _added(found[line.currency], line) if line.currency in found else line
    return [found[currency] for currency in sorted(found)]
