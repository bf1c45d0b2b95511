"""Moments by the clock of a zone that the record names itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.layouts import column, layout, outcome, outcomes
from tollbook.dialects.authoring.guessing_columns import kind_of
from tollbook.dialects.layout.layout import Layout
from tollbook.dialects.reading.row_zones import zone_names
from tollbook.model.problem import Misconfigured

FORM = "YYYY-MM-DD hh:mm:ss"
MOMENTS = [column(f"{name}_local", "moment", form=FORM, empty=True) for name in ("started", "answered", "ended")]
PLACES = ["America/New_York", "Europe/London", "Asia/Tokyo", "America/Mexico_City", "Pacific/Auckland", "UTC"]


def with_zone(**more: object) -> Layout:
    return layout({"form": "csv", "columns": [*MOMENTS, column("zone", "zone", **more)]})


def line(zone: str, *moments: str) -> str:
    return ",".join([*moments, zone])


def shown(at: datetime, zone: str) -> str:
    """An instant as the clock of a zone shows it."""
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")


def moments(first: datetime, days: int) -> st.SearchStrategy[datetime]:
    return st.integers(0, days * 86_400).map(lambda seconds: first + timedelta(seconds=seconds))


def instants(call: dict[str, Any]) -> tuple[str, str, str]:
    return call["started_at"], call.get("answered_at", ""), call["ended_at"]


def test_moments_are_by_the_clock_of_the_zone_that_the_row_names() -> None:
    row = ("2026-07-15 09:00:00", "2026-07-15 09:00:10", "2026-07-15 09:05:00")
    chicago, tokyo = outcomes(with_zone(), line("America/Chicago", *row), line("Asia/Tokyo", *row), zone="UTC")

    assert instants(chicago) == ("2026-07-15T14:00:00Z", "2026-07-15T14:00:10Z", "2026-07-15T14:05:00Z")
    assert instants(tokyo) == ("2026-07-15T00:00:00Z", "2026-07-15T00:00:10Z", "2026-07-15T00:05:00Z")
    assert (tokyo["ring_s"], tokyo["talk_s"], tokyo["total_s"]) == (10, 290, 300)


def test_the_wall_time_of_a_call_is_that_of_the_pbx_all_the_same() -> None:
    call = outcome(with_zone(), line("Asia/Tokyo", "2026-07-15 09:00:00", "", ""), zone="America/New_York")

    assert (call["started_at"], call["started_local"]) == ("2026-07-15T00:00:00Z", "2026-07-14T20:00:00")


def test_a_row_without_a_zone_is_by_the_clock_of_the_pbx_where_it_may_be_empty() -> None:
    row = line("", "2026-07-15 09:00:00", "", "")

    assert outcome(with_zone(empty=True), row, zone="Europe/London")["started_at"] == "2026-07-15T08:00:00Z"
    assert outcome(with_zone(), row)["column"] == "zone"


@pytest.mark.parametrize(
    "zone", ["Mars/Olympus", "america/chicago", "EDT", "+02:00", "../../etc/passwd", "America", "/"]
)
def test_a_text_that_names_no_zone_is_a_reject_that_says_so(zone: str) -> None:
    reject = outcome(with_zone(), line(zone, "2026-07-15 09:00:00", "", ""))

    assert reject["is"] == "rejected"
    assert reject["reason"] == f"zone is not the name of a time zone such as America/Chicago: {zone!r}"


def test_a_rule_that_writes_over_the_zone_leaves_that_of_the_pbx() -> None:
    record = {"form": "csv", "columns": [*MOMENTS, column("zone", "zone")]}
    made = layout(record, rule=[{"gives": {"zone": "nowhere"}}], trusted=False)
    call = outcome(made, line("Asia/Tokyo", "2026-07-15 09:00:00", "", ""), zone="Europe/London")

    assert call["started_at"] == "2026-07-15T08:00:00Z"


def test_a_day_and_a_time_apart_are_by_that_clock_too() -> None:
    columns = [column("date", "date", form="YYYY-MM-DD"), column("time", "time", form="hh:mm"), column("zone", "zone")]
    made = layout({"form": "blanks", "columns": columns})

    assert outcome(made, "2026-07-15 09:00 Asia/Tokyo")["started_at"] == "2026-07-15T00:00:00Z"


def test_a_call_over_the_end_of_summer_time_is_as_long_as_it_was() -> None:
    row = line("America/New_York", "2026-11-01 01:50:00", "2026-11-01 01:50:05", "2026-11-01 01:10:00")
    over, behind = outcomes(
        with_zone(), row, line("America/New_York", "2026-11-01 01:50:00", "", "2026-11-01 02:10:00")
    )

    assert instants(over) == ("2026-11-01T05:50:00Z", "2026-11-01T05:50:05Z", "2026-11-01T06:10:00Z")
    assert (behind["started_at"], behind["total_s"]) == ("2026-11-01T06:50:00Z", 1200)


def test_a_call_over_the_beginning_of_summer_time_is_as_long_as_it_was() -> None:
    row = line("America/New_York", "2026-03-08 01:50:00", "", "2026-03-08 03:10:00")

    assert outcome(with_zone(), row)["total_s"] == 1200


def test_the_end_of_summer_time_is_the_same_for_a_pbx_that_names_no_zone() -> None:
    made = layout({"form": "csv", "columns": MOMENTS})
    call = outcome(made, "2026-11-01 01:50:00,,2026-11-01 01:10:00", zone="America/New_York")

    assert (call["started_at"], call["total_s"]) == ("2026-11-01T05:50:00Z", 1200)


@given(
    st.sampled_from(PLACES),
    st.one_of(moments(datetime(2020, 1, 1, tzinfo=UTC), 4000), moments(datetime(2026, 11, 1, tzinfo=UTC), 1)),
    st.integers(0, 3599),
)
def test_a_call_of_less_than_an_hour_is_as_long_as_it_was_in_any_zone(zone: str, start: datetime, total_s: int) -> None:
    ended = start + timedelta(seconds=total_s)
    call = outcome(with_zone(), line(zone, shown(start, zone), "", shown(ended, zone)))

    assert call["total_s"] == total_s
    assert shown(datetime.fromisoformat(call["started_at"]), zone) == shown(start, zone)


@given(
    st.lists(
        st.tuples(st.sampled_from(PLACES), moments(datetime(2026, 1, 1, tzinfo=UTC), 365)),
        min_size=1,
        max_size=80,
    )
)
def test_rows_of_several_zones_are_read_together_as_they_are_alone(rows: list[tuple[str, datetime]]) -> None:
    lines = [line(zone, shown(at, zone), "", "") for zone, at in rows]

    assert outcomes(with_zone(), *lines) == [outcome(with_zone(), each) for each in lines]


@pytest.mark.parametrize(
    ("columns", "more", "words"),
    [
        ([column("zone", "zone"), column("other", "zone")], {}, "a record has one column that names its time zone"),
        ([column("zone", "zone", match="^A")], {}, "zone takes neither match nor replace"),
        ([column("zone", "zone", replace={" ": "_"})], {}, "zone takes neither match nor replace"),
        ([column("zone", "zone")], {"derive": "channels"}, "no column can name a time zone"),
    ],
)
def test_a_column_of_zones_that_cannot_be_used_is_told(
    columns: list[dict[str, Any]], more: dict[str, Any], words: str
) -> None:
    with pytest.raises(Misconfigured) as refused:
        layout({"form": "csv", "columns": [*MOMENTS, *columns]}, **more)

    assert words in [problem.what for problem in refused.value.problems]


def test_a_column_of_zones_is_guessed_and_short_words_are_none() -> None:
    assert kind_of(["America/Chicago", "Europe/Berlin"]) == ("zone", "")
    assert kind_of(["UTC", "GB"]) == ("text", "")
    assert {"America/Chicago", "UTC"} <= zone_names()
