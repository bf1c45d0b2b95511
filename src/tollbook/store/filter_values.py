"""How the text of each filter becomes a condition in SQL, with a `{}` for each value that is bound.

A reading raises ValueError with what it expects. Values may be several, separated by commas; `-` stands for calls that
have none, and what is behind `=` is one value, commas and all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from tollbook.model.outcome import Direction, Outcome
from tollbook.store.numbers import Told, number
from tollbook.store.schema import SHOWN
from tollbook.store.unpriced_reasons import ANY, REASON, REASONS, UNPRICED

NONE_OF_IT = "-"
"""Written for calls that have no value at all."""
EXACTLY = "="
"""Written before one value that is meant as it stands."""


def _values(text: str) -> list[str]:
    """Return values separated by commas, or the one that is meant exactly: it may have commas.

    >>> _values("101, 102"), _values("=Berg, Anna")
    (['101', '102'], ['Berg, Anna'])
    """
    if text.startswith(EXACTLY):
        return [text.removeprefix(EXACTLY).strip()]
    return [word.strip() for word in text.split(",") if word.strip()]


def equal(column: str) -> Callable[[str], Told]:
    """Return the reading of values of a column."""

    def read(text: str) -> Told:
        values = _values(text)
        if not values:
            raise ValueError("a value, or several separated by commas")
        marks = ", ".join(["{}"] * len(values))
        if NONE_OF_IT in values and not text.startswith(EXACTLY):
            return f"coalesce({column}, '') IN ({marks})", ["" if each == NONE_OF_IT else each for each in values]
        return f"{column} IN ({marks})", list(values)

    return read


def one_of(column: str, names: tuple[str, ...]) -> Callable[[str], Told]:
    """Return the reading of values of a column that are all known."""

    def read(text: str) -> Told:
        unknown = [word for word in text.split(",") if word.strip() not in names]
        if unknown:
            message = f"one of {', '.join(names)}"
            raise ValueError(message)
        return equal(column)(text)

    return read


MISSED = "(direction = 'incoming' AND outcome <> 'answered')"
"""`model.call.is_missed` as a condition: whatever counts or lists missed calls asks this."""
MISSED_WORD = "missed"


def outcome(text: str) -> Told:
    """Read outcomes, `missed` among them."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    if MISSED_WORD not in words:
        return one_of("outcome", OUTCOMES)(text)
    others = [word for word in words if word != MISSED_WORD]
    if not others:
        return MISSED, []
    sql, values = one_of("outcome", OUTCOMES)(",".join(others))
    return f"({sql} OR {MISSED})", values


_SIDES = re.compile(rf"\b({'|'.join(SHOWN)})\b")
_SEARCHED = (
    "caller", "called", "extension", "account_code", "device", "feature", "option1", "option2", "call_id",
    "caller_name", "ddi", "third_party",
)  # fmt: skip


def any_text(text: str) -> Told:
    """Read a text that stands anywhere in a call."""
    conditions = " OR ".join(f"contains(lower({column}), lower({{}}))" for column in _SEARCHED)
    return _as_shown((f"({conditions})", [text.strip()] * len(_SEARCHED)))


OUTSIDE_NUMBER = (
    "coalesce(nullif(number_shown, ''), number_e164, CASE WHEN direction = 'incoming' THEN caller ELSE called END)"
)
"""The number outside as it is shown: in international form where it is known, else as the PBX wrote it."""


def any_number(text: str) -> Told:
    """Read a number or a part of one; behind `=` the whole of one, just as lists show it."""
    if text == NONE_OF_IT or text.startswith(EXACTLY):
        return equal(OUTSIDE_NUMBER)(text)
    return _as_shown(number(text))


def _as_shown(told: Told) -> Told:
    """Return a condition that finds nothing in digits which are hidden: it must hold in what is shown, too."""
    sql, values = told
    shown = _SIDES.sub(lambda found: f"({SHOWN[found[0]]})", sql)
    return f"({sql} AND (number_shown IS NULL OR {shown}))", [*values, *values]


_DIGITS = 9
"""A duration with more does not fit its column."""


def seconds(comparison: str) -> Callable[[str], Told]:
    """Return the reading of a duration."""
    units = {"s": 1, "m": 60, "h": 3600}

    def read(text: str) -> Told:
        number, unit = (text[:-1], text[-1]) if text[-1:] in units else (text, "s")
        if not (number.isascii() and number.isdigit() and len(number) < _DIGITS):
            message = "a duration such as 90, 90s, 5m or 1h"
            raise ValueError(message)
        return f"total_s {comparison} {{}}", [int(number) * units[unit]]

    return read


def moment(comparison: str, *, whole_day: bool) -> Callable[[str], Told]:
    """Return the reading of a day or a time; a day alone may stand for the whole of it."""

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


def country(text: str) -> Told:
    """Read countries by their two letters."""
    return equal("number_country")(text.upper())


def owned(field: str, by: str = "assignment") -> Callable[[str], Told]:
    """Return the reading of a name in the directory: the calls of its assignments, whatever the case of letters.

    The text is taken as one name, too, since a name may have a comma in it: `Berg, Anna`.
    """

    def read(text: str) -> Told:
        if text == NONE_OF_IT:
            return _of_none(field, by), []
        _, values = equal(field)(text.lower())
        values += [text.strip().lower()] if len(values) > 1 else []
        marks = ", ".join(["{}"] * len(values))
        return f"({by} IN (SELECT o.id FROM main.owner o WHERE lower(o.{field}) IN ({marks})))", values

    return read


def _of_none(field: str, by: str = "assignment") -> str:
    return f"(({by} IN (SELECT o.id FROM main.owner o WHERE o.{field} IS NOT NULL)) IS NOT TRUE)"


def department_paths(text: str) -> set[str]:
    """Return the paths in small letters that a text can mean.

    A name may hold a slash (R/D), and a path may be written without blanks (Sales/North): both are meant.
    """
    paths = {" / ".join(part.strip() for part in cut.split(text) if part.strip()).lower() for cut in _PATH_CUTS}
    if "" in paths:
        raise ValueError("the name of a department, or its path: Sales / North")
    return paths


def department(text: str) -> Told:
    """Read the name or path of a department: it with all below it, behind `=` it alone."""
    if text == NONE_OF_IT or text.startswith(EXACTLY):
        return owned("department")(text)
    paths = department_paths(text)
    within = " OR ".join(["lower(o.department) = {} OR starts_with(lower(o.department), {})"] * len(paths))
    values = [value for path in sorted(paths) for value in (path, f"{path} / ")]
    return f"(assignment IN (SELECT o.id FROM main.owner o WHERE o.department IS NOT NULL AND ({within})))", values


def cost_centre(text: str) -> Told:
    """Read cost centres by their codes: that of the account code goes before that of the extension."""
    if text == NONE_OF_IT:
        return f"({_of_none('cost_centre', 'account_assignment')} AND {_of_none('cost_centre')})", []
    by_account, values = owned("cost_centre", "account_assignment")(text)
    by_owner, _ = owned("cost_centre")(text)
    charged = "account_assignment IN (SELECT o.id FROM main.owner o WHERE o.cost_centre IS NOT NULL)"
    return f"({by_account} OR ({charged}) IS NOT TRUE AND {by_owner})", [*values, *values]


def noted(text: str) -> Told:
    """Read a text that stands in a note on a call; `-` are calls that have none."""
    if text == NONE_OF_IT:
        return "(id NOT IN (SELECT n.id FROM main.call_note n WHERE n.words <> ''))", []
    found = "SELECT n.id FROM main.call_note n WHERE contains(lower(n.words), lower({}))"
    return f"(id IN ({found}))", [text]


def tagged(text: str) -> Told:
    """Read tags of which a call has one; `-` are calls that have none."""
    if text == NONE_OF_IT:
        return "(id NOT IN (SELECT n.id FROM main.call_note n WHERE n.tags <> []))", []
    values = [each.lower() for each in _values(text)]
    if not values:
        raise ValueError("a tag, or several separated by commas")
    marks = ", ".join(["{}"] * len(values))
    return f"(id IN (SELECT n.id FROM main.call_note n WHERE list_has_any(n.tags, list_value({marks}))))", list(values)


def unpriced(text: str) -> Told:
    """Read reasons why calls have no price; `-` are calls that have one, or need none."""
    if text == NONE_OF_IT:
        return f"NOT {UNPRICED}", []
    sql, values = one_of(REASON, UNPRICED_WORDS)(text)
    return (UNPRICED, []) if ANY in values else (f"({UNPRICED} AND {sql})", values)


_TIMES = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*-\s*([01]?\d|2[0-4]):([0-5]\d)")
_MINUTE_OF_DAY = "(hour(started_local) * 60 + minute(started_local))"
DAY_MINUTES = 1440


def stretches_of_day(text: str) -> list[tuple[int, int]]:
    """Return stretches of the day in minutes, the end excluded; one over midnight ends before it begins.

    >>> stretches_of_day("08:15-18:00, 22:00-06:00")
    [(495, 1080), (1320, 360)]
    """
    stretches = []
    for part in filter(None, map(str.strip, text.split(","))):
        found = _TIMES.fullmatch(part)
        first, until = (int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])) if found else (0, 0)
        if first == until or max(first, until) > DAY_MINUTES:
            raise ValueError("times such as 08:00-18:00, or several separated by commas")
        stretches.append((first, until))
    if not stretches:
        raise ValueError("times such as 08:00-18:00")
    return stretches


def times_of_day(text: str) -> Told:
    """Read stretches of the day by the clock of the PBX, the end excluded; one may go over midnight."""
    stretches = stretches_of_day(text)
    conditions = (
        f"({_MINUTE_OF_DAY} >= {{}} {'AND' if first < until else 'OR'} {_MINUTE_OF_DAY} < {{}})"
        for first, until in stretches
    )
    return f"({' OR '.join(conditions)})", [minute for each in stretches for minute in each]


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def weekdays(text: str) -> Told:
    """Read days of the week, or stretches of them, by the clock of the PBX."""
    days: set[int] = set()
    for part in filter(None, (each.strip().lower() for each in text.split(","))):
        first, _, last = part.partition("-")
        if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
            raise ValueError("days such as mon-fri or sat,sun")
        begin, count = WEEKDAYS.index(first), WEEKDAYS.index(last or first) - WEEKDAYS.index(first)
        days |= {(begin + more) % 7 + 1 for more in range(count % 7 + 1)}
    if not days:
        raise ValueError("days such as mon-fri or sat,sun")
    return f"isodow(started_local) IN ({', '.join(['{}'] * len(days))})", sorted(days)


UNPRICED_WORDS = (ANY, *REASONS)
DIRECTIONS = tuple(each.value for each in Direction)
OUTCOMES = (MISSED_WORD, *(each.value for each in Outcome))
