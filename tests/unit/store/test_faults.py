"""A store that is whole is taken as it is; one of which a part is missing is told."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

from tollbook.store.faults import check_length, is_damaged

BLOCK = 262_144
HEADERS = 3 * 4096


@pytest.fixture
def shrunk(tmp_path: Path) -> Path:
    """A whole file that DuckDB has made shorter than the blocks it counts: a table at its end was dropped."""
    path = tmp_path / "calls.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("CREATE TABLE kept AS SELECT uuid() AS id, random() AS x FROM range(100000)")
        connection.execute("CHECKPOINT")
        connection.execute("CREATE TABLE dropped AS SELECT * FROM kept")
        connection.execute("CHECKPOINT")
        connection.execute("DROP TABLE dropped")
        connection.execute("CHECKPOINT")
    return path


def blocks(path: Path) -> tuple[int, int]:
    """Return how many blocks DuckDB counts, and how many the file has room for."""
    with duckdb.connect(path) as connection:
        counted = connection.sql("SELECT total_blocks FROM pragma_database_size()").fetchall()[0][0]
    return counted, (path.stat().st_size - HEADERS) // BLOCK


def test_a_file_that_duckdb_has_cut_itself_is_whole(shrunk: Path) -> None:
    counted, there = blocks(shrunk)
    assert there < counted

    with duckdb.connect(shrunk) as connection:
        check_length(connection, shrunk)


def test_a_file_without_the_last_block_that_is_used_is_damaged(shrunk: Path) -> None:
    os.truncate(shrunk, shrunk.stat().st_size - 1)

    with duckdb.connect(shrunk) as connection, pytest.raises(duckdb.IOException) as told:
        check_length(connection, shrunk)

    assert is_damaged(told.value)


def test_a_file_that_is_not_there_yet_and_one_of_memory_miss_nothing(tmp_path: Path) -> None:
    with duckdb.connect(":memory:") as connection:
        check_length(connection, Path(":memory:"))
        check_length(connection, tmp_path / "calls.duckdb")


def test_a_fault_is_damage_where_it_or_what_it_came_of_says_so() -> None:
    damage = duckdb.IOException("IO Error: Corrupt database file: computed checksum 1 does not match stored checksum 2")
    full = duckdb.IOException("IO Error: No space left on device")
    of_damage = duckdb.Error("the database has been invalidated")
    of_damage.__context__ = damage

    assert [is_damaged(each) for each in (damage, of_damage, full, None)] == [True, True, False, False]
