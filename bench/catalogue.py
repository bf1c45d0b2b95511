"""Every report of the catalogue, over a year of the larger number of calls with a directory and prices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from statistics import median
from time import process_time
from typing import Any

import msgspec

from bench.beside import INDEXED, SAMPLE, Beside, Remembering, ask, asked_alone, load
from bench.engines.postgres import NoServer, database
from bench.engines.timing import LONGEST_S, TookTooLong
from bench.meaning import large_store
from bench.prices import priced
from bench.scene import DIRECTORY, ZONE, Fact, Result, Scene
from bench.tables import Table, count, duration, ratio
from tollbook.clock import monotonic_s
from tollbook.reports.definition import Report
from tollbook.reports.known import reports
from tollbook.reports.running import ReportRun, run
from tollbook.store.ledger import Ledger
from tollbook.store.store import Store

YEAR = {"from": "2025-01-01", "to": "2025-12-31"}
_OF_LINES = ("lines-in-use", "trunk-sizing", "all-trunks-busy")
"""They look at every second of the year, and may take longer."""


_LOADING_S = 600.0
"""Longest loading of PostgreSQL."""


class Timed(msgspec.Struct, frozen=True, kw_only=True):
    """A report as it was run: the time on the clock, that of all processors together, and its rows."""

    took_s: float
    cpu_s: float
    rows: int
    asked: list[tuple[str, dict[str, Any], int]]


class Ours(msgspec.Struct, frozen=True):
    """Our reports as they were run, and how many seconds the questions of some take alone."""

    reports: Mapping[str, Timed]
    alone_s: Mapping[str, float]


class SameQuestions(msgspec.Struct, frozen=True, kw_only=True):
    """What a report's questions alone took: in our own store, and in PostgreSQL."""

    ours_s: float
    theirs: Beside

    @property
    def gain(self) -> float:
        """How many times ours PostgreSQL's time is."""
        return self.theirs.took_s / self.ours_s


def measure(scene: Scene) -> Result:
    """Run each report over the whole year, once to warm up and then several times; some of them in PostgreSQL, too."""
    with closing(Store(large_store(scene))) as store:
        scene.say("catalogue: prices")
        store.copy_directory(DIRECTORY)
        priced(store)
        calls = int(store.rows("SELECT count(*) FROM call")[0][0])
        ours: dict[str, Timed] = {}
        alone: dict[str, float] = {}
        for slug, report in reports().items():
            scene.say(f"catalogue: {slug}")
            ours[slug] = timed(store, report, YEAR, scene.sizes.repeats)
            if slug in SAMPLE:
                alone[slug] = asked_alone(store, ours[slug].asked, scene.sizes.repeats)
        beside, notes = _beside(scene, store, Ours(ours, alone))
    took = {slug: each.took_s for slug, each in ours.items()}
    slowest_first = sorted(took, key=lambda slug: -took[slug])
    table = Table(
        title=f"Reports of the catalogue, {count(calls)} calls of a year",
        columns=("report", "time", "processors", "rows", "same SQL", "PostgreSQL", "times ours"),
        words=frozenset(("report",)),
        rows=[_row(slug, ours[slug], beside.get(slug)) for slug in slowest_first],
        notes=(
            "Median of several, after one to warm up; totals, comparison of currencies and drill-downs included.",
            "Processors: what all of them together worked for one run, which says more where others use them, too.",
            *notes,
        ),
    )
    facts = {
        Fact.CATALOGUE_S: max(took[slug] for slug in took if slug not in _OF_LINES),
        Fact.CATALOGUE_LINES_S: max(took[slug] for slug in _OF_LINES),
        Fact.CATALOGUE_MEDIAN_S: median(took.values()),
    }
    if beside:
        facts[Fact.CATALOGUE_GAIN] = _gain(beside.values())
    return Result(tables=[table], facts=facts)


def _beside(scene: Scene, store: Store, ours: Ours) -> tuple[dict[str, SameQuestions], list[str]]:
    """Ask some of the reports in PostgreSQL; return how long it took, and what a reader has to know."""
    with database() as (server, why_not):
        if server is None:
            return {}, [f"PostgreSQL was left out: {why_not}."]
        try:
            scene.say(f"catalogue: loading {server.version}")
            load(server, store, scene.folder, _LOADING_S)
        except TookTooLong:
            return {}, [f"PostgreSQL was left out: loading took longer than {_LOADING_S:.0f} s."]
        found: dict[str, SameQuestions] = {}
        for slug in SAMPLE:
            scene.say(f"catalogue: {slug} in PostgreSQL")
            try:
                theirs = ask(server, ours.reports[slug].asked, scene.sizes.repeats)
                found[slug] = SameQuestions(ours_s=ours.alone_s[slug], theirs=theirs)
            except NoServer as fault:
                return found, [f"PostgreSQL was left out from {slug} on: {fault}."]
    gain = _gain(found.values())
    whole = sum(each.theirs.took_s for each in found.values()) / sum(ours.reports[slug].took_s for slug in found)
    other = [slug for slug, each in found.items() if not each.theirs.same_rows]
    agreement = f"Another number of rows: {', '.join(other)}." if other else "All gave as many rows as ours."
    notes = (
        f"PostgreSQL: {len(found)} breakdowns, {ratio(gain)} our time together; the others were not asked. {agreement}",
        "Both were asked the same SQL, carried over by sqlglot; times are of the questions alone, median, warm.",
        f"Of our whole time, with all that makes a report of the answer, PostgreSQL's is {ratio(whole)}.",
        f"A question was given up there after {LONGEST_S} s. Indexes: {INDEXED}.",
    )
    return found, list(notes)


def _gain(some: Iterable[SameQuestions]) -> float:
    """Return how many times ours PostgreSQL's time for some reports is, of the same questions alone."""
    every = list(some)
    return sum(each.theirs.took_s for each in every) / sum(each.ours_s for each in every)


def _row(slug: str, ours: Timed, beside: SameQuestions | None) -> tuple[str, ...]:
    cells = (slug, duration(ours.took_s), duration(ours.cpu_s), count(ours.rows))
    if beside is None:
        return (*cells, "", "", "")
    over = "" if beside.theirs.is_whole else "over "
    return (*cells, duration(beside.ours_s), over + duration(beside.theirs.took_s), over + ratio(beside.gain))


def timed(store: Store, report: Report, days: dict[str, str], repeats: int) -> Timed:
    """Run a report once to warm up and then several times; return the middle of these."""
    made_at = datetime(2026, 1, 1, tzinfo=UTC)
    wanted = ReportRun(words=days, today=made_at.date(), zone=ZONE, made_at=made_at)
    warm = Remembering(store)
    rows = len(run(warm, report, wanted).rows)
    took: list[tuple[float, float]] = []
    for _ in range(repeats):
        begun, worked = monotonic_s(), process_time()
        run(Ledger(store), report, wanted)
        took.append((monotonic_s() - begun, process_time() - worked))
    clock, processors = (median(each) for each in zip(*took, strict=True))
    return Timed(took_s=clock, cpu_s=processors, rows=rows, asked=warm.asked)
