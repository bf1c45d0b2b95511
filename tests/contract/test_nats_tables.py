"""The tables of a site by way of NATS: a centre names people, rejects and PBXs as the site does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import nats
import pytest
from msgspec.structs import replace

from tests.fakes.clickhouse_server import ClickHouseServer, a_clickhouse
from tests.fakes.loaders import Loader, a_loader
from tests.fakes.nats_server import NatsServer, a_nats_server
from tests.fakes.records import some_lines
from tests.fakes.sites import a_pbx, allow, import_file, settle, sink_health, until
from tollbook.engine.centre.asking import CentreTables
from tollbook.engine.centre.ledger import CentreLedger
from tollbook.engine.engine import Engine
from tollbook.engine.loading.putting import CallLoader, LoadedMessage
from tollbook.engine.sinks import tables
from tollbook.engine.site import Site
from tollbook.model.directory import Assignment, Directory, Person
from tollbook.model.fence import Fence
from tollbook.model.limits import COLUMNS_OF_A_TABLE
from tollbook.model.sink import FieldType, Sink
from tollbook.plugins import read_options
from tollbook.sinks.clickhouse.options import Options
from tollbook.sinks.clickhouse.server import ClickHouse
from tollbook.sinks.nats.messages import CALLS, CallMessage, LoaderWord, subject, written
from tollbook.store.ledger import Ledger
from tollbook.store.site_tables import NAMES
from tollbook.store.store import Store

LINES = [*some_lines(300), b"this is no record\n"]
NAMED = "person, count(*), sum(talk_s)::BIGINT FROM calls"
REFUSED = "reason, count(*) FROM rejects"
OWNER = ("person", "department", "company", "cost_centre")
PART = CallMessage(
    version=5,
    key="",
    fields=[("id", FieldType.INTEGER, ""), *((name, FieldType.TEXT, "") for name in OWNER)],
    table="owner",
    parts=1,
)


def directory(name: str) -> Directory:
    return Directory(people=[Person(1, name)], assignments=[Assignment(id=1, kind="extension", value="101", person=1)])


@pytest.fixture(autouse=True)
def _tables_are_looked_at_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_LOOK_S", 0.5)


@pytest.fixture(scope="module")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    with a_clickhouse(tmp_path_factory.mktemp("clickhouse")) as server:
        yield server


@pytest.fixture
def centre(clickhouse: ClickHouseServer) -> ClickHouseServer:
    for table in ("calls", "calls_parts", *(f"calls_{name}" for name in NAMES)):
        clickhouse.do(f"DROP TABLE IF EXISTS {table} SYNC")
    return clickhouse


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[NatsServer]:
    with a_nats_server(tmp_path / "nats") as server:
        yield server


@pytest.fixture
def loader(broker: NatsServer, centre: ClickHouseServer, tmp_path: Path) -> Iterator[Loader]:
    with a_loader(broker.settings, centre.settings, tmp_path) as loader:
        yield loader


@contextmanager
def a_site(folder: Path, name: str, sink: Sink, lines: list[bytes]) -> Iterator[Engine]:
    """Give a site whose extension 101 is somebody's, once its store has that and some more lines."""
    pbx = a_pbx(path=str(folder.with_suffix(".watched")))
    allow(folder, pbx)
    with closing(Site.open(folder, purpose="a test")) as site:
        engine = Engine(site, lambda: [pbx], lambda: [sink])
        engine.meanings.directory = lambda: directory(name)
        engine.start()
        try:
            settle(engine)
            until(lambda: site.store.rows("SELECT person FROM owner") == [(name,)])
            if lines:
                import_file(engine, "hts", b"".join(lines))
                settle(engine)
            yield engine
        finally:
            engine.stop()


def a_sink(broker: NatsServer, place: str = "Hamburg", **settings: str) -> Sink:
    return Sink(name="centre", kind="nats", columns="ledger", settings={**broker.settings, "place": place, **settings})


def answer(ledger: Ledger, query: str) -> list[tuple[Any, ...]]:
    return ledger.rows(f"SELECT {query} GROUP BY ALL ORDER BY ALL")


@contextmanager
def asked(centre: ClickHouseServer) -> Iterator[tuple[CentreTables, CentreLedger]]:
    options = read_options(Options, {**centre.settings, "place": "-"}, "a test")
    with closing(CentreTables(options, Fence())) as places, closing(Store(Path(":memory:"))) as store:
        yield places, CentreLedger(store, places)


def published(broker: NatsServer, contents: list[bytes]) -> None:
    async def publish() -> None:
        client = await nats.connect(broker.url)
        for content in contents:
            await client.jetstream().publish(subject(CALLS, "elsewhere"), content)
        await client.close()

    asyncio.run(publish())


def nothing_waits(broker: NatsServer) -> bool:
    async def look() -> bool:
        client = await nats.connect(broker.url)
        state = (await client.jetstream().stream_info("TOLLBOOK")).state
        await client.close()
        return bool(state.messages == 0)

    return asyncio.run(look())


def parquet(folder: Path, query: str) -> bytes:
    file = folder / "any.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{file}' (FORMAT parquet)")
    return file.read_bytes()


def here_and_there(engine: Engine, centre: ClickHouseServer, query: str) -> bool:
    """Say whether the centre answers a question as the site does."""
    with asked(centre) as (_, there):
        return answer(there, query) == answer(Ledger(engine.site.store), query)


@pytest.mark.usefixtures("loader")
def test_a_centre_answers_for_a_site_over_nats_as_the_site_does_and_a_changed_name_arrives(
    broker: NatsServer, centre: ClickHouseServer, tmp_path: Path
) -> None:
    with a_site(tmp_path / "site", "Anna Berg", a_sink(broker), LINES) as engine:
        for query in (NAMED, REFUSED, "direction, outcome, count(*) FROM call", "sum(frames)::BIGINT FROM tally"):
            assert answer(Ledger(engine.site.store), query)
            until(partial(here_and_there, engine, centre, query), patience_s=60)
        with asked(centre) as (places, there):
            zones = [(each.name, each.timezone) for each in places.pbxs().values()]
            assert answer(there, "pbx, count(*) FROM call") == [("Hamburg/hts", 300)]
        assert zones == [("Hamburg/hts", "America/New_York")]
        assert owners_at(centre) == ["Anna Berg"]

        engine.meanings.directory = lambda: directory("Anna Bergmann")
        engine.meanings.look()
        until(lambda: owners_at(centre) == ["Anna Bergmann"], patience_s=60)
        assert here_and_there(engine, centre, NAMED)


def test_what_a_broker_lost_comes_again_and_what_an_old_copy_brings_back_changes_nothing(
    broker: NatsServer, centre: ClickHouseServer, tmp_path: Path
) -> None:
    sink = a_sink(broker, timeout="5s")
    with a_site(tmp_path / "site", "Anna Berg", sink, LINES) as engine:
        until(lambda: "wait for a loader" in sink_health(engine, "centre").message, patience_s=60)
    broker.kill()
    broker.copy(tmp_path / "copy")
    broker.empty()
    broker.start()
    with (
        a_site(tmp_path / "site", "Anna Bergmann", sink, []) as engine,
        a_loader(broker.settings, centre.settings, tmp_path),
    ):
        until(lambda: owners_at(centre) == ["Anna Bergmann"], patience_s=60)
        until(lambda: here_and_there(engine, centre, NAMED), patience_s=60)
        broker.kill()
        broker.put_back(tmp_path / "copy")
        broker.start()
        assert not nothing_waits(broker)
        until(lambda: nothing_waits(broker), patience_s=90)

        assert here_and_there(engine, centre, NAMED)


@contextmanager
def putting(centre: ClickHouseServer, folder: Path) -> Iterator[CallLoader]:
    options = read_options(Options, {**centre.settings, "place": "-"}, "a test")
    with closing(ClickHouse(options, Fence())) as server:
        yield CallLoader(options, server, folder)


def owners_at(centre: ClickHouseServer) -> list[str]:
    with asked(centre) as (_, ledger):
        return [name for (name,) in ledger.rows("SELECT person FROM main.owner ORDER BY 1")]


def owner(key: str, name: str) -> str:
    return f"SELECT {key} AS id, '{name}' AS person, {', '.join(f'NULL::VARCHAR AS {each}' for each in OWNER[1:])}"


def message(folder: Path, version: int, part: int, name: str, *, first: bool = False) -> LoadedMessage:
    said = replace(PART, version=version, first=first, part=part, parts=2)
    return LoadedMessage(place="Köln", message=said, calls=parquet(folder, owner(f"{part}", name)))


def test_parts_come_in_any_order_and_twice_and_the_newest_version_that_is_whole_counts(
    centre: ClickHouseServer, tmp_path: Path
) -> None:
    parts = [message(tmp_path, version, part, f"{version}-{part}") for version in (10, 20) for part in (0, 1)]
    for numbers in ((0, 1, 2, 3), (3, 0, 2, 1), (2, 3, 0, 1)):
        order = [parts[number] for number in numbers]
        for name in ("calls_owner", "calls_parts"):
            centre.do(f"DROP TABLE IF EXISTS {name} SYNC")
        with putting(centre, tmp_path) as loader:
            for each in (*order[:3], order[0]):
                assert loader.put([each]) == {}
            whole = {each.message.version for each in order[3:]} ^ {10, 20}
            assert owners_at(centre) == [f"{version}-{part}" for version in whole for part in (0, 1)]
            assert loader.put([*order[3:], *order]) == {}
        assert owners_at(centre) == ["20-0", "20-1"]


def test_a_site_whose_clock_went_back_is_told_the_version_of_its_tables(
    centre: ClickHouseServer, tmp_path: Path
) -> None:
    with putting(centre, tmp_path) as loader:
        assert loader.put([message(tmp_path, 20, part, "Anna") for part in (0, 1)]) == {}
        late = [message(tmp_path, 10, part, "Late", first=True) for part in (0, 1)]
        assert loader.put(late) == {0: LoaderWord(last=20), 1: LoaderWord(last=20)}
    assert owners_at(centre) == ["Anna", "Anna"]


def test_a_table_of_whole_calls_keeps_the_columns_that_are_made_of_others(
    centre: ClickHouseServer, tmp_path: Path
) -> None:
    kinds = {"id": FieldType.ID, "started_local": FieldType.LOCAL} | dict.fromkeys(
        ("assignment", "account_assignment", "number_entry"), FieldType.INTEGER
    )
    fields = [(name, kind, name) for name, kind in kinds.items()]
    values = "uuid() AS id, TIMESTAMP '2026-03-01' AS started_local, 7 AS assignment, 8 AS account_assignment"
    values += ", NULL::BIGINT AS number_entry, 'desk' AS pbx, NULL::VARCHAR AS leg_rows, 'x' AS later"
    fields += [(name, FieldType.TEXT, name) for name in ("pbx", "leg_rows")]
    of_site = LoadedMessage(
        place="Köln",
        message=CallMessage(version=5, key="id", fields=fields),
        calls=parquet(tmp_path, f"SELECT {values}"),
    )
    newer = replace(of_site.message, version=7, fields=[*fields, ("later", FieldType.TEXT, "later")])
    with putting(centre, tmp_path) as loader:
        assert loader.put([of_site]) == {}
        assert loader.put([replace(of_site, message=newer, calls=parquet(tmp_path, f"SELECT {values}"))]) == {}
        some = replace(of_site.message, fields=[each for each in fields if each[0] != "leg_rows"])
        assert "calls come whole" in loader.put([replace(of_site, message=some)])[0].refused

    found = centre.ask("SELECT *, tollbook_id, tollbook_pbx, tollbook_assignment FROM calls FINAL ORDER BY later")
    assert [each["tollbook_pbx"] for each in found] == ["Köln/desk", "Köln/desk"]
    assert len({each["tollbook_id"] for each in found}) == 2
    assert len({each["tollbook_assignment"] for each in found}) == 1


def test_what_is_no_part_of_a_table_is_told_and_holds_nobody_up(
    broker: NatsServer, centre: ClickHouseServer, loader: Loader, tmp_path: Path
) -> None:
    good = parquet(tmp_path, owner("1", "Anna"))
    many = [(f"c{number}", FieldType.TEXT, "") for number in range(COLUMNS_OF_A_TABLE)]
    contents = [
        written(replace(PART, table="call"), good),
        written(replace(PART, table="owner; DROP TABLE calls"), good),
        written(replace(PART, part=1), good),
        written(replace(PART, part=-1), good),
        written(replace(PART, parts=1 << 40), good),
        written(replace(PART, fields=many), good),
        written(replace(PART, fields=[("place", FieldType.TEXT, "")]), parquet(tmp_path, "SELECT 'a' AS place")),
        written(
            replace(PART, fields=[("tollbook_row", FieldType.INTEGER, "")]),
            parquet(tmp_path, "SELECT 1 AS tollbook_row"),
        ),
        written(replace(PART, fields=[]), good),
        written(PART, b"PAR1 and nothing that is Parquet PAR1"),
        written(PART, parquet(tmp_path, "SELECT 1 AS id")),
        written(PART, parquet(tmp_path, owner("'no number'", "Anna"))),
        written(PART, parquet(tmp_path, owner("1", "Anna") + " FROM range(100_001)")),
    ]
    with a_site(tmp_path / "site", "Anna Berg", a_sink(broker), LINES[:20]) as engine:
        until(lambda: owners_at(centre) == ["Anna Berg"], patience_s=60)
        published(broker, contents)
        until(lambda: loader.told.count("cannot be put away") == len(contents), patience_s=60)
        until(lambda: here_and_there(engine, centre, NAMED), patience_s=60)
    assert "there is no table 'call'" in loader.told
