"""How many seconds are charged, at what price: a call walked along the steps of its rates.

Increments begin where a step begins, or where another band's rate begins to count. The last one is charged whole: what
of it lies after the call costs as much as the second before.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import islice

import msgspec

from tollbook.rating.tariff import Boundary, PriceStep, Rate, StepsFrom

ENDLESS = 1 << 40
_FREE = PriceStep(price=Decimal(0))


class RateSpan(msgspec.Struct, frozen=True):
    """Seconds of a call, from one up to another, in which one rate counts."""

    from_s: int
    until_s: int
    band: str
    rate: Rate


class ChargedSeconds(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds charged by one step of one rate. `from_s` counts from where charging begins."""

    band: str
    to: str
    step: PriceStep
    from_s: int
    billed_s: int
    amount: Fraction


def walked(seconds: int, stretches: list[RateSpan], boundary: Boundary, steps_from: StepsFrom) -> list[ChargedSeconds]:
    """Return what is charged for the seconds of a call; `stretches` follow one another and the last has no end."""
    found: list[ChargedSeconds] = []
    for part in _parts(seconds, stretches, boundary, steps_from):
        last = found[-1] if found else None
        if last and (last.step, last.band, last.to) == (part.step, part.band, part.to) and not part.step.flat:
            billed, amount = last.billed_s + part.billed_s, last.amount + part.amount
            found[-1] = msgspec.structs.replace(last, billed_s=billed, amount=amount)
        elif part.billed_s:
            found.append(part)
    return found


def _parts(
    seconds: int,
    stretches: list[RateSpan],
    boundary: Boundary,
    steps_from: StepsFrom,
) -> Iterator[ChargedSeconds]:
    now = 0
    for place, stretch in enumerate(stretches):
        edge = min(stretch.until_s, seconds)
        while now < edge and stretch.rate.terms.steps:
            step, next_at = stretch.rate.terms.step_at(now)
            step = _left(step, now) if boundary == "second" and now > step.from_s else step
            first = step.from_s if steps_from == "first" else 0
            first = first if first >= stretch.from_s else now
            until = edge if next_at is None else min(edge, next_at)
            whole = (until - first) // step.increment_s * step.increment_s + first
            end = whole if whole == until else whole + step.increment_s
            if boundary == "second" and until < seconds and until != next_at and whole < until:
                yield _charged(stretch, step, now, max(whole - now, 0))
                yield from _over_the_edge(max(whole, now), min(end, ENDLESS), step, (stretches, place))
                now = end
            else:
                yield _charged(stretch, step, now, end - now)
                now = until
        now = max(now, edge)


def _over_the_edge(
    now: int,
    end: int,
    step: PriceStep,
    where: tuple[list[RateSpan], int],
) -> Iterator[ChargedSeconds]:
    """Divide the increment in which a band ends: each second of it is priced by the band in which it lies."""
    stretches, place = where
    stretch = stretches[place]
    if step.flat:
        yield _charged(stretch, step, now, end - now)
        return
    for after in islice(stretches, place + 1, None):
        if after.from_s >= end:
            break
        yield _charged(stretch, step, now, after.from_s - now)
        now, stretch = after.from_s, after
        step = _left(after.rate.terms.step_at(now)[0], now) if after.rate.terms.steps else _FREE
    yield _charged(stretch, step, now, end - now)


def _left(step: PriceStep, now: int) -> PriceStep:
    """Return a step as it counts where one comes into it later: of an interval with one price what is left of it."""
    if not step.flat:
        return step
    left = step.from_s + step.increment_s - now
    return PriceStep(from_s=step.from_s, price=step.price, per_s=step.increment_s, increment_s=left)


def _charged(stretch: RateSpan, step: PriceStep, from_s: int, billed_s: int) -> ChargedSeconds:
    return ChargedSeconds(
        band=stretch.band,
        to=stretch.rate.to,
        step=step,
        from_s=from_s,
        billed_s=billed_s,
        amount=Fraction(step.price) if step.flat else step.cost(billed_s),
    )
