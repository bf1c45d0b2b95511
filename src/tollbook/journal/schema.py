"""The tables of `journal.sqlite`, and how a file of an earlier version becomes one of today's.

The file says what it is in SQLite's own header: `application_id` spells "Toll", `user_version` counts the versions of
this schema. A file of a newer version, or of another program, is refused and left as it is.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from uuid import uuid4

from tollbook.journal import high_water
from tollbook.model.problem import Misconfigured, Problem

APPLICATION_ID = int.from_bytes(b"Toll", "big")
VERSION = 3
"""The second knows imports that were taken back: a program that does not would read them again. The third knows bodies
whose bytes were dropped since they are old: a program that does not would take their files anew."""
RESTORE = "put journal.sqlite back from a backup; `tollbook guide keeping-every-call` says how"

_TABLES = (
    """CREATE TABLE IF NOT EXISTS body (
  id INTEGER PRIMARY KEY, pbx TEXT NOT NULL, source TEXT NOT NULL, origin TEXT NOT NULL, opened_at INTEGER NOT NULL,
  ended_at INTEGER, state TEXT NOT NULL DEFAULT 'open', reason TEXT NOT NULL DEFAULT '',
  length INTEGER NOT NULL DEFAULT 0, mark TEXT NOT NULL DEFAULT '', sum INTEGER, dropped_at INTEGER
) STRICT""",
    """CREATE TABLE IF NOT EXISTS entry (
  id INTEGER PRIMARY KEY, body INTEGER NOT NULL REFERENCES body, kind TEXT NOT NULL, at INTEGER NOT NULL,
  start INTEGER NOT NULL, length INTEGER NOT NULL, packed INTEGER NOT NULL DEFAULT 0, data BLOB NOT NULL, sum INTEGER
) STRICT""",
    "CREATE TABLE IF NOT EXISTS journal (life TEXT NOT NULL) STRICT",
    """CREATE TABLE IF NOT EXISTS notice (
  number INTEGER PRIMARY KEY, at INTEGER NOT NULL, what TEXT NOT NULL, help TEXT NOT NULL, done_at INTEGER
) STRICT""",
    high_water.TABLE,
    "CREATE INDEX IF NOT EXISTS body_by_origin ON body (pbx, origin, id)",
    "CREATE INDEX IF NOT EXISTS entry_by_place ON entry (body, start)",
    "CREATE INDEX IF NOT EXISTS entry_unpacked ON entry (id) WHERE packed = 0 AND kind = 'data'",
    "CREATE INDEX IF NOT EXISTS entry_unsummed ON entry (id) WHERE sum IS NULL",
)
_INDEX = "CREATE INDEX IF NOT EXISTS body_by_pbx ON body (pbx)"
"""For the newest bodies of a PBX: a PBX that connects for each call has a body for each. Files of this version that
were made before it lack it, and any program of this version can go without."""
_IMPORTS = "CREATE INDEX IF NOT EXISTS import_by_pbx ON body (pbx, id) WHERE source = 'import'"
_FROM_0 = (
    "ALTER TABLE entry ADD COLUMN sum INTEGER",
    "ALTER TABLE body ADD COLUMN sum INTEGER",
    "DROP INDEX IF EXISTS entry_by_body",
)
"""The first version had no sums, and did not say that it was the first."""
_TO_3 = "ALTER TABLE body ADD COLUMN dropped_at INTEGER"


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables, or those that an earlier version lacks; raises `Misconfigured` for a file that is no journal."""
    application, version = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in _HEADER)
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if application not in (0, APPLICATION_ID) or (there and "entry" not in there):
        raise Misconfigured(Problem(f"{path.name} is no journal", "another program made this file", str(path), RESTORE))
    if version > VERSION:
        reason = f"it has version {version}, and this program reads up to {VERSION}"
        help_ = "start the newer program again"
        raise Misconfigured(Problem(f"{path.name} was written by a newer Tollbook", reason, str(path), help_))
    if version == VERSION:
        connection.execute(_INDEX)
        return
    connection.execute("BEGIN IMMEDIATE")
    earlier = (*(_FROM_0 if not version else ()), _TO_3) if there else ()
    for statement in (*earlier, *_TABLES, _INDEX, _IMPORTS):
        connection.execute(statement)
    if not version:
        connection.execute("INSERT INTO journal VALUES (?)", (str(uuid4()),))
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


_HEADER = ("application_id", "user_version")
