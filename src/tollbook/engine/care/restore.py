"""Puts a backup into an empty folder, and lets what was made of it go on as a site.

What always holds. Every file is copied, compared with its checksum and on the disk before the first one has its place.
While `.restoring` stands in a folder it is no site: whoever opens it is told to restore once more.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog

from tollbook.engine.care import manifest
from tollbook.engine.care.manifest import BackedUp, Manifest
from tollbook.engine.site import RESTORING, Site
from tollbook.journal import notices, writes
from tollbook.journal.schema import VERSION as JOURNAL_VERSION
from tollbook.model.problem import Misconfigured, Problem, Unavailable
from tollbook.store.schema import VERSION as LEDGER_VERSION

_log = structlog.get_logger()
_ROUND = 1_000_000_000
Unknown = Callable[[list[str]], list[str]]
"""Returns those changes of the settings' tables that this program does not know."""
Progress = Callable[[int, int], None]


def put_back(backup: Path, site: Path, unknown: Unknown, told: Progress) -> Manifest:
    """Fill a site's folder from a backup; `begin_anew` has to follow, on the site once it is open.

    Raises `Misconfigured` for a folder that is no backup, is of a newer program, or lies where something is already,
    and `Unavailable` for a backup that is damaged; the site's folder is then as it was.
    """
    made = manifest.read(backup)
    _check_versions(backup, made, unknown)
    _check_empty(site, made)
    part = site / RESTORING
    try:
        site.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700)
        _copy_all(backup, part, made.files, told)
    except OSError as fault:
        shutil.rmtree(part, ignore_errors=True)
        raise Unavailable(f"the backup cannot be copied: {fault}") from fault
    except Unavailable:
        shutil.rmtree(part, ignore_errors=True)
        raise
    _move_all(part, site, made.files)
    return made


def _check_versions(backup: Path, made: Manifest, unknown: Unknown) -> None:
    newer = [
        f"the {name} has version {number}, and this program reads up to {most}"
        for name, number, most in (
            ("journal", made.journal, JOURNAL_VERSION),
            ("ledger", made.ledger, LEDGER_VERSION),
        )
        if number > most
    ]
    newer += [f"the settings have a change that this program does not know: {name}" for name in unknown(made.settings)]
    if newer:
        help_ = f"restore it with Tollbook {made.tollbook}, or a newer one"
        raise Misconfigured(Problem("the backup is of a newer Tollbook", "; ".join(newer), str(backup), help_))


def _check_empty(site: Path, made: Manifest) -> None:
    """Raise `Misconfigured` where something is that a restore of this backup, broken off, has not left."""
    if not os.path.lexists(site):
        return
    if not site.is_dir():
        raise Misconfigured(
            Problem("the site's folder cannot be used", "it is a file", str(site), "name a new or empty folder")
        )
    there = {path.name for path in site.iterdir()}
    if RESTORING in there:
        there -= {RESTORING, *(file.path.partition("/")[0] for file in made.files)}
    if there:
        reason = f"{', '.join(sorted(there)[:3])}{' and more' if len(there) > 3 else ''} stand there"  # noqa: PLR2004 - enough to know it by
        help_ = "restore into a new folder, or move that one out of the way first"
        raise Misconfigured(Problem("the site's folder is not empty", reason, str(site), help_))


def _copy_all(backup: Path, part: Path, files: list[BackedUp], told: Progress) -> None:
    done, of = 0, sum(file.bytes for file in files)
    for file in files:
        to = part / file.path
        to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(backup / file.path, to)
        if (to.stat().st_size, manifest.sha256_of(to)) != (file.bytes, file.sha256):
            raise Unavailable(f"{file.path} in the backup is not as it was written: take another backup")
        done += file.bytes
        told(done, of)
    manifest.settle_on_disk(part)


def _move_all(part: Path, site: Path, files: list[BackedUp]) -> None:
    """Give each file its place, and to whom the folder belongs: root may restore for the user that serves the site."""
    for name in sorted({file.path.partition("/")[0] for file in files}):
        if (site / name).is_dir():
            shutil.rmtree(site / name)
        (part / name).replace(site / name)
    site.chmod(0o700)
    give_to_owner(site)
    manifest.sync(site)


def give_to_owner(site: Path) -> None:
    """Let everything in a folder belong to whom the folder belongs, where this process may say so."""
    owner = site.stat()
    if os.name == "nt" or os.geteuid() != 0 or owner.st_uid == 0:
        return
    for place, folders, names in os.walk(site):
        for name in (*folders, *names):
            os.chown(Path(place, name), owner.st_uid, owner.st_gid, follow_symlinks=False)


def begin_anew(site: Site, made: Manifest, at: int, doubted: Iterable[str]) -> None:
    """Let a site that was put back go on apart from the one that the backup was made of.

    That one may have gone on, and handed out numbers that are given again here: of bodies, entries and changes. So all
    of them go on far above, and of the sinks in `doubted`, which do not overwrite, a person says where they stand.
    """
    journal, store = site.journal, site.store
    given_out = max(journal.last_entry(), journal.last_body(), store.last_body(), store.progress()[0])
    journal.write(writes.go_on_after((given_out // _ROUND + 1) * _ROUND, at, "a backup was restored"))
    before = store.position()
    store.begin_epoch()
    site.positions.move_on(str(before.epoch), str(store.position().epoch), before.last)
    for sink in doubted:
        site.positions.doubt(sink)
    what = f"this site was restored from a backup of {made.made_at}: calls taken since then are not in it"
    help_ = "import what you have of the time since, and see that no other Tollbook asks the same PBXs"
    journal.write(notices.leave(what, help_, at))
    site.remember()
    shutil.rmtree(site.path / RESTORING)
