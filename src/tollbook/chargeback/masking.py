"""What a phone bill leaves out of numbers."""

from __future__ import annotations

import re

from tollbook.model.phone_bill import Mask

_LETTER = "x"
"""What stands for a digit that is left out."""
ALL = "…"
"""What stands for a number of which nothing can be shown."""
_LEFT_OUT: dict[Mask, int] = {"last-3": 3, "last-4": 4}
_DIALLED = re.compile(r"\+?[0-9*# ()/.-]+")


def masked(number: str, mask: Mask, country_code: str = "") -> str:
    """Return a number as a bill shows it; `country_code` is that of its country, such as 44, where that is known.

    What is more than digits, such as an address, is left out whole.

    >>> masked("+442079460135", "last-3"), masked("112", "last-4"), masked("anna@example.org", "last-3")
    ('+442079460xxx', 'xxx', '…')
    >>> masked("+442079460135", "all-but-country", "44"), masked("0135", "all-but-country"), masked("112", "none")
    ('+44…', '…', '112')
    """
    if mask == "none" or not number:
        return number
    if mask == "all-but-country":
        return f"+{country_code}{ALL}" if country_code else ALL
    if not _DIALLED.fullmatch(number):
        return ALL
    left = _LEFT_OUT[mask]
    found = list(number)
    for place in range(len(found) - 1, -1, -1):
        if found[place].isdigit() and left:
            found[place], left = _LETTER, left - 1
    return "".join(found)
