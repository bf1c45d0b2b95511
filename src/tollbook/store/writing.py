"""One batch into the store: number repeated texts, leave out what is there, insert the rest, note progress."""

from __future__ import annotations

from collections import Counter
from itertools import chain

import duckdb
import msgspec
import numpy as np

from tollbook.model.call import Numbers
from tollbook.store.arrow import INTEGER, KEY, KEY_BYTES, TEXT, Column
from tollbook.store.assembling import ChangedCalls, Fresh, take_in
from tollbook.store.batch import (
    Batch,
    BodyTally,
    Noted,
    Packed,
    PackedLegs,
    PackedReading,
    join_packed,
    join_packed_legs,
    nth_key,
)
from tollbook.store.inserting import Keyed, insert
from tollbook.store.registering import joined, registered
from tollbook.store.retention import EXPIRED, expired

_EARLIER = """
SELECT k.row, count(*) FROM keys k JOIN (
  SELECT body, member, (id::UHUGEINT - (occurrence - 1)::UHUGEINT)::UUID AS base FROM {records}
  WHERE body IN ({bodies}) {near}
  UNION ALL SELECT body, member, base FROM sighting WHERE body IN ({bodies})
) s ON s.body = k.body AND s.member = k.member AND s.base = k.base::UUID GROUP BY k.row
"""
_RECORDS = """(
  SELECT id, occurrence, body, member, started_at FROM call WHERE legs IS NULL
  UNION ALL SELECT id, occurrence, body, member, started_at FROM leg
)"""
"""Records that were read: whole calls, and legs of those that are assembled from several."""
_TAKEN_FROM = {"call": _RECORDS, "leg": _RECORDS, "reject": "reject"}
_KNOWN_RECORDS = f"""
SELECT k.row FROM keys k SEMI JOIN (
  SELECT id FROM {_RECORDS} WHERE started_at BETWEEN make_timestamp(?) AND make_timestamp(?)
) c ON c.id = k.id::UUID
"""
_KNOWN = {
    "call": _KNOWN_RECORDS,
    "leg": _KNOWN_RECORDS,
    "reject": "SELECT k.row FROM keys k SEMI JOIN reject r ON r.id = k.id::UUID WHERE ? <= ?",
}

_COUNTED = ("frames", "calls", "duplicates", "skipped", "rejected", "replayed")
_CHANGES = ", ".join(
    [*(f"{name} = t.{name} + k.{name}" for name in _COUNTED), "fresh_from = greatest(t.fresh_from, k.fresh_from)"],
)
_COUNT_ON = f"UPDATE tally t SET {_CHANGES} FROM keys k WHERE t.body = k.body"
_COUNT = f"INSERT INTO tally BY NAME SELECT body, pbx, {', '.join(_COUNTED)}, fresh_from FROM keys"
_BODIES = "(SELECT unnest(?::BIGINT[]) AS body, unnest(?::BIGINT[]) AS consumed)"
_DAY = "DATE '1970-01-01' + day::INTEGER"
_ADDED = "ON CONFLICT DO UPDATE SET frames = frames + excluded.frames"
_ZONES_S = 28 * 3600
"""A record read again after its PBX was given another time zone begins up to 26 hours off."""


TOLD_OF = 50
"""New calls of one batch whose keys are handed on; an import's thousands would tell nobody anything."""


class WrittenBatch(msgspec.Struct, frozen=True):
    """What a batch added: keys of its last calls that are new or have new legs, and what its bodies' frames came to.

    None of those calls is from a body before `first_body`.
    """

    calls: list[bytes]
    tallies: dict[int, BodyTally]
    first_body: int


def write(connection: duckdb.DuckDBPyConnection, batch: Batch, noted: Noted) -> WrittenBatch:
    """Store a batch inside the caller's transaction; `noted` is what the store has noted before."""
    tallies, skips = _counted(batch.reads)
    arrivals = sum((Counter(read.arrivals) for read in batch.reads), Counter[tuple[str, int]]())
    begun = _begun(connection, tallies)
    calls = _place(connection, "call", join_packed([read.calls for read in batch.reads]), begun)
    rejects = _place(connection, "reject", join_packed([read.rejects for read in batch.reads]), begun)
    legs = [_take_in(connection, each, begun) for each in join_packed_legs(list(chain(*(r.legs for r in batch.reads))))]
    for keyed in (calls, *(keyed for keyed, _ in legs)):
        _count(tallies, keyed, "calls")
        _count_expired(tallies, skips, keyed)
    _count(tallies, rejects, "rejected")
    _note_tallies(connection, tallies, begun)
    _note_arrivals(connection, arrivals)
    _note_skips(connection, skips)
    _note_progress(connection, batch, noted)
    changed = [change for _, change in legs if change.calls]
    newest = [*_newest(calls), *chain.from_iterable(change.calls for change in changed)][-TOLD_OF:]
    return WrittenBatch(newest, tallies, min([*tallies, *(change.first_body for change in changed)], default=0))


def _counted(reads: list[PackedReading]) -> tuple[dict[int, BodyTally], Counter[tuple[str, int, str]]]:
    """Return the frames and skips of all reads by body, and the skips by their days and reasons."""
    tallies: dict[int, BodyTally] = {}
    skips: Counter[tuple[str, int, str]] = Counter()
    for read in reads:
        skips.update(read.skips)
        for body, each in read.tallies.items():
            tally = tallies.setdefault(body, BodyTally(each.pbx))
            tally.frames += each.frames
            tally.skipped += each.skipped
            tally.replayed += each.replayed
            tally.fresh_from = max(tally.fresh_from, each.fresh_from)
            tally.day = max(tally.day, each.day)
    return tallies, skips


def _newest(calls: Keyed) -> list[bytes]:
    """Return the keys of the last calls that were new, as many as anybody is told of."""
    rows = calls.packed.rows
    return [calls.id(row) for row in range(max(rows - TOLD_OF, 0), rows) if row not in calls.left_out]


def _begun(connection: duckdb.DuckDBPyConnection, tallies: dict[int, BodyTally]) -> set[int]:
    """Return the bodies of which earlier batches have stored frames: their repeated texts count on."""
    if not tallies:
        return set()
    query = "SELECT body FROM tally SEMI JOIN (SELECT unnest(?::BIGINT[]) AS body) USING (body)"
    return {body for (body,) in connection.execute(query, [list(tallies)]).fetchall()}


def _place(connection: duckdb.DuckDBPyConnection, table_name: str, packed: Packed, begun: set[int]) -> Keyed:
    keyed = _keyed(connection, table_name, packed, begun)
    if packed.rows:
        insert(connection, table_name, keyed)
        _note_sightings(connection, keyed)
    return keyed


def _take_in(connection: duckdb.DuckDBPyConnection, legs: PackedLegs, begun: set[int]) -> tuple[Keyed, ChangedCalls]:
    """Store legs, and the calls that they make with those that are there."""
    keyed = _keyed(connection, "leg", legs.packed, begun)
    _note_sightings(connection, keyed)  # one that follows a record may follow one that was there already
    return keyed, take_in(connection, Fresh(legs, keyed))


def _keyed(connection: duckdb.DuckDBPyConnection, table_name: str, packed: Packed, begun: set[int]) -> Keyed:
    if not packed.rows:
        return Keyed(packed, np.empty(0, np.int64), b"", set())
    passed_over = expired(connection, packed) if table_name != "reject" else set()
    repeating = begun - packed.streams
    earlier = _earlier(connection, table_name, packed, repeating) if repeating else {}
    if not earlier and _all_differ(packed.base):  # as nearly always: then nothing is numbered, nor looked for twice
        there = _stored(connection, table_name, packed, packed.base)
        return Keyed(packed, np.ones(packed.rows, np.int64), packed.base, there - passed_over, expired=passed_over)
    occurrence = _occurrences(packed, earlier)
    ids = _nth_keys(packed.base, occurrence)
    return Keyed(packed, occurrence, ids, known(connection, table_name, packed, ids) - passed_over, expired=passed_over)


def _occurrences(packed: Packed, earlier: dict[int, int]) -> Numbers:
    """Number equal texts within a body or archive member, earlier batches counted."""
    bodies, members = packed.places()
    seen: Counter[tuple[int, int, bytes]] = Counter()
    numbers = []
    for row, place in enumerate(zip(bodies.tolist(), members.tolist(), packed.keys(), strict=True)):
        seen[place] += 1
        numbers.append(seen[place] + earlier.get(row, 0))
    return np.array(numbers, np.int64)


def _all_differ(keys: bytes) -> bool:
    """Say whether keys surely all differ, by half of each: sorting those is a twentieth of a set's cost."""
    halves = np.sort(np.frombuffer(keys, np.uint64)[1::2])
    return not (halves[1:] == halves[:-1]).any()


def _nth_keys(base: bytes, occurrence: Numbers) -> bytes:
    repeated = np.flatnonzero(occurrence > 1).tolist()
    if not repeated:
        return base
    ids = bytearray(base)
    for row in repeated:
        place = slice(row * KEY_BYTES, (row + 1) * KEY_BYTES)
        ids[place] = nth_key(base[place], int(occurrence[row]))
    return bytes(ids)


def _earlier(connection: duckdb.DuckDBPyConnection, table_name: str, packed: Packed, begun: set[int]) -> dict[int, int]:
    bodies, members = packed.places()
    columns: dict[str, Column] = {
        "row": (INTEGER, np.arange(packed.rows)),
        "base": (KEY, packed.base),
        "body": (INTEGER, bodies),
        "member": (INTEGER, members),
    }
    # Equal texts began at the same time: without this every batch of a long body would look through all before it.
    near = "AND started_at BETWEEN make_timestamp(?) AND make_timestamp(?)" if table_name != "reject" else "AND ? <= ?"
    query = _EARLIER.format(records=_TAKEN_FROM[table_name], bodies=", ".join("?" * len(begun)), near=near)
    return dict(joined(connection, columns, query, [*begun, *_limits(packed), *begun]))


def _limits(packed: Packed) -> list[int]:
    """Return the microseconds between which equal records can have been stored, were the zone another one then."""
    return [(packed.earliest - _ZONES_S) * 1_000_000, (packed.latest + _ZONES_S) * 1_000_000]


def known(connection: duckdb.DuckDBPyConnection, table_name: str, packed: Packed, ids: bytes) -> set[int]:
    """Return which rows the store holds already, or this batch held before."""
    found = _stored(connection, table_name, packed, ids)
    if not _all_differ(ids):
        first: dict[bytes, int] = {}
        for row in range(packed.rows):
            if first.setdefault(ids[row * KEY_BYTES : (row + 1) * KEY_BYTES], row) != row:
                found.add(row)
    return found


def _stored(connection: duckdb.DuckDBPyConnection, table_name: str, packed: Packed, ids: bytes) -> set[int]:
    """Return which rows the store holds already."""
    columns: dict[str, Column] = {"row": (INTEGER, np.arange(packed.rows)), "id": (KEY, ids)}
    return {row for (row,) in joined(connection, columns, _KNOWN[table_name], _limits(packed))}


def _note_sightings(connection: duckdb.DuckDBPyConnection, keyed: Keyed) -> None:
    if not keyed.known:
        return
    rows = sorted(keyed.known)
    base = keyed.packed.keys()
    columns: dict[str, Column] = {
        "row": (INTEGER, np.array(rows, np.int64)),
        "id": (KEY, [keyed.id(row) for row in rows]),
        "base": (KEY, [base[row] for row in rows]),
    }
    statement = (
        "INSERT INTO sighting SELECT k.id::UUID, k.base::UUID, t.pbx, t.body, t.member, t.position "
        "FROM (SELECT row_number() OVER () - 1 AS row, pbx, body, member, position FROM incoming) t "
        "JOIN keys k ON k.row = t.row ORDER BY t.row"
    )
    with registered(connection, "incoming", *keyed.packed.tables):
        joined(connection, columns, statement, [])


def _count(tallies: dict[int, BodyTally], keyed: Keyed, name: str) -> None:
    """Add a table's rows to the tallies: what was known counts as duplicate, the rest under `name`."""
    for body, _, rows in keyed.packed.runs:
        setattr(tallies[body], name, getattr(tallies[body], name) + rows)
    if not keyed.known:
        return
    bodies, _ = keyed.packed.places()
    for body, count in Counter(bodies[list(keyed.known)].tolist()).items():
        setattr(tallies[body], name, getattr(tallies[body], name) - count)
        tallies[body].duplicates += count


def _count_expired(tallies: dict[int, BodyTally], skips: Counter[tuple[str, int, str]], keyed: Keyed) -> None:
    """Count the rows that are older than the calls that are kept as skipped."""
    if not keyed.expired:
        return
    bodies, _ = keyed.packed.places()
    for body, count in Counter(bodies[list(keyed.expired)].tolist()).items():
        tallies[body].calls -= count
        tallies[body].skipped += count
        skips[tallies[body].pbx, tallies[body].day, EXPIRED] += count


def _note_tallies(connection: duckdb.DuckDBPyConnection, tallies: dict[int, BodyTally], begun: set[int]) -> None:
    """Count bodies on, or begin to count them: two statements, of which the first costs a third of an upsert."""
    for statement, bodies in ((_COUNT_ON, begun & tallies.keys()), (_COUNT, tallies.keys() - begun)):
        if bodies:
            found = [(body, tallies[body]) for body in sorted(bodies)]
            columns: dict[str, Column] = {
                "body": (INTEGER, [body for body, _ in found]),
                "pbx": (TEXT, [each.pbx for _, each in found]),
                **{name: (INTEGER, [getattr(each, name) for _, each in found]) for name in (*_COUNTED, "fresh_from")},
            }
            joined(connection, columns, statement, [])


def _note_arrivals(connection: duckdb.DuckDBPyConnection, arrivals: dict[tuple[str, int], int]) -> None:
    if arrivals:
        columns: dict[str, Column] = {
            "pbx": (TEXT, [pbx for pbx, _ in arrivals]),
            "day": (INTEGER, [day for _, day in arrivals]),
            "frames": (INTEGER, list(arrivals.values())),
        }
        joined(connection, columns, f"INSERT INTO arrival SELECT pbx, {_DAY}, frames FROM keys {_ADDED}", [])


def _note_skips(connection: duckdb.DuckDBPyConnection, skips: dict[tuple[str, int, str], int]) -> None:
    if skips:
        columns: dict[str, Column] = {
            "pbx": (TEXT, [pbx for pbx, _, _ in skips]),
            "day": (INTEGER, [day for _, day, _ in skips]),
            "reason": (TEXT, [reason for _, _, reason in skips]),
            "frames": (INTEGER, list(skips.values())),
        }
        joined(connection, columns, f"INSERT INTO skip SELECT pbx, {_DAY}, reason, frames FROM keys {_ADDED}", [])


def _note_progress(connection: duckdb.DuckDBPyConnection, batch: Batch, noted: Noted) -> None:
    """Note how far the batch goes, and of the bodies still open those that have changed: hundreds may be open."""
    connection.execute("UPDATE progress SET entry = ?", [batch.entry])
    if batch.behind != noted.behind:
        connection.execute("DELETE FROM behind")
        pairs = [list(batch.behind), list(batch.behind.values())]
        connection.execute("INSERT INTO behind SELECT unnest(?::VARCHAR[]), unnest(?::BIGINT[])", pairs)
    before = noted.unfinished
    ended = list(before.keys() - batch.unfinished.keys())
    moved = {body: at for body, at in batch.unfinished.items() if before.get(body, at) != at}
    begun = {body: at for body, at in batch.unfinished.items() if body not in before}
    if ended:
        connection.execute("DELETE FROM unfinished WHERE body IN (SELECT unnest(?::BIGINT[]))", [ended])
    if moved:
        statement = f"UPDATE unfinished u SET consumed = k.consumed FROM {_BODIES} k WHERE u.body = k.body"
        connection.execute(statement, [list(moved), list(moved.values())])
    if begun:
        connection.execute(f"INSERT INTO unfinished FROM {_BODIES}", [list(begun), list(begun.values())])
