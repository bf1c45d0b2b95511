"""One table of ClickHouse that the calls of any number of sites come into, each known by its place and its id.

A delivery has a version: the microseconds since 1970 as it is written, and always more than any before. So the same
delivery may come twice, an answer may be lost, and a delivery that arrives late loses against those behind it. Change
numbers would not do: they begin again with a store that was lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tollbook import clock
from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.sink import CallFile, Field, FileForm, LeftOutColumns, SiteTable
from tollbook.sinks.clickhouse.columns import TAKEN, adds
from tollbook.sinks.clickhouse.options import Options
from tollbook.sinks.clickhouse.rows import APART, CallRows, TableForm
from tollbook.sinks.clickhouse.server import ClickHouse
from tollbook.sinks.clickhouse.site_rows import SiteRows, TablePart
from tollbook.sinks.contract import AllCalls, Around, Changes

_PIECE = 1 << 18


class ClickHouseTable:
    """A table at work."""

    file = CallFile(least=1, form=FileForm.PARQUET)
    tries = 1

    def __init__(self, options: Options, around: Around) -> None:
        self._options, self._around = options, around
        self.batch, self.interval_s = options.batch, options.interval
        self._server = ClickHouse(options, around.fence)
        self._rows = self._of(around.fields)
        self._tables = SiteRows(self._server, self._rows.form)
        self._last: int | None = None

    def problems(self) -> list[Problem]:
        """Return everything that does not fit in a table that is there, or that there is none and none is made."""
        taken = [field for field in self._around.fields if field.name in TAKEN]
        if taken:
            reason = "the table has a column of that name of its own"
            return [Problem(f"a column cannot be called {each.name!r}", reason, help="rename it") for each in taken]
        there = self._rows.columns()
        if there is None:
            hint = "set create=yes, or make it"
            none = Problem(f"there is no table {self._options.table!r}", "and none is to be made", help=hint)
            return [] if self._options.create == "yes" else [none]
        lacking = self._lacking(there)
        return self._rows.problems(there, [field for field in self._around.fields if field not in lacking])

    def prepare(self) -> None:
        """Make the table where there is none, with the columns that it has not got yet; find its highest version."""
        faults = self.problems()
        if faults:
            raise Misconfigured(*faults)
        there = self._rows.columns()
        if there is None:
            self._rows.make()
        elif self._options.create == "yes":
            self._rows.add(self._lacking(there))
        place = self._options.place
        highest = self._rows.highest([place])[place]
        self._was_empty = highest == 0
        self._last = max(highest, self._tables.highest([place])[place])

    def left_out(self) -> LeftOutColumns | None:
        """Look which columns that came with an update the table has not got, where they are not added."""
        there = None if self._options.create == "yes" else self._rows.columns()
        lacking = [] if there is None else self._lacking(there)
        if not lacking:
            return None
        adding = [adds(self._rows.form.name, field) for field in lacking]
        return LeftOutColumns(columns=[field.name for field in lacking], adding=adding)

    def deliver(self, changes: Changes) -> None:
        """Write calls and which are no more, and then where they were before that they are there no more.

        The history of a place that had nothing yet was nowhere before.
        """
        version = self._next()
        if changes.file:
            self._of(changes.fields).write(self._options.place, version, _pieces(changes.file))
        if changes.gone:
            self._rows.take_out(self._options.place, version, changes.gone)
        if changes.gone or not (changes.fresh and self._was_empty):
            self._rows.settle([version])

    def take_table(self, table: SiteTable) -> None:
        """Write a table of the site, and let go of the one before."""
        version = self._next()
        for number, path in enumerate(table.parts):
            part = TablePart(
                place=self._options.place,
                version=version,
                name=table.name,
                fields=table.fields,
                part=number,
                parts=len(table.parts),
            )
            self._tables.write(part, _pieces(path))

    def resend(self, content: bytes) -> None:
        """Do nothing: a table refuses no delivery for good."""

    def mirror(self, calls: AllCalls) -> int:
        """Do nothing: a table is handed changes."""
        del calls
        return 0

    def close(self) -> None:
        """Close the connection."""
        self._server.close()

    def _next(self) -> int:
        """Return the version of the next delivery."""
        if self._last is None:
            self.prepare()
        self._last = max(clock.now_us(), (self._last or 0) + APART)
        return self._last

    def _of(self, fields: list[Field]) -> CallRows:
        where = self._options.database, self._options.table
        return CallRows(self._server, TableForm(where, self._options.cluster, fields, self._around.key))

    def _lacking(self, there: dict[str, str]) -> list[Field]:
        """Return the columns that a table has not got since it was made before we had them."""
        later = self._around.later
        return [field for field in self._around.fields if field.name in later and field.name not in there]


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def connect(options: Options, around: Around) -> ClickHouseTable:
    """Return the sink, not connected yet."""
    return ClickHouseTable(options, around)
