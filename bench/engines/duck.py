"""Tollbook's own store, opened as the server opens it."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from bench.engines.timing import Answer, timed
from bench.questions import COLUMNS
from tollbook.store.store import Store

_COPY = """
INSERT INTO call BY NAME SELECT * REPLACE (
  md5(id::VARCHAR || '{copy}')::UUID AS id, body + {copy} AS body, started_at + {shift} AS started_at,
  answered_at + {shift} AS answered_at, ended_at + {shift} AS ended_at, started_local + {shift} AS started_local
) FROM small.call
"""
_SHIFT_S = 37


class Duck:
    """An open store."""

    def __init__(self, path: Path) -> None:
        self._store = Store(path)

    def ask(self, question: str) -> tuple[float, Answer]:
        """Return the seconds that an answer took, and the answer."""
        return timed(lambda: self._store.rows(question))

    def close(self) -> None:
        """Close the file."""
        self._store.close()


def multiply(small: Path, large: Path, times: int) -> None:
    """Make a store of an office so many times as busy in the same year: its calls again, some seconds apart."""
    shutil.copyfile(small, large)
    with duckdb.connect(str(large)) as connection:
        connection.execute(f"ATTACH '{small}' AS small (READ_ONLY)")
        for copy in range(1, times):
            shift = f"INTERVAL {copy * _SHIFT_S} SECOND"
            connection.execute(_COPY.format(copy=copy, shift=shift))


def export(path: Path, csv: Path) -> None:
    """Write the columns that reports use into a CSV file; an instant that never was stays empty."""
    with duckdb.connect(str(path), read_only=True) as connection:
        chosen = f"SELECT {', '.join(COLUMNS)} FROM calls"  # noqa: S608 - our own words
        connection.execute(f"COPY ({chosen}) TO '{csv}' (HEADER false)")
