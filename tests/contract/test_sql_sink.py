"""The sink `sql` against real databases: what stands in the table is what stands in the store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.fakes.databases import KINDS, SERVERS, Database, a_database, a_wire, a_writer
from tests.fakes.records import some_lines
from tests.fakes.sites import a_pbx, at_work, handed_on, import_file, sink_health, until
from tollbook.engine.engine import Engine
from tollbook.model.health import State
from tollbook.model.sink import Sink
from tollbook.store.outgoing import LATER
from tollbook.store.schema import CALL_VIEW
from tollbook.store.store import Store

LINES = some_lines(400)
FIRST = (
    "id; pbx; direction; outcome; started_at; answered_at; ended_at; started_local; ring_s; talk_s; total_s; "
    "extension; caller; called; trunk; account_code; device; feature; option1; option2; call_id; status; "
    "source_channel; destination_channel; caller_name; ddi; trunk_group; auth_code; third_party; pbx_charge; "
    "pbx_currency; pbx_units; hold_s; linked_id; legs; body; member; position; length"
)
"""The columns of a table that was made before calls had prices, names and meanings of numbers."""


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with a_database(request.param, tmp_path) as database:
        yield database


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with a_database(request.param, tmp_path) as database:
        yield database


def a_sink(database: Database, **settings: str) -> Sink:
    return Sink(name="warehouse", kind="sql", settings={**database.settings, **settings})


def put(engine: Engine, lines: list[bytes]) -> None:
    import_file(engine, "hts", b"".join(lines))


def plain(value: Any) -> Any:  # noqa: ANN401 - any database's value
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).replace(tzinfo=None).isoformat()
    return value if value is None or isinstance(value, int) else str(value)


def in_store(store: Store) -> list[tuple[Any, ...]]:
    chosen = ", ".join(source for source, _ in CALL_VIEW.values())
    return [tuple(map(plain, row)) for row in store.rows(f"SELECT {chosen} FROM call ORDER BY id::VARCHAR")]  # noqa: S608 - our own names


def in_table(database: Database, name: str = "calls") -> list[tuple[Any, ...]]:
    rows = database.table(name)
    return sorted((tuple(plain(row[column]) for column in CALL_VIEW) for row in rows), key=lambda row: str(row[0]))


def test_calls_come_into_a_table_made_for_them_as_they_are_stored(database: Database, tmp_path: Path) -> None:
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[a_sink(database)]) as engine:
        put(engine, LINES[:30])
        handed_on(engine, "warehouse")
        put(engine, LINES[30:60])
        handed_on(engine, "warehouse")

        assert in_table(database) == in_store(engine.site.store)
        assert len(in_table(database)) == 60
        assert sink_health(engine, "warehouse").state is State.WORKING


def test_history_is_handed_on_when_asked_for(database: Database, tmp_path: Path) -> None:
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path))) as engine:
        put(engine, LINES)
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[a_sink(database)]) as engine:
        handed_on(engine, "warehouse")
        until(lambda: sink_health(engine, "warehouse").state is State.WORKING)
        assert in_table(database) == []

        engine.sinks.backfill("warehouse", "")
        handed_on(engine, "warehouse")

        assert in_table(database) == in_store(engine.site.store)
        assert sink_health(engine, "warehouse").backfill is None


def test_history_from_a_day_on_leaves_out_what_was_before(database: Database, tmp_path: Path) -> None:
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[a_sink(database)]) as engine:
        put(engine, LINES[:50])
        handed_on(engine, "warehouse")
        engine.sinks.backfill("warehouse", "2030-01-01")
        handed_on(engine, "warehouse")
        put(engine, LINES[50:60])
        handed_on(engine, "warehouse")

        assert in_table(database) == in_store(engine.site.store)


def test_a_store_made_again_alters_no_row(database: Database, tmp_path: Path) -> None:
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[a_sink(database)]) as engine:
        put(engine, LINES[:50])
        handed_on(engine, "warehouse")
        sent = sink_health(engine, "warehouse").sent

        engine.rebuild()
        handed_on(engine, "warehouse")

        assert sink_health(engine, "warehouse").sent == sent == 50
        assert in_table(database) == in_store(engine.site.store)


def test_calls_altered_and_gone_are_altered_and_gone_in_the_table(database: Database, tmp_path: Path) -> None:
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[a_sink(database)]) as engine:
        put(engine, LINES[:50])
        handed_on(engine, "warehouse")
        writer = engine.site.store._writer  # noqa: SLF001 - as what is yet to come, assembly and prices, will do
        writer.execute(
            "UPDATE call SET caller = 'another', change = change + 1000, meaning = change + 1000 WHERE change <= 5",
        )
        writer.execute("DELETE FROM call WHERE change = 20")
        writer.execute("INSERT INTO gone SELECT id, 2000 FROM (SELECT id FROM call WHERE change = 30)")
        writer.execute("DELETE FROM call WHERE change = 30")
        writer.execute("UPDATE changes SET last = 2000")
        engine.sinks.news()
        handed_on(engine, "warehouse")

        assert len([row for row in database.table() if row["caller"] == "another"]) == 5
        assert len(database.table()) == 49


def test_only_calls_that_the_filter_means_come_through(database: Database, tmp_path: Path) -> None:
    sink = Sink(name="warehouse", kind="sql", settings=database.settings, filter={"direction": "outgoing"})
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[sink]) as engine:
        put(engine, LINES)
        handed_on(engine, "warehouse")

        wanted = engine.site.store.rows("SELECT count(*) FROM call WHERE direction = 'outgoing'")[0][0]
        assert {row["direction"] for row in database.table()} == {"outgoing"}
        assert len(database.table()) == wanted > 0


def test_columns_may_have_the_names_that_users_of_the_agg_logger_know(database: Database, tmp_path: Path) -> None:
    sink = Sink(name="warehouse", kind="sql", settings=database.settings, columns="agg")
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[sink]) as engine:
        put(engine, LINES[:20])
        handed_on(engine, "warehouse")

        row = database.table()[0]
        assert {"TOLLBOOK_ID", "CALL_TIME", "CALL_DURATION_S", "DIALED_PHONE", "EXT", "FLAG1"} <= set(row)


def test_columns_may_be_constants_and_expressions(database: Database, tmp_path: Path) -> None:
    columns = "id; \"Called first\" = left(called, 2); SITE = 'Head ''office'''; MINUTES = round(talk_s / 60, 1)"
    sink = Sink(name="warehouse", kind="sql", settings=database.settings, columns=columns)
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[sink]) as engine:
        put(engine, LINES[:20])
        handed_on(engine, "warehouse")

        rows = database.table()
        assert {row["SITE"] for row in rows} == {"Head 'office'"}
        assert all(len(row["Called first"] or "") <= 2 for row in rows)
        total = engine.site.store.rows("SELECT sum(round(talk_s / 60, 1)) FROM call")[0][0]
        assert float(sum(row["MINUTES"] for row in rows)) == pytest.approx(total)


def test_a_table_that_is_there_and_does_not_fit_is_told_of_with_every_fault(database: Database, tmp_path: Path) -> None:
    database.ask("CREATE TABLE calls (id VARCHAR(10), pbx INTEGER, started_at VARCHAR(40), mine INTEGER NOT NULL)")
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[a_sink(database)]) as engine:
        until(lambda: sink_health(engine, "warehouse").state is State.NEEDS_ATTENTION)
        told = engine.sinks.test("warehouse").message

    assert "column 'id' of table calls is VARCHAR(10)" in told
    assert "column 'pbx' of table calls is INTEGER" in told
    assert told.count("table calls has not the columns 'direction', 'outcome', ") == 1
    assert "ALTER TABLE calls ADD caller " in told
    assert "column 'mine' of table calls must not be empty" in told
    assert "column 'id' of table calls is not unique" in told
    assert "started_at" not in told


def test_a_table_made_before_numbers_and_names_is_given_their_columns(database: Database, tmp_path: Path) -> None:
    sink = a_sink(database)
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[replace(sink, columns=FIRST)]) as engine:
        put(engine, LINES[:20])
        handed_on(engine, "warehouse")
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[sink]) as engine:
        put(engine, LINES[20:40])
        handed_on(engine, "warehouse")

        assert in_table(database) == in_store(engine.site.store)
        assert len(in_table(database)) == 40


def test_a_table_that_is_not_to_be_altered_goes_without_columns_that_came_later_until_it_has_them(
    database: Database,
    tmp_path: Path,
) -> None:
    sink = a_sink(database)
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[replace(sink, columns=FIRST)]) as engine:
        put(engine, LINES[:20])
        handed_on(engine, "warehouse")
    kept = replace(sink, settings={**sink.settings, "create": "no"})
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[kept]) as engine:
        put(engine, LINES[20:300])
        handed_on(engine, "warehouse")
        until(lambda: sink_health(engine, "warehouse").state is State.WORKING)
        health = sink_health(engine, "warehouse")

        assert health.left_out is not None
        assert set(health.left_out.columns) == LATER & CALL_VIEW.keys()
        assert "department" in engine.sinks.test("warehouse").message
        assert {str(row["id"]) for row in database.table()} == {row[0] for row in in_store(engine.site.store)}

        for statement in health.left_out.adding:
            database.ask(statement)
        engine.sinks.backfill("warehouse", "")
        handed_on(engine, "warehouse")

        assert sink_health(engine, "warehouse").left_out is None
        assert sink_health(engine, "warehouse").last_error == ""
        assert in_table(database) == in_store(engine.site.store)
        assert engine.sinks.test("warehouse").message == "it answers, and everything fits"


def test_a_table_that_the_user_may_not_alter_goes_without_columns_that_came_later(
    server: Database,
    tmp_path: Path,
) -> None:
    sink = a_sink(server)
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[replace(sink, columns=FIRST)]) as engine:
        put(engine, LINES[:20])
        handed_on(engine, "warehouse")
    with a_writer(server) as username:
        limited = replace(sink, settings={**sink.settings, "username": username, "password": username})
        with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[limited]) as engine:
            put(engine, LINES[20:40])
            handed_on(engine, "warehouse")
            until(lambda: sink_health(engine, "warehouse").state is State.WORKING)
            health = sink_health(engine, "warehouse")

            assert health.last_error == ""
            assert health.left_out is not None
            assert set(health.left_out.columns) == LATER & CALL_VIEW.keys()
            assert len(server.table()) == 40


def test_columns_that_no_table_of_the_first_version_has_are_those_that_came_later() -> None:
    """A column that is added to a call belongs into `LATER`: a table made before lacks it."""
    assert set(CALL_VIEW) - LATER == set(FIRST.split("; "))


def test_columns_of_the_users_own_stay_as_they_are(database: Database, tmp_path: Path) -> None:
    kept = Sink(name="warehouse", kind="sql", settings=database.settings, columns="id; caller")
    database.ask("CREATE TABLE calls (id VARCHAR(36) PRIMARY KEY, caller VARCHAR(80), note VARCHAR(80) DEFAULT 'mine')")
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[kept]) as engine:
        put(engine, LINES[:10])
        handed_on(engine, "warehouse")
        database.ask("UPDATE calls SET note = 'written by hand', caller = 'x'")
        engine.sinks.backfill("warehouse", "")
        handed_on(engine, "warehouse")

        rows = database.table()
        assert {row["note"] for row in rows} == {"written by hand"}
        assert "x" not in {row["caller"] for row in rows}


def test_texts_that_mean_something_to_sql_or_csv_come_through_as_they_are(database: Database, tmp_path: Path) -> None:
    odd = [
        "NULL",
        "\\N",
        '"',
        "'; DROP TABLE calls; --",
        "a,b",
        "line\nbreak",
        "back\\slash",
        "çéß😀",
        "",
        "tab\t",
        "\\",
    ]
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[a_sink(database)]) as engine:
        put(engine, LINES[:200])
        handed_on(engine, "warehouse")
        writer = engine.site.store._writer  # noqa: SLF001 - texts that no record of the simulator holds
        for number, text in enumerate(odd, 1):
            writer.execute(
                "UPDATE call SET caller = ?, change = change + 5000, meaning = change + 5000 WHERE change = ?",
                [text, number],
            )
        # So many that they go the way of many rows.
        writer.execute("UPDATE call SET change = change + 6000 WHERE change < 5000")
        writer.execute("UPDATE changes SET last = 7000")
        engine.sinks.news()
        handed_on(engine, "warehouse")

        assert in_table(database) == in_store(engine.site.store)
        assert set(odd) <= {row["caller"] for row in database.table()}


def test_a_database_that_goes_in_the_middle_of_a_batch_costs_nothing(server: Database, tmp_path: Path) -> None:
    with a_wire(server.port) as wire:
        sink = Sink(name="warehouse", kind="sql", settings={**server.through(wire.port), "batch": "40"})
        with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[sink]) as engine:
            for number in range(5):
                wire.cut(after_bytes=3000 + 2500 * number)
                put(engine, LINES[number * 80 : number * 80 + 80])
                until(lambda: wire.is_cut)
                until(lambda: sink_health(engine, "warehouse").state is State.NOT_REACHABLE)
                wire.mend()
                handed_on(engine, "warehouse")
                assert in_table(server) == in_store(engine.site.store)

            assert len(in_table(server)) == 400
            assert "does not answer" in sink_health(engine, "warehouse").last_error


@pytest.mark.slow
def test_a_database_too_slow_for_a_whole_batch_is_handed_smaller_ones(tmp_path: Path) -> None:
    with (
        a_database("postgresql", tmp_path) as slow,
        at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[a_sink(slow, timeout="1s")]) as engine,
    ):
        put(engine, LINES[:1])
        handed_on(engine, "warehouse")
        slow.ask(
            "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_sleep(0.005); RETURN NEW; END $$",
        )
        slow.ask("CREATE TRIGGER slowly BEFORE INSERT ON calls FOR EACH ROW EXECUTE FUNCTION slowly()")
        put(engine, LINES[1:])
        handed_on(engine, "warehouse")

        assert in_table(slow) == in_store(engine.site.store)
        assert "timeout" in sink_health(engine, "warehouse").last_error


def test_connections_that_the_server_ends_cost_nothing(server: Database, tmp_path: Path) -> None:
    sink = a_sink(server, batch="20")
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[sink]) as engine:
        for number in range(10):
            put(engine, LINES[number * 40 : number * 40 + 40])
            server.break_connections()
        handed_on(engine, "warehouse")

        assert in_table(server) == in_store(engine.site.store)


def test_a_sink_in_trouble_holds_up_no_other(server: Database, tmp_path: Path) -> None:
    broken = Sink(name="broken", kind="sql", settings={**server.settings, "table": "other"})
    server.ask("CREATE TABLE other (id INTEGER)")
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[broken, a_sink(server)]) as engine:
        put(engine, LINES[:40])
        handed_on(engine, "warehouse")

        assert in_table(server) == in_store(engine.site.store)
        assert sink_health(engine, "broken").state is State.NEEDS_ATTENTION


def test_a_table_that_somebody_alters_stops_the_sink_with_a_reason_until_it_fits_again(
    server: Database,
    tmp_path: Path,
) -> None:
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[a_sink(server)]) as engine:
        put(engine, LINES[:40])
        handed_on(engine, "warehouse")
        server.ask("ALTER TABLE calls DROP COLUMN caller")
        put(engine, LINES[40:80])
        until(lambda: sink_health(engine, "warehouse").state is State.NEEDS_ATTENTION)
        assert "caller" in sink_health(engine, "warehouse").message

        server.ask("DROP TABLE calls")
        engine.sinks.backfill("warehouse", "")
        handed_on(engine, "warehouse")

        assert in_table(server) == in_store(engine.site.store)


def test_many_rows_come_a_second_time_to_no_effect(server: Database, tmp_path: Path) -> None:
    many = b"".join(some_lines(2500, seed=9))
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[a_sink(server)]) as engine:
        import_file(engine, "hts", many)
        handed_on(engine, "warehouse")
        server.ask("UPDATE calls SET caller = 'x' WHERE direction = 'outgoing'")
        server.ask("DELETE FROM calls WHERE direction = 'internal'")
        engine.sinks.backfill("warehouse", "")
        handed_on(engine, "warehouse")

        assert in_table(server) == in_store(engine.site.store)
        assert len(in_table(server)) == 2500


def test_a_column_may_have_a_per_cent_sign_in_its_name(database: Database, tmp_path: Path) -> None:
    sink = Sink(name="warehouse", kind="sql", settings=database.settings, columns='id; "Ring %s (%)" = ring_s')
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[sink]) as engine:
        import_file(engine, "hts", b"".join(some_lines(1200, seed=9)))
        handed_on(engine, "warehouse")
        engine.sinks.backfill("warehouse", "")
        handed_on(engine, "warehouse")
        put(engine, LINES[:20])
        handed_on(engine, "warehouse")

        assert len(database.table()) == engine.site.store.rows("SELECT count(*) FROM call")[0][0]
        assert sum(row["Ring %s (%)"] for row in database.table()) == sum_of_rings(engine)


def sum_of_rings(engine: Engine) -> int:
    return int(engine.site.store.rows("SELECT sum(ring_s) FROM call")[0][0])


def test_a_server_that_takes_no_files_is_given_statements_of_many_rows(tmp_path: Path) -> None:
    many = b"".join(some_lines(2500, seed=9))
    with a_database("mysql", tmp_path) as database:
        (allowed,) = database.ask("SELECT @@global.local_infile")[0]
        database.ask("SET GLOBAL local_infile = 0")
        try:
            with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[a_sink(database)]) as engine:
                import_file(engine, "hts", many)
                handed_on(engine, "warehouse")

                assert in_table(database) == in_store(engine.site.store)
        finally:
            database.ask(f"SET GLOBAL local_infile = {allowed}")


def test_a_database_that_is_read_only_is_waited_for(tmp_path: Path) -> None:
    with (
        a_database("postgresql", tmp_path) as database,
        at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[a_sink(database)]) as engine,
    ):
        put(engine, LINES[:40])
        handed_on(engine, "warehouse")
        name = database.settings["url"].rpartition("/")[2]
        database.ask(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        database.break_connections()
        put(engine, LINES[40:80])
        until(lambda: "read-only" in sink_health(engine, "warehouse").message)
        assert sink_health(engine, "warehouse").state is State.NOT_REACHABLE

        database.ask(f"ALTER DATABASE {name} SET default_transaction_read_only = off")
        database.break_connections()
        handed_on(engine, "warehouse")
        assert in_table(database) == in_store(engine.site.store)


def test_a_text_too_long_for_its_column_is_never_cut_off(server: Database, tmp_path: Path) -> None:
    server.ask("CREATE TABLE calls (id VARCHAR(36) PRIMARY KEY, called VARCHAR(4))")
    sink = Sink(name="warehouse", kind="sql", settings=server.settings, columns="id; called")
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[sink]) as engine:
        import_file(engine, "hts", b"".join(some_lines(1500, seed=9)))
        until(lambda: sink_health(engine, "warehouse").state is State.NEEDS_ATTENTION)

        assert "too long" in sink_health(engine, "warehouse").message
        assert server.table() == []
        server.ask("ALTER TABLE calls " + ALTERED[server.kind])
        engine.sinks.backfill("warehouse", "")
        handed_on(engine, "warehouse")
        assert len(server.table()) == 1500


ALTERED = {"postgresql": "ALTER COLUMN called TYPE VARCHAR(200)", "mysql": "MODIFY called VARCHAR(200)"}


def test_a_table_met_again_after_a_start_takes_changes_of_every_kind(database: Database, tmp_path: Path) -> None:
    for part in range(3):
        with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[a_sink(database)]) as engine:
            put(engine, LINES[part * 20 : part * 20 + 20])
            handed_on(engine, "warehouse")
            writer = engine.site.store._writer  # noqa: SLF001 - as what is yet to come, assembly and prices, will do
            writer.execute("INSERT INTO gone SELECT id, 1000 * (?) + 1000 FROM call WHERE change % 7 = 0", [part])
            writer.execute("DELETE FROM call WHERE change % 7 = 0")
            writer.execute(
                "UPDATE call SET caller = 'x', change = 1000 * (?) + 999, meaning = 1000 * (?) + 999 "
                "WHERE change % 5 = 0",
                [part, part],
            )
            writer.execute("UPDATE changes SET last = 1000 * (?) + 1000", [part])
            engine.sinks.news()
            handed_on(engine, "warehouse")

            assert in_table(database) == in_store(engine.site.store)


def test_numbers_and_times_may_go_into_columns_of_text(database: Database, tmp_path: Path) -> None:
    database.ask("CREATE TABLE calls (id VARCHAR(36) PRIMARY KEY, talk_s VARCHAR(20), started_local VARCHAR(40))")
    sink = Sink(name="warehouse", kind="sql", settings=database.settings, columns="id; talk_s; started_local")
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[sink]) as engine:
        put(engine, LINES[:20])
        handed_on(engine, "warehouse")
        put(engine, LINES)
        handed_on(engine, "warehouse")

        rows = database.table()
        assert len(rows) == 400
        assert all(row["talk_s"].isdigit() and len(row["started_local"]) == 19 for row in rows)
