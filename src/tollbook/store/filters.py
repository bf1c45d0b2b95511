"""Which calls are meant: one set of words for the command line, the pages, the API and every export.

Dates and times without a zone are the PBX's own wall time, since that is what its people read on its telephones; an
instant that ends in Z or an offset is taken as such. A bare date as `to` takes in that whole day.

Whoever asks now may name days by what they are today, and ask who was called back until now (`ASKED`); what is kept for
good, such as the filter of a sink, may not (`WORDS`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from tollbook.model.meaning import KINDS, REACHES
from tollbook.model.periods import PERIODS
from tollbook.model.problem import Misconfigured, Problem
from tollbook.store.called_back import called_back, waiting
from tollbook.store.filter_values import (
    DIRECTIONS,
    MISSED,
    NONE_OF_IT,
    OUTCOMES,
    UNPRICED_WORDS,
    any_number,
    any_text,
    cost_centre,
    country,
    department,
    equal,
    moment,
    noted,
    one_of,
    outcome,
    owned,
    seconds,
    tagged,
    times_of_day,
    unpriced,
    weekdays,
)
from tollbook.store.numbers import Told


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

    One that takes `several` values takes them separated by commas; a form asks for a `rare` one only where it is given.
    """

    read: Callable[[str], Told]
    help: str
    choices: tuple[str, ...] = ()
    form: str = "text"
    several: bool = False
    rare: bool = False


_CALLED_BACK, _YES, _NO = "called-back", "yes", "no"
_HAS_CALLER = f"({MISSED} AND caller <> '')"


def _missed_with_caller(text: str) -> Told:
    one_of("", (_YES, _NO))(text)
    return _HAS_CALLER, []


_RARE = {
    "trunk-group": ("trunk_group", "trunk group"),
    "ddi": ("ddi", "public number that was called and leads straight to an extension"),
    "auth-code": ("auth_code", "authorisation code"),
    "feature": ("feature", "feature, as the PBX told it"),
    "device": ("device", "kind of thing at the PBX's end of the call"),
    "status": ("status", "how the call ended, in the PBX's own words"),
    "priced-by": ("split_part(tariff, ' ', 1)", "tariff by which a call was priced"),
    "bundle": ("bundle", "bundle from which a call took something"),
    "currency": ("price_currency", "currency of the price"),
}
SITE_OF_PBX = "CASE WHEN contains(pbx, '/') THEN split_part(pbx, '/', 1) ELSE '' END"
"""The site that handed a call on to a centre; a site's own calls have none."""
WORDS: dict[str, Word] = {
    "pbx": Word(equal("pbx"), "name of a PBX, or several separated by commas", several=True),
    "site": Word(
        equal(SITE_OF_PBX),
        "site that handed its calls on to this centre, or several separated by commas",
        several=True,
        rare=True,
    ),
    "from": Word(moment(">=", whole_day=False), "first day or time, PBX time", form="date"),
    "to": Word(moment("<=", whole_day=True), "last day (included) or time, PBX time", form="date"),
    "extension": Word(equal("extension"), "extension, or several separated by commas", several=True),
    "number": Word(any_number, "calling or called number, or part of it, in any notation", form="search"),
    "trunk": Word(equal("trunk"), "trunk, or several separated by commas", several=True),
    "direction": Word(one_of("direction", DIRECTIONS), f"one of {', '.join(DIRECTIONS)}", DIRECTIONS, several=True),
    "outcome": Word(
        outcome,
        f"one of {', '.join(OUTCOMES)}; missed: incoming and not answered",
        OUTCOMES,
        several=True,
    ),
    "country": Word(
        country,
        "country of the outside number by its two letters, or several separated by commas",
        several=True,
    ),
    "kind": Word(one_of("number_kind", (*KINDS, NONE_OF_IT)), "kind of the outside number", KINDS, several=True),
    "reach": Word(one_of("number_reach", (*REACHES, NONE_OF_IT)), "how far the call went", REACHES, several=True),
    "person": Word(owned("person"), "person whose call it is, or several separated by commas", several=True),
    "department": Word(department, "department with all below it, as a path: Sales / North; behind = it alone"),
    "cost-centre": Word(cost_centre, "cost centre by its code, or several separated by commas", several=True),
    "company": Word(
        owned("company"), "company of the department, or several separated by commas", several=True, rare=True
    ),
    "min-duration": Word(seconds(">="), "minimum total duration: 90, 90s, 5m or 1h"),
    "max-duration": Word(seconds("<="), "maximum total duration: 90, 90s, 5m or 1h"),
    "unpriced": Word(
        unpriced,
        "calls that should have a price and have none: any, or a reason, or several separated by commas",
        UNPRICED_WORDS,
        several=True,
    ),
    "account": Word(equal("account_code"), "account code, or several separated by commas", several=True),
    "tag": Word(tagged, "tag that people put on a call, or several separated by commas", several=True, rare=True),
    "note": Word(noted, "text anywhere in a note that people wrote on a call", form="search", rare=True),
    "weekday": Word(weekdays, "days of the week, PBX time: mon-fri or sat,sun", rare=True),
    "time": Word(times_of_day, "times of day, PBX time, the end excluded: 08:00-18:00", rare=True),
    **{
        name: Word(equal(column), f"{help_}, or several separated by commas", several=True, rare=True)
        for name, (column, help_) in _RARE.items()
    },
    "text": Word(any_text, "text anywhere in a call's numbers, names, codes and channels", form="search"),
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
    "period": Word(one_of("", _PERIODS), f"days in place of from and to: one of {', '.join(_PERIODS)}", _PERIODS),
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
    return asked.and_((called_back if answer == _YES else waiting)(asked.sql, since))


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
