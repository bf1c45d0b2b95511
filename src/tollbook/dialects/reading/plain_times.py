"""Dates, times and durations of whole columns, where each sign stands in the place that its form gives it.

Most cells are written so: `2026-03-02` by `YYYY-MM-DD`. They are read by NumPy, all at once; any other cell is left to
`moments`, which reads one after another and takes more. What always holds: a cell that is read here comes to what it
would come to there.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from tollbook.dialects.reading.moments import CENTURY, DAY_S, SECONDS, YEARLESS, YEARS
from tollbook.model.call import Numbers
from tollbook.model.texts import Texts

Mask = npt.NDArray[np.bool_]
ReadPlain = Callable[[Texts], tuple[Numbers, Mask]]
"""Returns a column's numbers, and which of its cells they hold for."""
_PARTS = re.compile(r"YYYY|YY|MM|DD|hh|mm|ss|h|m|s|t|d|[^A-Za-z]")
_LONGEST = 24
_ZERO, _NINE = ord("0"), 9
_LENGTHS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_DAYS_AN_ERA, _TO_1970, _MARCH = 146_097, 719_468, 3
Parts = dict[str, Numbers]


def plain_reader(kind: str, form: str) -> ReadPlain | None:
    """Return what reads columns of a form, or None for a form that has no places of its own."""
    parts = _PARTS.findall(form)
    letters = [part[0] for part in parts if part[0].isalpha()]
    whole = "".join(parts) == form and len(form) <= _LONGEST and form.isascii() and len(set(letters)) == len(letters)
    if not whole or kind not in _READ or not _NEEDED[kind] <= set(letters):
        return None
    signs = np.frombuffer(form.encode(), np.uint8)
    fixed = np.array([not sign.isalpha() for sign in form], np.bool_)
    places = {found[0][0]: found.span() for found in _PARTS.finditer(form) if found[0][0].isalpha()}
    combine = _READ[kind]

    def read(cells: Texts) -> tuple[Numbers, Mask]:
        found = cells.letters.windows(f"V{len(form)}")[cells.starts].view(np.uint8).reshape(-1, len(form))
        digits = found - _ZERO  # what is below a zero comes out far above nine
        right = np.where(fixed, found == signs, digits <= _NINE).all(axis=1) & (cells.lengths == len(form))
        numbers, good = combine({letter: _number(digits, span) for letter, span in places.items()})
        return numbers, right & good

    return read


def _number(digits: npt.NDArray[np.uint8], span: tuple[int, int]) -> Numbers:
    number = np.zeros(len(digits), np.int64)
    for place in range(*span):
        number = number * 10 + digits[:, place]
    return number


def _days(parts: Parts) -> tuple[Numbers, Mask]:
    """Return days since 1970, or minus month times 100 and day where there is no year.

    The days of a date: Howard Hinnant, chrono-Compatible Low-Level Date Algorithms, `days_from_civil`.
    """
    month, day = parts["M"], parts["D"]
    known = (month >= 1) & (month <= len(_LENGTHS) - 1)
    month = np.where(known, month, 1)
    if "Y" not in parts:
        longest = _LENGTHS[month] + (month == 2)  # noqa: PLR2004 - 29 February may be
        return -(month * YEARLESS + day), known & (day >= 1) & (day <= longest)
    year = parts["Y"]
    year = year + np.where(year >= YEARLESS, 0, np.where(year >= CENTURY, 1900, 2000))
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    good = known & (year >= YEARS.start) & (year < YEARS.stop)
    good &= (day >= 1) & (day <= _LENGTHS[month] + ((month == 2) & leap))  # noqa: PLR2004 - February
    since_march = np.where(month >= _MARCH, month - _MARCH, month + 9)
    year = year - (month < _MARCH)
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * since_march + 2) // 5 + day - 1
    return era * _DAYS_AN_ERA + of_era * 365 + of_era // 4 - of_era // 100 + of_year - _TO_1970, good


def _clock(parts: Parts) -> tuple[Numbers, Mask]:
    nothing = np.zeros(len(parts["h"]), np.int64)
    hour, minute, second = parts["h"], parts.get("m", nothing), parts.get("s", nothing)
    return hour * 3600 + minute * 60 + second, (hour < 24) & (minute < 60) & (second < 60)  # noqa: PLR2004 - the clock


def _moment(parts: Parts) -> tuple[Numbers, Mask]:
    (days, there), (seconds, possible) = _days(parts), _clock(parts)
    return days * DAY_S + seconds, there & possible


def _duration(parts: Parts) -> tuple[Numbers, Mask]:
    total = sum((parts[letter] * seconds for letter, seconds in SECONDS.items() if letter in parts), start=_NOTHING)
    return total, np.ones(len(total), np.bool_)


_NOTHING = np.zeros(1, np.int64)
_READ: dict[str, Callable[[Parts], tuple[Numbers, Mask]]] = {
    "date": _days,
    "time": _clock,
    "moment": _moment,
    "duration": _duration,
}
_NEEDED = {"date": {"M", "D"}, "time": {"h"}, "moment": {"Y", "M", "D", "h"}, "duration": {"s"}}
