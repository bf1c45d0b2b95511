"""Rows with their keys, and how they are put into their table."""

from __future__ import annotations

import duckdb
import msgspec
import numpy as np

from tollbook.model.call import NEVER, SOME_NUMBERS, SOME_TEXTS, Numbers
from tollbook.store import bundling
from tollbook.store.arrow import INTEGER, KEY, KEY_BYTES, Column
from tollbook.store.batch import Packed
from tollbook.store.changes import next_changes
from tollbook.store.numbering import numbered
from tollbook.store.owning import owners
from tollbook.store.pricing import fields
from tollbook.store.pricing_many import aligned, any_priced, price
from tollbook.store.registering import joined, registered

_CALL = """
INSERT INTO {table} BY NAME SELECT * {unpacked} FROM (SELECT k.id::UUID AS id, k.occurrence {part}, t.* REPLACE (
  make_timestamp(started_at * 1000000) AS started_at, make_timestamp(ended_at * 1000000) AS ended_at,
  CASE WHEN answered_at <> {never} THEN make_timestamp(answered_at * 1000000) END AS answered_at,
  make_timestamp(started_local * 1000000) AS started_local {some}
) {more} FROM incoming t POSITIONAL JOIN keys k {prices} {only})
"""
_REJECT = """
INSERT INTO reject BY NAME SELECT k.id::UUID AS id, k.occurrence, t.* REPLACE (
  make_timestamp(received_at) AS received_at
) FROM incoming t POSITIONAL JOIN keys k {only}
"""
_INSERT = {"call": _CALL, "leg": _CALL, "reject": _REJECT}


class Keyed(msgspec.Struct, frozen=True):
    """Rows with their final keys, one after another, and which of them the store has already.

    `calls` are, of legs, the ids of their calls, one after another.
    """

    packed: Packed
    occurrence: Numbers
    ids: bytes
    known: set[int]
    calls: bytes = b""

    def id(self, row: int) -> bytes:
        """Return the key of one row."""
        return self.ids[row * KEY_BYTES : (row + 1) * KEY_BYTES]


def insert(connection: duckdb.DuckDBPyConnection, table_name: str, keyed: Keyed) -> None:
    """Insert the rows that are not known."""
    rows = keyed.packed.rows
    if len(keyed.known) == rows:
        return
    fresh = np.ones(rows, np.int64)
    fresh[list(keyed.known)] = 0
    columns: dict[str, Column] = {
        "id": (KEY, keyed.ids),
        "occurrence": (INTEGER, keyed.occurrence),
        "fresh": (INTEGER, fresh),
    }
    part = ""
    if table_name == "call":
        columns["change"] = (INTEGER, np.cumsum(fresh) + next_changes(connection, int(fresh.sum())) - 1)
        part = ", k.change, k.change AS meaning"
    if keyed.calls:
        columns["call"] = (KEY, keyed.calls)
        part = ", k.call::UUID AS call"
    only = "WHERE k.fresh = 1" if keyed.known else ""
    words = {"table": table_name, "only": only, "never": NEVER, "some": _some(keyed.packed), "part": part}
    prices = table_name == "call" and any_priced(connection)
    if prices:
        _price(connection, keyed.packed)
    with numbered(connection, table_name, keyed.packed.tables) as meaning:
        more = meaning.packed + (_owners(connection, keyed.packed) if table_name == "call" else "")
        more += ", p.*" if prices else ""
        words["prices"] = "POSITIONAL JOIN aligned p" if prices else ""
        statement = _INSERT[table_name].format(**words, more=more, unpacked=meaning.unpacked)
        with registered(connection, "incoming", *keyed.packed.tables):
            joined(connection, columns, statement, [])


def _price(connection: duckdb.DuckDBPyConnection, packed: Packed) -> None:
    """Put what rows cost into the table `aligned`."""
    names = {column.name for table in packed.tables for column in table.columns}
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


def _owners(connection: duckdb.DuckDBPyConnection, packed: Packed) -> str:
    names = {column.name for table in packed.tables for column in table.columns}
    found = owners(connection, names, "make_timestamp(t.started_local * 1000000)::DATE")
    return "".join(f", {expression} AS {name}" for name, expression in found.items())


def _some(packed: Packed) -> str:
    """Return what keeps nothing, NULL, where rows that came together have nothing in a column that others have."""
    names = {column.name for table in packed.tables for column in table.columns}
    nothing = {**dict.fromkeys(SOME_TEXTS, "''"), **dict.fromkeys(SOME_NUMBERS, "0")}
    return "".join(f", nullif({name}, {empty}) AS {name}" for name, empty in nothing.items() if name in names)
