"""What a process of its own does with a statement that nobody checked."""

from __future__ import annotations

from pathlib import Path

import duckdb

from tollbook.store.own_sql.apart import open_shut


def give_unchecked(snapshot: str, text: str) -> str:
    """Run whatever a text says in an instance as a checked statement has it; returns what came of it."""
    with open_shut(Path(snapshot)) as connection:
        try:
            if not connection.extract_statements(text):
                return "nothing"
            return str(connection.execute(text).fetchmany(1000))
        except duckdb.Error as fault:
            return f"refused: {fault}"
