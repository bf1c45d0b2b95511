"""One batch into the store: number repeated texts, leave out what is there, insert the rest, note progress."""

from __future__ import annotations

from collections import Counter
from typing import Any

import duckdb
import msgspec
import numpy as np

from tollbook.model.call import NEVER
from tollbook.store.arrow import INTEGER, KEY, TEXT, Column, opened, stream
from tollbook.store.batch import Batch, Packed, Tally, nth_key

_CALL = """
INSERT INTO call BY NAME SELECT k.id::UUID AS id, k.occurrence, t.* REPLACE (
  make_timestamp(started_at * 1000000) AS started_at, make_timestamp(ended_at * 1000000) AS ended_at,
  CASE WHEN answered_at <> {never} THEN make_timestamp(answered_at * 1000000) END AS answered_at,
  make_timestamp(started_local * 1000000) AS started_local
) FROM incoming t POSITIONAL JOIN keys k {only}
"""
_REJECT = """
INSERT INTO reject BY NAME SELECT k.id::UUID AS id, k.occurrence, t.* REPLACE (
  make_timestamp(received_at) AS received_at
) FROM incoming t POSITIONAL JOIN keys k {only}
"""
_INSERT = {"call": _CALL, "reject": _REJECT}

_EARLIER = """
SELECT k.row, count(*) FROM keys k JOIN (
  SELECT body, member, (id::UHUGEINT - (occurrence - 1)::UHUGEINT)::UUID AS base FROM {table}
  WHERE body IN ({bodies}) {near}
  UNION ALL SELECT body, member, base FROM sighting WHERE body IN ({bodies})
) s ON s.body = k.body AND s.member = k.member AND s.base = k.base::UUID GROUP BY k.row
"""
_KNOWN = {
    "call": """
SELECT k.row FROM keys k SEMI JOIN (
  SELECT id FROM call WHERE started_at BETWEEN make_timestamp(?) AND make_timestamp(?)
) c ON c.id = k.id::UUID
""",
    "reject": "SELECT k.row FROM keys k SEMI JOIN reject r ON r.id = k.id::UUID WHERE ? <= ?",
}

_COUNTED = ("frames", "calls", "duplicates", "skipped", "rejected")
_ZONES_S = 28 * 3600
"""A record read again after its PBX was given another time zone begins up to 26 hours off."""


TOLD_OF = 50
"""New calls of one batch whose keys are handed on; an import's thousands would tell nobody anything."""


class Written(msgspec.Struct, frozen=True):
    """What a batch added: keys of its last new calls in order, and how many frames each body gave to what."""

    calls: list[bytes]
    tallies: dict[int, Tally]


class Keyed(msgspec.Struct, frozen=True):
    """Rows with their final keys, and which of them the store has already."""

    packed: Packed
    occurrence: list[int]
    ids: list[bytes]
    known: set[int]


def write(connection: duckdb.DuckDBPyConnection, batch: Batch) -> Written:
    """Store a batch inside the caller's transaction."""
    written = Written([], {})
    for read in batch.reads:
        begun = _begun(connection, read.tallies)
        calls = _place(connection, "call", read.calls, begun)
        rejects = _place(connection, "reject", read.rejects, begun)
        _count(read.tallies, calls, "calls")
        _count(read.tallies, rejects, "rejected")
        _note_tallies(connection, read.tallies)
        _note_skips(connection, read.skips)
        written.tallies.update(read.tallies)
        written.calls.extend(_newest(calls))
    _note_progress(connection, batch)
    return written


def _newest(calls: Keyed) -> list[bytes]:
    """Return the keys of the last calls that were new, as many as anybody is told of."""
    first = max(len(calls.ids) - TOLD_OF, 0)
    return [key for row, key in enumerate(calls.ids[first:], first) if row not in calls.known]


def _begun(connection: duckdb.DuckDBPyConnection, tallies: dict[int, Tally]) -> set[int]:
    """Return the bodies of which earlier batches have stored frames: their repeated texts count on."""
    if not tallies:
        return set()
    query = f"SELECT body FROM tally WHERE body IN ({', '.join('?' * len(tallies))})"
    return {body for (body,) in connection.execute(query, list(tallies)).fetchall()}


def _place(connection: duckdb.DuckDBPyConnection, table: str, packed: Packed, begun: set[int]) -> Keyed:
    if not packed.rows:
        return Keyed(packed, [], [], set())
    base = packed.keys()
    earlier = _earlier(connection, table, packed, begun) if begun else {}
    occurrence = _occurrences(packed, base, earlier)
    repeated = any(number > 1 for number in occurrence)
    ids = [nth_key(key, nth) for key, nth in zip(base, occurrence, strict=True)] if repeated else base
    keyed = Keyed(packed, occurrence or [1] * packed.rows, ids, known(connection, table, packed, ids))
    insert(connection, table, keyed)
    _note_sightings(connection, keyed)
    return keyed


def _occurrences(packed: Packed, base: list[bytes], earlier: dict[int, int]) -> list[int]:
    """Number equal texts within a body or archive member, earlier batches counted; empty where all are firsts."""
    if not earlier and len(set(base)) == len(base):
        return []
    seen: Counter[tuple[int, int, bytes]] = Counter()
    numbers = []
    for row, place in enumerate(zip(*packed.places(), base, strict=True)):
        seen[place] += 1
        numbers.append(seen[place] + earlier.get(row, 0))
    return numbers


def _earlier(connection: duckdb.DuckDBPyConnection, table: str, packed: Packed, begun: set[int]) -> dict[int, int]:
    bodies, members = packed.places()
    columns: dict[str, Column] = {
        "row": (INTEGER, np.arange(packed.rows)),
        "base": (KEY, [packed.base]),
        "body": (INTEGER, np.array(bodies, np.int64)),
        "member": (INTEGER, np.array(members, np.int64)),
    }
    # Equal texts began at the same time: without this every batch of a long body would look through all before it.
    near = "AND started_at BETWEEN make_timestamp(?) AND make_timestamp(?)" if table == "call" else "AND ? <= ?"
    query = _EARLIER.format(table=table, bodies=", ".join("?" * len(begun)), near=near)
    return dict(_joined(connection, columns, query, [*begun, *_limits(packed), *begun]))


def _limits(packed: Packed) -> list[int]:
    """Return the microseconds between which equal records can have been stored, were the zone another one then."""
    return [(packed.earliest - _ZONES_S) * 1_000_000, (packed.latest + _ZONES_S) * 1_000_000]


def known(connection: duckdb.DuckDBPyConnection, table: str, packed: Packed, ids: list[bytes]) -> set[int]:
    """Return which rows the store holds already, or this batch held before."""
    columns: dict[str, Column] = {"row": (INTEGER, np.arange(len(ids))), "id": (KEY, ids)}
    found = {row for (row,) in _joined(connection, columns, _KNOWN[table], _limits(packed))}
    if len(set(ids)) < len(ids):
        first: dict[bytes, int] = {}
        found |= {row for row, key in enumerate(ids) if first.setdefault(key, row) != row}
    return found


def _joined(
    connection: duckdb.DuckDBPyConnection,
    columns: dict[str, Column],
    query: str,
    values: list[Any],
) -> list[Any]:
    connection.register("keys", stream(columns))
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.unregister("keys")


def insert(connection: duckdb.DuckDBPyConnection, table: str, keyed: Keyed) -> None:
    """Insert the rows that are not known."""
    rows = keyed.packed.rows
    if len(keyed.known) == rows:
        return
    fresh = np.ones(rows, np.int64)
    fresh[list(keyed.known)] = 0
    columns: dict[str, Column] = {
        "id": (KEY, keyed.ids),
        "occurrence": (INTEGER, np.array(keyed.occurrence, np.int64)),
        "fresh": (INTEGER, fresh),
    }
    only = "WHERE k.fresh = 1" if keyed.known else ""
    connection.register("incoming", opened(keyed.packed.table))
    try:
        _joined(connection, columns, _INSERT[table].format(only=only, never=NEVER), [])
    finally:
        connection.unregister("incoming")


def _note_sightings(connection: duckdb.DuckDBPyConnection, keyed: Keyed) -> None:
    if not keyed.known:
        return
    rows = sorted(keyed.known)
    base = keyed.packed.keys()
    columns: dict[str, Column] = {
        "row": (INTEGER, np.array(rows, np.int64)),
        "id": (KEY, [keyed.ids[row] for row in rows]),
        "base": (KEY, [base[row] for row in rows]),
    }
    connection.register("incoming", opened(keyed.packed.table))
    try:
        statement = (
            "INSERT INTO sighting SELECT k.id::UUID, k.base::UUID, t.pbx, t.body, t.member, t.position "
            "FROM (SELECT row_number() OVER () - 1 AS row, pbx, body, member, position FROM incoming) t "
            "JOIN keys k ON k.row = t.row ORDER BY t.row"
        )
        _joined(connection, columns, statement, [])
    finally:
        connection.unregister("incoming")


def _count(tallies: dict[int, Tally], keyed: Keyed, name: str) -> None:
    """Add a table's rows to the tallies: what was known counts as duplicate, the rest under `name`."""
    for body, _, rows in keyed.packed.runs:
        setattr(tallies[body], name, getattr(tallies[body], name) + rows)
    if not keyed.known:
        return
    bodies, _ = keyed.packed.places()
    for body, count in Counter(bodies[row] for row in keyed.known).items():
        setattr(tallies[body], name, getattr(tallies[body], name) - count)
        tallies[body].duplicates += count


def _note_tallies(connection: duckdb.DuckDBPyConnection, tallies: dict[int, Tally]) -> None:
    if not tallies:
        return
    columns: dict[str, Column] = {
        "body": (INTEGER, list(tallies)),
        "pbx": (TEXT, [each.pbx for each in tallies.values()]),
        **{name: (INTEGER, [getattr(each, name) for each in tallies.values()]) for name in _COUNTED},
    }
    changes = ", ".join(f"{name} = {name} + excluded.{name}" for name in _COUNTED)
    chosen = f"SELECT body, pbx, {', '.join(_COUNTED)} FROM keys"
    _joined(connection, columns, f"INSERT INTO tally {chosen} ON CONFLICT DO UPDATE SET {changes}", [])


def _note_skips(connection: duckdb.DuckDBPyConnection, skips: dict[tuple[str, str], int]) -> None:
    for (pbx, reason), count in skips.items():
        connection.execute(
            "INSERT INTO skip VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET frames = frames + excluded.frames",
            [pbx, reason, count],
        )


def _note_progress(connection: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    connection.execute("UPDATE progress SET entry = ?", [batch.entry])
    connection.execute("DELETE FROM unfinished")
    for body, consumed in batch.unfinished.items():
        connection.execute("INSERT INTO unfinished VALUES (?, ?)", [body, consumed])
