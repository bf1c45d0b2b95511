"""The words by which calls are filtered: what each means, to the second, and how a wrong one is told."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.model.outcome import Direction, Outcome, is_missed
from tollbook.model.problem import Misconfigured
from tollbook.store.filters import ASKED, WORDS, Where, read_asked, read_filter, spelled_out

COLUMNS = (
    "pbx", "extension", "caller", "called", "trunk", "direction", "outcome", "account_code", "device", "feature",
    "option1", "option2", "call_id", "caller_name", "ddi", "third_party", "number_e164",
)  # fmt: skip


def meant(given_words: dict[str, str], **call: object) -> bool:
    """Say whether a filter means a call."""
    where = read_filter(given_words)
    row = {
        **dict.fromkeys(COLUMNS, ""),
        "number_shown": None,
        "total_s": 0,
        "started_local": NOON,
        "started_at": NOON,
        **call,
    }
    values = {f"row_{name}": value for name, value in row.items()}
    columns = ", ".join(f"$row_{name} AS {name}" for name in row)
    query = f"SELECT count(*) FROM (SELECT {columns}) WHERE {where.sql}"  # noqa: S608 - names of this file
    return bool(duckdb.execute(query, {**values, **where.values}).fetchall()[0][0])


NOON = datetime(2026, 1, 31, 12)  # noqa: DTZ001 - wall time


@pytest.mark.parametrize(
    ("word", "text", "call"),
    [
        ("pbx", "hotel, front", {"pbx": "front"}),
        ("extension", "101,,102", {"extension": "102"}),
        ("trunk", "7", {"trunk": "7"}),
        ("direction", "incoming, outgoing", {"direction": "outgoing"}),
        ("outcome", "busy", {"outcome": "busy"}),
        ("outcome", "missed, answered", {"direction": "outgoing", "outcome": "answered"}),
        ("account", "12", {"account_code": "12"}),
        ("number", "555-01", {"caller": "5550101"}),
        ("number", "*6#+9", {"called": "1*6#+98"}),
        ("text", "ada", {"caller_name": "Ada L"}),
        ("text", "1%_\\", {"device": "a1%_\\b"}),
        ("min-duration", "90", {"total_s": 90}),
        ("min-duration", "90s", {"total_s": 91}),
        ("min-duration", "2m", {"total_s": 120}),
        ("max-duration", "1h", {"total_s": 3600}),
        ("max-duration", "0", {"total_s": 0}),
        ("max-duration", "99999999", {"total_s": 5}),
        ("from", "2026-01-31", {}),
        ("to", "2026-01-31", {}),
        ("from", "2026-01-31T12:00", {}),
        ("to", "2026-01-31T12:00", {}),
        ("from", "2026-01-31T13:00+01:00", {}),
        ("to", "2026-01-31T12:00Z", {}),
    ],
)
def test_a_word_means_calls_that_have_what_it_says(word: str, text: str, call: dict[str, Any]) -> None:
    assert meant({word: text}, **call)


@pytest.mark.parametrize(
    ("word", "text", "call"),
    [
        ("pbx", "hotel,front", {"pbx": "fronts"}),
        ("number", "555-01", {"caller": "555201"}),
        ("text", "1%_\\", {"device": "a1xxb"}),
        ("text", "_", {"device": "a"}),
        ("min-duration", "90", {"total_s": 89}),
        ("min-duration", "2m", {"total_s": 119}),
        ("max-duration", "1h", {"total_s": 3601}),
        ("max-duration", "1m", {"total_s": 61}),
        ("from", "2026-02-01", {}),
        ("to", "2026-01-30", {}),
        ("from", "2026-01-31T12:00:01", {}),
        ("to", "2026-01-31T11:59:59", {}),
        ("from", "2026-01-31T13:00:01+01:00", {}),
        ("to", "2026-01-31T11:59:59Z", {}),
    ],
)
def test_a_word_means_no_other_calls(word: str, text: str, call: dict[str, Any]) -> None:
    assert not meant({word: text}, **call)


@pytest.mark.parametrize("text", ["2026-01-31T12:00", "2026-01-31T15:00Z", "2026-01-31T16:00+01:00"])
def test_a_time_is_the_pbxs_own_and_with_a_zone_it_is_an_instant(text: str) -> None:
    call = {"started_local": NOON, "started_at": NOON.replace(hour=15)}
    earlier = {name: at - timedelta(seconds=1) for name, at in call.items()}

    assert [meant({"from": text}, **each) for each in (call, earlier)] == [True, False]


def test_the_last_day_is_meant_whole_and_the_next_not_at_all() -> None:
    last, next_ = datetime(2026, 1, 31, 23, 59, 59), datetime(2026, 2, 1)  # noqa: DTZ001 - wall time

    assert [meant({"to": "2026-01-31"}, started_local=each) for each in (last, next_)] == [True, False]


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("pbx", ","), ("direction", "sideways"), ("outcome", "busy,no"), ("number", "abc"), ("min-duration", "5d"),
        ("min-duration", "100000000"), ("max-duration", "-1"), ("max-duration", "m"), ("max-duration", "٣"),
        ("from", "yesterday"), ("to", "2026-02-30"), ("to", "9999-12-31"), ("from", "2026-1-1"),
    ],
)  # fmt: skip
def test_a_word_that_means_nothing_is_told_with_what_it_should_be(word: str, text: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        read_filter({word: text}, "the page")

    (problem,) = caught.value.problems
    assert problem.what.startswith(f"'{word}' must be ")
    assert (problem.reason, problem.where, problem.help) == (f"got {text!r}", "the page", WORDS[word].help)


def test_all_faults_are_told_at_once_and_all_words_hold_together() -> None:
    with pytest.raises(Misconfigured) as caught:
        read_filter({"from": "x", "pbx": "front", "to": "y"})
    assert len(caught.value.problems) == 2

    both = {"pbx": "front", "extension": "101"}
    assert [meant(both, pbx="front", extension=each) for each in ("101", "102")] == [True, False]


def test_nothing_said_means_every_call() -> None:
    assert read_filter({"pbx": "  ", "nosuch": "x"}) == Where("true", {})


@given(st.sampled_from(sorted(WORDS)), st.text(max_size=20))
def test_whatever_is_typed_is_bound_or_refused(word: str, text: str) -> None:
    try:
        where = read_filter({word: text})
    except Misconfigured:
        return
    assert set(where.sql) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789$ (),<>='\\+-./")
    assert where.sql.count("$") == len(where.values)


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_missed_call_is_the_same_to_a_filter_and_to_whoever_shows_it(direction: str, outcome: str) -> None:
    assert meant({"outcome": "missed"}, direction=direction, outcome=outcome) == is_missed(direction, outcome)


def test_missed_calls_can_be_asked_for_together_with_others() -> None:
    asked = {"outcome": "missed,failed"}

    assert meant(asked, direction="incoming", outcome="busy")
    assert meant(asked, direction="outgoing", outcome="failed")
    assert not meant(asked, direction="outgoing", outcome="busy")


FRIDAY = date(2026, 2, 13)


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("today", "2026-02-13", "2026-02-13"),
        ("yesterday", "2026-02-12", "2026-02-12"),
        ("this-week", "2026-02-09", "2026-02-15"),
        ("last-week", "2026-02-02", "2026-02-08"),
        ("this-month", "2026-02-01", "2026-02-28"),
        ("last-month", "2026-01-01", "2026-01-31"),
        ("last-7-days", "2026-02-07", "2026-02-13"),
        ("last-30-days", "2026-01-15", "2026-02-13"),
    ],
)
def test_a_period_means_days_that_today_makes_of_it(period: str, first: str, last: str) -> None:
    assert spelled_out({"period": period, "pbx": "front"}, FRIDAY) == {"pbx": "front", "from": first, "to": last}


def test_a_day_may_be_said_as_today_or_yesterday() -> None:
    given_words = {"from": " yesterday ", "to": "today", "extension": "today"}

    assert spelled_out(given_words, FRIDAY) == {"from": "2026-02-12", "to": "2026-02-13", "extension": "today"}


@pytest.mark.parametrize(
    ("given_words", "field"),
    [
        ({"period": "last-decade"}, "period"),
        ({"period": "today", "from": "2026-02-01"}, "period"),
        ({"from": "2026-02-02", "to": "2026-02-01"}, "to"),
        ({"from": "2026-02-02T09:00", "to": "2026-02-02T08:59"}, "to"),
        ({"from": "today", "to": "yesterday"}, "to"),
        ({"from": "2026-02-02T09:00Z", "to": "2026-02-02T09:00+01:00"}, "to"),
    ],
)
def test_days_that_cannot_be_are_the_fault_of_the_field_that_says_so(given_words: dict[str, str], field: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        read_asked(given_words, FRIDAY)

    (problem,) = caught.value.problems
    assert problem.what.startswith(f"'{field}' ")


@pytest.mark.parametrize(
    "given_words",
    [
        {"from": "2026-02-02", "to": "2026-02-02"},
        {"from": "2026-02-02T23:59", "to": "2026-02-02"},
        {"from": "2026-02-02T09:00", "to": "2026-02-02T09:00"},
        {"from": "2026-02-02T09:00", "to": "2026-02-02T08:00Z"},
    ],
)
def test_days_that_can_be_are_no_fault(given_words: dict[str, str]) -> None:
    assert read_asked(given_words, FRIDAY).values


def test_what_is_kept_for_good_names_no_day_by_what_it_is_today() -> None:
    assert set(ASKED) - set(WORDS) == {"called-back", "period"}
    with pytest.raises(Misconfigured):
        read_filter({"from": "today"})
