"""The tables of sites beside their calls: directory, phone book, rejects and counts, as ClickHouse has them.

Beside a table `calls` there are `calls_owner`, `calls_span` and so on. A site hands each over whole, in parts, under a
version; which parts there are is in `calls_parts`. What counts of a place is its newest version of which all parts are
there, so that nobody ever reads half of one. Rows may come twice: those that are the same are one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import msgspec

from tollbook.model.limits import COLUMNS_OF_A_TABLE
from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.sink import Field
from tollbook.sinks.clickhouse.columns import PLACE, TAKEN, VERSION, adds, plain, quoted
from tollbook.sinks.clickhouse.rows import TableForm, highest, text
from tollbook.sinks.clickhouse.server import UNKNOWN_TABLE, ClickHouse, Faulty

PARTS = "parts"
_PART, _ROW = "tollbook_part", "tollbook_row"
_OWN = {PLACE: "LowCardinality(String)", VERSION: "UInt64", _PART: "UInt32", _ROW: "UInt64"}
_HEADS = {PLACE: "LowCardinality(String)", "name": "LowCardinality(String)", VERSION: "UInt64", _PART: "UInt32"}
_COLUMNS = "SELECT name FROM system.columns WHERE database = {database:String} AND table = {table:String}"
_OLDER = 10
"""Versions of a table that are deleted at once: to delete costs ClickHouse more than to keep some rows."""
_SYNCED = "fsync_after_insert = 1, fsync_part_directory = 1"


class TablePart(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a site's table, from 0, of how many, under which version."""

    place: str
    version: int
    name: str
    fields: list[Field]
    part: int
    parts: int


def current(calls: TableForm, name: str) -> str:
    """Return the question for the places that have a table, each with the version that counts."""
    return (
        f"SELECT {PLACE}, max(its_version) FROM (SELECT {PLACE}, {VERSION} AS its_version "
        f"FROM {calls.beside(PARTS)} WHERE name = {text(name)} GROUP BY {PLACE}, {VERSION} "
        f"HAVING uniqExact({_PART}) = any(parts)) GROUP BY {PLACE}"
    )


class SiteRows:
    """The tables of sites beside one table of calls."""

    def __init__(self, server: ClickHouse, calls: TableForm) -> None:
        self._server, self._calls = server, calls
        self._made: set[tuple[str, ...]] = set()

    def write(self, part: TablePart, rows: Iterator[bytes]) -> None:
        """Write a part: its rows as Parquet; once all are there, let go of what came before."""
        self._make(part)
        names = ", ".join(quoted(field.name) for field in part.fields)
        told = ", ".join(f"{quoted(field.name)} {plain(field)}" for field in part.fields)
        own = f"{{place:String}}, {{version:UInt64}}, {{part:UInt32}}, sipHash64(toString(tuple({names})))"
        bound = {"place": part.place, "version": str(part.version), "part": str(part.part)}
        self._server.insert(
            f"INSERT INTO {self._calls.beside(part.name)} ({', '.join(_OWN)}, {names}) "
            f"SELECT {own}, {names} FROM input({text(told)}) FORMAT Parquet",
            rows,
            bound,
        )
        self._server.do(
            f"INSERT INTO {self._calls.beside(PARTS)} ({', '.join(_HEADS)}, parts) "
            "SELECT {place:String}, {name:String}, {version:UInt64}, {part:UInt32}, {parts:UInt32}",
            {**bound, "name": part.name, "parts": str(part.parts)},
        )
        self._let_go(part)

    def highest(self, places: Collection[str]) -> dict[str, int]:
        """Return the highest version of each place's tables, 0 where it has none."""
        try:
            return highest(self._server, self._calls.beside(PARTS), places)
        except Faulty as fault:
            if fault.code == UNKNOWN_TABLE:
                return dict.fromkeys(places, 0)
            raise

    def _make(self, part: TablePart) -> None:
        """Have a table with the columns of a part; raises `Misconfigured` where they do not fit."""
        known = part.name, *(field.name for field in part.fields)
        if known in self._made:
            return
        heads = {**_HEADS, "parts": "UInt32"}
        self._server.do(self._statement(PARTS, heads, _HEADS))
        columns = {**_OWN, **{field.name: plain(field) for field in part.fields}}
        _check_room(part, self._columns(part.name) | columns.keys())
        self._server.do(self._statement(part.name, columns, _OWN))
        there = self._columns(part.name)
        for field in part.fields:
            if field.name not in there:
                self._server.do(adds(f"{self._calls.beside(part.name)}{self._calls.on}", field))
        self._made.add(known)

    def _columns(self, name: str) -> set[str]:
        which = {"database": self._calls.database, "table": f"{self._calls.table}_{name}"}
        return {column for (column,) in self._server.rows(_COLUMNS, which)}

    def _statement(self, name: str, columns: dict[str, str], order: Iterable[str]) -> str:
        listed = ", ".join(f"{quoted(column)} {kind}" for column, kind in columns.items())
        return (
            f"CREATE TABLE IF NOT EXISTS {self._calls.beside(name)}{self._calls.on} ({listed}) "
            f"ENGINE = {'Replicated' if self._calls.cluster else ''}ReplacingMergeTree "
            f"ORDER BY ({', '.join(order)}) SETTINGS {_SYNCED}"
        )

    def _let_go(self, part: TablePart) -> None:
        """Delete versions of a place's table that are older than the one that counts, once they are some."""
        which = {"place": part.place, "name": part.name}
        older = f"{PLACE} = {{place:String}} AND {VERSION} < {{version:UInt64}}"
        question = f"SELECT * FROM ({current(self._calls, part.name)}) WHERE {PLACE} = {{place:String}}"
        many = f"SELECT uniqExact({VERSION}) FROM {self._calls.beside(PARTS)} WHERE {older} AND name = {{name:String}}"
        for _, version in self._server.rows(question, which):
            bound = {**which, "version": str(version)}
            if int(self._server.row(many, bound, 1)[0]) < _OLDER:
                continue
            self._server.do(f"DELETE FROM {self._calls.beside(part.name)}{self._calls.on} WHERE {older}", bound)
            self._server.do(
                f"DELETE FROM {self._calls.beside(PARTS)}{self._calls.on} WHERE {older} AND name = {{name:String}}",
                bound,
            )


def _check_room(part: TablePart, columns: Collection[str]) -> None:
    """Raise `Misconfigured` where a table would have too many columns, or a part has one that is the table's own."""
    taken = [field.name for field in part.fields if field.name in TAKEN or field.name in _OWN]
    if taken:
        raise Misconfigured(Problem(f"a column cannot be called {taken[0]!r}", "the table has one of its own"))
    if len(columns) > COLUMNS_OF_A_TABLE:
        reason = f"{COLUMNS_OF_A_TABLE} there may be"
        raise Misconfigured(Problem(f"the table {part.name!r} would have {len(columns)} columns", reason))
