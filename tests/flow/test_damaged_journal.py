"""Bit rot in the journal: found by checksums, named, and no reason to read anything else otherwise."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.fakes.records import some_lines
from tests.fakes.sites import AT, Shelf, a_pbx, a_stream
from tollbook.journal import Journal
from tollbook.model.body import Ending, Opening

RECORDS = some_lines(60)
TEXT = b"".join(RECORDS)


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path, a_pbx())
    yield shelf
    shelf.close()


def execute(shelf: Shelf, statement: str, *values: object) -> list[tuple[object, ...]]:
    """Change the journal behind the program's back."""
    return shelf.journal._connection.execute(statement, values).fetchall()  # noqa: SLF001 - that is what is tested


def flip(shelf: Shelf, entry: int, byte: int) -> None:
    """Flip a bit of an entry's bytes as they lie on the disk."""
    ((data,),) = execute(shelf, "SELECT data FROM entry WHERE id = ?", entry)
    assert isinstance(data, bytes)
    rotten = bytearray(data)
    rotten[byte % len(data)] ^= 0x10
    execute(shelf, "UPDATE entry SET data = ? WHERE id = ?", bytes(rotten), entry)


def body_of_lines(shelf: Shelf, *, together: int = 1) -> int:
    """Journal some records to an entry, and return the body."""
    body = shelf.begin()
    for start in range(0, len(RECORDS), together):
        shelf.take(body, b"".join(RECORDS[start : start + together]))
    shelf.end(body)
    return body


def read_again(shelf: Shelf) -> set[bytes]:
    shelf.rebuild()
    return {raw + b"\n" for raw in shelf.raws()}


def test_a_flipped_bit_in_a_record_makes_a_reject_that_names_the_entry_and_its_neighbours_are_calls(
    shelf: Shelf,
) -> None:
    body_of_lines(shelf)
    flip(shelf, 7, 11)

    assert read_again(shelf) == set(RECORDS) - {RECORDS[6]}
    ((raw, reason),) = shelf.rejects()
    assert (len(raw), reason) == (len(RECORDS[6]) - 1, "entry 7 of the journal does not fit its checksum")


@pytest.mark.parametrize("seed", range(12))
def test_damage_anywhere_in_a_compressed_entry_costs_its_own_records_and_at_most_the_halves_beside_it(
    shelf: Shelf,
    seed: int,
) -> None:
    random = Random(seed)
    body = shelf.begin()
    for start in range(0, len(TEXT), 1000):
        shelf.take(body, TEXT[start : start + 1000])
    shelf.end(body)
    assert shelf.journal.pack(shelf.journal.last_entry())
    flip(shelf, 5, random.randrange(1 << 16))

    apart = {raw for raw in RECORDS if TEXT.index(raw) + len(raw) <= 4000 or TEXT.index(raw) >= 5000}
    assert read_again(shelf) >= apart - {next((r for r in RECORDS if TEXT.index(r) >= 5000), b"")}
    assert all("entry 5 of the journal" in reason for _, reason in shelf.rejects())
    assert shelf.rejects()


def test_calls_of_other_bodies_and_pbxs_are_stored_after_damage(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, a_pbx(), a_pbx("other"))
    shelf.put(TEXT[:5000])
    entry = shelf.journal.last_entry() - 1
    assert shelf.journal.pack(entry)
    flip(shelf, entry, 0)
    shelf.put(b"".join(RECORDS[:9]), pbx="other")
    shelf.rebuild()

    assert shelf.store.rows("SELECT count(*) FROM call WHERE pbx = 'other'") == [(9,)]
    shelf.close()


def test_a_stream_goes_on_after_damage_at_every_place_of_a_restart(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, a_stream("tcp_server", port=2300))
    body = shelf.journal.open_body(Opening(pbx="hts", source="tcp_server", origin="198.51.100.7"), AT)
    for record in RECORDS[:20]:
        shelf.take(body, record)
    flip(shelf, 9, 30)
    for record in RECORDS[20:40]:
        shelf.take(body, record)
        shelf.catch_up()
    shelf.end(body)
    shelf.catch_up()

    assert {raw + b"\n" for raw in shelf.raws()} == set(RECORDS[:40]) - {RECORDS[8]}
    assert [reason for _, reason in shelf.rejects()] == ["entry 9 of the journal does not fit its checksum"]
    shelf.close()


@pytest.mark.parametrize("column", ["at", "start", "length", "body", "kind", "packed"])
def test_damage_to_what_the_journal_notes_beside_the_bytes_stops_nothing(shelf: Shelf, column: str) -> None:
    body_of_lines(shelf)
    execute(shelf, "PRAGMA foreign_keys = OFF")
    value = "dbta" if column == "kind" else 1 << 45
    execute(shelf, f"UPDATE entry SET {column} = ? WHERE id = 7", value)  # noqa: S608 - the parameters above

    assert read_again(shelf) >= set(RECORDS) - {RECORDS[6], RECORDS[7]}


def test_records_of_a_body_whose_own_row_is_damaged_are_rejects_and_others_are_calls(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, a_pbx(), a_pbx("htq"))
    first = body_of_lines(shelf)
    shelf.put(b"".join(RECORDS[:5]))
    execute(shelf, "UPDATE body SET pbx = 'htq' WHERE id = ?", first)

    assert read_again(shelf) == set(RECORDS[:5])
    assert {reason for _, reason in shelf.rejects()} == {
        f"what the journal says of body {first} does not fit its checksum",
    }
    assert shelf.store.rows("SELECT count(*), count(DISTINCT id) FROM call") == [(len(RECORDS), len(RECORDS))]
    shelf.close()


def test_a_call_that_was_read_before_its_record_was_damaged_stays(shelf: Shelf) -> None:
    body_of_lines(shelf)
    shelf.catch_up()
    calls = shelf.store.rows("SELECT * EXCLUDE (body) FROM calls ORDER BY id")
    flip(shelf, 7, 11)
    shelf.rebuild()

    assert shelf.store.rows("SELECT * EXCLUDE (body) FROM calls ORDER BY id") == calls
    assert [reason for _, reason in shelf.rejects()] == ["entry 7 of the journal does not fit its checksum"]
    assert shelf.store.rows("SELECT count(*) FROM calls WHERE body IS NULL") == [(1,)]


def test_an_entry_that_sqlite_cannot_read_is_passed_over_and_the_rest_is_read(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, a_pbx())
    body_of_lines(shelf)
    shelf.journal.close()
    place = _page_of(tmp_path / "journal.sqlite", RECORDS[20])
    with (tmp_path / "journal.sqlite").open("r+b") as file:
        file.seek(place)
        file.write(b"\xff" * 8)
    again = Journal(tmp_path / "journal.sqlite", reserve_bytes=0)
    entries = again.entries(0)

    damaged = [entry.id for entry in entries if entry.damage]
    assert damaged
    assert again.entries(0)[-1].id == again.last_entry()
    assert Ending.COMPLETE.value in {entry.kind for entry in entries}
    again.close()
    shelf.store.close()


def _page_of(path: Path, text: bytes) -> int:
    """Return where the page begins that holds some text."""
    place = path.read_bytes().index(text)
    connection = sqlite3.connect(path)
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.close()
    return int(place // size * size)
