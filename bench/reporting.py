"""Reports: five questions over two numbers of calls, in Tollbook's store and in row stores with indexes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from bench import importing
from bench.engines import duck, lite
from bench.engines.postgres import Postgres, database
from bench.engines.timing import LONGEST_S, Asking, Timing, TookTooLong, time_question
from bench.questions import COLUMNS, DUCKDB, INDEXES, NAMES, POSTGRESQL, SQLITE, Dialect, spelt
from bench.scene import Fact, Result, Scene
from bench.tables import Table, count, duration, ratio

_LOADING_S = 180.0
"""Longest loading of a row store."""
_LATEST_S = 420.0
"""Seconds of the run after which no more is loaded into PostgreSQL."""
_OURS = "Tollbook (DuckDB)"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What one database answered."""

    name: str
    timings: list[Timing]


class Heap(msgspec.Struct, frozen=True, kw_only=True):
    """One number of calls: Tollbook's store of them, the same as CSV, and whether SQLite is to be asked."""

    calls: int
    store: Path
    csv: Path
    sqlite: bool


def measure(scene: Scene) -> Result:
    """Ask all databases over both numbers of calls."""
    tables: list[Table] = []
    facts: dict[Fact, float] = {}
    with database() as (server, why_not):
        scene.say(f"reports: {server.version if server else why_not}")
        for heap in _heaps(scene):
            asked, left_out = _asked(scene, heap, server)
            notes = [*left_out, *([f"PostgreSQL was left out: {why_not}"] if why_not else [])]
            tables.append(_table(heap, asked, notes))
            facts = _facts(heap, asked)
            heap.csv.unlink(missing_ok=True)
    return Result(tables=tables, facts=facts)


def _heaps(scene: Scene) -> Iterator[Heap]:
    sizes, folder = scene.sizes, scene.folder
    small = importing.fill(scene) / "calls.duckdb"
    yield Heap(calls=sizes.calls, store=small, csv=folder / "calls.csv", sqlite=True)
    large = folder / "large.duckdb"
    many = sizes.calls * sizes.more
    scene.say(f"reports: making a store of {count(many)} calls")
    duck.multiply(small, large, sizes.more)
    yield Heap(calls=many, store=large, csv=folder / "large.csv", sqlite=sizes.sqlite_more)


def _asked(scene: Scene, heap: Heap, server: Postgres | None) -> tuple[list[Asked], list[str]]:
    """Return what each database answered, and what was left out."""
    left_out: list[str] = []
    with closing(duck.Duck(heap.store)) as ours:
        asked = [_ask(scene, heap, _OURS, (ours, DUCKDB))]
    if heap.sqlite or server:
        duck.export(heap.store, heap.csv)
    if heap.sqlite:
        asked.append(_ask_sqlite(scene, heap))
    else:
        left_out.append(f"SQLite was not asked over {count(heap.calls)} calls; --sqlite-10m asks it")
    if server and scene.passed_s() > _LATEST_S:
        left_out.append(f"PostgreSQL was left out: the run had taken {_LATEST_S:.0f} s already")
    elif server:
        try:
            scene.say(f"reports: loading {count(heap.calls)} calls into PostgreSQL")
            server.load(heap.csv, _LOADING_S)
            asked.append(_ask(scene, heap, "PostgreSQL", (server, POSTGRESQL)))
        except TookTooLong:
            left_out.append(f"PostgreSQL was left out: loading took longer than {_LOADING_S:.0f} s")
    return asked, left_out


def _ask_sqlite(scene: Scene, heap: Heap) -> Asked:
    scene.say(f"reports: loading {count(heap.calls)} calls into SQLite")
    target = scene.folder / "reports.sqlite"
    lite.load(heap.csv, target)
    try:
        with closing(lite.Lite(target, LONGEST_S)) as database:
            return _ask(scene, heap, "SQLite", (database, SQLITE))
    finally:
        target.unlink()


def _ask(scene: Scene, heap: Heap, name: str, how: tuple[Asking, Dialect]) -> Asked:
    scene.say(f"reports: {name} over {count(heap.calls)} calls")
    database, dialect = how
    timings = [time_question(database, question, scene.sizes.repeats) for question in spelt(dialect)]
    return Asked(name=name, timings=timings)


def _table(heap: Heap, asked: list[Asked], left_out: list[str]) -> Table:
    ours, *others = asked
    columns = ["report", f"{ours.name}: first", "median"]
    for other in others:
        columns += [f"{other.name}: first", "median", "times ours"]
    rows = [_row(name, [each.timings[number] for each in asked]) for number, name in enumerate(NAMES)]
    differing = [other.name for other in others if not _agree(ours, other)]
    agreement = f"differing answers: {', '.join(differing)}" if differing else "all gave the same answers"
    return Table(
        title=f"Reports over {count(heap.calls)} calls",
        columns=tuple(columns),
        words=frozenset(("report",)),
        rows=[*rows, _whole(asked)],
        notes=(
            f"First: the first time after opening. Median: of the runs after one to warm up. {agreement.capitalize()}.",
            f"The row stores hold the {len(COLUMNS)} columns that reports use, indexed by {'; '.join(INDEXES)}.",
            "Tollbook's store holds all columns, without an index.",
            *left_out,
        ),
    )


def _row(name: str, timings: list[Timing]) -> tuple[str, ...]:
    ours, *others = timings
    cells = [name, duration(ours.first_s), _middle(ours)]
    for other in others:
        gain = ratio(other.middle_s / ours.middle_s) if other.middle_s and ours.middle_s else "-"
        cells += [duration(other.first_s), _middle(other), gain]
    return tuple(cells)


def _middle(timing: Timing) -> str:
    return f"over {LONGEST_S} s" if timing.middle_s is None else duration(timing.middle_s)


def _whole(asked: list[Asked]) -> tuple[str, ...]:
    """Return the row of sums; of a question that was given up, the time after which it was."""
    ours, *others = (_sum(each) for each in asked)
    cells = ["all five", "", duration(ours)]
    for other in others:
        cells += ["", duration(other), ratio(other / ours)]
    return tuple(cells)


def _sum(asked: Asked) -> float:
    return sum(timing.first_s if timing.middle_s is None else timing.middle_s for timing in asked.timings)


def _agree(ours: Asked, other: Asked) -> bool:
    pairs = zip(ours.timings, other.timings, strict=True)
    return all(mine.answer == theirs.answer for mine, theirs in pairs if theirs.middle_s is not None)


def _facts(heap: Heap, asked: list[Asked]) -> dict[Fact, float]:
    ours = asked[0]
    slowest = max(timing.middle_s or LONGEST_S for timing in ours.timings)
    facts = {Fact.SLOWEST_REPORT_S: slowest, Fact.SLOWEST_REPORT_CALLS: float(heap.calls)}
    gains = [_sum(other) / _sum(ours) for other in asked if other.name == "PostgreSQL"]
    return facts | ({Fact.REPORT_GAIN: gains[0]} if gains else {})
