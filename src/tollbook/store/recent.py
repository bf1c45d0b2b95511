"""Calls of the last days that a centre keeps in its own store, for what follows calls one by one.

Missed calls and alerts work on the store's feed of changes. What is taken here is what ClickHouse has, so that taking
it again alters nothing: a call gets a number of a change where it is other than before, and only there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import duckdb

from tollbook.store.changes import next_changes, take_out
from tollbook.store.schema import HANDED_WHOLE, LEG_ROWS

COLUMNS = tuple(name for name in HANDED_WHOLE if name != LEG_ROWS)
OF_SITES = ("owner", "span", "phone_book", "tally")
"""The tables of sites that are kept near, too."""
_WIDE = {
    "call": ("assignment", "account_assignment", "number_entry"),
    "owner": ("id",),
    "span": ("id",),
    "phone_book": ("id",),
}
"""Ids that stand for those of many sites are too long for what a site has."""
_OWN_KEYS = {"tally": " REPLACE ((hash(pbx, body) >> 1)::BIGINT AS body)"}
"""Each site counts its answers and files from 1."""
_MOMENTS = ("started_at", "answered_at", "ended_at", "started_local")
_AS_KEPT = ", ".join(f"make_timestamp(epoch_us({name})) AS {name}" for name in _MOMENTS)
"""ClickHouse writes moments as such, whatever clock they are by; here they are without a zone."""
_UPTO = "CREATE TABLE IF NOT EXISTS main.recent (arrived TIMESTAMP NOT NULL)"


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of a store ready for calls of many sites, inside the caller's transaction."""
    connection.execute(_UPTO)
    narrow = "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'main' AND data_type = 'INTEGER'"
    for table, column in connection.execute(narrow).fetchall():
        if column in _WIDE.get(table, ()):
            connection.execute(f"ALTER TABLE main.{table} ALTER COLUMN {column} SET DATA TYPE BIGINT")


def taken_upto(connection: duckdb.DuckDBPyConnection) -> datetime | None:
    """Return up to which moment what arrived at the centre is here (UTC); None before anything is."""
    rows = connection.execute("SELECT max(arrived) FROM main.recent").fetchall()
    return rows[0][0] if rows else None


def take(connection: duckdb.DuckDBPyConnection, files: Mapping[str, Path], arrived: datetime) -> int:
    """Take what has arrived, inside the caller's transaction; return how many calls are other than before.

    `call` and `leg` have the calls that are there now, of those whose ids are in `touched`.
    """
    chosen = ", ".join(COLUMNS)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE altered AS
        WITH now AS (SELECT * REPLACE ({_AS_KEPT}) FROM read_parquet($file))
        SELECT {chosen} FROM now EXCEPT SELECT {chosen} FROM main.call WHERE id IN (SELECT id FROM now)""",
        {"file": str(files["call"])},
    )
    gone = connection.execute(
        "SELECT id FROM main.call WHERE id IN (SELECT id FROM read_parquet($touched)) "
        "AND id NOT IN (SELECT id FROM read_parquet($file))",
        {"touched": str(files["touched"]), "file": str(files["call"])},
    ).fetchall()
    connection.execute(
        "DELETE FROM main.leg WHERE call IN (SELECT id FROM read_parquet($it))", {"it": str(files["touched"])}
    )
    legs = f"SELECT * REPLACE ({_AS_KEPT}) FROM read_parquet($file)"
    connection.execute(f"INSERT INTO main.leg BY NAME {legs}", {"file": str(files["leg"])})
    take_out(connection, [number for (number,) in gone])
    count = int(connection.execute("SELECT count(*) FROM altered").fetchall()[0][0])
    if count:
        first = next_changes(connection, count)
        connection.execute("DELETE FROM main.call WHERE id IN (SELECT id FROM altered)")
        connection.execute(
            f"INSERT INTO main.call ({chosen}, occurrence, change, meaning) "
            f"SELECT {chosen}, 0, {first} + number, {first} + number "
            "FROM (SELECT *, row_number() OVER (ORDER BY started_at, id) - 1 AS number FROM altered)"
        )
        connection.execute("DELETE FROM main.gone WHERE id IN (SELECT id FROM altered)")
    connection.execute("DELETE FROM main.recent")
    connection.execute("INSERT INTO main.recent VALUES (?)", [arrived])
    return count + len(gone)


def replace_tables(connection: duckdb.DuckDBPyConnection, files: Mapping[str, Path]) -> None:
    """Take tables of the sites in place of those before, inside the caller's transaction."""
    for table, file in files.items():
        connection.execute(f"DELETE FROM main.{table}")
        query = f"INSERT INTO main.{table} BY NAME SELECT *{_OWN_KEYS.get(table, '')} FROM read_parquet($file)"
        connection.execute(query, {"file": str(file)})


def let_go(connection: duckdb.DuckDBPyConnection, before: datetime) -> None:
    """Delete calls that began before a moment (by the clocks of their PBXs), inside the caller's transaction."""
    old = "SELECT id FROM main.call WHERE started_local < $before"
    connection.execute(f"DELETE FROM main.leg WHERE call IN ({old})", {"before": before})
    connection.execute("DELETE FROM main.call WHERE started_local < $before", {"before": before})
