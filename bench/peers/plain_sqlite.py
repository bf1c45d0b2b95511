"""What one writes in an afternoon: the `csv` module, and `executemany` into SQLite: `DATABASE FILE`.

One transaction; four indexes, there from the start, as a logger that goes on adding needs them.
"""

from __future__ import annotations

import csv
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from bench.peers.protocol import Counted, done, ready
from bench.scene import COLUMNS

_INDEXED = ("started_local", "caller", "called", "source_channel")


def main(database: str, path: Path) -> None:
    """Load the file."""
    ready()
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(f"CREATE TABLE call ({', '.join(COLUMNS)})")
        for column in _INDEXED:
            connection.execute(f"CREATE INDEX call_by_{column} ON call ({column})")
        with path.open(newline="", encoding="utf-8") as file, connection:
            places = ", ".join("?" * len(COLUMNS))
            statement = f"INSERT INTO call VALUES ({places})"  # noqa: S608 - our own words
            connection.executemany(statement, csv.reader(file))
        calls = connection.execute("SELECT count(*) FROM call").fetchone()[0]
    done(Counted(calls=calls))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
