"""Questions to a journal: where bytes lie, which are the last, and what is left of a damaged file."""

from __future__ import annotations

import shutil
import sqlite3
from collections import namedtuple
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.journal import Journal, JournalFull, NotWritten
from tollbook.journal.writes import WORTH_PACKING, go_on_after, part_with, quiet
from tollbook.model.body import Body, Ending, Opening
from tollbook.model.limits import LARGEST_ENTRY
from tollbook.model.problem import Unavailable

OPENING = Opening(pbx="hts", source="folder", origin="Master.csv")
AT = 1_700_000_000_000_000
Usage = namedtuple("Usage", "total used free")  # noqa: PYI024 - as the standard library has it


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.sqlite", reserve_bytes=0)
    yield journal
    journal.close()


def written(journal: Journal, *pieces: bytes) -> int:
    body = journal.open_body(OPENING, AT)
    for piece in pieces:
        journal.append(body, piece, AT)
    return body


def known(journal: Journal, body: int) -> Body:
    found = journal.body(body)
    assert found is not None
    return found


def behind_its_back(journal: Journal, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(journal.path)) as another, another:
        another.execute(statement, values)


# ---------------------------------------------------------------- where things are


def test_the_last_bytes_before_an_entry_come_with_their_place(journal: Journal) -> None:
    body = written(journal, b"one\n", b"two\n", b"three\n")
    other = written(journal, b"other\n")
    journal.write(quiet(body, AT))
    journal.append(body, b"four\n", AT)
    last = journal.last_entry()

    assert journal.tail(body, last, 1 << 20) == (0, b"one\ntwo\nthree\n")
    assert journal.tail(body, last + 1, 1 << 20) == (0, b"one\ntwo\nthree\nfour\n")
    assert journal.tail(body, last, 1) == (8, b"three\n")
    assert journal.tail(body, last, 7) == (4, b"two\nthree\n")
    assert journal.tail(body, last, 10) == (4, b"two\nthree\n")
    assert journal.tail(other, last, 10) == (0, b"other\n")
    assert journal.tail(body, 1, 10) == (0, b"")


def test_a_backlog_is_counted_as_far_as_somebody_needs_to_know(journal: Journal) -> None:
    written(journal, b"x" * 10, b"x" * 20, b"x" * 30)

    counted = [journal.bytes_after(*asked) for asked in [(0, 1000), (1, 1000), (3, 1000), (0, 11), (0, 10), (0, 30)]]
    assert counted == [60, 50, 0, 30, 10, 30]


def test_bodies_and_entries_are_found_by_their_numbers(journal: Journal) -> None:
    one, two = written(journal, b"a", b"b"), written(journal, b"c")
    empty = journal.open_body(OPENING, AT)

    assert (journal.last_body(), journal.last_entry()) == (empty, 3)
    assert [journal.first_entry_of(body) for body in (one, two, empty)] == [1, 3, 0]
    assert [journal.last_entry_of(body) for body in (one, two, empty)] == [2, 3, 0]
    assert [journal.start_of(entry) for entry in (1, 2, 3)] == [0, 1, 0]
    assert [journal.last_body_before(entry) for entry in (1, 3, 4)] == [0, one, two]


def test_nothing_of_an_empty_journal_has_a_number(journal: Journal) -> None:
    numbers = (journal.last_body(), journal.last_entry_of(1), journal.last_body_before(9), journal.bytes_after(0, 1))

    assert (*numbers, journal.start_of(1)) == (0, 0, 0, 0, 0)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journal]:
    with closing(Journal(tmp_path_factory.mktemp("site") / "journal.sqlite", reserve_bytes=0)) as journal:
        written(journal, b"one\n", b"two\n", b"three")
        yield journal


@given(start=st.integers(0, 13), length=st.integers(0, 13))
def test_a_part_of_a_body_is_cut_at_its_own_bytes(parts: Journal, start: int, length: int) -> None:
    whole = b"one\ntwo\nthree"

    assert parts.slice(1, start, length) == whole[start : start + length]
    assert b"".join(parts.bytes_from(1, start)) == whole[start:]


def test_entries_of_a_body_without_bytes_come_from_after_a_place(journal: Journal) -> None:
    body = written(journal, b"one\n")
    journal.write(quiet(body, AT))
    journal.append(body, b"two\n", AT)
    journal.end(body, Ending.COMPLETE, AT)
    up_to = journal.last_entry()

    from_places = {
        start: [entry.kind for entry in journal.entries_of(body, up_to, start)] for start in (0, 3, 4, 7, 8, 9)
    }
    everything = ["data", "quiet", "data", "complete"]
    assert from_places == {0: everything, 3: everything, 4: ["data", "complete"], 7: ["data", "complete"], 8: [], 9: []}


def test_a_body_is_read_from_its_first_byte_however_short_or_long_its_entries_are(journal: Journal) -> None:
    short, long = written(journal, b"a", b"b"), written(journal, b"x" * (LARGEST_ENTRY - 1) + b"yz")
    last = journal.last_entry()

    assert [entry.data for entry in journal.entries_of(short, last)] == [b"a", b"b"]
    assert b"".join(journal.bytes_from(short, 0)) == b"ab"
    assert [b"".join(journal.bytes_from(long, LARGEST_ENTRY - back)) for back in (1, 0)] == [b"yz", b"z"]
    assert journal.slice(long, LARGEST_ENTRY - 1, 2) == b"yz"


def test_of_many_entries_as_many_are_given_as_are_asked_for(journal: Journal) -> None:
    written(journal, b"a", b"b", b"c")

    assert [[entry.id for entry in journal.entries(0, most=most)] for most in (-1, 1, 2, 3)] == [
        [1, 2, 3],
        [1],
        [1, 2],
        [1, 2, 3],
    ]


# ---------------------------------------------------------------- what is written beside bytes


def test_a_body_starts_with_nothing_and_open(journal: Journal) -> None:
    assert known(journal, journal.open_body(OPENING, AT)) == Body(
        id=1, pbx="hts", source="folder", origin="Master.csv", opened_at=AT, ended_at=None, state="open", reason="",
        length=0, mark="",
    )  # fmt: skip


def test_a_pause_and_an_end_stand_where_the_bytes_ended(journal: Journal) -> None:
    body = written(journal, b"one\n")
    assert journal.write(quiet(body, AT + 1)) == [body]
    journal.end(body, Ending.ODD, AT + 2)

    assert [(entry.kind, entry.at, entry.start, entry.data) for entry in journal.entries(1)] == [
        ("quiet", AT + 1, 4, b""),
        ("odd", AT + 2, 4, b""),
    ]


def test_numbers_go_on_after_those_that_were_given_out_before(journal: Journal) -> None:
    assert journal.write(go_on_after(500, AT, "put back")) == [500]
    body = written(journal, b"one\n")

    assert (body, journal.last_entry()) == (501, 501)
    assert [journal.waiting_after(entry) for entry in (0, 500, 501)] == [(2, AT), (1, AT), (0, None)]
    assert known(journal, 500) == Body(
        id=500, pbx="", source="journal", origin="restored", opened_at=AT, ended_at=AT, state="complete",
        reason="put back", length=0, mark="",
    )  # fmt: skip
    (entry,) = journal.entries(0, most=1)
    assert (entry.id, entry.body, entry.kind, entry.at, entry.data, entry.start, entry.damage) == (
        500, 500, "complete", AT, b"", 0, "",
    )  # fmt: skip


def test_a_body_that_was_parted_with_is_ended_under_another_name(journal: Journal) -> None:
    body = written(journal, b"one\n")
    journal.write(part_with(known(journal, body), AT + 1, "the restore"))

    parted = known(journal, body)
    assert (parted.origin, parted.state, parted.ended_at, parted.reason, parted.mark, parted.damage) == (
        "Master.csv (before the restore)", "cut", AT + 1, "the restore", "", "",
    )  # fmt: skip
    assert journal.latest("hts", "Master.csv") is None


def test_a_body_that_had_ended_when_it_was_parted_with_stays_as_it_ended(journal: Journal) -> None:
    body = written(journal, b"one\n")
    journal.end(body, Ending.COMPLETE, AT, mark="4:7")

    assert journal.write(part_with(known(journal, body), AT + 1, "the restore")) == [body]
    parted = known(journal, body)
    assert (parted.state, parted.ended_at, parted.mark, parted.damage) == ("complete", AT, "", "")


# ---------------------------------------------------------------- packing


def test_chunks_are_worth_packing_from_a_length_on(journal: Journal) -> None:
    written(journal, b"x" * (WORTH_PACKING - 1), b"x" * WORTH_PACKING)

    assert WORTH_PACKING == 512
    assert journal.pack(journal.last_entry()) == 1
    assert [packed for (packed,) in journal.rows("SELECT packed FROM entry ORDER BY id")] == [2, 1]


def test_some_chunks_are_packed_at_a_time(journal: Journal) -> None:
    written(journal, *(b"row," * 250 for _ in range(70)))
    last = journal.last_entry()

    assert [journal.pack(last, most_bytes=1000), journal.pack(last, most_bytes=1001)] == [1, 2]
    assert [journal.pack(last), journal.pack(last), journal.pack(last)] == [64, 3, 0]
    assert journal.pack(last - 1) == 0


def test_packing_waits_while_another_writes(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    body = written(journal, b"row," * 250)
    impatient = sqlite3.connect(journal.path, isolation_level=None, check_same_thread=False, timeout=0.01)
    monkeypatch.setattr(journal, "_connection", impatient)
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        assert (journal.pack(9), journal.add_sums()) == (0, 0)

    assert journal.pack(9) == 1
    assert journal.slice(body, 0, 2000) == b"row," * 250
    impatient.close()


# ---------------------------------------------------------------- damage


def test_sums_are_not_put_on_what_is_damaged(journal: Journal) -> None:
    written(journal, b"one\n", b"two\n", b"three\n")
    behind_its_back(journal, "UPDATE entry SET sum = NULL WHERE id > 1")
    behind_its_back(journal, "UPDATE entry SET length = 9 WHERE id = 2")

    assert journal.add_sums() == 1
    assert [(entry.id, bool(entry.damage)) for entry in journal.entries(0)] == [(1, False), (2, True), (3, False)]
    behind_its_back(journal, "UPDATE entry SET at = at + 1 WHERE id = 3")
    assert [bool(entry.damage) for entry in journal.entries(0)] == [False, True, True]


def test_a_body_whose_row_was_changed_says_so(journal: Journal) -> None:
    body = written(journal, b"one\n")
    assert known(journal, body).damage == ""
    behind_its_back(journal, "UPDATE body SET pbx = 'hut'")

    assert known(journal, body).damage == "what the journal says of body 1 does not fit its checksum"
    behind_its_back(journal, "UPDATE body SET sum = NULL")
    assert known(journal, body).damage == ""


@pytest.fixture
def damaged(tmp_path: Path) -> Iterator[Journal]:
    """Entries of a page each, of which the last pages are noise."""
    path = tmp_path / "damaged.sqlite"
    with closing(Journal(path, reserve_bytes=0)) as journal:
        written(journal, *(Random(number).randbytes(3000) for number in range(30)))
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size - 5 * 4096)
        file.write(b"\xff" * 4096)
    journal = Journal(path, reserve_bytes=0)
    yield journal
    journal.close()


def test_entries_of_a_damaged_page_are_named_and_the_others_read(damaged: Journal) -> None:
    read, after = [], 0
    while found := damaged.entries(after):
        read += found
        after = found[-1].id

    right = [entry for entry in read if not entry.damage]
    lost = [entry for entry in read if entry.damage]
    assert [entry.id for entry in read] == list(range(1, 31))
    assert all(entry.data == Random(entry.id - 1).randbytes(3000) for entry in right)
    assert 1 <= len(lost) <= 2
    assert [(entry.body, entry.start, entry.damage) for entry in lost] == [
        (1, 3000 * (entry.id - 1), f"entry {entry.id} of the journal cannot be read") for entry in lost
    ]


def test_what_sqlite_trips_over_is_told_with_the_way_out(damaged: Journal) -> None:
    with pytest.raises(Unavailable, match=r"put journal\.sqlite back from a backup") as caught:
        damaged.rows("SELECT data FROM entry")

    assert caught.value.permanent
    assert damaged.check()


def test_nothing_is_done_in_passing_where_the_file_is_damaged(journal: Journal) -> None:
    written(journal, b"row," * 250)
    size = journal.path.stat().st_size
    with journal.path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    journal.close()
    damaged = sqlite3.connect(journal.path, isolation_level=None, check_same_thread=False)
    journal._connection = journal._reader = damaged  # noqa: SLF001 - as it would be with nothing of it in memory

    assert (journal.pack(9), journal.add_sums()) == (0, 0)


# ---------------------------------------------------------------- a disk without room


def refusing(journal: Journal, monkeypatch: pytest.MonkeyPatch, code: int, times: int = 99) -> None:
    """Let the next writes fail as SQLite fails."""
    left = [times]
    transaction = journal._transaction  # noqa: SLF001 - the edge to SQLite

    def refuse(action: object) -> object:
        left[0] -= 1
        if left[0] < 0:
            return transaction(action)  # type: ignore[arg-type]  # handed on
        fault = sqlite3.OperationalError("as it is")
        fault.sqlite_errorcode = code
        raise fault

    monkeypatch.setattr(journal, "_transaction", refuse)


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        ((sqlite3.SQLITE_FULL, 1 << 40), JournalFull),
        ((sqlite3.SQLITE_IOERR, LARGEST_ENTRY - 1), JournalFull),
        ((sqlite3.SQLITE_IOERR, LARGEST_ENTRY), NotWritten),
        ((sqlite3.SQLITE_IOERR_WRITE, 0), JournalFull),
        ((sqlite3.SQLITE_CANTOPEN, 0), JournalFull),
        ((sqlite3.SQLITE_CANTOPEN, 1 << 40), NotWritten),
        ((sqlite3.SQLITE_BUSY, 0), NotWritten),
    ],
)
def test_a_full_disk_is_told_from_other_trouble(
    journal: Journal,
    monkeypatch: pytest.MonkeyPatch,
    trouble: tuple[int, int],
    kind: type[NotWritten],
) -> None:
    code, free = trouble
    refusing(journal, monkeypatch, code)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1 << 40, 0, free))

    with pytest.raises(NotWritten) as caught:
        journal.open_body(OPENING, AT)
    assert type(caught.value) is kind
    assert journal.last_body() == 0


def test_on_a_full_disk_the_reserve_is_given_up_for_what_is_being_written(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with closing(Journal(tmp_path / "reserved.sqlite", reserve_bytes=4096)) as journal:
        refusing(journal, monkeypatch, sqlite3.SQLITE_FULL, times=1)
        assert journal.reserve.path == tmp_path / "reserved.reserve"
        assert journal.has_room()
        assert written(journal, b"one\n") == 1

        assert not journal.reserve.stands()
        assert journal.has_room()


def test_other_trouble_leaves_the_reserve_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Journal(tmp_path / "reserved.sqlite", reserve_bytes=4096)) as journal:
        refusing(journal, monkeypatch, sqlite3.SQLITE_BUSY, times=1)
        with pytest.raises(NotWritten):
            journal.open_body(OPENING, AT)

        assert journal.reserve.stands()


def test_a_reserve_is_of_16_mb_where_nobody_says_otherwise(tmp_path: Path) -> None:
    with closing(Journal(tmp_path / "reserved.sqlite")) as journal:
        assert journal.reserve.path.stat().st_size == 16 << 20
