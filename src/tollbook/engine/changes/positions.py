"""Where each sink stands, and what it gave up sending: `sinks.sqlite` in the site's folder.

It is apart from the store, which may be thrown away and made again. If it is lost, or an older one is put back, a sink
that overwrites is filled again from the start; of any other nobody knows what it was handed, and a person has to say.
"""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any

import msgspec

from tollbook.journal.high_water import HighWaterFile
from tollbook.model.sink import DeadLetter

_TABLES = """
CREATE TABLE IF NOT EXISTS position (
  sink TEXT PRIMARY KEY, epoch TEXT NOT NULL, change INTEGER NOT NULL, begun INTEGER NOT NULL, until INTEGER NOT NULL,
  since TEXT NOT NULL, fresh INTEGER NOT NULL, sent INTEGER NOT NULL, removed INTEGER NOT NULL, last_sent_at TEXT
);
CREATE TABLE IF NOT EXISTS letter (
  number INTEGER PRIMARY KEY AUTOINCREMENT, sink TEXT NOT NULL, at TEXT NOT NULL, reason TEXT NOT NULL,
  calls INTEGER NOT NULL, content BLOB NOT NULL
);
"""


class ChangePosition(msgspec.Struct, frozen=True, kw_only=True):
    """Where a sink stands: it has all changes of an epoch up to `change`.

    A backfill went from `begun` to `until`, with calls from the day `since` on; `fresh` while nothing was there before.
    """

    sink: str
    epoch: str
    change: int
    begun: int = 0
    until: int = 0
    since: str = ""
    fresh: bool = False
    sent: int = 0
    removed: int = 0
    last_sent_at: str | None = None


NOBODY_KNOWS = ""
"""An epoch that is none: what a sink was handed before is not known."""


class Positions:
    """The file, for any thread.

    Making one raises `sqlite3.DatabaseError` for a file that is damaged, and of that `sqlite3.OperationalError`, or
    OSError, where it cannot be used.
    """

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)  # raises for a file that cannot be written; SQLite would say so at the first write
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.executescript(_TABLES)
        except BaseException:
            self._connection.close()
            raise
        self.file = HighWaterFile(path)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def of(self, sink: str) -> ChangePosition | None:
        """Return where a sink stands."""
        names = ", ".join(ChangePosition.__struct_fields__)
        rows = self._run(f"SELECT {names} FROM position WHERE sink = ?", sink)  # noqa: S608 - our own names
        return (
            msgspec.convert(
                dict(zip(ChangePosition.__struct_fields__, rows[0], strict=True)),
                ChangePosition,
                strict=False,
            )
            if rows
            else None
        )

    def begin(self, sink: str, epoch: str, change: int) -> None:
        """Let a sink that stands nowhere begin after a change."""
        if self.of(sink) is None:
            self.note(ChangePosition(sink=sink, epoch=epoch, change=change))

    def furthest(self, epoch: str) -> int:
        """Return the highest number of a change that a sink has been handed in an epoch, 0 where there is none."""
        return int(self._run("SELECT coalesce(max(change), 0) FROM position WHERE epoch = ?", epoch)[0][0])

    def move_on(self, before: str, epoch: str, last: int) -> None:
        """Let sinks that were handed no more than the store's `last` change go on in its new epoch."""
        statement = "UPDATE position SET epoch = ?, until = min(until, ?) WHERE epoch = ? AND change <= ?"
        self._run(statement, epoch, last, before, last)

    def doubt(self, sink: str) -> None:
        """Note that nobody knows what a sink was handed."""
        self._run("UPDATE position SET epoch = ? WHERE sink = ?", NOBODY_KNOWS, sink)

    def note(self, stand: ChangePosition) -> None:
        """Note where a sink stands."""
        marks = ", ".join("?" * len(ChangePosition.__struct_fields__))
        self._run(f"INSERT OR REPLACE INTO position VALUES ({marks})", *msgspec.structs.astuple(stand))  # noqa: S608 - our own names

    def forget(self, sink: str) -> None:
        """Let a sink stand nowhere, and throw away what it gave up."""
        self._run("DELETE FROM position WHERE sink = ?", sink)
        self._run("DELETE FROM letter WHERE sink = ?", sink)

    def put_aside(self, sink: str, letter: DeadLetter) -> None:
        """Keep a delivery that was given up."""
        values = (sink, letter.at, letter.reason, letter.calls, letter.content)
        self._run("INSERT INTO letter (sink, at, reason, calls, content) VALUES (?, ?, ?, ?, ?)", *values)

    def dead_letters(self, sink: str) -> list[DeadLetter]:
        """Return the deliveries that were given up, oldest first."""
        query = "SELECT number, at, reason, calls, content FROM letter WHERE sink = ? ORDER BY number"
        return [
            DeadLetter(number=number, at=at, reason=reason, calls=calls, content=content)
            for number, at, reason, calls, content in self._run(query, sink)
        ]

    def count_letters(self, sink: str) -> int:
        """Return how many deliveries were given up."""
        return int(self._run("SELECT count(*) FROM letter WHERE sink = ?", sink)[0][0])

    def bytes_of_dead_letters(self, sink: str) -> int:
        """Return how much the deliveries that were given up come to."""
        return int(self._run("SELECT coalesce(sum(length(content)), 0) FROM letter WHERE sink = ?", sink)[0][0])

    def delivered(self, number: int) -> None:
        """Throw away a delivery that has been taken after all."""
        self._run("DELETE FROM letter WHERE number = ?", number)

    def _run(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 - what SQLite can hold
        with self._lock:
            return self._connection.execute(statement, values).fetchall()
