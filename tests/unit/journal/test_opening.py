"""Opening the journal's file: in the mode that is safe, of an earlier version, or refused and left as it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tollbook.journal import Journal
from tollbook.model.body import Entry
from tollbook.model.problem import Misconfigured

AT = 1_700_000_000_000_000
TOLL = 0x546F6C6C


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


def execute(path: Path, *statements: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return [connection.execute(statement).fetchone() for statement in statements]


def opened(path: Path) -> None:
    Journal(path, reserve_bytes=0).close()


@pytest.mark.parametrize(
    ("version", "care"),
    [
        ((3, 50, 9), ("rollback journal", 3)),
        ((3, 51, 2), ("rollback journal", 3)),
        ((3, 51, 3), ("WAL", 2)),
        ((3, 52, 0), ("WAL", 2)),
        ((4, 0, 0), ("WAL", 2)),
    ],
)
def test_wal_is_used_where_sqlite_loses_nothing_by_it(
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    version: tuple[int, int, int],
    care: tuple[str, int],
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    with closing(Journal(path, reserve_bytes=0)) as journal:
        settings = journal.write(
            lambda connection: connection.execute("PRAGMA synchronous").fetchone()[0],
            lambda connection: connection.execute("PRAGMA foreign_keys").fetchone()[0],
        )

        assert (journal.mode, *settings) == (*care, 1)


def test_a_new_file_says_what_it_is(path: Path) -> None:
    opened(path)

    assert execute(path, "PRAGMA application_id", "PRAGMA user_version") == [(TOLL,), (3,)]
    assert execute(path, "SELECT count(DISTINCT life) FROM journal") == [(1,)]


def test_a_file_is_opened_again_as_what_it_is(path: Path) -> None:
    opened(path)
    before = execute(path, "SELECT life FROM journal", "SELECT count(*) FROM journal")
    opened(path)

    assert execute(path, "SELECT life FROM journal", "SELECT count(*) FROM journal") == before


def test_a_file_that_was_made_before_an_index_gets_it(path: Path) -> None:
    opened(path)
    execute(path, "DROP INDEX body_by_pbx")
    opened(path)

    assert execute(path, "SELECT name FROM sqlite_master WHERE name = 'body_by_pbx'") == [("body_by_pbx",)]


def test_a_file_of_the_first_version_gets_what_it_lacks_and_keeps_what_it_has(path: Path) -> None:
    opened(path)
    execute(
        path,
        "INSERT INTO body (id, pbx, source, origin, opened_at, length) VALUES (1, 'hts', 'folder', 'x', 1, 3)",
        "INSERT INTO entry (body, kind, at, start, length, packed, data) VALUES (1, 'data', 9, 0, 3, 0, x'6f6e65')",
        *(f"DROP INDEX {name}" for name in ("entry_unsummed", "entry_by_place")),
        "ALTER TABLE entry DROP COLUMN sum",
        "ALTER TABLE body DROP COLUMN sum",
        "ALTER TABLE body DROP COLUMN dropped_at",
        "DROP TABLE journal",
        "PRAGMA application_id = 0",
        "PRAGMA user_version = 0",
    )

    with closing(Journal(path, reserve_bytes=0)) as journal:
        assert journal.entries(0) == [Entry(1, 1, "data", 9, b"one")]
        assert [journal.add_sums(), journal.add_sums()] == [1, 0]
        assert journal.entries(0) == [Entry(1, 1, "data", 9, b"one")]
    assert execute(path, "PRAGMA application_id", "PRAGMA user_version") == [(TOLL,), (3,)]


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (["PRAGMA application_id = 7"], "is no journal"),
        (["CREATE TABLE other (a)"], "is no journal"),
        (["CREATE TABLE entry (a)", f"PRAGMA application_id = {TOLL}", "PRAGMA user_version = 4"], "a newer Tollbook"),
    ],
)
def test_a_file_that_is_not_ours_to_write_is_refused_and_left_as_it_is(
    path: Path,
    statements: list[str],
    words: str,
) -> None:
    execute(path, "PRAGMA journal_mode = DELETE", *statements)
    before = execute(path, "SELECT group_concat(name) FROM sqlite_master", "PRAGMA user_version")

    with pytest.raises(Misconfigured, match=words):
        opened(path)

    assert execute(path, "SELECT group_concat(name) FROM sqlite_master", "PRAGMA user_version") == before


def test_a_newer_file_is_told_by_its_number(path: Path) -> None:
    execute(path, "PRAGMA user_version = 4")

    with pytest.raises(Misconfigured, match="it has version 4, and this program reads up to 3"):
        opened(path)


def test_a_file_that_is_no_database_is_damaged(path: Path) -> None:
    path.write_bytes(b"calls of a day\n" * 900)

    with pytest.raises(Misconfigured, match=r"journal\.sqlite is damaged"):
        opened(path)


def test_a_folder_that_is_not_there_holds_no_journal(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"journal\.sqlite cannot be used"):
        opened(tmp_path / "gone/journal.sqlite")


def test_a_file_that_cannot_be_written_is_refused_before_the_first_write(
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[bool] = []

    def access(_path: Path, _mode: int, *, effective_ids: bool) -> bool:
        asked.append(effective_ids)
        return False

    monkeypatch.setattr("os.access", access)

    with pytest.raises(Misconfigured, match="it cannot be written"):
        opened(path)
    assert asked == [True]
