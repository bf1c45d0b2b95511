"""Where a number is at home, and whose it was when it was given out.

phonenumbers' table of places takes 140 MB of memory and some seconds to load. No server keeps it: it looks places up in
a file that was made of the table (`engine.places`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from importlib import resources

from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    country_mobile_token,
    format_number,
    national_significant_number,
    parse,
    region_code_for_country_code,
    region_code_for_number,
)

from tollbook.plugins import read_toml

LookUp = Callable[[list[str]], str | None]
"""Is given the beginnings of a number, without `+` and the longest first; returns the place of the first that has one.
"""
_LONGEST = 9
"""Digits of the longest beginning that has a place."""
_MOST_REMEMBERED = 4096


def place_of(e164: str | None, look_up: LookUp | None = None) -> str | None:
    """Return the town or region of a number of E.164, or None where nothing more than its country is known.

    Without `look_up` phonenumbers' own table is loaded.
    """
    parsed = _parsed(e164)
    place = (look_up or _in_table)(_beginnings(parsed)) if parsed else None
    return place if parsed and place != country_name(region_code_for_number(parsed) or "") else None


def place_names() -> Iterator[tuple[str, str]]:
    """Yield every beginning of a number that has a place, without `+`, and the name of the place in English."""
    from phonenumbers.geodata import GEOCODE_DATA

    return ((beginning, names["en"]) for beginning, names in GEOCODE_DATA.items() if "en" in names)


@lru_cache(_MOST_REMEMBERED)
def carrier_of(e164: str | None, language: str = "en") -> str | None:
    """Return the carrier that a mobile number was given to; it may have moved to another since."""
    from phonenumbers import carrier

    parsed = _parsed(e164)
    return (carrier.name_for_valid_number(parsed, language) or None) if parsed else None


def country_name(code: str) -> str:
    """Return the English name of a country by its two letters; the letters where there is none."""
    return country_names().get(code, code)


@cache
def country_names() -> dict[str, str]:
    """Return the English names of the countries that have numbers, by their two letters."""
    return read_toml(resources.files("tollbook.numbering"), "country_names.toml")


def _in_table(beginnings: list[str]) -> str | None:
    names = _table()
    return next((names[each] for each in beginnings if each in names), None)


@cache
def _table() -> dict[str, str]:
    return dict(place_names())


def _beginnings(number: PhoneNumber) -> list[str]:
    digits = format_number(_without_mobile_token(number), PhoneNumberFormat.E164)[1:]
    return [digits[:length] for length in range(_LONGEST, 0, -1)]


def _without_mobile_token(number: PhoneNumber) -> PhoneNumber:
    """Return a number without what marks mobile ones before their area code, as the 9 of Argentina does."""
    code = number.country_code or 0
    token, national = country_mobile_token(code), national_significant_number(number)
    if not token or not national.startswith(token):
        return number
    try:
        return parse(national.removeprefix(token), region_code_for_country_code(code))
    except NumberParseException:
        return number


def _parsed(e164: str | None) -> PhoneNumber | None:
    try:
        parsed = parse(e164) if e164 else None
    except NumberParseException:
        return None
    return parsed if parsed and region_code_for_number(parsed) else None
