"""Makes a backup of a site while it takes calls: everything in its folder that cannot be made again.

What always holds. Whatever a site's folder holds is taken, unless it stands in `_LEFT_OUT`: a folder that a later
version brings is in a backup without a word here. The backup is filled beside its place, checked by opening what was
copied, and renamed once it is whole, so that a folder with the name of a backup is one.

The order of the files: where sinks stand comes first, then the ledger, then the journal, then the rest. So no sink is
further than the ledger, and no call in the ledger lacks its bytes. What came between is in the journal, and is stored
when the backup is restored.
"""

from __future__ import annotations

import glob
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from fnmatch import fnmatch
from importlib.metadata import version
from pathlib import Path

import duckdb

from tollbook import clock
from tollbook.engine.care import manifest
from tollbook.engine.care.manifest import Manifest
from tollbook.engine.site import Site
from tollbook.journal import copying
from tollbook.model.problem import Misconfigured, Problem, Unavailable
from tollbook.store.schema import VERSION as LEDGER_VERSION

_LEFT_OUT = (
    "site.lock",
    "site.holder",
    "server.json",
    "moment",
    "uploads",
    "files",
    "journal.reserve",
    "journal.part",
    "places.sqlite",
    "site.sqlite.moved",
    "*.unreadable",
    "*.new",
    "*-wal",
    "*-shm",
    "*-journal",
    "*.wal",
    "*.tmp",
)
"""What lies at the top of a site's folder and means nothing elsewhere: locks, notes of the moment, SQLite's and
DuckDB's own logs (their contents are in the copies), what was put aside as unreadable, room kept free, and the table of
places, which is made again."""
_SINKS, _LEDGER, _JOURNAL, _SETTINGS = "sinks.sqlite", "calls.duckdb", "journal.sqlite", "site.sqlite"
_SQLITE = b"SQLite format 3\0"
PART = ".part"
Progress = Callable[[int, int], None]
"""Told how many bytes of how many are there; raises what is to end the backup."""


def check_place(site: Path, into: Path) -> None:
    """Raise `Misconfigured` where a backup cannot go: it names a new or empty folder outside the site."""
    if not into.is_absolute():
        raise Misconfigured(
            Problem("a backup's folder must be a full path", f"got {str(into)!r}", help="such as /srv/backups/today")
        )
    reason, help_ = "", "name a folder that is not there yet"
    real = Path(os.path.realpath(into))
    if real.is_relative_to(os.path.realpath(site)):
        reason, help_ = "it is in the site's own folder", "choose a place outside, best on another disk"
    elif not into.parent.is_dir():
        reason, help_ = f"there is no folder {into.parent}", "make it first, for the user that runs Tollbook"
    elif os.path.lexists(into) and (not into.is_dir() or any(into.iterdir())):
        reason = "something is there already"
    elif not os.access(into.parent, os.W_OK | os.X_OK):
        reason = f"this process may not write to {into.parent}"
        help_ = "let the user that runs Tollbook write there; under systemd also name it in ReadWritePaths="
    if reason:
        raise Misconfigured(Problem("no backup can be made there", reason, str(into), help_))


def make_backup(site: Site, into: Path, told: Progress) -> Manifest:
    """Make a backup, checked and on the disk when this returns.

    Raises `Misconfigured` for a place that will not do, `Unavailable` where it cannot be made, and what `told` raises;
    then nothing is left of it.
    """
    check_place(site.path, into)
    for left in into.parent.glob(f".{glob.escape(into.name)}-????????{PART}"):
        shutil.rmtree(left, ignore_errors=True)  # of one that was killed: a site makes one backup at a time
    _check_room(site.path, into.parent)
    part = Path(tempfile.mkdtemp(prefix=f".{into.name}-", suffix=PART, dir=into.parent))
    try:
        made = _fill(site, part, told)
        _put_in_place(part, into)
    except (OSError, sqlite3.Error, duckdb.Error) as fault:
        raise Unavailable(f"the backup could not be made: {fault}") from fault
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return made


def _check_room(site: Path, folder: Path) -> None:
    needed, free = sum(size for _, size in _sizes(site)), shutil.disk_usage(folder).free
    if free < needed:
        raise Unavailable(f"the backup needs {needed >> 20} MB, and {free >> 20} MB are free in {folder}")


def _sizes(site: Path) -> Iterator[tuple[Path, int]]:
    for path in files_of(site):
        with suppress(OSError):
            yield path, path.stat().st_size


def files_of(site: Path) -> Iterator[Path]:
    """Yield every file of a site that belongs into a backup; a link stands for what it leads to."""
    for top in sorted(site.iterdir()):
        if any(fnmatch(top.name, pattern) for pattern in _LEFT_OUT):
            continue
        if top.is_file():
            yield top
        elif top.is_dir():
            yield from _within(top, frozenset())


def _within(folder: Path, above: frozenset[str]) -> Iterator[Path]:
    real = os.path.realpath(folder)
    if real in above:
        return  # a link that leads back up
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            yield from _within(path, above | {real})
        elif path.is_file():
            yield path


def _fill(site: Site, part: Path, told: Progress) -> Manifest:
    made_at = clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
    of = sum(size for _, size in _sizes(site.path))

    def alive() -> None:
        told(_size_of(part), of)

    alive()
    copying.copy_file(site.path / _SINKS, part / _SINKS)
    calls = site.store.copy_to(part / _LEDGER)
    alive()
    site.journal.copy_to(part / _JOURNAL, alive)
    if site.settings_elsewhere:
        _copy_settings(part / _SETTINGS)
        alive()
    for path in files_of(site.path):
        to = part / path.relative_to(site.path)
        if not to.exists():
            _copy(path, to)
            alive()
    return _closed(site, part, made_at, calls, alive)


def _copy_settings(to: Path) -> None:
    """Write what PostgreSQL has of this site as the file that it would be, which is restored into either."""
    from django.db import connections

    from tollbook.site.copying import copy_into_file

    try:
        copy_into_file(to)
    finally:
        connections.close_all()


def _copy(path: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("rb") as file:
        is_database = file.read(len(_SQLITE)) == _SQLITE
    if is_database:
        copying.copy_file(path, to)
    else:
        shutil.copyfile(path, to)


def _closed(site: Site, part: Path, made_at: str, calls: int, alive: copying.Alive) -> Manifest:  # noqa: PLR0913, PLR0917 - what a manifest is made of
    """Check the copies, list them, and have all of it on the disk."""
    for path in sorted(part.rglob("*.sqlite")):
        fault = copying.fault_of(path)
        if fault:
            raise Unavailable(
                f"the copy of {path.name} is not sound ({fault}); `tollbook doctor` looks at the site's own",
            )
    settings = part / _SETTINGS
    made = Manifest(
        tollbook=version("tollbook"),
        site=str(site.path),
        made_at=made_at,
        journal=copying.versions_of(part / _JOURNAL)[0],
        ledger=LEDGER_VERSION,
        settings=copying.versions_of(settings)[1] if settings.exists() else [],
        calls=calls,
        damaged=copying.damaged_entries(part / _JOURNAL, alive),
        files=[manifest.backed_up(part, path) for path in sorted(part.rglob("*")) if path.is_file()],
    )
    manifest.write(part, made)
    manifest.settle_on_disk(part)
    return made


def _put_in_place(part: Path, into: Path) -> None:
    if into.exists():
        into.rmdir()  # it is empty; anything else was refused
    part.rename(into)
    manifest.sync(into.parent)


def _size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
