"""Lists of calls: reports that show each call by itself, with totals over all of them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.report import ReportColumn, ReportRow, ReportValue, Unit
from tollbook.reports.answering import OTHERS, Groups, column_of_dimension, find, groups_of, value_of
from tollbook.reports.breakdown import MOST_ROWS, Breakdown
from tollbook.reports.sql import breakdown_sql
from tollbook.reports.vocabulary import Dimension, Measure, dimensions, measures
from tollbook.store.called_back import asks_who_talked
from tollbook.store.filters import Where
from tollbook.store.ledger import Ledger


class CallsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Calls by their columns; `ids` has the permanent key of each."""

    columns: tuple[ReportColumn, ...]
    ids: list[str]
    rows: list[ReportRow]
    has_others: bool
    totals: ReportRow
    calls: int


class CallsAsked(msgspec.Struct, frozen=True):
    """Which columns of calls, how they are ordered, and how many calls at most; 0 is all there may be."""

    names: Sequence[str]
    order: str = ""
    limit: int = 0


def list_calls(ledger: Ledger, asked: CallsAsked, where: Where) -> CallsAnswer:
    """Return the calls of a condition."""
    told = _told(asked)
    sums = Breakdown(measures=tuple(each.name for each in told if isinstance(each, Measure)) or ("calls",))
    if asks_who_talked(where.sql) and not sums.reckoned_by:
        groups, found = _together(ledger, sums, asked, where)
    else:
        groups, found = find(ledger, sums, where), ledger.rows(_query(asked, where.sql), where.values)
    rows = [tuple(row[3:]) for row in found]
    totals = tuple(_total(each, groups.asked, groups.total) for each in told)
    calls = int(groups.total[[each.name for each in groups.asked.parts].index("calls")] or 0)
    has_others = len(rows) < calls
    if has_others:
        rows.append(_others(totals, rows))
    return CallsAnswer(
        columns=tuple(_column(each, groups.currencies) for each in told),
        ids=[str(row[0]) for row in found],
        rows=rows,
        has_others=has_others,
        totals=totals,
        calls=calls,
    )


def _together(ledger: Ledger, sums: Breakdown, listed: CallsAsked, where: Where) -> tuple[Groups, list[ReportRow]]:
    """Ask for totals and calls at once: which calls are meant is found once, where that is most of the work."""
    meant = "rowid IN (SELECT place FROM meant)"
    question = (
        f"WITH meant AS MATERIALIZED (SELECT rowid AS place FROM call WHERE {where.sql}), "
        f"total AS ({breakdown_sql(sums, meant)}), listed AS ({_query(listed, meant)}) "
        f"SELECT total.*, listed.* FROM total LEFT JOIN listed ON true {_order(_term(_told(listed), listed)[1])}"
    )
    width = 1 + len(sums.parts)
    rows = ledger.rows(question, where.values)
    return groups_of(sums, [row[:width] for row in rows[:1]]), [row[width:] for row in rows if row[width] is not None]


def _query(listed: CallsAsked, where: str) -> str:
    """Return the question for calls in their order: of each its id, two values it is ordered by, and its columns."""
    told = _told(listed)
    keys: dict[str, str] = {}
    for each in told:
        keys |= _keys(each)
    read = "".join(f", {sql} AS {name}" for name, sql in keys.items() if name != sql)
    values = ", ".join(f"{_value(each)} AS c{number}" for number, each in enumerate(told))
    by, way = _term(told, listed)
    # Only what calls are ordered by is read of all of them.
    needed = "".join(f", {sql} AS {name}" for name, sql in _keys(by).items())
    ordered = (
        f"SELECT rowid, started_at, id, {_value(by)} AS term FROM (SELECT *, rowid{needed} FROM call WHERE {where})"
    )
    most = min(listed.limit or MOST_ROWS, MOST_ROWS)
    some = f"SELECT rowid FROM ({ordered}) {_order(way)} LIMIT {most}"
    # Said once more, the days let stretches of a large store be passed by; not so a question within the condition.
    again = "true" if "SELECT" in where else where
    inner = f"SELECT *{read} FROM call WHERE rowid IN ({some}) AND ({again})"
    return f"SELECT id, started_at, {_value(by)} AS term, {values} FROM ({inner}) {_order(way)}"


def _order(way: str) -> str:
    return f"ORDER BY term {way} NULLS LAST, started_at DESC, id"


def _told(listed: CallsAsked) -> list[Dimension | Measure]:
    return [dimensions().get(name) or measures()[name] for name in listed.names]


def _term(told: Sequence[Dimension | Measure], listed: CallsAsked) -> tuple[Dimension | Measure, str]:
    """Return what calls are ordered by, and which way."""
    order = listed.order or "-moment"
    name, way = order.removeprefix("-"), "DESC" if order.startswith("-") else "ASC"
    found = next((each for each in (*told, dimensions()["moment"]) if each.name == name), None)
    if found is None:
        reason = f"it can be ordered by {', '.join(each.name for each in told)}"
        raise Misconfigured(Problem(f"cannot order a list by {name!r}", reason))
    return found, way


def _keys(each: Dimension | Measure) -> dict[str, str]:
    return each.read if isinstance(each, Dimension) else {}


def _value(each: Dimension | Measure) -> str:
    return each.value if isinstance(each, Dimension) else each.of


def _column(each: Dimension | Measure, currencies: dict[str, str]) -> ReportColumn:
    if isinstance(each, Dimension):
        return msgspec.structs.replace(column_of_dimension(each), none="")  # an empty cell says as much
    currency = currencies.get(each.reckoned_by, "") if each.unit is Unit.AMOUNT else ""
    return ReportColumn(
        name=each.name,
        title=each.title,
        unit=each.unit,
        meaning=each.meaning,
        currency=currency,
        is_measure=True,
        of_one=True,
    )


def _total(each: Dimension | Measure, asked: Breakdown, parts: tuple[ReportValue, ...]) -> ReportValue:
    has_currencies = bool(asked.rows) and isinstance(each, Measure) and each.unit is Unit.AMOUNT
    return value_of(each, asked, parts) if isinstance(each, Measure) and not has_currencies else None


def _others(totals: ReportRow, rows: list[ReportRow]) -> ReportRow:
    left: list[ReportValue] = [
        total - sum(row[place] for row in rows if row[place] is not None)  # type: ignore[operator, misc] # numbers
        if isinstance(total, int) or hasattr(total, "quantize")
        else None
        for place, total in enumerate(totals)
    ]
    return (OTHERS, *left[1:])
