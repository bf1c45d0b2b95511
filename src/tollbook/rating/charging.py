"""What a call costs: its seconds by steps and bands, fees, mark-up and tax, rounded once at the end.

Everything is reckoned with fractions until then. A call is walked along its steps; where a band ends in mid-call, the
tariff says whether each second counts by its own band, all by the first, or each part as if it were rounded alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import msgspec

from tollbook.rating.bands import BandCalendar, BandSpan
from tollbook.rating.bundles import holds
from tollbook.rating.rates import Destination, RateTable, places_of
from tollbook.rating.tariff import ALWAYS, Bundle, Rate, Tariff, Terms, rounded, whole
from tollbook.rating.walking import ENDLESS, ChargedSeconds, RateSpan, walked

Limit = Literal["", "minimum", "maximum"]
_ZERO = Fraction(0)
NONE_LEFT: Mapping[str, Fraction] = {}
"""What is left where bundles do not count."""
NO_RATE = "the tariff has no rate for this destination"
NO_BAND = "no band of the tariff fits the time of the call"
BLOCKED = "the destination is blocked in the tariff"
INCOMPLETE = "digits of the number are missing"
UNKNOWN = "the number was not recognised"
FREE = "the destination is free in the tariff"
_UNPRICEABLE = {"incomplete": INCOMPLETE, "unknown": UNKNOWN}


class Rateable(msgspec.Struct, frozen=True, kw_only=True):
    """What a price depends on. `started_at` is an aware moment; lengths are in seconds and may have fractions."""

    number: Destination
    started_at: datetime
    talk_s: Decimal
    total_s: Decimal
    answered: bool = True
    pbx_charge: Decimal | None = None
    pbx_units: int | None = None

    def __post_init__(self) -> None:
        if self.started_at.tzinfo is None:
            msg = "the time of a call needs a zone"
            raise ValueError(msg)
        if not (self.talk_s.is_finite() and self.total_s.is_finite()):
            msg = "the length of a call is a number"
            raise ValueError(msg)


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """What a call costs, and how that came about.

    `amount` is what is charged, mark-up and tax included, `cost` the same without mark-up; both are None where the call
    is unpriced, and `unpriced_because` says why. `rate` is the one of the call's first second. `free_because` says why
    an amount is nothing. Of `talked_s` the first `free_s` cost nothing, then a `bundle` covers what was `taken` from
    it, in its own unit. Sums before rounding: `usage` of the seconds and `fee` for the connection, less what a bundle
    of money `covered`, are `net` within `limit`; then `marked_up`, `tax`, and `exact` in the end.
    """

    currency: str
    amount: Decimal | None = None
    cost: Decimal | None = None
    unpriced_because: str | None = None
    free_because: str | None = None
    rate: Rate | None = None
    band: str = ""
    talked_s: int = 0
    free_s: int = 0
    billed_s: int = 0
    parts: tuple[ChargedSeconds, ...] = ()
    bundle: str = ""
    taken: Fraction = _ZERO
    covered: Fraction = _ZERO
    usage: Fraction = _ZERO
    fee: Fraction = _ZERO
    limit: Limit = ""
    net: Fraction = _ZERO
    marked_up: Fraction = _ZERO
    tax: Fraction = _ZERO
    exact: Fraction = _ZERO


class NoPrice(msgspec.Struct, frozen=True):
    """Why seconds of a call cannot be priced, and the rate that says so if one does."""

    reason: str
    band: str = ""
    rate: Rate | None = None


class Rater:
    """A version of a tariff at work in the zone of its bands."""

    def __init__(self, tariff: Tariff, calendar: BandCalendar) -> None:
        self.tariff = tariff
        self.table = RateTable(tariff.rates)
        self.calendar = calendar
        self._mark_up = 1 + Fraction(tariff.markup.percent) / 100
        self._per_call = Fraction(tariff.markup.per_call)
        self._marks_up = bool(tariff.markup.percent or tariff.markup.per_call)
        self._tax = Fraction(tariff.tax.percent) / 100
        self._zero = rounded(_ZERO, tariff.rounding)

    @property
    def whole_bundles(self) -> dict[str, Fraction]:
        """What each bundle holds at the beginning of its period."""
        return {each.name: holds(each) for each in self.tariff.bundles}

    def day(self, moment: datetime) -> date:
        """Return the day of a moment by the clock of the tariff."""
        return moment.astimezone(self.calendar.zone).date()

    def charge(self, call: Rateable, left: Mapping[str, Fraction] = NONE_LEFT) -> Charge:
        """Return what a call costs. `left` is what is left of each bundle, by name, in its own unit."""
        tariff = self.tariff
        if tariff.use == "pbx":
            return self._of_pbx(call)
        if not call.answered:
            return self._unanswered(call, "the call was not answered", 0)
        talked = _talked(call, tariff)
        supervision = tariff.no_answer_supervision
        taken_off = supervision.take_off_s if supervision else 0
        if supervision and talked <= supervision.free_below_s:
            reason = f"up to {supervision.free_below_s} s counts as not answered on these lines"
            return self._unanswered(call, reason, talked)
        seconds, answered_at = max(talked - taken_off, 0), call.started_at + timedelta(seconds=taken_off)
        found = self._first(call, answered_at)
        if isinstance(found, NoPrice):
            return self._unpriced(found, talked)
        terms = found.rate.terms
        if terms.free_below_s and seconds <= terms.free_below_s:
            return self._nothing(f"calls of up to {terms.free_below_s} s cost nothing", talked, found)
        return self._charged(call, found, (seconds, answered_at), left)

    # ------------------------------------------------------------------ what needs no seconds

    def _of_pbx(self, call: Rateable) -> Charge:
        tariff = self.tariff
        if tariff.pulse_price is not None and call.pbx_units is not None:
            usage = Fraction(tariff.pulse_price) * call.pbx_units
            return self._summed(Charge(currency=tariff.currency, usage=usage))
        if tariff.pulse_price is None and call.pbx_charge is not None:
            return self._summed(Charge(currency=tariff.currency, usage=Fraction(call.pbx_charge)))
        what = "charge" if tariff.pulse_price is None else "units"
        return self._unpriced(NoPrice(f"the PBX wrote no {what} for this call"), 0)

    def _unanswered(self, call: Rateable, reason: str, talked: int) -> Charge:
        if self.tariff.fee_when == "answered":
            return self._nothing(reason, talked)
        found = self._first(call, call.started_at)
        if isinstance(found, NoPrice):
            return self._unpriced(found, talked)
        fee = Fraction(found.rate.terms.connect_fee)
        currency = self.tariff.currency
        return self._summed(Charge(currency=currency, rate=found.rate, band=found.band, talked_s=talked, fee=fee))

    def _unpriced(self, why: NoPrice, talked: int) -> Charge:
        return Charge(
            currency=self.tariff.currency,
            unpriced_because=why.reason,
            rate=why.rate,
            band=why.band,
            talked_s=talked,
        )

    def _nothing(self, reason: str, talked: int, found: RateSpan | None = None) -> Charge:
        return Charge(
            currency=self.tariff.currency,
            amount=self._zero,
            cost=self._zero,
            free_because=reason,
            rate=found.rate if found else None,
            band=found.band if found else "",
            talked_s=talked,
        )

    # ------------------------------------------------------------------ rates

    def _first(self, call: Rateable, moment: datetime) -> RateSpan | NoPrice:
        """Return the rate of a call's first second, or why there is none."""
        return self._rated(call, BandSpan(0, self.calendar.band_at(moment)), ENDLESS)

    def rate_in(self, number: Destination, band: str) -> Rate | NoPrice:
        """Return the rate of a number in a band, or outside all of them; or why there is none."""
        rate = self.table.find(number, band)
        kind = number.kind
        if kind in _UNPRICEABLE and not (rate and (rate.to.startswith("=") or rate.to.endswith(kind))):
            return NoPrice(_UNPRICEABLE[kind])
        if rate:
            return NoPrice(BLOCKED, band, rate) if rate.terms.blocked else rate
        if self.tariff.bands and band == ALWAYS:
            return NoPrice(NO_BAND)
        there = next(self.table.places(number), "")
        return NoPrice(f"the tariff has no rate for {there} in the band {band}" if there else NO_RATE)

    def _rated(self, call: Rateable, span: BandSpan, until_s: int) -> RateSpan | NoPrice:
        band = span.band.name if span.band else ALWAYS
        rate = self.rate_in(call.number, band)
        return rate if isinstance(rate, NoPrice) else RateSpan(span.from_s, until_s, band, rate)

    def _rated_spans(self, call: Rateable, first: RateSpan, start: datetime, seconds: int) -> list[RateSpan] | NoPrice:
        """Return the rates of a call's seconds in order, or why some have none."""
        if self.tariff.boundary == "start" or not self.tariff.bands:
            return [first]
        spans = self.calendar.spans(start, seconds)
        ends = [*(span.from_s for span in spans[1:]), ENDLESS]
        found: list[RateSpan] = []
        known: dict[str, RateSpan | NoPrice] = {first.band: first}
        for span, until_s in zip(spans, ends, strict=True):
            name = span.band.name if span.band else ALWAYS
            each = known.get(name) or known.setdefault(name, self._rated(call, span, until_s))
            if isinstance(each, NoPrice):
                return each
            found.append(RateSpan(span.from_s, until_s, name, each.rate))
        return found

    # ------------------------------------------------------------------ seconds

    def _bundle_of(self, call: Rateable, left: Mapping[str, Fraction]) -> Bundle | None:
        """Return the first bundle that covers a call and has something left."""
        return next((each for each in self.tariff.bundles if self._covers(each, call.number, left)), None)

    def _charged(
        self,
        call: Rateable,
        first: RateSpan,
        talk: tuple[int, datetime],
        left: Mapping[str, Fraction],
    ) -> Charge:
        """Return the charge of an answered call that is not free as a whole: so many seconds from a moment on."""
        talked, answered_at = talk
        terms = first.rate.terms
        free = min(terms.free_s, talked)
        bundle = None if terms.free else self._bundle_of(call, left)
        taken = _taken(bundle, talked - free, left[bundle.name]) if bundle else _ZERO
        covered = min(int(taken), talked - free) if bundle and bundle.seconds is not None else 0
        seconds = talked - free - covered
        charge = Charge(
            currency=self.tariff.currency,
            rate=first.rate,
            band=first.band,
            talked_s=talked,
            free_s=free,
            bundle=bundle.name if bundle else "",
            taken=taken,
            fee=Fraction(bundle.fee) if bundle else _ZERO,
        )
        if bundle and (bundle.calls is not None or (covered and not seconds)):
            return self._summed(charge)
        spans = self._rated_spans(call, first, answered_at + timedelta(seconds=free + covered), seconds)
        if isinstance(spans, NoPrice):
            return self._unpriced(spans, talked)
        parts = tuple(walked(seconds, spans, self.tariff.boundary, self.tariff.steps_from))
        usage, fee = sum((part.amount for part in parts), _ZERO), Fraction(terms.connect_fee)
        billed_s = sum(part.billed_s for part in parts)
        if bundle and bundle.amount is not None:
            taken = min(left[bundle.name], _limited(usage + fee, terms)[0])
            charge = msgspec.structs.replace(charge, taken=taken, covered=taken)
        due = msgspec.structs.replace(charge, billed_s=billed_s, parts=parts, usage=usage, fee=fee)
        if not bundle and all(stretch.rate.terms.free for stretch in spans):
            return msgspec.structs.replace(due, amount=self._zero, cost=self._zero, free_because=FREE)
        return self._summed(due, terms)

    def _covers(self, bundle: Bundle, number: Destination, left: Mapping[str, Fraction]) -> bool:
        return left.get(bundle.name, _ZERO) > 0 and any(to in bundle.to for to in places_of(number))

    # ------------------------------------------------------------------ sums

    def _summed(self, charge: Charge, terms: Terms | None = None) -> Charge:
        """Return a charge with its sums: minimum and maximum, mark-up, tax, and the one rounding."""
        due, limit = _limited(charge.usage + charge.fee if charge.fee else charge.usage, terms)
        net = due - charge.covered if charge.covered else due
        rounding, included = self.tariff.rounding, self.tariff.tax.included
        marked_up = net * self._mark_up + self._per_call if self._marks_up else net
        tax = marked_up * self._tax / (1 + self._tax) if included else marked_up * self._tax
        exact = marked_up if included else marked_up + tax
        amount = rounded(exact, rounding)
        return msgspec.structs.replace(
            charge,
            amount=amount,
            cost=rounded(net if included else net * (1 + self._tax), rounding) if self._marks_up else amount,
            net=net,
            limit=limit,
            marked_up=marked_up,
            tax=tax,
            exact=exact,
        )


def _talked(call: Rateable, tariff: Tariff) -> int:
    """Return the length of a call that counts, in whole seconds."""
    length = call.talk_s if tariff.duration == "talk" else call.total_s
    numerator, denominator = (length if length > 0 else Decimal(0)).as_integer_ratio()
    unit = tariff.duration_unit_s
    return whole(numerator, denominator * unit, tariff.duration_rounding) * unit


def _taken(bundle: Bundle, seconds: int, left: Fraction) -> Fraction:
    """Return what a call of so many seconds takes from a bundle of seconds or of calls."""
    if bundle.calls is not None:
        return Fraction(1)
    if bundle.amount is not None:
        return _ZERO
    return min(Fraction(-(-seconds // bundle.increment_s) * bundle.increment_s), left)


def _limited(due: Fraction, terms: Terms | None) -> tuple[Fraction, Limit]:
    """Return what is due within the minimum and the maximum, and which of them counted."""
    if terms and terms.minimum is not None and due < terms.minimum:
        return Fraction(terms.minimum), "minimum"
    if terms and terms.maximum is not None and due > terms.maximum:
        return Fraction(terms.maximum), "maximum"
    return due, ""
