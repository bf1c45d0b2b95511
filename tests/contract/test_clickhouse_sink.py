"""The sink `clickhouse` against ClickHouse's engine behind HTTP: the table holds what the store holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.fakes.clickhouse_server import ClickHouseServer, a_clickhouse
from tests.fakes.records import some_lines
from tests.fakes.sites import a_pbx, at_work, handed_on, import_file, settle, sink_health, until
from tollbook.engine.engine import Engine
from tollbook.model.health import State
from tollbook.model.sink import Sink
from tollbook.sinks.clickhouse import columns
from tollbook.store.outgoing import LATER
from tollbook.store.schema import CALL_VIEW, column_types
from tollbook.store.store import Store

LINES = some_lines(300)
USER, PASSWORD = "tollbook", "a-password"


@pytest.fixture(scope="module")
def engine_of_clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    with a_clickhouse(tmp_path_factory.mktemp("clickhouse"), USER, PASSWORD) as server:
        yield server


@pytest.fixture
def server(engine_of_clickhouse: ClickHouseServer) -> ClickHouseServer:
    engine_of_clickhouse.do("DROP TABLE IF EXISTS calls SYNC")
    return engine_of_clickhouse


def a_sink(server: ClickHouseServer, **settings: str) -> Sink:
    return Sink(name="centre", kind="clickhouse", settings={**server.settings, **settings})


def put(engine: Engine, lines: list[bytes]) -> None:
    import_file(engine, "hts", b"".join(lines))


def plain(value: Any) -> Any:  # noqa: ANN401 - any column's value
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="microseconds")
    if isinstance(value, Decimal):
        return float(value)
    return value if value is None or isinstance(value, (int, float)) else str(value)


def in_store(store: Store, names: list[str] | None = None) -> list[tuple[Any, ...]]:
    chosen = ", ".join(CALL_VIEW[name][0] for name in names or CALL_VIEW)
    return [tuple(map(plain, row)) for row in store.rows(f"SELECT {chosen} FROM call ORDER BY id::VARCHAR")]  # noqa: S608 - our own names


def in_table(server: ClickHouseServer, place: str = "") -> list[tuple[Any, ...]]:
    rows = server.table(where=f"place = '{place}'")
    return sorted((tuple(plain(row[column]) for column in CALL_VIEW) for row in rows), key=lambda row: str(row[0]))


def alter(engine: Engine, *statements: str) -> None:
    """Alter calls as reading them again would, under higher numbers."""
    for statement in statements:
        engine.site.store._writer.execute(statement)  # noqa: SLF001 - what the pipeline does is tried by its own tests
    engine.sinks.news()


def test_calls_come_into_a_table_made_for_them_as_they_are_stored(server: ClickHouseServer, tmp_path: Path) -> None:
    sink = a_sink(server, place="Hamburg")
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path / "watched")), sinks=[sink]) as engine:
        put(engine, LINES[:30])
        handed_on(engine, "centre")
        put(engine, LINES[30:60])
        handed_on(engine, "centre")

        assert in_table(server, "Hamburg") == in_store(engine.site.store)
        assert len(in_table(server, "Hamburg")) == 60
        assert sink_health(engine, "centre").state is State.WORKING


def test_history_is_handed_on_when_asked_for_and_a_second_time_changes_nothing(
    server: ClickHouseServer, tmp_path: Path
) -> None:
    with at_work(
        tmp_path / "site", a_pbx(path=str(tmp_path / "watched")), sinks=[a_sink(server, batch="70")]
    ) as engine:
        put(engine, LINES)
        handed_on(engine, "centre")
        for _ in range(2):
            engine.sinks.backfill("centre", "")
            until(lambda: sink_health(engine, "centre").backfill is None)
            handed_on(engine, "centre")

            assert in_table(server) == in_store(engine.site.store)


def test_odd_texts_and_moments_come_as_they_are(server: ClickHouseServer, tmp_path: Path) -> None:
    odd = [
        "'q'",
        " lead and trail ",
        '"',
        "\\N",
        "NULL",
        "",
        "a\nb\r\nc",
        "nul\0inside",
        "日本 ✆ é",
        ";DROP TABLE calls",
    ]
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path / "watched")), sinks=[a_sink(server)]) as engine:
        put(engine, LINES[: len(odd)])
        handed_on(engine, "centre")
        for number, text in enumerate(odd, 1):
            statement = "UPDATE call SET caller = ?, change = ?, meaning = ? WHERE change = ?"
            engine.site.store._writer.execute(statement, [text, 4000 + number, 4000 + number, number])  # noqa: SLF001 - as above
        alter(
            engine,
            "UPDATE call SET answered_at = '1970-01-01 00:00:00' WHERE change = 4001",
            "UPDATE changes SET last = 5000",
        )
        handed_on(engine, "centre")

        assert in_table(server) == in_store(engine.site.store)
        assert {row["caller"] for row in server.table()} == set(odd)


def test_calls_altered_gone_and_moved_to_another_month_are_so_in_the_table(
    server: ClickHouseServer, tmp_path: Path
) -> None:
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path / "watched")), sinks=[a_sink(server)]) as engine:
        put(engine, LINES[:50])
        handed_on(engine, "centre")
        alter(
            engine,
            "UPDATE call SET caller = 'another', change = change + 1000, meaning = change + 1000 WHERE change <= 5",
            "UPDATE call SET started_local = started_local + INTERVAL 40 DAY, change = change + 1000, "
            "meaning = change + 1000 WHERE change BETWEEN 6 AND 9",
            "INSERT INTO gone SELECT id, 2000 FROM call WHERE change = 30",
            "DELETE FROM call WHERE change = 30",
            "UPDATE changes SET last = 2000",
        )
        handed_on(engine, "centre")

        assert in_table(server) == in_store(engine.site.store)
        assert len(in_table(server)) == 49
        alter(
            engine,
            "UPDATE call SET started_local = started_local - INTERVAL 40 DAY, change = change + 2000, "
            "meaning = change + 2000 WHERE change BETWEEN 1006 AND 1009",
            "UPDATE changes SET last = 4000",
        )
        handed_on(engine, "centre")

        assert in_table(server) == in_store(engine.site.store)


def test_many_places_write_to_one_table_and_none_touches_another(server: ClickHouseServer, tmp_path: Path) -> None:
    for place, first in (("Hamburg", 0), ("München", 20)):
        sink = a_sink(server, place=place)
        with at_work(tmp_path / place, a_pbx(path=str(tmp_path / "watched")), sinks=[sink]) as engine:
            put(engine, LINES[first : first + 40])
            handed_on(engine, "centre")
            alter(
                engine,
                "INSERT INTO gone SELECT id, 2000 FROM call WHERE change > 30",
                "DELETE FROM call WHERE change > 30",
                "UPDATE changes SET last = 2000",
            )
            handed_on(engine, "centre")
            here = in_store(engine.site.store)
        assert in_table(server, place) == here
    assert len(in_table(server, "Hamburg")) == len(in_table(server, "München")) == 30


def test_after_the_store_was_lost_the_newest_state_wins_though_numbers_begin_again(
    server: ClickHouseServer, tmp_path: Path
) -> None:
    sink = a_sink(server)
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path / "watched")), sinks=[sink]) as engine:
        put(engine, LINES[:50])
        handed_on(engine, "centre")
        alter(
            engine,
            "UPDATE call SET caller = 'old', change = change + 1000, meaning = change + 1000",
            "UPDATE changes SET last = 2000",
        )
        handed_on(engine, "centre")
    (tmp_path / "site" / "calls.duckdb").unlink()

    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path / "watched")), sinks=[sink]) as engine:
        settle(engine)
        handed_on(engine, "centre")

        assert in_table(server) == in_store(engine.site.store)
        assert not [row for row in server.table() if row["caller"] == "old"]


def test_only_calls_that_the_filter_means_are_there(server: ClickHouseServer, tmp_path: Path) -> None:
    sink = replace(a_sink(server), filter={"direction": "incoming"})
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path / "watched")), sinks=[sink]) as engine:
        put(engine, LINES[:60])
        handed_on(engine, "centre")
        alter(
            engine,
            "UPDATE call SET direction = 'outgoing', change = change + 1000, meaning = change + 1000 "
            "WHERE direction = 'incoming' AND change < 20",
            "UPDATE changes SET last = 2000",
        )
        handed_on(engine, "centre")

        wanted = [row for row in in_store(engine.site.store) if row[2] == "incoming"]
        assert in_table(server) == wanted
        assert wanted


def test_columns_of_ones_own_come_under_their_names(server: ClickHouseServer, tmp_path: Path) -> None:
    chosen = (
        'CALL_KEY = id; "Talk minutes" = round(talk_s / 60, 1); DAY = date(started_local); AT = time(started_local)'
    )
    with at_work(
        tmp_path / "site", a_pbx(path=str(tmp_path / "watched")), sinks=[replace(a_sink(server), columns=chosen)]
    ) as engine:
        put(engine, LINES[:20])
        handed_on(engine, "centre")
        alter(
            engine,
            "INSERT INTO gone SELECT id, 2000 FROM call WHERE change = 3",
            "DELETE FROM call WHERE change = 3",
            "UPDATE changes SET last = 2000",
        )
        handed_on(engine, "centre")

        query = "SELECT id, round(talk_s / 60, 1), started_local FROM call ORDER BY id::VARCHAR"
        wanted = [
            (str(key), minutes, f"{at:%Y-%m-%d}", f"{at:%H:%M:%S}")
            for key, minutes, at in engine.site.store.rows(query)
        ]
        names = ("CALL_KEY", "Talk minutes", "DAY", "AT")
        assert sorted(tuple(row[name] for name in names) for row in server.table()) == wanted


def test_columns_that_came_with_an_update_are_added_or_left_out(server: ClickHouseServer, tmp_path: Path) -> None:
    first = "; ".join(name for name in CALL_VIEW if name not in LATER)
    with at_work(
        tmp_path / "first", a_pbx(path=str(tmp_path / "watched")), sinks=[replace(a_sink(server), columns=first)]
    ) as engine:
        put(engine, LINES[:10])
        handed_on(engine, "centre")
    with at_work(
        tmp_path / "site", a_pbx(path=str(tmp_path / "watched")), sinks=[a_sink(server, create="no", place="b")]
    ) as engine:
        put(engine, LINES[:10])
        handed_on(engine, "centre")
        left_out = sink_health(engine, "centre").left_out
        assert left_out
        assert set(left_out.columns) == LATER & CALL_VIEW.keys()
        for statement in left_out.adding:
            server.do(statement)
        put(engine, LINES[10:20])
        handed_on(engine, "centre")
        assert sink_health(engine, "centre").left_out is None

        assert in_table(server, "b") == in_store(engine.site.store)


def test_the_table_is_found_wanting_in_every_way_before_anything_is_written(
    server: ClickHouseServer, tmp_path: Path
) -> None:
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path / "watched"))) as engine:
        server.do("CREATE TABLE calls (id UUID, caller Int32, started_local DateTime) ENGINE = MergeTree ORDER BY id")
        problems = list(map(str, engine.sinks.misfits(a_sink(server))))
        assert any("make it as ReplacingMergeTree(tollbook_version, tollbook_gone)" in each for each in problems)
        assert any("ADD COLUMN IF NOT EXISTS `tollbook_version` UInt64" in each for each in problems)
        assert any("the column 'caller' is Int32" in each and "Nullable(String)" in each for each in problems)
        assert any("no column 'extension'" in each for each in problems)

        server.do("DROP TABLE calls SYNC")
        assert "there is no table 'calls'" in str(engine.sinks.misfits(a_sink(server, create="no"))[0])
        for name in ("place", "_partition_id"):
            taken = replace(a_sink(server), columns=f"id; started_local; {name} = pbx")
            assert f"cannot be called '{name}'" in str(engine.sinks.misfits(taken)[0])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("place", "FixedString(8)"),
        ("tollbook_version", "UInt32"),
        ("started_local", "DateTime64(6, 'Europe/Berlin')"),
        ("started_local", "DateTime"),
    ],
)
def test_a_column_that_would_alter_what_comes_there_does_not_fit(
    server: ClickHouseServer, tmp_path: Path, name: str, kind: str
) -> None:
    kinds = {"place": "String", "tollbook_version": "UInt64", "started_local": "DateTime('UTC')", name: kind}
    listed = ", ".join(f"{each} {there}" for each, there in kinds.items())
    server.do(
        f"CREATE TABLE calls ({listed}, tollbook_gone UInt8, id UUID) "
        "ENGINE = ReplacingMergeTree(tollbook_version, tollbook_gone) ORDER BY (place, id)"
    )
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path / "watched"))) as engine:
        (problem,) = engine.sinks.misfits(replace(a_sink(server), columns="id; started_local"))

        assert f"the column '{name}' is {kind}" in str(problem)
        assert "make it " in str(problem)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"password": "wrong"}, "the user or the password is wrong"),
        ({"url": "clickhouse://127.0.0.1:{port}/nowhere"}, "there is no such database"),
        ({"url": "clickhouse://127.0.0.1:1/default"}, "ClickHouse does not answer"),
        ({"tls": "verified"}, "ClickHouse does not answer"),
    ],
)
def test_what_keeps_a_server_from_being_used_is_told(
    server: ClickHouseServer, tmp_path: Path, settings: dict[str, str], told: str
) -> None:
    settings = {name: text.format(port=server.port) for name, text in settings.items()}
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path / "watched"))) as engine:
        tested = engine.sinks.try_out(a_sink(server, **settings))

        assert not tested.well
        assert told in tested.message
        assert PASSWORD not in tested.message


def test_a_table_dropped_under_way_is_made_again_and_the_history_fills_it(
    server: ClickHouseServer, tmp_path: Path
) -> None:
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path / "watched")), sinks=[a_sink(server)]) as engine:
        put(engine, LINES[:20])
        handed_on(engine, "centre")
        server.do("DROP TABLE calls SYNC")
        put(engine, LINES[20:40])
        handed_on(engine, "centre")
        assert len(in_table(server)) == 20
        engine.sinks.backfill("centre", "")
        until(lambda: sink_health(engine, "centre").backfill is None)

        assert in_table(server) == in_store(engine.site.store)


def test_columns_said_to_hold_something_always_do() -> None:
    kept = {name for name, (_, is_kept) in column_types("calls").items() if is_kept}

    assert kept >= columns.KEPT
    assert CALL_VIEW.keys() >= columns.KEPT | (columns.FEW - {"leg"}) | columns.AMOUNTS


@pytest.mark.parametrize("name", ["tick`y", "my, id", "back\\slash", "place of it"])
def test_a_key_of_any_name_is_known_again(server: ClickHouseServer, tmp_path: Path, name: str) -> None:
    sink = replace(a_sink(server), columns=f'"{name}" = id; caller')
    for part in range(2):
        with at_work(tmp_path / "site", a_pbx(path=str(tmp_path / "watched")), sinks=[sink]) as engine:
            put(engine, LINES[part * 5 : part * 5 + 5])
            handed_on(engine, "centre")

    assert len(server.table()) == 10
