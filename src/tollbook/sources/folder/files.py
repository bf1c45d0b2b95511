"""Files as the folder source needs them: found, compared with what was taken, read, and let go.

Each is opened through the gate, whatever its name is a link to. All of it may hang where the folder is a network
share, so all of it is done aside.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tollbook import gate
from tollbook.clock import now_us
from tollbook.gate import aside
from tollbook.model import naming
from tollbook.model.body import Body
from tollbook.model.fence import Fence, Reach
from tollbook.model.problem import Unavailable
from tollbook.model.shape import ARCHIVES, ENOUGH, sniff
from tollbook.sources.common import reason_of
from tollbook.sources.contract import Past
from tollbook.sources.files import Choice, Unfitting, names_to_move_to
from tollbook.sources.folder.options import Options

PIECE = 1 << 20
_COMPARED = 1 << 16
"""Bytes compared at either end of a file that has changed while it was being watched."""
_OF_A_SINK = (".tollbook-", ".json")
"""How the notes begin and end that a file sink keeps beside its files."""


class LocalFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it looks now. `look` changes when the file does; `age_s` is the time since its last change."""

    path: Path
    size: int
    look: str
    inode: int
    age_s: float

    @property
    def origin(self) -> str:
        """The file's name in the journal."""
        return naming.shown(os.fsencode(self.path))

    @property
    def shown(self) -> str:
        """The file's name in messages."""
        return naming.shortly(os.fsencode(self.path.name))


class LocalLook(msgspec.Struct, frozen=True):
    """What a look at a folder found, oldest file first; `more` says that it holds others yet.

    Where it found none, `unfitting` tells of files that are there and not of the names to take.
    """

    files: list[LocalFile]
    more: bool = False
    unfitting: Unfitting = Unfitting()


def find(options: Options, fence: Fence) -> LocalLook:
    """Return the files to take; raises `Unavailable` where the folder cannot be read, or holds files of a sink."""
    given = Path(options.path)
    root = gate.place(fence, given, Reach.READ)
    try:
        is_file = root.is_file()
        _check_no_sink(root.parent if is_file else root)
        paths = [given] if is_file else list(_wanted(root, given, options))
        others = Unfitting() if paths else _unfitting(root, options)
    except OSError as fault:
        raise Unavailable(
            f"the folder {_shown(given)} cannot be read: {reason_of(fault)}; does it exist, may this user enter it?",
        ) from fault
    found = [each for path in paths[: options.most] if (each := _found(path))]
    files = sorted(found, key=lambda each: (-each.age_s, each.origin))
    return LocalLook(files, more=len(paths) > options.most, unfitting=others)


def _wanted(root: Path, given: Path, options: Options) -> Iterator[Path]:
    """Yield the files of a folder whose names are wanted, one more than is looked at in one round."""
    choice, count = Choice(options.names, options.most), 0
    with os.scandir(root) as entries:
        for entry in entries:
            if choice.takes(os.fsencode(entry.name)) and entry.is_file():
                yield given / entry.name
                count += 1
            if count > options.most:
                return


def _unfitting(root: Path, options: Options) -> Unfitting:
    choice, others = Choice(options.names, options.most), Unfitting()
    with os.scandir(root) as entries:
        for name in (os.fsencode(each.name) for each in entries if each.is_file()):
            others = others if choice.takes(name) else others.and_also(name)
    return others


def _check_no_sink(folder: Path) -> None:
    """Raise `Unavailable` for a folder that a file sink writes to: calls would come back as records, without end."""
    begins, ends = _OF_A_SINK
    with os.scandir(folder) as entries:
        notes = next((each.name for each in entries if each.name.startswith(begins) and each.name.endswith(ends)), "")
    if notes:
        sink = naming.shortly(os.fsencode(notes.removeprefix(begins).removesuffix(ends)))
        raise Unavailable(
            f"the sink '{sink}' writes its files to {_shown(folder)}, and what it writes would be taken as records: "
            "set another 'path', or have the sink write elsewhere",
            permanent=True,
        )


def _found(path: Path) -> LocalFile | None:
    try:
        status = path.stat()
    except OSError:
        return None  # it went between being listed and being looked at
    look = f"{status.st_size}:{status.st_mtime_ns}:{status.st_ino}"
    age_s = max(now_us() / 1_000_000 - status.st_mtime, 0.0)
    return LocalFile(path=path, size=status.st_size, look=look, inode=status.st_ino, age_s=age_s)


def read_piece(fence: Fence, path: Path, start: int, most: int) -> bytes:
    """Return up to `most` bytes of a file from a position on."""
    with gate.open_file(fence, path) as file:
        file.seek(start)
        return file.read(most)


def read_more(fence: Fence, found: LocalFile, start: int) -> bytes:
    """Return a piece of a file from a position on; raises FileNotFoundError where another one has its name by now."""
    with gate.open_file(fence, found.path) as file:
        if os.fstat(file.fileno()).st_ino != found.inode:
            raise FileNotFoundError(2, "another file was put in its place", str(found.path))
        file.seek(start)
        return file.read(PIECE)


def is_archive(fence: Fence, path: Path) -> bool:
    """Say whether a file is an archive, by its first bytes; one that is too short to tell may be.

    Raises FileNotFoundError where it went.
    """
    try:
        shape = sniff(read_piece(fence, path, 0, ENOUGH), ended=False)
    except FileNotFoundError:
        raise
    except OSError:
        return True
    return shape is None or shape in ARCHIVES


class LocalReading(msgspec.Struct, frozen=True):
    """What reading a file takes: what was taken before, and the fence."""

    past: Past
    fence: Fence

    async def begins_with(self, path: Path, body: Body, *, thorough: bool = True) -> bool:
        """Say whether a file begins with all the bytes of a body (its first and last ones, when not thorough)."""
        if thorough or body.length <= 2 * _COMPARED:
            return await self._same(path, body, range(body.length))
        ends = (range(_COMPARED), range(body.length - _COMPARED, body.length))
        return all([await self._same(path, body, end) for end in ends])

    async def _same(self, path: Path, body: Body, where: range) -> bool:
        start = where.start
        while start < where.stop:
            kept = (await self.past.read(body.id, start))[: where.stop - start]
            there = await aside(read_piece, self.fence, path, start, len(kept))
            if not kept or kept != there:
                return False
            start += len(kept)
        return True


def dispose(found: LocalFile, options: Options, fence: Fence) -> None:
    """Move or delete a taken file, unless it has changed since; raises OSError or `OutOfReach`."""
    now = _found(found.path)
    if now is None or now.look != found.look:
        return
    gate.place(fence, found.path.parent, Reach.WRITE)
    if options.after == "delete":
        found.path.unlink()
        return
    target = Path(options.move_to) if options.move_to else found.path.parent / "taken"
    gate.place(fence, target, Reach.WRITE).mkdir(parents=True, exist_ok=True)
    folder = gate.open_folder(fence, target, Reach.WRITE)
    try:
        os.rename(found.path, _free(found.path, folder), dst_dir_fd=folder)
    finally:
        os.close(folder)


def _free(path: Path, folder: int) -> str:
    """Return a name that no file in a folder has: the file's own, or with a number; raises OSError."""
    there = set(os.listdir(folder))
    for name in map(os.fsdecode, names_to_move_to(os.fsencode(path.name))):
        if name not in there:
            return name
    raise FileExistsError(17, "the folder is full of its name")


def _shown(path: Path) -> str:
    return naming.shown(os.fsencode(path))
