"""The way from a row to its calls: the words of a row choose just the calls that it counted, or there are no words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.offices import ZONE, office, office_calls
from tollbook.model.report import ReportTable
from tollbook.reports.breakdown import Breakdown, apart
from tollbook.reports.known import report, reports
from tollbook.reports.running import ReportRun, explore, run
from tollbook.store.ledger import Ledger
from tollbook.store.store import Store

DAYS = {"from": "2026-09-01", "to": "2026-11-30"}
ODD = ("", "-", "a,b", "=a", "a", "b", "77")
"""Texts that a filter word reads otherwise than they stand there."""
GIVEN = {
    "time": ("08:15-09:45", "22:00-06:20,12:10-12:20", "00:00-24:00", "17:59-18:01"),
    "outcome": ("missed", "missed,busy", "answered,missed", "busy,failed"),
    "direction": ("incoming", "incoming,internal", "outgoing,transit,internal"),
    "department": ("Sales", "sales / north", "=Sales", "=Sales / North", "-"),
    "number": ("8923", "101", "=+4989230025", "-", "+49 89 230025"),
    "from": ("2026-10-07", "2026-10-07T09:10", "2026-10-07T09:10+02:00", "20261007T0910"),
    "to": ("2026-10-24", "2026-10-25T02:30", "2026-10-25T02:30Z", "2026-10-25"),
    "weekday": ("mon-fri", "sat,sun", "fri-mon"),
    "feature": ("-", "a,b", "=a,b", "a,-", "=-"),
    "trunk": ("CO1", "CO2,-"),
    "extension": ("101,102", "-", "101,-"),
    "person": ("Berg, Anna", "-", "ben cole"),
    "cost-centre": ("100", "4711", "-"),
    "unpriced": ("any", "no-rate,no-tariff", "-"),
    "kind": ("mobile", "-", "emergency,mobile"),
    "country": ("de", "US,-"),
    "called-back": ("no", "yes"),
    "min-duration": ("5m",),
    "text": ("b",),
}


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with office(*({**call, **odd(place)} for place, call in enumerate(office_calls(250)))) as opened:
        yield opened


def odd(place: int) -> dict[str, str]:
    """Return columns that hold what filters read otherwise."""
    names = ("feature", "device", "status", "ddi", "trunk_group", "auth_code", "account_code")
    return {name: ODD[(place * (number + 3) + number) % len(ODD)] for number, name in enumerate(names)}


def wanted(words: dict[str, str]) -> ReportRun:
    return ReportRun(words=words, today=date(2026, 11, 15), zone=ZONE, made_at=datetime(2026, 11, 15, tzinfo=UTC))


def broken_down(store: Store, words: dict[str, str], **asked: Any) -> ReportTable:  # noqa: ANN401 - its fields
    return explore(Ledger(store), Breakdown(**asked), wanted(words))


some_words = st.lists(st.sampled_from(sorted(GIVEN)), max_size=3, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: st.sampled_from(GIVEN[name]) for name in names}),
)
some_rows = st.lists(st.sampled_from(sorted(apart())), min_size=1, max_size=2, unique=True).map(tuple)


def led(store: Store, words: dict[str, str], rows: tuple[str, ...]) -> list[bool]:
    """Check the way of some rows of a breakdown, the first and the last; return which rows have one."""
    table = broken_down(store, words, rows=rows, measures=("calls",))
    for row, way in list(zip(table.rows, table.drills, strict=True))[:: max(1, len(table.rows) // 4)]:
        found = way is None or broken_down(store, way, measures=("calls",)).rows == [(row[-1],)]
        assert found, f"{row} of {rows} where {words} leads to {way}"
    return [way is not None for way in table.drills]


@settings(max_examples=150)
@given(words=some_words, rows=some_rows)
def test_a_row_leads_to_just_the_calls_that_it_counted_or_nowhere(
    store: Store, words: dict[str, str], rows: tuple[str, ...]
) -> None:
    led(store, words, rows)


@pytest.mark.parametrize("name", sorted({each.word for each in apart().values()} & GIVEN.keys()))
def test_under_a_filter_of_its_own_word_every_row_leads_to_its_calls(store: Store, name: str) -> None:
    for text in GIVEN[name]:
        for rows in (each for each, told in apart().items() if told.word == name):
            is_part = name == "number" and text[0] not in "=-"
            assert all(led(store, {name: text}, (rows,))) is not is_part


@pytest.mark.parametrize(
    ("words", "row", "more"),
    [
        ({"time": "08:15-08:50"}, ("hour", 8), {"time": "08:15-08:50"}),
        ({"outcome": "missed"}, ("outcome", "busy"), {"outcome": "busy", "direction": "incoming"}),
        ({"direction": "incoming,internal"}, ("place", "outside"), {"direction": "incoming"}),
        ({"department": "Sales / North"}, ("division", "Sales"), {"department": "Sales / North"}),
        ({}, ("person", "Berg, Anna"), {"person": "=Berg, Anna"}),
        ({}, ("feature", "a,b"), {"feature": "=a,b"}),
        ({}, ("feature", "b"), {"feature": "b"}),
    ],
)
def test_what_a_filter_says_and_what_a_row_is_become_one_text(
    store: Store, words: dict[str, str], row: tuple[str, object], more: dict[str, str]
) -> None:
    name, value = row
    table = broken_down(store, words, rows=(name,), measures=("calls",))

    assert table.drills[[each[0] for each in table.rows].index(value)] == more  # type: ignore[arg-type] # a value


@pytest.mark.parametrize("slug", sorted(slug for slug, each in reports().items() if "column" in each.document))
def test_the_rows_of_a_query_that_lead_anywhere_count_calls(store: Store, slug: str) -> None:
    is_about_calls = "considered" not in reports()[slug].document
    for words in (DAYS, {**DAYS, "direction": "incoming"}, {**DAYS, "trunk": "CO1"})[: 3 if is_about_calls else 1]:
        table = run(Ledger(store), report(slug), wanted(words))
        names = [column.name for column in table.columns]
        for row, way in zip(table.rows, table.drills, strict=False):
            if way is not None:
                assert broken_down(store, way, measures=("calls",)).rows == [(row[names.index("calls")],)], way
