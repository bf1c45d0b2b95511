"""Records in files in a folder: uploaded by FTP or SFTP, or kept there by a KX-HTS's "Web Maintenance Console".

An upload is done after so many records. Until then it bears another name, or grows in place. The console's
``Master.csv`` takes the new rows, and rotated files stand beside it, five in all counting the newest; the folder stands
for what an operator downloads or a share shows, so files may come packed. Either may break off in half a record.
"""

import asyncio
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

import msgspec

from tollbook import clock
from tollbook.simulator.faults import OF_RECORDS, FaultKind
from tollbook.simulator.packing import MASTER, Packing, pack
from tollbook.simulator.row import AnyRow, CallRow, Style, head, write
from tollbook.simulator.streams.wire import Carrier, RecordWire

OF_FOLDERS = OF_RECORDS | {FaultKind.CUT, FaultKind.HALF_OPEN, FaultKind.DRIP, FaultKind.SILENCE}


class Uploading(Enum):
    """How a file appears."""

    RENAMED = "renamed"
    """Under a temporary name, which it loses when it is done."""
    GROWING = "growing"
    """Under its own name from the first byte."""


class UploadedFiles(msgspec.Struct, frozen=True, kw_only=True):
    """How the files are called and filled; ``{number}`` stands for their running number."""

    folder: Path
    manner: Uploading = Uploading.RENAMED
    records: int = 100
    """In each file."""
    name: str = "smdr-{number:06d}.csv"
    temporary: str = ".{name}.part"


class Uploader(Carrier):
    """Fills files in a folder."""

    knows: ClassVar[frozenset[FaultKind]] = OF_FOLDERS
    verb: ClassVar[str] = "writing to"

    def __init__(self, files: UploadedFiles) -> None:
        self.files, self.address = files, str(files.folder)
        self.number = 0
        """Of the file that is being filled, from 1."""
        self.done: list[Path] = []
        """Files that are complete."""
        self.content: list[bytes] = []
        """What is in the file that is being filled; sent again when it breaks off."""

    async def open(self) -> None:
        self.files.folder.mkdir(parents=True, exist_ok=True)

    async def connect(self) -> RecordWire:
        self.number += 1
        self.append(b"".join(self.content))
        return _UploadWire(self)

    async def close(self) -> None:
        self.rotate()

    def rotate(self) -> None:
        """Give the file that is being filled its name and begin the next, unless nothing is in it."""
        if self.content:
            path, final = self.paths()
            path.rename(final)
            self.done.append(final)
            self.content.clear()
            self.number += 1

    def paths(self) -> tuple[Path, Path]:
        """Where the file is filled, and where it comes to rest."""
        name = self.files.name.format(number=self.number)
        final = self.files.folder / name
        growing = self.files.manner is Uploading.GROWING
        return final if growing else self.files.folder / self.files.temporary.format(name=name), final

    def append(self, text: bytes) -> None:
        """Write to the file that is being filled."""
        if text:
            with self.paths()[0].open("ab") as file:
                file.write(text)

    def keep(self, frame: bytes) -> None:
        """Take note of a frame that is whole, and finish the file when it is full."""
        self.content.append(frame)
        if len(self.content) >= self.files.records:
            self.rotate()


class _UploadWire(RecordWire):
    """One upload session."""

    at_once: ClassVar[int] = 1

    def __init__(self, uploader: Uploader) -> None:
        self._uploader = uploader

    async def write(self, frames: Sequence[bytes]) -> None:
        for frame in frames:
            await self.finish(frame, 0)

    async def begin(self, frame: bytes, size: int) -> None:
        self._uploader.append(frame[:size])

    async def finish(self, frame: bytes, size: int) -> None:
        self._uploader.append(frame[size:])
        self._uploader.keep(frame)
        await asyncio.sleep(0)

    async def drip(self, frame: bytes, pause_s: float) -> None:
        for byte in frame:
            self._uploader.append(bytes((byte,)))
            await asyncio.sleep(pause_s)
        self._uploader.keep(frame)


class Writing(Enum):
    """How new rows reach the console's file."""

    ATOMIC = "atomic"
    """The whole file is written aside and put in place at once."""
    GROWING = "growing"
    """Rows are appended."""
    TORN = "torn"
    """Rows are appended, but half of the last one only with the next rows or `finish`."""


class Naming(Enum):
    """What the console's rotated files are called."""

    NUMBERED = "numbered"
    """``Master.csv.1`` is the youngest."""
    DATED = "dated"
    """``Master-20160609-163849.csv``, PBX wall time of the rotation."""


class ConsoleSetup(msgspec.Struct, frozen=True, kw_only=True):
    """How the files are kept. `keep` counts Master.csv too; `zone` is the PBX's."""

    folder: Path
    style: Style = Style()
    writing: Writing = Writing.GROWING
    naming: Naming = Naming.NUMBERED
    packing: Packing = Packing.TEXT
    """Of rotated and downloaded files; Master.csv itself is always text."""
    keep: int = 5
    rotate_after: int = 1000
    """Rows in Master.csv, where it carries what a PBX sends."""
    zone: ZoneInfo = msgspec.field(default_factory=lambda: ZoneInfo("America/New_York"))


class WebConsole(Carrier):
    """The files and what was ever written to them."""

    knows: ClassVar[frozenset[FaultKind]] = OF_FOLDERS
    verb: ClassVar[str] = "writing to"

    def __init__(self, setup: ConsoleSetup, *, say: Callable[[str], None] = lambda _line: None) -> None:
        self.setup, self.say = setup, say
        self.master = setup.folder / MASTER
        self.address = str(self.master)
        self.written: list[bytes] = []
        """Every line ever written, in order, also those rotated out of existence."""
        self._rest = b""
        self._rotated: list[Path] = []
        setup.folder.mkdir(parents=True, exist_ok=True)

    async def connect(self) -> RecordWire:
        return _ConsoleWire(self)

    async def close(self) -> None:
        self.finish()

    @property
    def files(self) -> tuple[Path, ...]:
        """The files there are, the newest first."""
        newest = (self.master,) if self.master.exists() else ()
        return newest + tuple(reversed(self._rotated))

    def add(self, rows: Iterable[AnyRow]) -> None:
        lines = [write(row, self.setup.style) if isinstance(row, CallRow) else row for row in rows]
        self.written += lines
        text = b"".join([b"" if self.master.exists() else head(self.setup.style), self._rest, *lines])
        if self.setup.writing is Writing.ATOMIC:
            before = self.master.read_bytes() if self.master.exists() else b""
            self._replace(self.master, before + text)
            return
        torn = len(lines[-1]) // 2 if lines and self.setup.writing is Writing.TORN else 0
        self._rest = text[len(text) - torn :]
        self._append(text[: len(text) - torn])

    def finish(self) -> None:
        rest, self._rest = self._rest, b""
        if rest:
            self._append(rest)

    def rotate(self, at: datetime) -> Path:
        """Put Master.csv aside and begin a new one; the oldest file goes. `at` is aware."""
        self.finish()
        if self.setup.naming is Naming.NUMBERED:
            self._make_room()
            name = f"{MASTER}.1"
        else:
            name = f"Master-{at.astimezone(self.setup.zone):%Y%m%d-%H%M%S}.csv"
        path = self.setup.folder / f"{name}{self.setup.packing.value}"
        content = self.master.read_bytes() if self.master.exists() else b""
        self._replace(path, pack(self.setup.packing, MASTER, content, at))
        self._rotated.append(path)
        self._replace(self.master, head(self.setup.style))
        while len(self._rotated) > self.setup.keep - 1:
            self._rotated.pop(0).unlink()
        self.say(f"rotated to {path.name}")
        return path

    def download(self, at: datetime) -> Path:
        """A packed copy of Master.csv as the console gives it to a browser. `at` is aware."""
        path = self.setup.folder / f"download-{at:%Y%m%d-%H%M%S}.csv{self.setup.packing.value}"
        self._replace(path, pack(self.setup.packing, MASTER, self.master.read_bytes(), at))
        return path

    def _make_room(self) -> None:
        """Rename Master.csv.1 to Master.csv.2 and so on, the oldest first."""
        count = len(self._rotated)
        for index, path in enumerate(self._rotated):
            number = count - index + 1
            aside = path.with_name(f"{MASTER}.{number}{self.setup.packing.value}")
            self._rotated[index] = path.rename(aside)

    def _append(self, text: bytes) -> None:
        with self.master.open("ab") as file:
            file.write(text)

    def _replace(self, path: Path, content: bytes) -> None:
        aside = path.with_name(f".{path.name}.writing")
        aside.write_bytes(content)
        os.replace(aside, path)  # noqa: PTH105 - says that it replaces


class _ConsoleWire(RecordWire):
    """Rows on their way into Master.csv."""

    at_once: ClassVar[int] = 1

    def __init__(self, console: WebConsole) -> None:
        self._console = console

    async def write(self, frames: Sequence[bytes]) -> None:
        console = self._console
        for frame in frames:
            console.add([frame])
            if len(console.written) % console.setup.rotate_after == 0:
                console.rotate(clock.now())
        await asyncio.sleep(0)
