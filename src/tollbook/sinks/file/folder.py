"""A folder of files that mirror the calls, a day or month each.

A file is written whole under another name, with fsync, and then takes its place, so that a reader finds the old one or
the new one. Which files are to be written is told by digests of what each day holds, kept beside the files in
`.tollbook-<sink>.json`; so late calls, altered ones, gone ones and a file that somebody deleted all mend themselves.
Only files that this sink wrote are ever deleted or written over.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tollbook import gate
from tollbook.model.fence import Reach
from tollbook.model.problem import Problem, Unavailable
from tollbook.model.sink import NO_FILE
from tollbook.sinks.contract import AllCalls, Around, Changes
from tollbook.sinks.file.options import Options


class OutputFolder:
    """The folder at work."""

    batch = tries = 1
    file = NO_FILE

    def __init__(self, options: Options, around: Around) -> None:
        self._options, self._around = options, around
        self.interval_s = options.interval
        self._place = options.path
        self._own = re.compile(rf"{re.escape(around.name)}-\d{{4}}-\d\d(-\d\d)?\.(csv|jsonl|parquet)")

    def problems(self) -> list[Problem]:
        """Return why the folder cannot be written to."""
        nearest = self._options.path
        while not nearest.exists():
            nearest = nearest.parent
        if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
            return []
        return [
            Problem(f"the folder {self._options.path} cannot be written to", "Tollbook's user may not", help="chown"),
        ]

    def prepare(self) -> None:
        """Make the folder where there is none."""
        with _explained():
            self._place = gate.place(self._around.fence, self._options.path, Reach.WRITE)
            self._place.mkdir(parents=True, exist_ok=True)

    def left_out(self) -> None:
        """Leave nothing out."""

    def deliver(self, changes: Changes) -> None:
        """Do nothing: files mirror all calls."""

    def resend(self, content: bytes) -> None:
        """Do nothing: files refuse nothing."""

    def mirror(self, calls: AllCalls) -> int:
        """Write the files of days that have changed, delete those of days that have no calls; return how many."""
        with _explained():
            self.prepare()
            wanted = {self._file(name): digest for name, digest in calls.periods(self._options.per).items()}
            there = self._noted()
            written = 0
            for file in [file for file in there if file not in wanted]:
                (self._place / file).unlink(missing_ok=True)
                del there[file]
                written += 1
            self._note(there)
            for file, digest in wanted.items():
                if there.get(file) == self._likeness(digest) and (self._place / file).exists():
                    continue
                self._claim(file, there)
                self._write(calls, file)
                there[file] = self._likeness(digest)
                self._note(there)
                written += 1
        return written

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def _file(self, period: str) -> str:
        return f"{self._around.name}-{period}.{self._options.form}"

    def _likeness(self, digest: str) -> str:
        """Return a digest of a file: of its calls, of the names of its columns, and of how its cells are written."""
        cells = "'" if self._options.form == "csv" else ""
        return f"{digest}-{','.join(field.name for field in self._around.fields)}{cells}"

    def _write(self, calls: AllCalls, file: str) -> None:
        place = self._place / file
        half = place.with_name(f".{file}.half")
        half.unlink(missing_ok=True)  # else a link of that name would be written through
        period = file.removeprefix(f"{self._around.name}-").removesuffix(f".{self._options.form}")
        try:
            calls.write(self._options.per, period, half, self._options.form)
            half.chmod(gate.readable_as(self._place))
            _to_disk(half)
            half.replace(place)
        finally:
            half.unlink(missing_ok=True)

    def _claim(self, file: str, there: dict[str, str]) -> None:
        """Note a file as ours before it is there; one that is there and was never noted is somebody else's."""
        if file in there:
            return
        if os.path.lexists(self._place / file):
            message = f"{file} is there already and is not this sink's; move it, or give the sink another 'path'"
            raise Unavailable(message, permanent=True)
        there[file] = ""
        self._note(there)

    def _noted(self) -> dict[str, str]:
        """Return the files that this sink wrote; others may write into the folder, so only its own names count."""
        try:
            noted = msgspec.json.decode((self._place / self._notes).read_bytes(), type=dict[str, str])
        except (FileNotFoundError, msgspec.DecodeError):
            return {}
        return {file: digest for file, digest in noted.items() if self._own.fullmatch(file)}

    def _note(self, files: dict[str, str]) -> None:
        half = self._place / f"{self._notes}.half"
        half.unlink(missing_ok=True)
        half.write_bytes(msgspec.json.encode(files))
        _to_disk(half)
        half.replace(self._place / self._notes)

    @property
    def _notes(self) -> str:
        return f".tollbook-{self._around.name}.json"


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        message = f"the files cannot be written: {fault.strerror or fault} ({fault.filename or 'in the folder'})"
        raise Unavailable(message, permanent=isinstance(fault, PermissionError)) from fault


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def connect(options: Options, around: Around) -> OutputFolder:
    """Return the sink."""
    return OutputFolder(options, around)
