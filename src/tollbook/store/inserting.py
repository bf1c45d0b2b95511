"""Rows with their keys, and how they are put into their table."""

from __future__ import annotations

import duckdb
import msgspec
import numpy as np

from tollbook.model.call import NEVER, SOME_NUMBERS, SOME_TEXTS, Numbers
from tollbook.store import bundling
from tollbook.store.arrow import INTEGER, KEY, KEY_BYTES, Column, Table, beside, table
from tollbook.store.batch import Packed
from tollbook.store.changes import next_changes
from tollbook.store.numbering import MEANT, meanings
from tollbook.store.owning import owners
from tollbook.store.pricing import fields
from tollbook.store.pricing_many import aligned, any_priced, price
from tollbook.store.registering import registered

_CALL = """
INSERT INTO {table} BY NAME SELECT t.* EXCLUDE (fresh) REPLACE (
  id::UUID AS id, make_timestamp(started_at * 1000000) AS started_at, make_timestamp(ended_at * 1000000) AS ended_at,
  CASE WHEN answered_at <> {never} THEN make_timestamp(answered_at * 1000000) END AS answered_at,
  make_timestamp(started_local * 1000000) AS started_local {some}
) {more} FROM incoming t {prices} {only}
"""
_REJECT = """
INSERT INTO reject BY NAME SELECT t.* EXCLUDE (fresh) REPLACE (
  id::UUID AS id, make_timestamp(received_at) AS received_at
) FROM incoming t {only}
"""
_INSERT = {"call": _CALL, "leg": _CALL, "reject": _REJECT}


class Keyed(msgspec.Struct, frozen=True):
    """Rows with their final keys, one after another, and which of them the store has already.

    `calls` are, of legs, the ids of their calls, one after another. `expired` are rows older than what is kept.
    """

    packed: Packed
    occurrence: Numbers
    ids: bytes
    known: set[int]
    calls: bytes = b""
    expired: set[int] = set()

    @property
    def left_out(self) -> set[int]:
        """The rows that are not stored."""
        return self.known | self.expired if self.expired else self.known

    def id(self, row: int) -> bytes:
        """Return the key of one row."""
        return self.ids[row * KEY_BYTES : (row + 1) * KEY_BYTES]


def insert(connection: duckdb.DuckDBPyConnection, table_name: str, keyed: Keyed) -> None:
    """Insert the rows that are not left out."""
    rows = keyed.packed.rows
    left_out = keyed.left_out
    if len(left_out) == rows:
        return
    fresh = np.ones(rows, np.int64)
    fresh[list(left_out)] = 0
    columns: dict[str, Column] = {
        "id": (KEY, keyed.ids),
        "occurrence": (INTEGER, keyed.occurrence),
        "fresh": (INTEGER, fresh),
    }
    more: list[str] = []
    if table_name == "call":
        columns["change"] = (INTEGER, np.cumsum(fresh) + next_changes(connection, int(fresh.sum())) - 1)
        more.append("change AS meaning")
    if keyed.calls:
        columns["call"] = (KEY, keyed.calls)
    tables = beside(keyed.packed.tables, table(columns), *_meanings(connection, table_name, keyed.packed.tables))
    prices = table_name == "call" and any_priced(connection)
    if prices:
        _price(connection, keyed.packed)
        more.append("p.*")
    if table_name == "call":
        more += _owners(connection, keyed.packed)
    statement = _INSERT[table_name].format(
        table=table_name,
        never=NEVER,
        some=_kept(tables),
        more="".join(f", {each}" for each in more),
        prices="POSITIONAL JOIN aligned p" if prices else "",
        only="WHERE t.fresh = 1" if left_out else "",
    )
    with registered(connection, "incoming", *tables):
        connection.execute(statement)


def _meanings(connection: duckdb.DuckDBPyConnection, table_name: str, tables: list[Table]) -> list[Table]:
    """Return what the table has of what numbers mean, beside its rows."""
    wanted = {"call": MEANT, "leg": ("number_shown",)}.get(table_name, ())
    found = meanings(connection, tables) if wanted else None
    if found is None:
        return []
    return [Table(found.rows, [each for each in found.columns if each.name in wanted], found.letters)]


def _price(connection: duckdb.DuckDBPyConnection, packed: Packed) -> None:
    """Put what rows cost into the table `aligned`."""
    names = _names(packed.tables)
    began = f"make_timestamp((CASE WHEN t.answered_at <> {NEVER} THEN t.answered_at ELSE t.started_at END) * 1000000)"
    with registered(connection, "incoming", *packed.tables):
        price(
            connection,
            f"SELECT place, {began} AS began, {fields(names)} FROM incoming t "
            f"POSITIONAL JOIN (FROM range({packed.rows}) r(place))",
        )
    aligned(connection, packed.rows)
    whose = ", ".join(f"t.{name}" if name in names else f"'' AS {name}" for name in ("pbx", "trunk", "extension"))
    with registered(connection, "incoming", *packed.tables):
        priced = f"SELECT {whose}, p.tariff, {began} AS began FROM incoming t POSITIONAL JOIN aligned p"
        bundling.mark(connection, priced)


def _owners(connection: duckdb.DuckDBPyConnection, packed: Packed) -> list[str]:
    found = owners(connection, _names(packed.tables), "make_timestamp(t.started_local * 1000000)::DATE")
    return [f"{expression} AS {name}" for name, expression in found.items()]


def _kept(tables: list[Table]) -> str:
    """Return what keeps NULL where there is nothing, and of legs the ids of their calls as such."""
    names = _names(tables)
    nothing = {**dict.fromkeys((*SOME_TEXTS, *MEANT), "''"), **dict.fromkeys((*SOME_NUMBERS, "number_entry"), "0")}
    kept = [f"nullif({name}, {empty}) AS {name}" for name, empty in nothing.items() if name in names]
    return "".join(f", {each}" for each in [*kept, *(["call::UUID AS call"] if "call" in names else [])])


def _names(tables: list[Table]) -> set[str]:
    return {column.name for each in tables for column in each.columns}
