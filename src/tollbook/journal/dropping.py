"""Dropping the bytes of bodies that are old. The body itself stays: by it a source knows a file that it has taken.

Entries go some at a time, so that nobody who writes waits for long; what a body that is being dropped still has is
read by nobody. The pages that they leave are overwritten with zeros (`secure_delete`,
https://www.sqlite.org/pragma.html#pragma_secure_delete), and taken again for what comes: the file does not shrink.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

import msgspec

from tollbook.journal.journal import Journal
from tollbook.journal.writes import Write
from tollbook.model.limits import REPLAYED_BYTES, REPLAYED_CONNECTIONS

_AT_ONCE = 64
"""Entries of one commit, each of up to a megabyte."""


class OldBody(msgspec.Struct, frozen=True):
    """A body that ended before some moment: its number, whose and what it is, its bytes, and its last entry."""

    id: int
    pbx: str
    source: str
    length: int
    last_entry: int


def ended_before(
    journal: Journal, moment_us: int, streams: Iterable[str], replaying: Sequence[str] = ()
) -> list[OldBody]:
    """Return bodies that ended before a moment and whose bytes are there, but the newest of each PBX.

    Of kinds of source that are `streams` the newest one stays as well: by it is known what a PBX sends again. Of a PBX
    that is `replaying` what came before in them all stay with which a connection is compared.
    """
    marks = ", ".join(f"'{kind}'" for kind in sorted(streams))
    newest = (
        f"SELECT max(id) FROM body GROUP BY pbx UNION SELECT max(id) FROM body WHERE source IN ({marks}) GROUP BY pbx"  # noqa: S608 - names of our own
    )
    names = ", ".join("?" * len(replaying))
    newest += (
        " UNION SELECT id FROM (SELECT id, row_number() OVER newer AS place, sum(length) OVER newer - length AS size "  # noqa: S608 - as above
        f"FROM body WHERE source IN ({marks}) AND pbx IN ({names}) "
        f"WINDOW newer AS (PARTITION BY pbx ORDER BY id DESC)) "
        f"WHERE place <= {REPLAYED_CONNECTIONS} AND size < {REPLAYED_BYTES}"
    )
    last = "SELECT e.id FROM entry e WHERE e.body = body.id ORDER BY e.start DESC, e.id DESC LIMIT 1"
    query = (
        f"SELECT id, pbx, source, length, coalesce(({last}), 0) FROM body "  # noqa: S608 - as above
        "WHERE ended_at < ? AND state <> 'open' AND dropped_at IS NULL AND source <> 'restored' "
        f"AND id NOT IN ({newest})"
    )
    return [OldBody(*row) for row in journal.rows(query, moment_us, *replaying)]


def is_ended(journal: Journal, body: int) -> bool:
    """Say whether a body takes no more bytes; one that there is not has ended."""
    found = journal.body(body)
    return found is None or found.state != "open"


def dropped(journal: Journal) -> list[int]:
    """Return the bodies whose bytes were dropped."""
    return [body for (body,) in journal.rows("SELECT id FROM body WHERE dropped_at IS NOT NULL")]


def half_dropped(journal: Journal) -> list[int]:
    """Return bodies that are being dropped and still have entries."""
    query = "SELECT id FROM body WHERE dropped_at IS NOT NULL AND EXISTS (SELECT 1 FROM entry e WHERE e.body = body.id)"
    return [body for (body,) in journal.rows(query)]


def drop(journal: Journal, bodies: list[int], at: int) -> None:
    """Drop the bytes of bodies; raises `NotWritten` where the file cannot be written: the rest goes the next time."""
    if bodies:
        journal.write(_mark(bodies, at))
    while bodies and journal.write(_take_out(bodies))[0]:
        pass
    journal.rows("PRAGMA wal_checkpoint(TRUNCATE)")  # else the log still has their pages; without WAL it does nothing


def _mark(bodies: list[int], at: int) -> Write:
    marks = ", ".join(map(str, bodies))

    def write(connection: sqlite3.Connection) -> int:
        statement = f"UPDATE body SET dropped_at = ? WHERE id IN ({marks}) AND dropped_at IS NULL"  # noqa: S608 - numbers of our own
        return connection.execute(statement, (at,)).rowcount

    return write


def _take_out(bodies: list[int]) -> Write:
    """Delete some entries of bodies that are marked; returns how many."""
    marks = ", ".join(map(str, bodies))

    def write(connection: sqlite3.Connection) -> int:
        connection.execute("PRAGMA secure_delete = ON")
        some = f"SELECT id FROM entry WHERE body IN ({marks}) LIMIT {_AT_ONCE}"  # noqa: S608 - as above
        count = connection.execute(f"DELETE FROM entry WHERE id IN ({some})").rowcount  # noqa: S608 - as above
        connection.execute("PRAGMA secure_delete = OFF")
        return count

    return write
