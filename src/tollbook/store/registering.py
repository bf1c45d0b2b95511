"""Columns of ours as tables that a statement reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import duckdb

from tollbook.store.arrow import Column, Table, stream, table


@contextmanager
def registered(connection: duckdb.DuckDBPyConnection, name: str, *tables: Table) -> Iterator[None]:
    """Let statements read tables by a name; what a statement raises is not hidden by taking the name back."""
    connection.register(name, stream(*tables))
    try:
        yield
    except BaseException:
        with suppress(duckdb.Error):  # the transaction is over, and its names with it
            connection.unregister(name)
        raise
    connection.unregister(name)


def joined(
    connection: duckdb.DuckDBPyConnection,
    columns: dict[str, Column],
    query: str,
    values: list[Any],
) -> list[Any]:
    """Return the rows of a statement that reads some columns as the table `keys`."""
    with registered(connection, "keys", table(columns)):
        return connection.execute(query, values).fetchall()


def make_table(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: str,
    rows: Iterable[Sequence[Any]],
) -> None:
    """Make a temporary table of some rows; moments are aware, or UTC."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({columns})")
    put_rows(connection, name, list(rows), [kind for _, kind, *_ in connection.execute(f"DESCRIBE {name}").fetchall()])


def put_rows(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    rows: Collection[Sequence[Any]],
    types: Sequence[str],
) -> None:
    """Put rows into a table whose columns have some types."""
    if rows:
        texts = [[None if value is None else _text(value) for value in column] for column in zip(*rows, strict=True)]
        chosen = ", ".join(f"unnest(?::VARCHAR[])::{kind}" for kind in types)
        connection.execute(f"INSERT INTO {name} SELECT {chosen}", texts)


def _text(value: object) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() if isinstance(value, datetime) else str(value)


def dicts(found: duckdb.DuckDBPyConnection) -> Iterator[dict[str, Any]]:
    """Yield the rows of a statement that was executed, by the names of their columns."""
    names = [name for name, *_ in found.description or ()]
    for row in found.fetchall():
        yield dict(zip(names, row, strict=True))
