"""Sinks: the history handed to databases, and how long a call takes from the disk to the user's table.

The sink writes all columns of a call into a table with our key, as `tollbook sink backfill` does: by key, in
transactions of 100,000. Beside it stands what `psql` takes to copy the same columns into a table without any key, from
a file that is there. The lag is from the moment that a line is handed over until a reader of the table sees the call.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import msgspec

from bench import importing
from bench.engines.maria import Maria, NoMaria
from bench.engines.postgres import NoServer, Postgres
from bench.scene import PBX, ZONE, Fact, Result, Scene, SubjectFailed
from bench.tables import Table, count, duration
from tests.fakes.clickhouse_server import ClickHouseServer, a_clickhouse
from tollbook.clock import monotonic_s
from tollbook.engine.engine import Engine
from tollbook.engine.site import Site
from tollbook.model.pbx import Pbx
from tollbook.model.sink import Sink

_NAME = "bench"
_LOOK_S, _LONGEST_S = 0.2, 900
_LINES_A_SECOND, _LIVE_S = 100, 10
_PBX = Pbx(name=PBX, dialect="panasonic-kx-hts", source="http_poll", timezone=ZONE, paused=True)


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """A database server: how a sink is told of it, and how many rows a table of it has."""

    name: str
    version: str
    settings: dict[str, str]
    count: Callable[[str], int]
    rate: Fact
    lag: Fact
    kind: str = "sql"


def measure(scene: Scene) -> Result:
    """Fill a table in each server that there is, then let calls come one by one."""
    site = importing.fill(scene)
    rows: list[tuple[str, ...]] = []
    facts: dict[Fact, float] = {}
    notes = ["CPU of server and sink is shared: both run on this machine."]
    for opening in (_postgres, _maria, _clickhouse):
        try:
            with opening(scene, site) as (server, peers):
                filled_s = _filled(scene, site, server)
                lags = _live(scene, server)
        except (NoServer, NoMaria) as fault:
            notes.append(f"not measured: {fault}")
            continue
        facts |= {server.rate: scene.sizes.calls / filled_s, server.lag: lags[-1]}
        rows.append(
            (server.name, duration(filled_s), count(scene.sizes.calls / filled_s), *map(duration, _shown(lags))),
        )
        rows += peers
        notes.append(f"{server.name}: {server.version}")
    if not rows:
        raise SubjectFailed("; ".join(notes))
    table = Table(
        title=f"{count(scene.sizes.calls)} calls into the user's database, then {_LINES_A_SECOND} a second",
        columns=("what", "backfill", "rows/s", "lag p50", "lag p95", "lag longest"),
        words=frozenset(("what",)),
        rows=rows,
        notes=tuple(notes),
    )
    return Result(tables=[table], facts=facts)


def _shown(lags: list[float]) -> tuple[float, float, float]:
    return lags[len(lags) // 2], lags[len(lags) * 95 // 100], lags[-1]


@contextmanager
def _postgres(scene: Scene, site: Path) -> Iterator[tuple[Server, list[tuple[str, ...]]]]:
    database = Postgres()
    try:
        there = database.address
        url = f"postgresql://{there['host']}:{there['port']}/{there['database']}"
        server = Server(
            name="Tollbook → PostgreSQL",
            version=database.version,
            settings={"url": url, "username": there["user"]},
            count=lambda table: int(database.run(f"SELECT count(*) FROM {table}")),  # noqa: S608 - the bench's own name
            rate=Fact.POSTGRES_RATE,
            lag=Fact.POSTGRES_LAG_S,
        )
        yield server, [_copied(scene, site, database)]
    finally:
        database.drop()


@contextmanager
def _maria(_scene: Scene, _site: Path) -> Iterator[tuple[Server, list[tuple[str, ...]]]]:
    database = Maria()
    try:
        server = Server(
            name="Tollbook → MariaDB",
            version=database.version,
            settings=database.settings,
            count=database.count,
            rate=Fact.MARIA_RATE,
            lag=Fact.MARIA_LAG_S,
        )
        yield server, []
    finally:
        database.drop()


@contextmanager
def _clickhouse(scene: Scene, _site: Path) -> Iterator[tuple[Server, list[tuple[str, ...]]]]:
    """Give ClickHouse's engine behind HTTP."""
    with a_clickhouse(scene.folder / "clickhouse") as there:
        version = there.ask("SELECT version() AS it")[0]["it"]
        server = Server(
            name="Tollbook → ClickHouse",
            version=f"ClickHouse {version}, the engine (chdb) behind HTTP",
            settings=there.settings,
            count=lambda table: _rows(there, table),
            rate=Fact.CLICKHOUSE_RATE,
            lag=Fact.CLICKHOUSE_LAG_S,
            kind="clickhouse",
        )
        yield server, []


def _rows(there: ClickHouseServer, table: str) -> int:
    found = there.ask(f"SELECT sum(rows) AS it FROM system.parts WHERE active AND table = '{table}'")  # noqa: S608 - the bench's own name
    return int(found[0]["it"] or 0)


def _copied(scene: Scene, site: Path, database: Postgres) -> tuple[str, ...]:
    """Let `psql` copy the same columns, as text, from a file that is there."""
    scene.say("sinks: psql \\copy, no key")
    file = scene.folder / "copied.csv"
    with duckdb.connect(str(site / "calls.duckdb"), read_only=True) as connection:
        connection.execute(f"COPY calls TO '{file}' (FORMAT csv, HEADER false)")
        names = [name for name, *_ in connection.execute("DESCRIBE calls").fetchall()]
    columns = ", ".join(f"{name} text" for name in names)
    database.run(f"CREATE TABLE copied ({columns})")
    begun = monotonic_s()
    database.run(f"\\copy copied FROM '{file}' (FORMAT csv)")
    took = monotonic_s() - begun
    file.unlink()
    database.run("DROP TABLE copied")
    return (
        "psql \\copy, all text, no key, not restartable",
        duration(took),
        count(scene.sizes.calls / took),
        "",
        "",
        "",
    )


@contextmanager
def _at_work(path: Path, server: Server) -> Iterator[Engine]:
    sink = Sink(name=_NAME, kind=server.kind, settings=server.settings)
    site = Site.open(path, purpose="the bench")
    engine = Engine(site, lambda: [_PBX], lambda: [sink])
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()
        site.close()


def _filled(scene: Scene, site: Path, server: Server) -> float:
    """Return the seconds that the history takes, until its last row is committed; every row is counted."""
    scene.say(f"sinks: {server.name}, history")
    target = scene.folder / "sinks"
    shutil.copytree(site, target)
    try:
        with _at_work(target, server) as engine:
            _wait(lambda: engine.sinks.health()[0].state == "well")
            begun = monotonic_s()
            engine.sinks.backfill(_NAME, "")
            _wait(lambda: engine.sinks.health()[0].behind == 0)
            took = monotonic_s() - begun
    finally:
        shutil.rmtree(target)
    if server.count("calls") != scene.sizes.calls:
        message = f"{server.name} holds {server.count('calls')} rows where {scene.sizes.calls} belong"
        raise SubjectFailed(message)
    return took


def _live(scene: Scene, server: Server) -> list[float]:
    """Return for each of some hundred calls the seconds until a reader of the table sees it, in ascending order."""
    scene.say(f"sinks: {server.name}, {_LINES_A_SECOND} calls a second")
    target = scene.folder / "sinks-live"
    with scene.master().open("rb") as file:
        lines = [line for line, _ in zip(file, range(_LINES_A_SECOND * _LIVE_S), strict=False)]
    live = msgspec.structs.replace(server, settings={**server.settings, "table": "live"})
    handed: list[float] = []
    try:
        with _at_work(target, live) as engine:
            _wait(lambda: engine.sinks.health()[0].state == "well")
            body = engine.begin_import(PBX, "live")
            sending = threading.Thread(target=_send, args=(engine, body, lines, handed))
            sending.start()
            lags = _seen(live, handed, len(lines))
            sending.join()
    finally:
        shutil.rmtree(target, ignore_errors=True)
    return sorted(lags)


def _send(engine: Engine, body: int, lines: list[bytes], handed: list[float]) -> None:
    begun = monotonic_s()
    for number, line in enumerate(lines):
        time.sleep(max(begun + number / _LINES_A_SECOND - monotonic_s(), 0))
        handed.append(monotonic_s())
        engine.take(body, line)
    engine.finish_import(body)


def _seen(server: Server, handed: list[float], most: int) -> list[float]:
    lags: list[float] = []
    until = monotonic_s() + _LONGEST_S
    while len(lags) < most and monotonic_s() < until:
        there = server.count("live")
        now = monotonic_s()
        lags += [now - handed[number] for number in range(len(lags), min(there, len(handed)))]
        time.sleep(_LOOK_S / 10)
    return lags


def _wait(reached: Callable[[], bool]) -> None:
    until = monotonic_s() + _LONGEST_S
    while not reached():
        if monotonic_s() > until:
            raise SubjectFailed(f"the sink took longer than {_LONGEST_S} s")
        time.sleep(_LOOK_S)
