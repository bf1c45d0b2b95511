"""Rows of one table of ClickHouse: how they are written, and which of several of one call counts.

A row is never altered. A call that is handed on again is written again under a higher version, and of two rows of one
key ClickHouse keeps the one whose version is higher (`ReplacingMergeTree`); a call that is no more is a row that says
so. Rows lie apart by months, and whoever reads need not compare rows of different months: wherever a call has an older
row in another month, `settle` writes beside it that it is there no more.

Rows may be written in any order, by any number of writers, and twice: each settles what it wrote after it wrote it, so
that of two writers the later one sees the rows of both. Versions of one place are two apart; the one between is that of
what `settle` writes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec

from tollbook.model.problem import Problem
from tollbook.model.sink import Field
from tollbook.sinks.clickhouse.columns import (
    GONE,
    OWN,
    PLACE,
    VERSION,
    adds,
    derived,
    made,
    misfits,
    month_of,
    packed,
    plain,
    quoted,
)
from tollbook.sinks.clickhouse.server import ClickHouse

_KEPT = {
    "fsync_after_insert": "1",
    "fsync_part_directory": "1",
    "min_age_to_force_merge_seconds": "3600",
    "min_age_to_force_merge_on_partition_only": "1",
}
"""What was answered is on the disk; a month that nothing comes into any more becomes one part, which is read without
looking for rows that another replaces."""
_PLACES_AT_ONCE = 25
"""Their names are in the address of the request, which a proxy takes up to some thousand bytes of."""
APART = 2
"""How far two versions of one place are from each other at least."""


class TableForm:
    """What a table is: its database and name, the cluster it is made on, and which columns hold what of a call."""

    def __init__(self, where: tuple[str, str], cluster: str, fields: Sequence[Field], key: str) -> None:
        self.database, self.table = where
        self.cluster, self.fields, self.key = cluster, list(fields), key
        self.name = f"{quoted(self.database)}.{quoted(self.table)}"
        self.on = f" ON CLUSTER {quoted(cluster)}" if cluster else ""

    def beside(self, name: str) -> str:
        """Return a table of the sites beside it, as SQL has it: `calls_owner`."""
        return f"{quoted(self.database)}.{quoted(f'{self.table}_{name}')}"

    @property
    def month(self) -> str:
        """The expression by whose values rows lie apart."""
        field = month_of(self.fields)
        return f"toYYYYMM(assumeNotNull({quoted(field.name)}))" if field else "tuple()"

    def statement(self) -> str:
        """Return what makes the table."""
        columns = [*OWN.items(), *((field.name, f"{made(field)}{packed(field)}") for field in self.fields)]
        more = derived(self.fields)
        listed = ", ".join(f"{quoted(name)} {kind}" for name, kind in (*columns, *more.items()))
        by_id = (
            (
                "INDEX by_id tollbook_id TYPE bloom_filter GRANULARITY 1, "
                "INDEX by_arrival tollbook_arrived TYPE minmax GRANULARITY 1, "
            )
            if more
            else ""
        )
        settings = ", ".join(f"{name} = {value}" for name, value in _KEPT.items())
        return (
            f"CREATE TABLE IF NOT EXISTS {self.name}{self.on} ({listed}, "
            f"{by_id}INDEX by_version {VERSION} TYPE minmax GRANULARITY 1) "
            f"ENGINE = {'Replicated' if self.cluster else ''}ReplacingMergeTree({VERSION}, {GONE}) "
            f"PARTITION BY {self.month} ORDER BY ({PLACE}, {quoted(self.key)}) SETTINGS {settings}"
        )


class CallRows:
    """The rows of a table, through a server."""

    def __init__(self, server: ClickHouse, form: TableForm) -> None:
        self._server, self.form = server, form
        self._apart: list[str] | None = None

    def columns(self) -> dict[str, str] | None:
        """Return the columns of the table with their types; None where there is no table."""
        found = self._server.rows(
            "SELECT name, type FROM system.columns WHERE database = {database:String} AND table = {table:String}",
            self._which,
        )
        return dict(found) or None

    def problems(self, there: dict[str, str], fields: list[Field]) -> list[Problem]:
        """Return what of a table that is there does not fit."""
        return [*self._wrong_engine(), *misfits(fields, there, self.form.table)]

    def make(self) -> None:
        """Make the table, unless somebody has meanwhile."""
        self._server.do(self.form.statement())

    def add(self, fields: Iterable[Field]) -> None:
        """Add columns."""
        for field in fields:
            self._server.do(adds(f"{self.form.name}{self.form.on}", field))

    def highest(self, places: Collection[str]) -> dict[str, int]:
        """Return the highest version of each place, 0 where it has no rows."""
        return highest(self._server, self.form.name, places)

    def write(self, place: str, version: int, calls: Iterator[bytes]) -> None:
        """Write calls of a place: Parquet with all columns of the form."""
        names = ", ".join(quoted(field.name) for field in self.form.fields)
        columns = ", ".join(f"{quoted(field.name)} {plain(field)}" for field in self.form.fields)
        self._server.insert(
            f"INSERT INTO {self.form.name} ({PLACE}, {VERSION}, {GONE}, {names}) "
            f"SELECT {{place:String}}, {{version:UInt64}}, 0, {names} FROM input({text(columns)}) FORMAT Parquet",
            calls,
            {"place": place, "version": str(version)},
        )

    def append(self, fields: Iterable[Field], calls: Iterator[bytes]) -> None:
        """Write calls of any places: Parquet with the table's own columns, and some of a call."""
        columns = {**OWN, PLACE: "String", **{field.name: plain(field) for field in fields}}
        names = ", ".join(map(quoted, columns))
        told = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns.items())
        self._server.insert(
            f"INSERT INTO {self.form.name} ({names}) SELECT {names} FROM input({text(told)}) FORMAT Parquet", calls, {}
        )

    def take_out(self, place: str, version: int, ids: Iterable[str]) -> None:
        """Write that calls of a place are no more."""
        key = quoted(self.form.key)
        self._server.insert(
            f"INSERT INTO {self.form.name} ({PLACE}, {VERSION}, {GONE}, {key}) "
            f"SELECT {{place:String}}, {{version:UInt64}}, 1, {key} FROM input({text(f'{key} UUID')}) FORMAT CSV",
            (f"{each}\n".encode() for each in ids),
            {"place": place, "version": str(version)},
        )

    def settle(self, versions: Iterable[int]) -> None:
        """Write for the calls of some versions, in every month where they have an older row, that it counts no more.

        In a question that compares months after all, the newest row still counts: it is above what is written here.
        """
        key, apart = quoted(self.form.key), self._months()
        into = "".join(f", {quoted(name)}" for name in apart)
        was = "".join(f", argMax({quoted(name)}, {VERSION}) AS its_{number}" for number, name in enumerate(apart))
        of_these = f"SELECT {PLACE}, {key} FROM {self.form.name} WHERE {VERSION} IN {{versions:Array(UInt64)}}"
        by_month = (
            f"SELECT {PLACE}, {key}{was}, max({VERSION}) AS its_version, argMax({GONE}, {VERSION}) AS its_gone, "
            f"max(its_version) OVER (PARTITION BY {PLACE}, {key}) AS newest "
            f"FROM {self.form.name} WHERE ({PLACE}, {key}) IN ({of_these}) GROUP BY {PLACE}, {key}, _partition_id"
        )
        self._server.do(
            f"INSERT INTO {self.form.name} ({PLACE}, {key}, {VERSION}, {GONE}{into}) "
            f"SELECT {PLACE}, {key}, newest - 1, 1{''.join(f', its_{number}' for number in range(len(apart)))} "
            f"FROM ({by_month}) WHERE its_version < newest AND NOT its_gone",
            {"versions": f"[{','.join(map(str, versions))}]"},
        )

    def _months(self) -> list[str]:
        """Return the columns by which rows lie apart, beside the place, as the table was made."""
        if self._apart is None:
            question = (
                "SELECT name FROM system.columns WHERE database = {database:String} AND table = {table:String} "
                "AND is_in_partition_key AND name <> {place:String} ORDER BY name"
            )
            self._apart = [name for (name,) in self._server.rows(question, {**self._which, "place": PLACE})]
        return self._apart

    @property
    def _which(self) -> dict[str, str]:
        return {"database": self.form.database, "table": self.form.table}

    def _wrong_engine(self) -> list[Problem]:
        """Return why the table cannot be overwritten by key, if it cannot."""
        question = (
            "SELECT engine, engine_full, sorting_key FROM system.tables "
            "WHERE database = {database:String} AND name = {table:String}"
        )
        engine, told, order = self._server.row(question, self._which, 3)
        wanted = f"ReplacingMergeTree({VERSION}, {GONE}) … ORDER BY ({PLACE}, {self.form.key})"
        replaces = engine.endswith("ReplacingMergeTree") and f"{VERSION}, {GONE}" in told
        if replaces and order in (f"{PLACE}, {self.form.key}", f"{PLACE}, {quoted(self.form.key)}"):
            return []
        reason = "a call that comes again must replace the row that is there"
        return [Problem(f"the table {self.form.table!r} is made otherwise", reason, help=f"make it as {wanted}")]


def highest(server: ClickHouse, table: str, places: Collection[str]) -> dict[str, int]:
    """Return the highest version of each place in a table, 0 where it has no rows; `table` is as SQL has it."""
    found = dict.fromkeys(places, 0)
    listed = "JSONExtract({places:String}, 'Array(String)')"
    for first in range(0, len(found), _PLACES_AT_ONCE):
        some = [*found][first : first + _PLACES_AT_ONCE]
        question = (
            f"SELECT indexOf({listed}, {PLACE}), max({VERSION}) FROM {table} "
            f"WHERE {PLACE} IN (SELECT arrayJoin({listed})) GROUP BY {PLACE}"
        )
        for number, version in server.rows(question, {"places": msgspec.json.encode(some).decode()}):
            found[some[int(number) - 1]] = int(version)
    return found


def text(said: str) -> str:
    r"""Return a text as SQL has it.

    >>> text("St. Mary's")
    "'St. Mary\\'s'"
    """
    escaped = said.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
