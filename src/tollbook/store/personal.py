"""What the ledger has of one outside number, and calls without it: for whoever asks what is known of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb

from tollbook.store.changes import next_changes
from tollbook.store.filters import Where, where
from tollbook.store.hiding import without_number
from tollbook.store.ledger import Ledger
from tollbook.store.numbers import needles, same
from tollbook.store.unbacked import AWAY, mask_again

_Connection = duckdb.DuckDBPyConnection
_IDS = "(SELECT unnest(?::UUID[]))"
_WHERE = f"CASE WHEN body < 0 THEN body + {AWAY} ELSE body END"
"""In which body a record stands, or stood before its call parted from it."""


def of_number(text: str) -> Where:
    """Return the condition of calls with just this number: with or without its prefixes, but never a part of it."""
    return where("personal", same(text))


def calls_of(ledger: Ledger, text: str) -> list[str]:
    """Return the ids of the calls with just this number, the first one first."""
    chosen = of_number(text)
    query = f"SELECT id FROM call WHERE {chosen.sql} AND direction <> 'internal' ORDER BY started_at, id"
    return [str(each) for (each,) in ledger.rows(query, chosen.values)]


def spelt_out(ledger: Ledger, calls: list[str]) -> list[str]:
    """Return the numbers of calls as the world writes them."""
    query = (
        "SELECT DISTINCT number_e164 FROM call WHERE id IN (SELECT unnest($ids::UUID[])) AND number_e164 IS NOT NULL"
    )
    return [number for (number,) in ledger.rows(query, {"ids": calls})]


def rows_of(ledger: Ledger, calls: list[str]) -> Iterator[dict[str, Any]]:
    """Yield calls as the view has them, by column."""
    query = "SELECT * FROM calls WHERE id IN (SELECT unnest($ids::UUID[])) ORDER BY started_at, id"
    with ledger.cursor() as cursor:
        found = cursor.execute(ledger.scoped(query), ledger.bound({"ids": calls}))
        names = [name for name, *_ in found.description or ()]
        while rows := found.fetchmany(1000):
            yield from (dict(zip(names, row, strict=True)) for row in rows)


def rejects_of(ledger: Ledger, text: str) -> list[tuple[str, bytes]]:
    """Return the rejects in whose bytes the number's digits stand in a row: their ids and bytes."""
    digits = [each.encode() for each in needles(text)]
    holds = " OR ".join(f"contains(hex(raw), $digits_{place})" for place, _ in enumerate(digits))
    values = {f"digits_{place}": each.hex().upper() for place, each in enumerate(digits)}
    found = ledger.rows(f"SELECT id, raw FROM reject WHERE {holds}", values)
    return [(str(key), bytes(raw)) for key, raw in found if any(each in bytes(raw) for each in digits)]


# ---------------------------------------------------------------- without it


def bodies_of(cursor: _Connection, calls: list[str], rejects: list[str]) -> list[int]:
    """Return the bodies in which records of calls and rejects stand, whether they have parted from them or not."""
    query = f"""WITH records AS (
        SELECT id FROM main.call WHERE id IN {_IDS} UNION SELECT id FROM main.leg WHERE call IN {_IDS}
      )
      SELECT {_WHERE} FROM main.call WHERE id IN (FROM records)
      UNION SELECT {_WHERE} FROM main.leg WHERE id IN (FROM records)
      UNION SELECT body FROM main.sighting WHERE id IN (FROM records)
      UNION SELECT {_WHERE} FROM main.reject WHERE id IN {_IDS}"""
    return sorted(body for (body,) in cursor.execute(query, [calls, calls, rejects]).fetchall())


def part_from(connection: _Connection, bodies: list[int]) -> None:
    """Let all that stands in some bodies stand for itself, whole calls of several records with it."""
    of_bodies = "body IN (SELECT unnest(?::BIGINT[]))"
    chosen = f"SELECT id FROM main.call WHERE {of_bodies} UNION SELECT call FROM main.leg WHERE {of_bodies}"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE due AS {chosen}", [bodies, bodies])
    away = f"SET body = body - {AWAY} WHERE body > 0"
    connection.execute(f"UPDATE main.call {away} AND id IN (FROM due)")
    connection.execute(f"UPDATE main.leg {away} AND call IN (FROM due)")
    connection.execute(f"UPDATE main.reject {away} AND {of_bodies}", [bodies])
    mask_again(connection)
    connection.execute("DROP TABLE due")


def erase(connection: _Connection, calls: list[str], rejects: list[str]) -> int:
    """Take the outside number out of calls and delete rejects, inside the caller's transaction; return the calls."""
    due = "CREATE OR REPLACE TEMP TABLE due AS SELECT id, row_number() OVER () AS number FROM main.call"
    connection.execute(f"{due} WHERE id IN {_IDS}", [calls])
    (number,) = connection.execute("SELECT count(*) FROM due").fetchall()[0]
    first = next_changes(connection, int(number)) - 1
    sets = ", ".join(f"{name} = {source}" for name, source in without_number(of_call=True).items())
    told = f"change = {first} + due.number, meaning = {first} + due.number"
    connection.execute(f"UPDATE main.call SET {sets}, {told} FROM due WHERE main.call.id = due.id")
    joins = {"key": "NULL", "joined": "NULL"}  # in some formats the number; a leg that comes after this joins none
    legs = ", ".join(f"{name} = {source}" for name, source in (without_number(of_call=False) | joins).items())
    connection.execute(f"UPDATE main.leg SET {legs} WHERE call IN (SELECT id FROM due)")
    # DuckDB leaves what is only deleted in the file as it was.
    connection.execute(f"UPDATE main.reject SET raw = ''::BLOB WHERE id IN {_IDS}", [rejects])
    connection.execute(f"DELETE FROM main.reject WHERE id IN {_IDS}", [rejects])
    connection.execute("DROP TABLE due")
    return int(number)
