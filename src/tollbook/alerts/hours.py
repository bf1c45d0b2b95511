"""Office hours of a rule: on which weekdays from when until when, and whose holidays lie outside of them."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache

import holidays
import msgspec
import numpy as np
import numpy.typing as npt

from tollbook.model.alert import When

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PART = re.compile(
    r"(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))? +(?P<begin>\d\d?):(?P<begin_m>\d\d)-(?P<end>\d\d?):(?P<end_m>\d\d)",
)
_DAY_M = 1440
_WEEK_M = 7 * _DAY_M
_EXAMPLE = "hours such as 'mon-fri 08:00-18:00', or several separated by commas"
_MONDAY = 3
"""Days from 1 January 1970, a Thursday, to be added so that Monday is 0."""
Minutes = npt.NDArray[np.bool_]


class OfficeHours(msgspec.Struct, frozen=True, eq=False):
    """Which minutes of the week are office hours, and whose holidays are none; `when` says which calls are meant."""

    minutes: Minutes
    holidays: str
    when: When

    def meant(self, local: datetime) -> bool:
        """Say whether a call that begins at a moment of the PBX's clock is meant."""
        if self.when == "always":
            return True
        minute = local.weekday() * _DAY_M + local.hour * 60 + local.minute
        inside = bool(self.minutes[minute]) and local.date() not in holidays_of(self.holidays, local.year)
        return inside == (self.when == "inside")

    def mask(self, local: npt.NDArray[np.datetime64]) -> Minutes:
        """Say the same of many moments."""
        if self.when == "always":
            return np.ones(len(local), np.bool_)
        minutes = local.astype("datetime64[m]").astype(np.int64)
        inside = self.minutes[(minutes + _MONDAY * _DAY_M) % _WEEK_M]
        days = minutes // _DAY_M
        for day in np.unique(days).tolist():
            its = date.fromordinal(day + date(1970, 1, 1).toordinal())
            if its in holidays_of(self.holidays, its.year):
                inside[days == day] = False
        return inside if self.when == "inside" else ~inside


@lru_cache(1024)
def read_hours(text: str, when: When, of: str = "") -> OfficeHours:
    """Return office hours as they are written; raises ValueError with what is expected.

    >>> hours = read_hours("mon-fri 08:00-18:00", "outside")
    >>> hours.meant(datetime(2026, 1, 5, 17, 59)), hours.meant(datetime(2026, 1, 5, 18, 0))
    (False, True)
    """
    minutes = np.zeros(_WEEK_M, np.bool_)
    for part in filter(None, (each.strip().lower() for each in text.split(","))):
        _mark(minutes, part)
    if when != "always" and not minutes.any():
        raise ValueError(_EXAMPLE)
    if of:
        holidays_of(of, 2000)
    return OfficeHours(minutes, of, when)


def _mark(minutes: Minutes, part: str) -> None:
    """Mark the minutes of the week that a part such as `fri 22:00-06:00` means; it may go over midnight."""
    found = _PART.fullmatch(part)
    if not found or found["first"] not in WEEKDAYS or (found["last"] or "mon") not in WEEKDAYS:
        raise ValueError(_EXAMPLE)
    begin, end = (int(found[name]) * 60 + int(found[f"{name}_m"]) for name in ("begin", "end"))
    if begin in (end, _DAY_M) or max(begin, end) > _DAY_M:
        raise ValueError(_EXAMPLE)
    first = WEEKDAYS.index(found["first"])
    count = (WEEKDAYS.index(found["last"]) - first) % 7 if found["last"] else 0
    for day in range(first, first + count + 1):
        length = (end - begin) % _DAY_M or _DAY_M
        minutes[(np.arange(length) + day * _DAY_M + begin) % _WEEK_M] = True


@lru_cache(256)
def holidays_of(region: str, year: int) -> frozenset[date]:
    """Return the holidays of a country or a part of it (`DE-BY`); raises ValueError for one that nobody knows."""
    if not region:
        return frozenset()
    country, _, part = region.partition("-")
    try:
        return frozenset(holidays.country_holidays(country, subdiv=part or None, years=year))
    except NotImplementedError as fault:
        raise ValueError(
            "a country by its two letters, or a part of it such as DE-BY, whose holidays are known"
        ) from fault
