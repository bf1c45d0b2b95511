"""Rejects read again: those that have become calls move over, the others get today's reason."""

from __future__ import annotations

import duckdb
import msgspec

from tollbook.model.call import pick
from tollbook.model.reading import Reading
from tollbook.store.arrow import KEY, TEXT, Column, stream
from tollbook.store.batch import Packed, Piece, pack
from tollbook.store.writing import Keyed, insert, known

NOT_A_RECORD = "body"
"""Rule of rejects that no dialect read: half a record, a web page, a broken archive. They are not read again."""


class Stored(msgspec.Struct, frozen=True):
    """One reject as the store holds it."""

    id: bytes
    occurrence: int
    pbx: str
    body: int
    member: int
    position: int
    raw: bytes


class Retried(msgspec.Struct, frozen=True):
    """Rejects of one PBX and what a dialect makes of them now; the reading's offsets are their numbers in the list."""

    rejects: list[Stored]
    reading: Reading


def promote(connection: duckdb.DuckDBPyConnection, retried: Retried) -> int:
    """Store what can be read now, inside the caller's transaction; return the number of new calls."""
    calls = retried.reading.calls
    chosen = [retried.rejects[number] for number in calls.offsets]
    if chosen:
        ids = [each.id for each in chosen]
        packed = _packed(chosen, retried)
        occurrence = [each.occurrence for each in chosen]
        insert(connection, "call", Keyed(packed, occurrence, ids, known(connection, "call", packed, ids)))
    for number in calls.offsets:
        _move_tally(connection, retried.rejects[number].body, "calls")
    for skip in retried.reading.skipped:
        _move_tally(connection, retried.rejects[skip.offset].body, "skipped")
    _take_out(connection, [*chosen, *(retried.rejects[skip.offset] for skip in retried.reading.skipped)])
    _set_reasons(connection, retried)
    return len(chosen)


def _packed(chosen: list[Stored], retried: Retried) -> Packed:
    """Pack the calls, each where its reject stood."""
    calls = retried.reading.calls
    placed = msgspec.structs.replace(calls, offsets=[each.position for each in chosen])
    pieces = [
        Piece(
            pbx=each.pbx, body=each.body, member=each.member, received_at=0, reading=Reading(pick(placed, row), [], [])
        )
        for row, each in enumerate(chosen)
    ]
    return pack(pieces).calls


def _move_tally(connection: duckdb.DuckDBPyConnection, body: int, column: str) -> None:
    statement = f"UPDATE tally SET {column} = {column} + 1, rejected = rejected - 1 WHERE body = ?"
    connection.execute(statement, [body])


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
) -> None:
    if not rejects:
        return
    connection.register("keys", stream({"id": (KEY, [each.id for each in rejects]), **columns}))
    try:
        connection.execute(statement)
    finally:
        connection.unregister("keys")
