"""Checks of days and hours: calls of the future, of decades ago, at night alone, of no afternoon, day for month."""

from __future__ import annotations

from tollbook.model.parse_figures import LONG_AGO, ParseFigures, Suspicion

FUTURE = "future"
_FEW, _MANY = 50, 100
_DAYS = 3
"""Days with calls, of which fewer say nothing of a day's course."""
_NIGHT = (22, 23, 0, 1, 2, 3, 4, 5)
_NIGHT_SHARE = 0.6
_AFTERNOON_AS_MORNING, _AFTERNOON_SHARE = (1, 2, 3, 4, 5), 0.15
_DAY_S = 86_400
_CROWD = 10
"""Calls a moment, on average, that no PBX of this size has."""
_LAST_MONTH = 12
_MONTHS, _DATES = 4, 5
_ZONE = "compare the time zone under Edit on the PBX's page, and the clock of the PBX itself"
_TIME = "look at the column of the time in the workbench, under Format on the PBX's page"


def night(figures: ParseFigures) -> Suspicion | None:
    """Find a PBX whose calls are at night: its zone is wrong by half a day."""
    calls = figures.calls
    at_night = sum(calls.hours[hour] for hour in _NIGHT)
    if not _has_days(figures) or at_night < calls.calls * _NIGHT_SHARE or sum(map(bool, calls.hours)) < _DAYS:
        return None
    return Suspicion(
        check="night",
        count=at_night,
        seen=f"{at_night / calls.calls:.0%} of {calls.calls:,} calls began between 22 and 6 o'clock",
        reason="the zone of its clock is another one, or the clock is half a day off",
        help=_ZONE,
        mend="settings",
    )


def no_afternoon(figures: ParseFigures) -> Suspicion | None:
    """Find a 12-hour clock whose a.m. and p.m. were lost: no hour from 13 on, and many calls from 1 to 5."""
    calls = figures.calls
    small_hours = sum(calls.hours[hour] for hour in _AFTERNOON_AS_MORNING)
    if not _has_days(figures) or any(calls.hours[13:]) or small_hours < calls.calls * _AFTERNOON_SHARE:
        return None
    return Suspicion(
        check="no-afternoon",
        count=small_hours,
        seen=f"no call of {calls.calls:,} began after 13 o'clock, and {small_hours:,} between 1 and 6 in the morning",
        reason="the PBX writes a 12-hour clock, and a.m. or p.m. is not read",
        help=_TIME,
    )


def crowded(figures: ParseFigures) -> Suspicion | None:
    """Find calls that begin all at a few moments: the time of day is not read."""
    calls = figures.calls
    if calls.calls < _MANY or calls.moments == 0 or calls.calls < calls.moments * _CROWD:
        return None
    days = sum(count > 0 for _, count in calls.dates)
    if calls.on_the_minute == calls.calls and calls.moments > days * 24:  # a busy PBX that writes no seconds
        return None
    return Suspicion(
        check="crowded",
        count=calls.calls,
        seen=f"{calls.calls:,} calls began at about {calls.moments:,} different moments",
        reason="the time of day is not read, or the PBX sends stored records with the time of sending",
        help=_TIME,
    )


def clock_ahead(figures: ParseFigures) -> Suspicion | None:
    """Find calls that would begin hours from now: the zone of the clock is another one."""
    calls = figures.calls
    if not calls.ahead or calls.latest_local is None or calls.latest_ahead_s > _DAY_S:
        return None
    return Suspicion(
        check="clock-ahead",
        count=calls.ahead,
        seen=(
            f"{calls.ahead:,} {'calls' if calls.ahead > 1 else 'call'} would begin up to "
            f"{_ahead(calls.latest_ahead_s)} from now, the last at {calls.latest_local:%H:%M} of the PBX's clock"
        ),
        reason="the zone of its clock is another one, or its clock is ahead",
        help=_ZONE,
        mend="settings",
    )


def clock_behind(figures: ParseFigures) -> Suspicion | None:
    """Find calls of a clock that began anew, as after a power cut: those of its first days lie decades back."""
    calls = figures.calls
    if not calls.long_ago or calls.first_local is None:
        return None
    if calls.long_ago < calls.all_calls:
        reason = "the clock of the PBX began anew, as after a power cut, until somebody set it"
    else:
        reason = "the year is read from another column, or the clock of the PBX was never set"
    return Suspicion(
        check="clock-behind",
        count=calls.long_ago,
        seen=(
            f"{calls.long_ago:,} of {calls.all_calls:,} calls would have begun before {LONG_AGO}, "
            f"the first on {calls.first_local:%Y-%m-%d}"
        ),
        reason=f"{reason}; or they are out of an old archive",
        help=(
            "set the clock of the PBX, and let it take the time from the network where it can; "
            "what it wrote before that has no better day, and stands in reports of that time"
        ),
        mend="settings",
    )


def future(figures: ParseFigures) -> Suspicion | None:
    """Find calls on days to come: day and month in another order, or a clock that was never set."""
    calls = figures.calls
    if not calls.ahead or calls.latest_local is None or calls.latest_ahead_s <= _DAY_S:
        return None
    return Suspicion(
        check=FUTURE,
        count=calls.ahead,
        seen=(
            f"{calls.ahead:,} {'calls' if calls.ahead > 1 else 'call'} would begin in the future, "
            f"the last on {calls.latest_local:%Y-%m-%d}"
        ),
        reason="day, month and year stand in another order, or the clock of the PBX is wrong",
        help="set the order of the date under Edit on the PBX's page, or its clock",
        mend="settings",
    )


def day_for_month(figures: ParseFigures) -> Suspicion | None:
    """Find dates of many months of which no day is above 12: day and month are swapped."""
    dates = [day for day, count in figures.calls.dates if count]
    months = {(day.year, day.month) for day in dates}
    if len(dates) < _DATES or len(months) < _MONTHS or sum(count for _, count in figures.calls.dates) < _FEW:
        return None
    if max(day.day for day in dates) > _LAST_MONTH:
        return None
    return Suspicion(
        check="day-for-month",
        count=sum(count for _, count in figures.calls.dates),
        seen=f"calls are on {len(dates)} days of {len(months)} months, and never after the 12th of one",
        reason="day and month stand in another order",
        help="set the order of the date under Edit on the PBX's page, or in the workbench",
        mend="settings",
    )


def _has_days(figures: ParseFigures) -> bool:
    return figures.calls.calls >= _MANY and len(figures.calls.dates) >= _DAYS


def _ahead(seconds: int) -> str:
    return f"{seconds // 60} minutes" if seconds < 2 * 3600 else f"{round(seconds / 3600)} hours"


CLOCK = (night, no_afternoon, crowded, clock_ahead, clock_behind, future, day_for_month)
