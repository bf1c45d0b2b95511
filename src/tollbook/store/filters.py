"""Which calls are meant: one set of words for the command line, the pages, the API and every export.

Dates and times without a zone are the PBX's own wall time, since that is what its people read on its telephones; an
instant that ends in Z or an offset is taken as such. A bare date as `to` takes in that whole day.

Whoever asks now may name days by what they are today, and ask who was called back until now (`ASKED`); what is kept for
good, such as the filter of a sink, may not (`WORDS`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from tollbook.model.meaning import KINDS, REACHES
from tollbook.model.outcome import Direction, Outcome
from tollbook.model.periods import PERIODS
from tollbook.model.problem import Misconfigured, Problem
from tollbook.store.called_back import called_back
from tollbook.store.numbers import Told, number
from tollbook.store.schema import SHOWN
from tollbook.store.unpriced_reasons import ANY, REASON, REASONS, UNPRICED


class Where(msgspec.Struct, frozen=True):
    """Which calls are meant: a condition in SQL over `call`, and the values bound to its `$names`."""

    sql: str = "true"
    values: dict[str, Any] = {}

    def and_(self, sql: str, **values: Any) -> Where:  # noqa: ANN401 - whatever a column holds
        """Return what both this and a further condition mean; its names must be its own."""
        return Where(f"({self.sql}) AND {sql}", {**self.values, **values})


ALL = Where()
"""Every call."""
NONE = Where("false")
"""No call."""


def where(name: str, told: Told) -> Where:
    """Return a condition with its values bound to names of its own.

    >>> where("pbx", ("pbx IN ({}, {})", ["front", "hotel"]))
    Where(sql='pbx IN ($pbx_0, $pbx_1)', values={'pbx_0': 'front', 'pbx_1': 'hotel'})
    """
    sql, values = told
    names = [f"{name.replace('-', '_')}_{number}" for number in range(len(values))]
    return Where(sql.format(*(f"${each}" for each in names)), dict(zip(names, values, strict=True)))


class Word(msgspec.Struct, frozen=True):
    """One filter: how its text becomes a condition (raises ValueError with what it expects), and how to ask for it.

    One that takes `several` values takes them separated by commas.
    """

    read: Callable[[str], Told]
    help: str
    choices: tuple[str, ...] = ()
    form: str = "text"
    several: bool = False


def _equal(column: str) -> Callable[[str], Told]:
    def read(text: str) -> Told:
        values = [word.strip() for word in text.split(",") if word.strip()]
        if not values:
            raise ValueError("a value, or several separated by commas")
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


MISSED = "(direction = 'incoming' AND outcome <> 'answered')"
"""`model.call.is_missed` as a condition: whatever counts or lists missed calls asks this."""
_MISSED_WORD = "missed"


def _outcome(text: str) -> Told:
    words = [word.strip() for word in text.split(",") if word.strip()]
    if _MISSED_WORD not in words:
        return _one_of("outcome", _OUTCOMES)(text)
    others = [word for word in words if word != _MISSED_WORD]
    if not others:
        return MISSED, []
    sql, values = _one_of("outcome", _OUTCOMES)(",".join(others))
    return f"({sql} OR {MISSED})", values


_SIDES = re.compile(rf"\b({'|'.join(SHOWN)})\b")
_SEARCHED = (
    "caller", "called", "extension", "account_code", "device", "feature", "option1", "option2", "call_id",
    "caller_name", "ddi", "third_party",
)  # fmt: skip


def _text(text: str) -> Told:
    conditions = " OR ".join(f"contains(lower({column}), lower({{}}))" for column in _SEARCHED)
    return _as_shown((f"({conditions})", [text.strip()] * len(_SEARCHED)))


def _number(text: str) -> Told:
    return _as_shown(number(text))


def _as_shown(told: Told) -> Told:
    """Return a condition that finds nothing in digits which are hidden: it must hold in what is shown, too."""
    sql, values = told
    shown = _SIDES.sub(lambda found: f"({SHOWN[found[0]]})", sql)
    return f"({sql} AND (number_shown IS NULL OR {shown}))", [*values, *values]


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


_PATH_CUTS = (re.compile("/"), re.compile(r"(?:(?<=\s)|^)/(?=\s|$)"))


def _country(text: str) -> Told:
    return _equal("number_country")(text.upper())


def _owned(field: str, by: str = "assignment") -> Callable[[str], Told]:
    """Return the reading of a name in the directory: the calls of its assignments, whatever the case of letters.

    The text is taken as one name, too, since a name may have a comma in it: `Berg, Anna`.
    """

    def read(text: str) -> Told:
        _, values = _equal(field)(text.lower())
        values += [text.strip().lower()] if len(values) > 1 else []
        marks = ", ".join(["{}"] * len(values))
        return f"({by} IN (SELECT o.id FROM main.owner o WHERE lower(o.{field}) IN ({marks})))", values

    return read


def _department(text: str) -> Told:
    # A name may hold a slash (R/D), and a path may be written without blanks (Sales/North): both are meant.
    paths = {" / ".join(part.strip() for part in cut.split(text) if part.strip()).lower() for cut in _PATH_CUTS}
    if "" in paths:
        raise ValueError("the name of a department, or its path: Sales / North")
    within = " OR ".join(["lower(o.department) = {} OR starts_with(lower(o.department), {})"] * len(paths))
    values = [value for path in sorted(paths) for value in (path, f"{path} / ")]
    return f"(assignment IN (SELECT o.id FROM main.owner o WHERE o.department IS NOT NULL AND ({within})))", values


def _cost_centre(text: str) -> Told:
    by_account, values = _owned("cost_centre", "account_assignment")(text)
    by_owner, _ = _owned("cost_centre")(text)
    charged = "account_assignment IN (SELECT o.id FROM main.owner o WHERE o.cost_centre IS NOT NULL)"
    return f"({by_account} OR ({charged}) IS NOT TRUE AND {by_owner})", [*values, *values]


def _unpriced(text: str) -> Told:
    sql, values = _one_of(REASON, _REASONS)(text)
    return (UNPRICED, []) if ANY in values else (f"({UNPRICED} AND {sql})", values)


_CALLED_BACK, _YES, _NO = "called-back", "yes", "no"
_HAS_CALLER = f"({MISSED} AND caller <> '')"


def _missed_with_caller(text: str) -> Told:
    _one_of("", (_YES, _NO))(text)
    return _HAS_CALLER, []


_REASONS = (ANY, *REASONS)
_DIRECTIONS = tuple(each.value for each in Direction)
_OUTCOMES = (_MISSED_WORD, *(each.value for each in Outcome))

WORDS: dict[str, Word] = {
    "pbx": Word(_equal("pbx"), "name of a PBX, or several separated by commas", several=True),
    "from": Word(_moment(">=", whole_day=False), "first day or time, PBX time", form="date"),
    "to": Word(_moment("<=", whole_day=True), "last day (included) or time, PBX time", form="date"),
    "extension": Word(_equal("extension"), "extension, or several separated by commas", several=True),
    "number": Word(_number, "calling or called number, or part of it, in any notation", form="search"),
    "trunk": Word(_equal("trunk"), "trunk, or several separated by commas", several=True),
    "direction": Word(_one_of("direction", _DIRECTIONS), f"one of {', '.join(_DIRECTIONS)}", _DIRECTIONS, several=True),
    "outcome": Word(
        _outcome,
        f"one of {', '.join(_OUTCOMES)}; missed: incoming and not answered",
        _OUTCOMES,
        several=True,
    ),
    "country": Word(
        _country,
        "country of the outside number by its two letters, or several separated by commas",
        several=True,
    ),
    "kind": Word(_one_of("number_kind", KINDS), "kind of the outside number", KINDS, several=True),
    "reach": Word(_one_of("number_reach", REACHES), "how far the call went", REACHES, several=True),
    "person": Word(_owned("person"), "person whose call it is, or several separated by commas", several=True),
    "department": Word(_department, "department with all below it, as a path: Sales / North"),
    "cost-centre": Word(_cost_centre, "cost centre by its code, or several separated by commas", several=True),
    "min-duration": Word(_seconds(">="), "minimum total duration: 90, 90s, 5m or 1h"),
    "max-duration": Word(_seconds("<="), "maximum total duration: 90, 90s, 5m or 1h"),
    "unpriced": Word(
        _unpriced,
        "calls that should have a price and have none: any, or a reason, or several separated by commas",
        _REASONS,
        several=True,
    ),
    "account": Word(_equal("account_code"), "account code, or several separated by commas", several=True),
    "text": Word(_text, "text anywhere in a call's numbers, names, codes and channels", form="search"),
}

_PERIODS = tuple(PERIODS)
_TODAYS = {name: PERIODS[name] for name in ("today", "yesterday")}
ASKED: dict[str, Word] = {
    **WORDS,
    "from": msgspec.structs.replace(WORDS["from"], help="first day or time, PBX time; also today and yesterday"),
    "to": msgspec.structs.replace(WORDS["to"], help="last day (included) or time, PBX time; also today and yesterday"),
    _CALLED_BACK: Word(
        _missed_with_caller,
        "missed calls whose caller was called back or got through later (yes), or is still waiting (no)",
        (_NO, _YES),
    ),
    "period": Word(_one_of("", _PERIODS), f"days in place of from and to: one of {', '.join(_PERIODS)}", _PERIODS),
}
"""The words of whoever asks now."""


def spelled_out(given: dict[str, str], today: date) -> dict[str, str]:
    """Return words with their days as dates; `today` is that of the PBX. Raises `Misconfigured` for no such period."""
    dated = {name: text.strip() for name, text in given.items() if text.strip()}
    period = dated.pop("period", "")
    if not period:
        return {
            name: _TODAYS[text](today)[0].isoformat() if name in ("from", "to") and text in _TODAYS else text
            for name, text in dated.items()
        }
    if period not in PERIODS:
        raise Misconfigured(Problem(f"'period' must be one of {', '.join(PERIODS)}", f"got {period!r}"))
    if "from" in dated or "to" in dated:
        raise Misconfigured(Problem("'period' cannot stand beside 'from' or 'to'", "it names both days itself"))
    first, last = PERIODS[period](today)
    return {**dated, "from": first.isoformat(), "to": last.isoformat()}


def read_asked(given: dict[str, str], today: date) -> Where:
    """Return the condition of words that may name days by what they are today; raises `Misconfigured`."""
    return read_spelled_out(spelled_out(given, today))


def read_spelled_out(given: dict[str, str]) -> Where:
    """Return the condition of words for whoever asks now, their days as dates; raises `Misconfigured`."""
    asked = _read(given, ASKED)
    answer = given.get(_CALLED_BACK, "").strip()
    if not answer:
        return asked
    since = next((f"${name}" for name in asked.values if name.startswith("from_")), "")
    return asked.and_(f"{'' if answer == _YES else 'NOT '}{called_back(asked.sql, since)}")


def read_filter(given: dict[str, str], place: str = "") -> Where:
    """Return the condition that all given words make together; raises `Misconfigured` with every fault."""
    return _read(given, WORDS, place)


def _read(given: dict[str, str], words: Mapping[str, Word], place: str = "") -> Where:
    conditions: list[Where] = []
    problems: list[Problem] = []
    for name, text in given.items():
        if name in words and text.strip():
            try:
                conditions.append(where(name, words[name].read(text.strip())))
            except ValueError as fault:
                problems.append(Problem(f"'{name}' must be {fault}", f"got {text!r}", place, words[name].help))
    problems = problems or _turned_round(given, place)
    if problems:
        raise Misconfigured(*problems)
    bound = {name: value for each in conditions for name, value in each.values.items()}
    return Where(" AND ".join(each.sql for each in conditions) or "true", bound)


def _turned_round(given: dict[str, str], place: str) -> list[Problem]:
    """Return what is wrong with days that end before they begin; moments of different zones are not compared."""
    first, last = given.get("from", "").strip(), given.get("to", "").strip()
    if not first or not last:
        return []
    begins, ends = datetime.fromisoformat(first), datetime.fromisoformat(last)
    if (begins.tzinfo is None) != (ends.tzinfo is None):
        return []
    if len(last) == len("2026-01-31"):
        ends += timedelta(days=1, microseconds=-1)
    if begins <= ends:
        return []
    return [Problem("'to' must not be before 'from'", f"from {first} to {last} is no time at all", place)]
