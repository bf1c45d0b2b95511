"""The journal: what it was given is on the disk, in order, byte for byte, packed or not."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.examples import examples
from tollbook.journal import Journal, JournalFull, NotWritten, opening
from tollbook.journal import journal as journal_module
from tollbook.journal.checked import Row, bytes_of, entry_of
from tollbook.journal.opening import WAL_IS_SAFE_FROM
from tollbook.journal.writes import WORTH_PACKING
from tollbook.model.body import Body, Ending, Entry, Opening
from tollbook.model.limits import LARGEST_ENTRY

OPENING = Opening(pbx="hts", source="http_poll", origin="http://pbx/cdr")
AT = 1_700_000_000_000_000
PATIENCE_S = 20


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.sqlite", reserve_bytes=1 << 20)
    yield journal
    journal.close()


def written(journal: Journal, *pieces: bytes, ending: Ending | None = Ending.COMPLETE) -> int:
    body = journal.open_body(OPENING, AT)
    for piece in pieces:
        journal.append(body, piece, AT)
    if ending:
        journal.end(body, ending, AT)
    return body


def elsewhere(path: Path, query: str) -> list[tuple[Any, ...]]:
    """Ask by a connection of its own, as another process would."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_what_was_appended_can_be_seen_from_elsewhere_at_once(journal: Journal) -> None:
    body = journal.open_body(OPENING, AT)
    journal.append(body, b"one\n", AT)

    assert elsewhere(journal.path, "SELECT body, kind, data FROM entry") == [(body, "data", b"one\n")]
    assert elsewhere(journal.path, "SELECT state, length FROM body") == [("open", 4)]


def test_the_file_is_written_with_the_care_its_sqlite_needs(journal: Journal) -> None:
    wal = sqlite3.sqlite_version_info >= WAL_IS_SAFE_FROM

    assert journal.mode == ("WAL" if wal else "rollback journal")
    assert elsewhere(journal.path, "PRAGMA journal_mode") == [("wal" if wal else "delete",)]


@pytest.mark.parametrize("oldest", [(3, 0, 0), (99, 0, 0)], ids=["WAL", "rollback journal"])
def test_what_is_unpacked_for_a_reader_holds_up_no_commit(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    oldest: tuple[int, int, int],
) -> None:
    monkeypatch.setattr(opening, "WAL_IS_SAFE_FROM", oldest)
    unpacking, written_meanwhile = threading.Event(), threading.Event()

    def slowly(row: Row) -> Entry:
        unpacking.set()
        assert written_meanwhile.wait(PATIENCE_S)
        return entry_of(row)

    with closing(Journal(tmp_path / "journal.sqlite", reserve_bytes=0)) as journal:
        body = written(journal, b"one\n", ending=None)
        monkeypatch.setattr(journal_module, "entry_of", slowly)
        with ThreadPoolExecutor(1) as pool:
            read = pool.submit(journal.entries, 0)
            assert unpacking.wait(PATIENCE_S)
            journal.append(body, b"two\n", AT)
            written_meanwhile.set()
            assert [entry.data for entry in read.result(PATIENCE_S)] == [b"one\n"]
        assert [entry.data for entry in journal.entries(0)] == [b"one\n", b"two\n"]


def test_where_wal_is_safe_a_reader_holds_up_no_commit_in_the_middle_of_its_question(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(opening, "WAL_IS_SAFE_FROM", (3, 0, 0))
    reading, written_meanwhile = threading.Event(), threading.Event()

    def slowly(row: Row) -> int:
        reading.set()
        assert written_meanwhile.wait(PATIENCE_S)
        return bytes_of(row)

    with closing(Journal(tmp_path / "journal.sqlite", reserve_bytes=0)) as journal:
        body = written(journal, b"one\n", ending=None)
        monkeypatch.setattr(journal_module, "bytes_of", slowly)
        with ThreadPoolExecutor(1) as pool:
            read = pool.submit(journal.entries, 0)
            assert reading.wait(PATIENCE_S)
            journal.append(body, b"two\n", AT)
            written_meanwhile.set()
            assert [entry.data for entry in read.result(PATIENCE_S)] == [b"one\n"]


def test_a_body_tells_where_it_came_from_and_how_it_ended(journal: Journal) -> None:
    body = journal.open_body(OPENING, AT)
    journal.append(body, b"one\n", AT + 1)
    journal.end(body, Ending.CUT, AT + 2, reason="the connection broke", mark="5:6")

    assert journal.body(body) == Body(
        id=body, pbx="hts", source="http_poll", origin="http://pbx/cdr", opened_at=AT, ended_at=AT + 2, state="cut",
        reason="the connection broke", length=4, mark="5:6",
    )  # fmt: skip


def test_there_is_no_body_that_was_never_opened(journal: Journal) -> None:
    assert (journal.body(1), journal.latest("hts", "x"), journal.entries(0), journal.last_entry()) == (
        None,
        None,
        [],
        0,
    )


def test_entries_come_back_in_the_order_they_were_written(journal: Journal) -> None:
    first = written(journal, b"a", ending=None)
    second = written(journal, b"b")
    journal.append(first, b"c", AT)
    journal.end(first, Ending.COMPLETE, AT)

    told = [(entry.body, entry.kind, entry.data) for entry in journal.entries(0)]
    data = [(first, "data", b"a"), (second, "data", b"b"), (second, "complete", b""), (first, "data", b"c")]
    assert told == [*data, (first, "complete", b"")]


def test_entries_are_given_out_a_few_bytes_at_a_time_and_at_least_one(journal: Journal) -> None:
    written(journal, b"aaaa", b"bbbb", b"cccc")

    first = journal.entries(0, most_bytes=1)
    assert [entry.data for entry in first] == [b"aaaa"]
    assert [entry.data for entry in journal.entries(first[-1].id, most_bytes=8)] == [b"bbbb", b"cccc"]


def test_the_latest_body_from_a_place_is_the_one_opened_last(journal: Journal) -> None:
    written(journal, b"a")
    second = written(journal, b"b")
    journal.open_body(Opening(pbx="hts", source="folder", origin="elsewhere"), AT)
    journal.open_body(Opening(pbx="other", source="http_poll", origin=OPENING.origin), AT)

    latest = journal.latest("hts", OPENING.origin)
    assert latest is not None
    assert latest.id == second


def test_a_body_that_ended_can_be_gone_on_with(journal: Journal) -> None:
    body = written(journal, b"one\n")
    journal.reopen(body)
    journal.append(body, b"two\n", AT)

    assert b"".join(journal.bytes_from(body, 0)) == b"one\ntwo\n"
    reopened = journal.body(body)
    assert reopened is not None
    assert (reopened.state, reopened.ended_at, reopened.length) == ("open", None, 8)
    assert journal.start_of(journal.last_entry_of(body)) == 4


def test_bodies_left_open_are_ended_as_cut_but_for_sources_that_go_on(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    before = Journal(path, reserve_bytes=0)
    cut = written(before, b"half", ending=None)
    kept = before.open_body(Opening(pbx="hts", source="folder", origin="file"), AT)
    before.close()

    after = Journal(path, reserve_bytes=0)
    assert after.close_abandoned(AT + 5, "Tollbook was stopped", frozenset({"folder"})) == 1
    assert [(body.id, body.state, body.reason) for body in after.bodies()] == [
        (cut, "cut", "Tollbook was stopped"),
        (kept, "open", ""),
    ]
    after.close()


def test_a_body_can_be_appended_to_by_no_one_but_its_own_number(journal: Journal) -> None:
    with pytest.raises(TypeError):
        journal.append(99, b"x", AT)

    assert journal.entries(0) == []


# ---------------------------------------------------------------- every byte, packed or not

chunks = st.lists(
    st.binary(max_size=60) | st.binary(max_size=8).map(lambda seed: seed * 80) | st.just(b"row,row,row\n" * 60),
    max_size=6,
)


@examples(15)
@given(st.lists(chunks, min_size=1, max_size=3), st.data())
def test_any_part_of_any_body_is_what_was_appended_before_and_after_packing(
    bodies: list[list[bytes]],
    data: st.DataObject,
) -> None:
    with TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "journal.sqlite", reserve_bytes=0)
        ids = [written(journal, *pieces) for pieces in bodies]
        places = [data.draw(st.tuples(st.integers(0, 4000), st.integers(0, 4000)), label="place") for _ in range(5)]

        def check() -> None:
            for body, pieces in zip(ids, bodies, strict=True):
                whole = b"".join(pieces)
                for start, length in places:
                    assert journal.slice(body, start, length) == whole[start : start + length]
                    assert b"".join(journal.bytes_from(body, start)) == whole[start:]
            assert b"".join(entry.data for entry in journal.entries(0)) == b"".join(b"".join(each) for each in bodies)

        check()
        while journal.pack(journal.last_entry(), most_bytes=2):
            check()
        check()
        journal.close()


def test_packing_makes_text_smaller_up_to_an_entry_also_of_a_stream_that_is_open_for_months(journal: Journal) -> None:
    going = written(journal, b"row,row,row\n" * 1000, ending=None)
    done = written(journal, b"row,row,row\n" * 1000)
    later = written(journal, b"row,row,row\n" * 1000)
    up_to = journal.last_entry_of(done)

    assert journal.pack(up_to) == 2
    assert journal.pack(up_to) == 0
    sizes = dict(elsewhere(journal.path, "SELECT body, length(data) FROM entry WHERE kind = 'data'"))
    assert max(sizes[done], sizes[going]) < 500
    assert sizes[later] == 12_000


def test_text_that_would_not_become_smaller_is_looked_at_once(journal: Journal) -> None:
    noise = Random(7).randbytes(2 * WORTH_PACKING)
    body = written(journal, noise)

    assert [journal.pack(journal.last_entry()), journal.pack(journal.last_entry())] == [1, 0]
    assert journal.slice(body, 0, len(noise)) == noise


def test_a_short_chunk_stays_as_it_is(journal: Journal) -> None:
    body = written(journal, b"row,row,row\n" * 4)

    assert journal.pack(journal.last_entry()) == 0
    assert journal.slice(body, 0, 99) == b"row,row,row\n" * 4


def test_a_large_chunk_is_stored_in_several_entries_and_read_as_one(journal: Journal) -> None:
    chunk = bytes(range(256)) * (LARGEST_ENTRY // 256) + b"rest"
    body = written(journal, chunk)

    assert [len(entry.data) for entry in journal.entries(0, 1 << 30)] == [LARGEST_ENTRY, 4, 0]
    assert journal.slice(body, LARGEST_ENTRY - 2, 4) == chunk[LARGEST_ENTRY - 2 : LARGEST_ENTRY + 2]


def test_bytes_are_given_no_further_than_the_entry_asked_for(journal: Journal) -> None:
    body = written(journal, b"one", b"two", b"three", ending=None)
    second = journal.entries(0)[1].id

    assert b"".join(journal.bytes_from(body, 1, second)) == b"netwo"


# ---------------------------------------------------------------- what can go wrong


def test_a_journal_that_another_holds_says_it_was_not_written_and_is_whole_afterwards(
    journal: Journal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = b"one\n" * WORTH_PACKING
    body = written(journal, one, ending=None)
    monkeypatch.setattr(journal, "_connection", impatient(journal.path))
    holder = sqlite3.connect(journal.path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(NotWritten, match=r"journal\.sqlite cannot be written: database is locked") as caught:
        journal.append(body, b"two\n", AT)
    assert journal.pack(9) == 0
    holder.close()
    journal.append(body, b"two\n", AT)

    assert not isinstance(caught.value, JournalFull)
    assert journal.slice(body, 0, len(one) + 99) == one + b"two\n"


def impatient(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0.05)


def test_a_sound_journal_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    journal = Journal(path, reserve_bytes=0)
    written(journal, *(b"x" * 9000 for _ in range(20)))
    assert journal.check() == ""
    journal.close()

    with path.open("r+b") as file:
        file.seek(40_000)
        file.write(b"\xff" * 4096)
    damaged = Journal(path, reserve_bytes=0)
    assert damaged.check() != ""
    damaged.close()


@pytest.mark.parametrize(
    "condition",
    [
        "pbx = ? AND id <> 7 AND source IN ('udp', 'tcp_server') ORDER BY id DESC LIMIT 500",
        "pbx = ? AND length > 0 AND source <> 'import' ORDER BY id DESC LIMIT 1",
        "pbx = ? AND origin = '198.51.100.7' ORDER BY id DESC LIMIT 1",
    ],
)
def test_the_newest_bodies_of_a_pbx_are_found_without_a_look_at_all_of_them(journal: Journal, condition: str) -> None:
    (plan,) = journal.rows(f"EXPLAIN QUERY PLAN SELECT * FROM body WHERE {condition}", "hts")  # noqa: S608 - as above

    assert plan[3].startswith("SEARCH body USING INDEX body_by_")
