"""Records in files that come to rest in a folder, as from a PBX that uploads by FTP or SFTP.

A file is done after so many records. Until then it bears another name, or grows in place; either way it may break off.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import ClassVar

from tollbook.simulator.misbehaviour import BreakOff
from tollbook.simulator.streams.faults import OF_BYTES, OF_RECORDS, FaultKind
from tollbook.simulator.streams.wire import Carrier, RecordWire


class Uploading(Enum):
    """How a file appears."""

    RENAMED = "renamed"
    """Under a temporary name, which it loses when it is done."""
    GROWING = "growing"
    """Under its own name from the first byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedFiles:
    """How the files are called and filled; ``{number}`` stands for their running number."""

    folder: Path
    manner: Uploading = Uploading.RENAMED
    records: int = 100
    """In each file."""
    name: str = "smdr-{number:06d}.csv"
    temporary: str = ".{name}.part"


class Uploader(Carrier):
    """Fills files in a folder."""

    knows: ClassVar[frozenset[FaultKind]] = (
        OF_BYTES | OF_RECORDS | {FaultKind.CUT, FaultKind.HALF_OPEN, FaultKind.DRIP, FaultKind.SILENCE}
    )
    verb: ClassVar[str] = "writing to"

    def __init__(self, files: UploadedFiles) -> None:
        self.files = files
        self.number = 0
        """Of the file that is being filled, from 1."""
        self.done: list[Path] = []
        """UploadedFiles that are complete."""
        self.content: list[bytes] = []
        """What is in the file that is being filled; sent again when it breaks off."""
        self._wire: FolderWire | None = None

    @property
    def address(self) -> str:
        """The folder."""
        return str(self.files.folder)

    async def open(self) -> None:
        """Make the folder."""
        self.files.folder.mkdir(parents=True, exist_ok=True)

    async def connect(self) -> RecordWire:
        """Begin to upload; the file that broke off before comes whole, under the next name."""
        self.number += 1
        self._wire = FolderWire(self)
        self._wire.append(b"".join(self.content))
        return self._wire

    async def close(self) -> None:
        """Finish the file that is being filled."""
        self.rotate()

    def rotate(self) -> None:
        """Finish the file that is being filled, unless nothing is in it."""
        if self._wire and self.content:
            self._wire.complete()

    def paths(self) -> tuple[Path, Path]:
        """Where the file is filled, and where it comes to rest."""
        name = self.files.name.format(number=self.number)
        final = self.files.folder / name
        if self.files.manner is Uploading.GROWING:
            return final, final
        return self.files.folder / self.files.temporary.format(name=name), final


class FolderWire(RecordWire):
    """One upload session."""

    at_once: ClassVar[int] = 1

    def __init__(self, uploader: Uploader) -> None:
        self._uploader = uploader

    async def write(self, frames: Sequence[bytes]) -> None:
        """Append frames, and finish the file when it is full."""
        for frame in frames:
            self.append(frame)
            self._keep(frame)
        await asyncio.sleep(0)

    async def begin(self, frame: bytes, size: int) -> None:
        """Append a part of a frame."""
        self.append(frame[:size])

    async def finish(self, frame: bytes, size: int) -> None:
        """Append the rest of a frame."""
        self.append(frame[size:])
        self._keep(frame)

    async def drip(self, frame: bytes, pause_s: float) -> None:
        """Append a frame byte by byte."""
        for byte in frame:
            self.append(bytes((byte,)))
            await asyncio.sleep(pause_s)
        self._keep(frame)

    async def end(self, ending: BreakOff) -> None:
        """Leave the file as it is."""

    def append(self, text: bytes) -> None:
        """Write to the file that is being filled."""
        path, _ = self._uploader.paths()
        if text:
            with path.open("ab") as file:
                file.write(text)

    def complete(self) -> None:
        """Give the file its name and begin the next."""
        path, final = self._uploader.paths()
        path.rename(final)
        self._uploader.done.append(final)
        self._uploader.content.clear()
        self._uploader.number += 1

    def _keep(self, frame: bytes) -> None:
        self._uploader.content.append(frame)
        if len(self._uploader.content) >= self._uploader.files.records:
            self.complete()
