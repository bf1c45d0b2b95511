"""Files as the folder source needs them: found, compared with what was taken, read, and let go."""

from __future__ import annotations

import asyncio
from fnmatch import fnmatch
from pathlib import Path

import msgspec

from tollbook.clock import now_us
from tollbook.model.body import Body
from tollbook.model.problem import Unavailable
from tollbook.model.shape import ARCHIVES, ENOUGH, sniff
from tollbook.sources.contract import Past
from tollbook.sources.folder.options import Options

PIECE = 1 << 20
_COMPARED = 1 << 16
"""Bytes compared at either end of a file that has changed while it was being watched."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it looks now. `look` changes when the file does; `age_s` is the time since its last change."""

    path: Path
    size: int
    look: str
    inode: int
    age_s: float

    @property
    def origin(self) -> str:
        """The file's name in the journal."""
        return str(self.path)


def find(options: Options) -> list[Found]:
    """Return the files to take, oldest first; raises `Unavailable` where the folder cannot be read."""
    root = Path(options.path)
    try:
        paths = [root] if root.is_file() else [each for each in root.iterdir() if _wanted(each, options)]
    except OSError as fault:
        message = f"the folder {root} cannot be read: {fault.strerror}; does it exist, may this user enter it?"
        raise Unavailable(message) from fault
    found = [_found(path) for path in paths]
    return sorted((each for each in found if each), key=lambda each: (-each.age_s, each.origin))


def _wanted(path: Path, options: Options) -> bool:
    hidden = path.name.startswith(".") or path.name.endswith((".part", ".tmp", ".crdownload"))
    return not hidden and any(fnmatch(path.name, name) for name in options.names) and path.is_file()


def _found(path: Path) -> Found | None:
    try:
        status = path.stat()
    except OSError:
        return None  # it went between being listed and being looked at
    look = f"{status.st_size}:{status.st_mtime_ns}:{status.st_ino}"
    age_s = max(now_us() / 1_000_000 - status.st_mtime, 0.0)
    return Found(path=path, size=status.st_size, look=look, inode=status.st_ino, age_s=age_s)


def read_piece(path: Path, start: int, most: int = PIECE) -> bytes:
    """Return up to `most` bytes of a file from a position on."""
    with path.open("rb") as file:
        file.seek(start)
        return file.read(most)


def is_archive(path: Path) -> bool:
    """Say whether a file is an archive, by its first bytes; one that is too short to tell may be."""
    try:
        shape = sniff(read_piece(path, 0, ENOUGH), ended=False)
    except OSError:
        return True
    return shape is None or shape in ARCHIVES


def last_line_end(data: bytes) -> int:
    """Return the length of `data` up to and with its last line end."""
    return max(data.rfind(b"\n"), data.rfind(b"\r")) + 1


async def begins_with(path: Path, body: Body, past: Past, *, thorough: bool = True) -> bool:
    """Say whether a file begins with all the bytes of a body (its first and last ones, when not thorough)."""
    if thorough or body.length <= 2 * _COMPARED:
        return await _same(path, body, past, range(body.length))
    ends = (range(_COMPARED), range(body.length - _COMPARED, body.length))
    return all([await _same(path, body, past, end) for end in ends])


async def _same(path: Path, body: Body, past: Past, where: range) -> bool:
    start = where.start
    while start < where.stop:
        kept = (await past.read(body.id, start))[: where.stop - start]
        there = await asyncio.to_thread(read_piece, path, start, len(kept))
        if not kept or kept != there:
            return False
        start += len(kept)
    return True


def dispose(found: Found, options: Options) -> None:
    """Move or delete a taken file, unless it has changed since; raises OSError."""
    now = _found(found.path)
    if now is None or now.look != found.look:
        return
    if options.after == "delete":
        found.path.unlink()
        return
    target = Path(options.move_to) if options.move_to else found.path.parent / "taken"
    target.mkdir(parents=True, exist_ok=True)
    place = target / found.path.name
    number = 1
    while place.exists():
        place = target / f"{found.path.stem}.{number}{found.path.suffix}"
        number += 1
    found.path.rename(place)
