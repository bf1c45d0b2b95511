"""Calls whose time is over: they part from their records, lose digits of their numbers, and are deleted.

A call that parts from its record stands from then on for itself (see `unbacked`): it outlives a rebuild, and nothing
that is read again replaces it. Only such a call loses digits, since otherwise a rebuild would bring them back. What it
costs, where it went and whose it was stays as it is. Everything goes some calls at a time, each time in one
transaction, and can be begun again at any place.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb
import msgspec
import numpy as np

from tollbook.numbering.written import MASK
from tollbook.store.batch import Packed
from tollbook.store.changes import next_changes
from tollbook.store.hiding import hidden_numbers
from tollbook.store.registering import registered
from tollbook.store.unbacked import AWAY

_Connection = duckdb.DuckDBPyConnection
TABLE = """
CREATE TABLE IF NOT EXISTS main.retention (parted TIMESTAMP, masked TIMESTAMP, deleted TIMESTAMP, gone TIMESTAMP);
ALTER TABLE main.retention ADD COLUMN IF NOT EXISTS gone TIMESTAMP
"""
"""How far it has come: calls that began before `parted` have no records, unbacked ones before `masked` no whole
numbers, and before `deleted` (local time) there are no calls, nor are any taken. Before `gone` (local time) some were
deleted, whatever the site keeps now. No part of the schema: the site's
policy says it."""
_ROWS_TO_PART, _ROWS_TO_MASK, _ROWS_TO_DELETE = 200_000, 100_000, 100_000
"""Calls of one transaction: whoever stores what arrives waits for a second or so."""
_FIRST, _SECOND = datetime(1, 1, 1), timedelta(seconds=1)  # noqa: DTZ001 - UTC as the store has it
EXPIRED = "older than the calls that are kept"
"""Why a record is passed over."""
_PUT_ASIDE = "id IN (SELECT p.id FROM main.put_aside p)"


class OldCalls(msgspec.Struct, frozen=True, kw_only=True):
    """What would part, be masked and be deleted: how many calls, and how many rejects would be."""

    parting: int = 0
    masked: int = 0
    deleted: int = 0
    rejects: int = 0


class Marks(msgspec.Struct, frozen=True):
    """The row of the table."""

    parted: datetime | None = None
    masked: datetime | None = None
    deleted: datetime | None = None
    gone: datetime | None = None


def marks(connection: _Connection) -> Marks:
    """Return how far it has come."""
    rows = connection.execute("SELECT parted, masked, deleted, gone FROM main.retention").fetchall()
    return Marks(*rows[0]) if rows else Marks()


def note(connection: _Connection, now: Marks) -> None:
    """Note how far it has come, inside the caller's transaction."""
    connection.execute("DELETE FROM main.retention")
    connection.execute("INSERT INTO main.retention VALUES (?, ?, ?, ?)", list(msgspec.structs.astuple(now)))


def set_deleted(connection: _Connection, before: datetime | None) -> None:
    """Take no calls from now on that began before a moment, in the local time of their PBX."""
    note(connection, msgspec.structs.replace(marks(connection), deleted=before))


# ---------------------------------------------------------------- how many


def count(cursor: _Connection, records: datetime | None, numbers: datetime | None, calls: datetime | None) -> OldCalls:
    """Count what goes by these moments."""
    query = """SELECT
      count(*) FILTER (body > 0 AND started_at < $records AND NOT coalesce(started_local < $calls, false)),
      count(*) FILTER (started_local < $calls) FROM main.call"""
    parting, deleted = cursor.execute(query, {"records": records, "calls": calls}).fetchall()[0]
    query = f"""SELECT count(*) FROM main.call
      WHERE started_at < $numbers AND NOT coalesce(started_local < $calls, false) AND ({_differs()})"""
    masked = cursor.execute(query, {"numbers": numbers, "calls": calls}).fetchall()[0][0]
    rejects = cursor.execute(f"SELECT count(*) FROM main.reject WHERE {_REJECTS}", [records, calls]).fetchall()
    return OldCalls(parting=parting, masked=masked, deleted=deleted, rejects=rejects[0][0])


_REJECTS = f"(received_at < ? AND {_PUT_ASIDE}) OR received_at < ?"


# ---------------------------------------------------------------- parting from records


def part(connection: _Connection, before: datetime) -> int:
    """Let some calls that began before a moment stand for themselves; return how many did, 0 when all do."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE due AS SELECT id, legs, started_at FROM main.call "
        f"WHERE body > 0 AND started_at < ? LIMIT {_ROWS_TO_PART}",
        [before],
    )
    number, earliest = connection.execute("SELECT count(*), min(started_at) FROM due").fetchall()[0]
    known = marks(connection)
    if number:
        away = f"SET body = body - {AWAY} WHERE body > 0"
        connection.execute(f"UPDATE main.call {away} AND id IN (SELECT id FROM due)")
        connection.execute(f"UPDATE main.leg {away} AND call IN (SELECT id FROM due WHERE legs IS NOT NULL)")
        if known.masked and known.masked > earliest:  # came late: it is masked next
            note(connection, msgspec.structs.replace(known, masked=earliest))
    elif known.parted is None or known.parted < before:
        note(connection, msgspec.structs.replace(known, parted=before))
    connection.execute("DROP TABLE due")
    return int(number)


def part_whole(connection: _Connection, further: str = "SELECT NULL::UUID") -> int:
    """Let calls part whole of which a record stands for itself, since others of them came late; return how many rows.

    `further` asks for the ids of records whose calls part as well.
    """
    away = f"SET body = body - {AWAY} WHERE body > 0"
    mixed = f"SELECT l.call FROM main.leg l WHERE l.body < 0 OR l.id IN ({further})"
    calls = connection.execute(f"UPDATE main.call {away} AND legs IS NOT NULL AND id IN ({mixed})").fetchall()
    parted = "SELECT c.id FROM main.call c WHERE c.body < 0 AND c.legs IS NOT NULL"
    legs = connection.execute(f"UPDATE main.leg {away} AND call IN ({parted})").fetchall()
    return int(calls[0][0]) + int(legs[0][0])


def bodies_in_use(cursor: _Connection, since: datetime | None = None) -> set[int]:
    """Return the bodies in which a call, a leg or a reject stands, or which are read on.

    With `since`, those that would be if all that is older had gone.
    """
    younger = {"call": "started_at >= $since", "leg": "started_at >= $since", "reject": f"NOT {_PUT_ASIDE}"}
    conditions = {name: f" AND {young}" if since else "" for name, young in younger.items()}
    query = " UNION ".join(f"SELECT body FROM main.{name} WHERE body > 0{each}" for name, each in conditions.items())
    bound = {"since": since} if since else None
    return {body for (body,) in cursor.execute(f"{query} UNION SELECT body FROM main.unfinished", bound).fetchall()}


def noted_before(cursor: _Connection, moment: datetime) -> list[str]:
    """Return the calls on which something is noted that began before a moment of their PBX's local time."""
    query = "SELECT id FROM main.call WHERE started_local < ? AND id IN (SELECT n.id FROM main.call_note n)"
    return [str(each) for (each,) in cursor.execute(query, [moment]).fetchall()]


def forget_bodies(connection: _Connection, bodies: list[int]) -> None:
    """Forget where records came again in bodies that the journal has dropped."""
    connection.execute("DELETE FROM main.sighting WHERE body IN (SELECT unnest(?::BIGINT[]))", [bodies])


def forget_rejects(connection: _Connection, records: datetime | None, calls: datetime | None) -> int:
    """Delete rejects that somebody put aside from before one moment, and any from before another."""
    connection.execute(f"UPDATE main.reject SET raw = ''::BLOB WHERE {_REJECTS}", [records, calls])
    deleted = connection.execute(f"DELETE FROM main.reject WHERE {_REJECTS}", [records, calls]).fetchall()
    return int(deleted[0][0])


# ---------------------------------------------------------------- masking


def _kept(columns: dict[str, str]) -> dict[str, str]:
    """Return columns so that what is masked stays as it is: `+442079460•••` has no further digits to lose."""
    return {
        name: source
        if source.startswith("NULL")
        else f"CASE WHEN contains({name}, '{MASK}') THEN {name} ELSE {source} END"
        for name, source in columns.items()
    }


def _masks(*, of_call: bool) -> dict[str, str]:
    return _kept(hidden_numbers(of_call=of_call))


def _differs() -> str:
    """Return the condition on calls that they have something to lose; what is looked at quickly comes first."""
    masks = sorted(_masks(of_call=True).items(), key=lambda each: not each[1].startswith("NULL"))
    return " OR ".join(f"{name} IS DISTINCT FROM {source}" for name, source in masks)


def mask(connection: _Connection, before: datetime) -> tuple[int, bool]:
    """Mask the outside numbers of some unbacked calls that began before a moment; return how many, and whether all are.

    They go in the order in which they began, and how far is noted.
    """
    known = marks(connection)
    since = known.masked or _FIRST
    if since >= before:
        return 0, True
    old = "FROM main.call WHERE body < 0 AND started_at >= ? AND started_at < ?"
    further = f"SELECT started_at {old} ORDER BY started_at LIMIT 1 OFFSET {_ROWS_TO_MASK}"
    rows = connection.execute(further, [since, before]).fetchall()
    upto = max(rows[0][0], since + _SECOND) if rows else before
    due = f"SELECT id, row_number() OVER () AS number {old} AND ({_differs()})"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE due AS {due}", [since, upto])
    (number,) = connection.execute("SELECT count(*) FROM due").fetchall()[0]
    if number:
        mask_due(connection, int(number))
    note(connection, msgspec.structs.replace(known, masked=upto))
    connection.execute("DROP TABLE due")
    return int(number), upto >= before


def mask_due(connection: _Connection, number: int) -> None:
    """Mask the calls of the temporary table `due`, and tell who follows the changes."""
    first = next_changes(connection, number) - 1
    sets = ", ".join(f"{name} = {source}" for name, source in _masks(of_call=True).items())
    numbers = f"change = {first} + due.number, meaning = {first} + due.number"
    connection.execute(f"UPDATE main.call SET {sets}, {numbers} FROM due WHERE main.call.id = due.id")
    joins = {"key": "NULL", "joined": "NULL"}  # in some formats an outside number; a leg that comes so late joins none
    legs = ", ".join(f"{name} = {source}" for name, source in (_masks(of_call=False) | joins).items())
    connection.execute(f"UPDATE main.leg SET {legs} WHERE call IN (SELECT id FROM due)")


# ---------------------------------------------------------------- deleting

_TOLD = (*hidden_numbers(of_call=False), "extension", "account_code", "auth_code")
"""Columns that say who spoke to whom."""


def _blank(*columns: str) -> str:
    """Return what empties columns of rows that are deleted next: DuckDB leaves those in the file as they were.

    It writes a group of rows anew where one was changed, and not where one was only deleted.
    """
    return ", ".join(f"{name} = NULL" for name in columns)


def delete(connection: _Connection, before: datetime) -> int:
    """Delete some calls that began before a moment of their PBX's local time; return how many, 0 when all are.

    A leg of such a call that began after that stays, without what it tells: by that it is known when it comes again.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE due AS SELECT id, row_number() OVER () AS number FROM "
        f"(SELECT id FROM main.call WHERE started_local < ? LIMIT {_ROWS_TO_DELETE})",
        [before],
    )
    (number,) = connection.execute("SELECT count(*) FROM due").fetchall()[0]
    if number:
        first = next_changes(connection, int(number)) - 1
        legs = "SELECT l.id FROM main.leg l WHERE l.call IN (SELECT id FROM due)"
        connection.execute(f"DELETE FROM main.sighting WHERE id IN (SELECT id FROM due UNION ALL {legs})")
        away = f"body = body - CASE WHEN body > 0 THEN {AWAY} ELSE 0 END"
        legs_blank = f"UPDATE main.leg SET {_blank(*_TOLD, 'key', 'joined')}, {away}"
        connection.execute(f"{legs_blank} WHERE call IN (SELECT id FROM due)")
        connection.execute(f"UPDATE main.call SET {_blank(*_TOLD, 'number_e164')} WHERE id IN (SELECT id FROM due)")
        connection.execute("DELETE FROM main.leg WHERE started_local < ? AND call IN (SELECT id FROM due)", [before])
        connection.execute("DELETE FROM main.call WHERE id IN (SELECT id FROM due)")
        connection.execute(f"INSERT INTO main.gone SELECT id, {first} + number FROM due")
        known = marks(connection)
        note(connection, msgspec.structs.replace(known, gone=max(known.gone or before, before)))
    else:
        left = "started_local < ? AND call NOT IN (SELECT c.id FROM main.call c)"
        connection.execute(f"DELETE FROM main.leg WHERE {left}", [before])
    connection.execute("DROP TABLE due")
    return int(number)


# ---------------------------------------------------------------- what comes in, and what is read again


def expired(connection: _Connection, packed: Packed) -> set[int]:
    """Return which rows are of calls that began before the oldest that are kept."""
    before = marks(connection).deleted
    if before is None or not packed.rows or packed.earliest > (before - _EPOCH + _ZONES).total_seconds():
        return set()
    query = (
        "SELECT row FROM (SELECT row_number() OVER () - 1 AS row, started_local FROM incoming) "
        "WHERE make_timestamp(started_local * 1000000) < ?"
    )
    with registered(connection, "incoming", *packed.tables):
        found = connection.execute(query, [before]).fetchnumpy()["row"]
    return set(np.asarray(found).tolist())


_EPOCH, _ZONES = datetime(1970, 1, 1), timedelta(days=1)  # noqa: DTZ001 - UTC as the store has it
"""Local times are at most 14 hours from UTC."""


def keep_unbacked(connection: _Connection, schema: str) -> None:
    """Take out of what was read again what stands for itself in the store, or was deleted from it.

    A leg that stands for itself makes no call either: its call's other legs may be in no body any more.
    """
    parted = marks(connection).parted
    while parted and part(connection, parted):
        pass
    beside, unbacked = f"SELECT l.call FROM {schema}.leg l", "SELECT u.id FROM main.leg u WHERE u.body < 0"
    known = f"{beside} WHERE l.id IN ({unbacked})"
    while part_whole(connection, f"SELECT o.id FROM {schema}.leg o WHERE o.call IN ({known})"):
        pass
    if parted:
        for name in ("call", "leg"):
            connection.execute(f"DELETE FROM {schema}.{name} t WHERE started_at < ? AND {_IS_NOT_NEW}", [parted])
    for name, further in (("call", f" UNION ALL {unbacked} UNION ALL {known}"), ("leg", ""), ("reject", "")):
        gone = f"SELECT id FROM main.{name} WHERE body < 0{further}"
        connection.execute(f"DELETE FROM {schema}.{name} WHERE id IN ({gone})")


_IS_NOT_NEW = """
id NOT IN (SELECT c.id FROM main.call c WHERE c.body > 0 UNION ALL SELECT l.id FROM main.leg l WHERE l.body > 0)
AND NOT EXISTS (
  SELECT 1 FROM main.reject r WHERE r.body = t.body AND r.member = t.member
  AND r.position < t.position + t.length AND t.position < r.position + octet_length(r.raw)
)
"""
"""Whether a record `t` of before `parted` has had its time: it was neither younger by another zone, nor a reject."""
