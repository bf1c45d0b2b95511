"""The change feed: which calls are new, read otherwise or gone since a number.

Every row of `call` carries a `change`, given inside the transaction that inserts or alters it: numbers only grow, so
whoever has seen all changes up to one of them asks for those above it. A call that is no more leaves its id in `gone`
with a number of its own. Numbers belong to a life of the store, its `epoch`; when a lost store is made again from the
journal a call that comes out as it was gets its old number back, so that nobody is told of it twice. Until that is
settled the feed stands still.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar
from uuid import UUID

import duckdb
import msgspec

_Connection = duckdb.DuckDBPyConnection
Wanted = TypeVar("Wanted")


class Position(msgspec.Struct, frozen=True):
    """How far the feed goes: its epoch, its last number, and whether the store is still being made again."""

    epoch: UUID
    last: int
    settled: bool


def begin_epoch(connection: _Connection) -> None:
    """Begin a new life of the numbers, since those given out before are known no longer."""
    connection.execute("UPDATE changes SET epoch = uuid()")


def next_changes(connection: _Connection, count: int) -> int:
    """Take some numbers inside the caller's transaction; return the first."""
    taken = connection.execute("UPDATE changes SET last = last + ? RETURNING last", [count]).fetchall()
    return int(taken[0][0]) - count + 1


def take_out(connection: _Connection, ids: list[UUID]) -> None:
    """Delete calls inside the caller's transaction, and note that they are gone."""
    if not ids:
        return
    connection.execute("DELETE FROM call WHERE id IN (SELECT unnest(?::UUID[]))", [ids])
    note_gone(connection, ids)


def note_gone(connection: _Connection, ids: list[UUID]) -> None:
    """Note inside the caller's transaction that calls are no more."""
    if not ids:
        return
    first = next_changes(connection, len(ids))
    numbers = list(range(first, first + len(ids)))
    connection.execute("INSERT INTO gone SELECT unnest(?::UUID[]), unnest(?::BIGINT[])", [ids, numbers])


def note_back(connection: _Connection, ids: list[UUID]) -> None:
    """Note inside the caller's transaction that calls are there, whatever was noted before."""
    if ids:
        connection.execute("DELETE FROM gone WHERE id IN (SELECT unnest(?::UUID[]))", [ids])


def position(connection: _Connection) -> Position:
    """Return how far the feed goes."""
    query = "SELECT epoch, last, NOT EXISTS (SELECT 1 FROM before) FROM changes"
    return Position(*connection.execute(query).fetchall()[0])


def remember(connection: _Connection, path: Path) -> None:
    """Take over what calls were like in a store file of another version, so that its feed goes on in this one.

    Raises `duckdb.Error` for a file that has no feed or cannot be read.
    """
    place = str(path).replace("'", "''")
    connection.execute(f"ATTACH '{place}' AS earlier (READ_ONLY)")
    try:
        connection.execute("BEGIN")
        connection.execute(f"INSERT INTO before {likeness(connection, 'earlier.call')}")
        connection.execute("INSERT INTO before SELECT * FROM earlier.before ANTI JOIN earlier.call USING (id)")
        connection.execute("INSERT INTO gone SELECT * FROM earlier.gone")
        for table in ("call", "leg", "reject"):  # what the journal has lost can come from nowhere else
            connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM earlier.{table} WHERE body < 0")
        connection.execute("UPDATE changes SET epoch = e.epoch, last = e.last FROM earlier.changes e")
        connection.execute("COMMIT")
    except duckdb.Error:
        connection.execute("ROLLBACK")
        raise
    finally:
        connection.execute("DETACH earlier")


def settle(connection: _Connection) -> None:
    """End the making again, inside the caller's transaction: calls as they were get their numbers back, others stay."""
    connection.execute(
        f"UPDATE call SET change = b.change FROM ({likeness(connection, 'call')}) n JOIN before b "
        "ON n.id = b.id AND n.likeness = b.likeness WHERE call.id = n.id AND call.change <> b.change",
    )
    lost = connection.execute("SELECT id FROM before ANTI JOIN call USING (id) ORDER BY id").fetchall()
    if lost:
        note_gone(connection, [each for (each,) in lost])
    connection.execute("DELETE FROM gone WHERE id IN (SELECT id FROM call)")
    connection.execute("DELETE FROM before")


def likeness(connection: _Connection, table: str) -> str:
    """Return the query for what calls are like: a digest of what their columns hold, whichever columns there are.

    A column that holds nothing adds nothing, so that a version with more columns knows a call again.
    """
    described = connection.execute(f"DESCRIBE {table}").fetchall()
    names = [name for name, *_ in described if name not in ("id", "change")]
    number = "change" if any(name == "change" for name, *_ in described) else "0"
    # Hashed twice: a hash of two things is the one's mixed into the other's by xor, so that two columns of equal value
    # would cancel each other out, as the start and the end of a call that lasted no time.
    digests = [f"CASE WHEN {name} IS NULL THEN 0::UBIGINT ELSE hash(hash('{name}', {name})) END" for name in names]
    mixed = digests[0]
    for digest in digests[1:]:
        mixed = f"xor({mixed}, {digest})"
    return f"SELECT id, {number} AS change, {mixed} AS likeness FROM {table}"
