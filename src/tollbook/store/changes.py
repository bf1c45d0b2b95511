"""The change feed: which calls are new, read otherwise or gone since a number.

Every row of `call` carries a `change`, given inside the transaction that inserts or alters it: numbers only grow, so
whoever has seen all changes up to one of them asks for those above it. What a call's number means may change while the
call does not: then its `meaning` alone gets a number, which is never below its `change`. A call that is no more leaves
its id in `gone` with a number of its own. Numbers belong to a life of the store, its `epoch`; when a lost store is made
again from the journal a call that comes out as it was gets its old number back, so that nobody is told of it twice.
Until that is settled the feed stands still.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import duckdb
import msgspec

from tollbook.store.schema import FOLLOWING, NUMBER, ROWS_AT_ONCE

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


def in_runs(connection: _Connection, source: str, set_run: Callable[[int, int, int], int]) -> int:
    """Set rows of a table again, some after the others, inside the caller's transaction; return how many were.

    `set_run` is called with the first row of each run, the row behind it, and what makes its change of a row's number
    (`rowid`) when it is added; it returns how many rows it set. Numbers of a run that set none are given back.
    """
    (last,) = connection.execute(f"SELECT coalesce(max(rowid), -1) FROM {source}").fetchall()[0]
    changed = 0
    for first in range(0, last + 1, ROWS_AT_ONCE):
        upto = min(first + ROWS_AT_ONCE, last + 1)
        number = next_changes(connection, upto - first)
        count = set_run(first, upto, number - first)
        if not count:
            connection.execute("UPDATE changes SET last = last - ?", [upto - first])
        changed += count
    return changed


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
        connection.execute(f"INSERT INTO before BY NAME {likeness(connection, 'earlier.call')}")
        _remember_before(connection)
        connection.execute("INSERT INTO gone SELECT * FROM earlier.gone")
        for table in ("call", "leg", "reject"):  # what the journal has lost can come from nowhere else
            connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM earlier.{table} WHERE body < 0")
        connection.execute("UPDATE call SET meaning = change WHERE meaning IS NULL")
        connection.execute("UPDATE changes SET epoch = e.epoch, last = e.last FROM earlier.changes e")
        connection.execute("COMMIT")
    except duckdb.Error:
        connection.execute("ROLLBACK")
        raise
    finally:
        connection.execute("DETACH earlier")


def _remember_before(connection: _Connection) -> None:
    """Take over what the earlier file itself had still to settle; one of long ago knew no meanings."""
    described = {name for name, *_ in connection.execute("DESCRIBE earlier.before").fetchall()}
    others = "" if "meaning" in described else ", change AS meaning, 0::UBIGINT AS sense"
    query = f"SELECT *{others} FROM earlier.before ANTI JOIN earlier.call USING (id)"
    connection.execute(f"INSERT INTO before BY NAME {query}")


def settle(connection: _Connection) -> None:
    """End the making again, inside the caller's transaction: calls as they were get their numbers back, others stay."""
    connection.execute(
        "UPDATE call SET change = b.change, meaning = CASE WHEN n.sense = b.sense THEN b.meaning ELSE call.meaning END "
        f"FROM ({likeness(connection, 'call')}) n JOIN before b ON n.id = b.id AND n.likeness = b.likeness "
        "WHERE call.id = n.id AND (call.change, call.meaning) <> (b.change, b.meaning)",
    )
    lost = connection.execute("SELECT id FROM before ANTI JOIN call USING (id) ORDER BY id").fetchall()
    if lost:
        note_gone(connection, [each for (each,) in lost])
    connection.execute("DELETE FROM gone WHERE id IN (SELECT id FROM call)")
    connection.execute("DELETE FROM before")


def likeness(connection: _Connection, table: str) -> str:
    """Return the query for what calls are like: a digest of what their columns hold, whichever columns there are.

    A column that holds nothing adds nothing, so that a version with more columns knows a call again. What follows from
    other columns and a dial plan has a digest of its own, `sense`.
    """
    described = [name for name, *_ in connection.execute(f"DESCRIBE {table}").fetchall()]
    numbers = [name if name in described else "change" for name in ("change", "meaning")]
    if "change" not in described:
        numbers = ["0", "0"]
    own = [name for name in described if name not in ("id", "change", "meaning", *FOLLOWING)]
    digests = (f"{_digest(own)} AS likeness", f"{_digest([name for name in NUMBER if name in described])} AS sense")
    return f"SELECT id, {numbers[0]} AS change, {numbers[1]} AS meaning, {', '.join(digests)} FROM {table}"


def _digest(names: list[str]) -> str:
    # Hashed twice: a hash of two things is the one's mixed into the other's by xor, so that two columns of equal value
    # would cancel each other out, as the start and the end of a call that lasted no time.
    digests = [f"CASE WHEN {name} IS NULL THEN 0::UBIGINT ELSE hash(hash('{name}', {name})) END" for name in names]
    mixed = "0::UBIGINT"
    for digest in digests:
        mixed = f"xor({mixed}, {digest})"
    return mixed
