"""Who is still waiting: missed calls by whether their caller was called back or got through later."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tollbook.model.problem import Misconfigured
from tollbook.store.filters import WORDS, read_asked

TODAY = date(2026, 3, 2)
MISSED = ("front", "incoming", "unanswered", "02079460135", "101", None, 9)
Call = tuple[str, str, str, str, str, str | None, float]
"""PBX, direction, outcome, caller, called, the outside number in E.164, and the hour at which it began."""


def listed(answer: str, *calls: Call, **words: str) -> list[int]:
    """Return which calls a filter lists, by their place."""
    with duckdb.connect() as database:
        database.execute(
            "CREATE TABLE call (id INTEGER, pbx VARCHAR, direction VARCHAR, outcome VARCHAR, caller VARCHAR, "
            "called VARCHAR, number_e164 VARCHAR, extension VARCHAR, started_at TIMESTAMP, started_local TIMESTAMP)",
        )
        for number, (*fields, hour) in enumerate(calls):
            at = f"TIMESTAMP '2026-03-02' + INTERVAL {int(hour * 60)} MINUTE"
            database.execute(f"INSERT INTO call SELECT ?, ?, ?, ?, ?, ?, ?, '101', {at}, {at}", [number, *fields])
        where = read_asked({"called-back": answer, **words}, TODAY)
        found = database.execute(f"SELECT id FROM call WHERE {where.sql} ORDER BY id", where.values).fetchall()  # noqa: S608 - ours
        return [number for (number,) in found]


@pytest.mark.parametrize(
    "later",
    [
        ("front", "incoming", "answered", "02079460135", "102", None, 10),
        ("front", "outgoing", "answered", "102", "02079460135", None, 10),
        ("front", "outgoing", "answered", "102", "902079460135", None, 10),
        ("front", "outgoing", "answered", "102", "9011442079460135", None, 10),
        ("front", "outgoing", "answered", "102", "02079460135", None, 40),
    ],
)
def test_who_got_through_or_was_called_back_is_not_waiting(later: Call) -> None:
    assert listed("yes", MISSED, later) == [0]
    assert listed("no", MISSED, later) == []


@pytest.mark.parametrize(
    "other",
    [
        ("front", "outgoing", "unanswered", "102", "02079460135", None, 10),
        ("front", "outgoing", "answered", "102", "02079460135", None, 8),
        ("hotel", "outgoing", "answered", "102", "02079460135", None, 10),
        ("front", "outgoing", "answered", "102", "01619460135", None, 10),
        ("front", "internal", "answered", "102", "02079460135", None, 10),
        ("front", "transit", "answered", "02079460199", "02079460135", None, 10),
    ],
)
def test_who_was_not_reached_since_at_that_pbx_is_waiting(other: Call) -> None:
    assert listed("no", MISSED, other) == [0]
    assert listed("yes", MISSED, other) == []


def test_with_a_dial_plan_numbers_are_the_same_by_what_they_mean() -> None:
    local = ("front", "incoming", "busy", "+49891234567", "101", "+49891234567", 9.0)
    back = ("front", "outgoing", "answered", "101", "01234567", "+49891234567", 10.0)
    elsewhere = ("front", "outgoing", "answered", "101", "01234567", "+49301234567", 10.0)
    assert listed("yes", local, back) == [0]
    assert listed("no", local, elsewhere) == [0]


def test_every_missed_call_of_a_caller_is_told_by_itself() -> None:
    again = (*MISSED[:-1], 11.0)
    back = ("front", "outgoing", "answered", "102", "02079460135", None, 10)
    assert listed("yes", MISSED, back, again) == [0]
    assert listed("no", MISSED, back, again) == [2]


def test_who_was_missed_at_two_pbxs_and_called_back_by_one_is_waiting_at_the_other() -> None:
    elsewhere = ("hotel", *MISSED[1:])
    back = ("front", "outgoing", "answered", "102", "02079460135", None, 10)
    assert listed("yes", MISSED, elsewhere, back) == [0]
    assert listed("no", MISSED, elsewhere, back) == [1]


def test_who_called_without_a_number_cannot_be_called_back() -> None:
    withheld = ("front", "incoming", "unanswered", "", "101", None, 9.0)
    assert listed("no", withheld, MISSED) == [1]
    assert listed("yes", withheld) == []


def test_a_filter_of_days_finds_who_was_called_back_after_them() -> None:
    back = ("front", "outgoing", "answered", "102", "02079460135", None, 60)
    assert listed("yes", MISSED, back, **{"from": "2026-03-02", "to": "2026-03-02"}) == [0]
    assert listed("no", MISSED, back, period="today", extension="101") == []
    assert listed("no", MISSED, period="yesterday") == []


def test_another_answer_is_refused_and_nothing_that_is_kept_asks_for_it() -> None:
    with pytest.raises(Misconfigured, match="'called-back' must be one of yes, no"):
        read_asked({"called-back": "maybe"}, TODAY)
    assert "called-back" not in WORDS


NUMBERS = st.sampled_from(["02079460135", "442079460135", "9011442079460135", "01619460135", "79460135", "101", ""])
CALLS = st.lists(
    st.tuples(
        st.sampled_from(["front", "hotel"]),
        st.sampled_from(["incoming", "outgoing", "internal", "transit"]),
        st.sampled_from(["answered", "unanswered"]),
        NUMBERS,
        NUMBERS,
        st.sampled_from([None, "+442079460135", "+441619460135"]),
        st.integers(0, 5),
    ),
    max_size=30,
)


def is_same(one: str, other: str) -> bool:
    ends = one.endswith(other) or other.endswith(one)
    return one[-7:] == other[-7:] and (one[-9:] == other[-9:] or ends)


def is_reached(missed: Call, calls: list[Call]) -> bool:
    """Look at each call whether somebody talked to a caller after they were missed."""
    pbx, _, _, caller, _, e164, at = missed
    talks = [each for each in calls if each[0] == pbx and each[2] == "answered" and each[6] > at]
    sides = {"incoming": 3, "outgoing": 4}
    numbers = [each[5] or str(each[sides[each[1]]]) for each in talks if each[1] in sides]
    return any(is_same(number, e164 or caller) for number in numbers)


@settings(max_examples=60)
@given(calls=CALLS)
def test_each_missed_call_is_answered_as_a_look_at_every_later_call_does(calls: list[Call]) -> None:
    missed = [
        place
        for place, (_, direction, outcome, caller, *_) in enumerate(calls)
        if direction == "incoming" and outcome != "answered" and caller
    ]
    reached = [place for place in missed if is_reached(calls[place], calls)]

    assert listed("yes", *calls) == reached
    assert listed("no", *calls) == [place for place in missed if place not in reached]
    assert listed("no", *calls, **{"from": "2026-03-01"}) == listed("no", *calls)
