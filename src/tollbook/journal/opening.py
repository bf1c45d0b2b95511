"""Opens the file of the journal so that what is committed is on the disk, or says why it cannot be used.

WAL is used only where the SQLite library is 3.51.3 or newer: older ones can lose a committed write in WAL mode
(https://sqlite.org/wal.html#walresetbug). With a rollback journal `synchronous=EXTRA` also syncs the directory, so
that a power cut right after a commit cannot bring the rolled-back state back.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from tollbook.journal.schema import RESTORE, prepare
from tollbook.model.problem import Misconfigured, Problem

WAL_IS_SAFE_FROM = (3, 51, 3)
WAL = "WAL"
"""The mode in which readers and a writer do not wait for each other."""


def connected(path: Path) -> sqlite3.Connection:
    """Open the file; raises `Misconfigured` where it cannot be read and written."""
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
    except sqlite3.OperationalError as fault:
        raise not_usable(path, fault) from fault
    if not os.access(path, os.W_OK, effective_ids=True):  # SQLite would say so at the first write
        connection.close()
        raise not_usable(path, PermissionError("it cannot be written"))
    return connection


def not_usable(path: Path, fault: Exception) -> Misconfigured:
    """Return what is wrong with a file of a site that is in nobody's hands but ours, and cannot be used."""
    help_ = "let it be a file that Tollbook may write to, on a disk with room, and that no other program holds"
    return Misconfigured(Problem(f"{path.name} cannot be used", str(fault), str(path), help_))


def set_up(connection: sqlite3.Connection, path: Path) -> str:
    """Make the tables that are lacking, and return the mode in words; raises `Misconfigured`."""
    wal = sqlite3.sqlite_version_info >= WAL_IS_SAFE_FROM
    try:
        connection.execute(f"PRAGMA journal_mode = {'WAL' if wal else 'DELETE'}")
        connection.execute(f"PRAGMA synchronous = {'FULL' if wal else 'EXTRA'}")
        connection.execute("PRAGMA cache_size = -4096")
        connection.execute("PRAGMA foreign_keys = ON")
        prepare(connection, path)
    except sqlite3.OperationalError as fault:
        raise not_usable(path, fault) from fault
    except sqlite3.DatabaseError as fault:
        raise Misconfigured(Problem(f"{path.name} is damaged", str(fault), str(path), RESTORE)) from fault
    return WAL if wal else "rollback journal"
