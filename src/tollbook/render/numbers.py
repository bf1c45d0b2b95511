"""How telephone numbers are told to people."""

from __future__ import annotations

import phonenumbers

from tollbook.model.meaning import KIND_TITLES, REACH_TITLES, Number
from tollbook.numbering.places import country_name
from tollbook.numbering.written import MASK

_REACH_UNSAID = frozenset(("internal", "service", "unknown"))
"""Reaches that a kind says already, or that say nothing."""


def spaced(e164: str) -> str:
    """Return a number of E.164 in groups, as its country writes it; one of which digits are hidden as it stands.

    >>> spaced("+442079460135")
    '+44 20 7946 0135'
    """
    if MASK in e164:
        return e164
    try:
        parsed = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def number_told(number: Number, place: str | None = None) -> str:
    """Return what a number means, in a line.

    >>> london = Number(dialled="9…", e164="+442079460135", country="GB", kind="fixed", reach="international")
    >>> number_told(london, "London")
    '+44 20 7946 0135, London, United Kingdom (fixed line, international)'
    >>> number_told(Number(dialled="9911", number="911", country="US", kind="emergency", reach="service"))
    '911, United States (emergency)'
    """
    digits = spaced(number.e164) if number.e164 else number.number or number.extension or number.dialled
    where = ", ".join(filter(None, (digits, place, country_name(number.country or ""))))
    reach = "" if number.reach in _REACH_UNSAID else REACH_TITLES.get(number.reach, number.reach)
    return f"{where} ({', '.join(filter(None, (KIND_TITLES.get(number.kind, number.kind), reach)))})"


def taken_off(number: Number) -> list[tuple[str, str]]:
    """Return what stood before and behind a number, each under its title."""
    found = (
        ("Carrier code", number.carrier_code),
        ("Network code", number.feature_code if number.e164 else None),
    )
    return [(title, text) for title, text in found if text]
