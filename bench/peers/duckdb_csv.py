"""DuckDB's own reader of CSV files into a table of a new file: `DATABASE FILE`."""

from __future__ import annotations

import sys

import duckdb

from bench.peers.protocol import Counted, done, ready
from bench.scene import COLUMNS


def main(database: str, file: str) -> None:
    """Load the file."""
    kinds = {name: {"_s": "INTEGER", "_local": "TIMESTAMP"}.get(name[name.rfind("_") :], "VARCHAR") for name in COLUMNS}
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in kinds.items())
    reader = f"read_csv(?, header = false, columns = {{{columns}}})"
    ready()
    connection = duckdb.connect(database)
    connection.execute(f"CREATE TABLE call AS SELECT * FROM {reader}", [file])  # noqa: S608 - our own words
    calls = connection.execute("SELECT count(*) FROM call").fetchall()[0][0]
    connection.close()
    done(Counted(calls=calls))


if __name__ == "__main__":
    main(*sys.argv[1:])
