"""The bands of a tariff as a week: which holds from when until when on each day, and on a holiday."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby, pairwise
from operator import attrgetter
from zoneinfo import ZoneInfo

import msgspec

from tollbook.rating.bands import BandCalendar, holidays_of
from tollbook.rating.tariff import Tariff

_MONDAY = date(2026, 1, 5)
"""A week without a change of the clock; its holiday is made up."""
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY_MINUTES = 1440
_TWO = 2
_HOLIDAYS = 12
COLOURS = 6
"""Bands that have a colour of their own; more share them."""


class BandInDay(msgspec.Struct, frozen=True, kw_only=True):
    """A band from a minute of a day to another, with its colour's number; 0 where no band fits."""

    name: str
    from_minute: int
    to_minute: int
    colour: int

    @property
    def minutes(self) -> int:
        """How long it is."""
        return self.to_minute - self.from_minute

    @property
    def told(self) -> str:
        """From when until when, and what it is called."""
        if self.minutes == _DAY_MINUTES:
            return f"{self.name}, all day"
        return f"{_clock(self.from_minute)} to {_clock(self.to_minute)} {self.name}"


class WeekDay(msgspec.Struct, frozen=True):
    """A day of the week, several that are alike, or a holiday, with its bands in order."""

    title: str
    bands: list[BandInDay]


def week_of(tariff: Tariff) -> list[WeekDay]:
    """Return the days of a week, then a holiday where the tariff has some; nothing where there are no bands."""
    if not tariff.bands:
        return []
    colours = {band.name: place % COLOURS + 1 for place, band in enumerate(tariff.bands)}
    bare = msgspec.structs.replace(
        tariff,
        zone="",
        holidays="",
        holiday_dates=frozenset(),
        yearly_holidays=frozenset(),
    )
    days = list(_alike([WeekDay(title, list(_bands(bare, at, colours))) for at, title in enumerate(_DAYS)]))
    if not (tariff.holidays or tariff.holiday_dates or tariff.yearly_holidays):
        return days
    wednesday = 2
    with_holiday = msgspec.structs.replace(bare, holiday_dates=frozenset((_MONDAY + timedelta(days=wednesday),)))
    return [*days, WeekDay("Holiday", list(_bands(with_holiday, wednesday, colours)))]


def _alike(days: list[WeekDay]) -> Iterator[WeekDay]:
    """Yield days that follow one another with the same bands as one."""
    for bands, group in groupby(days, key=attrgetter("bands")):
        titles = [day.title for day in group]
        joint = " to " if len(titles) > _TWO else " and "
        yield WeekDay(joint.join(dict.fromkeys((titles[0], titles[-1]))), bands)


def _bands(tariff: Tariff, day: int, colours: dict[str, int]) -> Iterator[BandInDay]:
    """Yield the bands of a day, which is one of UTC here."""
    changes = list(BandCalendar(tariff, ZoneInfo("UTC")).changes(_MONDAY + timedelta(days=day)))
    minutes = [moment.hour * 60 + moment.minute for moment, _ in changes]
    for (first, end), (_, band) in zip(pairwise([*minutes, _DAY_MINUTES]), changes, strict=True):
        yield BandInDay(
            name=band.name if band else "no band",
            from_minute=first,
            to_minute=end,
            colour=colours[band.name] if band else 0,
        )


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def coming_holidays(tariff: Tariff, today: date) -> list[date]:
    """Return the next holidays of a tariff, from today on, for a year at most."""
    years = (today.year, today.year + 1)
    found = set(tariff.holiday_dates)
    for year in years:
        found |= holidays_of(tariff.holidays, year) if tariff.holidays else frozenset()
        found |= {date(year, month, day) for month, day in tariff.yearly_holidays if not _is_leap_day(month, day, year)}
    return sorted(day for day in found if today <= day <= today + timedelta(days=366))[:_HOLIDAYS]


def _is_leap_day(month: int, day: int, year: int) -> bool:
    """Say whether a day is the 29th of February of a year that has none."""
    return (month, day) == (2, 29) and not isleap(year)
