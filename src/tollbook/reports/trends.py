"""How the calls of each row of a breakdown went over its days: what a small line beside the row shows.

It is one more question, told apart by day, week or month; so it is asked for few rows, and not over so many calls that
somebody would wait for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import msgspec

from tollbook.model.report import ReportTable, Unit
from tollbook.reports.answering import find
from tollbook.reports.breakdown import MOST_ROWS, Breakdown
from tollbook.reports.vocabulary import dimensions, measures
from tollbook.store.filters import Where
from tollbook.store.ledger import Ledger

_MOST_LINES, _MOST_CALLS = 100, 2_000_000
_DAYS_BY_DAY, _DAYS_BY_WEEK = 62, 400
"""Days up to which each day, and each week, has a point."""
_DAY = timedelta(days=1)


class RowTrends(msgspec.Struct, frozen=True, kw_only=True):
    """What a measure was in each stretch of time, for each row: `by` is `day`, `week` or `month`, `begins` its days."""

    title: str
    by: str
    begins: list[date]
    values: list[tuple[int, ...]]


def trends(ledger: Ledger, asked: Breakdown, where: Where, table: ReportTable) -> RowTrends | None:
    """Return how the calls of each row went; None where rows are times, or where it would take too long."""
    days = _days_of(table)
    names = dimensions()
    is_fit = asked.rows and not asked.columns and all(names[each].unit is Unit.TEXT for each in asked.rows)
    if not is_fit or days is None or len(table.rows) > _MOST_LINES or table.calls > _MOST_CALLS:
        return None
    by = _by(days)
    name = next((each for each in asked.measures if _is_counted(each)), "calls")
    groups = find(ledger, Breakdown(rows=(*asked.rows, by), measures=(name,)), where)
    if not groups.rows or len(groups.rows) >= MOST_ROWS:
        return None
    found = {key: int(parts[0] or 0) for key, parts in groups.rows.items()}
    begins = list(_begins(days, by, next(iter(found))[-1]))
    count, rows = len(asked.rows), table.rows[: len(table.rows) - table.has_others]
    values = [tuple(found.get((*row[:count], begin), 0) for begin in begins) for row in rows]
    return RowTrends(title=measures()[name].title, by=by, begins=begins, values=values)


def _is_counted(name: str) -> bool:
    return measures()[name].unit is Unit.COUNT and measures()[name].adds_up and not measures()[name].less


def _days_of(table: ReportTable) -> tuple[date, date] | None:
    """Return the days of a report as far as they are over; None where they have no end or are one day."""
    first, last = table.period.first, table.period.last
    if first is None or last is None:
        return None
    last = min(last, table.made_at.date())
    return (first, last) if first < last else None


def _by(days: tuple[date, date]) -> str:
    count = (days[1] - days[0]).days + 1
    return "day" if count <= _DAYS_BY_DAY else "week" if count <= _DAYS_BY_WEEK else "month"


def _begins(days: tuple[date, date], by: str, some: date) -> Iterator[date]:
    """Yield the first days of all stretches; one of the weeks begins on `some` day.

    >>> [str(day) for day in _begins((date(2026, 10, 1), date(2026, 10, 14)), "week", date(2026, 10, 12))]
    ['2026-09-28', '2026-10-05', '2026-10-12']
    """
    begin, last = days
    if by == "week":
        begin -= timedelta(days=(begin - some).days % 7)
    if by == "month":
        begin = begin.replace(day=1)
    while begin <= last:
        yield begin
        if by == "month":
            begin = (begin.replace(day=28) + 4 * _DAY).replace(day=1)
        else:
            begin += _DAY if by == "day" else 7 * _DAY
