"""What is left of bundles from call to call: who shares one, when it is filled, and what calls have taken from it.

Calls use bundles up in the order in which they began, whatever the order in which they came to be known.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import msgspec

from tollbook.model.recurring import Recurring
from tollbook.rating.rates import Destination, places_of
from tollbook.rating.tariff import EXACT, MOST_PLACES, Bundle

_PLACE = Decimal(1).scaleb(-MOST_PLACES)


class Sharing(msgspec.Struct, frozen=True, gc=False):
    """Whose a call is, as far as bundles are shared by it."""

    pbx: str = ""
    trunk: str = ""
    extension: str = ""

    def of(self, bundle: Bundle) -> tuple[str, ...]:
        """Return who shares a bundle with the call: what calls have in common that use the same one up.

        >>> Sharing("hts", "CO1", "101").of(Bundle(name="b", to=("*",), shared_by="trunk"))
        ('hts', 'CO1')
        """
        if bundle.shared_by == "site":
            return ()
        own = {"pbx": (), "trunk": (self.trunk,), "extension": (self.extension,)}[bundle.shared_by]
        return (self.pbx, *own)


def filled_on(bundle: Bundle, day: date) -> date:
    """Return the day on which a bundle was filled that calls of a day take from.

    >>> filled_on(Bundle(name="b", to=("*",), per="month", first=15), date(2026, 3, 14))
    datetime.date(2026, 2, 15)
    """
    return Recurring(bundle.per, bundle.first).begun(day)


def filled_after(bundle: Bundle, day: date) -> date:
    """Return the day on which a bundle is filled next after a day."""
    return Recurring(bundle.per, bundle.first).ended(day)


def covers(bundles: Iterable[Bundle], number: Destination) -> bool:
    """Say whether any of some bundles is for a number."""
    places = set(places_of(number))
    return any(not places.isdisjoint(bundle.to) for bundle in bundles)


def holds(bundle: Bundle) -> Fraction:
    """Return what a bundle holds when it is filled, in its own unit."""
    return Fraction(bundle.seconds or bundle.calls or bundle.amount or 0)


def kept(taken: Fraction) -> Decimal:
    """Return what was taken as it is kept and counted: to twelve places."""
    exact = EXACT.divide(Decimal(taken.numerator), Decimal(taken.denominator))
    return exact.quantize(_PLACE, ROUND_HALF_UP, EXACT)


class BundleUse:
    """What calls have taken from bundles so far, each in its period and by those who share it."""

    def __init__(self) -> None:
        self._taken: dict[tuple[str, str, tuple[str, ...], date], Decimal] = {}

    def left(self, bundles: Iterable[Bundle], whose: Sharing, day: date) -> dict[str, Fraction]:
        """Return what is left of each bundle, by its name, for a call of a day."""
        return {each.name: max(holds(each) - Fraction(self.taken(each, whose, day)), Fraction(0)) for each in bundles}

    def taken(self, bundle: Bundle, whose: Sharing, day: date) -> Decimal:
        """Return what calls have taken from a bundle since it was filled."""
        return self._taken.get(_key(bundle, whose, day), Decimal(0))

    def take(self, bundle: Bundle, whose: Sharing, day: date, taken: Decimal) -> None:
        """Count what a call of a day took from a bundle."""
        key = _key(bundle, whose, day)
        self._taken[key] = EXACT.add(self._taken.get(key, Decimal(0)), taken)


def _key(bundle: Bundle, whose: Sharing, day: date) -> tuple[str, str, tuple[str, ...], date]:
    """Return what has to be the same for calls to use the same bundle up: versions may name one alike that is not."""
    unit = "seconds" if bundle.seconds is not None else "calls" if bundle.calls is not None else "money"
    return bundle.name, unit, whose.of(bundle), filled_on(bundle, day)
