"""In which band of a tariff a moment lies, by the clock on the wall: midnight, holidays and changes of the clock."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from operator import itemgetter
from zoneinfo import ZoneInfo

import holidays
import msgspec

from tollbook.rating.tariff import DAYS, Band, Tariff

_DAY_S = 86_400
_SECOND = timedelta(seconds=1)
_REMEMBERED_DAYS = 4096
_EASTERS = range(1583, 4100)
"""The years of which it is known when Easter is, and so when holidays are."""
_FIRST_DAY, _LAST_DAY = date(2, 1, 1).toordinal(), date(9998, 12, 31).toordinal()


class BandSpan(msgspec.Struct, frozen=True):
    """From a second of a call on one band holds; None where no band fits."""

    from_s: int
    band: Band | None


class _BandChanges(msgspec.Struct, frozen=True):
    """The seconds of a day from which bands hold, the first of them 0, and those bands."""

    seconds: list[int]
    bands: list[Band | None]


class BandCalendar:
    """The bands of a tariff in a zone. `holidays_of` raises `LookupError` for holidays that nobody knows.

    Each day of UTC is looked at once. What holds by the clock on the wall depends on what kind of a day it is, and the
    one before it, such as `mon` after `hol`: a few combinations, each looked at once too.
    """

    def __init__(self, tariff: Tariff, zone: ZoneInfo) -> None:
        self._tariff, self.zone = tariff, zone
        self._edges = sorted(
            {0, *(minute % 1440 for each in tariff.bands for minute in (each.from_minute, each.to_minute))},
        )
        self._changes = lru_cache(_REMEMBERED_DAYS)(self._changes_of)
        self._by_clock = lru_cache(len(DAYS) ** 2)(self._bands_by_clock)

    def band_at(self, moment: datetime) -> Band | None:
        """Return the first band that fits a moment, an aware one."""
        day, second = _in_utc(moment)
        changes = self._changes(day)
        return changes.bands[bisect_right(changes.seconds, second) - 1]

    def spans(self, start: datetime, seconds: int) -> list[BandSpan]:
        """Return the bands of a call, at least one; a span begins with the first whole second after its edge.

        Where a call begins at half a second, that second is of the band in which it begins.
        """
        day, begun = _in_utc(start)
        found = [BandSpan(0, self.band_at(start))]
        for later in range((begun + seconds) // _DAY_S + 1):
            changes = self._changes(day + later)
            for second, band in zip(changes.seconds, changes.bands, strict=True):
                from_s = later * _DAY_S + second - begun
                if 0 < from_s < seconds and band is not found[-1].band:
                    found.append(BandSpan(from_s, band))
        return found

    def changes(self, day: date) -> Iterator[tuple[datetime, Band | None]]:
        """Yield from which moments of a day of UTC on which bands hold; the first is midnight."""
        first = datetime.combine(day, time(), UTC)
        found = self._changes(day.toordinal())
        for second, band in zip(found.seconds, found.bands, strict=True):
            yield first + timedelta(seconds=second), band

    def _changes_of(self, day: int) -> _BandChanges:
        """Return from which second of a day of UTC on which band holds."""
        first = datetime.combine(date.fromordinal(min(max(day, _FIRST_DAY), _LAST_DAY)), time(), UTC)
        hours = [first + timedelta(hours=hour) for hour in range(25)]
        offsets = {hour.astimezone(self.zone).utcoffset() or timedelta() for hour in hours}
        found = self._by_moments(first, hours) if len(offsets) > 1 else self._by_offset(first, offsets.pop())
        changes: list[tuple[int, Band | None]] = []
        for second, band in sorted(found, key=itemgetter(0)):
            if second <= 0:
                changes = [(0, band)]
            elif second < _DAY_S and band is not changes[-1][1]:
                changes.append((second, band))
        return _BandChanges([second for second, _ in changes], [band for _, band in changes])

    def _by_offset(self, first: datetime, offset: timedelta) -> Iterator[tuple[int, Band | None]]:
        """Yield what holds from which second of a day on, earlier days' too, where the clock is not set."""
        for days in (-1, 0, 1):
            midnight = days * _DAY_S - int(offset // _SECOND)
            for minute, band in self._on(first.toordinal() + days):
                yield midnight + minute * 60, band

    def _by_moments(self, first: datetime, hours: list[datetime]) -> Iterator[tuple[int, Band | None]]:
        """Yield what holds at each second of a day at which that may change, where the clock is set."""
        moments = {first}
        for day in (first.date() + timedelta(days=days) for days in (-1, 0, 1)):
            for minute in self._edges:
                wall = datetime.combine(day, time(minute // 60, minute % 60), self.zone)
                moments |= {wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1)}
        for before, after in pairwise(hours):
            if before.astimezone(self.zone).utcoffset() != after.astimezone(self.zone).utcoffset():
                moments |= {before + timedelta(minutes=minute) for minute in range(61)}
        for moment in moments:
            second = int((moment - first) // _SECOND)
            if second >= 0:
                local = moment.astimezone(self.zone)
                bands = self._on(local.toordinal())
                place = bisect_right(bands, local.hour * 60 + local.minute, key=itemgetter(0))
                yield second, bands[place - 1][1]

    def _on(self, day: int) -> list[tuple[int, Band | None]]:
        """Return from which minute of a day by the clock on the wall on which band holds."""
        return self._by_clock(self._kind(day), self._kind(day - 1))

    def _bands_by_clock(self, today: str, yesterday: str) -> list[tuple[int, Band | None]]:
        bands = self._tariff.bands
        return [
            (minute, next((each for each in bands if _fits(each, minute, today, yesterday)), None))
            for minute in self._edges
        ]

    def _kind(self, number: int) -> str:
        """Return what kind of a day one is: a day of the week or a holiday."""
        day, tariff = date.fromordinal(number), self._tariff
        if day in tariff.holiday_dates or (day.month, day.day) in tariff.yearly_holidays:
            return "hol"
        if tariff.holidays and day in holidays_of(tariff.holidays, day.year):
            return "hol"
        return DAYS[day.weekday()]


def _in_utc(moment: datetime) -> tuple[int, int]:
    """Return the day of UTC, by its number, and the second of it, of an aware moment."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.toordinal(), moment.hour * 3600 + moment.minute * 60 + moment.second


def _fits(band: Band, minute: int, today: str, yesterday: str) -> bool:
    if not band.over_midnight:
        return today in band.days and band.from_minute <= minute < band.to_minute
    return (today in band.days and minute >= band.from_minute) or (yesterday in band.days and minute < band.to_minute)


@lru_cache(256)
def holidays_of(region: str, year: int) -> frozenset[date]:
    """Return the public holidays of a country or a part of it (`DE-BY`); raises `LookupError` for an unknown one."""
    country, _, part = region.partition("-")
    if year not in _EASTERS:
        return frozenset()
    try:
        return frozenset(holidays.country_holidays(country, subdiv=part or None, years=year))
    except NotImplementedError as fault:
        known = holidays.list_supported_countries()
        there = (
            f"parts of {country} are {', '.join(known[country])}" if known.get(country) else "a country or a part of it"
        )
        raise LookupError(f"holidays of {region!r} are not known; {there}") from fault
