"""Percentiles that are made of how many calls have each value are those of the calls themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.reports.breakdown import Breakdown
from tollbook.reports.sql import breakdown_sql

EXACT = ", ".join(
    f"quantile_disc(ring_s, {part}) FILTER (WHERE direction = 'incoming'), "
    "max(ring_s) FILTER (WHERE direction = 'incoming')"
    for part in (0.5, 0.9)
)
WAITS = ("wait_p50", "wait_longest", "wait_p90", "wait_longest")
BEGUN = datetime.fromisoformat("2026-03-02T00:00:00")
CALL = st.tuples(
    st.integers(0, 3),
    st.sampled_from(["incoming", "incoming", "outgoing"]),
    st.sampled_from(["a", "b", None]),
    st.none() | st.integers(0, 6) | st.integers(0, 4000),
)


ASKED: dict[Breakdown, list[tuple[str, ...]]] = {
    Breakdown(measures=WAITS): [()],
    Breakdown(measures=WAITS, rows=("hour",)): [("h",), ()],
    Breakdown(measures=WAITS, rows=("hour", "trunk"), subtotals=True): [("h", "t"), ("h",), ()],
    Breakdown(measures=WAITS, rows=("hour",), columns="trunk"): [("h", "t"), ("h",), ("t",), ()],
}
"""What is asked, and by which keys its lines are told apart."""


@pytest.fixture(scope="module")
def calls() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as database:
        columns = "started_local TIMESTAMP, direction VARCHAR, outcome VARCHAR, trunk VARCHAR, ring_s INTEGER"
        database.execute(f"CREATE TABLE call ({columns})")
        yield database


@given(some=st.lists(CALL, max_size=60))
def test_they_are_equal_for_rows_columns_subtotals_and_the_total(
    calls: duckdb.DuckDBPyConnection, some: list[tuple[int, str, str | None, int | None]]
) -> None:
    calls.execute("DELETE FROM call")
    rows = [(BEGUN + timedelta(hours=hour), way, "answered", trunk, ring) for hour, way, trunk, ring in some]
    if rows:
        calls.executemany("INSERT INTO call VALUES (?, ?, ?, ?, ?)", rows)
    for asked, levels in ASKED.items():
        count = len(asked.dimensions)
        told = calls.execute(breakdown_sql(asked, "true")).fetchall()
        assert {(row[1 : 1 + count], row[1 + count : 4 + count]) for row in told if some} == exact(calls, levels, count)


def exact(
    calls: duckdb.DuckDBPyConnection, levels: list[tuple[str, ...]], count: int
) -> set[tuple[tuple[object, ...], tuple[object, ...]]]:
    """Return what DuckDB says of the calls, one by one, for each level: its keys, then 50 %, the most, and 90 %."""
    said = {"h": "hour(started_local)", "t": "nullif(trunk, '')"}
    found = set()
    for level in levels:
        keys = [said[each] if each in level else "NULL" for each in ("h", "t")[:count]]
        by = f" GROUP BY {', '.join(said[each] for each in level)}" if level else ""
        for row in calls.execute(f"SELECT {', '.join((*keys, EXACT))} FROM call{by}").fetchall():  # noqa: S608 - words of this file
            found.add((row[:count], row[count : count + 3]))
    some = calls.execute("SELECT count(*) FROM call").fetchone()
    return found if some and some[0] else set()


def test_beside_counts_of_different_values_they_are_of_the_calls_themselves() -> None:
    assert "quantile_disc(ring_s, 0.9)" in breakdown_sql(Breakdown(measures=("wait_p90", "callers")), "true")
    assert "quantile_disc" not in breakdown_sql(Breakdown(measures=("wait_p90", "wait_average")), "true")
