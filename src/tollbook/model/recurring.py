"""Periods that come again: days, weeks, months and years, each from a day of one's own on.

Bundles of tariffs are filled by them, budgets begin anew by them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal

import msgspec

Recurrence = Literal["day", "week", "month", "year"]
_DAY = timedelta(days=1)


class Recurring(msgspec.Struct, frozen=True):
    """Periods of a kind, one after another. `first` is the day with which they begin.

    Of weeks it is 1 (Monday) to 7, of months 1 to 28, of years 1 to 366; days have none.
    """

    per: Recurrence
    first: int = 1

    def begun(self, day: date) -> date:
        """Return the first day of the period that a day is in.

        >>> Recurring("month", 15).begun(date(2026, 3, 14))
        datetime.date(2026, 2, 15)
        """
        if self.per == "day":
            return day
        if self.per == "week":
            return day - timedelta(days=(day.isoweekday() - self.first) % 7)
        if self.per == "month":
            month = day.replace(day=1)
            begin = month if day.day >= self.first else (month - _DAY).replace(day=1)
            return begin.replace(day=self.first)
        begin = self._of_year(day.year)
        return begin if begin <= day else self._of_year(day.year - 1)

    def ended(self, day: date) -> date:
        """Return the first day that is no longer in the period of a day.

        >>> Recurring("week", 1).ended(date(2026, 11, 29))
        datetime.date(2026, 11, 30)
        """
        if self.per == "day":
            return day + _DAY
        if self.per == "week":
            return self.begun(day) + 7 * _DAY
        if self.per == "month":
            return (self.begun(day).replace(day=1) + 31 * _DAY).replace(day=self.first)
        return self._of_year(self.begun(day).year + 1)

    def between(self, first: date, last: date) -> Iterator[tuple[date, date]]:
        """Yield the periods from the one with a first day to the one with a last day: first day, and day after."""
        begin = self.begun(first)
        while begin <= last:
            end = self.ended(begin)
            yield begin, end
            begin = end

    def _of_year(self, year: int) -> date:
        """Return the day with which a year begins; day 366 of one that has none is its last."""
        return min(date(year, 1, 1) + (self.first - 1) * _DAY, date(year, 12, 31))
