"""SQLite with indexes: the database that most small programs keep their calls in."""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path

from bench.engines.timing import Answer, TookTooLong, timed
from bench.questions import COLUMNS, INDEXES, kind_of
from tollbook.clock import monotonic_s

_LOOK_EVERY = 1_000_000
"""Steps of SQLite's machine between two looks at the clock."""


class Lite:
    """An open database."""

    def __init__(self, path: Path, longest_s: float) -> None:
        self._connection = sqlite3.connect(path)
        self._longest_s = longest_s

    def ask(self, question: str) -> tuple[float, Answer]:
        """Return the seconds that an answer took, and the answer; raises `TookTooLong`."""
        deadline = monotonic_s() + self._longest_s
        self._connection.set_progress_handler(lambda: monotonic_s() > deadline, _LOOK_EVERY)
        try:
            return timed(lambda: self._connection.execute(question).fetchall())
        except sqlite3.OperationalError as fault:
            if monotonic_s() > deadline:
                raise TookTooLong(question) from fault
            raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def load(source: Path, target: Path) -> None:
    """Load a CSV file that DuckDB wrote, index it and count what is in it."""
    columns = ", ".join(f"{name} {_TYPES.get(kind_of(name), 'TEXT')}" for name in COLUMNS)
    connection = sqlite3.connect(target)
    connection.execute("PRAGMA synchronous = OFF")  # kind to it: what is measured here is not the loading
    connection.execute(f"CREATE TABLE calls ({columns})")
    places = ", ".join("nullif(?, '')" if name == "answered_at" else "?" for name in COLUMNS)
    with source.open(newline="", encoding="utf-8") as file, connection:
        statement = f"INSERT INTO calls VALUES ({places})"  # noqa: S608 - our own words
        connection.executemany(statement, csv.reader(file))
    for number, index in enumerate(INDEXES):
        connection.execute(f"CREATE INDEX calls_{number} ON calls ({index})")
    connection.execute("ANALYZE")
    connection.commit()
    connection.close()


_TYPES = {"integer": "INTEGER"}
