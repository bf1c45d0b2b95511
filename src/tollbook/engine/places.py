"""Looks up where a number is at home, in a file of the site that is made when it is first asked for.

The file, `places.sqlite`, holds phonenumbers' table of places, which no server may keep in memory. A process of its own
makes it, once for each version of phonenumbers. It may be deleted at any time: it is made again.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import phonenumbers
import structlog

from tollbook.engine.jobs import JobFailed, Jobs
from tollbook.numbering.places import place_names, place_of

FILE = "places.sqlite"
_VERSION = phonenumbers.__version__
_log = structlog.get_logger()


class PlacesFile:
    """The file of places of a site; any thread may use it."""

    def __init__(self, site: Path, jobs: Jobs) -> None:
        self._path, self._jobs = site.absolute() / FILE, jobs
        self._lock = threading.Lock()
        self._maker: threading.Thread | None = None
        self._failed = False

    @property
    def is_coming(self) -> bool:
        """Whether the file is being made, so that it is worth asking once more."""
        return self._maker is not None and self._maker.is_alive()

    def find(self, e164: str | None) -> str | None:
        """Return the town or region of a number of E.164.

        None where nothing more than its country is known, and while the file is being made: then `is_coming`.
        """
        if not e164:
            return None
        try:
            with closing(sqlite3.connect(f"{self._path.as_uri()}?mode=ro", uri=True)) as connection:
                if connection.execute("SELECT version FROM made_of").fetchone() == (_VERSION,):
                    return place_of(e164, _looked_up(connection))
        except sqlite3.Error:
            pass  # none yet, or not readable
        self._begin()
        return None

    def wait(self) -> None:
        """Return when no file is being made any more."""
        if self._maker:
            self._maker.join()

    def _begin(self) -> None:
        with self._lock:
            if not self.is_coming and not self._failed:
                self._maker = threading.Thread(target=self._make, name="places", daemon=True)
                self._maker.start()

    def _make(self) -> None:
        try:
            self._jobs.run(write_places, self._path)
        except JobFailed as fault:
            self._failed = True
            _log.warning("the places of numbers are not shown until the next start", reason=str(fault))


def _looked_up(connection: sqlite3.Connection) -> Callable[[list[str]], str | None]:
    def look_up(beginnings: list[str]) -> str | None:
        marks = ", ".join("?" * len(beginnings))
        query = f"SELECT name FROM place WHERE beginning IN ({marks}) ORDER BY beginning DESC LIMIT 1"  # noqa: S608 - marks
        found = connection.execute(query, [int(each) for each in beginnings]).fetchone()
        return str(found[0]) if found else None

    return look_up


def write_places(path: Path) -> None:
    """Write the file of places; it is there whole or not at all."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    new.touch(0o600)
    with closing(sqlite3.connect(new)) as connection, connection:
        connection.execute("CREATE TABLE made_of (version TEXT NOT NULL)")
        connection.execute("CREATE TABLE place (beginning INTEGER PRIMARY KEY, name TEXT NOT NULL)")
        connection.executemany("INSERT INTO place VALUES (?, ?)", place_names())
        connection.execute("INSERT INTO made_of VALUES (?)", [_VERSION])
    new.replace(path)
