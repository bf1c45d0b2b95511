"""A PBX with much to read holds up no other: an archive, a flood of records, a long question, a restart in between."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from itertools import chain, islice
from pathlib import Path
from typing import IO

import duckdb
import pytest

from tests.fakes.records import some_lines
from tests.fakes.sites import AT, Shelf, a_pbx, a_shelf, at_work, dump, import_file, settle
from tests.flow.test_archives import a_tar_gz
from tollbook.engine.pipeline import pipeline
from tollbook.engine.pipeline.pipeline import Pipeline, ReadyBatch, read_jobs
from tollbook.engine.pipeline.store_writer import StoreWriter
from tollbook.framing import bodies
from tollbook.framing.archives import unpack
from tollbook.model.archive import Limits, Piece
from tollbook.model.body import Opening
from tollbook.model.shape import Shape
from tollbook.store.batch import Batch
from tollbook.store.tables import Written

LINES = some_lines(400)
BUSY, QUIET = a_pbx("busy"), a_pbx("quiet")
TURN = 2_000
"""Bytes of records in one turn of the tests below: about ten records."""


@pytest.fixture(autouse=True)
def small_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few records be what megabytes are."""
    for name in ("LARGEST_BATCH", "FLOOD", "_LANE"):
        monkeypatch.setattr(pipeline, name, TURN)
    monkeypatch.setattr(pipeline, "MANY", 16)


def put(shelf: Shelf, pbx: str, *pieces: bytes) -> None:
    body = shelf.begin(pbx)
    for piece in pieces:
        shelf.take(body, piece)
    shelf.end(body)


def tarred(count: int) -> bytes:
    """An archive of so many records, ten in a file: of a single text no less than a megabyte comes at once."""
    return a_tar_gz(*(b"".join(LINES[start : start + 10]) for start in range(0, count, 10)))


def an_archive(shelf: Shelf) -> None:
    put(shelf, "busy", tarred(300))


def a_flood(shelf: Shelf) -> None:
    put(shelf, "busy", *LINES[:300])


def many_connections(shelf: Shelf) -> None:
    for line in LINES[:100]:
        opening = Opening(pbx="busy", source="tcp_client", origin="tcp://198.51.100.7:2300")
        body = shelf.journal.open_body(opening, AT)
        shelf.take(body, line)
        shelf.end(body)


def a_few_calls(shelf: Shelf) -> None:
    put(shelf, "quiet", *LINES[300:303])
    put(shelf, "busy", *LINES[290:310])
    put(shelf, "quiet", *LINES[303:306])


def turns(going: Pipeline) -> Iterator[ReadyBatch]:
    """Divide as the store's writer does: everybody's, then a turn of those that were set aside."""
    return chain(going.divide(TURN, aside=True), going.next_of_lanes())


def store(shelf: Shelf, ready: ReadyBatch) -> set[str]:
    """Store what was divided; return whose it was."""
    read = read_jobs(ready.jobs, shelf.reader_of, shelf.rules_of)
    shelf.store.write(
        Batch(reads=[read], entry=ready.entry, unfinished=ready.unfinished, behind=ready.behind),
    )
    return {job.pbx for job in ready.jobs}


def in_turns(shelf: Shelf) -> list[set[str]]:
    """Store all that the journal holds, turn by turn; return whose records each turn had."""
    going, whose = Pipeline(shelf.journal, shelf.store), list[set[str]]()
    while going.behind():
        whose += [store(shelf, ready) for ready in turns(going)]
    return whose


much = pytest.mark.parametrize(
    "much",
    [an_archive, *(pytest.param(each, marks=pytest.mark.slow) for each in (a_flood, many_connections))],
)


@much
def test_what_comes_from_others_is_stored_after_a_few_turns(much: type) -> None:
    with a_shelf(BUSY, QUIET) as in_order, a_shelf(BUSY, QUIET) as shelf:
        for each in (in_order, shelf):
            much(each)
            a_few_calls(each)
        in_order.catch_up()

        whose = in_turns(shelf)

        last_of_busy = max(number for number, names in enumerate(whose) if "busy" in names)
        last_of_quiet = max(number for number, names in enumerate(whose) if "quiet" in names)
        assert last_of_quiet <= 8
        assert last_of_busy > 10
        assert dump(shelf.store) == dump(in_order.store)
        assert shelf.store.behind() == {}


@much
def test_a_restart_after_any_turn_stores_each_record_once(much: type) -> None:
    with a_shelf(BUSY, QUIET) as in_order, a_shelf(BUSY, QUIET) as shelf:
        for each in (in_order, shelf):
            much(each)
            a_few_calls(each)
        in_order.catch_up()

        while (going := Pipeline(shelf.journal, shelf.store)).behind():
            ready = next(turns(going))
            store(shelf, ready)

        assert dump(shelf.store) == dump(in_order.store)


def test_an_archive_is_unpacked_once_however_many_calls_come_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked: list[Shape] = []

    def counting(file: IO[bytes], shape: Shape, limits: Limits) -> Iterator[Piece]:
        unpacked.append(shape)
        return unpack(file, shape, limits)

    monkeypatch.setattr(bodies, "unpack", counting)
    with a_shelf(BUSY, QUIET) as shelf:
        an_archive(shelf)
        going = Pipeline(shelf.journal, shelf.store)
        for number in range(10):
            put(shelf, "quiet", LINES[300 + number])
            for ready in turns(going):
                store(shelf, ready)

        assert "busy" in shelf.store.behind()
        assert shelf.store.rows("SELECT count(*) FROM call WHERE pbx = 'quiet'") == [(10,)]
        assert unpacked == [Shape.GZIP]


def test_several_pbxs_with_much_to_read_take_turns() -> None:
    names = [f"busy-{number}" for number in range(6)]
    with a_shelf(*map(a_pbx, names)) as shelf:
        for name in names:
            put(shelf, name, tarred(100))

        order = [next(iter(pbxs)) for pbxs in in_turns(shelf) if pbxs]
        last = {name: len(order) - 1 - order[::-1].index(name) for name in names}

        assert order.index(names[3]) < last[names[0]] < order.index(names[4])
        assert shelf.store.rows("SELECT count(*) FROM call") == [(600,)]


def filled(site: Path) -> None:
    """A site whose journal holds an archive of one PBX, and after it a few calls of another."""
    site.mkdir()
    shelf = Shelf(site, BUSY, QUIET)
    an_archive(shelf)
    a_few_calls(shelf)
    shelf.close()


def test_an_engine_stores_the_calls_of_others_before_an_archive_is_read(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    filled(tmp_path / "site")
    whose: list[set[str]] = []
    note = StoreWriter._note  # noqa: SLF001 - called all the same

    def noting(store_writer: StoreWriter, batch: Batch, written: Written) -> None:
        whose.append({tally.pbx for tally in written.tallies.values()})
        note(store_writer, batch, written)

    monkeypatch.setattr(StoreWriter, "_note", noting)
    with at_work(tmp_path / "site", BUSY, QUIET, sources=False) as engine:
        settle(engine)
        assert engine.site.store.rows("SELECT pbx, count(*) FROM call GROUP BY pbx ORDER BY pbx") == [
            ("busy", 310),
            ("quiet", 6),
        ]
        kept = dump(engine.site.store)
        engine.rebuild()
        settle(engine)
        assert dump(engine.site.store) == kept

    assert max(number for number, names in enumerate(whose) if "quiet" in names) <= 3
    assert len([names for names in whose if "busy" in names]) > 10


CHILD = """
import sys
from pathlib import Path
from tests.fakes.sites import at_work, settle
from tests.flow.test_isolation import BUSY, QUIET, TURN
from tollbook.engine.pipeline import pipeline
from tollbook.engine.pipeline.store_writer import StoreWriter
pipeline.LARGEST_BATCH = TURN
note = StoreWriter._note
def noting(store_writer, batch, written):
    note(store_writer, batch, written)
    print("stored", flush=True)
StoreWriter._note = noting
with at_work(Path(sys.argv[1]), BUSY, QUIET, sources=False) as engine:
    settle(engine)
"""


@pytest.mark.slow
def test_a_process_killed_in_the_middle_of_an_archive_goes_on_where_it_was(tmp_path: Path) -> None:
    filled(tmp_path / "whole")
    filled(tmp_path / "site")
    for batches in (2, 5, 9):
        words = [sys.executable, "-c", CHILD, str(tmp_path / "site")]
        with subprocess.Popen(words, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as child:
            assert child.stdout
            said = list(islice((line for line in child.stdout if line == b"stored\n"), batches))
            child.kill()
        assert said == [b"stored\n"] * batches

    with (
        at_work(tmp_path / "site", BUSY, QUIET, sources=False) as killed,
        at_work(tmp_path / "whole", BUSY, QUIET, sources=False) as whole,
    ):
        settle(killed)
        settle(whole)
        assert dump(killed.site.store) == dump(whole.site.store)


def test_a_question_without_end_keeps_no_call_out_of_the_store(tmp_path: Path) -> None:
    with at_work(tmp_path, QUIET, sources=False) as engine, closing(engine.site.store.cursor()) as cursor:
        asked = threading.Thread(target=asking, args=(cursor,))
        asked.start()

        import_file(engine, "quiet", b"".join(LINES[:20]))

        assert asked.is_alive()
        assert engine.site.store.rows("SELECT count(*) FROM call") == [(20,)]
        cursor.interrupt()
        asked.join()


def asking(cursor: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(duckdb.InterruptException):
        cursor.execute("SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b").fetchall()
