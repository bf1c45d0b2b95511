"""Opening hours of a week, and by when something is due within them."""

from __future__ import annotations

import pytest

from tollbook.model.opening_hours import WEEK, due_after, open_minutes
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
