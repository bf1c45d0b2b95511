"""Columns of ours as tables that a statement reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
