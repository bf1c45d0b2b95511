"""Copies a SQLite file of a site while it is written to, by SQLite's own backup, and looks whether the copy is sound.

A copy is as the file was at one moment. What the files of a site remember of one another is left out of it: a set of
copies is of one moment, and restoring it is told otherwise.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tollbook.journal.checked import COLUMNS, entry_of

_PAGES = 512
"""Pages, of 4 KiB, that are copied before a writer has its turn."""
_TURN_S = 0.001
_PATIENCE_S = 30
Alive = Callable[[], None]
"""Called between the parts of a long copy; raises what is to end it."""


def copy_shared(connection: sqlite3.Connection, lock: threading.RLock, to: Path, alive: Alive) -> None:
    """Copy the file that a connection writes to, under the lock of its writers, who have their turn in between.

    Since they write by this very connection, SQLite puts into the copy what they write meanwhile, and need not begin
    again as for another's.
    """

    def let_others() -> None:
        lock.release()
        try:
            alive()
            time.sleep(_TURN_S)
        finally:
            lock.acquire()

    with lock, closing(_new(to)) as copy:
        connection.backup(copy, pages=_PAGES, progress=lambda *_counts: let_others(), sleep=_TURN_S)
        _forget_marks(copy)


def copy_file(path: Path, to: Path) -> None:
    """Copy a file at one go; who would write in rollback mode waits until it is done."""
    with closing(sqlite3.connect(path, timeout=_PATIENCE_S)) as connection, closing(_new(to)) as copy:
        connection.backup(copy)
        _forget_marks(copy)


def _new(path: Path) -> sqlite3.Connection:
    copy = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    copy.execute("PRAGMA synchronous = OFF")  # whoever asked for the copy puts it on the disk when it is whole
    return copy


def _forget_marks(copy: sqlite3.Connection) -> None:
    """Leave a file that is one with its log, and remembers nothing of others."""
    copy.execute("PRAGMA journal_mode = DELETE")
    if copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'high_water'").fetchone():
        copy.execute("DELETE FROM high_water")


def fault_of(path: Path) -> str:
    """Return what SQLite finds wrong with a copy that nobody writes to; nothing where it is sound."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as copy:
            found = str(copy.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as fault:
        return str(fault)
    return "" if found == "ok" else found


def damaged_entries(path: Path, alive: Alive) -> int:
    """Return how many entries of a copy of the journal do not fit their checksums."""
    damaged = 0
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as copy:
        for row in copy.execute(f"SELECT {COLUMNS} FROM entry ORDER BY id"):  # noqa: S608 - our own names
            damaged += bool(entry_of(row).damage)
            if row[0] % 1000 == 0:
                alive()
    return damaged


def versions_of(path: Path) -> tuple[int, list[str]]:
    """Return the version in a SQLite file's header, and the changes of its tables that Django has applied."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as copy:
        version = int(copy.execute("PRAGMA user_version").fetchone()[0])
        if not copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'django_migrations'").fetchone():
            return version, []
        applied = copy.execute("SELECT app, name FROM django_migrations ORDER BY app, name").fetchall()
    return version, [f"{app} {name}" for app, name in applied]
