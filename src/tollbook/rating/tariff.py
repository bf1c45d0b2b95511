"""A version of a tariff as values: bands of the week, rates, and what is reckoned once for each call."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Context, Decimal
from fractions import Fraction
from typing import Annotated, Literal, get_args

import msgspec

from tollbook.model.recurring import Recurrence

Boundary = Literal["second", "start", "part"]
FeeWhen = Literal["answered", "attempt"]
StepsFrom = Literal["first", "call"]
Measured = Literal["talk", "total"]
Toward = Literal["half-up", "half-even", "up", "down"]
TOWARD: tuple[str, ...] = get_args(Toward)
SharedBy = Literal["trunk", "pbx", "site", "extension"]
Use = Literal["rates", "pbx"]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "hol")
ALWAYS = ""
"""The band of a rate that holds at any time."""
MOST_PLACES = 12
"""Decimal places of an amount where a tariff rounds to none."""
EXACT = Context(prec=100)
"""Digits enough for any amount: the usual 28 are not for the dearest price of ten years in 12 places."""


def says(meaning: str) -> msgspec.Meta:
    """Return what a setting of a tariff's document means, for its declaration."""
    return msgspec.Meta(description=meaning)


class PriceStep(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What seconds of a call cost from one on: `price` for `per_s` seconds, charged in started increments.

    With `flat` the price is that of the whole first increment, however much of it is talked.
    """

    from_s: int = 0
    price: Decimal
    per_s: int = 60
    increment_s: int = 1
    flat: bool = False

    @property
    def per_second(self) -> Fraction:
        """Price of a second, exact."""
        return self.cost(1)

    def cost(self, seconds: int) -> Fraction:
        """Return what so many seconds cost, exactly: of a `flat` step their share."""
        numerator, denominator = self.price.as_integer_ratio()
        return Fraction(numerator * seconds, denominator * (self.increment_s if self.flat else self.per_s))


class Terms(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is charged by a rate; many rates have the same.

    `free_s` are taken off each call; one of up to `free_below_s` costs nothing at all. `minimum` and `maximum` hold for
    fee and seconds together. Without `steps` seconds cost nothing. Numbers that are `blocked` cannot be priced.
    """

    connect_fee: Decimal = Decimal(0)
    steps: tuple[PriceStep, ...] = ()
    free_s: int = 0
    free_below_s: int = 0
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    blocked: bool = False

    @property
    def free(self) -> bool:
        """Whether a call costs nothing, however long it is."""
        return not (self.connect_fee or self.minimum or any(step.price for step in self.steps))

    def step_at(self, second: int) -> tuple[PriceStep, int | None]:
        """Return the step for a second of the call, and the second at which the next one begins, None after the last.

        >>> steps = (PriceStep(price=Decimal(6)), PriceStep(from_s=60, price=Decimal(3)))
        >>> [Terms(steps=steps).step_at(second)[1] for second in (59, 60)]
        [60, None]
        """
        found = self.steps[0]
        for step in self.steps[1:]:
            if step.from_s > second:
                return found, step.from_s
            found = step
        return found, None


class Rate(msgspec.Struct, frozen=True, gc=False):
    """Terms for destinations: `to` as it is written, at any time or in one `band`.

    It is written in a line of the document or, if `listed`, of the price list.
    """

    to: str
    band: str
    terms: Terms
    name: str = ""
    line: int = 0
    listed: bool = False


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the week by the clock on the wall: from a minute of the listed days to another, the next day's perhaps.

    A band that ends no later than it begins goes on over midnight and is of the day on which it begins. Without `days`
    it is of all; the end of a day is minute 1440. A holiday is the day `hol` and none of the others.
    """

    name: str
    days: frozenset[str] = frozenset(DAYS)
    from_minute: int = 0
    to_minute: int = 1440

    @property
    def over_midnight(self) -> bool:
        """Whether it ends on the day after the one on which it begins."""
        return self.to_minute <= self.from_minute


class Rounding(msgspec.Struct, frozen=True, kw_only=True):
    """To a number of decimal places, or to multiples of an amount. `how` is meant without the sign."""

    places: int = MOST_PLACES
    multiple: Decimal | None = None
    how: Toward = "half-up"


class Tax(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tax on each call, after the mark-up."""

    percent: Annotated[Decimal, says("of the amount without tax")] = Decimal(0)
    included: Annotated[bool, says("prices have it in them already: `true` or `false`")] = False


class Markup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is put on what a call costs: a share of it, then a fee that is not marked up itself."""

    percent: Annotated[Decimal, says("of what a call costs; below 0 it is a discount")] = Decimal(0)
    per_call: Annotated[Decimal, says("added for each call, but not for free ones")] = Decimal(0)


class NoAnswerSupervision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For lines on which a PBX cannot tell when a call is answered and counts from dialling."""

    take_off_s: Annotated[int, says("seconds taken off each call for the ringing")] = 0
    free_below_s: Annotated[int, says("calls up to so long count as not answered")] = 0


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """What is included for each period: so many seconds, calls or so much money, to some destinations.

    A call that it covers costs `fee`. A period begins at midnight of day `first` of the month; of the week, 1 is
    Monday. Each trunk, PBX, extension, or the site as a whole, has its own.
    """

    name: str
    to: tuple[str, ...]
    seconds: int | None = None
    calls: int | None = None
    amount: Decimal | None = None
    increment_s: int = 1
    fee: Decimal = Decimal(0)
    per: Recurrence = "month"
    first: int = 1
    shared_by: SharedBy = "trunk"


class Tariff(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a tariff. `digest` is that of its texts.

    Without an offset `valid_from` is in its zone. `zone` is empty where that of the PBX counts. `holidays`
    are days, `yearly_holidays` pairs of month and day. With `use` "pbx" the charge that the PBX wrote counts, or its
    units at `pulse_price`. A length with fractions of a second becomes whole units of `duration_unit_s`.
    """

    title: str
    currency: str
    valid_from: datetime | None = None
    zone: str = ""
    holidays: str = ""
    holiday_dates: frozenset[date] = frozenset()
    yearly_holidays: frozenset[tuple[int, int]] = frozenset()
    boundary: Boundary = "second"
    fee_when: FeeWhen = "answered"
    steps_from: StepsFrom = "first"
    duration: Measured = "talk"
    duration_rounding: Toward = "up"
    duration_unit_s: int = 1
    rounding: Rounding = Rounding()
    tax: Tax = Tax()
    markup: Markup = Markup()
    no_answer_supervision: NoAnswerSupervision | None = None
    use: Use = "rates"
    pulse_price: Decimal | None = None
    bands: tuple[Band, ...] = ()
    rates: tuple[Rate, ...] = ()
    bundles: tuple[Bundle, ...] = ()
    digest: str = ""


def rounded(amount: Fraction, rounding: Rounding) -> Decimal:
    """Return an exact amount as a tariff rounds it, with as many places as it says; else with those that are needed.

    >>> (
    ...     rounded(Fraction(1005, 1000), Rounding(places=2)),
    ...     rounded(Fraction(950), Rounding(multiple=Decimal(100), how="up")),
    ... )
    (Decimal('1.01'), Decimal('1000'))
    """
    if rounding.multiple is not None:
        count = whole(*(amount / Fraction(rounding.multiple)).as_integer_ratio(), rounding.how)
        return EXACT.multiply(Decimal(count), rounding.multiple)
    count = whole(amount.numerator * 10**rounding.places, amount.denominator, rounding.how)
    scaled = EXACT.scaleb(Decimal(count), -rounding.places)
    return scaled if rounding.places < MOST_PLACES else EXACT.add(EXACT.normalize(scaled), 0)


def whole(numerator: int, denominator: int, how: Toward) -> int:
    """Return a whole number near a fraction, whose denominator is above 0: `half-up` and `up` go away from zero.

    >>> [whole(5, 2, how) for how in ("half-up", "half-even", "up", "down")], whole(-5, 2, "half-up")
    ([3, 2, 3, 2], -3)
    """
    down, rest = divmod(abs(numerator), denominator)
    if how == "up":
        down += rest > 0
    elif how == "half-up":
        down += 2 * rest >= denominator
    elif how == "half-even":
        down += 2 * rest > denominator or (2 * rest == denominator and down % 2)
    return down if numerator >= 0 else -down
