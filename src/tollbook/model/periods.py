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


_MONTHS_A_QUARTER = 3


def _quarter(of: date) -> Days:
    first = of.replace(month=(of.month - 1) // _MONTHS_A_QUARTER * _MONTHS_A_QUARTER + 1, day=1)
    return first, _month(first.replace(month=first.month + _MONTHS_A_QUARTER - 1))[1]


def _year(of: int) -> Days:
    return date(of, 1, 1), date(of, 12, 31)


def _last_12_months(today: date) -> Days:
    """Return the month of today and the eleven before, whole."""
    first = today.replace(day=1, month=today.month % 12 + 1, year=today.year - (today.month < 12))  # noqa: PLR2004 - months of a year
    return first, _month(today)[1]


PERIODS: dict[str, Callable[[date], Days]] = {
    "today": _days(0),
    "yesterday": _days(1, last=1),
    "this-week": _week(0),
    "last-week": _week(1),
    "this-month": _month,
    "last-month": lambda today: _month(today.replace(day=1) - timedelta(1)),
    "this-quarter": _quarter,
    "last-quarter": lambda today: _quarter(_quarter(today)[0] - timedelta(1)),
    "this-year": lambda today: _year(today.year),
    "last-year": lambda today: _year(today.year - 1),
    "last-7-days": _days(6),
    "last-30-days": _days(29),
    "last-12-months": _last_12_months,
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


def in_words(first: date | None, last: date | None) -> str:
    """Return days as people say them; None is an open end.

    >>> in_words(date(2026, 2, 1), date(2026, 2, 28)), in_words(date(2026, 4, 1), date(2026, 6, 30))
    ('February 2026', '2nd quarter of 2026')
    >>> in_words(date(2026, 2, 3), date(2026, 2, 3)), in_words(date(2026, 1, 1), date(2026, 12, 31))
    ('3 February 2026', '2026')
    >>> in_words(date(2026, 2, 3), date(2026, 3, 1)), in_words(None, None), in_words(date(2026, 2, 3), None)
    ('3 February to 1 March 2026', 'all time', 'from 3 February 2026 on')
    """
    if first is None or last is None:
        return f"from {_day(first)} on" if first else f"until {_day(last)}" if last else "all time"
    if first == last:
        return _day(first)
    if (first, last) == _month(first):
        return f"{first:%B %Y}"
    if (first, last) == _year(first.year):
        return f"{first.year}"
    if (first, last) == _quarter(first):
        return f"{_QUARTERS[first.month // _MONTHS_A_QUARTER]} quarter of {first.year}"
    begin = f"{first.day} {first:%B}" if first.year == last.year else _day(first)
    return f"{begin} to {_day(last)}"


_QUARTERS = ("1st", "2nd", "3rd", "4th")


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def before(first: date, last: date) -> Days:
    """Return the stretch of days just before another that is as long: as many months, where it is whole months.

    >>> before(date(2026, 3, 1), date(2026, 3, 31)), before(date(2026, 3, 2), date(2026, 3, 8))
    ((datetime.date(2026, 2, 1), datetime.date(2026, 2, 28)), (datetime.date(2026, 2, 23), datetime.date(2026, 3, 1)))
    """
    until = first - timedelta(1)
    if first.day == 1 and last == _month(last)[1]:
        months = (last.year - first.year) * 12 + last.month - first.month + 1
        return months_on(first, -months), until
    return first - (last - first) - timedelta(1), until


def months_on(day: date, months: int) -> date:
    """Return the same day some months later, or earlier, or the last of that month where it has no such day.

    >>> months_on(date(2026, 1, 31), 1), months_on(date(2024, 2, 29), -12)
    (datetime.date(2026, 2, 28), datetime.date(2023, 2, 28))
    """
    place = day.year * 12 + day.month - 1 + months
    year, month = place // 12, place % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def year_before(first: date, last: date) -> Days:
    """Return the same days a year before; whole months stay whole.

    >>> year_before(date(2025, 2, 1), date(2025, 2, 28))
    (datetime.date(2024, 2, 1), datetime.date(2024, 2, 29))
    """
    end = months_on(last, -12)
    return months_on(first, -12), _month(end)[1] if last == _month(last)[1] else end
