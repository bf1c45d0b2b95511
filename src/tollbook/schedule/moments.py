"""The moments that a cron expression means in a time zone.

What summer time does: a time that comes twice in a night means the first of the two; one that is left out means the
moment after the gap, once. (An hour that is written as `*` runs with the clock.) The reckoning is that of `cronsim`,
which does as Debian's cron.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from tollbook.model.problem import Misconfigured, Problem

SHORTEST = timedelta(minutes=15)
"""The shortest time between two runs."""
_LOOKED_AT = 8
_MOST_MISSED = 100_000


def zone_named(name: str) -> ZoneInfo:
    """Return a time zone; raises `Misconfigured`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        help_ = "for example Europe/London"
        raise Misconfigured(
            Problem(f"'zone' cannot be {name[:60]!r}", "no time zone is so called", help=help_)
        ) from None


def after(cron: str, zone: ZoneInfo, instant: datetime) -> Iterator[datetime]:
    """Yield the moments after an instant, in UTC, one after the other; raises `Misconfigured` for no cron expression.

    >>> night = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    >>> next(after("30 2 * * *", ZoneInfo("Europe/Berlin"), night)).isoformat()
    '2026-03-29T01:00:00+00:00'
    """
    last = instant.astimezone(UTC)
    try:
        for found in CronSim(cron, instant.astimezone(zone)):
            at = found.astimezone(UTC)
            if at > last:  # in the hour that comes twice it also finds what was before
                last = at
                yield at
    except CronSimError as fault:
        help_ = "a cron expression has minute, hour, day of month, month and day of week, such as 30 7 * * 1-5"
        raise Misconfigured(Problem(f"'when' cannot be {cron[:60]!r}", str(fault), help=help_)) from None


def first_after(cron: str, zone: ZoneInfo, instant: datetime) -> datetime:
    """Return the first moment after an instant, in UTC; raises `Misconfigured` where there never is one."""
    found = next(after(cron, zone, instant), None)
    if found is None:
        raise Misconfigured(Problem(f"'when' is never: {cron[:60]!r}", "there is no such day"))
    return found


def upcoming(cron: str, zone: ZoneInfo, instant: datetime, count: int) -> list[datetime]:
    """Return some of the next moments, in UTC."""
    return [at for at, _ in zip(after(cron, zone, instant), range(count), strict=False)]


def last_until(cron: str, zone: ZoneInfo, since: datetime, until: datetime) -> datetime:
    """Return the last moment up to an instant, of those from `since` on, which is one: what a missed run stands for."""
    last = since
    for count, at in enumerate(after(cron, zone, since)):
        if at > until or count > _MOST_MISSED:
            break
        last = at
    return last


def check(cron: str, zone: ZoneInfo, now: datetime) -> None:
    """Raise `Misconfigured` for what is no cron expression, never comes, or comes too often."""
    first_after(cron, zone, now)
    moments = upcoming(cron, zone, now, _LOOKED_AT)
    if any(later - earlier < SHORTEST for earlier, later in itertools.pairwise(moments)):
        minutes = int(SHORTEST.total_seconds() // 60)
        raise Misconfigured(Problem("'when' comes too often", f"there are {minutes} minutes between two runs at least"))
