"""Times and durations: what a PBX writes, and what follows from it."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.layouts import column, layout, outcome
from tollbook.dialects.layout.layout import Layout
from tollbook.dialects.reading.arrival import Arrival
from tollbook.dialects.reading.localtime import ZoneOffsets

MONTH_DAY = [column("date", "date", form="MM/DD"), column("time", "time", form="hh:mm")]
DATE_TIME = [column("date", "date", form="MM/DD/YY", unset=["**/**/**"]), column("time", "time", form="hh:mm")]
TALK, RING = column("talk_s", "duration", form="m'ss"), column("ring_s", "duration", form="m'ss")
TOTAL = column("total_s", "seconds")


def blanks(*columns: dict[str, Any], **more: Any) -> Layout:  # noqa: ANN401 - parts of a layout
    return layout({"form": "blanks", "columns": [*columns]}, **more)


def times(call: dict[str, Any]) -> tuple[str, str, str]:
    return call["started_at"][11:19], call.get("answered_at", "")[11:19], call["ended_at"][11:19]


def spans(call: dict[str, Any]) -> tuple[int, int, int]:
    return call["ring_s"], call["talk_s"], call["total_s"]


def test_a_call_ends_when_it_started_plus_its_ringing_and_talking() -> None:
    call = outcome(blanks(*DATE_TIME, RING, TALK), "03/02/26 09:30 0'10 1'00")

    assert (times(call), spans(call)) == (("09:30:00", "09:30:10", "09:31:10"), (10, 60, 70))


def test_where_the_end_is_written_the_start_is_before_it() -> None:
    ended = blanks(*DATE_TIME, RING, TALK, times={"moment": "end"})
    call = outcome(ended, "03/02/26 09:30 0'10 1'00")

    assert times(call) == ("09:28:50", "09:29:00", "09:30:00")
    assert call["started_local"] == "2026-03-02T09:28:50"


def test_the_owner_may_say_whether_it_is_the_start_or_the_end() -> None:
    option = {"time-is": {"help": "a", "form": "b", "example": "c", "default": "end", "choices": ["start", "end"]}}
    made = blanks(*DATE_TIME, RING, TALK, option=option)

    assert times(outcome(made, "03/02/26 09:30 0'10 1'00"))[2] == "09:30:00"
    assert times(outcome(made, "03/02/26 09:30 0'10 1'00", time_is="start"))[0] == "09:30:00"


def test_a_call_that_nobody_took_rang_for_all_of_its_duration() -> None:
    missed = [{"gives": {"outcome": "unanswered"}}]

    assert spans(outcome(blanks(*DATE_TIME, TALK, rule=missed), "03/02/26 09:30 0'45")) == (45, 0, 45)
    assert spans(outcome(blanks(*DATE_TIME, RING, TALK, rule=missed), "03/02/26 09:30 0'45 0'00")) == (45, 0, 45)
    assert spans(outcome(blanks(*DATE_TIME, TOTAL, rule=missed), "03/02/26 09:30 45")) == (45, 0, 45)


def test_an_answer_at_the_end_is_none_where_the_format_says_so() -> None:
    moments = [column(name, "wall-time") for name in ("started_local", "answered_local", "ended_local")]
    record = {"form": "csv", "columns": moments}
    line = "2026-03-02 09:30:00,2026-03-02 09:30:{},2026-03-02 09:30:20"
    said, unsaid = layout(record, times={"unanswered": "end"}), layout(record)

    assert outcome(said, line.format("20"))["outcome"] == "unanswered"
    assert spans(outcome(said, line.format("20"))) == (20, 0, 20)
    assert outcome(said, line.format("19"))["outcome"] == outcome(unsaid, line.format("20"))["outcome"] == "answered"


def test_talk_time_is_what_ringing_leaves_of_the_total() -> None:
    assert spans(outcome(blanks(*DATE_TIME, RING, TOTAL), "03/02/26 09:30 0'10 70")) == (10, 60, 70)


def test_moments_alone_give_the_durations() -> None:
    walls = [column(f"{name}_local", "wall-time", empty=True) for name in ("started", "answered", "ended")]
    made = layout({"form": "csv", "columns": walls})
    taken = outcome(made, "2026-03-02 09:30:00,2026-03-02 09:30:10,2026-03-02 09:31:10")
    missed = outcome(made, "2026-03-02 09:30:00,,2026-03-02 09:30:45")

    assert (taken["outcome"], spans(taken), times(taken)) == (
        "answered",
        (10, 60, 70),
        ("09:30:00", "09:30:10", "09:31:10"),
    )
    assert (missed["outcome"], spans(missed), times(missed)) == (
        "unanswered",
        (45, 0, 45),
        ("09:30:00", "", "09:30:45"),
    )


def test_beside_a_talk_time_the_moments_of_start_and_answer_say_how_long_it_rang() -> None:
    walls = [column(f"{name}_local", "wall-time", empty=True) for name in ("started", "answered")]
    made = layout({"form": "csv", "columns": [*walls, column("talk_s", "seconds")]})
    taken = outcome(made, "2026-03-02 09:30:00,2026-03-02 09:30:10,60")
    missed = outcome(made, "2026-03-02 09:30:00,,0")

    assert (spans(taken), times(taken)) == ((10, 60, 70), ("09:30:00", "09:30:10", "09:31:10"))
    assert (spans(missed), times(missed)) == ((0, 0, 0), ("09:30:00", "", "09:30:00"))


def test_a_call_of_which_only_start_and_end_are_known_was_answered_where_it_lasted() -> None:
    walls = [column(f"{name}_local", "wall-time", empty=True) for name in ("started", "ended")]
    made = layout({"form": "csv", "columns": walls})
    lasted = outcome(made, "2026-03-02 09:30:00,2026-03-02 09:31:10")
    over_at_once = outcome(made, "2026-03-02 09:30:00,2026-03-02 09:30:00")

    assert (lasted["outcome"], spans(lasted)) == ("answered", (0, 70, 70))
    assert (over_at_once["outcome"], spans(over_at_once)) == ("unanswered", (0, 0, 0))


def test_wall_time_is_the_pbxs_own_and_instants_are_utc() -> None:
    call = outcome(blanks(*DATE_TIME, TALK), "07/02/26 09:30 1'00", zone="America/New_York")

    assert (call["started_local"], call["started_at"]) == ("2026-07-02T09:30:00", "2026-07-02T13:30:00Z")


def test_a_pbx_that_writes_utc_has_its_own_wall_time_all_the_same() -> None:
    option = {"clock": {"help": "h", "form": "f", "example": "e"}}
    made = layout({"form": "blanks", "columns": [*DATE_TIME, TALK]}, option=option)
    call = outcome(made, "07/02/26 13:30 1'00", zone="America/New_York", clock="utc")

    assert (call["started_local"], call["started_at"]) == ("2026-07-02T09:30:00", "2026-07-02T13:30:00Z")


def test_instants_give_the_wall_time_of_the_pbx() -> None:
    made = blanks(column("started_at", "epoch"), TOTAL)
    call = outcome(made, "1782999000 60", zone="Asia/Tokyo")

    assert (call["started_local"], call["started_at"]) == ("2026-07-02T22:30:00", "2026-07-02T13:30:00Z")


@pytest.mark.parametrize(
    ("line", "started"),
    [
        ("03/02 09:30", "2026-03-02T09:30:00Z"),
        ("03/02 13:59", "2026-03-02T13:59:00Z"),
        ("03/02 14:01", "2025-03-02T14:01:00Z"),
        ("12/31 23:59", "2025-12-31T23:59:00Z"),
        ("02/29 09:30", "2024-02-29T09:30:00Z"),
    ],
)
def test_a_date_without_a_year_is_the_latest_that_is_not_after_its_arrival(line: str, started: str) -> None:
    # They arrive on 2026-03-02 at 12:00; a clock that is up to two hours ahead is let pass.
    assert outcome(blanks(*MONTH_DAY), line)["started_at"] == started


@given(st.integers(0, 2_000_000_000), st.dates(date(2024, 1, 1), date(2024, 12, 31)))
def test_a_date_without_a_year_has_a_meaning_whatever_the_machines_clock_says(second: int, day: date) -> None:
    arrival = Arrival(second * 1_000_000, ZoneOffsets(ZoneInfo("America/Los_Angeles")))

    meant = arrival.walls(np.array([-(day.month * 100 + day.day)]), None)

    assert meant is not None
    assert 0 <= meant[0] // 86_400 <= max(second // 86_400, 366 * 4)


def test_the_year_of_old_records_can_be_set() -> None:
    option = {"year": {"help": "a", "form": "b", "example": "2019"}}

    assert outcome(blanks(*MONTH_DAY, option=option), "12/31 23:59", year="2019")["started_at"][:4] == "2019"
    assert outcome(blanks(*MONTH_DAY, option=option), "02/29 09:30", year="2019")["started_at"][:10] == "2019-03-01"


@pytest.mark.parametrize(
    ("line", "started"),
    [("11:59", "2026-03-02T11:59:00Z"), ("23:10", "2026-03-01T23:10:00Z")],
)
def test_a_time_without_a_date_is_of_the_day_of_its_arrival_or_the_day_before(line: str, started: str) -> None:
    assert outcome(blanks(column("time", "time", form="hh:mm")), line)["started_at"] == started


def test_a_clock_that_was_lost_and_a_record_without_any_time_take_the_moment_of_arrival() -> None:
    assert outcome(blanks(*DATE_TIME), "**/**/** 09:30")["started_at"] == "2026-03-02T12:00:00Z"
    call = outcome(blanks(column("extension"), TOTAL), "101 60")

    assert times(call)[2] == "12:00:00"


def test_the_order_of_month_and_day_can_be_set() -> None:
    option = {"date-order": {"help": "a", "form": "b", "example": "dmy", "default": "mdy"}}
    made = blanks(*DATE_TIME, option=option)

    assert outcome(made, "02/03/26 09:30")["started_at"][:10] == "2026-02-03"
    assert outcome(made, "02/03/26 09:30", date_order="dmy")["started_at"][:10] == "2026-03-02"


@pytest.mark.parametrize(("order", "day"), [("ymd", "2026-03-02"), ("ydm", "2026-02-03")])
def test_the_year_can_be_set_to_stand_first(order: str, day: str) -> None:
    option = {"date-order": {"help": "a", "form": "b", "example": "ymd", "default": "mdy"}}

    assert outcome(blanks(*DATE_TIME, option=option), "26/03/02 09:30", date_order=order)["started_at"][:10] == day


def test_a_duration_whose_clock_was_lost_counts_nothing() -> None:
    made = blanks(column("extension"), column("total_s", "duration", form="hh:mm'ss", unset=["**:**'**"]))

    assert outcome(made, "101 **:**'**")["total_s"] == 0


def test_what_was_spent_on_hold_or_parked_is_neither_ringing_nor_talk() -> None:
    waits = [column("hold_s", "seconds"), column("park_s", "seconds")]
    talk = column("talk_s", "seconds")

    assert spans(outcome(blanks(*DATE_TIME, TOTAL, talk, *waits), "03/02/26 09:30 70 40 15 5")) == (10, 40, 70)
    assert spans(outcome(blanks(*DATE_TIME, TOTAL, RING, *waits), "03/02/26 09:30 70 0'10 15 5")) == (10, 40, 70)
    assert spans(outcome(blanks(*DATE_TIME, RING, talk, *waits), "03/02/26 09:30 0'10 40 15 5")) == (10, 40, 70)
    assert spans(outcome(blanks(*DATE_TIME, TOTAL, talk, *waits), "03/02/26 09:30 50 40 15 5")) == (0, 40, 50)


PARTIES = [*DATE_TIME, column("way"), column("caller"), column("called"), TALK]
WAYS = [{"when": {"way": f"^{way[0]}$"}, "gives": {"direction": way}} for way in ("incoming", "outgoing", "transit")]


@pytest.mark.parametrize(
    ("parties", "extension"),
    [
        ("i 5550142 204", "204"),
        ("o 204 5550142", "204"),
        ("x 204 205", "204"),
        ("i 5550142 02079460123", ""),
        ("t 204 205", ""),
    ],
)
def test_of_two_parties_the_inner_one_is_the_extension_unless_it_is_an_outside_number(
    parties: str,
    extension: str,
) -> None:
    call = outcome(blanks(*PARTIES, rule=WAYS), f"03/02/26 09:30 {parties} 1'00")

    assert (call["is"], call.get("extension", "")) == ("record", extension)


@pytest.mark.parametrize(
    "own",
    [
        {"group": "own", "when": {"called": "^(?P<extension>9.*)$"}},
        {"group": "own", "when": {"called": "^9"}, "gives": {"extension": "{called}"}},
    ],
)
def test_a_format_with_a_rule_for_the_extension_has_none_where_the_rule_finds_none(own: dict[str, Any]) -> None:
    call = outcome(blanks(*PARTIES, rule=[*WAYS, own]), "03/02/26 09:30 i 5550142 204 1'00")

    assert (call["is"], call.get("extension", "")) == ("record", "")
