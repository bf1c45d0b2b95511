"""Checks of durations: none, all alike, minutes taken for seconds or the reverse, longer than a day."""

from __future__ import annotations

from tollbook.model.parse_figures import LONG_S, SHORT_S, ParseFigures, Suspicion

_FEW = 50
"""Answered calls of which too few say nothing."""
_MANY = 200
_HALF, _SHORT_MAX_S = 0.5, 120
_NEARLY_ALL = 0.99
_WORKBENCH = "look at the duration column in the workbench, under Format on the PBX's page"


def no_talk(figures: ParseFigures) -> Suspicion | None:
    """Find answered calls that all last nothing."""
    calls = figures.calls
    if calls.answered < _FEW or calls.no_talk < calls.answered:
        return None
    return Suspicion(
        check="no-talk",
        count=calls.answered,
        seen=f"all {calls.answered:,} answered calls last 0 seconds",
        reason="the column of the duration is not read, or another one is read in its place",
        help=_WORKBENCH,
    )


def same_talk(figures: ParseFigures) -> Suspicion | None:
    """Find answered calls that all last the same."""
    calls = figures.calls
    if calls.answered < _FEW or calls.talk_max_s == 0 or calls.talk_min_s != calls.talk_max_s:
        return None
    return Suspicion(
        check="same-talk",
        count=calls.answered,
        seen=f"all {calls.answered:,} answered calls last {calls.talk_max_s:,} seconds",
        reason="a column that never changes is read as the duration",
        help=_WORKBENCH,
    )


def minutes_for_seconds(figures: ParseFigures) -> Suspicion | None:
    """Find durations in whole minutes that are far too long: seconds were read as minutes."""
    calls = figures.calls
    talked = calls.answered - calls.no_talk
    if talked < _FEW or calls.talks == 1 or calls.whole_minutes < talked * _NEARLY_ALL:
        return None
    if calls.long_talks < talked * _HALF:
        return None
    return Suspicion(
        check="minutes-for-seconds",
        count=calls.long_talks,
        seen=f"durations are whole minutes, and {calls.long_talks:,} of {talked:,} calls last {LONG_S // 60} or more",
        reason="seconds are read as minutes: mm:ss as hh:mm, or a number of seconds as one of minutes",
        help=_WORKBENCH,
    )


def seconds_for_minutes(figures: ParseFigures) -> Suspicion | None:
    """Find durations that are all far too short: minutes were read as seconds."""
    calls = figures.calls
    talked = calls.answered - calls.no_talk
    if talked < _MANY or calls.talks == 1:
        return None
    if calls.short_talks - calls.no_talk < talked * _HALF or calls.talk_max_s > _SHORT_MAX_S:
        return None
    return Suspicion(
        check="seconds-for-minutes",
        count=calls.short_talks - calls.no_talk,
        seen=(
            f"{calls.short_talks - calls.no_talk:,} of {talked:,} calls last {SHORT_S} seconds or less, "
            f"and none more than {calls.talk_max_s}"
        ),
        reason="minutes are read as seconds: hh:mm as mm:ss, or a number of minutes as one of seconds",
        help=_WORKBENCH,
    )


def over_a_day(figures: ParseFigures) -> Suspicion | None:
    """Find calls longer than a day."""
    count = figures.calls.over_a_day
    if not count:
        return None
    return Suspicion(
        check="over-a-day",
        count=count,
        seen=f"{count:,} {'calls last' if count > 1 else 'call lasts'} more than 24 hours",
        reason="another number is read as the duration, or the PBX never saw the end of the call",
        help=_WORKBENCH,
    )


DURATIONS = (no_talk, same_talk, minutes_for_seconds, seconds_for_minutes, over_a_day)
