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

Told = tuple[str, list[Any]]
"""A condition in SQL with a `{}` for each value, and the values."""


class Where(msgspec.Struct, frozen=True):
    """Which calls are meant: a condition in SQL over `call`, and the values bound to its `$names`."""

    sql: str = "true"
    values: dict[str, Any] = {}

    def and_(self, sql: str, **values: Any) -> Where:  # noqa: ANN401 - whatever a column holds
        """Return what both this and a further condition mean; its names must be its own."""
        return Where(f"({self.sql}) AND {sql}", {**self.values, **values})


ALL = Where()
"""Every call."""


def where(name: str, told: Told) -> Where:
    """Return a condition with its values bound to names of its own.

    >>> where("pbx", ("pbx IN ({}, {})", ["front", "hotel"]))
    Where(sql='pbx IN ($pbx_0, $pbx_1)', values={'pbx_0': 'front', 'pbx_1': 'hotel'})
    """
    sql, values = told
    names = [f"{name.replace('-', '_')}_{number}" for number in range(len(values))]
    return Where(sql.format(*(f"${each}" for each in names)), dict(zip(names, values, strict=True)))


class Word(msgspec.Struct, frozen=True):
    """One filter: how its text becomes a condition (raises ValueError with what it expects), and how to ask for it."""

    read: Callable[[str], Told]
    help: str
    choices: tuple[str, ...] = ()
    form: str = "text"


def _equal(column: str) -> Callable[[str], Told]:
    def read(text: str) -> Told:
        values = [word.strip() for word in text.split(",") if word.strip()]
        if not values:
            raise ValueError("a value, or several divided by commas")
        return f"{column} IN ({', '.join(['{}'] * len(values))})", list(values)

    return read


def _one_of(column: str, names: tuple[str, ...]) -> Callable[[str], Told]:
    def read(text: str) -> Told:
        unknown = [word for word in text.split(",") if word.strip() not in names]
        if unknown:
            message = f"one of {', '.join(names)}"
            raise ValueError(message)
        return _equal(column)(text)

    return read


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _number(text: str) -> Told:
    digits = "".join(character for character in text if character.isdigit() or character in "*#+")
    if not digits:
        message = "digits of a telephone number, or a part of one"
        raise ValueError(message)
    pattern = f"%{_escaped(digits)}%"
    return "(caller LIKE {} ESCAPE '\\' OR called LIKE {} ESCAPE '\\')", [pattern, pattern]


_SEARCHED = (
    "caller", "called", "extension", "account_code", "device", "feature", "option1", "option2", "call_id",
    "caller_name", "ddi", "third_party",
)  # fmt: skip


def _text(text: str) -> Told:
    pattern = f"%{_escaped(text.strip())}%"
    conditions = " OR ".join(f"{column} ILIKE {{}} ESCAPE '\\'" for column in _SEARCHED)
    return f"({conditions})", [pattern] * len(_SEARCHED)


_DIGITS = 9
"""A duration with more does not fit its column."""


def _seconds(comparison: str) -> Callable[[str], Told]:
    units = {"s": 1, "m": 60, "h": 3600}

    def read(text: str) -> Told:
        number, unit = (text[:-1], text[-1]) if text[-1:] in units else (text, "s")
        if not (number.isascii() and number.isdigit() and len(number) < _DIGITS):
            message = "a duration such as 90, 90s, 5m or 1h"
            raise ValueError(message)
        return f"total_s {comparison} {{}}", [int(number) * units[unit]]

    return read


def _moment(comparison: str, *, whole_day: bool) -> Callable[[str], Told]:
    def read(text: str) -> Told:
        try:
            if len(text) == len("2026-01-31"):
                day = date.fromisoformat(text) + timedelta(days=int(whole_day))
                moment = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - wall time
                return f"started_local {'<' if whole_day else comparison} {{}}", [moment]
            moment = datetime.fromisoformat(text)
        except (ValueError, OverflowError):
            message = "a date such as 2026-01-31, or a time such as 2026-01-31T09:00"
            raise ValueError(message) from None
        if moment.tzinfo is None:
            return f"started_local {comparison} {{}}", [moment]
        return f"started_at {comparison} {{}}", [moment.astimezone(UTC).replace(tzinfo=None)]

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


def read_filter(given: dict[str, str], place: str = "") -> Where:
    """Return the condition that all given words make together; raises `Misconfigured` with every fault."""
    conditions: list[Where] = []
    problems: list[Problem] = []
    for name, text in given.items():
        if name in WORDS and text.strip():
            try:
                conditions.append(where(name, WORDS[name].read(text.strip())))
            except ValueError as fault:
                problems.append(Problem(f"'{name}' must be {fault}", f"got {text!r}", place, WORDS[name].help))
    if problems:
        raise Misconfigured(*problems)
    bound = {name: value for each in conditions for name, value in each.values.items()}
    return Where(" AND ".join(each.sql for each in conditions) or "true", bound)
