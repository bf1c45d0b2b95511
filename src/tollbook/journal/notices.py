"""What was found when a site was opened, and a person has to know: kept until somebody says that it is dealt with.

It stands in the journal since that is the file which outlives the others.
"""

from __future__ import annotations

import sqlite3

import msgspec

from tollbook.journal.journal import Journal
from tollbook.journal.writes import Write


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What was found and when (microseconds since 1970 UTC), and what to do."""

    number: int
    at: int
    what: str
    help: str


def leave(what: str, help_: str, at: int) -> Write:
    """Leave a notice; returns its number."""

    def write(connection: sqlite3.Connection) -> int:
        statement = "INSERT INTO notice (at, what, help) VALUES (?, ?, ?)"
        return int(connection.execute(statement, (at, what, help_)).lastrowid or 0)

    return write


def settle(number: int, at: int) -> Write:
    """Note that somebody has dealt with a notice; returns its number, 0 where none stood."""

    def write(connection: sqlite3.Connection) -> int:
        statement = "UPDATE notice SET done_at = ? WHERE number = ? AND done_at IS NULL"
        return number if connection.execute(statement, (at, number)).rowcount else 0

    return write


def standing(journal: Journal) -> list[Notice]:
    """Return the notices that nobody has dealt with yet, oldest first."""
    rows = journal.rows("SELECT number, at, what, help FROM notice WHERE done_at IS NULL ORDER BY number")
    return [Notice(**dict(zip(Notice.__struct_fields__, row, strict=True))) for row in rows]
