"""Terms as whole numbers, by which a million calls are priced in a second, to the last place as by fractions.

All prices of some terms become multiples of one unit, the smallest that divides them all. A sum of those is turned into
an amount by one multiplication, one addition and one division, in which mark-up, tax and rounding are. Terms whose
numbers would not fit into 127 bits have no such form, and those with many steps; they are reckoned with fractions.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from math import lcm

import msgspec

from tollbook.rating.tariff import MOST_PLACES, PriceStep, Tariff, Terms

MOST_STEPS = 3
LONGEST_S = 10_000_000
"""The longest call that is reckoned with whole numbers, in seconds."""
_ENDLESS = 1 << 40
_NOTHING = (0, 0, 1)
_LARGEST = 1 << 120
MOST = 10**12
"""Amounts of the currency from this on are none that a ledger keeps."""


class WholeStep(msgspec.Struct, frozen=True):
    """A step: from a second up to another, in increments, at so many units a second, or so many in one piece."""

    from_s: int
    until_s: int
    increment_s: int
    units_a_second: int
    units_flat: int


class WholeTerms(msgspec.Struct, frozen=True, kw_only=True):
    """Terms in units. `maximum` is -1 where there is none.

    Where all is `free` nothing is due. What is due else for `u` units is (u * times + plus) / by, rounded, in pieces
    of `piece` / 10**12 of the currency.
    """

    free_s: int
    free_below_s: int
    fee: int
    minimum: int
    maximum: int
    steps: tuple[WholeStep, ...]
    price: tuple[int, int, int]
    cost: tuple[int, int, int]
    piece: int
    free: bool


def whole_terms(tariff: Tariff, terms: Terms) -> WholeTerms | None:
    """Return terms of a tariff in whole numbers; None where they have no such form."""
    if terms.blocked or len(terms.steps) > MOST_STEPS:
        return None
    amounts = [terms.connect_fee, terms.minimum or Decimal(0), terms.maximum or Decimal(0)]
    unit = lcm(*(each.denominator for each in map(Fraction, amounts)), *(_denominators(terms.steps)))
    mark_up = 1 + Fraction(tariff.markup.percent) / 100
    ends = [*(step.from_s for step in terms.steps[1:]), _ENDLESS]
    found = WholeTerms(
        free_s=terms.free_s,
        free_below_s=terms.free_below_s,
        fee=int(Fraction(terms.connect_fee) * unit),
        minimum=int(Fraction(terms.minimum or 0) * unit),
        maximum=-1 if terms.maximum is None else int(Fraction(terms.maximum) * unit),
        steps=tuple(_step(step, until_s, unit) for step, until_s in zip(terms.steps, ends, strict=True)),
        price=_NOTHING if terms.free else _line(tariff, unit, mark_up, Fraction(tariff.markup.per_call)),
        cost=_NOTHING if terms.free else _line(tariff, unit, Fraction(1), Fraction(0)),
        piece=int(_piece(tariff) * 10**MOST_PLACES),
        free=terms.free,
    )
    return found if _fits(found) else None


def _denominators(steps: tuple[PriceStep, ...]) -> Iterator[int]:
    for step in steps:
        yield (Fraction(step.price) if step.flat else step.per_second).denominator


def _step(step: PriceStep, until_s: int, unit: int) -> WholeStep:
    flat = int(Fraction(step.price) * unit) if step.flat else 0
    a_second = 0 if step.flat else int(step.per_second * unit)
    return WholeStep(step.from_s, until_s, step.increment_s, a_second, flat)


def _piece(tariff: Tariff) -> Fraction:
    rounding = tariff.rounding
    return Fraction(rounding.multiple) if rounding.multiple is not None else Fraction(1, 10**rounding.places)


def _line(tariff: Tariff, unit: int, factor: Fraction, added: Fraction) -> tuple[int, int, int]:
    """Return what turns units into pieces of the rounding: times, plus, by."""
    tax = 1 if tariff.tax.included else 1 + Fraction(tariff.tax.percent) / 100
    times, plus = factor * tax / unit / _piece(tariff), added * tax / _piece(tariff)
    by = lcm(times.denominator, plus.denominator)
    return int(times * by), int(plus * by), by


def _fits(terms: WholeTerms) -> bool:
    """Say whether in a call of the longest length no number comes near 127 bits, and the amount can be kept."""
    longest = LONGEST_S + max((step.increment_s for step in terms.steps), default=0)
    units = max(sum(longest * s.units_a_second + s.units_flat for s in terms.steps) + terms.fee, terms.minimum)
    return all(
        2 * (units * times + plus) + by < _LARGEST
        and ((units * times + plus) // by + 1) * terms.piece < MOST * 10**MOST_PLACES
        for times, plus, by in (terms.price, terms.cost)
    )
