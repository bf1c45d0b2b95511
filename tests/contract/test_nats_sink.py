"""The sink `nats` and `tollbook load`, over a real NATS server: ClickHouse holds what the store holds."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Callable, Coroutine, Iterator
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
from tests.fakes.sites import a_pbx, at_work, handed_on, import_file, sink_health, until
from tollbook.engine.engine import Engine
from tollbook.model.health import State
from tollbook.model.sink import FieldType, Sink
from tollbook.sinks.nats.messages import CALLS, CallMessage, subject, written

LINES = some_lines(1_200)
GUIDE = Path(__file__).parents[2] / "src/tollbook/manual/guide/many-sites.md"
LOGIN = ("edges", "a-password")
MOVED = (
    "UPDATE call SET started_local = started_local + INTERVAL 40 DAY, change = change + 10000, "
    "meaning = change + 10000 WHERE {}"
)
GONE = (
    "INSERT INTO gone SELECT id, 20000 FROM call WHERE {}",
    "DELETE FROM call WHERE {}",
    "UPDATE changes SET last = 20000",
)


@pytest.fixture(scope="module")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    with a_clickhouse(tmp_path_factory.mktemp("clickhouse")) as server:
        yield server


@pytest.fixture
def centre(clickhouse: ClickHouseServer) -> ClickHouseServer:
    clickhouse.do("DROP TABLE IF EXISTS calls SYNC")
    return clickhouse


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[NatsServer]:
    with a_nats_server(tmp_path / "nats", LOGIN) as server:
        yield server


@pytest.fixture
def loader(broker: NatsServer, centre: ClickHouseServer, tmp_path: Path) -> Iterator[Loader]:
    with a_loader(broker.settings, centre.settings, tmp_path) as loader:
        yield loader


def a_sink(broker: NatsServer, place: str = "Hamburg", **settings: str) -> Sink:
    return Sink(name="centre", kind="nats", settings={**broker.settings, "place": place, **settings})


def put(engine: Engine, lines: list[bytes]) -> None:
    import_file(engine, "hts", b"".join(lines))


def alter(engine: Engine, *statements: str) -> None:
    for statement in statements:
        engine.site.store._writer.execute(statement)  # noqa: SLF001 - what the pipeline does is tried by its own tests
    engine.sinks.news()


def in_store(engine: Engine) -> list[tuple[Any, ...]]:
    query = "SELECT id::VARCHAR, started_local::VARCHAR, caller, talk_s FROM call ORDER BY 1"
    return [(key, at, caller, talk_s) for key, at, caller, talk_s in engine.site.store.rows(query)]


def in_table(centre: ClickHouseServer, place: str = "Hamburg") -> list[tuple[Any, ...]]:
    rows = centre.table(where=f"place = '{place}'")
    return sorted((row["id"], row["started_local"][:19], row["caller"], row["talk_s"]) for row in rows)


def published(broker: NatsServer, do: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:  # noqa: ANN401 - what is done gives
    async def connected() -> Any:  # noqa: ANN401 - the same
        client = await nats.connect(broker.url, user=LOGIN[0], password=LOGIN[1])
        try:
            return await do(client)
        finally:
            await client.close()

    return asyncio.run(connected())


def test_calls_history_changes_and_what_is_gone_come_through(
    broker: NatsServer, centre: ClickHouseServer, loader: Loader, tmp_path: Path
) -> None:
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[a_sink(broker, "St. Pauli*")]) as engine:
        put(engine, LINES)
        handed_on(engine, "centre")
        assert in_table(centre, "St. Pauli*") == in_store(engine)
        alter(
            engine,
            "UPDATE call SET caller = 'a \"b\"\nc', change = change + 10000, meaning = change + 10000 WHERE change < 9",
            MOVED.format("change BETWEEN 10 AND 20"),
            *(each.format("change BETWEEN 100 AND 700") for each in GONE),
        )
        handed_on(engine, "centre")

        assert in_table(centre, "St. Pauli*") == in_store(engine)
        assert sink_health(engine, "centre").state is State.WORKING
    assert loader.stop() == 0


def test_without_a_loader_calls_wait_in_the_ledger_and_the_sink_says_what_to_do(
    broker: NatsServer, centre: ClickHouseServer, tmp_path: Path
) -> None:
    sink = a_sink(broker, timeout="5s")
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[sink]) as engine:
        put(engine, LINES[:50])
        until(lambda: "does `tollbook load` run?" in sink_health(engine, "centre").message)
        until(lambda: "1 messages wait" in sink_health(engine, "centre").message)
        assert sink_health(engine, "centre").behind == 50

        with a_loader(broker.settings, centre.settings, tmp_path):
            handed_on(engine, "centre")
            assert in_table(centre) == in_store(engine)


def test_a_broker_emptied_under_way_loses_nothing(broker: NatsServer, centre: ClickHouseServer, tmp_path: Path) -> None:
    sink = a_sink(broker, timeout="5s")
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[sink]) as engine:
        put(engine, LINES[:50])
        until(lambda: "wait for a loader" in sink_health(engine, "centre").message)
        broker.kill()
        broker.empty()
        broker.start()
        with a_loader(broker.settings, centre.settings, tmp_path):
            handed_on(engine, "centre")
            assert in_table(centre) == in_store(engine)


def test_a_broker_put_back_from_an_old_copy_brings_back_nothing(
    broker: NatsServer, centre: ClickHouseServer, tmp_path: Path
) -> None:
    sink = a_sink(broker, timeout="5s")
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[sink]) as engine:
        put(engine, LINES[:50])
        until(lambda: "wait for a loader" in sink_health(engine, "centre").message)
        broker.kill()
        broker.copy(tmp_path / "copy")
        broker.empty()
        broker.start()
        alter(
            engine,
            MOVED.format("change < 10"),
            *(each.format("change BETWEEN 30 AND 40") for each in GONE),
        )
        with a_loader(broker.settings, centre.settings, tmp_path):
            handed_on(engine, "centre")
            assert in_table(centre) == in_store(engine)
            broker.kill()
            broker.put_back(tmp_path / "copy")
            broker.start()
            until(lambda: nothing_waits(broker), patience_s=90)

        assert in_table(centre) == in_store(engine)


@pytest.mark.usefixtures("loader")
def test_a_clock_that_goes_back_over_a_restart_makes_no_later_change_lose(
    broker: NatsServer, centre: ClickHouseServer, tmp_path: Path
) -> None:
    site, pbx = tmp_path / "site", a_pbx(path=str(tmp_path))
    with at_work(site, pbx, sinks=[a_sink(broker)]) as engine:
        put(engine, LINES)
        handed_on(engine, "centre")
    centre.do("INSERT INTO calls SELECT * REPLACE (tollbook_version + 86400000000 AS tollbook_version) FROM calls")
    with at_work(site, pbx, sinks=[a_sink(broker)]) as engine:
        alter(
            engine,
            "UPDATE call SET caller = 'later', change = change + 10000, meaning = change + 10000 WHERE change < 9",
            "UPDATE changes SET last = 10008",
        )
        handed_on(engine, "centre")
        assert in_table(centre) == in_store(engine)
        alter(
            engine,
            MOVED.format("change BETWEEN 10 AND 20"),
            *(each.format("change BETWEEN 50 AND 60") for each in GONE),
        )
        handed_on(engine, "centre")
        assert in_table(centre) == in_store(engine)


def test_messages_that_a_killed_broker_keeps_and_takes_for_done_hold_nobody_up(
    broker: NatsServer, centre: ClickHouseServer, tmp_path: Path
) -> None:
    sink, kept = a_sink(broker, timeout="5s"), Path("jetstream/$G/streams/TOLLBOOK/msgs")
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path / "watched")), sinks=[sink]) as engine:
        put(engine, LINES[:50])
        until(lambda: "wait for a loader" in sink_health(engine, "centre").message)
        broker.kill()
        broker.copy(tmp_path / "copy")
        broker.start()
        with a_loader(broker.settings, centre.settings, tmp_path) as loader:
            handed_on(engine, "centre")
            loader.stop()
            broker.kill()
            shutil.rmtree(tmp_path / "nats" / kept)
            shutil.copytree(tmp_path / "copy" / kept, tmp_path / "nats" / kept)
            broker.start()
            assert not nothing_waits(broker)
            loader.start()
            put(engine, LINES[50:60])
            handed_on(engine, "centre")

        assert "takes for done" in loader.told
        assert in_table(centre) == in_store(engine)


def parquet(folder: Path, query: str) -> bytes:
    file = folder / "any.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{file}' (FORMAT parquet)")
    return file.read_bytes()


def nothing_waits(broker: NatsServer) -> bool:
    async def look(client: Any) -> bool:  # noqa: ANN401 - the library's
        return bool((await client.jetstream().stream_info("TOLLBOOK")).state.messages == 0)

    return bool(published(broker, look))


def test_two_loaders_share_the_calls_of_two_places(
    broker: NatsServer, centre: ClickHouseServer, loader: Loader, tmp_path: Path
) -> None:
    del loader
    with a_loader(broker.settings, centre.settings, tmp_path, "second"):
        for place in ("Hamburg", "Köln"):
            with at_work(tmp_path / place, a_pbx(path=str(tmp_path)), sinks=[a_sink(broker, place)]) as engine:
                put(engine, LINES[:700])
                handed_on(engine, "centre")

                assert in_table(centre, place) == in_store(engine)


def test_what_is_no_message_of_calls_is_told_and_holds_nobody_up(
    broker: NatsServer, centre: ClickHouseServer, loader: Loader, tmp_path: Path
) -> None:
    wrong = CallMessage(version=5, key="id", fields=[("id", FieldType.ID, "id")])
    contents = [
        b"",
        b"not json\n",
        b'{"version":1}\n',
        written(wrong, b"PAR1 and nothing that is Parquet PAR1"),
        written(wrong, parquet(tmp_path, "SELECT 'no-uuid' AS id")),
        written(wrong, parquet(tmp_path, "SELECT uuid() AS another")),
        written(wrong, parquet(tmp_path, "SELECT NULL AS id FROM range(1_000_000)")),
        *(
            written(replace(wrong, fields=[*wrong.fields, (name, FieldType.TEXT, "")]), parquet(tmp_path, query))
            for name in ("place", "tollbook_version", "_partition_id", "_row_exists")
            for query in [f"SELECT uuid() AS id, '1' AS \"{name}\""]
        ),
        written(
            replace(wrong, fields=[*wrong.fields, *((f"c{number}", FieldType.TEXT, "") for number in range(501))]),
            parquet(tmp_path, "SELECT uuid() AS id"),
        ),
    ]

    async def publish(client: Any) -> None:  # noqa: ANN401 - the library's
        for content in contents:
            await client.jetstream().publish(subject(CALLS, "elsewhere"), content)

    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path / "watched")), sinks=[a_sink(broker)]) as engine:
        put(engine, LINES[:10])
        handed_on(engine, "centre")
        published(broker, publish)
        put(engine, LINES[10:20])
        handed_on(engine, "centre")
        until(lambda: nothing_waits(broker))

        assert in_table(centre) == in_store(engine)
    assert centre.table(where="place = 'elsewhere'") == []
    assert loader.told.count("calls cannot be put away") == len(contents)


def test_a_site_whose_calls_do_not_fit_is_told_why(
    broker: NatsServer, centre: ClickHouseServer, tmp_path: Path
) -> None:
    centre.do("CREATE TABLE calls (id UUID) ENGINE = MergeTree ORDER BY id")
    sink = a_sink(broker)
    with (
        a_loader(broker.settings, centre.settings, tmp_path),
        at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[sink]) as engine,
    ):
        put(engine, LINES[:10])
        until(lambda: sink_health(engine, "centre").state is State.NEEDS_ATTENTION)

        assert "the table 'calls' is made otherwise" in sink_health(engine, "centre").message


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"password": "wrong"}, "NATS does not let us in"),
        ({"url": "nats://127.0.0.1:1"}, "NATS does not do what it should"),
        ({"create": "no"}, "there is no stream 'TOLLBOOK'"),
        ({"tls": "verified"}, "NATS speaks no TLS there"),
    ],
)
def test_what_keeps_a_broker_from_being_used_is_told(
    broker: NatsServer, tmp_path: Path, settings: dict[str, str], told: str
) -> None:
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path))) as engine:
        tested = engine.sinks.try_out(a_sink(broker, **settings))

        assert not tested.well
        assert told in tested.message
        assert LOGIN[1] not in tested.message


def test_a_site_has_the_rights_of_the_guide_and_cannot_write_calls_of_another(
    centre: ClickHouseServer, tmp_path: Path
) -> None:
    rights = re.findall(r"^```\n(authorization.*?)^```", GUIDE.read_text(), re.DOTALL | re.MULTILINE)
    assert len(rights) == 1
    with a_nats_server(tmp_path / "strict", rights=rights[0].replace("…", "secret")) as broker:
        loader = {**broker.settings, "username": "loader", "password": "secret"}
        site = {"username": "hamburg", "password": "secret", "timeout": "5s"}
        watched = str(tmp_path / "watched")
        with a_loader(loader, centre.settings, tmp_path):
            with at_work(tmp_path / "a", a_pbx(path=watched), sinks=[a_sink(broker, **site)]) as engine:
                put(engine, LINES[:20])
                handed_on(engine, "centre")
                assert in_table(centre) == in_store(engine)
            with at_work(tmp_path / "b", a_pbx(path=watched), sinks=[a_sink(broker, "Köln", **site)]) as other:
                put(other, LINES[:20])
                until(lambda: sink_health(other, "centre").state is State.NOT_REACHABLE)
    assert in_table(centre, "Köln") == []


def test_a_stream_with_other_subjects_is_refused(broker: NatsServer, tmp_path: Path) -> None:
    published(broker, lambda client: client.jetstream().add_stream(name="TOLLBOOK", subjects=["other.>"]))
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path))) as engine:
        assert "add tollbook.calls.* to them" in engine.sinks.try_out(a_sink(broker)).message
