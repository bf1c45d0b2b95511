"""A breakdown beside the same of another stretch of days: each measure, what it was, and the difference."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from tollbook.model.periods import months_on
from tollbook.model.report import ReportColumn, ReportRow, ReportValue, Unit
from tollbook.reports.answering import BreakdownAnswer, Groups, Key, table
from tollbook.reports.vocabulary import Dimension

_WEEK = 7


class Shift(msgspec.Struct, frozen=True):
    """How far another stretch of days lies before: in months where both begin on the first of one, else in days."""

    months: int
    days: int

    def of(self, dimension: Dimension, value: Any) -> Any:  # noqa: ANN401 - a value of any dimension
        """Return the value that a value of the earlier days stands beside."""
        if value is None or dimension.unit not in _MOVED:
            return value
        moved = months_on(value, self.months) if self.months else value + timedelta(self.days)
        return moved - timedelta(moved.weekday()) if dimension.unit is Unit.WEEK else moved


_MOVED = frozenset((Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.QUARTER, Unit.YEAR))


def shift(first: date, earlier: date) -> Shift:
    """Return how far days that begin earlier lie before others.

    >>> shift(date(2026, 3, 1), date(2025, 12, 1)), shift(date(2026, 3, 9), date(2026, 3, 2))
    (Shift(months=3, days=90), Shift(months=0, days=7))
    """
    days = (first - earlier).days
    is_months = first.day == earlier.day
    months = (first.year - earlier.year) * 12 + first.month - earlier.month
    return Shift(months if is_months else 0, days)


def compared(now: Groups, then: Groups, by: Shift) -> BreakdownAnswer:
    """Return the table of both; what there was only then has a row, too, unless the rows are limited."""
    beside = msgspec.structs.replace(
        then, levels={level: _moved(then, some, by) for level, some in then.levels.items()}
    )
    if not now.asked.limit:
        for level, some in beside.levels.items():
            there = now.levels.setdefault(level, {})
            for key in some:
                there.setdefault(key, (None,) * len(now.asked.parts))
    answer = table(now)
    earlier = table(_in_the_order_of(answer.keys, beside))
    count = len(now.asked.rows)
    return msgspec.structs.replace(
        answer,
        columns=(*answer.columns[:count], *_columns(answer.columns[count:])),
        rows=[_row(row, was, count) for row, was in zip(answer.rows, _aligned(answer, earlier), strict=True)],
        subtotals={},
        totals=_row(answer.totals, earlier.totals, count),
    )


def _moved(groups: Groups, some: dict[Key, Any], by: Shift) -> dict[Key, Any]:
    names = groups.asked.dimensions
    return {
        tuple(by.of(dimension, value) for dimension, value in zip(names, key, strict=False)): parts
        for key, parts in some.items()
    }


def _in_the_order_of(keys: list[Key], groups: Groups) -> Groups:
    """Return groups whose rows are those of some keys."""
    empty = (None,) * len(groups.asked.parts)
    rows = groups.levels.get(0, {})
    return msgspec.structs.replace(groups, levels={**groups.levels, 0: {key: rows.get(key, empty) for key in keys}})


def _aligned(answer: BreakdownAnswer, earlier: BreakdownAnswer) -> Iterable[ReportRow]:
    rows = list(earlier.rows[: len(answer.keys)])
    width = len(answer.columns)
    if answer.has_others:
        rows.append(earlier.rows[-1] if earlier.has_others else (None,) * width)
    return rows


def _columns(measured: Iterable[ReportColumn]) -> Iterable[ReportColumn]:
    for each in measured:
        replace = msgspec.structs.replace
        yield each
        yield replace(each, name=f"{each.name}_before", title=f"{each.title}, before")
        yield replace(each, name=f"{each.name}_change", title="Difference", meaning=f"{each.title} less that before")
        yield replace(
            each,
            name=f"{each.name}_change_share",
            title="Difference %",
            unit=Unit.SHARE,
            currency="",
            meaning="difference ÷ what it was before",
        )


def _row(row: ReportRow, was: ReportRow, count: int) -> ReportRow:
    cells: list[ReportValue] = list(row[:count])
    for now, then in zip(row[count:], was[count:], strict=True):
        cells += [now, then, *_difference(now, then)]
    return tuple(cells)


def _difference(now: ReportValue, then: ReportValue) -> tuple[ReportValue, ReportValue]:
    kinds = (int, float, Decimal)
    if isinstance(now, kinds) and isinstance(then, kinds):
        change = now - then  # type: ignore[operator] # both are of the kind of their measure
        return change, float(change) / float(then) if then else None
    return None, None
