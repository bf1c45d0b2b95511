"""A statement: what calls of some days and their monthly charges come to, by whom they are charged to.

Each charge is in one line, and so is each call, but for one that was handed on: whoever talked is charged a part. Those
of nobody have a line of their own, so that lines add up to the whole. Amounts of different currencies are never added.
The price of a call has its tax in it already, so tax is taken out of it and never put on top; that share, of each call
or part, is rounded half up to twelve places. Nothing else of a call is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

import msgspec

from tollbook.chargeback.lines import (
    NOBODY,
    NOBODY_IN_PARTICULAR,
    ChargedTo,
    StatementAsked,
    StatementBy,
    StatementDays,
    StatementLine,
    together,
)
from tollbook.chargeback.monthly import charged_parts
from tollbook.model.directory import Directory
from tollbook.model.monthly_charge import MonthlyCharge
from tollbook.store.call_shares import with_call_share
from tollbook.store.ledger import Ledger
from tollbook.store.unpriced_reasons import UNPRICED

TAX_PLACES = 12
_MOST_PARTS = 10**9
"""The largest denominator of a share: percents with six decimals have none that is larger."""
_EXACT = Context(prec=76)


class StatementBasis(msgspec.Struct, frozen=True, kw_only=True):
    """What a statement is made of beside calls.

    `tax_of` returns the tax of a version of a tariff, by the label that calls keep of it, in percent; None where the
    version is there no longer.
    """

    directory: Directory
    charges: list[MonthlyCharge] = []
    tax_of: Callable[[str], Decimal | None] = lambda _: None


WITHIN = "t.started_local >= $first AND t.started_local < $until"
CHARGED = f"(t.price IS NOT NULL OR {UNPRICED})"
_LABELS = f"SELECT DISTINCT t.tariff FROM call t WHERE t.tariff IS NOT NULL AND {WITHIN} AND {CHARGED}"  # noqa: S608 - texts of our own
TAX = "(2 * (p.price::DECIMAL(24, 12) * 1000000000000)::HUGEINT * x.parts + x.whole) // (2 * x.whole)"
"""The tax in the price of a call or part, in units of twelve places, rounded half up: whole numbers are exact."""
TAXES = """tax AS (SELECT unnest($labels::VARCHAR[]) AS label, unnest($parts::BIGINT[]) AS parts,
      unnest($wholes::BIGINT[]) AS whole)"""
_OWNER = "coalesce(t.assignment, 0)"
_OF_COST_CENTRE = """coalesce(CASE WHEN t.account_assignment IN (SELECT unnest($charged::INTEGER[]))
  THEN t.account_assignment ELSE t.assignment END, 0)"""


def _sums(one: str, two: str = "''", only: str = "true") -> str:
    """Return the question what calls come to by two expressions.

    Calls of one price are put together first: whole numbers of that size are divided slowly, and prices repeat.
    """
    return f"""{TAXES},
    priced AS (SELECT {one} AS one, {two} AS two,
      CASE WHEN t.price IS NULL THEN '' ELSE t.price_currency END AS currency, t.tariff, t.price,
      count(*) AS rows, sum(t.counted) AS calls, sum(t.counted) FILTER (WHERE {UNPRICED}) AS unpriced,
      coalesce(sum(t.talk_s), 0)::BIGINT AS talk_s, coalesce(sum(t.cost), 0) AS cost, sum(t.price) AS amount
      FROM call_share t WHERE {CHARGED} AND {only} GROUP BY ALL)
    SELECT p.one, p.two, p.currency, sum(p.calls)::BIGINT, coalesce(sum(p.unpriced), 0)::BIGINT,
      coalesce(sum(p.calls) FILTER (WHERE p.price IS NOT NULL AND x.label IS NULL), 0)::BIGINT,
      sum(p.talk_s)::BIGINT, sum(p.cost), coalesce(sum(p.amount), 0), coalesce(sum({TAX} * p.rows), 0)::HUGEINT
    FROM priced p LEFT JOIN tax x ON x.label = p.tariff GROUP BY ALL"""  # noqa: S608 - expressions of our own


def statement(ledger: Ledger, basis: StatementBasis, by: StatementBy, days: StatementDays) -> list[StatementLine]:
    """Return the lines of a statement, ordered by whom they are of and by currency."""
    parts = charged_parts(basis.charges, basis.directory, by, days)
    return together([*_of_calls(ledger, basis, by, days), *(each.line for each in parts)])


def _of_calls(ledger: Ledger, basis: StatementBasis, by: StatementBy, days: StatementDays) -> Iterator[StatementLine]:
    values = statement_values(ledger, basis, days)
    if by == "extension":
        for pbx, name, *told in _asked(ledger, _sums("t.pbx", "coalesce(t.extension, '')"), values):
            yield _line(ChargedTo(pbx=pbx if name else "", extension=name), told)
        return
    owners = {each.id: getattr(each, by) or NOBODY_IN_PARTICULAR for each in basis.directory.assignments}
    owner, bound = _owner(basis, by)
    for number, _, *told in _asked(ledger, _sums(owner), {**values, **bound}):
        yield _line(ChargedTo(owners.get(number, NOBODY_IN_PARTICULAR)), told)


def _asked(ledger: Ledger, query: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a question over calls and parts of them."""
    return ledger.rows(f"{with_call_share(ledger, WITHIN)}, {query}", values)


def statement_values(ledger: Ledger, basis: StatementBasis, days: StatementDays) -> dict[str, Any]:
    """Return what a question over `CHARGED` calls `WITHIN` some days, with `TAXES`, is bound to."""
    asked: dict[str, Any] = {"first": days.first, "until": days.until}
    labels = [label for (label,) in ledger.rows(_LABELS, asked)]
    shares = {label: _share(percent) for label in labels if (percent := basis.tax_of(label)) is not None}
    return {
        **asked,
        "labels": list(shares),
        "parts": [each.numerator for each in shares.values()],
        "wholes": [each.denominator for each in shares.values()],
    }


# ---------------------------------------------------------------- one of them


class DestinationLine(msgspec.Struct, frozen=True, kw_only=True):
    """Calls of somebody to the numbers of a country and kind, in one currency."""

    country: str
    kind: str
    line: StatementLine


def by_destination(
    ledger: Ledger,
    basis: StatementBasis,
    asked: StatementAsked,
    whom: ChargedTo,
) -> list[DestinationLine]:
    """Return what calls of somebody come to by destination, those that are charged most first."""
    named, values = _of(basis, asked.by, whom)
    query = _sums("coalesce(t.number_country, '')", "coalesce(t.number_kind, '')", named)
    rows = _asked(ledger, query, {**statement_values(ledger, basis, asked.days), **values})
    found = [DestinationLine(country=country, kind=kind, line=_line(whom, told)) for country, kind, *told in rows]
    return sorted(found, key=lambda each: (-each.line.price, -each.line.calls, each.country, each.kind))


def _of(basis: StatementBasis, by: StatementBy, whom: ChargedTo) -> tuple[str, dict[str, Any]]:
    """Return which calls are somebody's, as a condition and the values that it is bound to."""
    if by == "extension":
        if whom == NOBODY:
            return "coalesce(t.extension, '') = ''", {}
        return "t.extension = $extension AND t.pbx = $pbx", {"extension": whom.extension, "pbx": whom.pbx}
    is_owned = whom != NOBODY
    owners = {each.id: getattr(each, by) for each in basis.directory.assignments}
    some = [number for number, owner in owners.items() if (owner == whom.id if is_owned else owner)]
    expression, values = _owner(basis, by)
    named = f"({expression} IN (SELECT unnest($some::INTEGER[]))) = $is_owned"
    return named, {**values, "some": some, "is_owned": is_owned}


def _owner(basis: StatementBasis, by: StatementBy) -> tuple[str, dict[str, Any]]:
    """Return the assignment by which a call is charged, as an expression and the values that it is bound to."""
    if by != "cost_centre":
        return _OWNER, {}
    return _OF_COST_CENTRE, {"charged": [each.id for each in basis.directory.assignments if each.cost_centre]}


def _share(percent: Decimal) -> Fraction:
    """Return how much of an amount with tax is tax.

    >>> _share(Decimal(19))
    Fraction(19, 119)
    """
    tax = Fraction(percent)
    return (tax / (100 + tax)).limit_denominator(_MOST_PARTS)


_TOLD = ("currency", "calls", "unpriced", "tax_unknown", "talk_s", "cost", "price")


def _line(whom: ChargedTo, told: list[Any]) -> StatementLine:
    *known, tax = told
    values = dict(zip(_TOLD, known, strict=True))
    return StatementLine(whom=whom, **values, price_tax=Decimal(tax).scaleb(-TAX_PLACES, _EXACT))
