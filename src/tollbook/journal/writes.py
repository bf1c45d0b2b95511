"""What can be written into the journal, each as a function of a connection inside a transaction.

Several of them make one commit, so that hundreds of streams share the time that a disk takes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from tollbook.journal.checked import body_sum, entry_sum
from tollbook.model.body import IMPORT, PUT_BACK, QUIET, TAKEN_BACK, Body, Ending, Opening
from tollbook.model.limits import LARGEST_ENTRY

WORTH_PACKING = 512
"""Bytes; a shorter chunk, such as the one record of a call, stays as it is: it would shrink by less than a third, and
each costs a write of its own while others wait for the disk."""
_WAITING, _AS_IT_IS = 0, 2
"""Of `packed`: still to be compressed, and never to be; 1 is compressed."""

Write = Callable[[sqlite3.Connection], int]
"""Writes, and returns the id of the row it made or changed."""

_THERE = "dropped_at IS NULL"
_ENTRY = "INSERT INTO entry (body, kind, at, start, length, packed, data, sum) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


def begin(opening: Opening, at: int) -> Write:
    """Begin a body; returns its id."""
    row = (opening.pbx, opening.source, opening.origin, at)
    statement = f"INSERT INTO body (pbx, source, origin, opened_at, sum) VALUES (?, ?, ?, ?, {body_sum(*row)})"  # noqa: S608 - a number of our own
    return lambda connection: int(connection.execute(statement, row).lastrowid or 0)


def add(body: int, data: bytes, at: int) -> Write:
    """Store bytes of an open body."""

    def write(connection: sqlite3.Connection) -> int:
        start = _length_of(connection, body)
        view = memoryview(data)
        for offset in range(0, len(data), LARGEST_ENTRY):
            _insert(connection, (body, "data", at, start + offset), view[offset : offset + LARGEST_ENTRY])
        connection.execute("UPDATE body SET length = ? WHERE id = ?", (start + len(data), body))
        return body

    return write


def quiet(body: int, at: int) -> Write:
    """Note that a stream paused, which those who read the journal cannot see from its bytes."""

    def write(connection: sqlite3.Connection) -> int:
        _insert(connection, (body, QUIET, at, _length_of(connection, body)), b"")
        return body

    return write


def end(body: int, ending: Ending, at: int, *, reason: str = "", mark: str = "") -> Write:  # noqa: PLR0913 - all there is to say of an ending
    """End a body."""

    def write(connection: sqlite3.Connection) -> int:
        connection.execute(
            "UPDATE body SET state = ?, ended_at = ?, reason = ?, mark = ? WHERE id = ?",
            (ending.value, at, reason, mark, body),
        )
        _insert(connection, (body, ending.value, at, _length_of(connection, body)), b"")
        return body

    return write


def reopen(body: int) -> Write:
    """Let a body that ended take more bytes."""

    def write(connection: sqlite3.Connection) -> int:
        connection.execute("UPDATE body SET state = 'open', ended_at = NULL WHERE id = ?", (body,))
        return body

    return write


def take_back(body: int, at: int) -> Write:
    """Let nothing be read of an import that has ended; returns its id, 0 where no such import has."""
    allowed = f"source = '{IMPORT}' AND state IN ('{Ending.COMPLETE}', '{Ending.CUT}') AND {_THERE}"
    return _turn(body, TAKEN_BACK, at, f"UPDATE body SET state = '{TAKEN_BACK}' WHERE id = ? AND {allowed}")  # noqa: S608 - our own words


def put_back(body: int, at: int) -> Write:
    """Let an import be read again that was taken back; returns its id, 0 where none was."""
    ended = f"kind IN ('{Ending.COMPLETE}', '{Ending.CUT}')"
    ending = f"(SELECT kind FROM entry WHERE body = body.id AND {ended} ORDER BY entry.id DESC LIMIT 1)"  # noqa: S608 - as above
    which = f"id = ? AND state = '{TAKEN_BACK}' AND {_THERE}"
    return _turn(body, PUT_BACK, at, f"UPDATE body SET state = {ending} WHERE {which}")  # noqa: S608 - as above


def _turn(body: int, kind: str, at: int, statement: str) -> Write:
    """Change the state of a body where it is as the statement asks, and note that by an entry."""

    def write(connection: sqlite3.Connection) -> int:
        if not connection.execute(statement, (body,)).rowcount:
            return 0
        _insert(connection, (body, kind, at, _length_of(connection, body)), b"")
        return body

    return write


def go_on_after(number: int, at: int, reason: str) -> Write:
    """Let bodies and entries have numbers above `number` from now on: those up to it were given out before."""

    def write(connection: sqlite3.Connection) -> int:
        row = ("", "journal", "restored", at)
        values = (number, *row, Ending.COMPLETE.value, at, reason, body_sum(*row))
        connection.execute(
            "INSERT INTO body (id, pbx, source, origin, opened_at, state, ended_at, reason, sum) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            values,
        )
        place = (number, Ending.COMPLETE.value, at, 0)
        connection.execute(
            "INSERT INTO entry (id, body, kind, at, start, length, packed, data, sum) "
            "VALUES (?, ?, ?, ?, ?, 0, ?, x'', ?)",
            (number, *place, _AS_IT_IS, entry_sum(place, b"")),
        )
        return number

    return write


def part_with(body: Body, at: int, reason: str) -> Write:
    """End a body for good: its source will not know it again, and takes the file anew."""
    origin = f"{body.origin} (before {reason})"

    def write(connection: sqlite3.Connection) -> int:
        kept = body_sum(body.pbx, body.source, origin, body.opened_at)
        connection.execute("UPDATE body SET origin = ?, mark = '', sum = ? WHERE id = ?", (origin, kept, body.id))
        return end(body.id, Ending.CUT, at, reason=reason)(connection) if body.state == "open" else body.id

    return write


def _length_of(connection: sqlite3.Connection, body: int) -> int:
    return int(connection.execute("SELECT length FROM body WHERE id = ?", (body,)).fetchone()[0])


def _insert(connection: sqlite3.Connection, place: tuple[int, str, int, int], data: bytes | memoryview) -> None:
    """Insert an entry: its body, kind, time and start, then its bytes."""
    packed = _WAITING if len(data) >= WORTH_PACKING else _AS_IT_IS
    connection.execute(_ENTRY, (*place, len(data), packed, data, entry_sum(place, data)))
