"""Many sites, one centre: calls from the ledgers of sites over NATS into ClickHouse, and what the centre then answers.

Each site is a sink of its own, with a place of its own, that reads its part of one ledger: what is shared is the file,
and nothing of the way. First all hand on their history at once, then each its newest calls now and then, as in a day's
work. Sites, NATS server, loader and ClickHouse share this machine, but what a site does for itself is done beforehand.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from threading import Barrier, Event

import msgspec

from bench import importing
from bench.prices import priced
from bench.scene import DIRECTORY, PBX, ZONE, Fact, Result, Scene, SubjectFailed
from bench.tables import Table, count, duration, megabytes
from tests.fakes.clickhouse_server import ClickHouseServer, a_clickhouse
from tests.fakes.loaders import a_loader
from tests.fakes.nats_server import NatsServer, a_nats_server
from tollbook.clock import monotonic_s
from tollbook.engine.centre.asking import CentreTables
from tollbook.engine.centre.ledger import CentreLedger
from tollbook.model.fence import Fence
from tollbook.model.pbx import Pbx
from tollbook.plugins import read_options
from tollbook.reports.known import reports
from tollbook.reports.running import ReportRun, run
from tollbook.sinks.clickhouse.options import Options as TableOptions
from tollbook.sinks.clickhouse.table import ClickHouseTable
from tollbook.sinks.contract import Around
from tollbook.sinks.nats.options import Options
from tollbook.sinks.nats.publishing import NatsSink
from tollbook.store import outgoing
from tollbook.store.filters import ALL
from tollbook.store.ledger import Ledger
from tollbook.store.outgoing import ChangeQuery, Projection, Window
from tollbook.store.site_tables import NAMES, SiteTables
from tollbook.store.store import Store

_MONTH = {"from": "2025-11-01", "to": "2025-11-30"}
_REPORTS = ("by-department", "by-hour", "by-trunk", "cost-by-destination", "overview", "lines-in-use")
_LIVE, _LIVE_ROUNDS, _LIVE_PAUSE_S = 10, 5, 5.0
_PBX = Pbx(name=PBX, dialect="panasonic-kx-hts", source="folder", timezone=ZONE)


class _Shared(msgspec.Struct, frozen=True):
    """What the sites share: a ledger, what is handed on of it, a folder for the moment, and a server."""

    store: Store
    form: Projection
    folder: Path
    broker: NatsServer


class _Edge:
    """A site: its sink, and its number among them."""

    def __init__(self, shared: _Shared, number: int) -> None:
        settings = {**shared.broker.settings, "timeout": "120s", "place": f"Site {number}"}
        self._store, self._form, self._folder, self._number = shared.store, shared.form, shared.folder, number
        form = shared.form
        options = read_options(Options, settings, "the bench")
        self._sink = NatsSink(options, Around(name=f"site-{number}", fields=form.fields, key=form.key))
        if number == 0:
            self._sink.prepare()

    def read(self, after: int, most: int) -> Window:
        """Read calls, which each site does for itself."""
        _, window = outgoing.window(Ledger(self._store), self._form, ChangeQuery(after=after, most=most))
        if window is None:
            raise SubjectFailed("there are fewer calls than the sites are to have")
        window.write(self._folder / f"{self._number}.{after}", self._sink.file)
        return window

    def hand_on(self, read: Window) -> float:
        """Hand calls on, and return how long it took until they were said to be stored."""
        with closing(read):
            begun = monotonic_s()
            self._sink.deliver(read)
            return monotonic_s() - begun


class _Answered(msgspec.Struct, frozen=True):
    """How long a report took, the middle of several times, and how many rows it has."""

    took_s: float
    rows: int


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    """What the way came to: seconds for the history, waits in a day's work, and bytes of the table."""

    history_s: float
    waits_s: list[float]
    calls: int
    bytes: int


def measure(scene: Scene) -> Result:
    """Let all sites hand their calls on, then ask the centre."""
    if shutil.which("nats-server") is None:
        raise SubjectFailed("there is no nats-server on this machine")
    small = scene.folder / "fleet.duckdb"
    shutil.copyfile(importing.fill(scene) / "calls.duckdb", small)
    with ExitStack() as stack:
        store = stack.enter_context(closing(Store(small, memory="8GB")))
        scene.say("fleet: prices")
        store.copy_directory(DIRECTORY)
        priced(store)
        clickhouse = stack.enter_context(a_clickhouse(scene.folder / "fleet-clickhouse"))
        broker = stack.enter_context(a_nats_server(scene.folder / "fleet-nats"))
        stack.enter_context(a_loader(broker.settings, clickhouse.settings, scene.folder))
        found = _handed_on(scene, store, broker, clickhouse)
        asked = _asked(scene, store, clickhouse)
    slowest_s = max(each.took_s for each in asked.values())
    return Result(
        tables=[_way(scene, found), _answers(scene, found, asked)],
        facts={
            Fact.FLEET_RATE: found.calls / found.history_s,
            Fact.FLEET_LAG_S: found.waits_s[-1],
            Fact.FLEET_BYTES: found.bytes / found.calls,
            Fact.CENTRE_MONTH_S: slowest_s,
        },
    )


def _handed_on(scene: Scene, store: Store, broker: NatsServer, clickhouse: ClickHouseServer) -> _Found:
    sites = scene.sizes.fleet_sites
    form, folder = outgoing.form_of(Ledger(store), "ledger", ALL), scene.folder / "fleet-moment"
    folder.mkdir()
    edges = [_Edge(_Shared(store, form, folder, broker), number) for number in range(sites)]
    first = int(store.rows("SELECT min(meaning) FROM call")[0][0]) - 1
    each = scene.sizes.calls // sites
    scene.say(f"fleet: history of {sites} sites")
    with ThreadPoolExecutor(sites) as pool:
        read = [edge.read(first + number * each, each) for number, edge in enumerate(edges)]
        begun = monotonic_s()
        list(pool.map(_Edge.hand_on, edges, read))
        history_s = monotonic_s() - begun
        scene.say(f"fleet: a day's work of {sites} sites")
        waits = _day(pool, edges, first, each)
    there = int(clickhouse.ask("SELECT count() AS it FROM calls FINAL")[0]["it"])
    if there != each * sites:
        raise SubjectFailed(f"the centre has {there:,} calls where {each * sites:,} belong")
    _merge(clickhouse)
    size = clickhouse.ask("SELECT sum(bytes_on_disk) AS it FROM system.parts WHERE active AND table = 'calls'")
    return _Found(history_s=history_s, waits_s=waits, calls=there, bytes=int(size[0]["it"]))


def _day(pool: ThreadPoolExecutor, edges: Sequence[_Edge], first: int, each: int) -> list[float]:
    """Let every site hand on some calls again and again, not all at one moment; return the waits in order."""
    ready, pause = Barrier(len(edges)), Event()

    def work(numbered: tuple[int, _Edge]) -> list[float]:
        number, edge = numbered
        ready.wait()
        pause.wait(_LIVE_PAUSE_S * number / len(edges))
        waits = []
        for turn in range(_LIVE_ROUNDS):
            waits.append(edge.hand_on(edge.read(first + number * each + turn * _LIVE, _LIVE)))
            pause.wait(max(_LIVE_PAUSE_S - waits[-1], 0))
        return waits

    return sorted(wait for some in pool.map(work, enumerate(edges)) for wait in some)


def _asked(scene: Scene, store: Store, clickhouse: ClickHouseServer) -> dict[str, _Answered]:
    """Give each site many times as many calls, and return how long the centre takes for a month of them."""
    options = read_options(TableOptions, {**clickhouse.settings, "place": "Site 0"}, "the bench")
    _hand_tables(scene, store, options)
    columns = ", ".join(name for name in _columns(clickhouse, "calls") if name != "`id`")
    clickhouse.do("CREATE TABLE first_calls ENGINE = MergeTree ORDER BY tuple() AS SELECT * FROM calls FINAL")
    for number in range(1, scene.sizes.fleet_more):
        scene.say(f"fleet: as many calls again, {number} of {scene.sizes.fleet_more - 1}")
        clickhouse.do(
            f"INSERT INTO calls (id, {columns}) SELECT reinterpretAsUUID(sipHash128(id, {number})), {columns} "  # noqa: S608 - the bench's own names
            "FROM first_calls"
        )
    _lend_tables(clickhouse)
    _merge(clickhouse)
    with closing(CentreTables(options, Fence())) as centre:
        ledger = CentreLedger(store, centre)
        found = {}
        for slug in _REPORTS:
            scene.say(f"fleet: {slug}")
            found[slug] = _timed(ledger, slug, scene.sizes.repeats)
    return found


def _timed(ledger: Ledger, slug: str, repeats: int) -> _Answered:
    made_at = datetime(2026, 1, 1, tzinfo=UTC)
    wanted = ReportRun(words=_MONTH, today=made_at.date(), zone=ZONE, made_at=made_at)
    rows = len(run(ledger, reports()[slug], wanted).rows)
    took = []
    for _ in range(repeats):
        begun = monotonic_s()
        run(ledger, reports()[slug], wanted)
        took.append(monotonic_s() - begun)
    return _Answered(median(took), rows)


def _merge(clickhouse: ClickHouseServer) -> None:
    """Make one part of each month, as ClickHouse does by itself once nothing has come into it for an hour."""
    months = clickhouse.ask("SELECT DISTINCT partition_id AS it FROM system.parts WHERE active AND table = 'calls'")
    for month in months:
        clickhouse.do(f"OPTIMIZE TABLE calls PARTITION ID '{month['it']}' FINAL")


def _hand_tables(scene: Scene, store: Store, options: TableOptions) -> None:
    """Hand on the tables of one site, whose people are those of all: they are of the same ledger."""
    form = outgoing.form_of(Ledger(store), "ledger", ALL)
    sink = ClickHouseTable(options, Around(name="bench", fields=form.fields, key=form.key))
    with closing(sink):
        tables = SiteTables(Ledger(store), [_PBX])
        for name in NAMES:
            with tables.written(name, scene.folder / "fleet-table", 0) as table:
                sink.take_table(table)


def _lend_tables(clickhouse: ClickHouseServer) -> None:
    """Give every other site the same people, and their telephones."""
    others = "(SELECT DISTINCT place AS other FROM calls WHERE place <> 'Site 0')"
    for table in ("calls_owner", "calls_span", "calls_parts"):
        columns = ", ".join(name for name in _columns(clickhouse, table) if name != "`place`")
        clickhouse.do(f"INSERT INTO {table} (place, {columns}) SELECT other, {columns} FROM {table}, {others} AS o")  # noqa: S608 - the bench's own names


def _columns(clickhouse: ClickHouseServer, table: str) -> list[str]:
    asked = f"SELECT name FROM system.columns WHERE table = '{table}' AND default_kind = '' ORDER BY position"  # noqa: S608 - the bench's own names
    return [f"`{row['name']}`" for row in clickhouse.ask(asked)]


def _way(scene: Scene, found: _Found) -> Table:
    waits = found.waits_s
    return Table(
        title=f"{scene.sizes.fleet_sites} sites over NATS into ClickHouse, {count(found.calls)} calls",
        columns=("what", "figure"),
        words=frozenset(("what",)),
        rows=[
            ("history of all sites, read already, until said to be stored", duration(found.history_s)),
            ("calls a second", count(found.calls / found.history_s)),
            (f"{_LIVE} calls of a site, until said to be stored, median", duration(waits[len(waits) // 2])),
            ("the same, 95 of 100", duration(waits[len(waits) * 95 // 100])),
            ("the same, longest", duration(waits[-1])),
            ("bytes of a call in ClickHouse", f"{found.bytes / found.calls:.0f}"),
        ],
        notes=("Sites, NATS server, loader and ClickHouse's engine share this machine.",),
    )


def _answers(scene: Scene, found: _Found, asked: dict[str, _Answered]) -> Table:
    calls = found.calls * scene.sizes.fleet_more
    return Table(
        title=f"The centre's reports of November 2025 out of {count(calls)} calls",
        columns=("report", "time", "rows"),
        words=frozenset(("report",)),
        rows=[(slug, duration(each.took_s), count(each.rows)) for slug, each in asked.items()],
        notes=(f"The table takes {megabytes(found.bytes * scene.sizes.fleet_more)}.",),
    )
