"""Reads amounts, dates and intervals as carriers write them, once it is known how they do."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Literal

_MARKS = "€£$¥₹₽"
_AMOUNT = re.compile(
    rf"(?P<before>[A-Z]{{3}}|[{_MARKS}])?\s*(?P<digits>[0-9][0-9.,' ]*|[.,][0-9]+)(?:[eE](?P<power>[+-]?\d{{1,2}}))?"
    rf"\s*(?P<after>[A-Z]{{3}}|[{_MARKS}])?",
)
_GROUPED = {
    "point": re.compile(r"(?:\d+|[1-9]\d{0,2}(?:[, ']\d{3})+)?(?:\.\d*)?"),
    "comma": re.compile(r"(?:\d+|[1-9]\d{0,2}(?:[. ']\d{3})+)?(?:,\d*)?"),
}
_UNCLEAR = re.compile(r"[1-9]\d{0,2}([.,])\d{3}")
_INTERVALS = re.compile(r"(\d{1,6}) ?s? ?[/+:;|-] ?(\d{1,6}) ?s?")
_SINGLE = re.compile(r"(\d{1,6}) ?(?:s|sec|secs|seconds|sek)?\.?")
_TIME = re.compile(r"[T ]+\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)? ?(?:[AaPp][Mm])?(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?")
_NUMBERED = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})\.?")
_NAMED = re.compile(r"(\d{1,2})[ ./-]*([A-Za-z]{3,9})[ ./,-]*(\d{4}|\d{2})")
_NAMED_FIRST = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_OTHER_MONTHS = {"mär": 3, "mrz": 3, "mai": 5, "okt": 10, "dez": 12, "ene": 1, "abr": 4, "ago": 8, "dic": 12, "avr": 4}
_CENTURY = 2000
_LONGEST = 60
"""Characters of a cell that can be an amount, a date or an interval."""
_YEAR_DIGITS = 4
_LAST_MONTH = 12
_COMPACT = 8

CURRENCY_OF = {"€": "EUR", "£": "GBP", "₹": "INR", "₽": "RUB"}
"""Signs that are of one currency alone."""


def amount_in(cell: str, mark: Literal["point", "comma"]) -> Decimal | None:
    """Return an amount, without the sign or the name of its currency; None for what is none.

    >>> amount_in("1.234,50 €", "comma"), amount_in("0.05", "point"), amount_in("0,05", "point")
    (Decimal('1234.50'), Decimal('0.05'), None)
    """
    found = _amount(cell)
    if not found:
        return None
    digits = found["digits"].strip()
    if not _GROUPED[mark].fullmatch(digits):
        return None
    plain = digits.replace(" ", "").replace("'", "").replace("," if mark == "point" else ".", "").replace(",", ".")
    return Decimal(plain).scaleb(int(found["power"] or 0))


def _amount(cell: str) -> re.Match[str] | None:
    return _AMOUNT.fullmatch(cell.strip()) if len(cell) <= _LONGEST else None


def currency_of(cell: str) -> str:
    """Return the currency that stands beside an amount, such as `EUR` or `$`; empty where there is none."""
    found = _amount(cell)
    beside = (found["before"] or found["after"] or "") if found else ""
    return CURRENCY_OF.get(beside, beside)


def is_amount(cell: str) -> bool:
    """Say whether a cell is an amount by either decimal mark."""
    return amount_in(cell, "point") is not None or amount_in(cell, "comma") is not None


def decimal_mark(cell: str) -> Literal["", "point", "comma", "unclear"]:
    """Return which decimal mark an amount shows; nothing for one without any.

    >>> [decimal_mark(cell) for cell in ("0.05", "0,050", "1,200", "1.234,5", "12")]
    ['point', 'comma', 'unclear', 'comma', '']
    """
    found = _amount(cell)
    digits = found["digits"].strip() if found else ""
    if "." not in digits and "," not in digits:
        return ""
    if _UNCLEAR.fullmatch(digits):
        return "unclear"
    point, comma = (bool(_GROUPED[mark].fullmatch(digits)) for mark in ("point", "comma"))
    if point and comma:
        return "unclear"
    return "point" if point else "comma" if comma else ""


def intervals_in(cell: str, single: str) -> tuple[int, int] | None:
    """Return the first and the next interval in seconds: of `60/1`, or of `60`, for `both` or for the `first` alone.

    >>> intervals_in("60/1", ""), intervals_in("60", "both"), intervals_in("60", "first"), intervals_in("often", "")
    ((60, 1), (60, 60), (60, 1), None)
    """
    if two := _INTERVALS.fullmatch(cell[:_LONGEST]):
        return int(two[1]), int(two[2])
    one = _SINGLE.fullmatch(cell.lower())
    if not one or not single:
        return None
    return int(one[1]), int(one[1]) if single == "both" else min(1, int(one[1]))


def is_single_interval(cell: str) -> bool:
    """Say whether a cell has one number of seconds, from which it is not clear what is charged after the first ones."""
    found = _SINGLE.fullmatch(cell.lower())
    return bool(found) and int(found[1] if found else 0) > 1


def seconds_in(cell: str) -> int | None:
    """Return a number of seconds."""
    found = _SINGLE.fullmatch(cell.lower())
    return int(found[1]) if found else None


def date_in(cell: str, order: str) -> date | None:
    """Return a date, with its parts in an order where they are numbers; a time behind it does not count.

    >>> date_in("03/02/2026", "dmy"), date_in("2026-02-03 00:00:00", ""), date_in("3 Feb 2026", "")
    (datetime.date(2026, 2, 3), datetime.date(2026, 2, 3), datetime.date(2026, 2, 3))
    """
    text = _TIME.sub("", cell[:_LONGEST]).strip()
    if text.isdecimal() and len(text) == _COMPACT:
        return _day(text[:4], text[4:6], text[6:])
    if found := _NUMBERED.fullmatch(text):
        parts = (found[1], found[3], found[4])
        order = "ymd" if len(parts[0]) == _YEAR_DIGITS else order
        by = dict(zip(order, parts, strict=False))
        return _day(by.get("y", ""), by.get("m", ""), by.get("d", ""))
    if found := _NAMED.fullmatch(text):
        return _day(found[3], _month(found[2]), found[1])
    if found := _NAMED_FIRST.fullmatch(text):
        return _day(found[3], _month(found[1]), found[2])
    return None


def date_orders(cell: str) -> frozenset[str]:
    """Return in which orders the numbers of a date can be read; nothing where it does not matter.

    >>> sorted(date_orders("03/02/2026")), sorted(date_orders("30.01.2026")), sorted(date_orders("2026-02-03"))
    (['dmy', 'mdy'], ['dmy'], [])
    """
    found = _NUMBERED.fullmatch(_TIME.sub("", cell[:_LONGEST]).strip())
    if not found or len(found[1]) == _YEAR_DIGITS:
        return frozenset()
    return frozenset(order for order in ("dmy", "mdy", "ymd") if date_in(cell, order))


def _month(name: str) -> str:
    short = name.lower()[:3]
    return str(_MONTHS.index(short) + 1 if short in _MONTHS else _OTHER_MONTHS.get(short, 0))


def _day(year: str, month: str, day: str) -> date | None:
    if len(year) not in {2, _YEAR_DIGITS} or not month or len(day) not in {1, 2}:
        return None
    try:
        return date(int(year) + (_CENTURY if len(year) < _YEAR_DIGITS else 0), int(month), int(day))
    except ValueError:
        return None
