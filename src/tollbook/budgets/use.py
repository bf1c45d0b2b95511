"""What calls come to in the periods of budgets: all budgets of a kind are asked for by one question.

Calls are first added up by day and by whom they are of, which is little; budgets and their periods are joined to that.
A call is of the day on which it began by the clock of its PBX. Of one that was handed on, each extension that talked
uses its part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from tollbook.model.budget import BudgetKind, Measure, PeriodUse
from tollbook.store.call_shares import with_call_share
from tollbook.store.ledger import Ledger
from tollbook.store.unpriced_reasons import UNPRICED


class BudgetSpan(msgspec.Struct, frozen=True):
    """A period of a budget, by a number for the question: from a day until before another; and what day it is."""

    number: int
    first: date
    until: date
    today: date


class AskedBudget(msgspec.Struct, frozen=True, kw_only=True):
    """A budget in a question, by its number there, and what its calls have: any of some values, or assignments.

    `values` are extensions, trunks or account codes of `pbx` (empty: of any).
    """

    number: int
    measure: Measure
    currency: str
    pbx: str = ""
    value: str = ""
    assignments: Sequence[int] = ()


class BudgetQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Budgets of a kind and their periods.

    `charged` are the assignments with a cost centre: a call is charged to that of its account code, else of its owner.
    """

    kind: BudgetKind
    budgets: Sequence[AskedBudget]
    periods: Sequence[BudgetSpan]
    charged: Sequence[int] = ()


_BY_VALUE = """
day AS (
  SELECT t.pbx, t.{column} AS value, t.started_local::DATE AS day, t.price_currency AS currency, {sums}
  FROM call_share t WHERE {within} AND t.{column} IN (SELECT unnest($values::VARCHAR[])) GROUP BY ALL
), target AS (
  SELECT unnest($numbers::INTEGER[]) AS number, unnest($pbxs::VARCHAR[]) AS pbx, unnest($values::VARCHAR[]) AS value
), found AS (
  SELECT w.number AS number, {added} FROM day d JOIN target w ON w.value = d.value AND w.pbx IN ('', d.pbx) GROUP BY ALL
) {rest}
"""
_BY_ASSIGNMENT = """
day AS (
  SELECT {assignment} AS value, t.started_local::DATE AS day, t.price_currency AS currency, {sums}
  FROM call_share t WHERE {within} AND {assignment} IN (SELECT unnest($values::BIGINT[])) GROUP BY ALL
), target AS (
  SELECT unnest($numbers::INTEGER[]) AS number, unnest($values::BIGINT[]) AS value
), found AS (
  SELECT w.number AS number, {added} FROM day d JOIN target w ON w.value = d.value GROUP BY ALL
) {rest}
"""
_WITHIN = "t.started_local >= $first AND t.started_local < $until"
_SUMS = f"""sum(t.cost) AS cost, sum(t.price) AS price, sum(t.counted) AS calls,
  coalesce(sum(t.counted) FILTER (WHERE {UNPRICED}), 0) AS unpriced"""
_ADDED = """d.day AS day, d.currency AS currency, sum(d.cost) AS cost, sum(d.price) AS price, sum(d.calls) AS calls,
  sum(d.unpriced) AS unpriced"""
_REST = """, period AS (
  SELECT unnest($period_numbers::INTEGER[]) AS number, unnest($firsts::DATE[]) AS first,
    unnest($untils::DATE[]) AS until, unnest($todays::DATE[]) AS today
), budget AS (
  SELECT unnest($budgets::INTEGER[]) AS number, unnest($measures::VARCHAR[]) AS measure,
    unnest($currencies::VARCHAR[]) AS currency
), counted AS (
  SELECT f.number AS number, p.first AS first, p.today AS today, f.day AS day, f.calls AS calls,
    f.unpriced AS unpriced, f.currency = b.currency AS counts,
    f.currency IS NOT NULL AND f.currency <> b.currency AS is_other,
    CASE b.measure WHEN 'cost' THEN f.cost ELSE f.price END AS amount
  FROM found f JOIN budget b ON b.number = f.number
  JOIN period p ON p.number = f.number AND f.day >= p.first AND f.day < p.until
)
SELECT number, first, coalesce(sum(amount) FILTER (WHERE counts), 0),
  coalesce(sum(amount) FILTER (WHERE counts AND day < today), 0),
  coalesce(sum(calls - unpriced) FILTER (WHERE counts), 0), sum(unpriced),
  coalesce(sum(calls - unpriced) FILTER (WHERE is_other), 0)
FROM counted GROUP BY number, first
"""
_COST_CENTRE = """CASE WHEN t.account_assignment IN (SELECT unnest($charged::BIGINT[])) THEN t.account_assignment
  ELSE t.assignment END"""
_WHOLE = "WITH call_share AS (SELECT *, 1 AS counted FROM call)"
"""Calls as they stand: a trunk and an account code are of the whole call."""
_COLUMNS: Mapping[BudgetKind, str] = {"extension": "extension", "trunk": "trunk", "account_code": "account_code"}


def used(ledger: Ledger, question: BudgetQuestion) -> dict[int, dict[date, PeriodUse]]:
    """Return what was used, by the number of a budget and the first day of a period; none where no call was."""
    if not question.budgets or not question.periods:
        return {}
    query, values = _by_value(question) if question.kind in _COLUMNS else _by_assignment(question)
    whole = question.kind in ("trunk", "account_code")
    query = f"{_WHOLE if whole else with_call_share(ledger, _WITHIN)}, {query}"
    found: dict[int, dict[date, PeriodUse]] = {}
    for number, first, *told in ledger.rows(query, {**_values(question), **values}):
        use = dict(zip(PeriodUse.__struct_fields__, told, strict=True))
        found.setdefault(number, {})[first] = PeriodUse(**use)
    return found


def _by_value(question: BudgetQuestion) -> tuple[str, dict[str, Any]]:
    query = _BY_VALUE.format(column=_COLUMNS[question.kind], sums=_SUMS, added=_ADDED, within=_WITHIN, rest=_REST)
    return query, {
        "numbers": [each.number for each in question.budgets],
        "pbxs": [each.pbx for each in question.budgets],
        "values": [each.value for each in question.budgets],
    }


def _by_assignment(question: BudgetQuestion) -> tuple[str, dict[str, Any]]:
    charged = question.kind == "cost_centre"
    query = _BY_ASSIGNMENT.format(
        assignment=_COST_CENTRE if charged else "t.assignment",
        sums=_SUMS,
        added=_ADDED,
        within=_WITHIN,
        rest=_REST,
    )
    pairs = [(each.number, number) for each in question.budgets for number in each.assignments]
    values: dict[str, Any] = {"numbers": [number for number, _ in pairs], "values": [each for _, each in pairs]}
    return query, {**values, "charged": list(question.charged)} if charged else values


def _values(question: BudgetQuestion) -> dict[str, Any]:
    return {
        "first": min(each.first for each in question.periods),
        "until": max(each.until for each in question.periods),
        "period_numbers": [each.number for each in question.periods],
        "firsts": [each.first for each in question.periods],
        "untils": [each.until for each in question.periods],
        "todays": [each.today for each in question.periods],
        "budgets": [each.number for each in question.budgets],
        "measures": [each.measure for each in question.budgets],
        "currencies": [each.currency for each in question.budgets],
    }
