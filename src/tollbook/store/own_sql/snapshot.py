"""A database file that holds what a statement of one's own may see, and nothing else.

DuckDB's settings that shut files out hold for a whole instance and cannot be taken back. That of the store copies and
attaches files, so it cannot have them; and SQL knows no rights on tables. So a statement is asked elsewhere, in an
instance that is shut and has this file alone: the columns that it needs of documented views, of the calls that whoever
asks may see and has chosen.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from uuid import uuid4

import duckdb
import msgspec

from tollbook.store.filters import Where
from tollbook.store.ledger import Ledger
from tollbook.store.schema import VIEWS

_LOOK_S = 0.05
_CHOSEN = {
    "call": "{where}",
    "leg": "call IN (SELECT id FROM call WHERE {where})",
    "reject": "true",
}
"""Which rows of a table there are: those of the chosen calls, and every record that could not be read."""


class NotWanted(Exception):
    """Nobody wants what is being made any more."""


class SnapshotOf(msgspec.Struct, frozen=True):
    """What a snapshot holds: columns of documented views by name, of the calls of a condition."""

    tables: Mapping[str, Sequence[str]]
    where: Where


def write_snapshot(ledger: Ledger, path: Path, wanted: SnapshotOf, cancelled: Callable[[], bool]) -> None:
    """Write a snapshot to a new file; raises `NotWanted` once `cancelled` says so."""
    name, done = f"own_{uuid4().hex}", threading.Event()
    with ledger.cursor() as cursor:
        watch = threading.Thread(target=_watch, args=(cursor, done, cancelled), daemon=True)
        place = str(path).replace("'", "''")
        cursor.execute(f"ATTACH '{place}' AS {name}")
        watch.start()
        try:
            for view, columns in wanted.tables.items():
                query = _query(view, columns, wanted.where)
                values = wanted.where.values if "$" in query else {}
                cursor.execute(f"CREATE TABLE {name}.{view} AS {ledger.scoped(query)}", ledger.bound(values))
        except duckdb.InterruptException:
            raise NotWanted from None
        finally:
            done.set()
            watch.join()
            cursor.execute(f"DETACH {name}")


def _query(view: str, columns: Sequence[str], where: Where) -> str:
    table, known, _ = VIEWS[view]
    chosen = ", ".join(f'{known[name][0]} AS "{name}"' for name in columns)
    return f"SELECT {chosen} FROM {table} WHERE {_CHOSEN[table].format(where=where.sql)}"


def _watch(cursor: duckdb.DuckDBPyConnection, done: threading.Event, cancelled: Callable[[], bool]) -> None:
    """Break the cursor's statement off once nobody wants it, again and again: one that has not begun hears nothing."""
    while not done.wait(_LOOK_S):
        if cancelled():
            cursor.interrupt()
