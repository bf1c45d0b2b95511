"""Copies the ledger into a file of its own while it is read and written, and looks whether a copy is sound."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

_ATTACHING_TRIES, _ATTACHING_PAUSE_S = 100, 0.1
_COPY = "copy_of_ledger"


def copy_ledger(cursor: duckdb.DuckDBPyConnection, to: Path) -> None:
    """Copy all tables and views as one question sees them: as of one moment, and nobody waits for it."""
    name = str(cursor.execute("SELECT current_database()").fetchall()[0][0])
    with _attached(cursor, to, ""):
        cursor.execute(f"COPY FROM DATABASE {_quoted(name)} TO {_COPY}")
        cursor.execute(f"DELETE FROM {_COPY}.main.high_water")


def check_copy(cursor: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Read every block of a copy, whose checksums DuckDB compares; return its calls. Raises `duckdb.Error`."""
    with _attached(cursor, path, "(READ_ONLY)"):
        tables = cursor.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ?",
            [_COPY],
        ).fetchall()
        for schema, table in tables:
            place = f"{_COPY}.{_quoted(schema)}.{_quoted(table)}"
            cursor.execute(f"SELECT bit_xor(hash(row)) FROM {place} AS row").fetchall()
        return int(cursor.execute(f"SELECT count(*) FROM {_COPY}.main.call").fetchall()[0][0])


def _attach(cursor: duckdb.DuckDBPyConnection, statement: str) -> None:
    """Attach a file; one that was detached just now is held until questions that began before have ended."""
    for _ in range(_ATTACHING_TRIES):
        try:
            cursor.execute(statement)
        except duckdb.ResourceInUseException:
            time.sleep(_ATTACHING_PAUSE_S)
        else:
            return
    cursor.execute(statement)


@contextmanager
def _attached(cursor: duckdb.DuckDBPyConnection, path: Path, how: str) -> Iterator[None]:
    _attach(cursor, f"ATTACH '{_text(path)}' AS {_COPY} {how}")
    try:
        yield
    finally:
        with suppress(duckdb.Error):
            cursor.execute(f"DETACH {_COPY}")


def _text(path: Path) -> str:
    """Return a path as it stands between quotes: `ATTACH` takes no bound values."""
    return str(path).replace("'", "''")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
