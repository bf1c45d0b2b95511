"""A KX-HTS in "Web Maintenance Console" mode: call records in files in a folder.

``Master.csv`` takes the new rows; rotated files stand beside it, five in all counting the
newest. The folder stands for what an operator downloads or a share shows, so the files may
come packed, may grow under the reader's eyes, and may end in half a row for a while.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path
from zoneinfo import ZoneInfo

from tollbook.simulator.answer import AnyRow
from tollbook.simulator.packing import Packing, pack
from tollbook.simulator.row import CallRow, Style, head, write

MASTER = "Master.csv"


class Writing(Enum):
    """How new rows reach the file."""

    ATOMIC = "atomic"
    """The whole file is written aside and put in place at once."""
    GROWING = "growing"
    """Rows are appended."""
    TORN = "torn"
    """Rows are appended, but half of the last one only with the next rows or `finish`."""


class Naming(Enum):
    """What rotated files are called."""

    NUMBERED = "numbered"
    """``Master.csv.1`` is the youngest."""
    DATED = "dated"
    """``Master-20160609-163849.csv``, PBX wall time of the rotation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSetup:
    """How the files are kept. `keep` counts Master.csv too; `zone` is the PBX's."""

    folder: Path
    style: Style = field(default_factory=Style)
    writing: Writing = Writing.GROWING
    naming: Naming = Naming.NUMBERED
    packing: Packing = Packing.TEXT
    """Of rotated and downloaded files; Master.csv itself is always text."""
    keep: int = 5
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("America/New_York"))


class WebConsole:
    """The files and what was ever written to them."""

    def __init__(self, setup: ConsoleSetup) -> None:
        self.setup = setup
        self.master = setup.folder / MASTER
        self._written: list[bytes] = []
        self._rest = b""
        self._rotated: list[Path] = []
        setup.folder.mkdir(parents=True, exist_ok=True)

    @property
    def written(self) -> tuple[bytes, ...]:
        """Every line ever written, in order, also those rotated out of existence."""
        return tuple(self._written)

    @property
    def files(self) -> tuple[Path, ...]:
        """The files there are, the newest first."""
        newest = (self.master,) if self.master.exists() else ()
        return newest + tuple(reversed(self._rotated))

    def add(self, rows: Iterable[AnyRow]) -> None:
        """Write rows (or raw lines, as bytes) to Master.csv."""
        lines = [write(r, self.setup.style) if isinstance(r, CallRow) else r for r in rows]
        self._written += lines
        text = b"".join(lines)
        if not self.master.exists():
            text = head(self.setup.style) + text
        _WRITERS[self.setup.writing](self, text, lines)

    def finish(self) -> None:
        """Write what is left of a torn row."""
        rest, self._rest = self._rest, b""
        if rest:
            self._append(rest)

    def rotate(self, at: datetime) -> Path:
        """Put Master.csv aside and begin a new one; the oldest file goes. `at` is aware."""
        self.finish()
        if self.setup.naming is Naming.NUMBERED:
            self._make_room()
        path = self.setup.folder / f"{self._rotated_name(at)}{self.setup.packing.value}"
        content = self.master.read_bytes() if self.master.exists() else b""
        self._replace(path, pack(self.setup.packing, MASTER, content, at))
        self._rotated.append(path)
        self._replace(self.master, head(self.setup.style))
        while len(self._rotated) > self.setup.keep - 1:
            self._rotated.pop(0).unlink()
        return path

    def download(self, at: datetime) -> Path:
        """A packed copy of Master.csv as the console gives it to a browser. `at` is aware."""
        path = self.setup.folder / f"download-{at:%Y%m%d-%H%M%S}.csv{self.setup.packing.value}"
        self._replace(path, pack(self.setup.packing, MASTER, self.master.read_bytes(), at))
        return path

    def _rotated_name(self, at: datetime) -> str:
        if self.setup.naming is Naming.NUMBERED:
            return f"{MASTER}.1"
        return f"Master-{at.astimezone(self.setup.zone):%Y%m%d-%H%M%S}.csv"

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

    def _write_atomic(self, text: bytes, _lines: list[bytes]) -> None:
        before = self.master.read_bytes() if self.master.exists() else b""
        self._replace(self.master, before + text)

    def _write_growing(self, text: bytes, _lines: list[bytes]) -> None:
        self._append(text)

    def _write_torn(self, text: bytes, lines: list[bytes]) -> None:
        keep = len(lines[-1]) // 2 if lines else 0
        whole = self._rest + text
        self._rest = whole[len(whole) - keep :]
        self._append(whole[: len(whole) - keep])


_WRITERS: Mapping[Writing, Callable[[WebConsole, bytes, list[bytes]], None]] = {
    Writing.ATOMIC: WebConsole._write_atomic,  # noqa: SLF001 - the class's own table
    Writing.GROWING: WebConsole._write_growing,  # noqa: SLF001 - as above
    Writing.TORN: WebConsole._write_torn,  # noqa: SLF001 - as above
}
