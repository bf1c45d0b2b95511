"""Moments that a PBX writes in part, made whole by when they arrived.

Some PBXs write no year, some no date, and one whose clock was lost writes stars. A record arrives when its call has
just ended, or days later out of a buffer, but never before: the latest date that is not after its arrival is meant.
"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from tollbook.dialects.reading.kinds import UNSET
from tollbook.dialects.reading.localtime import ZoneOffsets
from tollbook.dialects.reading.moments import YEARS, day_number
from tollbook.model.call import Numbers

_DAY_S = 86_400
_AHEAD_S = 2 * 3600
"""How far a PBX's clock may be ahead of ours before an earlier day or year is taken for what it means."""
_YEARLESS, _DECEMBER_31 = 100, 1231
_LEAP = 4


class Arrival:
    """When some records arrived, by the wall clock of their PBX."""

    def __init__(self, received_us: int, offsets: ZoneOffsets, year: int = 0) -> None:
        self.second = received_us // 1_000_000
        self.wall = int(offsets.locals(np.array([self.second], np.int64))[0])
        self._last = self.wall + _AHEAD_S
        self._year = year

    def walls(self, days: Numbers | None, clocks: Numbers | None) -> Numbers | None:
        """Return moments of dates (days since 1970, or minus month and day) and times of day; None without either."""
        if days is None and clocks is None:
            return None
        if days is None:
            return self._nearest(clocks)
        unset = (days == UNSET) | (clocks == UNSET if clocks is not None else False)
        seconds = np.zeros(len(days), np.int64) if clocks is None else clocks
        whole = np.where((days < 0) & ~unset, 0, days)
        yearless = np.flatnonzero((days < 0) & (days >= -_DECEMBER_31))
        if len(yearless):
            whole[yearless] = self._in_years(-days[yearless], seconds[yearless])
        return np.where(unset, self.wall, whole * _DAY_S + seconds)

    def _in_years(self, month_days: Numbers, clocks: Numbers) -> Numbers:
        """Return dates without a year as days since 1970: in the year set, or the latest before the arrival."""
        distinct, places = np.unique(month_days, return_inverse=True)
        meant = np.array([self._days(int(each)) for each in distinct], np.int64)
        latest, before = meant[places].T
        ahead = latest * _DAY_S + clocks > self._last
        days: Numbers = np.where(ahead, before, latest)
        return days

    def _days(self, month_day: int) -> tuple[int, int]:
        """Return the latest day that a date without a year can mean, and the one to take where its time is ahead."""
        month, day = divmod(month_day, _YEARLESS)
        year = self._year or datetime.fromtimestamp(self.wall, UTC).year
        years = (year,) if self._year else range(year + 1, year - 3 * _LEAP, -1)
        days = [number for each in years if (number := _day(each, month, day)) is not None]
        if self._year:
            days = days or [day_number(year, 3, 1)]  # 29 February in a year that has none
            return days[0], days[0]
        past = [number for number in days if number * _DAY_S <= self._last]
        # A machine without a clock of its own may say that it is 1970: then no date is before that.
        past = past or days[-1:] or [day_number(max(year, YEARS.start), 3, 1)]
        return past[0], past[min(1, len(past) - 1)]

    def _nearest(self, clocks: Numbers | None) -> Numbers | None:
        """Return times of day as moments: of the day of arrival, or of the one before where that would be ahead."""
        if clocks is None:
            return None
        today = self.wall // _DAY_S * _DAY_S + clocks
        walls: Numbers = np.where(today > self._last, today - _DAY_S, today)
        return np.where(clocks == UNSET, self.wall, walls)


def _day(year: int, month: int, day: int) -> int | None:
    """Return a date as days since 1970, or None for 29 February where there is none."""
    try:
        return day_number(year, month, day)
    except ValueError:
        return None
