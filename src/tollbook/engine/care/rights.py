"""Keeps a site to its owner: its folder and files hold telephone numbers, and passwords of PBXs and databases."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import structlog

_log = structlog.get_logger()
_OTHERS = 0o077


def keep_to_owner(site: Path) -> int:
    """Take rights away that others have to a site's folder and files; return to how many they had some.

    A file that belongs to somebody else than the folder, such as a `tollbook.toml` that root wrote for a server of less
    rights, is left as it is, and so is what a link leads to. What cannot be changed is left: the doctor tells of it.
    """
    owner, mended = site.stat().st_uid, 0
    for path in (site, *_all_in(site)):
        with suppress(OSError):
            there = path.lstat()
            if there.st_mode & _OTHERS and there.st_uid == owner and not stat.S_ISLNK(there.st_mode):
                path.chmod(stat.S_IMODE(there.st_mode) & ~_OTHERS)
                mended += not path.lstat().st_mode & _OTHERS
    if mended:
        _log.warning("others on this machine could read the site; it is its owner's alone now", places=mended)
    return mended


def _all_in(site: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(site):
        yield from (Path(place, name) for name in (*folders, *names))
