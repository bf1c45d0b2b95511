"""`sqlite-utils insert DATABASE call FILE --csv`: `DATABASE FILE`."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing

from sqlite_utils.cli import cli

from bench.peers.protocol import Counted, done, ready


def main(database: str, file: str) -> None:
    """Load the file."""
    ready()
    cli.main(["insert", database, "call", file, "--csv", "--no-headers", "--silent"], standalone_mode=False)
    with closing(sqlite3.connect(database)) as connection:
        calls = connection.execute("SELECT count(*) FROM call").fetchone()[0]
    done(Counted(calls=calls))


if __name__ == "__main__":
    main(*sys.argv[1:])
