"""One table of ClickHouse that the calls of any number of sites come into, each known by its place and its id.

Rows are never altered there: a call that is handed on again is written again, under a higher version, and of two rows
of one key ClickHouse keeps the one whose version is higher (`ReplacingMergeTree`). A version is given to a delivery as
it is written: the microseconds since 1970, and always more than any before. So the same delivery may come twice, an
answer may be lost, and a delivery that arrives late loses against those behind it. Change numbers would not do: they
begin again with a store that was lost.

Rows lie apart by months, and whoever reads need not compare rows of different months. A call that is no more, or that
moved to another month, is written where it was as a row that says so, under the version before that of the delivery:
whoever compares them after all finds the call where it is now.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from tollbook import clock
from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.sink import CallFile, Field, FileForm, LeftOutColumns
from tollbook.sinks.clickhouse.columns import GONE, OWN, PLACE, VERSION, adds, made, misfits, month_of, plain, quoted
from tollbook.sinks.clickhouse.options import Options
from tollbook.sinks.clickhouse.server import ClickHouse
from tollbook.sinks.contract import AllCalls, Around, Changes

_KEPT = {
    "fsync_after_insert": "1",
    "fsync_part_directory": "1",
    "min_age_to_force_merge_seconds": "3600",
    "min_age_to_force_merge_on_partition_only": "1",
}
"""A delivery that was answered is on the disk; a month that nothing comes into any more becomes one part, which is read
without looking for rows that another replaces."""
_IDS_AT_ONCE = 1000
_PIECE = 1 << 18


class ClickHouseTable:
    """A table at work."""

    file = CallFile(least=1, form=FileForm.PARQUET)
    tries = 1

    def __init__(self, options: Options, around: Around) -> None:
        self._options, self._around = options, around
        self.batch, self.interval_s = options.batch, options.interval
        self._server = ClickHouse(options, around.fence)
        self._name = f"{quoted(options.database)}.{quoted(options.table)}"
        self._on = f" ON CLUSTER {quoted(options.cluster)}" if options.cluster else ""
        self._last: int | None = None
        self._was_empty = False

    def problems(self) -> list[Problem]:
        """Return everything that does not fit in a table that is there, or that there is none and none is made."""
        taken = [field for field in self._around.fields if field.name in OWN]
        if taken:
            reason = "the table has a column of that name of its own"
            return [Problem(f"a column cannot be called {each.name!r}", reason, help="rename it") for each in taken]
        there = self._there()
        if there is None:
            hint = "set create=yes, or make it"
            none = Problem(f"there is no table {self._options.table!r}", "and none is to be made", help=hint)
            return [] if self._options.create == "yes" else [none]
        lacking = self._lacking(there)
        fields = [field for field in self._around.fields if field not in lacking]
        return [*self._wrong_engine(), *misfits(fields, there, self._options.table)]

    def prepare(self) -> None:
        """Make the table where there is none, with the columns that it has not got yet; find its highest version."""
        faults = self.problems()
        if faults:
            raise Misconfigured(*faults)
        there = self._there()
        if there is None:
            self._server.do(self.wanted())
        elif self._options.create == "yes":
            for field in self._lacking(there):
                self._server.do(adds(f"{self._name}{self._on}", field))
        question = f"SELECT max({VERSION}), count() FROM {self._name} WHERE {PLACE} = {{place:String}}"
        ((highest, count),) = self._server.rows(question, self._whose)
        self._last, self._was_empty = int(highest), int(count) == 0

    def left_out(self) -> LeftOutColumns | None:
        """Look which columns that came with an update the table has not got, where they are not added."""
        there = None if self._options.create == "yes" else self._there()
        lacking = [] if there is None else self._lacking(there)
        if not lacking:
            return None
        adding = [adds(self._name, field) for field in lacking]
        return LeftOutColumns(columns=[field.name for field in lacking], adding=adding)

    def wanted(self) -> str:
        """Return the statement that makes the table."""
        fields, key = self._around.fields, quoted(self._around.key)
        columns = [*OWN.items(), *((field.name, made(field)) for field in fields)]
        listed = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns)
        replicated = "Replicated" if self._options.cluster else ""
        settings = ", ".join(f"{name} = {value}" for name, value in _KEPT.items())
        return (
            f"CREATE TABLE IF NOT EXISTS {self._name}{self._on} ({listed}, "
            f"INDEX by_version {VERSION} TYPE minmax GRANULARITY 1) "
            f"ENGINE = {replicated}ReplacingMergeTree({VERSION}, {GONE}) "
            f"PARTITION BY {self._month} ORDER BY ({PLACE}, {key}) SETTINGS {settings}"
        )

    def deliver(self, changes: Changes) -> None:
        """Write calls, and where they were before that they are there no more."""
        if self._last is None:
            self.prepare()
        version = self._last = max(clock.now_us(), (self._last or 0) + 2)
        if changes.file:
            self._write(changes.file, changes.fields, version)
        if changes.count and not (changes.fresh and self._was_empty):
            self._take_out(
                version,
                f"{self._key} IN (SELECT {self._key} FROM {self._name} "
                f"WHERE {PLACE} = {{place:String}} AND {VERSION} = {{version:UInt64}})",
            )
        for first in range(0, len(changes.gone), _IDS_AT_ONCE):
            ids = ", ".join(repr(str(UUID(each))) for each in changes.gone[first : first + _IDS_AT_ONCE])
            self._take_out(version, f"{self._key} IN ({ids})")

    def resend(self, content: bytes) -> None:
        """Do nothing: a table refuses no delivery for good."""

    def mirror(self, calls: AllCalls) -> int:
        """Do nothing: a table is handed changes."""
        del calls
        return 0

    def close(self) -> None:
        """Close the connection."""
        self._server.close()

    @property
    def _whose(self) -> dict[str, str]:
        return {"place": self._options.place}

    @property
    def _key(self) -> str:
        return quoted(self._around.key)

    @property
    def _month(self) -> str:
        field = month_of(self._around.fields)
        return f"toYYYYMM(assumeNotNull({quoted(field.name)}))" if field else "tuple()"

    def _there(self) -> dict[str, str] | None:
        """Return the columns of the table with their types; None where there is no table."""
        found = self._server.rows(
            "SELECT name, type FROM system.columns WHERE database = {database:String} AND table = {table:String}",
            self._which,
        )
        return dict(found) or None

    @property
    def _which(self) -> dict[str, str]:
        return {"database": self._options.database, "table": self._options.table}

    def _wrong_engine(self) -> list[Problem]:
        """Return why the table cannot be overwritten by key, if it cannot."""
        question = (
            "SELECT engine, engine_full, sorting_key FROM system.tables "
            "WHERE database = {database:String} AND name = {table:String}"
        )
        ((engine, told, order),) = self._server.rows(question, self._which)
        wanted = f"ReplacingMergeTree({VERSION}, {GONE}) … ORDER BY ({PLACE}, {self._around.key})"
        names = [name.strip("` ") for name in order.split(",")]
        replaces = engine.endswith("ReplacingMergeTree") and f"{VERSION}, {GONE}" in told
        if replaces and names == [PLACE, self._around.key]:
            return []
        reason = "a call that comes again must replace the row that is there"
        return [Problem(f"the table {self._options.table!r} is made otherwise", reason, help=f"make it as {wanted}")]

    def _lacking(self, there: dict[str, str]) -> list[Field]:
        """Return the columns that a table has not got since it was made before we had them."""
        later = self._around.later
        return [field for field in self._around.fields if field.name in later and field.name not in there]

    def _write(self, file: Path, fields: list[Field], version: int) -> None:
        names = ", ".join(quoted(field.name) for field in fields)
        columns = ", ".join(f"{quoted(field.name)} {plain(field)}" for field in fields)
        self._server.insert(
            f"INSERT INTO {self._name} ({PLACE}, {VERSION}, {GONE}, {names}) "
            f"SELECT {{place:String}}, {{version:UInt64}}, 0, {names} FROM input({_text(columns)}) FORMAT Parquet",
            _pieces(file),
            {**self._whose, "version": str(version)},
        )

    def _take_out(self, version: int, which: str) -> None:
        """Write that some calls are no more in every month where this delivery has not written them."""
        field = month_of(self._around.fields)
        start = quoted(field.name) if field else ""
        there, was = (f", {start}", f", argMax({start}, {VERSION})") if start else ("", "")
        self._server.do(
            f"INSERT INTO {self._name} ({PLACE}, {self._key}, {VERSION}, {GONE}{there}) "
            f"SELECT {PLACE}, {self._key}, {{version:UInt64}} - 1, 1{was} FROM {self._name} "
            f"WHERE {PLACE} = {{place:String}} AND {which} GROUP BY {PLACE}, {self._key}, {self._month} "
            f"HAVING max({VERSION}) < {{version:UInt64}} AND argMax({GONE}, {VERSION}) = 0",
            {**self._whose, "version": str(version)},
        )


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def connect(options: Options, around: Around) -> ClickHouseTable:
    """Return the sink, not connected yet."""
    return ClickHouseTable(options, around)
