"""Reports that are computed or asked in SQL of their own, beside a count by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.offices import ZONE, office, office_calls
from tests.unit.reports.test_catalogue import ran, wanted
from tollbook.model.problem import Misconfigured
from tollbook.reports.known import report
from tollbook.reports.running import run
from tollbook.sizing.erlang import lines_for
from tollbook.store.filters import read_filter
from tollbook.store.ledger import Ledger, Scope
from tollbook.store.store import Store

BERLIN = ZoneInfo(ZONE)
SUMMER_ENDS = datetime(2026, 10, 24, 22, tzinfo=UTC)
"""Midnight in Berlin before the night in which the hour from two to three comes twice."""


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with office() as opened:
        yield opened


def a_call(begin: datetime, length_s: int, trunk: str = "CO1", **other: object) -> dict[str, Any]:
    local = begin.astimezone(BERLIN).replace(tzinfo=UTC)
    return {
        "direction": "incoming", "outcome": "answered", "extension": "101", "trunk": trunk, "caller": "0089230025",
        "started_at": int(begin.timestamp()), "started_local": int(local.timestamp()), "talk_s": length_s, **other,
    }  # fmt: skip


def held(made: list[dict[str, Any]]) -> list[tuple[int, int]]:
    spans = [(each["started_at"], each.get("ring_s", 0) + each["talk_s"]) for each in made if each["trunk"]]
    return [(begin, begin + length) for begin, length in spans if length]


some_calls = st.lists(st.tuples(st.integers(0, 6 * 3600), st.integers(0, 5000)), min_size=1, max_size=12)


@settings(max_examples=25)
@given(some_calls)
def test_lines_in_use_are_those_of_a_count_by_hand_in_the_night_that_is_an_hour_longer(
    spans: list[tuple[int, int]],
) -> None:
    made = [a_call(SUMMER_ENDS + timedelta(seconds=begin), length) for begin, length in spans]
    calls = held(made)
    with office(*made) as opened:
        rows = ran(opened, "lines-in-use").rows
    if not calls:
        assert rows == []
        return

    at = min(begin for begin, _ in calls) // 1800 * 1800
    for moment, peak, mean, begun in rows:
        slot = range(at, at + 1800)
        levels = [sum(begin <= second < end for begin, end in calls) for second in slot[::1]]
        assert moment == datetime.fromtimestamp(at, BERLIN).replace(tzinfo=None)
        assert (peak, begun) == (max(levels), sum(begin in slot for begin, _ in calls))
        assert mean == pytest.approx(sum(levels) / 1800)
        at += 1800
    assert at >= max(end for _, end in calls)


def test_the_lines_that_are_wanted_are_those_for_the_busiest_hour_of_each_day(store: Store) -> None:
    rows = ran(store, "trunk-sizing", lost="0.05").rows

    assert len({row[0] for row in rows}) == len(rows) > 20
    hours: dict[datetime, float] = {}
    for begin, end in held(office_calls()):
        for second in range(begin, end):
            hour = datetime.fromtimestamp(second, BERLIN).replace(tzinfo=None, minute=0, second=0)
            hours[hour] = hours.get(hour, 0) + 1 / 3600
    for day, busiest, traffic, _, lines in rows:
        most = max(value for at, value in hours.items() if at.date() == day)
        assert traffic == pytest.approx(most) == pytest.approx(hours[busiest])  # type: ignore[index] # a moment
        assert lines == lines_for(most, 0.05)


def test_who_was_called_back_is_no_longer_waiting() -> None:
    morning = datetime(2026, 11, 2, 9, tzinfo=UTC)
    missed = a_call(morning, 0, outcome="unanswered", ring_s=20)
    other = a_call(morning, 0, outcome="unanswered", caller="00033142685300")
    back = a_call(morning + timedelta(hours=1), 60, direction="outgoing", caller="101", called="0089230025")
    with office(missed, other, back) as opened:
        waiting = ran(opened, "unreturned-calls")
        returned = ran(opened, "unreturned-calls", {"from": "2026-09-01", "to": "2026-11-30", "called-back": "yes"})

    assert [row[1] for row in waiting.rows] == ["+33142685300"]
    assert [row[1] for row in returned.rows] == ["+4989230025"]


def test_extensions_of_the_directory_without_any_call_are_unused() -> None:
    with office(a_call(datetime(2026, 11, 2, 9, tzinfo=UTC), 60)) as opened:
        rows = ran(opened, "unused-extensions").rows

    assert [(row[0], row[2], row[3]) for row in rows] == [
        ("103", "Cleo Dahl", "Help desk"),
        ("102", "Ben Cole", "Sales / North"),
    ]


@pytest.mark.parametrize(
    ("words", "unused"),
    [
        ({}, ["103", "102"]),
        ({"person": "Ben Cole,Cleo Dahl"}, ["103", "102"]),
        ({"person": "Berg, Anna"}, []),
        ({"department": "Sales"}, ["102"]),
        ({"extension": "101,103"}, ["103"]),
        ({"pbx": "hts"}, ["103", "102"]),
        ({"cost-centre": "100"}, ["102"]),
        ({"company": "-"}, ["103", "102"]),
        ({"from": "2026-11-03", "to": "2026-11-04"}, ["103", "101", "102"]),
    ],
)
def test_a_filter_chooses_which_extensions_are_looked_at_and_not_what_counts_as_use(
    words: dict[str, str], unused: list[str]
) -> None:
    days = {"from": "2026-11-01", "to": "2026-11-30"}
    with office(a_call(datetime(2026, 11, 2, 9, tzinfo=UTC), 60, account_code="77")) as opened:
        assert [row[0] for row in ran(opened, "unused-extensions", {**days, **words}).rows] == unused


def test_a_filter_that_says_nothing_of_telephones_is_refused_where_they_are_asked_for() -> None:
    with office() as opened, pytest.raises(Misconfigured) as raised:
        ran(opened, "unused-extensions", {"direction": "incoming", "trunk": "CO1"})

    assert [fault.what for fault in raised.value.problems] == [
        "unused-extensions cannot be narrowed by 'direction'",
        "unused-extensions cannot be narrowed by 'trunk'",
    ]


def test_whoever_sees_some_calls_alone_is_told_of_the_telephones_of_these_alone() -> None:
    with office(a_call(datetime(2026, 11, 2, 9, tzinfo=UTC), 60)) as opened:
        for department, unused in {"Sales": ["102"], "Help desk": ["103"]}.items():
            ledger = Ledger(opened, Scope(calls=read_filter({"department": department})))
            table = run(ledger, report("unused-extensions"), wanted())
            assert [row[0] for row in table.rows] == unused


def test_hours_without_a_call_are_silences() -> None:
    morning = datetime(2026, 11, 2, 8, tzinfo=UTC)
    with office(*(a_call(morning + timedelta(hours=hours), 60) for hours in (0, 1, 7))) as opened:
        assert ran(opened, "silences").rows == [
            ("hts", datetime(2026, 11, 2, 11), datetime(2026, 11, 2, 16), 5),  # noqa: DTZ001 - by the clock of the PBX
        ]
        assert ran(opened, "silences", hours="6").rows == []
