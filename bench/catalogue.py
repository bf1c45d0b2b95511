"""Every report of the catalogue, over a year of the larger number of calls with a directory and prices."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from statistics import median

from bench.meaning import large_store
from bench.prices import priced
from bench.scene import DIRECTORY, ZONE, Fact, Result, Scene
from bench.tables import Table, count, duration
from tollbook.clock import monotonic_s
from tollbook.reports.definition import Report
from tollbook.reports.known import reports
from tollbook.reports.running import ReportRun, run
from tollbook.store.ledger import Ledger
from tollbook.store.store import Store

_YEAR = {"from": "2025-01-01", "to": "2025-12-31"}
_OF_LINES = ("lines-in-use", "trunk-sizing", "all-trunks-busy")
"""They look at every second of the year, and may take longer."""


def measure(scene: Scene) -> Result:
    """Run each report over the whole year, once to warm up and then several times."""
    with closing(Store(large_store(scene))) as store:
        scene.say("catalogue: prices")
        store.copy_directory(DIRECTORY)
        priced(store)
        calls = int(store.rows("SELECT count(*) FROM call")[0][0])
        took: dict[str, float] = {}
        rows: dict[str, int] = {}
        for slug, report in reports().items():
            scene.say(f"catalogue: {slug}")
            rows[slug] = _timed(store, report)[1]
            took[slug] = median(_timed(store, report)[0] for _ in range(scene.sizes.repeats))
    slowest_first = sorted(took, key=lambda slug: -took[slug])
    table = Table(
        title=f"Reports of the catalogue, {count(calls)} calls of a year",
        columns=("report", "time", "rows"),
        words=frozenset(("report",)),
        rows=[(slug, duration(took[slug]), count(rows[slug])) for slug in slowest_first],
        notes=("Median of several, after one to warm up; totals, comparison of currencies and drill-downs included.",),
    )
    facts = {
        Fact.CATALOGUE_S: max(took[slug] for slug in took if slug not in _OF_LINES),
        Fact.CATALOGUE_LINES_S: max(took[slug] for slug in _OF_LINES),
        Fact.CATALOGUE_MEDIAN_S: median(took.values()),
    }
    return Result(tables=[table], facts=facts)


def _timed(store: Store, report: Report) -> tuple[float, int]:
    wanted = ReportRun(
        words=_YEAR, today=datetime(2026, 1, 1, tzinfo=UTC).date(), zone=ZONE, made_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    begun = monotonic_s()
    table = run(Ledger(store), report, wanted)
    return monotonic_s() - begun, len(table.rows)
