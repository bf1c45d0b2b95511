"""Cells that no clock wrote, and lines made to take time: read or refused, and never raised over."""

from __future__ import annotations

import pytest

from tests.fakes.layouts import column, layout, outcome
from tollbook.dialects.reading.moments import reading_of
from tollbook.model.limits import JSON_DEPTH, LONGEST_DURATION_S, LONGEST_MOMENT, LONGEST_NUMBER

WALL = column("started_local", "wall-time")
MOMENT = column("started_local", "moment", form="YYYY-MM-DD hh:mm", unset=["****"])
LENGTH = column("talk_s", "duration", form="h:mm:ss")


def test_a_duration_is_read_up_to_the_limit() -> None:
    made = layout({"form": "csv", "columns": [WALL, column("talk_s", "duration", form="s")]})

    assert outcome(made, f"2026-03-02 12:00:00,{LONGEST_DURATION_S}")["is"] == "record"
    hours = layout({"form": "csv", "columns": [WALL, LENGTH]})
    assert outcome(hours, "2026-03-02 12:00:00,277777:46:39")["is"] == "record"
    assert outcome(hours, "2026-03-02 12:00:00,277777:46:40")["is"] == "rejected"
    assert outcome(hours, "2026-03-02 12:00:00,999999999:00:00")["is"] == "rejected"


def test_a_date_is_read_up_to_the_longest_there_is() -> None:
    read = reading_of("DD MM")

    assert read("1" + " " * (LONGEST_MOMENT - 2) + "2") == {"D": 1, "M": 2}
    with pytest.raises(ValueError, match="1 "):
        read("1" + " " * (LONGEST_MOMENT - 1) + "2")


@pytest.mark.parametrize("start", [{**WALL, "empty": True}, {**MOMENT, "empty": True}])
def test_a_call_whose_start_is_empty_ended_when_it_arrived(start: dict[str, object]) -> None:
    made = layout({"form": "csv", "columns": [start, LENGTH]})

    assert outcome(made, ",0:00:30")["started_at"] == "2026-03-02T11:59:30Z"


def test_a_call_whose_clock_was_lost_ended_when_it_arrived() -> None:
    made = layout({"form": "csv", "columns": [MOMENT, LENGTH]})

    assert outcome(made, "****,0:00:30")["started_at"] == "2026-03-02T11:59:30Z"


def test_a_keyed_line_of_blanks_is_read() -> None:
    made = layout({"form": "keyed", "match": "^", "columns": [column("caller"), column("called")]})
    line = "caller" + " " * 30_000 + "=x" + " " * 30_000 + "y, called 7"

    assert outcome(made, line)["called"] == "7"


def test_a_row_that_spills_over_may_lack_its_last_fields() -> None:
    columns = [
        column("caller"),
        column("feature"),
        column("extension", match="^[0-9]+$"),
        column("device", match="^$|x"),
    ]
    made = layout({"form": "csv", "columns": columns, "fewest": 3, "surplus": {"into": ["feature"]}})

    assert outcome(made, "1,a,b,22")["extension"] == "22"


def test_a_year_that_is_none_is_as_if_it_were_not_set() -> None:
    made = layout(
        {"form": "csv", "columns": [column("date", "date", form="MM/DD"), LENGTH]},
        option={"year": {"help": "a", "form": "b", "example": "c"}},
    )

    assert [outcome(made, "01/02,0:00:30", year=year)["started_at"][:4] for year in ("²", "99999", "9999")] == [
        "2026",
    ] * 3


def test_a_code_page_that_is_no_choice_is_as_if_it_were_not_set() -> None:
    made = layout(
        {"form": "csv", "columns": [column("caller")]},
        option={"encoding": {"help": "a", "form": "b", "example": "c", "choices": ["cp850"]}},
    )

    assert outcome(made, "é", encoding="martian")["caller"] == "é"


def test_a_whole_number_is_read_up_to_the_limit() -> None:
    made = layout({"form": "csv", "columns": [WALL, column("talk_s", "seconds")]})
    lines = [f"2026-03-02 12:00:00,{'9' * digits}" for digits in (LONGEST_NUMBER, LONGEST_NUMBER + 1)]

    assert [outcome(made, line)["is"] for line in lines] == ["record", "rejected"]


def test_objects_within_one_another_are_read_up_to_the_limit() -> None:
    inner = ".".join("a" * JSON_DEPTH)
    made = layout(
        {"form": "json", "columns": [column("caller", key=f"{inner}.b"), column("called", key=f"{inner}.a.c")]},
    )
    line = '{"a":' * JSON_DEPTH + '{"b":"7","a":{"c":"8"}}' + "}" * JSON_DEPTH

    assert {name: text for name, text in outcome(made, line).items() if name.startswith("call")} == {"caller": "7"}
