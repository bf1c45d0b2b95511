"""Opening hours of a week, and by when something is due within them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tollbook.model.opening_hours import WEEK, due_after, due_around, open_minutes
from tollbook.model.problem import Misconfigured

DAY = 1440
OFFICE = "mon-fri 08:00-12:00, 13:00-17:00; sat 09:00-12:00"


@pytest.mark.parametrize(
    ("hours", "count"),
    [
        ("always", WEEK),
        ("Mon-Fri 08:00-18:00", 5 * 600),
        (OFFICE, 5 * 480 + 180),
        ("sat-mon 10:00-11:00", 180),
        ("mon,wed 10:00-11:00; wed 10:30-11:30;", 150),
        ("fri 22:00-06:00", 480),
        ("sun 00:00-24:00", DAY),
    ],
)
def test_opening_hours_are_minutes_of_a_week(hours: str, count: int) -> None:
    assert len(open_minutes(hours)) == count


@pytest.mark.parametrize(
    "hours",
    [
        "",
        ";",
        "mon",
        "08:00-18:00",
        "mon 8-18",
        "mon 08:00-08:00",
        "mon 08:00-24:30",
        "may 08:00-18:00",
        "mon-may 1:00-2:00",
    ],
)
def test_what_is_no_opening_hours_says_how_they_are_written(hours: str) -> None:
    with pytest.raises(Misconfigured, match="opening hours of a week") as raised:
        open_minutes(hours)
    assert "mon-fri 08:00" in raised.value.problems[0].help


@pytest.mark.parametrize(
    ("day", "at", "due_day", "due"),
    [
        (0, "09:00", 0, "10:00"),
        (0, "11:30", 0, "13:30"),
        (0, "03:00", 0, "09:00"),
        (4, "16:30", 5, "09:30"),
        (5, "11:30", 7, "08:30"),
        (6, "12:00", 7, "09:00"),
    ],
)
def test_what_takes_an_hour_is_due_when_that_much_was_open(day: int, at: str, due_day: int, due: str) -> None:
    begin, end = (of * DAY + int(text[:2]) * 60 + int(text[3:]) for of, text in ((day, at), (due_day, due)))

    assert due_after(open_minutes(OFFICE), 60)[begin] == end - begin


def test_what_takes_longer_than_a_week_is_open_is_due_in_a_later_one() -> None:
    assert due_after(open_minutes("mon 08:00-09:00"), 90)[8 * 60] == WEEK + 30
    assert due_after(open_minutes("mon 08:00-09:00"), 0)[9 * 60] == WEEK - 60


WEEKS = [date(2026, 3, 30) + timedelta(days=each) for each in range(14)]
"""From the Monday before Easter on; that Friday and the Monday after are holidays."""
EASTER = {date(2026, 4, 3), date(2026, 4, 6)}


def due_at(hours: str, target: int, moment: str) -> str:
    """Return when something of a moment (`04-02 16:30`) is due, by the clock, with the holidays of Easter."""
    minutes = open_minutes(hours)
    told = {(day, minute): after for day, minute, after in due_around(minutes, target, WEEKS, EASTER.__contains__)}
    day, minute = date.fromisoformat(f"2026-{moment[:5]}"), int(moment[6:8]) * 60 + int(moment[9:])
    after = told.get((day, minute), due_after(minutes, target)[day.weekday() * DAY + minute])
    days, rest = divmod(minute + after, DAY)
    return f"{day + timedelta(days=days):%m-%d} {rest // 60:02}:{rest % 60:02}"


@pytest.mark.parametrize(
    ("hours", "target", "missed", "due"),
    [
        ("mon-fri 09:00-17:00", 60, "04-02 16:30", "04-07 09:30"),
        ("mon-fri 09:00-17:00", 60, "04-02 16:00", "04-02 17:00"),
        ("mon-fri 09:00-17:00", 60, "04-03 11:00", "04-07 10:00"),
        ("mon-fri 09:00-17:00", 60, "04-05 11:00", "04-07 10:00"),
        ("mon-fri 09:00-17:00", 60, "04-06 08:00", "04-07 10:00"),
        ("mon-fri 09:00-17:00", 960, "04-02 09:00", "04-07 17:00"),
        ("mon-fri 09:00-17:00", 0, "04-03 10:00", "04-07 09:00"),
        ("mon-fri 09:00-17:00", 60, "03-30 16:30", "03-31 09:30"),
        ("mon-fri 09:00-17:00", 60, "04-10 16:30", "04-13 09:30"),
        ("always", 60, "04-02 23:30", "04-04 00:30"),
        ("fri 22:00-02:00", 60, "04-03 22:00", "04-04 01:00"),
    ],
)
def test_a_holiday_has_no_opening_hours(hours: str, target: int, missed: str, due: str) -> None:
    assert due_at(hours, target, missed) == due


def test_what_no_holiday_alters_is_not_told() -> None:
    assert list(due_around(open_minutes("sun 09:00-17:00"), 60, WEEKS, EASTER.__contains__)) == []
    told = due_around(open_minutes("mon-fri 09:00-17:00"), 60, WEEKS, EASTER.__contains__)
    assert {day for day, _, _ in told} == {date(2026, 4, each) for each in (2, 3, 4, 5, 6)}


def test_what_takes_longer_than_can_be_looked_through_is_due_as_in_a_usual_week() -> None:
    due = due_around(open_minutes("mon 09:00-09:01"), 7 * DAY, WEEKS, EASTER.__contains__)

    assert list(due) == []
