"""Which calls are meant: one set of words for the command line, the pages, the API and every export.

Dates and times without a zone are the PBX's own wall time, since that is what its people read on its telephones; an
instant that ends in Z or an offset is taken as such. A bare date as `to` takes in that whole day.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from tollbook.model.call import Direction, Outcome
from tollbook.model.problem import Misconfigured, Problem

Condition = tuple[str, list[Any]]
"""A condition in SQL and the values bound to it."""


class Word(msgspec.Struct, frozen=True):
    """One filter: how its text becomes a condition (raises ValueError with what it expects), and how to ask for it."""

    read: Callable[[str], Condition]
    help: str
    choices: tuple[str, ...] = ()
    form: str = "text"


def _equal(column: str) -> Callable[[str], Condition]:
    def read(text: str) -> Condition:
        values = [word.strip() for word in text.split(",") if word.strip()]
        return f"{column} IN ({', '.join('?' * len(values))})", list(values)

    return read


def _one_of(column: str, names: tuple[str, ...]) -> Callable[[str], Condition]:
    def read(text: str) -> Condition:
        unknown = [word for word in text.split(",") if word.strip() not in names]
        if unknown:
            message = f"one of {', '.join(names)}"
            raise ValueError(message)
        return _equal(column)(text)

    return read


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _number(text: str) -> Condition:
    digits = "".join(character for character in text if character.isdigit() or character in "*#+")
    if not digits:
        message = "digits of a telephone number, or a part of one"
        raise ValueError(message)
    pattern = f"%{_escaped(digits)}%"
    return "(caller LIKE ? ESCAPE '\\' OR called LIKE ? ESCAPE '\\')", [pattern, pattern]


_SEARCHED = (
    "caller", "called", "extension", "account_code", "device", "feature", "option1", "option2", "call_id",
    "caller_name", "ddi", "third_party",
)  # fmt: skip


def _text(text: str) -> Condition:
    pattern = f"%{_escaped(text.strip())}%"
    conditions = " OR ".join(f"{column} ILIKE ? ESCAPE '\\'" for column in _SEARCHED)
    return f"({conditions})", [pattern] * len(_SEARCHED)


_DIGITS = 9
"""A duration with more does not fit its column."""


def _seconds(comparison: str) -> Callable[[str], Condition]:
    units = {"s": 1, "m": 60, "h": 3600}

    def read(text: str) -> Condition:
        number, unit = (text[:-1], text[-1]) if text[-1:] in units else (text, "s")
        if not (number.isascii() and number.isdigit() and len(number) < _DIGITS):
            message = "a duration such as 90, 90s, 5m or 1h"
            raise ValueError(message)
        return f"total_s {comparison} ?", [int(number) * units[unit]]

    return read


def _moment(comparison: str, *, whole_day: bool) -> Callable[[str], Condition]:
    def read(text: str) -> Condition:
        try:
            if len(text) == len("2026-01-31"):
                day = date.fromisoformat(text) + timedelta(days=int(whole_day))
                return f"started_local {'<' if whole_day else comparison} ?", [datetime(day.year, day.month, day.day)]  # noqa: DTZ001 - wall time
            moment = datetime.fromisoformat(text)
        except (ValueError, OverflowError):
            message = "a date such as 2026-01-31, or a time such as 2026-01-31T09:00"
            raise ValueError(message) from None
        if moment.tzinfo is None:
            return f"started_local {comparison} ?", [moment]
        return f"started_at {comparison} ?", [moment.astimezone(UTC).replace(tzinfo=None)]

    return read


_DIRECTIONS = tuple(each.value for each in Direction)
_OUTCOMES = tuple(each.value for each in Outcome)

WORDS: dict[str, Word] = {
    "pbx": Word(_equal("pbx"), "name of a PBX, or several divided by commas"),
    "from": Word(_moment(">=", whole_day=False), "first day or moment, PBX time", form="date"),
    "to": Word(_moment("<=", whole_day=True), "last day (whole) or moment, PBX time", form="date"),
    "extension": Word(_equal("extension"), "extension, or several divided by commas"),
    "number": Word(_number, "calling or called number, or a part of it", form="search"),
    "trunk": Word(_equal("trunk"), "trunk, or several divided by commas"),
    "direction": Word(_one_of("direction", _DIRECTIONS), f"one of {', '.join(_DIRECTIONS)}", _DIRECTIONS),
    "outcome": Word(_one_of("outcome", _OUTCOMES), f"one of {', '.join(_OUTCOMES)}", _OUTCOMES),
    "min-duration": Word(_seconds(">="), "shortest whole duration: 90, 90s, 5m or 1h"),
    "max-duration": Word(_seconds("<="), "longest whole duration: 90, 90s, 5m or 1h"),
    "account": Word(_equal("account_code"), "account code, or several divided by commas"),
    "text": Word(_text, "text anywhere in the numbers, names, codes and channels of a call", form="search"),
}


def read_filter(given: dict[str, str], where: str = "") -> Condition:
    """Return the condition that all given words make together; raises `Misconfigured` with every fault."""
    conditions: list[str] = []
    values: list[Any] = []
    problems: list[Problem] = []
    for name, text in given.items():
        if name in WORDS and text.strip():
            try:
                condition, bound = WORDS[name].read(text.strip())
            except ValueError as fault:
                problems.append(Problem(f"'{name}' must be {fault}", f"got {text!r}", where, WORDS[name].help))
                continue
            conditions.append(condition)
            values.extend(bound)
    if problems:
        raise Misconfigured(*problems)
    return " AND ".join(conditions) or "true", values
