"""One batch into the store: number repeated texts, leave out what is there, insert the rest, note progress."""

from __future__ import annotations

from collections import Counter
from typing import Any

import duckdb
import msgspec

from tollbook.store.arrow import BYTES, INTEGER, KEY, TEXT, Column, stream
from tollbook.store.batch import Batch, Rows, call_rows, nth_key, reject_rows

_NUMBERS = frozenset(("ring_s", "talk_s", "total_s", "length"))
_INSTANTS_S = frozenset(("started_at", "answered_at", "ended_at", "started_local"))
_INSTANTS_US = frozenset(("received_at",))

_EARLIER = """
SELECT k.row, count(*) FROM keys k JOIN (
  SELECT body, member, (id::UHUGEINT - (occurrence - 1)::UHUGEINT)::UUID AS base FROM {table} WHERE body >= ?
  UNION ALL SELECT body, member, base FROM sighting WHERE body >= ?
) s ON s.body = k.body AND s.member = k.member AND s.base = k.base::UUID GROUP BY k.row
"""
_KNOWN_CALLS = """
SELECT k.row FROM keys k SEMI JOIN (
  SELECT id FROM call WHERE started_at BETWEEN make_timestamp(?) AND make_timestamp(?)
) c ON c.id = k.id::UUID
"""
_KNOWN_REJECTS = "SELECT k.row FROM keys k SEMI JOIN reject r ON r.id = k.id::UUID"


class Written(msgspec.Struct, frozen=True):
    """What a batch added: keys of new calls in order, and how many frames each body gave to what."""

    calls: list[bytes]
    tallies: dict[int, Tally]


class Tally(msgspec.Struct):
    """Frames of one body by what became of them."""

    pbx: str
    frames: int = 0
    calls: int = 0
    duplicates: int = 0
    skipped: int = 0
    rejected: int = 0


class Keyed(msgspec.Struct, frozen=True):
    """Rows with their final keys, and which of them the store has already."""

    rows: Rows
    occurrence: list[int]
    ids: list[bytes]
    known: set[int]


def write(connection: duckdb.DuckDBPyConnection, batch: Batch) -> Written:
    """Store a batch inside the caller's transaction."""
    calls, rejects = call_rows(batch.pieces), reject_rows(batch.pieces)
    begun = _begun(connection, batch)
    tallies = _tallies(batch)
    new_calls = _place(connection, "call", calls, begun)
    new_rejects = _place(connection, "reject", rejects, begun)
    for keyed, name in ((new_calls, "calls"), (new_rejects, "rejected")):
        _count(tallies, keyed, name)
    _note_tallies(connection, tallies)
    _note_skips(connection, batch)
    _note_progress(connection, batch)
    return Written([key for row, key in enumerate(new_calls.ids) if row not in new_calls.known], tallies)


def _begun(connection: duckdb.DuckDBPyConnection, batch: Batch) -> set[int]:
    """Return the bodies of which earlier batches have stored frames: their repeated texts count on."""
    first = min((piece.body for piece in batch.pieces), default=0)
    return {body for (body,) in connection.execute("SELECT body FROM tally WHERE body >= ?", [first]).fetchall()}


def _place(connection: duckdb.DuckDBPyConnection, table: str, rows: Rows, begun: set[int]) -> Keyed:
    if not len(rows):
        return Keyed(rows, [], [], set())
    occurrence = _occurrences(connection, table, rows, begun)
    ids = [nth_key(base, nth) for base, nth in zip(rows.base, occurrence, strict=True)]
    keyed = Keyed(rows, occurrence, ids, known(connection, table, rows, ids))
    insert(connection, table, keyed)
    _note_sightings(connection, keyed)
    return keyed


def _occurrences(connection: duckdb.DuckDBPyConnection, table: str, rows: Rows, begun: set[int]) -> list[int]:
    """Number equal texts within a body (or archive member), counting those of earlier batches."""
    earlier = _earlier(connection, table, rows, begun & set(rows.body)) if begun else {}
    if not earlier and len(set(rows.base)) == len(rows):
        return [1] * len(rows)
    seen: Counter[tuple[int, int, bytes]] = Counter()
    numbers = []
    for row, place in enumerate(zip(rows.body, rows.member, rows.base, strict=True)):
        seen[place] += 1
        numbers.append(seen[place] + earlier.get(row, 0))
    return numbers


def _earlier(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Rows, bodies: set[int]
) -> dict[int, int]:
    if not bodies:
        return {}
    columns: dict[str, Column] = {
        "row": (INTEGER, list(range(len(rows)))),
        "base": (KEY, rows.base),
        "body": (INTEGER, rows.body),
        "member": (INTEGER, rows.member),
    }
    first = min(bodies)
    return dict(_joined(connection, columns, _EARLIER.format(table=table), [first, first]))


def known(connection: duckdb.DuckDBPyConnection, table: str, rows: Rows, ids: list[bytes]) -> set[int]:
    """Return which rows the store holds already, or this batch held before."""
    columns: dict[str, Column] = {"row": (INTEGER, list(range(len(rows)))), "id": (KEY, ids)}
    if table == "reject":
        found = {row for (row,) in _joined(connection, columns, _KNOWN_REJECTS, [])}
    else:
        starts = rows.columns["started_at"]
        limits = [min(starts) * 1_000_000, max(starts) * 1_000_000]
        found = {row for (row,) in _joined(connection, columns, _KNOWN_CALLS, limits)}
    first: dict[bytes, int] = {}
    if len(set(ids)) < len(ids):
        found |= {row for row, key in enumerate(ids) if first.setdefault(key, row) != row}
    return found


def _joined(
    connection: duckdb.DuckDBPyConnection, columns: dict[str, Column], query: str, values: list[Any]
) -> list[Any]:
    connection.register("keys", stream(columns))
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.unregister("keys")


def insert(connection: duckdb.DuckDBPyConnection, table: str, keyed: Keyed) -> None:
    """Insert the rows that are not known."""
    rows = keyed.rows
    columns: dict[str, Column] = {
        "id": (KEY, keyed.ids),
        "occurrence": (INTEGER, keyed.occurrence),
        "pbx": (TEXT, rows.pbx),
        "body": (INTEGER, rows.body),
        "member": (INTEGER, rows.member),
        "position": (INTEGER, rows.position),
        **{name: (_kind(name), values) for name, values in rows.columns.items()},
    }
    if keyed.known:
        kept = [row for row in range(len(rows)) if row not in keyed.known]
        columns = {name: (kind, [values[row] for row in kept]) for name, (kind, values) in columns.items()}
    if not columns["id"][1]:
        return
    connection.register("incoming", stream(columns))
    try:
        chosen = ", ".join(f"{_expression(name)} AS {name}" for name in columns)
        connection.execute(f"INSERT INTO {table} BY NAME SELECT {chosen} FROM incoming")  # noqa: S608 - our own names
    finally:
        connection.unregister("incoming")


def _kind(name: str) -> Any:  # noqa: ANN401 - an Arrow type
    if name in _NUMBERS or name in _INSTANTS_S or name in _INSTANTS_US:
        return INTEGER
    return BYTES if name == "raw" else TEXT


def _expression(name: str) -> str:
    if name in _INSTANTS_S:
        return f"make_timestamp({name} * 1000000)"
    if name in _INSTANTS_US:
        return f"make_timestamp({name})"
    return "id::UUID" if name == "id" else name


def _note_sightings(connection: duckdb.DuckDBPyConnection, keyed: Keyed) -> None:
    if not keyed.known:
        return
    rows, known = keyed.rows, sorted(keyed.known)
    columns: dict[str, Column] = {
        "id": (KEY, [keyed.ids[row] for row in known]),
        "base": (KEY, [rows.base[row] for row in known]),
        "pbx": (TEXT, [rows.pbx[row] for row in known]),
        "body": (INTEGER, [rows.body[row] for row in known]),
        "member": (INTEGER, [rows.member[row] for row in known]),
        "position": (INTEGER, [rows.position[row] for row in known]),
    }
    statement = "INSERT INTO sighting SELECT id::UUID, base::UUID, pbx, body, member, position FROM keys"
    _joined(connection, columns, statement, [])


def _tallies(batch: Batch) -> dict[int, Tally]:
    tallies: dict[int, Tally] = {}
    for piece in batch.pieces:
        tally = tallies.setdefault(piece.body, Tally(piece.pbx))
        tally.frames += piece.reading.frames
        tally.skipped += len(piece.reading.skipped)
    return tallies


def _count(tallies: dict[int, Tally], keyed: Keyed, name: str) -> None:
    """Add a table's rows to the tallies: what was known counts as duplicate, the rest under `name`."""
    for body, count in Counter(keyed.rows.body).items():
        setattr(tallies[body], name, getattr(tallies[body], name) + count)
    for body, count in Counter(keyed.rows.body[row] for row in keyed.known).items():
        setattr(tallies[body], name, getattr(tallies[body], name) - count)
        tallies[body].duplicates += count


def _note_tallies(connection: duckdb.DuckDBPyConnection, tallies: dict[int, Tally]) -> None:
    for body, tally in tallies.items():
        connection.execute(
            "INSERT INTO tally VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET frames = frames + excluded.frames, "
            "calls = calls + excluded.calls, duplicates = duplicates + excluded.duplicates, "
            "skipped = skipped + excluded.skipped, rejected = rejected + excluded.rejected",
            [body, tally.pbx, tally.frames, tally.calls, tally.duplicates, tally.skipped, tally.rejected],
        )


def _note_skips(connection: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    skips = Counter((piece.pbx, skip.reason) for piece in batch.pieces for skip in piece.reading.skipped)
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
