"""Stretches of days that go by a name, such as last month. Weeks begin on Monday."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta

Days = tuple[date, date]
"""The first and the last day, both included."""


def _days(before: int, *, last: int = 0) -> Callable[[date], Days]:
    return lambda today: (today - timedelta(before), today - timedelta(last))


def _week(before: int) -> Callable[[date], Days]:
    def days(today: date) -> Days:
        monday = today - timedelta(today.weekday() + 7 * before)
        return monday, monday + timedelta(6)

    return days


def _month(of: date) -> Days:
    return of.replace(day=1), of.replace(day=monthrange(of.year, of.month)[1])


PERIODS: dict[str, Callable[[date], Days]] = {
    "today": _days(0),
    "yesterday": _days(1, last=1),
    "this-week": _week(0),
    "last-week": _week(1),
    "this-month": _month,
    "last-month": lambda today: _month(today.replace(day=1) - timedelta(1)),
    "last-7-days": _days(6),
    "last-30-days": _days(29),
}
"""By name: its days, today being given. The last 7 days are today and the six before."""


def span(first: date, last: date) -> str:
    """Return a stretch of days as names of files have it: a month or a day alone where it is one.

    >>> span(date(2026, 2, 1), date(2026, 2, 28)), span(date(2026, 2, 3), date(2026, 2, 3))
    ('2026-02', '2026-02-03')
    >>> span(date(2026, 2, 3), date(2026, 3, 1))
    '2026-02-03-to-2026-03-01'
    """
    if (first, last) == _month(first):
        return f"{first:%Y-%m}"
    return first.isoformat() if first == last else f"{first.isoformat()}-to-{last.isoformat()}"
