"""Which rate of a tariff is that of a number: the most exact destination that has one for the band."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from tollbook.model.meaning import KINDS, Found
from tollbook.rating.tariff import ALWAYS, Rate

ANYWHERE = "*"
PLACES = (
    ("=110", "exactly what was dialled, without access codes"),
    ("+4989", "a prefix of the number with its country code; the longest counts, even if it is dearer"),
    ("FR mobile", "a country and a kind of number"),
    ("FR", "a country"),
    ("mobile", "a kind of number"),
    (ANYWHERE, "all numbers that no other rate is for"),
)
"""The ways to write a destination, the most exact first, and what they mean."""
_COUNTRY = re.compile(r"[A-Z]{2}")
_ALIKE = {"fixed_or_mobile": ("fixed_or_mobile", "fixed", "mobile"), "premium_short": ("premium_short", "premium")}
"""Kinds that are priced as another where a tariff has no rate for them: North America does not tell mobiles apart."""


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """What a tariff sees of a number: `dialled` without access codes, and what the dial plan knows about it."""

    dialled: str
    e164: str = ""
    country: str = ""
    kind: str = ""


def destination(found: Found) -> Destination:
    """Return what a tariff sees of a number; a short one is as it was dialled, without what stood before it.

    >>> destination(Found(kind="emergency", reach="service", country="DE", number="110")).dialled
    '110'
    """
    return Destination(
        dialled=found.number or (found.e164 or "").removeprefix("+"),
        e164=found.e164 or "",
        country=found.country or "",
        kind=found.kind,
    )


class RateTable:
    """The rates of a tariff, found by destination and band. Of two that say the same the first counts."""

    def __init__(self, rates: tuple[Rate, ...]) -> None:
        self._rates: dict[str, tuple[Rate, ...]] = {}
        for rate in rates:
            others = self._rates.get(rate.to)
            self._rates[rate.to] = (*others, rate) if others else (rate,)
        self._longest = max((len(to) for to in self._rates if to.startswith("+")), default=0)

    def find(self, number: Destination, band: str) -> Rate | None:
        """Return the rate of a number in a band, that of the most exact destination; None where there is none."""
        return next(self.candidates(number, band), None)

    def candidates(self, number: Destination, band: str) -> Iterator[Rate]:
        """Yield every rate that fits a number in a band, the most exact first."""
        for to in self.places(number):
            found = self._rates[to]
            exact = next((rate for rate in found if rate.band == band), None)
            rate = exact or next((rate for rate in found if rate.band == ALWAYS), None)
            if rate:
                yield rate

    def places(self, number: Destination) -> Iterator[str]:
        """Yield the destinations of the tariff that a number belongs to, the most exact first."""
        return (to for to in places_of(number, self._longest) if to in self._rates)


def places_of(number: Destination, longest: int = 16) -> Iterator[str]:
    """Yield all destinations that a number belongs to, the most exact first; prefixes of so many signs at most."""
    yield f"={number.dialled}"
    e164 = number.e164[:longest]
    yield from (e164[:length] for length in range(len(e164), 1, -1))
    kinds = _ALIKE.get(number.kind, (number.kind,) if number.kind else ())
    if number.country:
        yield from (f"{number.country} {kind}" for kind in kinds)
        yield number.country
    yield from kinds
    yield ANYWHERE


def is_place(to: str) -> bool:
    """Say whether a text is a destination as tariffs write it.

    >>> [
    ...     to
    ...     for to in ("=110", "+4989", "DE mobile", "DE", "mobile", "*", "4989", "de", "DE moblie")
    ...     if not is_place(to)
    ... ]
    ['4989', 'de', 'DE moblie']
    """
    if to.startswith("+"):
        return to[1:].isdecimal() and to.isascii()
    if to == ANYWHERE or to in KINDS:
        return True
    if to.startswith("="):
        return len(to) > 1 and all(sign in "0123456789*#" for sign in to[1:])
    country, gap, kind = to.partition(" ")
    is_country = bool(_COUNTRY.fullmatch(country))
    return is_country and (not gap or kind in KINDS)
