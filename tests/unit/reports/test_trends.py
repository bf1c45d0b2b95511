"""The small line beside a row has what the row counts, stretch by stretch, and is left out where it says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from tests.fakes.offices import ZONE, office
from tollbook.model.report import ReportTable
from tollbook.reports.breakdown import Breakdown
from tollbook.reports.running import ReportRun, choose, explore
from tollbook.reports.trends import RowTrends, trends
from tollbook.store.ledger import Ledger
from tollbook.store.store import Store


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with office() as opened:
        yield opened


def went(store: Store, asked: Breakdown, **words: str) -> tuple[ReportTable, RowTrends | None]:
    made_at = datetime(2026, 11, 15, tzinfo=UTC)
    wanted = ReportRun(words=words, today=made_at.date(), zone=ZONE, made_at=made_at)
    ledger = Ledger(store)
    table = explore(ledger, asked, wanted)
    return table, trends(ledger, asked, choose(wanted, {}, "").where, table)


@pytest.fixture(scope="module")
def days(store: Store) -> tuple[str, str]:
    ((first, last),) = store.rows("SELECT min(started_local)::DATE, max(started_local)::DATE FROM call")
    return str(first), str(last)


@pytest.mark.parametrize("measure", ["calls", "missed", "talk"])
@pytest.mark.parametrize("rows", [("extension",), ("person", "direction"), ("country",)])
def test_the_points_of_a_row_come_to_what_the_row_counts(
    store: Store, days: tuple[str, str], rows: tuple[str, ...], measure: str
) -> None:
    first, last = days
    table, found = went(store, Breakdown(rows=rows, measures=(measure, "calls")), **{"from": first, "to": last})

    assert found is not None
    counted = len(rows) + (measure == "talk")
    assert [sum(values) for values in found.values] == [row[counted] for row in table.rows]
    assert {len(values) for values in found.values} == {len(found.begins)}


LONG = {("2026-10-05", "2026-10-11"): 7, ("2026-06-01", "2026-11-15"): 24, ("2024-01-01", "2026-12-31"): 35}


@pytest.mark.parametrize("first_last", LONG)
def test_long_stretches_have_a_point_for_each_week_or_month_up_to_today(
    store: Store, first_last: tuple[str, str]
) -> None:
    first, last = first_last
    _, found = went(store, Breakdown(rows=("extension",), measures=("calls",)), **{"from": first, "to": last})
    assert found is not None
    assert len(found.begins) == LONG[first_last]


@pytest.mark.parametrize(
    "asked",
    [
        Breakdown(rows=("hour",), measures=("calls",)),
        Breakdown(rows=("extension", "month"), measures=("calls",)),
        Breakdown(rows=("extension",), columns="direction", measures=("calls",)),
        Breakdown(measures=("calls",)),
    ],
)
def test_times_columns_and_totals_alone_have_none(store: Store, days: tuple[str, str], asked: Breakdown) -> None:
    assert went(store, asked, **{"from": days[0], "to": days[1]})[1] is None


def test_one_day_and_days_without_an_end_have_none(store: Store, days: tuple[str, str]) -> None:
    asked = Breakdown(rows=("extension",), measures=("calls",))
    assert went(store, asked, **{"from": days[0], "to": days[0]})[1] is None
    assert went(store, asked, **{"from": days[0]})[1] is None
    assert date.fromisoformat(days[0]) < date.fromisoformat(days[1])
