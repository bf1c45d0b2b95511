"""The words by which calls are filtered: what each means, to the second, and how a wrong one is told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.model.problem import Misconfigured
from tollbook.store.filters import WORDS, Where, read_filter

COLUMNS = (
    "pbx", "extension", "caller", "called", "trunk", "direction", "outcome", "account_code", "device", "feature",
    "option1", "option2", "call_id", "caller_name", "ddi", "third_party",
)  # fmt: skip


def meant(given_words: dict[str, str], **call: object) -> bool:
    """Say whether a filter means a call."""
    where = read_filter(given_words)
    row = {**dict.fromkeys(COLUMNS, ""), "total_s": 0, "started_local": NOON, "started_at": NOON, **call}
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
    assert set(where.sql) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789$ (),<>='\\")
    assert where.sql.count("$") == len(where.values)
