"""Says in sentences how a charge came about: the rate and why no other, the seconds, fees, mark-up, tax, rounding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from tollbook.rating.bundles import BundleUse, Sharing, covers, filled_on, holds
from tollbook.rating.charging import Charge, Rateable, Rater
from tollbook.rating.rates import Destination
from tollbook.rating.shares import CallShare
from tollbook.rating.tariff import EXACT, MOST_PLACES, Rate, Rounding, Tariff
from tollbook.rating.walking import ChargedSeconds

_HOW = {
    "half-up": "to the nearest (halves up)",
    "half-even": "to the nearest (halves to even)",
    "up": "up",
    "down": "down",
}
_UNITS = {(True, False): "s", (False, True): "calls", (False, False): "{}"}
"""Units of what bundles hold: seconds, calls or money."""
_SHOWN = Decimal("0.0001")
"""Places to which a part of a price is told in a sentence."""


def explained(rater: Rater, call: Rateable, charge: Charge) -> list[str]:
    """Return sentences that say how a charge of a call came about."""
    return list(_sentences(rater, call, charge))


def _sentences(rater: Rater, call: Rateable, charge: Charge) -> Iterator[str]:
    tariff = rater.tariff
    if charge.rate:
        yield from _rate(rater, call.number, charge.rate, charge.band)
    if charge.unpriced_because:
        yield f"The call has no price: {charge.unpriced_because}."
        return
    if charge.free_because:
        yield f"The call costs nothing: {charge.free_because}."
        return
    if tariff.use == "pbx":
        yield _of_pbx(tariff, call, charge)
    yield from _length(tariff, call, charge)
    yield from _bundle(tariff, charge)
    yield from map(_part, charge.parts)
    yield from _sums(tariff, charge)
    yield _rounding(tariff, charge)


def _rate(rater: Rater, number: Destination, rate: Rate, band: str) -> Iterator[str]:
    name = f" ({rate.name})" if rate.name else ""
    written = f", line {rate.line} of the {'price list' if rate.listed else 'tariff'}" if rate.line else ""
    in_band = f" in the band {band}" if band else ""
    yield f"The rate {rate.to}{name} counts{in_band}{written}: {_fits(rate.to, number)}."
    others = [each for each in rater.table.candidates(number, band) if each.to != rate.to]
    if others:
        yield f"{others[0].to} fits as well and does not count, since {rate.to} is more exact."


def _fits(to: str, number: Destination) -> str:
    if to.startswith("="):
        return f"{number.dialled} was dialled"
    if to.startswith("+"):
        return f"it is the longest prefix in the tariff of {number.e164}"
    if to == "*":
        return "it is for all numbers that no other rate is for"
    return f"the number is {number.kind.replace('_', ' ') or 'any'}, {number.country or 'of no country'}"


def _of_pbx(tariff: Tariff, call: Rateable, charge: Charge) -> str:
    if tariff.pulse_price is None:
        return f"The PBX wrote the charge {money(charge.usage)}."
    return f"The PBX wrote {call.pbx_units} units at {tariff.pulse_price} each: {money(charge.usage)}."


def _length(tariff: Tariff, call: Rateable, charge: Charge) -> Iterator[str]:
    if tariff.use == "pbx" or not call.answered:
        return
    measured = call.talk_s if tariff.duration == "talk" else call.total_s
    whole = f", rounded {_HOW[tariff.duration_rounding]}" if measured != charge.talked_s else ""
    what = "talked" if tariff.duration == "talk" else "from dialling to the end"
    yield f"{charge.talked_s} s count ({what}{whole})."
    supervision = tariff.no_answer_supervision
    if supervision and charge.talked_s <= supervision.free_below_s:
        yield f"Up to {supervision.free_below_s} s counts as not answered on these lines."
        return
    if supervision and supervision.take_off_s:
        yield f"{supervision.take_off_s} s are taken off for the ringing, which these lines cannot tell from talk."
    if charge.free_s:
        yield f"The first {charge.free_s} s are free."


def _bundle(tariff: Tariff, charge: Charge) -> Iterator[str]:
    bundle = next((each for each in tariff.bundles if each.name == charge.bundle), None)
    if bundle is None:
        return
    if bundle.seconds is not None:
        yield f"The bundle {bundle.name} gives {int(charge.taken)} s."
    elif bundle.calls is not None:
        yield f"The bundle {bundle.name} gives this call."
    else:
        yield f"The bundle {bundle.name} gives {money(charge.taken)}."


def left_of_bundles(rater: Rater, call: Rateable, use: BundleUse, whose: Sharing) -> Iterator[str]:
    """Yield what earlier calls had left of each bundle that is for the number of a call."""
    day = rater.day(call.started_at)
    for bundle in rater.tariff.bundles:
        if covers([bundle], call.number):
            unit = _UNITS[bundle.seconds is not None, bundle.calls is not None].format(rater.tariff.currency)
            hold, taken = money(holds(bundle)), money(Fraction(use.taken(bundle, whose, day)))
            shared = {"site": "the site", "pbx": "the PBX", "trunk": "the trunk", "extension": "the extension"}
            yield (
                f"The bundle {bundle.name} holds {hold} {unit} for {shared[bundle.shared_by]} from "
                f"{filled_on(bundle, day)} on; earlier calls took {taken} {unit}."
            )


def divided(parts: Sequence[CallShare], currency: str) -> Iterator[str]:
    """Yield how the price of a call is divided among those who talked."""
    yield "The call was handed on: its price is divided by who talked with the outside."
    whole = sum(part.talked_s for part in parts)
    for part in parts:
        amount = (part.price or Decimal(0)).quantize(_SHOWN, ROUND_HALF_UP, EXACT)
        yield f"{part.extension} talked {_clock(part.talked_s)} of {_clock(whole)}: {_plain(amount)} {currency}."


def _clock(seconds: int) -> str:
    """Return minutes and seconds, after an hour hours too.

    >>> _clock(125), _clock(3700)
    ('2:05', '1:01:40')
    """
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _part(part: ChargedSeconds) -> str:
    step, band = part.step, f" in the band {part.band}" if part.band else ""
    if step.flat:
        return f"The first {step.increment_s} s cost {step.price} in one piece{band}."
    started = f", each started {step.increment_s} s whole" if step.increment_s > 1 else ""
    per = "second" if step.per_s == 1 else f"{step.per_s} s"
    since = f"From second {part.from_s} on " if part.from_s else ""
    return f"{since}{part.billed_s} s are charged{band} at {step.price} per {per}{started}: {money(part.amount)}."


def _sums(tariff: Tariff, charge: Charge) -> Iterator[str]:
    if charge.fee:
        yield f"The connection costs {money(charge.fee)}."
    if charge.limit:
        due = money(charge.usage + charge.fee)
        yield f"That is {due}; the {charge.limit} of the rate is {money(charge.net + charge.covered)}, which counts."
    if tariff.markup.percent and charge.net:
        added = charge.net * Fraction(tariff.markup.percent) / 100
        yield f"The mark-up of {_plain(tariff.markup.percent)} % on {money(charge.net)} is {money(added)}."
    if tariff.markup.per_call:
        yield f"{money(Fraction(tariff.markup.per_call))} is added for each call."
    if tariff.tax.percent and charge.marked_up:
        percent = _plain(tariff.tax.percent)
        how = "is in it already" if tariff.tax.included else f"on {money(charge.marked_up)} is added"
        yield f"Tax of {percent} % {how}: {money(charge.tax)}."


def _rounding(tariff: Tariff, charge: Charge) -> str:
    amount = f"{charge.amount:f} {tariff.currency}"
    if charge.amount == charge.exact:
        return f"Together {amount}."
    return f"Together {money(charge.exact)}, rounded {_HOW[tariff.rounding.how]} {_to(tariff.rounding)}: {amount}."


def _to(rounding: Rounding) -> str:
    if rounding.multiple is not None:
        return f"to a multiple of {_plain(rounding.multiple)}"
    return f"to {rounding.places} decimal places"


def _plain(amount: Decimal) -> str:
    return f"{EXACT.add(EXACT.normalize(amount), 0):f}"


def money(amount: Fraction) -> str:
    """Return an amount as it is, or as a fraction where decimals would not end within 12 places.

    >>> money(Fraction(31, 100)), money(Fraction(1, 300))
    ('0.31', '1/300')
    """
    scaled = amount * 10**MOST_PLACES
    if scaled.denominator != 1:
        return str(amount)
    return _plain(EXACT.scaleb(Decimal(scaled.numerator), -MOST_PLACES))
