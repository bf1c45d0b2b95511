"""What holds for every tariff and every call."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tollbook.rating.bands import BandCalendar
from tollbook.rating.charging import Charge, Rateable, Rater
from tollbook.rating.explaining import explained
from tollbook.rating.rates import Destination
from tollbook.rating.tariff import (
    ALWAYS,
    TOWARD,
    Band,
    Markup,
    NoAnswerSupervision,
    PriceStep,
    Rate,
    Rounding,
    Tariff,
    Tax,
    Terms,
)

BERLIN = ZoneInfo("Europe/Berlin")
AMOUNTS = st.decimals(0, 9, places=4)
LENGTHS = st.integers(1, 120)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
SECONDS = st.integers(0, 8000)
NAMES = ("day", "night")


@st.composite
def steps(draw: st.DrawFn) -> tuple[PriceStep, ...]:
    begins = sorted(draw(st.sets(st.integers(1, 600), max_size=2)) | {0})
    made = [
        PriceStep(from_s=begin, price=draw(AMOUNTS), per_s=draw(LENGTHS), increment_s=draw(LENGTHS)) for begin in begins
    ]
    if len(made) > 1 and draw(st.booleans()):
        made[0] = PriceStep(price=draw(AMOUNTS), increment_s=begins[1], per_s=begins[1], flat=True)
    return tuple(made)


@st.composite
def terms(draw: st.DrawFn) -> Terms:
    if draw(st.sampled_from((False, False, True))):
        return Terms(steps=(PriceStep(price=Decimal(0)),))
    least = draw(st.none() | AMOUNTS)
    return Terms(
        connect_fee=draw(AMOUNTS),
        steps=draw(steps()),
        free_s=draw(st.integers(0, 9)),
        free_below_s=draw(st.sampled_from((0, 0, 30))),
        minimum=least,
        maximum=None if draw(st.booleans()) else (least or 0) + draw(AMOUNTS),
        blocked=draw(st.sampled_from((False, False, False, True))),
    )


@st.composite
def rich_tariffs(draw: st.DrawFn) -> Tariff:
    """Tariffs with all that is reckoned beside seconds."""
    plain = draw(tariffs())
    multiple = draw(st.none() | st.sampled_from((Decimal("0.05"), Decimal(100))))
    made = msgspec.structs.replace(
        plain,
        rates=tuple(msgspec.structs.replace(rate, terms=draw(terms())) for rate in plain.rates),
        fee_when=draw(st.sampled_from(("answered", "attempt"))),
        duration=draw(st.sampled_from(("talk", "total"))),
        duration_unit_s=draw(st.sampled_from((1, 1, 6, 60))),
        duration_rounding=draw(st.sampled_from(TOWARD)),
        rounding=Rounding(
            places=draw(st.sampled_from((0, 2, 4, 12))),
            multiple=multiple,
            how=draw(st.sampled_from(TOWARD)),
        ),
        tax=Tax(percent=draw(st.sampled_from((Decimal(0), Decimal("7.7"), Decimal(19)))), included=draw(st.booleans())),
        markup=Markup(percent=draw(st.sampled_from((Decimal(0), Decimal("12.5")))), per_call=draw(AMOUNTS)),
        no_answer_supervision=draw(st.none() | st.just(NoAnswerSupervision(take_off_s=15, free_below_s=20))),
    )
    return msgspec.structs.replace(made, digest=hashlib.sha256(repr(made).encode()).hexdigest())


@st.composite
def tariffs(draw: st.DrawFn) -> Tariff:
    edge, end = draw(st.lists(st.integers(0, 1439), min_size=2, max_size=2, unique=True))
    days = frozenset(draw(st.sets(st.sampled_from(("mon", "tue", "fri", "sat", "hol")), min_size=1)))
    bands = (Band(name="day", days=days, from_minute=edge, to_minute=end), Band(name="night"))
    prefixes = draw(st.lists(st.sampled_from(("+4", "+49", "+498", "+49895", "*")), min_size=1, unique=True))
    rates = [
        Rate(to, band, Terms(connect_fee=draw(AMOUNTS), steps=draw(steps()), free_s=draw(st.integers(0, 9))))
        for to in prefixes
        for band in draw(st.sampled_from((NAMES, (ALWAYS,))))
    ]
    return Tariff(
        title="any",
        currency="EUR",
        holidays="DE-BY",
        bands=bands,
        rates=tuple(rates),
        boundary=draw(st.sampled_from(("second", "start", "part"))),
        steps_from=draw(st.sampled_from(("first", "call"))),
    )


def charged(tariff: Tariff, at: datetime, seconds: int) -> tuple[Rater, Rateable, Charge]:
    rater = Rater(tariff, BandCalendar(tariff, BERLIN))
    call = Rateable(
        number=Destination(dialled="498955501", e164="+498955501", country="DE", kind="fixed"),
        started_at=at,
        talk_s=Decimal(seconds),
        total_s=Decimal(seconds),
    )
    return rater, call, rater.charge(call)


@given(tariff=tariffs(), at=MOMENTS, seconds=SECONDS)
def test_parts_add_up_to_the_amount_and_every_second_is_charged(tariff: Tariff, at: datetime, seconds: int) -> None:
    rater, call, charge = charged(tariff, at, seconds)

    free = charge.rate.terms.free_s if charge.rate else 0
    assert charge.unpriced_because is None
    assert charge.exact == sum((part.amount for part in charge.parts), charge.fee)
    assert charge.billed_s == sum(part.billed_s for part in charge.parts) >= max(seconds - free, 0)
    assert (charge, explained(rater, call, charge)) == (rater.charge(call), explained(*charged(tariff, at, seconds)))


@given(tariff=tariffs(), at=MOMENTS, seconds=SECONDS)
def test_a_longer_prefix_always_wins(tariff: Tariff, at: datetime, seconds: int) -> None:
    charge = charged(tariff, at, seconds)[-1]

    there = {rate.to for rate in tariff.rates if rate.to == "*" or "+498955501".startswith(rate.to)}
    assert charge.rate
    assert charge.rate.to == max(there - {"*"}, key=len, default="*")


@given(tariff=tariffs(), at=MOMENTS, seconds=SECONDS)
def test_seconds_each_charged_by_itself_cost_what_each_band_says(tariff: Tariff, at: datetime, seconds: int) -> None:
    second = PriceStep(price=Decimal("0.6"))
    other = PriceStep(price=Decimal("1.2"))
    rates = (Rate("*", "day", Terms(steps=(second,))), Rate("*", "night", Terms(steps=(other,))))
    plain = Tariff(title="plain", currency="EUR", bands=tariff.bands, rates=rates, holidays=tariff.holidays)
    charge = charged(plain, at, min(seconds, 600))[-1]

    price = {"day": second.per_second, "night": other.per_second}
    calendar = BandCalendar(plain, BERLIN)
    bands = [calendar.band_at(at + timedelta(seconds=number)) for number in range(min(seconds, 600))]
    assert charge.exact == sum((price[band.name] for band in bands if band), Fraction(0))


@given(tariff=tariffs(), at=MOMENTS, seconds=SECONDS, more=st.integers(0, 300))
def test_a_longer_call_costs_no_less_where_its_band_stays(
    tariff: Tariff,
    at: datetime,
    seconds: int,
    more: int,
) -> None:
    by_the_first = msgspec.structs.replace(tariff, boundary="start")

    shorter, longer = (charged(by_the_first, at, length)[-1] for length in (seconds, seconds + more))

    assert shorter.exact <= longer.exact
