"""What a tariff says, in words: prices, the settings that hold for every call, bundles, and which calls it prices."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tollbook.model.pricing import TariffRule
from tollbook.rating.rates import ANYWHERE
from tollbook.rating.tariff import MOST_PLACES, Bundle, PriceStep, Rounding, Tariff, Terms

_MINUTE_S = 60
_TOWARD = {
    "half-up": "to the nearest, halves up",
    "half-even": "to the nearest, halves to even",
    "up": "up",
    "down": "down",
}
_BOUNDARIES = {
    "second": "each second is charged by the band it is in",
    "start": "the whole call is charged by the band in which it begins",
    "part": "the part in each band is charged as if it were a call of its own",
}
_SHARED_BY = {
    "trunk": "each trunk has its own",
    "pbx": "each PBX has its own",
    "site": "one for the whole site",
    "extension": "each extension has its own",
}


def plain(amount: Decimal) -> str:
    """Return an amount without needless zeros.

    >>> plain(Decimal("0.0500")), plain(Decimal("20"))
    ('0.05', '20')
    """
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _per(seconds: int) -> str:
    return {1: "second", _MINUTE_S: "minute", 3600: "hour"}.get(seconds, f"{seconds} s")


def _by(increment_s: int) -> str:
    return "by the second" if increment_s == 1 else f"each started {increment_s} s whole"


def price_told(terms: Terms) -> str:
    """Return what a rate charges, in words.

    >>> price_told(Terms(steps=(PriceStep(price=Decimal("0.10"), increment_s=60),), connect_fee=Decimal("0.05")))
    '0.10 per minute, each started 60 s whole; 0.05 for the connection'
    """
    if terms.blocked:
        return "blocked: calls have no price"
    if terms.free:
        return "free"
    return "; ".join(_parts_told(terms))


def _parts_told(terms: Terms) -> Iterator[str]:
    steps = list(terms.steps)
    if len(steps) > 1 and not steps[0].flat and steps[0].per_second == steps[1].per_second:
        first, then = steps[0].increment_s, steps[1].increment_s
        yield f"{_step_told(steps[1])}, the first {first} s whole, then {_by(then)}"
        steps = steps[2:]
    for step in steps:
        since = f"from second {step.from_s} on " if step.from_s else ""
        how = "" if step.flat else f", {_by(step.increment_s)}"
        yield f"{since}{_step_told(step)}{how}"
    if terms.connect_fee:
        yield f"{terms.connect_fee:f} for the connection"
    if terms.free_s:
        yield f"the first {terms.free_s} s free"
    if terms.free_below_s:
        yield f"calls of up to {terms.free_below_s} s free"
    if terms.minimum is not None:
        yield f"{terms.minimum:f} at least"
    if terms.maximum is not None:
        yield f"{terms.maximum:f} at most"


def _step_told(step: PriceStep) -> str:
    if step.flat:
        return f"{step.price:f} for the first {step.increment_s} s"
    return f"{step.price:f} per {_per(step.per_s)}"


def settings_told(tariff: Tariff) -> Iterator[tuple[str, str]]:
    """Yield what holds for every call of a tariff, each under its title; of what is as usual only what people ask."""
    yield "Currency", tariff.currency
    yield "Clock", tariff.zone.replace("_", " ") if tariff.zone else "that of the PBX"
    if tariff.use == "pbx":
        price = tariff.pulse_price
        yield "Charged", f"the units that the PBX wrote, at {price:f} each" if price else "what the PBX itself wrote"
        yield from _sums_told(tariff)
        return
    if tariff.bands:
        yield "Over the edge of a band", _BOUNDARIES[tariff.boundary]
    if tariff.fee_when == "attempt":
        yield "Connection", "charged for each attempt, answered or not"
    if tariff.duration == "total":
        yield "Length", "counted from dialling on"
    if tariff.duration_unit_s > 1:
        yield "Length in", f"whole {tariff.duration_unit_s} s, rounded {_TOWARD[tariff.duration_rounding]}"
    if tariff.steps_from == "call":
        yield "Increments", "counted from the beginning of the call, not from the end of the first interval"
    supervision = tariff.no_answer_supervision
    if supervision:
        told = f"{supervision.take_off_s} s are taken off for the ringing"
        yield "No answer supervision", f"{told}; up to {supervision.free_below_s} s counts as not answered"
    yield from _sums_told(tariff)


def _sums_told(tariff: Tariff) -> Iterator[tuple[str, str]]:
    markup = tariff.markup
    parts = [f"{plain(markup.percent)} %"] if markup.percent else []
    parts += [f"{markup.per_call:f} for each call"] if markup.per_call else []
    yield "Mark-up", " and ".join(parts) or "none"
    if tariff.tax.percent:
        yield "Tax", f"{plain(tariff.tax.percent)} %, {'in the prices already' if tariff.tax.included else 'added'}"
    else:
        yield "Tax", "none"
    yield "Rounding", _rounding_told(tariff.rounding)


def _rounding_told(rounding: Rounding) -> str:
    if rounding.multiple is not None:
        return f"once at the end, {_TOWARD[rounding.how]}, to a multiple of {rounding.multiple:f}"
    if rounding.places >= MOST_PLACES:
        return "none: amounts are exact"
    return f"once at the end, {_TOWARD[rounding.how]}, to {rounding.places} decimal places"


def bundle_told(bundle: Bundle) -> str:
    """Return what a bundle includes, in words."""
    if bundle.seconds is not None:
        holds = f"{bundle.seconds:,} s, taken {_by(bundle.increment_s)}"
    elif bundle.calls is not None:
        holds = f"{bundle.calls:,} calls"
    else:
        holds = f"calls for {bundle.amount:f}"
    where = "everywhere" if ANYWHERE in bundle.to else f"to {', '.join(bundle.to)}"
    fee = f"; {bundle.fee:f} for each call" if bundle.fee else ""
    return f"{holds} {where}, each {bundle.per}{_begins(bundle)}; {_SHARED_BY[bundle.shared_by]}{fee}"


def _begins(bundle: Bundle) -> str:
    return "" if bundle.first == 1 or bundle.per == "day" else f" from day {bundle.first} of it on"


def rule_told(rule: TariffRule) -> str:
    """Return which calls a rule is for, in words, without its days.

    >>> rule_told(TariffRule(id=1, tariff="a", pbx="desk", trunk="4", direction=""))
    'all calls of desk over trunk 4'
    """
    calls = f"{rule.direction or 'all'} calls"
    of_pbx = f" of {rule.pbx}" if rule.pbx else ""
    over = " over " + " and ".join(
        filter(None, (rule.trunk and f"trunk {rule.trunk}", rule.trunk_group and f"trunk group {rule.trunk_group}")),
    )
    return f"{calls}{of_pbx}{over if rule.trunk or rule.trunk_group else ''}"
