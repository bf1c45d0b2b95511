"""One table of the user's, kept equal to the calls that it has been handed.

Rows are written by key: a call that is there is overwritten in our columns and left alone in all others, so that the
same changes may come twice. Each delivery is one transaction. How rows are written is each database's own, in
`writers`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy import exc

from tollbook.model.limits import SINK_ANSWER
from tollbook.model.problem import Misconfigured, Problem, Unavailable
from tollbook.model.sink import NO_FILE, Field, LeftOutColumns
from tollbook.sinks.bounds import TIMES, AnswerBounds
from tollbook.sinks.contract import AllCalls, Around, Changes
from tollbook.sinks.sql.columns import MADE, ROW, adds, in_order_of_arrival, misfits
from tollbook.sinks.sql.drivers import DatabaseReach, engine_of, explained, is_forbidden, misunderstood
from tollbook.sinks.sql.options import Options
from tollbook.sinks.sql.writers import FILES, WRITERS, Into, delete


class SqlTable:
    """A table at work."""

    def __init__(self, options: Options, around: Around) -> None:
        self._options, self._around = options, around
        self.batch, self.tries, self.interval_s = options.batch, 1, 0.0
        self.file = FILES.get(options.backend, NO_FILE)
        self._bounds = AnswerBounds("the database", TIMES * options.timeout, SINK_ANSWER)
        self._engine = engine_of(DatabaseReach(options, around.fence, self._bounds))
        self._there: sa.Table | None = None
        self._alters = options.create == "yes"

    def problems(self) -> list[Problem]:
        """Return everything that does not fit in a table that is there, or that there is none and none is made."""
        with self._reached() as connection:
            there = self._reflected(connection)
            if there is not None:
                lacking = self._lacking(there)
                fields = [field for field in self._around.fields if field not in lacking]
                return misfits(there, fields, self._around.key, connection.dialect)
        if self._options.create == "yes":
            return []
        hint = "set create=yes, or make it"
        return [Problem(f"there is no table {self._options.table!r}", "and none is to be made", help=hint)]

    def prepare(self) -> None:
        """Make the table where there is none, and the columns of ours that it has not got yet.

        Where they are not to be made, or the database does not let us, the table goes without them.
        """
        faults = self.problems()
        if faults:
            raise Misconfigured(*faults)
        with self._reached() as connection:
            self._there = self._reflected(connection)
            if self._there is None:
                wanted = self.wanted(connection.dialect)
                wanted.create(connection)
                self._there = wanted
        if self._alters and self._there is not None:
            self._there = self._with_added(self._there)

    def left_out(self) -> LeftOutColumns | None:
        """Look which columns that came with an update the table has not got, where they are not added."""
        if self._alters:
            return None
        with self._reached() as connection:
            there = self._reflected(connection)
            lacking = [] if there is None else self._lacking(there)
            if there is None or not lacking:
                return None
            adding = [adds(there, field, connection.dialect) for field in lacking]
            return LeftOutColumns(columns=[field.name for field in lacking], adding=adding)

    def _lacking(self, there: sa.Table) -> list[Field]:
        """Return the columns that a table has not got since it was made before we had them."""
        names = {name.casefold() for name in there.columns.keys()}  # noqa: SIM118 - iterating gives columns, not names
        later = [field for field in self._around.fields if field.name in self._around.later]
        return [field for field in later if field.name.casefold() not in names]

    def _with_added(self, there: sa.Table) -> sa.Table | None:
        """Return a table with the columns added that it lacks, or as it is where the user may not alter it."""
        lacking = self._lacking(there)
        if not lacking:
            return there
        try:
            with self._reached() as connection:
                for field in lacking:
                    connection.exec_driver_sql(adds(there, field, connection.dialect))
                return self._reflected(connection)
        except Unavailable as fault:
            if not is_forbidden(fault.__cause__):
                raise
            self._alters = False
            return there

    def wanted(self, dialect: sa.Dialect) -> sa.Table:
        """Return the table as it would be made, in a database that has been reached."""
        key = self._around.key
        columns = [sa.Column(field.name, MADE[field.type], nullable=field.name != key) for field in self._around.fields]
        return sa.Table(
            self._options.table,
            sa.MetaData(),
            *columns,
            *in_order_of_arrival(dialect, key),
            schema=self._options.schema or None,
            mysql_charset="utf8mb4",
            mariadb_charset="utf8mb4",
        )

    def deliver(self, changes: Changes) -> None:
        """Write and delete rows in one transaction."""
        if self._there is None:
            self.prepare()
        with self._reached() as connection:
            into = Into.of(self._there_now(), changes.fields, changes.key)
            if changes.count:
                WRITERS[self._options.backend](connection, into, changes)
            delete(connection, into, changes.gone)

    def resend(self, content: bytes) -> None:
        """Do nothing: a table refuses no delivery for good."""

    def mirror(self, calls: AllCalls) -> int:
        """Do nothing: a table is handed changes."""
        del calls
        return 0

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _there_now(self) -> sa.Table:
        if self._there is None:
            raise Unavailable("the table is not there")
        return self._there

    def _reflected(self, connection: sa.Connection) -> sa.Table | None:
        try:
            there = sa.Table(
                self._options.table,
                sa.MetaData(),
                schema=self._options.schema or None,
                autoload_with=connection,
                resolve_fks=False,
            )
        except exc.NoSuchTableError:
            return None
        for column in there.columns:
            if isinstance(column.type, sa.Uuid):  # ids are handed over as texts
                column.type = type(column.type)(as_uuid=False)
            if column.name == ROW:  # the server counts it, which SQLAlchemy does not see behind INVISIBLE
                column.server_default = sa.FetchedValue()
        return there

    @contextmanager
    def _reached(self) -> Iterator[sa.Connection]:
        """Give a transaction; whatever the database says against it is `Unavailable`, in words."""
        try:
            with self._bounds.held(), self._engine.begin() as connection:
                yield connection
        except exc.SQLAlchemyError as fault:
            self._there = None  # somebody may have altered it
            raise self._bounds.exceeded() or explained(fault) from fault
        except Exception as fault:
            told = self._bounds.exceeded() or misunderstood(fault, self._options)
            if told is None:
                raise
            self._there = None
            self._engine.dispose()  # nobody knows where in its answers the connection stands
            raise told from fault


def connect(options: Options, around: Around) -> SqlTable:
    """Return the sink, not connected yet."""
    return SqlTable(options, around)
