"""What can be written into the journal, each as a function of a connection inside a transaction.

Several of them make one commit, so that hundreds of streams share the time that a disk takes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from tollbook.model.body import QUIET, Ending, Opening
from tollbook.model.limits import LARGEST_ENTRY

WORTH_PACKING = 512
"""Bytes; a shorter chunk, such as the one record of a call, stays as it is: it would shrink by less than a third, and
each costs a write of its own while others wait for the disk."""
_WAITING, _AS_IT_IS = 0, 2
"""Of `packed`: still to be compressed, and never to be; 1 is compressed."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS body (
  id INTEGER PRIMARY KEY, pbx TEXT NOT NULL, source TEXT NOT NULL, origin TEXT NOT NULL, opened_at INTEGER NOT NULL,
  ended_at INTEGER, state TEXT NOT NULL DEFAULT 'open', reason TEXT NOT NULL DEFAULT '',
  length INTEGER NOT NULL DEFAULT 0, mark TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX IF NOT EXISTS body_by_origin ON body (pbx, origin, id);
CREATE TABLE IF NOT EXISTS entry (
  id INTEGER PRIMARY KEY, body INTEGER NOT NULL REFERENCES body, kind TEXT NOT NULL, at INTEGER NOT NULL,
  start INTEGER NOT NULL, length INTEGER NOT NULL, packed INTEGER NOT NULL DEFAULT 0, data BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS entry_by_place ON entry (body, start);
DROP INDEX IF EXISTS entry_by_body;
CREATE INDEX IF NOT EXISTS entry_unpacked ON entry (id) WHERE packed = 0 AND kind = 'data';
"""

Write = Callable[[sqlite3.Connection], int]
"""Writes, and returns the id of the row it made or changed."""

_MARK = (
    "INSERT INTO entry (body, kind, at, start, length, packed, data) SELECT id, ?, ?, length, 0, 2, x'' FROM body "
    "WHERE id = ?"
)


def begin(opening: Opening, at: int) -> Write:
    """Begin a body; returns its id."""
    row = (opening.pbx, opening.source, opening.origin, at)
    statement = "INSERT INTO body (pbx, source, origin, opened_at) VALUES (?, ?, ?, ?)"
    return lambda connection: int(connection.execute(statement, row).lastrowid or 0)


def add(body: int, data: bytes, at: int) -> Write:
    """Store bytes of an open body."""

    def write(connection: sqlite3.Connection) -> int:
        start = connection.execute("SELECT length FROM body WHERE id = ?", (body,)).fetchone()[0]
        view = memoryview(data)
        connection.executemany(
            "INSERT INTO entry (body, kind, at, start, length, packed, data) VALUES (?, 'data', ?, ?, ?, ?, ?)",
            [
                (body, at, start + offset, len(piece), _WAITING if len(piece) >= WORTH_PACKING else _AS_IT_IS, piece)
                for offset in range(0, len(data), LARGEST_ENTRY)
                for piece in (view[offset : offset + LARGEST_ENTRY],)
            ],
        )
        connection.execute("UPDATE body SET length = ? WHERE id = ?", (start + len(data), body))
        return body

    return write


def quiet(body: int, at: int) -> Write:
    """Note that a stream paused, which those who read the journal cannot see from its bytes."""

    def write(connection: sqlite3.Connection) -> int:
        connection.execute(_MARK, (QUIET, at, body))
        return body

    return write


def end(body: int, ending: Ending, at: int, *, reason: str = "", mark: str = "") -> Write:  # noqa: PLR0913 - all there is to say of an ending
    """End a body."""

    def write(connection: sqlite3.Connection) -> int:
        connection.execute(
            "UPDATE body SET state = ?, ended_at = ?, reason = ?, mark = ? WHERE id = ?",
            (ending.value, at, reason, mark, body),
        )
        connection.execute(_MARK, (ending.value, at, body))
        return body

    return write


def reopen(body: int) -> Write:
    """Let a body that ended take more bytes."""

    def write(connection: sqlite3.Connection) -> int:
        connection.execute("UPDATE body SET state = 'open', ended_at = NULL WHERE id = ?", (body,))
        return body

    return write
