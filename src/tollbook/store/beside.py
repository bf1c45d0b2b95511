"""Making calls again beside those that everybody reads, and taking over what came out otherwise.

The schema `beside` of the same file holds the same tables, filled from the journal for some PBXs (or all) and with the
settings of today. Once it has come as far as the store, what differs is taken over in one transaction: readers see the
old rows or the new ones, never half of them, and a call that came out as it was is not touched.

What the journal can no longer give is kept: rows that have lost their bytes (see `unbacked`), and calls whose record
was sound when it was read and lies in a damaged part of the journal now.
"""

from __future__ import annotations

import duckdb
import msgspec

from tollbook.model.frame import DAMAGED
from tollbook.store import bundling, changes, retention, unbacked
from tollbook.store.schema import has_schema_beside, tables

SCHEMA = "beside"
_Connection = duckdb.DuckDBPyConnection
_KEYED = ("call", "leg", "reject")
_COUNTED = ("sighting", "tally", "arrival", "skip")
_COMPARED = ("fresh", "old", "other", "lost")


class Purpose(msgspec.Struct, frozen=True):
    """Which PBXs are read again (None: whatever the journal holds), by the digests of their settings.

    `everything` says that somebody asked for all of them to be.
    """

    pbxs: tuple[str, ...] | None
    digests: tuple[tuple[str, str], ...]
    everything: bool = False


def make(connection: _Connection, purpose: Purpose) -> None:
    """Make the empty tables inside the caller's transaction, in the connection's current schema."""
    for statement in tables():
        connection.execute(statement)
    connection.execute("CREATE TABLE purpose (purpose VARCHAR)")
    connection.execute("INSERT INTO purpose VALUES (?)", [msgspec.json.encode(purpose).decode()])


def purpose(connection: _Connection) -> Purpose | None:
    """Return what the tables that stand beside are made for; None where there are none."""
    if not has_schema_beside(connection):
        return None
    query = "SELECT count(*) FROM duckdb_tables() WHERE schema_name = ? AND table_name = 'purpose'"
    if not connection.execute(query, [SCHEMA]).fetchall()[0][0]:
        return None
    (text,) = connection.execute(f"SELECT purpose FROM {SCHEMA}.purpose").fetchall()[0]
    return msgspec.json.decode(text, type=Purpose)


def drop(connection: _Connection) -> None:
    """Throw away what stands beside."""
    connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


def take_over(connection: _Connection, made: Purpose) -> int:
    """Put what came out otherwise in its place, inside the caller's transaction; return how many calls those are."""
    mine = "true" if made.pbxs is None else "pbx IN (SELECT unnest($pbxs::VARCHAR[]))"
    words = {} if made.pbxs is None else {"pbxs": list(made.pbxs)}
    _keep_what_was_sound(connection)
    unbacked.read_again(connection, SCHEMA)
    retention.keep_unbacked(connection, SCHEMA)
    changed = 0
    for table in _KEYED:
        _compare(connection, table, mine, words)
        if table == "call":
            changed = _take_calls(connection)
        else:
            connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM {SCHEMA}.{table} SEMI JOIN other USING (id)")
    for table in _COUNTED:
        connection.execute(f"DELETE FROM {table} WHERE {mine}", words or None)
        connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM {SCHEMA}.{table}")
    note_read(connection, dict(made.digests))
    for table in _COMPARED:
        connection.execute(f"DROP TABLE {table}")
    drop(connection)
    return changed


def note_read(connection: _Connection, digests: dict[str, str]) -> None:
    """Note inside the caller's transaction with what settings PBXs' records were read."""
    for pbx, digest in digests.items():
        connection.execute("INSERT OR REPLACE INTO reading VALUES (?, ?)", [pbx, digest])


def _keep_what_was_sound(connection: _Connection) -> None:
    """Keep calls of one record out of the comparison where the bytes of that are damaged now."""
    kept = connection.execute(
        f"UPDATE call SET body = call.body - {unbacked.AWAY} FROM {SCHEMA}.reject r WHERE r.rule = '{DAMAGED}' "
        "AND call.legs IS NULL AND (call.body, call.member, call.position) = (r.body, r.member, r.position)",
    ).fetchall()
    if kept[0][0]:
        unbacked.mask_again(connection)


def _compare(connection: _Connection, table: str, mine: str, words: dict[str, list[str]]) -> None:
    """Take out rows that came out otherwise or not at all; the table `other` names those that are to be put in."""
    fresh = changes.likeness(connection, f"{SCHEMA}.{table}")
    old = f"{changes.likeness(connection, table)} WHERE {mine} AND body > 0"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE fresh AS {fresh}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE old AS {old}", words or None)
    connection.execute("CREATE OR REPLACE TEMP TABLE other AS SELECT id FROM fresh ANTI JOIN old USING (id, likeness)")
    connection.execute("CREATE OR REPLACE TEMP TABLE lost AS SELECT id FROM old ANTI JOIN fresh USING (id)")
    which = "id IN (SELECT id FROM other UNION ALL SELECT id FROM lost)"
    if table == "call":
        bundling.mark_taken_out(connection, f"t.{which}")
    connection.execute(f"DELETE FROM {table} WHERE {which}")


def _take_calls(connection: _Connection) -> int:
    """Put calls in with new numbers, and note those that are no more; return how many there are of both."""
    (count,) = connection.execute("SELECT count(*) FROM other").fetchall()[0]
    if count:
        first = changes.next_changes(connection, count)
        fresh = f"SELECT *, {first - 1} + row_number() OVER (ORDER BY change) AS number FROM {SCHEMA}.call"
        connection.execute(
            "INSERT INTO call BY NAME SELECT * EXCLUDE (number) REPLACE (number AS change, number AS meaning) "
            f"FROM ({fresh} SEMI JOIN other USING (id))",
        )
        connection.execute("DELETE FROM gone WHERE id IN (SELECT id FROM other)")
        bundling.mark(connection, f"SELECT t.*, {bundling.BEGAN} AS began FROM call t SEMI JOIN other USING (id)")
    lost = [each for (each,) in connection.execute("SELECT id FROM lost ORDER BY id").fetchall()]
    changes.note_gone(connection, lost)
    return int(count) + len(lost)
