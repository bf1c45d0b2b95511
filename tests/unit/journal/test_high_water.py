"""How far the files of a site have come, and what each remembers of the others."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tollbook.journal import Journal
from tollbook.journal.high_water import HighWaterFile
from tollbook.model.body import Opening
from tollbook.model.high_water import HighWater

AT = 1_700_000_000_000_000
NOTED = [
    HighWater(file="calls.duckdb", life="a life", number=7, digest="7:x"),
    HighWater(file="journal.sqlite", life="another", number=1 << 40),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "site.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE site (a)")
    return path


def grow(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO site VALUES (1)")


def test_a_file_comes_further_with_each_change_in_one_life(path: Path) -> None:
    file = HighWaterFile(path)
    first = file.high_water()
    assert first is not None
    for _ in range(300):
        grow(path)

    assert file.high_water() == HighWater(file="site.sqlite", life=first.life, number=first.number + 300)


def test_a_file_that_has_come_far_is_read_by_all_four_bytes_of_its_counter(path: Path) -> None:
    file = HighWaterFile(path)
    file.high_water()
    with path.open("r+b") as header:
        header.seek(24)
        header.write(b"\x01\x02\x03\x04")
    found = file.high_water()

    assert found is not None
    assert found.number == 0x01020304


def test_a_file_remembers_the_others_as_they_were_noted_last(path: Path) -> None:
    file = HighWaterFile(path)
    assert file.high_waters() == []
    file.note_high_waters([HighWater(file="calls.duckdb", life="a life", number=6), NOTED[1]])
    file.note_high_waters(NOTED[:1])

    assert sorted(HighWaterFile(path).high_waters(), key=lambda high: high.file) == NOTED


@pytest.mark.parametrize(
    "spoil",
    [lambda path: path.unlink(), lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"x" * 900)],
    ids=["gone", "empty", "no database"],
)
def test_a_file_that_cannot_be_read_has_come_nowhere_and_is_left_as_it_is(
    path: Path,
    spoil: Callable[[Path], object],
) -> None:
    spoil(path)
    before = [(each.name, each.read_bytes()) for each in path.parent.iterdir()]
    file = HighWaterFile(path)
    file.note_high_waters(NOTED)

    assert (file.high_water(), file.high_waters()) == (None, [])
    assert [(each.name, each.read_bytes()) for each in path.parent.iterdir()] == before


def test_the_journal_comes_further_with_each_entry_and_tells_it_from_another_of_that_number(tmp_path: Path) -> None:
    with closing(Journal(tmp_path / "journal.sqlite", reserve_bytes=0)) as journal:
        body = journal.open_body(Opening(pbx="hts", source="folder", origin="x"), AT)
        empty = journal.high_water()
        journal.append(body, b"one\n", AT + 5)
        one = journal.high_water()
        journal.note_high_waters(NOTED)

        assert (empty.file, empty.number, empty.digest) == ("journal.sqlite", 0, "")
        assert one == HighWater(file="journal.sqlite", life=empty.life, number=1, digest=f"{AT + 5}:{body}:4")
        assert journal.digest(2) == ""
        assert sorted(journal.high_waters(), key=lambda high: high.file) == NOTED
