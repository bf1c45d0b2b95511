"""What a fault of DuckDB says: whether the file is damaged, or what was to be stored did not fit."""

from __future__ import annotations

from pathlib import Path

import duckdb

ASIDE = ".unreadable"
"""What is behind the name of a file that was put aside."""


class OutdatedStore(Exception):
    """The file was made by another version of the schema, and wants making again from the journal."""

    def __init__(self, number: int, known: int) -> None:
        super().__init__(f"the store has schema {number}, this program has {known}")


def put_aside(path: Path) -> None:
    """Let a store's file make room for another one."""
    path.replace(path.with_suffix(ASIDE))
    path.with_suffix(".duckdb.wal").unlink(missing_ok=True)


_NOT_ENOUGH = "Could not read enough bytes"
_DAMAGE = ("Corrupt database file", _NOT_ENOUGH)
_HEADERS = 3 * 4096
"""Bytes before the first block of a DuckDB file (duckdb.org, Storage: one main header and two database headers)."""


def is_of_data(fault: BaseException) -> bool:
    """Say whether a fault comes from what was to be stored, not from the file or the disk."""
    return isinstance(fault, (duckdb.DataError, duckdb.IntegrityError, duckdb.InvalidInputException))


def is_damaged(fault: BaseException | None) -> bool:
    """Say whether a fault comes from a file that does not fit its checksums, or of which a part is missing.

    The first one may hide behind others.
    """
    return fault is not None and (any(words in str(fault) for words in _DAMAGE) or is_damaged(fault.__context__))


def check_length(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Raise `duckdb.IOException` for a file of which a part is missing: any question might meet that later.

    DuckDB cuts free blocks off the end of its file and still counts them. So a file may be shorter than its blocks,
    but not than the last one that holds something.
    """
    if not path.is_file():
        return
    blocks, size = connection.sql("SELECT total_blocks, block_size FROM pragma_database_size()").fetchall()[0]
    there = max(path.stat().st_size - _HEADERS, 0) // size
    if there < blocks and there <= (last := _last_used(connection)):
        raise duckdb.IOException(f"{_NOT_ENOUGH}: the file ends after block {there} of {last + 1}")


def _last_used(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the number of the last block that holds something of a table or of the catalogue; -1 for none."""
    found = connection.execute("SELECT max(block_id) FROM pragma_metadata_info()").fetchall()
    for schema, table in connection.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall():
        found += connection.execute(
            "SELECT max(greatest(block_id, list_max(additional_block_ids))) FROM pragma_storage_info(?)",
            [f"{schema}.{table}"],
        ).fetchall()
    return max((block for (block,) in found if block is not None), default=-1)
