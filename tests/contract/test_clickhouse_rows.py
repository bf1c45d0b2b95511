"""Rows of ClickHouse under any order of deliveries: altered, moved, taken out, brought back, sent twice."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import msgspec
import pytest

from tests.fakes.clickhouse_server import ClickHouseServer, a_clickhouse
from tollbook.model.fence import Fence
from tollbook.model.problem import Unavailable
from tollbook.model.sink import Field, FieldType
from tollbook.plugins import read_options
from tollbook.sinks.clickhouse.options import Options
from tollbook.sinks.clickhouse.rows import highest
from tollbook.sinks.clickhouse.server import ClickHouse
from tollbook.sinks.clickhouse.table import ClickHouseTable
from tollbook.sinks.contract import Around

FIELDS = [
    Field("id", FieldType.ID, "id"),
    Field("started_local", FieldType.LOCAL, "started_local"),
    Field("caller", FieldType.TEXT, "caller"),
]
NEW_YEAR = datetime.fromisoformat("2026-01-01 00:00:00")
IDS = [str(UUID(int=number << 64)) for number in range(40)]
Call = tuple[datetime, str | None]


class Delivery(msgspec.Struct, kw_only=True):
    """Calls by their ids as a sink is handed them."""

    calls: dict[str, Call]
    count: int
    gone: list[str]
    file: Path | None
    fresh: bool
    fields: list[Field]
    key: str = "id"

    def rows(self) -> Iterator[tuple[Any, ...]]:
        return iter([(key, *call) for key, call in self.calls.items()])

    def numbers(self) -> list[int]:
        return [*range(1, self.count + 1)]


def delivery(folder: Path, calls: dict[str, Call], gone: list[str], *, fresh: bool = False) -> Delivery:
    file = folder / "calls.parquet"
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE handed (id UUID, started_local TIMESTAMP, caller VARCHAR)")
        for key, call in calls.items():
            connection.execute("INSERT INTO handed VALUES (?, ?, ?)", [key, *call])
        connection.execute(f"COPY handed TO '{file}' (FORMAT parquet)")
    return Delivery(calls=calls, count=len(calls), gone=gone, file=file if calls else None, fresh=fresh, fields=FIELDS)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    with a_clickhouse(tmp_path_factory.mktemp("clickhouse")) as server:
        yield server


def opened(server: ClickHouseServer, place: str, table: str) -> ClickHouseTable:
    settings = {**server.settings, "place": place, "table": table}
    around = Around(name="centre", fields=FIELDS, key="id")
    return ClickHouseTable(read_options(Options, settings, "sink"), around)


def rows(server: ClickHouseServer, table: str, place: str, *, across: int) -> dict[str, Call]:
    found = server.ask(
        f"SELECT id, started_local, caller FROM {table} FINAL WHERE place = '{place}' "  # noqa: S608 - the test's own words
        f"SETTINGS do_not_merge_across_partitions_select_final = {across}"
    )
    assert len({row["id"] for row in found}) == len(found)
    return {row["id"]: (datetime.fromisoformat(row["started_local"]), row["caller"]) for row in found}


def anything(chance: random.Random) -> Call:
    return NEW_YEAR + timedelta(hours=chance.randrange(24 * 120)), chance.choice([None, "", "5550101"])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_the_table_holds_what_was_handed_on_last(server: ClickHouseServer, tmp_path: Path, seed: int) -> None:
    chance, table = random.Random(seed), f"calls_{seed}"
    sinks = {place: opened(server, place, table) for place in ("a", "b")}
    wanted: dict[str, dict[str, Call]] = {place: {} for place in sinks}
    for place, sink in sinks.items():
        sink.prepare()
        history = {key: anything(chance) for key in chance.sample(IDS, 20)}
        sink.deliver(delivery(tmp_path, history, [], fresh=True))
        wanted[place] = history
    for step in range(60):
        place = chance.choice(["a", "b"])
        calls = {key: anything(chance) for key in chance.sample(IDS, chance.randrange(6))}
        gone = [key for key in chance.sample(IDS, chance.randrange(4)) if key not in calls]
        if chance.random() < 0.2:  # killed, and begun again
            sinks[place].close()
            sinks[place] = opened(server, place, table)
        for _ in range(chance.choice([1, 1, 2])):  # perhaps the position was not noted
            sinks[place].deliver(delivery(tmp_path, calls, gone))
        wanted[place] = {key: call for key, call in {**wanted[place], **calls}.items() if key not in gone}
        if step % 20 == 19:
            if chance.random() < 0.5:
                server.do(f"OPTIMIZE TABLE {table} FINAL")
            for each, expected in wanted.items():
                for across in (0, 1):
                    assert rows(server, table, each, across=across) == expected
    for sink in sinks.values():
        sink.close()


def test_a_delivery_that_arrives_after_a_newer_one_changes_nothing(server: ClickHouseServer, tmp_path: Path) -> None:
    sink = opened(server, "a", "late")
    newer, older = NEW_YEAR + timedelta(hours=1), NEW_YEAR
    sink.deliver(delivery(tmp_path, {IDS[0]: (newer, "newer")}, []))
    version = server.ask("SELECT max(tollbook_version) AS it FROM late")[0]["it"]
    sink.close()
    columns = "place, tollbook_version, tollbook_gone, id, started_local, caller"
    under_way_for_long = f"('a', {int(version) - 1}, 0, '{IDS[0]}', '{older}', 'older')"
    server.do(f"INSERT INTO late ({columns}) VALUES {under_way_for_long}")  # noqa: S608 - the test's own words

    assert rows(server, "late", "a", across=1) == {IDS[0]: (newer, "newer")}


def test_versions_go_up_though_the_clock_went_back(
    server: ClickHouseServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, table = NEW_YEAR, "clock"
    sink = opened(server, "a", table)
    sink.deliver(delivery(tmp_path, {IDS[0]: (at, "first")}, []))
    sink.close()
    monkeypatch.setattr("tollbook.clock.now_us", lambda: 1)
    for text in ("second", "third"):
        sink = opened(server, "a", table)
        sink.deliver(delivery(tmp_path, {IDS[0]: (at, text)}, []))
        sink.close()

    assert rows(server, table, "a", across=1) == {IDS[0]: (at, "third")}


def test_the_highest_version_of_each_of_many_places_is_found_at_once(server: ClickHouseServer, tmp_path: Path) -> None:
    places = ["A\\new", "it's", '"', "\\N", "Straße 1+2 & 3%", *(f"Site {number}" for number in range(60))]
    for place in (*places[:5], places[-1]):
        sink = opened(server, place, "many")
        sink.deliver(delivery(tmp_path, {IDS[0]: (NEW_YEAR, place)}, []))
        sink.close()
    told = {
        row["place"]: int(row["it"])
        for row in server.ask("SELECT place, max(tollbook_version) AS it FROM many GROUP BY place")
    }
    there = ClickHouse(read_options(Options, server.settings, "sink"), Fence())

    assert highest(there, "many", places) == {place: told.get(place, 0) for place in places}
    there.close()
    assert len(told) == 6


@pytest.mark.parametrize("place", ["A\\new", "\\N", "\\", "it's", "Straße 1+2 & 3%"])
def test_a_place_is_called_in_the_table_as_it_was_set(server: ClickHouseServer, tmp_path: Path, place: str) -> None:
    server.do("DROP TABLE IF EXISTS named SYNC")
    sink = opened(server, place, "named")
    sink.deliver(delivery(tmp_path, dict.fromkeys(IDS[:2], (NEW_YEAR, "first")), []))
    sink.deliver(delivery(tmp_path, {}, IDS[:1]))
    sink.close()

    assert [(row["place"], row["id"]) for row in server.table("named")] == [(place, IDS[1])]


class Page(BaseHTTPRequestHandler):
    """A page that a portal or balancer puts in front of whatever is behind it."""

    def do_POST(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>Please accept our terms</html>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def page() -> Iterator[ClickHouse]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as portal:
        thread = threading.Thread(target=portal.serve_forever)
        thread.start()
        url = f"clickhouse://127.0.0.1:{portal.server_address[1]}/default"
        asking = ClickHouse(read_options(Options, {"url": url}, "sink"), Fence())
        yield asking
        asking.close()
        portal.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "ask",
    [
        lambda page: page.rows("SELECT 1"),
        lambda page: page.do("INSERT INTO calls SELECT 1"),
        lambda page: page.insert("INSERT INTO calls FORMAT CSV", iter([b"1\n"]), {}),
    ],
)
def test_a_page_in_front_of_the_server_has_taken_no_calls(
    page: ClickHouse, ask: Callable[[ClickHouse], object]
) -> None:
    with pytest.raises(Unavailable, match=r"what answers is no ClickHouse, .* 200 '<html>Please accept") as told:
        ask(page)
    assert not told.value.permanent


def test_an_authority_that_is_not_there_is_told(tmp_path: Path) -> None:
    settings = {"url": "clickhouse://127.0.0.1/default", "tls": "verified", "ca-file": str(tmp_path / "nowhere")}
    with pytest.raises(Unavailable, match="the file of 'ca-file' cannot be used: No such file or directory"):
        ClickHouse(read_options(Options, settings, "sink"), Fence())


def test_what_answers_and_is_no_clickhouse_is_told(server: ClickHouseServer) -> None:
    del server
    options = read_options(Options, {"url": "clickhouse://127.0.0.1:1/default"}, "sink")
    sink = ClickHouseTable(options, Around(name="centre", fields=FIELDS, key="id"))
    with pytest.raises(Unavailable, match="ClickHouse does not answer"):
        sink.problems()
    sink.close()
