"""From a row of a report to the calls behind it: the filter words that choose just these calls.

The calls of a row are those that the words of the report choose, and that have the values of the row. A word can be
given once, so what it says already and the value have to become one text: mostly the value alone, since the word tells
calls apart as the dimension does and a row has no value that is not among those asked for. Where a word can say more
than values of the dimension (times, days, missed calls, departments, parts of numbers), it is narrowed by what it
means. A row that no words choose leads nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tollbook.model.outcome import Direction
from tollbook.model.periods import months_on
from tollbook.model.report import Unit
from tollbook.reports.vocabulary import Dimension
from tollbook.store.filter_values import (
    DAY_MINUTES,
    EXACTLY,
    MISSED_WORD,
    NONE_OF_IT,
    WEEKDAYS,
    department_paths,
    stretches_of_day,
)

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
_MINUTES = {Unit.HOUR: 60, Unit.HALF_HOUR: 30}


def drill(chosen: Iterable[tuple[Dimension, Any]], given: Mapping[str, str]) -> Words | None:
    """Return the words that choose the calls of some values among those that other words choose already.

    `given` has its days as dates. None where there are no such words.
    """
    told = list(chosen)
    closer = {dimension.word for dimension, _ in told if not dimension.broad}
    words = dict(given)
    for dimension, value in told:
        if dimension.broad and dimension.word and dimension.word in closer:
            continue  # the other dimension of this word says as much, and more
        more = _narrowed(dimension, value, words)
        if more is None:
            return None
        words |= more
    return words


def _narrowed(dimension: Dimension, value: Any, words: Mapping[str, str]) -> Words | None:  # noqa: ANN401 - a value of any dimension
    if dimension.unit in _DAYS and value is not None:
        return _days(*_DAYS[dimension.unit](value), words)
    if not dimension.word:
        return None
    if dimension.unit in _MINUTES and value is not None:
        length = _MINUTES[dimension.unit]
        return {"time": _times(range(value * length, (value + 1) * length), words.get("time", ""))}
    text, already = _text(dimension, value), words.get(dimension.word, "").strip()
    if text != text.strip():
        return None  # a filter is read without the blanks around it
    by_meaning = _BY_MEANING.get(dimension.word)
    return by_meaning(text, already, words) if by_meaning else {dimension.word: text}


def _text(dimension: Dimension, value: Any) -> str:  # noqa: ANN401 - a value of any dimension
    if value is None:
        return NONE_OF_IT
    if dimension.unit is Unit.WEEKDAY:
        return WEEKDAYS[value - 1]
    if text := dimension.values.get(str(value)):
        return text
    text = dimension.form.format(value)
    is_read_otherwise = "," in text or text == NONE_OF_IT or text.startswith(EXACTLY)
    return f"{EXACTLY}{text}" if is_read_otherwise and dimension.form == "{}" else text


def _days(first: date, last: date, words: Mapping[str, str]) -> Words | None:
    """Return both days, not beyond those that are chosen already."""
    begin, end = words.get("from", "").strip(), words.get("to", "").strip()
    is_begun = _is_before(begin, first) if begin else True
    is_over = _is_before(end, last + timedelta(1)) if end else False
    if is_begun is None or is_over is None:
        return None
    return {"from": first.isoformat() if is_begun else begin, "to": end if is_over else last.isoformat()}


_EARLIEST, _LATEST = timedelta(hours=-12), timedelta(hours=14)
"""How far clocks are from UTC at most."""


def _is_before(text: str, day: date) -> bool | None:
    """Say whether a day or time of a filter is before the midnight with which a day begins.

    None where that hangs on the zone of the PBX.
    """
    at, midnight = datetime.fromisoformat(text), datetime(day.year, day.month, day.day)  # noqa: DTZ001 - wall time
    if at.tzinfo is None:
        return at < midnight
    in_utc = at.astimezone(UTC).replace(tzinfo=None)
    answers = {in_utc + _EARLIEST < midnight, in_utc + _LATEST < midnight}
    return answers.pop() if len(answers) == 1 else None


def _times(minutes: range, given: str) -> str:
    """Return the stretches of some minutes of the day that are among those chosen already.

    >>> _times(range(480, 540), "08:15-08:20,08:50-18:00"), _times(range(0, 30), "22:00-06:00")
    ('08:15-08:20,08:50-09:00', '00:00-00:30')
    """
    stretches = stretches_of_day(given) if given else [(0, DAY_MINUTES)]
    chosen = [
        minute
        for minute in minutes
        if any(
            first <= minute < until if first < until else minute >= first or minute < until
            for first, until in stretches
        )
    ]
    begins = [minute for minute in chosen if minute - 1 not in chosen]
    ends = [minute + 1 for minute in chosen if minute + 1 not in chosen]
    return ",".join(f"{_clock(begin)}-{_clock(end)}" for begin, end in zip(begins, ends, strict=True))


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _outcome(text: str, given: str, words: Mapping[str, str]) -> Words:
    """Return an outcome among those chosen; one that only missed calls can have is that of incoming calls."""
    chosen = {each.strip() for each in given.split(",")}
    is_missed = MISSED_WORD in chosen and text not in chosen
    return {"outcome": text, **(_direction(Direction.INCOMING, words.get("direction", ""), words) if is_missed else {})}


def _direction(text: str, given: str, _words: Mapping[str, str]) -> Words:
    """Return those of some directions that are chosen already."""
    chosen = {each.strip() for each in given.split(",")}
    return {"direction": ",".join(each for each in text.split(",") if not given or each in chosen)}


def _number(text: str, given: str, _words: Mapping[str, str]) -> Words | None:
    """Return a number, unless a part of one is chosen already: that may be one of the other end of some calls."""
    return {"number": text} if not given or given.startswith(EXACTLY) or given == NONE_OF_IT else None


def _department(text: str, given: str, _words: Mapping[str, str]) -> Words | None:
    """Return the narrower of two departments, where one is within the other."""
    if text == NONE_OF_IT or text.startswith(EXACTLY):
        return {"department": text}
    path, *others = department_paths(text)
    if others:
        return None  # a slash in its name: the same text is a path, too
    is_exact = given.startswith(EXACTLY)
    paths = ({given.removeprefix(EXACTLY).strip().lower()} if is_exact else department_paths(given)) if given else set()
    if not paths or (paths == {path} and not is_exact):
        return {"department": text}
    return {"department": given} if all(f"{each} / ".startswith(f"{path} / ") for each in paths) else None


_BY_MEANING: dict[str, Callable[[str, str, Mapping[str, str]], Words | None]] = {
    "outcome": _outcome,
    "direction": _direction,
    "number": _number,
    "department": _department,
}
"""Words that can say what is no value of the dimension: how a value and what is said already become one."""
