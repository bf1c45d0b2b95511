"""The store's copy of which rejects somebody put aside; the site knows it, and says it at each start and change."""

from __future__ import annotations

import duckdb
import msgspec

TABLE = "CREATE TABLE IF NOT EXISTS main.put_aside (id UUID, note VARCHAR, who VARCHAR, moment VARCHAR)"
"""No part of the schema, since it comes neither from the journal nor with any of its records."""


class PutAside(msgspec.Struct, frozen=True):
    """A reject that somebody put aside: its id, why, who and when (UTC, ISO 8601)."""

    id: str
    note: str
    who: str
    at: str


def copy(connection: duckdb.DuckDBPyConnection, aside: list[PutAside]) -> None:
    """Take over inside the caller's transaction what the site knows to be put aside."""
    connection.execute("DELETE FROM main.put_aside")
    if aside:
        columns = [list(column) for column in zip(*map(msgspec.structs.astuple, aside), strict=True)]
        chosen = "unnest(?::UUID[]), unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), unnest(?::VARCHAR[])"
        connection.execute(f"INSERT INTO main.put_aside SELECT {chosen}", columns)
