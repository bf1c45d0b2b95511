"""From a row of a report to the calls behind it: the filter words that choose just these calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from tollbook.model.periods import months_on
from tollbook.model.report import Unit
from tollbook.reports.vocabulary import Dimension
from tollbook.store.filter_values import NONE_OF_IT, WEEKDAYS

Words = dict[str, str]
_MONTHS_A_QUARTER = 3


_DAYS: dict[Unit, Callable[[Any], tuple[date, date]]] = {
    Unit.DAY: lambda day: (day, day),
    Unit.WEEK: lambda day: (day, day + timedelta(6)),
    Unit.MONTH: lambda day: (day, months_on(day, 1) - timedelta(1)),
    Unit.QUARTER: lambda day: (day, months_on(day, _MONTHS_A_QUARTER) - timedelta(1)),
    Unit.YEAR: lambda day: (day, date(day.year, 12, 31)),
}
"""The first and the last day of a value, both included."""


def drill(chosen: Iterable[tuple[Dimension, Any]], given: Mapping[str, str]) -> Words | None:
    """Return the words that choose the calls of some values among those that other words choose already.

    `given` has its days as dates. None where there are no such words.
    """
    words = dict(given)
    for dimension, value in sorted(chosen, key=lambda each: not each[0].broad):
        if dimension.unit in _DAYS and value is not None:
            words |= _days(*_DAYS[dimension.unit](value), words)
        elif not dimension.word:
            return None
        else:
            text = _text(dimension, value)
            if not (dimension.broad and dimension.word in given):
                words[dimension.word] = text
            elif dimension.word == "time":
                return None
    return words


def _days(first: date, last: date, words: Words) -> Words:
    """Return both days, not beyond those that are chosen already."""
    begin, end = words.get("from", ""), words.get("to", "")
    return {
        "from": max(first.isoformat(), begin) if begin else first.isoformat(),
        "to": end if end and end[: len("2026-01-31")] <= last.isoformat() else last.isoformat(),
    }


def _text(dimension: Dimension, value: Any) -> str:  # noqa: ANN401 - a value of any dimension
    if value is None:
        return NONE_OF_IT
    if dimension.unit is Unit.HOUR:
        return f"{value:02}:00-{value + 1:02}:00"
    if dimension.unit is Unit.HALF_HOUR:
        begin, end = divmod(value, 2), divmod(value + 1, 2)
        return f"{begin[0]:02}:{begin[1] * 30:02}-{end[0]:02}:{end[1] * 30:02}"
    if dimension.unit is Unit.WEEKDAY:
        return WEEKDAYS[value - 1]
    return dimension.values.get(str(value)) or dimension.form.format(value)
