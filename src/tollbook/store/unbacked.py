"""Calls whose record's bytes the journal no longer holds, since an older one was put back: they are kept.

Such a row has a `body` below 0, which keeps its place among the others: the number that it had, less `AWAY`. It
outlives a rebuild, since nothing could make it again. Should its record come again it is a sighting like any other;
`back_again` then gives the row that place, and its bytes can be shown again.
"""

from __future__ import annotations

import duckdb
import msgspec

from tollbook.numbering.written import MASK

AWAY = 1 << 40
IS_MASKED = f"(t.body < 0 AND contains(concat(t.caller, t.called), '{MASK}'))"
"""Whether a call `t` has lost digits of its number: by nothing can it be numbered and priced any more."""
_Connection = duckdb.DuckDBPyConnection
_SIZES = {"call": "length", "leg": "length", "reject": "octet_length(raw)"}
"""The tables whose rows stand in the journal, and how many bytes each has there."""
_READ_FROM = ("tally", "arrival", "skip", "sighting", "unfinished", "behind")


class LostBodies(msgspec.Struct, frozen=True, kw_only=True):
    """What the journal has lost: some bodies whole, and others beyond a length."""

    whole: list[int]
    beyond: dict[int, int]
    goes_on: list[int] = []
    """Bodies that the journal has whole, and of which the rest is still to be read."""


def reached(connection: _Connection) -> dict[int, int]:
    """Return how far into each body (or archive member) the rows go that stand in it."""
    rows = " UNION ALL ".join(f"SELECT body, position + {size} AS last FROM {table}" for table, size in _SIZES.items())
    query = f"SELECT body, max(last) FROM ({rows}) WHERE body > 0 GROUP BY body"
    return dict(connection.execute(query).fetchall())


def last_body(connection: _Connection) -> int:
    """Return the highest number of a body that was ever read, whether the journal still has it or not."""
    rows = " UNION ALL ".join(f"SELECT max(body) AS body FROM {table}" for table in (*_SIZES, "tally", "unfinished"))
    away = " UNION ALL ".join(f"SELECT max(body) + {AWAY} AS body FROM {table} WHERE body < 0" for table in _SIZES)
    return int(connection.execute(f"SELECT coalesce(max(body), 0) FROM ({rows} UNION ALL {away})").fetchall()[0][0])


def note_lost(connection: _Connection, lost: LostBodies) -> None:
    """Note inside the caller's transaction which rows have lost their bytes; other bodies are not gone on with."""
    beyond = [list(lost.beyond), list(lost.beyond.values())]
    lengths = "(SELECT unnest(?::BIGINT[]) AS body, unnest(?::BIGINT[]) AS longest)"
    for table, size in _SIZES.items():
        away = f"UPDATE {table} SET body = {table}.body - {AWAY}"
        connection.execute(f"{away} WHERE body IN (SELECT unnest(?::BIGINT[]))", [lost.whole])
        part = f"{away} FROM {lengths} b WHERE {table}.body = b.body AND position + {size} > b.longest"
        connection.execute(part, beyond)
    mask_again(connection)
    connection.execute("DELETE FROM unfinished WHERE body NOT IN (SELECT unnest(?::BIGINT[]))", [lost.goes_on])


def mask_again(connection: _Connection) -> None:
    """Let the next run of retention look through all unbacked calls, inside the caller's transaction: some are new."""
    connection.execute("UPDATE main.retention SET masked = NULL")


def note_all_lost(connection: _Connection) -> None:
    """Note inside the caller's transaction that the journal is another one, which is read from its beginning."""
    for table in _SIZES:
        connection.execute(f"UPDATE {table} SET body = body - {AWAY} WHERE body > 0")
    for table in _READ_FROM:
        connection.execute(f"DELETE FROM {table}")
    mask_again(connection)
    connection.execute("UPDATE progress SET entry = 0")


def count(connection: _Connection) -> int:
    """Return how many calls have lost their bytes, without those that parted from them since they are old."""
    return int(connection.execute(f"SELECT count(*) FROM call t WHERE {_lost('t.started_at')}").fetchall()[0][0])


def _lost(moment: str) -> str:
    """Return the condition on rows `t` that they have lost their bytes, and may have them again (see `retention`)."""
    parted = "(SELECT coalesce(max(parted), TIMESTAMP '0001-01-01') FROM main.retention)"
    return f"t.body < 0 AND {moment} >= {parted} + INTERVAL 2 DAY"


def _may_come(table: str) -> str:
    """Return the condition on rows `t` of a table that they take the place where their record comes again."""
    masked = "" if table == "reject" else f" AND NOT {IS_MASKED}"
    if table == "leg":  # one of a deleted call is kept to know it by, and no more
        masked += " AND t.call IN (SELECT c.id FROM main.call c)"
    return _lost("t.received_at" if table == "reject" else "t.started_at") + masked


def read_again(connection: _Connection, schema: str) -> None:
    """Give rows inside the caller's transaction the place where their record was read again, in tables beside."""
    for table in _SIZES:
        place = "SET body = f.body, member = f.member, position = f.position"
        connection.execute(
            f"UPDATE main.{table} t {place} FROM {schema}.{table} f WHERE t.id = f.id AND {_may_come(table)}",
        )


def back_again(connection: _Connection) -> None:
    """Give rows inside the caller's transaction the first place where their record came again."""
    ids = " UNION ".join(f"SELECT id FROM {table} t WHERE {_may_come(table)}" for table in _SIZES)
    connection.execute(
        f"CREATE TEMP TABLE came AS SELECT id, body, member, position FROM sighting SEMI JOIN ({ids}) USING (id) "
        "QUALIFY row_number() OVER (PARTITION BY id ORDER BY body, member, position) = 1",
    )
    for table in _SIZES:
        connection.execute(
            f"UPDATE {table} t SET body = c.body, member = c.member, position = c.position FROM came c "
            "WHERE t.id = c.id AND t.body < 0",
        )
    connection.execute("DELETE FROM sighting WHERE (id, body, member, position) IN (SELECT * FROM came)")
    connection.execute("DROP TABLE came")
