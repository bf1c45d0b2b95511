"""A site's folder: its files, and the lock that makes one process its owner.

The folder holds secrets and telephone numbers, so it is made for its owner alone (0700).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import structlog
from filelock import FileLock, Timeout

from tollbook.clock import now_us
from tollbook.engine.care.restored import Trust, compare, remember
from tollbook.engine.care.rights import keep_to_owner
from tollbook.engine.centre.opening import opened_centre
from tollbook.engine.changes.positions import Positions
from tollbook.engine.fence_file import SAMPLE, read_fence, read_settings, read_store
from tollbook.journal import Journal, NotWritten
from tollbook.journal.high_water import HighWaterFile
from tollbook.journal.opening import not_usable
from tollbook.model.fence import FILE
from tollbook.model.problem import Misconfigured, Problem
from tollbook.store.faults import OutdatedStore, is_damaged, put_aside
from tollbook.store.ledger import EVERYTHING, Ledger, Scope
from tollbook.store.store import Store

if TYPE_CHECKING:
    from tollbook.engine.centre.asking import CentreTables

_log = structlog.get_logger()
RESTORING = ".restoring"
"""A folder that stands in a site's while a backup is put back into it."""


class SiteBusy(Exception):
    """Another process has the site open; the text names it."""


class Site:
    """An open site. `close` gives it free."""

    def __init__(self, path: Path, lock: FileLock) -> None:
        self.path = path
        self._lock = lock
        self.fence = read_fence(path)
        self.settings_elsewhere = self._settings_elsewhere()
        self.journal = Journal(path / "journal.sqlite")
        try:
            self.store = _open_store(path / "calls.duckdb")
            self.positions = _open_positions(path / "sinks.sqlite")
            self.settings = HighWaterFile(path / "site.sqlite")
            self.centre = self._centre()
            self.trust = self._compared()
            self.remember()
        except BaseException:
            self.journal.close()
            raise

    @classmethod
    def open(cls, path: Path, *, purpose: str) -> Site:
        """Open a site, making its folder where there is none; raises `SiteBusy` or `Misconfigured`."""
        _make_folder(path)
        if purpose != "restore" and (path / RESTORING).exists():
            help_ = f"`tollbook --site {path} restore BACKUP` once more, or remove the folder"
            raise Misconfigured(Problem("a restore was broken off here", "the site is not whole", str(path), help_))
        lock = _lock(path)
        try:
            keep_to_owner(path)
            _note_holder(path / "site.holder", purpose)
            if not (path / "journal.sqlite").exists():
                _write_sample(path / FILE)
            return cls(path, lock)
        except BaseException:
            lock.release()
            raise

    def _settings_elsewhere(self) -> bool:
        """Say whether PostgreSQL has the settings; raises `Misconfigured` where a file has some, too."""
        elsewhere = read_settings(self.path) is not None
        if elsewhere and (self.path / "site.sqlite").exists():
            reason = "site.sqlite is there, and [settings] says that they are in PostgreSQL"
            help_ = f"`tollbook --site {self.path} settings move` moves them there; or take [settings] away again"
            raise Misconfigured(Problem("settings are in two places", reason, str(self.path / FILE), help_))
        return elsewhere

    def _centre(self) -> CentreTables | None:
        """Return what a centre asks; raises `Misconfigured` for a site that has records of its own."""
        far = read_store(self.path)
        if far and self.journal.last_entry():
            reason = "it has taken records of its own PBXs, and a centre lets go of calls that are not the sites'"
            help_ = "serve another folder as the centre, and let this site send its calls there"
            raise Misconfigured(Problem("this site cannot be a centre", reason, str(self.path / FILE), help_))
        return opened_centre(far, self.fence) if far else None

    def ledger(self, scope: Scope = EVERYTHING) -> Ledger:
        """Return the ledger of the calls that a scope takes in, from wherever they are."""
        return self.centre.ledger(self.store, scope) if self.centre else Ledger(self.store, scope)

    def recent(self, ledger: Ledger) -> Ledger:
        """Return the ledger of recent calls that has the scope of another: at a centre, of those that are kept near."""
        return Ledger(self.store, ledger.scope) if self.centre else ledger

    def _compared(self) -> Trust:
        """Compare the files; a store of which a part turns out to be missing is made again first."""
        try:
            return compare(self, now_us())
        except duckdb.Error as fault:
            if not is_damaged(fault):
                raise
            self.store.begin_again(str(fault))
            return compare(self, now_us())

    def remember(self) -> None:
        """Note in each file how far the others are, so that an older one is noticed when it is put back."""
        try:
            remember(self)
        except (NotWritten, duckdb.Error) as fault:
            _log.warning("how far the files of the site are could not be noted", reason=str(fault))

    def close(self) -> None:
        """Close every file and give the site free."""
        self.remember()
        if self.centre:
            self.centre.close()
        self.positions.close()
        self.store.close()
        self.journal.close()
        with suppress(OSError):
            (self.path / "site.holder").unlink(missing_ok=True)
        self._lock.release()


def _lock(path: Path) -> FileLock:
    lock, holder = FileLock(path / "site.lock", timeout=0), path / "site.holder"
    try:
        lock.acquire()
    except Timeout:
        who = holder.read_text("utf-8") if holder.is_file() else "another process"
        message = f"the site {path} is in use by {who}"
        raise SiteBusy(message) from None
    return lock


@contextmanager
def locked(path: Path, purpose: str) -> Iterator[None]:
    """Keep everybody else from opening a site, without opening it; raises `SiteBusy`."""
    lock = _lock(path)
    try:
        _note_holder(path / "site.holder", purpose)
        yield
        (path / "site.holder").unlink(missing_ok=True)
    finally:
        lock.release()


def _note_holder(holder: Path, purpose: str) -> None:
    """Note who has the site open, for those who find it locked."""
    with suppress(OSError):
        holder.write_text(f"{purpose} (process {os.getpid()})", "utf-8")


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(13, "not writable")
    except OSError as fault:
        problem = Problem("the site's folder cannot be used", str(fault), str(path), "name a folder you may write to")
        raise Misconfigured(problem) from fault


def _write_sample(path: Path) -> None:
    """Show who comes to a new site how the fence is moved; a file that is there already was put there for it."""
    with suppress(FileExistsError), path.open("x", encoding="utf-8") as file:
        file.write(SAMPLE)


def _open_store(path: Path) -> Store:
    """Open the store; one that cannot be read is put aside, since it is made again from the journal."""
    try:
        return Store(path)
    except (OutdatedStore, duckdb.Error) as fault:
        if "Could not set lock" in str(fault):
            message = f"the store {path} is open in another program; close it there first"
            raise SiteBusy(message) from fault
        put_aside(path)
        store = Store(path)
        store.go_on_from_aside(str(fault))
        return store


def _open_positions(path: Path) -> Positions:
    """Open the sinks' positions; a file that cannot be read is put aside: sinks may be helped, collecting goes on.

    Raises `Misconfigured` for one that cannot be written, since what it holds would be lost.
    """
    try:
        return Positions(path)
    except OSError as fault:
        raise not_usable(path, fault) from fault
    except sqlite3.DatabaseError as fault:
        if path.is_file() and isinstance(fault, sqlite3.OperationalError):
            raise not_usable(path, fault) from fault
        aside = path.with_suffix(".unreadable")
        path.replace(aside)
        _log.warning("sinks.sqlite cannot be read and is put aside", reason=str(fault), old=aside.name)
        return Positions(path)
