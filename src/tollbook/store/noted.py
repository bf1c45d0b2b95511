"""The store's copy of what people noted on calls; the site knows it, and says it at each start and change."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import msgspec

TABLE = "CREATE TABLE IF NOT EXISTS main.call_note (id UUID, words VARCHAR, tags VARCHAR[], private BOOLEAN)"
"""No part of the schema, since it comes neither from the journal nor with any of its records."""


class NotedCall(msgspec.Struct, frozen=True, kw_only=True):
    """What is noted on a call: the texts of its notes together, its tags, and whether it is private."""

    id: str
    words: str = ""
    tags: tuple[str, ...] = ()
    private: bool = False


def copy(connection: duckdb.DuckDBPyConnection, noted: Sequence[NotedCall]) -> None:
    """Take over inside the caller's transaction what the site knows to be noted."""
    connection.execute("DELETE FROM main.call_note")
    if noted:
        columns = [
            [each.id for each in noted],
            [each.words for each in noted],
            [list(each.tags) for each in noted],
            [each.private for each in noted],
        ]
        chosen = "unnest(?::UUID[]), unnest(?::VARCHAR[]), unnest(?::VARCHAR[][]), unnest(?::BOOLEAN[])"
        connection.execute(f"INSERT INTO main.call_note SELECT {chosen}", columns)
