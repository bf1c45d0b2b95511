"""The band of a moment is that of the clock on the wall, whatever a zone does with it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
from hypothesis import given

from tollbook.rating.bands import BandCalendar
from tollbook.rating.tariff import DAYS, Band, Tariff

ZONES = (
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu",
    "Pacific/Apia", "Pacific/Pago_Pago", "Africa/Monrovia", "America/St_Johns",
)  # fmt: skip
HOLIDAYS = frozenset({date(2011, 12, 29), date(2026, 3, 29), date(2026, 4, 5), date(2026, 10, 25), date(2026, 11, 1)})
TURNS = (
    datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC), datetime(2026, 4, 4, 15, tzinfo=UTC),
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC),
    datetime(2026, 2, 15, 2, tzinfo=UTC),
    datetime(2011, 12, 30, 10, tzinfo=UTC), datetime(1972, 1, 7, 0, 44, 30, tzinfo=UTC),
)  # fmt: skip
"""Moments at which clocks are set, a day was left out (Apia), and a zone was no whole minutes from UTC (Monrovia)."""


@st.composite
def tariffs(draw: st.DrawFn) -> Tariff:
    bands = []
    for number in range(draw(st.integers(1, 5))):
        first, end = draw(st.integers(0, 1439)), draw(st.integers(1, 1440))
        days = draw(st.sets(st.sampled_from(DAYS), min_size=1))
        end = end if first != end else end % 1440 + 1
        bands.append(Band(name=str(number), days=frozenset(days), from_minute=first, to_minute=end))
    return Tariff(title="any", currency="EUR", bands=tuple(bands), holiday_dates=HOLIDAYS)


def by_the_wall(tariff: Tariff, moment: datetime, zone: str) -> Band | None:
    local = moment.astimezone(ZoneInfo(zone))
    minute, today, yesterday = local.hour * 60 + local.minute, local.date(), local.date() - timedelta(days=1)
    today_is, yesterday_was = ("hol" if day in HOLIDAYS else DAYS[day.weekday()] for day in (today, yesterday))
    for band in tariff.bands:
        from_evening = band.to_minute <= band.from_minute
        ends = 1440 if from_evening else band.to_minute
        if today_is in band.days and band.from_minute <= minute < ends:
            return band
        if from_evening and yesterday_was in band.days and minute < band.to_minute:
            return band
    return None


MOMENTS = st.builds(
    lambda turn, seconds: turn + timedelta(seconds=seconds),
    st.sampled_from(TURNS),
    st.integers(-200_000, 200_000),
)


@given(tariffs(), MOMENTS, st.sampled_from(ZONES))
def test_a_moment_has_the_band_of_the_clock_on_the_wall(tariff: Tariff, moment: datetime, zone: str) -> None:
    assert BandCalendar(tariff, ZoneInfo(zone)).band_at(moment) == by_the_wall(tariff, moment, zone)


@given(tariffs(), MOMENTS, st.sampled_from(ZONES), st.tuples(st.integers(1, 200_000), st.integers(0)))
def test_each_second_of_a_call_has_the_band_of_its_moment(
    tariff: Tariff,
    moment: datetime,
    zone: str,
    lengths: tuple[int, int],
) -> None:
    seconds, second = lengths[0], lengths[1] % lengths[0]

    spans = BandCalendar(tariff, ZoneInfo(zone)).spans(moment, seconds)

    found = [span for span in spans if span.from_s <= second][-1]
    assert found.band == by_the_wall(tariff, moment + timedelta(seconds=second), zone)
    assert [span.from_s for span in spans] == sorted({span.from_s for span in spans})
    assert spans[0].from_s == 0
    assert spans[-1].from_s < seconds
