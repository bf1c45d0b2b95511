r"""Dates, times of day and durations as they are written, by a form that shows it.

A form is an example made of letters: `YYYY YY MM MON DD` of a date, `hh mm ss pp` of a time (`pp` is AM or PM where it
stands), `h m s` of a duration, `t` tenths of a minute, `d` tens of seconds, `xxx` fractions of a second; `WWW` is a
weekday and `ZZZ` a zone, which are read over. Every other sign stands for itself. Numbers may lack their leading zeros
or have blanks for them, except where two touch.

>>> reading_of("MM/DD/YY")(" 1/ 6/05")
{'M': 1, 'D': 6, 'Y': 5}
>>> reading_of("hh:mm'ss")("00:01'05")
{'h': 0, 'm': 1, 's': 5}
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from tollbook.model.limits import LONGEST_DURATION_S, LONGEST_MOMENT

DAY_S = 86_400
_PARTS = re.compile(r"YYYY|YY|MM|DD")
SECONDS = {"h": 3600, "m": 60, "s": 1, "t": 6, "d": 10}
"""What a number counts in a duration, by its letter."""
_MOVED = {"mdy": "MD", "dmy": "MD", "ymd": "YMD", "ydm": "YMD"}
"""The orders a date can be set to, and which of its parts such an order moves."""
_LETTERS = re.compile(r"YYYY|YY|MON|MM|DD|WWW|ZZZ|hh|h|mm|m|sssss|ss|s|t|d|pp|x+| +|.", re.DOTALL)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
        1,
    )
}
_WORDS = {"MON": "(?P<N>[A-Za-z]{3,9})", "WWW": r"[A-Za-z]{2,9}", "ZZZ": r"[A-Za-z]{1,5}", "pp": "(?P<p>[AaPp][Mm]?)?"}
_NUMBERS = frozenset(("YYYY", "YY", "MM", "DD", "hh", "h", "mm", "m", "sssss", "ss", "s", "t", "d"))
_LOOSE = 9
"""Most digits of a number that something else ends: nine of seconds are 31 years."""
_MARKS = {"'": "['\u2019\u2032]", '"': '["\u201d\u2033]?'}
"""A quotation mark that closes a duration is often left away, and copies of manuals have typographic ones."""
_RUNS = {"x": r"\d+", " ": r"\s{{{},}}"}
_NEEDED = {"date": "MD", "time": "h", "moment": "YMDh", "duration": ""}
"""The letters that a form of a kind must have."""
CENTURY = 70
_WHOLE_YEAR = 4
YEARLESS = 100
YEARS = range(1970, 2200)

Reading = Callable[[str], "dict[str, int]"]
Count = Callable[[str], int]
"""Reads a cell's text as a number; raises ValueError."""


def reading_of(form: str) -> Reading:
    """Return what reads texts of a form into its numbers, by letter; it raises ValueError for any other text."""
    pattern = re.compile(_pattern(form), re.ASCII)

    def read(text: str) -> dict[str, int]:
        found = pattern.fullmatch(text.strip()) if len(text) <= LONGEST_MOMENT else None
        if not found:
            raise ValueError(text)
        parts = found.groupdict()
        afternoon, month = parts.pop("p", None), parts.pop("N", None)
        numbers = {letter: int(digits) for letter, digits in parts.items()}
        if month is not None:
            numbers["M"] = _MONTHS.get(month[:3].lower(), 0)
        if afternoon:
            numbers["h"] = numbers["h"] % 12 + 12 * (afternoon[0] in "Pp") if 1 <= numbers["h"] <= 12 else 24  # noqa: PLR2004 - the clock
        return numbers

    return read


def _pattern(form: str) -> str:
    letters = _LETTERS.findall(form)
    pieces = []
    for place, each in enumerate(letters):
        beside = {*letters[max(place - 1, 0) : place], *letters[place + 1 : place + 2]}
        if each in _NUMBERS:
            exact = not beside.isdisjoint(_NUMBERS) or len(each) == _WHOLE_YEAR
            pieces.append(rf"(?P<{each[0]}>\d{{{len(each)}}})" if exact else rf"\s*(?P<{each[0]}>\d{{1,{_LOOSE}}})")
        else:
            pieces.append(
                _RUNS.get(each[0], "").format(len(each)) or _WORDS.get(each) or _MARKS.get(each) or re.escape(each),
            )
    return "".join(pieces)


def form_fault(kind: str, form: str) -> str:
    """Say why texts of a kind cannot be written in a form; nothing where they can.

    >>> form_fault("date", "MM/YY"), form_fault("time", "hh:mm")
    ("it has no 'D'", '')
    """
    letters = [each[0] for each in _LETTERS.findall(form) if each in _NUMBERS or each in _WORDS or each[0] in 'x"']
    twice = next((each for each in letters if letters.count(each) > 1), "")
    if twice:
        return f"{twice!r} stands in it twice"
    needed = [*_NEEDED[kind], *("h" for each in letters if each == "p")]
    missing = next((each for each in needed if each not in letters), "")
    if missing:
        return f"it has no {missing!r}"
    return "" if kind != "duration" or not SECONDS.keys().isdisjoint(letters) else "nothing in it counts any time"


def ordered(form: str, order: str) -> str:
    """Return a date's form with its parts in the order of a setting; another order leaves it.

    `mdy` and `dmy` turn month and day, wherever the year stands; `ymd` and `ydm` put the year first, too.

    >>> ordered("MM/DD/YY", "dmy"), ordered("MM/DD/YY", "ymd")
    ('DD/MM/YY', 'YY/MM/DD')
    """
    moved = _MOVED.get(order)
    parts = _PARTS.findall(form)
    if not moved or not {"MM", "DD"} <= set(parts):
        return form
    turned = iter(sorted((part for part in parts if part[0] in moved), key=lambda part: order.index(part[0].lower())))
    return _PARTS.sub(lambda found: next(turned) if found[0][0] in moved else found[0], form)


def days(form: str) -> Count:
    """Return what reads a date as days since 1970, or, where the form has no year, as minus month times 100 and day.

    >>> days("MM/DD/YY")("01/02/70"), days("MM/DD")("12/31")
    (1, -1231)
    """
    read = reading_of(form)

    def count(text: str) -> int:
        parts = read(text)
        if "Y" not in parts:
            datetime(2000, parts["M"], parts["D"], tzinfo=UTC)  # a leap year: 29 February may be
            return -(parts["M"] * YEARLESS + parts["D"])
        return day_number(_whole_year(parts["Y"]), parts["M"], parts["D"])

    return count


def _whole_year(year: int) -> int:
    if year >= YEARLESS:
        return year
    return year + (1900 if year >= CENTURY else 2000)


def day_number(year: int, month: int, day: int) -> int:
    """Return a date as days since 1970; raises ValueError for one that no clock can have meant."""
    if year not in YEARS:
        raise ValueError(year)
    return int(datetime(year, month, day, tzinfo=UTC).timestamp()) // DAY_S


def clock(form: str) -> Count:
    """Return what reads a time of day as seconds since midnight.

    >>> clock("hh:mmpp")("12:05AM"), clock("hh:mmpp")("12:05")
    (300, 43500)
    """
    read = reading_of(form)

    def count(text: str) -> int:
        parts = read(text)
        hour, minute, second = parts["h"], parts.get("m", 0), parts.get("s", 0)
        if hour > 23 or minute > 59 or second > 59:  # noqa: PLR2004 - the clock
            raise ValueError(text)
        return hour * 3600 + minute * 60 + second

    return count


def moment(form: str) -> Count:
    """Return what reads a date with a time of day as seconds since 1970 of the same wall clock.

    >>> moment("YYYY/MM/DD hh:mm:ss")("1970/01/02 00:00:05")
    86405
    """
    read = reading_of(form)

    def count(text: str) -> int:
        parts = read(text)
        hour, minute, second = parts["h"], parts.get("m", 0), parts.get("s", 0)
        if hour > 23 or minute > 59 or second > 59:  # noqa: PLR2004 - the clock
            raise ValueError(text)
        return day_number(_whole_year(parts["Y"]), parts["M"], parts["D"]) * DAY_S + hour * 3600 + minute * 60 + second

    return count


def duration(form: str) -> Count:
    """Return what reads a duration as seconds; tenths of a minute count six seconds, fractions of a second none.

    >>> duration("h:mm.t")("1:02.5"), duration("h:mm.d")("1:02.5"), duration("m'ss")("5'15"), duration("S=s")("S=226")
    (3750, 3770, 315, 226)
    """
    read = reading_of(form)

    def count(text: str) -> int:
        parts = read(text)
        total = sum(parts.get(letter, 0) * seconds for letter, seconds in SECONDS.items())
        if total > LONGEST_DURATION_S:
            raise ValueError(text)
        return total

    return count


def first_of(counts: list[Count]) -> Count:
    """Return what reads a text in the first of several ways that fits."""
    if len(counts) == 1:
        return counts[0]

    def count(text: str) -> int:
        for each in counts:
            try:
                return each(text)
            except ValueError:
                continue
        raise ValueError(text)

    return count
