"""Lays the rates of a version beside those of the one before: new, dearer, cheaper, unchanged, closed."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Literal

import msgspec

from tollbook.rating.tariff import Rate, Terms

ChangeOfRate = Literal["new", "dearer", "cheaper", "unchanged", "closed"]
_CALLS_S = (180, 61, 30, 1, 600)
"""Lengths of calls by which prices are compared: the first one that costs differently tells."""


class ChangedRate(msgspec.Struct, frozen=True, gc=False):
    """A rate that is not as it was; `before` and `now` are prices in words, empty where there is none."""

    change: ChangeOfRate
    to: str
    name: str
    band: str
    before: str
    now: str
    line: int = 0


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """How many rates are new, dearer, cheaper, unchanged and closed; all that differ, closed ones last."""

    new: int = 0
    dearer: int = 0
    cheaper: int = 0
    unchanged: int = 0
    closed: int = 0
    changes: list[ChangedRate] = []


def compare(before: Iterable[Rate], now: Iterable[Rate]) -> Comparison:
    """Compare rates by destination and band. A blocked one is none; its number cannot be called."""
    old, new = ({(rate.to, rate.band): rate for rate in rates} for rates in (before, now))
    reckoning = _Reckoning()
    counts = dict.fromkeys(("new", "dearer", "cheaper", "unchanged", "closed"), 0)
    changes = []
    for key in (*new, *(key for key in old if key not in new)):
        there, here = old.get(key), new.get(key)
        before_it, now_it = reckoning.of(there.terms if there else _NONE), reckoning.of(here.terms if here else _NONE)
        if before_it.terms.blocked and now_it.terms.blocked and not (there and here):
            continue  # what cannot be called, and could not be before, is no rate on either side
        change = reckoning.judged(before_it, now_it)
        counts[change] += 1
        rate = here or there
        if change != "unchanged" and rate:
            line = here.line if here else 0
            changes.append(ChangedRate(change, rate.to, rate.name, rate.band, before_it.text, now_it.text, line))
    return Comparison(**counts, changes=changes)


_NONE = Terms(blocked=True)


class _Reckoned(msgspec.Struct, frozen=True, gc=False):
    """What a call of the first length costs, as a near number that keeps the order; and the price in words."""

    terms: Terms
    near: float
    text: str


class _Reckoning:
    """What terms come to; equal prices of a list are one value, which is reckoned once."""

    def __init__(self) -> None:
        self._known: dict[int, _Reckoned] = {}
        self._alike: dict[tuple[int, int], ChangeOfRate] = {}

    def of(self, terms: Terms) -> _Reckoned:
        """Return what terms come to."""
        found = self._known.get(id(terms))
        if found is None:
            text = "" if terms is _NONE else said(terms)
            found = self._known[id(terms)] = _Reckoned(terms, float(_cost(terms, _CALLS_S[0])), text)
        return found

    def judged(self, before: _Reckoned, now: _Reckoned) -> ChangeOfRate:
        """Return how a rate has changed."""
        if before.terms.blocked or now.terms.blocked:
            return (
                "unchanged"
                if before.terms.blocked == now.terms.blocked
                else "new"
                if before.terms.blocked
                else "closed"
            )
        if before.near != now.near:
            return "dearer" if now.near > before.near else "cheaper"
        pair = id(before.terms), id(now.terms)
        if pair not in self._alike:
            was, is_now = ([_cost(each.terms, seconds) for seconds in _CALLS_S] for each in (before, now))
            self._alike[pair] = "unchanged" if was == is_now else "dearer" if is_now > was else "cheaper"
        return self._alike[pair]


def _cost(terms: Terms, seconds: int) -> Fraction:
    """Return what a call costs, before tax and rounding."""
    if seconds <= terms.free_below_s:
        return Fraction(0)
    talked = max(seconds - terms.free_s, 0)
    total = Fraction(terms.connect_fee)
    for place, step in enumerate(terms.steps):
        until = terms.steps[place + 1].from_s if place + 1 < len(terms.steps) else talked
        within = min(talked, until) - step.from_s
        if within > 0:
            total += -(-within // step.increment_s) * step.increment_s * step.per_second
    total = max(total, Fraction(terms.minimum or 0))
    return min(total, Fraction(terms.maximum)) if terms.maximum is not None else total


def said(terms: Terms) -> str:
    """Return a price in words.

    >>> from decimal import Decimal
    >>> from tollbook.rating.tariff import PriceStep
    >>> said(Terms(connect_fee=Decimal("0.05"), steps=(PriceStep(price=Decimal("0.10"), increment_s=60),)))
    '0.05 + 0.10/60 s (60)'
    """
    if terms.blocked:
        return "blocked"
    fee = f"{terms.connect_fee:f}" if terms.connect_fee else ""
    steps = [f"{step.price:f}{'' if step.flat else f'/{step.per_s} s'} ({step.increment_s})" for step in terms.steps]
    if len(steps) > 1 and not terms.steps[0].flat and terms.steps[0].per_second == terms.steps[1].per_second:
        steps = [f"{steps[0][:-1]}/{terms.steps[1].increment_s})", *steps[2:]]
    return " + ".join(filter(None, (fee, ", then ".join(steps)))) or "free"
