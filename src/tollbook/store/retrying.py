"""Rejects read again: those that have become calls move over, the others get today's reason."""

from __future__ import annotations

from collections import Counter
from typing import Any

import duckdb
import msgspec
import numpy as np

from tollbook.assembly.legs import is_leg
from tollbook.model.call import pick
from tollbook.model.reading import Reading
from tollbook.model.rules import Rules
from tollbook.store.arrow import INTEGER, KEY, TEXT, Column
from tollbook.store.assembling import Fresh, take_in
from tollbook.store.batch import Packed, PackedReading, Piece, first_key, pack
from tollbook.store.changes import next_changes
from tollbook.store.inserting import Keyed, insert
from tollbook.store.registering import joined
from tollbook.store.unbacked import mask_again
from tollbook.store.writing import known


class RejectPlace(msgspec.Struct, frozen=True, order=True):
    """Where a record stands; earlier places are less."""

    body: int
    member: int
    position: int


class Stored(msgspec.Struct, frozen=True):
    """One reject as the store holds it."""

    id: bytes
    occurrence: int
    pbx: str
    body: int
    member: int
    position: int
    raw: bytes

    @property
    def place(self) -> RejectPlace:
        """Where it stands."""
        return RejectPlace(self.body, self.member, self.position)


class Retried(msgspec.Struct, frozen=True):
    """Rejects of one PBX and what a dialect makes of them now; the reading's offsets are their numbers in the list.

    `rules` say which of its records may be one call.
    """

    rejects: list[Stored]
    reading: Reading
    rules: Rules | None = None


def promote(connection: duckdb.DuckDBPyConnection, retried: Retried) -> int:
    """Store what can be read now, inside the caller's transaction; return the number of rejects that were calls."""
    standing = _standing(connection, retried.rejects)
    calls = retried.reading.calls
    chosen = [row for row, number in enumerate(calls.offsets) if retried.rejects[number].id in standing]
    rejects = [retried.rejects[calls.offsets[row]] for row in chosen]
    skips = [(retried.rejects[skip.offset], skip.reason) for skip in retried.reading.skipped]
    skips = [(reject, reason) for reject, reason in skips if reject.id in standing]
    parts = is_leg(calls, retried.rules) if retried.rules and chosen else np.zeros(len(calls), np.bool_)
    _store_calls(connection, retried, [row for row in chosen if not parts[row]])
    _store_legs(connection, retried, [row for row in chosen if parts[row]])
    _move(connection, [reject for reject, _ in skips], "skipped")
    _note_skips(connection, skips)
    if any(each.body < 0 for each in rejects):
        mask_again(connection)
    _take_out(connection, [*rejects, *(reject for reject, _ in skips)])
    _set_reasons(connection, retried)
    return len(rejects)


def _standing(connection: duckdb.DuckDBPyConnection, rejects: list[Stored]) -> set[bytes]:
    """Return the keys of those that nobody has taken out since they were read."""
    query = "SELECT r.id FROM reject r SEMI JOIN keys k ON r.id = k.id::UUID"
    return {key.bytes for (key,) in _with_keys(connection, rejects, {}, query)}


def _store_calls(connection: duckdb.DuckDBPyConnection, retried: Retried, rows: list[int]) -> None:
    if not rows:
        return
    rejects = [retried.rejects[retried.reading.calls.offsets[row]] for row in rows]
    keyed = _keyed(connection, "call", rejects, _packed(rejects, rows, retried).calls)
    insert(connection, "call", keyed)
    _settle(connection, rejects, keyed)


def _store_legs(connection: duckdb.DuckDBPyConnection, retried: Retried, rows: list[int]) -> None:
    if not rows:
        return
    rejects = [retried.rejects[retried.reading.calls.offsets[row]] for row in rows]
    (legs,) = _packed(rejects, rows, retried).legs
    keyed = _keyed(connection, "leg", rejects, legs.packed)
    take_in(connection, Fresh(legs, keyed))
    moved = _settle(connection, rejects, keyed)
    # Where its records stand has a part in what a call is.
    take_in(connection, Fresh(legs, msgspec.structs.replace(keyed, known=set(range(len(rejects)))), moved))


def _keyed(connection: duckdb.DuckDBPyConnection, table_name: str, rejects: list[Stored], packed: Packed) -> Keyed:
    ids = b"".join(each.id for each in rejects)
    occurrence = np.array([each.occurrence for each in rejects], np.int64)
    return Keyed(packed, occurrence, ids, known(connection, table_name, packed, ids))


def _settle(connection: duckdb.DuckDBPyConnection, rejects: list[Stored], keyed: Keyed) -> list[bytes]:
    """Count what was stored, and return the ids of records that were there and stand elsewhere now."""
    _move(connection, [each for row, each in enumerate(rejects) if row not in keyed.known], "calls")
    return _meet(connection, [rejects[row] for row in sorted(keyed.known)])


def _packed(rejects: list[Stored], rows: list[int], retried: Retried) -> PackedReading:
    """Pack the calls, each where its reject stood."""
    calls = retried.reading.calls
    pieces = [
        Piece(
            pbx=each.pbx,
            body=each.body,
            stream=False,  # their keys are known already
            member=each.member,
            received_at=0,
            reading=Reading(msgspec.structs.replace(pick(calls, row), offsets=[each.position]), [], []),
            rules=retried.rules,
        )
        for each, row in zip(rejects, rows, strict=True)
    ]
    return pack(pieces)


_MEETING = """
SELECT k.row, c.body, c.member, c.position FROM (
  SELECT id, body, member, position FROM call WHERE legs IS NULL UNION ALL SELECT id, body, member, position FROM leg
) c JOIN keys k ON c.id = k.id::UUID
"""
_MOVING = (
    "UPDATE {table} SET body = k.body, member = k.member, position = k.position{more} "
    "FROM keys k WHERE {table}.id = k.id::UUID {only}"
)


def _meet(connection: duckdb.DuckDBPyConnection, rejects: list[Stored]) -> list[bytes]:
    """Join rejects with records of the same key read elsewhere: the earlier place has the record, the later sights it.

    Return the ids of those that stand elsewhere now.
    """
    numbers: dict[str, Column] = {"row": (INTEGER, list(range(len(rejects))))}
    found = {row: RejectPlace(*place) for row, *place in _with_keys(connection, rejects, numbers, _MEETING)}
    pairs = [(rejects[row], there) for row, there in sorted(found.items())]
    later = [(each, there) for each, there in pairs if there < each.place]
    earlier = [(each, there) for each, there in pairs if there > each.place]
    _sight(connection, [(each, each.place) for each, _ in later])
    _sight(connection, earlier)
    _move(connection, [each for each, _ in later], "duplicates")
    _move(connection, [each for each, _ in earlier], "calls")
    _count(connection, Counter(there.body for _, there in earlier), "calls = calls - ?, duplicates = duplicates + ?")
    places: dict[str, Column] = {
        name: (INTEGER, [getattr(each, name) for each, _ in earlier]) for name in ("body", "member", "position")
    }
    first = next_changes(connection, len(earlier))
    places["change"] = (INTEGER, list(range(first, first + len(earlier))))
    for table_name, more, only in (
        ("call", ", change = k.change, meaning = k.change", "AND call.legs IS NULL"),
        ("leg", "", ""),
    ):
        statement = _MOVING.format(table=table_name, more=more, only=only)
        _with_keys(connection, [each for each, _ in earlier], places, statement)
    return [each.id for each, _ in earlier]


def _sight(connection: duckdb.DuckDBPyConnection, sighted: list[tuple[Stored, RejectPlace]]) -> None:
    columns: dict[str, Column] = {
        "base": (KEY, [first_key(each.id, each.occurrence) for each, _ in sighted]),
        "pbx": (TEXT, [each.pbx for each, _ in sighted]),
        "body": (INTEGER, [place.body for _, place in sighted]),
        "member": (INTEGER, [place.member for _, place in sighted]),
        "position": (INTEGER, [place.position for _, place in sighted]),
    }
    statement = "INSERT INTO sighting SELECT id::UUID, base::UUID, pbx, body, member, position FROM keys"
    _with_keys(connection, [each for each, _ in sighted], columns, statement)


def _move(connection: duckdb.DuckDBPyConnection, rejects: list[Stored], column: str) -> None:
    """Count what were rejects as something else."""
    _count(connection, Counter(each.body for each in rejects), f"rejected = rejected - ?, {column} = {column} + ?")


def _count(connection: duckdb.DuckDBPyConnection, bodies: Counter[int], change: str) -> None:
    for body, count in bodies.items():
        connection.execute(f"UPDATE tally SET {change} WHERE body = ?", [count, count, body])


def _note_skips(connection: duckdb.DuckDBPyConnection, skips: list[tuple[Stored, str]]) -> None:
    """Count what is skipped now on the day on which it came."""
    statement = (
        "INSERT INTO skip SELECT r.pbx, r.received_at::DATE, k.reason, count(*) FROM reject r "
        "JOIN keys k ON r.id = k.id::UUID GROUP BY ALL "
        "ON CONFLICT DO UPDATE SET frames = frames + excluded.frames"
    )
    reasons: dict[str, Column] = {"reason": (TEXT, [reason for _, reason in skips])}
    _with_keys(connection, [reject for reject, _ in skips], reasons, statement)


def _take_out(connection: duckdb.DuckDBPyConnection, gone: list[Stored]) -> None:
    _with_keys(connection, gone, {}, "DELETE FROM reject WHERE id IN (SELECT id::UUID FROM keys)")


def _set_reasons(connection: duckdb.DuckDBPyConnection, retried: Retried) -> None:
    still = retried.reading.rejected
    columns: dict[str, Column] = {
        "reason": (TEXT, [each.reason for each in still]),
        "rule": (TEXT, [each.rule for each in still]),
        "field": (TEXT, [each.column for each in still]),
    }
    statement = (
        "UPDATE reject SET reason = keys.reason, rule = keys.rule, field = keys.field FROM keys "
        "WHERE reject.id = keys.id::UUID"
    )
    _with_keys(connection, [retried.rejects[each.offset] for each in still], columns, statement)


def _with_keys(
    connection: duckdb.DuckDBPyConnection,
    rejects: list[Stored],
    columns: dict[str, Column],
    statement: str,
) -> list[Any]:
    if not rejects:
        return []
    return joined(connection, {"id": (KEY, [each.id for each in rejects]), **columns}, statement, [])
