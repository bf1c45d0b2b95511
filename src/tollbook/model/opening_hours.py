"""Opening hours of a week by the clock of a PBX, and by when something is due that takes some of their minutes.

A holiday has no opening hours. What is due then, or is taken beyond one, is reckoned day by day, beside the usual week.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from tollbook.model.problem import Misconfigured, Problem

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = 1440
WEEK = len(DAYS) * _DAY
"""Minutes of a week, from Monday at 00:00."""
LONGEST = 300
"""Letters of opening hours that are read."""
ALWAYS = "always"
_MOST_AHEAD = 400
"""Days behind the last one that are looked through for open minutes; what takes longer is due as in a usual week."""
_PART = re.compile(r"([a-z, -]+?)\s+(\d.*)")
_TIMES = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*-\s*([01]?\d|2[0-4]):([0-5]\d)")
_HELP = "write mon-fri 08:00-12:00, 13:00-17:00; sat 09:00-12:00, or always"


def open_minutes(text: str) -> list[int]:
    """Return the minutes of a week that are open, in order; raises `Misconfigured`.

    >>> len(open_minutes("mon-fri 09:00-17:00")), open_minutes("sun 23:59-00:01")
    (2400, [0, 10079])
    """
    if text.strip().lower() == ALWAYS:
        return list(range(WEEK))
    found: set[int] = set()
    for part in filter(None, (each.strip().lower() for each in text[:LONGEST].split(";"))):
        told = _PART.fullmatch(part)
        if told is None:
            raise _wrong(part)
        for first, until in _stretches(told[2], part):
            for day in _days(told[1], part):
                begin = day * _DAY
                found.update(minute % WEEK for minute in range(begin + first, begin + until))
    if not found:
        raise _wrong(text)
    return sorted(found)


def _days(text: str, part: str) -> set[int]:
    days: set[int] = set()
    for each in filter(None, map(str.strip, text.split(","))):
        first, _, last = (word.strip() for word in each.partition("-"))
        if first not in DAYS or (last or first) not in DAYS:
            raise _wrong(part)
        begin, count = DAYS.index(first), (DAYS.index(last or first) - DAYS.index(first)) % len(DAYS)
        days |= {(begin + more) % len(DAYS) for more in range(count + 1)}
    return days


def _stretches(text: str, part: str) -> list[tuple[int, int]]:
    """Return stretches of a day in minutes; one over midnight ends on the next day."""
    stretches = []
    for each in filter(None, map(str.strip, text.split(","))):
        found = _TIMES.fullmatch(each)
        first, until = (int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])) if found else (0, 0)
        if first == until or max(first, until) > _DAY:
            raise _wrong(part)
        stretches.append((first, until if until > first else until + _DAY))
    return stretches


def _wrong(part: str) -> Misconfigured:
    return Misconfigured(Problem("'open' must be opening hours of a week", f"got {part[:60]!r}", help=_HELP))


def due_after(minutes: list[int], target: int) -> list[int]:
    """Return for each minute of the week after how many minutes something is due that takes `target` open ones.

    >>> due = due_after(open_minutes("mon-fri 09:00-17:00"), 60)
    >>> due[9 * 60], due[16 * 60 + 30], due[4 * 1440 + 18 * 60] == 2 * 1440 + 16 * 60
    (60, 1020, True)
    """
    count, found = len(minutes), []
    for minute in range(WEEK):
        last = bisect_left(minutes, minute) + max(target, 1) - 1
        weeks, place = divmod(last, count)
        ends = minutes[place] + weeks * WEEK + (1 if target else 0)
        found.append(ends - minute)
    return found


def due_around(
    minutes: list[int], target: int, days: Sequence[date], is_closed: Callable[[date], bool]
) -> Iterator[tuple[date, int, int]]:
    """Yield a day, a minute of it, and after how many minutes something is due, where holidays alter that.

    `days` follow one another; on a day that `is_closed` no minute is open. What `due_after` says holds elsewhere.

    >>> friday, monday = date(2026, 4, 3), date(2026, 4, 6)
    >>> due = due_around(open_minutes("mon-fri 09:00-17:00"), 60, [friday], {friday, monday}.__contains__)
    >>> next(each for each in due if each[1] == 9 * 60) == (friday, 9 * 60, 4 * 1440 + 60)
    True
    """
    usual, ahead = due_after(minutes, target), _open_ahead(minutes, target, days, is_closed)
    for number, day in enumerate(days):
        for minute in range(_DAY):
            now = number * _DAY + minute
            last = bisect_left(ahead, now) + max(target, 1) - 1
            if last >= len(ahead):
                return
            after = ahead[last] + (1 if target else 0) - now
            if after != usual[day.weekday() * _DAY + minute]:
                yield day, minute, after


def _open_ahead(minutes: list[int], target: int, days: Sequence[date], is_closed: Callable[[date], bool]) -> list[int]:
    """Return the open minutes from the first day on, until as many as are wanted lie behind the last one."""
    ahead: list[int] = []
    wanted = None
    for number in range(len(days) + _MOST_AHEAD):
        if number == len(days):
            wanted = len(ahead) + max(target, 1)
        if wanted is not None and len(ahead) >= wanted:
            break
        day = days[0] + timedelta(days=number)
        if not is_closed(day):
            begin = day.weekday() * _DAY
            some = minutes[bisect_left(minutes, begin) : bisect_left(minutes, begin + _DAY)]
            ahead += [number * _DAY + minute - begin for minute in some]
    return ahead
