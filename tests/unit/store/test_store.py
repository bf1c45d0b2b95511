"""The store's file: opened, upgraded, opened again and put aside, with what it has noted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from tests.fakes.calls import NOON, Made, calls_of
from tollbook.model.reading import Reading
from tollbook.store.batch import Batch, Piece, pack
from tollbook.store.beside import Purpose
from tollbook.store.faults import ASIDE, OutdatedStore
from tollbook.store.schema import NUMBER, OWNED, PRICED, VERSION
from tollbook.store.store import Store
from tollbook.store.unbacked import LostBodies

NEW_SINCE_6 = ("high_water", "reading", "behind")
ENTRY = 5


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.duckdb"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with closing(Store(path)) as opened:
        yield opened


def a_batch(*made: Made, body: int = 1) -> Batch:
    piece = Piece(
        pbx="hts",
        body=body,
        stream=True,
        member=0,
        received_at=0,
        reading=Reading(calls_of(*made), [], []),
    )
    return Batch(reads=[pack([piece])], entry=ENTRY, unfinished={body: 70})


NEW_IN_9 = {
    "call": (*NUMBER, "number_shown", "meaning"),
    "leg": ("number_shown",),
    "before": ("meaning", "sense"),
}


def make_older(path: Path, version: int, *without: str) -> None:
    with duckdb.connect(path) as connection:
        for table in without:
            connection.execute(f"DROP TABLE {table}")
        if version <= 12:
            connection.execute("DROP TABLE arrival; DROP TABLE skip; CREATE TABLE skip (pbx VARCHAR, frames BIGINT)")
        if version <= 10:
            connection.execute("DROP VIEW calls; DROP VIEW legs; DROP VIEW calls_agg; DROP TABLE pricing")
            for column in PRICED:
                connection.execute(f"ALTER TABLE call DROP COLUMN {column}")
        if version <= 9:
            connection.execute("DROP TABLE span; DROP TABLE assigned; DROP TABLE owner; DROP TABLE phone_book")
            for column in OWNED:
                connection.execute(f"ALTER TABLE call DROP COLUMN {column}")
        if version <= 8:
            connection.execute("DROP TABLE plan")
            for table, columns in NEW_IN_9.items():
                for column in columns:
                    connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        connection.execute("UPDATE version SET number = ?", [version])


@pytest.mark.parametrize(
    ("version", "without"), [(6, NEW_SINCE_6), (7, ("behind",)), (8, ()), (9, ()), (10, ()), (12, ())]
)
def test_a_file_of_an_earlier_version_is_made_one_of_today(path: Path, version: int, without: tuple[str, ...]) -> None:
    with closing(Store(path)) as store:
        store.write(a_batch({"caller": "5550101"}))
    make_older(path, version, *without)

    with closing(Store(path)) as store:
        assert store.rows("SELECT number FROM version") == [(VERSION,)]
        assert store.rows("SELECT caller FROM calls") == [("5550101",)]
        assert [store.rows(f"SELECT count(*) FROM {table}") for table in NEW_SINCE_6] == [[(0,)]] * 3  # noqa: S608 - ours


def test_every_pbx_of_a_file_without_days_is_read_again_and_what_stood_beside_is_begun_again(path: Path) -> None:
    with closing(Store(path)) as store:
        store.write(a_batch({"caller": "5550101"}))
        store.note_read({"hts": "today"})
        store.beside(Purpose(pbxs=("hts",), digests=(("hts", "today"),))).close()
    make_older(path, 12)

    with closing(Store(path)) as store:
        assert (store.digests(), store.purpose()) == ({"hts": ""}, None)
        assert store.rows("SELECT caller FROM calls") == [("5550101",)]


def test_a_start_that_broke_off_before_there_were_tables_is_begun_again(
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaks_off(_connection: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("tollbook.store.store.make", breaks_off)
        with pytest.raises(KeyboardInterrupt):
            Store(path)

    with closing(Store(path)) as store:
        assert store.rows("SELECT number FROM version") == [(VERSION,)]
        assert store.rows("SELECT caller FROM calls") == []


def test_a_file_of_version_9_may_have_the_directory_already(path: Path) -> None:
    with closing(Store(path)) as store:
        store.write(a_batch({"caller": "5550101"}))
    make_older(path, 10)
    with duckdb.connect(path) as connection:
        connection.execute("UPDATE version SET number = 9")

    with closing(Store(path)) as store:
        assert store.rows("SELECT caller, person FROM calls") == [("5550101", None)]


@pytest.mark.parametrize("version", [5, VERSION + 1])
def test_a_file_that_no_step_leads_from_is_refused_and_can_be_opened_by_others(path: Path, version: int) -> None:
    Store(path).close()
    make_older(path, version)

    with pytest.raises(OutdatedStore):
        Store(path)
    with duckdb.connect(path) as connection:
        assert connection.sql("SELECT number FROM version").fetchall() == [(version,)]


def test_what_a_store_has_noted_it_knows_when_it_is_opened_again(path: Path) -> None:
    with closing(Store(path)) as store:
        store.write(a_batch({"talk_s": 1}, {"talk_s": 2}))
        store.note_read({"hts": "a digest"})
        store.note_read({})
        before = store.high_water()

    with closing(Store(path)) as store:
        assert store.progress() == (ENTRY, {1: 70})
        assert (store.digests(), store.has_records(), store.behind()) == ({"hts": "a digest"}, {"hts"}, {})
        assert store.high_water() == before
        assert (before.file, before.number) == ("calls.duckdb", 2)


def test_an_attempt_leaves_everything_as_it_is(store: Store) -> None:
    store.attempt(a_batch({}))

    assert (store.rows("SELECT * FROM call"), store.progress(), store.position().last) == ([], (0, {}), 0)


def test_a_write_that_fails_leaves_everything_as_it_is_and_the_next_one_is_done(store: Store) -> None:
    store.write(a_batch({"offset": 0}))
    with store.cursor() as cursor:
        cursor.execute("ALTER TABLE unfinished RENAME TO elsewhere")
    with pytest.raises(duckdb.CatalogException):
        store.write(Batch(reads=a_batch({"offset": 100}).reads, entry=ENTRY + 1, unfinished={}))
    with store.cursor() as cursor:
        cursor.execute("ALTER TABLE elsewhere RENAME TO unfinished")

    assert (store.progress(), store.rows("SELECT position FROM call")) == ((ENTRY, {1: 70}), [(0,)])
    store.write(Batch(reads=a_batch({"offset": 100}).reads, entry=ENTRY + 1, unfinished={}))
    assert (store.progress(), store.rows("SELECT position FROM call")) == ((ENTRY + 1, {}), [(0,), (100,)])


def test_bodies_are_open_from_where_they_are_read_to_until_they_end(store: Store) -> None:
    seen = []
    for unfinished in ({1: 10, 2: 20}, {1: 15, 2: 20, 3: 5}, {3: 5}, {}):
        store.write(Batch(reads=[], entry=ENTRY, unfinished=unfinished))
        seen.append(store.progress()[1])

    assert seen == [{1: 10, 2: 20}, {1: 15, 2: 20, 3: 5}, {3: 5}, {}]


def test_calls_whose_last_change_no_feed_came_to_are_told_of_again(path: Path) -> None:
    with closing(Store(path)) as store:
        store.write(a_batch({"raw": b"1"}, {"raw": b"2", "offset": 100}, {"raw": b"3", "offset": 200}))
    make_older(path, 13)
    with duckdb.connect(path) as connection:
        connection.execute("UPDATE call SET meaning = 36028797018963968 + rowid WHERE change > 1")

    with closing(Store(path)) as store:
        assert store.rows("SELECT change, meaning FROM call ORDER BY change") == [(1, 1), (2, 4), (3, 5)]
        assert store.position().last == 5


def test_a_store_that_answers_goes_on_with_its_connection_and_one_that_does_not_has_a_new_one(store: Store) -> None:
    store.write(a_batch({"caller": "5550101"}))
    before = store.cursor()
    store.reopen()
    assert before.execute("SELECT caller FROM call").fetchall() == [("5550101",)]

    store._writer.close()  # noqa: SLF001 - what a fault leaves
    store.reopen()
    with pytest.raises(duckdb.Error):
        before.execute("SELECT caller FROM call")
    store.write(a_batch({"caller": "5550102"}, body=2))
    assert store.rows("SELECT caller FROM call ORDER BY ALL") == [("5550101",), ("5550102",)]


def test_closing_breaks_off_what_a_reader_asks(path: Path) -> None:
    store = Store(path)
    reader = store.cursor()
    rows = reader.execute("SELECT * FROM range(100000000)")
    rows.fetchone()

    store.close()

    with duckdb.connect(path) as other:  # which a lock would not let in
        assert other.sql("SELECT number FROM version").fetchall() == [(VERSION,)]


def test_a_store_made_again_goes_on_with_the_feed_and_with_what_only_it_had(path: Path, store: Store) -> None:
    calls = [{"offset": 0, "raw": b"1"}, {"offset": 100, "raw": b"2"}, {"offset": 200, "raw": b"3"}]
    store.write(a_batch(*calls))
    store.write(a_batch({"raw": b"4"}, body=2))
    store.note_lost(LostBodies(whole=[2], beyond={}))
    before = store.position()

    store.begin_again("it cannot be read")

    assert not path.with_suffix(ASIDE).exists()
    assert (store.progress(), store.unbacked()) == ((0, {}), 1)
    assert (store.position().epoch, store.position().last, store.position().settled) == (before.epoch, 4, False)
    store.write(a_batch(calls[0], {**calls[1], "talk_s": 9}))
    store.settle()
    assert store.rows("SELECT position, change FROM call WHERE body > 0 ORDER BY ALL") == [(0, 1), (100, 6)]
    assert store.rows("SELECT change FROM gone") == [(7,)]
    assert (store.position().epoch, store.position().last, store.position().settled) == (before.epoch, 7, True)


def test_a_file_that_tells_nothing_is_left_aside_and_the_feed_begins_anew(path: Path, store: Store) -> None:
    before = store.position().epoch
    store.close()
    path.write_bytes(b"nothing that DuckDB wrote")

    store.begin_again("it cannot be read")

    assert path.with_suffix(ASIDE).read_bytes() == b"nothing that DuckDB wrote"
    assert store.position().epoch != before
    assert store.position().settled
    store.write(a_batch({"started_at": NOON}))
    assert store.position().last == 1


def test_a_new_epoch_keeps_the_calls_and_their_numbers(store: Store) -> None:
    store.write(a_batch({}, {}))
    before = store.position()

    store.begin_epoch()

    assert (store.position().last, store.position().epoch == before.epoch) == (2, False)


def test_what_came_again_has_its_bytes_again(store: Store) -> None:
    record = {"raw": b"a record", "offset": 30}
    piece = Piece(pbx="hts", body=1, stream=False, member=0, received_at=0, reading=Reading(calls_of(record), [], []))
    store.write(Batch(reads=[pack([piece])], entry=1, unfinished={}))

    assert store.note_lost(None) == 1
    assert (store.reached(), store.last_body(), store.progress()) == ({}, 1, (0, {}))
    store.write(a_batch({}, body=7))
    for body, offset in ((8, 90), (9, 10)):
        reading = Reading(calls_of({**record, "offset": offset}), [], [])
        piece = Piece(pbx="hts", body=body, stream=False, member=0, received_at=0, reading=reading)
        store.write(Batch(reads=[pack([piece])], entry=1, unfinished={}))
    store.back_again()
    store.back_again()

    assert store.unbacked() == 0
    assert store.rows("SELECT body, position FROM call ORDER BY ALL") == [(7, 0), (8, 90)]
    assert store.rows("SELECT body, position FROM sighting") == [(9, 10)]
