"""When something is done, in the nights of summer time above all."""

from __future__ import annotations

import itertools
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.model.problem import Misconfigured
from tollbook.schedule.moments import after, check, first_after, last_until, upcoming, zone_named
from tollbook.schedule.words import DAYS, in_words, to_cron

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")


def local(cron: str, begin: datetime, count: int, zone: ZoneInfo = BERLIN) -> list[str]:
    return [at.astimezone(zone).isoformat() for at in upcoming(cron, zone, begin, count)]


def test_a_time_that_comes_twice_in_a_night_means_the_first() -> None:
    assert local("30 2 * * *", datetime(2026, 10, 24, 12, tzinfo=UTC), 2) == [
        "2026-10-25T02:30:00+02:00",
        "2026-10-26T02:30:00+01:00",
    ]


def test_a_time_that_a_night_leaves_out_means_the_moment_after_the_gap() -> None:
    assert local("30 2 * * *", datetime(2026, 3, 28, 12, tzinfo=UTC), 2) == [
        "2026-03-29T03:00:00+02:00",
        "2026-03-30T02:30:00+02:00",
    ]


def test_whoever_looks_within_the_hour_that_comes_twice_is_told_nothing_of_before() -> None:
    within = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    assert local("30 2 * * *", within, 1) == ["2026-10-26T02:30:00+01:00"]


def test_lord_howe_moves_its_clocks_by_half_an_hour() -> None:
    lord_howe = ZoneInfo("Australia/Lord_Howe")
    spring = datetime(2026, 10, 3, 0, tzinfo=UTC)
    assert local("15 2 * * *", spring, 2, lord_howe) == ["2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"]


def test_a_missed_run_stands_for_the_last_that_was_missed() -> None:
    since, until = datetime(2026, 11, 2, 7, tzinfo=UTC), datetime(2026, 11, 26, 12, tzinfo=UTC)
    assert last_until("0 8 * * 1", BERLIN, since, until) == datetime(2026, 11, 23, 7, tzinfo=UTC)
    assert last_until("0 8 * * 1", BERLIN, since, since) == since


@given(
    minute=st.integers(0, 59),
    hour=st.integers(0, 23),
    zone=st.sampled_from(ZONES),
    start=st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001 - made aware below
)
def test_what_is_daily_comes_once_on_each_day(minute: int, hour: int, zone: str, start: datetime) -> None:
    here = ZoneInfo(zone)
    moments = upcoming(f"{minute} {hour} * * *", here, start.replace(tzinfo=UTC), 40)
    days = [at.astimezone(here).date() for at in moments]
    assert [later - earlier for earlier, later in itertools.pairwise(days)] == [timedelta(1)] * 39
    assert moments == sorted(set(moments))
    assert moments[0] > start.replace(tzinfo=UTC)


@given(
    minute=st.sampled_from(range(60)),
    hour=st.sampled_from(range(24)),
    rest=st.one_of(
        st.sets(st.integers(0, 6), min_size=1).map(lambda days: f"* * {','.join(map(str, sorted(days)))}"),
        st.integers(1, 31).map(lambda day: f"{day} * *"),
        st.tuples(st.integers(0, 6), st.integers(1, 4)).map(lambda each: f"* * {each[0]}#{each[1]}"),
        st.integers(0, 6).map(lambda day: f"* * {day}L"),
        st.sampled_from(["* * *", "* * 1-5", "* * 0,6", "L * *", "1 1,4,7,10 *"]),
    ),
)
def test_what_is_written_in_words_is_read_as_it_was_meant(minute: int, hour: int, rest: str) -> None:
    cron = f"{minute} {hour} {rest}"
    words = in_words(cron)
    assert to_cron(words) == cron
    assert to_cron(words.upper()) == cron
    assert to_cron(cron) == cron
    assert next(after(cron, BERLIN, datetime(2026, 1, 1, tzinfo=UTC))) > datetime(2026, 1, 1, tzinfo=UTC)


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_is_refused(text: str) -> None:
    with suppress(Misconfigured):
        check(to_cron(text), BERLIN, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is missing"),
        ("now and then", "neither words nor cron"),
        ("daily 25:00", "no such time"),
        ("32nd of month 06:00", "no such day"),
        ("0 0 30 2 *", "cannot be"),
        ("* * * * *", "too often"),
        ("*/5 * * * *", "too often"),
        ("61 * * * *", "cannot be"),
        ("* * * * * *", "neither words nor cron"),
        ("x" * 200, "too long"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_could_be(text: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        check(to_cron(text), BERLIN, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("name", ["", "Mars/Base", "../etc/passwd", "/etc/passwd", "x" * 300])
def test_no_zone_that_there_is_not_is_taken(name: str) -> None:
    with pytest.raises(Misconfigured, match="'zone'"):
        zone_named(name)


def test_every_day_of_the_week_is_known() -> None:
    assert [to_cron(f"{day}s 08:00") for day in DAYS] == [f"0 8 * * {number}" for number in range(7)]
    assert first_after("0 8 * * 1", BERLIN, datetime(2026, 11, 30, 6, tzinfo=UTC)).weekday() == 0
