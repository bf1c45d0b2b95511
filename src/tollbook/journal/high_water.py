"""What a SQLite file of a site remembers of the others, and how far it has come itself.

How far: SQLite's file change counter, four bytes at offset 24 of the header, which every writing transaction raises in
rollback mode (https://www.sqlite.org/fileformat.html#file_change_counter). The journal counts its entries instead.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import msgspec

from tollbook.model.high_water import HighWater

TABLE = (
    "CREATE TABLE IF NOT EXISTS high_water "
    "(file TEXT PRIMARY KEY, life TEXT NOT NULL, number BIGINT NOT NULL, digest TEXT NOT NULL)"
)
"""Read by DuckDB as well as by SQLite, as are the statements below."""
READ = "SELECT file, life, number, digest FROM high_water"
WRITE = "INSERT OR REPLACE INTO high_water VALUES (?, ?, ?, ?)"
_LIFE = "CREATE TABLE IF NOT EXISTS life (life TEXT NOT NULL)"
_COUNTER = slice(24, 28)


def high_waters_of(rows: Iterable[tuple[str, str, int, str]]) -> list[HighWater]:
    """Return rows of the table as high-water marks."""
    return [HighWater(file=file, life=life, number=number, digest=digest) for file, life, number, digest in rows]


def read(connection: sqlite3.Connection) -> list[HighWater]:
    """Return the high-water marks of the other files."""
    return high_waters_of(connection.execute(READ))


def write(connection: sqlite3.Connection, noted: Iterable[HighWater]) -> None:
    """Note high-water marks of the other files, inside the caller's transaction."""
    connection.executemany(WRITE, [msgspec.structs.astuple(high) for high in noted])


class HighWaterFile:
    """A SQLite file in rollback mode that keeps high-water marks beside its own tables; may not be there yet."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def high_water(self) -> HighWater | None:
        """Say how far the file has come; None where there is none, or where it cannot be read."""
        try:
            with self._connected() as connection:
                life = connection.execute("SELECT life FROM life").fetchone()[0]
            return HighWater(file=self.path.name, life=life, number=int.from_bytes(self._header()[_COUNTER], "big"))
        except (OSError, sqlite3.DatabaseError):
            return None

    def high_waters(self) -> list[HighWater]:
        """Return what it remembers of the others."""
        try:
            with self._connected() as connection:
                return read(connection)
        except (OSError, sqlite3.DatabaseError):
            return []

    def note_high_waters(self, noted: list[HighWater]) -> None:
        """Remember how far the others are, unless the file cannot be written just now."""
        try:
            with self._connected() as connection, connection:
                write(connection, noted)
        except (OSError, sqlite3.DatabaseError):
            return  # whoever needs the file says what is wrong with it; high-water marks are noted again soon

    def _header(self) -> bytes:
        with self.path.open("rb") as file:
            return file.read(_COUNTER.stop)

    def _connected(self) -> closing[sqlite3.Connection]:
        if len(self._header()) < _COUNTER.stop:
            message = f"{self.path.name} is empty"
            raise OSError(message)
        connection = sqlite3.connect(self.path, timeout=5)
        try:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'life'").fetchone():
                with connection:
                    connection.execute(TABLE)
                    connection.execute(_LIFE)
                    connection.execute("INSERT INTO life VALUES (?)", (str(uuid4()),))
        except BaseException:
            connection.close()
            raise
        return closing(connection)
