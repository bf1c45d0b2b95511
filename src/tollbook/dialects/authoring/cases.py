"""The cases of a dialect's folder, and what becomes of their lines as text that a person can read.

A case is `cases/<what>.txt`, bytes as a PBX would write them; beside it lie `<what>.expected.jsonl`, one outcome per
line, and where the PBX needs settings `<what>.settings.toml`: `timezone`, `received` (when the records arrive) and the
dialect's own options.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import msgspec

from tollbook.dialects.authoring.readers import reader_of
from tollbook.dialects.layout.document import read_file
from tollbook.dialects.layout.layout import Layout
from tollbook.dialects.reading.reader import Reader
from tollbook.model.call import CALL_COLUMNS, NEVER, Calls, those_given
from tollbook.model.frame import Frames, Rejected, Skipped
from tollbook.model.limits import FORMAT_CASE, FORMAT_CASES
from tollbook.model.reading import Reading
from tollbook.model.record_lines import RecordLines

SHOWN = 400
"""Characters of a line that its outcome repeats; of a longer one the beginning, and its length."""
FILE, STREAM = "file", "stream"
RECEIVED = "2026-03-02T12:00:00Z"
"""When the records of a case arrive, unless its settings say so."""

Outcome = dict[str, Any]
_STREAMS = frozenset(("tcp_client", "tcp_server", "udp", "syslog", "serial", "command"))
_OURS = frozenset(("timezone", "received", "arrives"))
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall times and instants alike count from it
_NOT_SHOWN = frozenset(("raws", "offsets"))
_FIRST = ("direction", "outcome", "extension", "caller", "called", "trunk")


class Cutter(Protocol):
    """Cuts one body, fed piece by piece, into records; `rejected` are those that had no end."""

    rejected: list[Rejected]

    def feed(self, data: bytes) -> Frames:
        """Return the records that `data` completes."""

    def end(self) -> Frames:
        """Return the last record, when the body ended without an end after it."""


Cutters = Mapping[str, Callable[[RecordLines | None], Cutter]]
"""What cuts a `file` and what cuts a `stream`, given what a format declares of the lines of records."""


class Dialect(msgspec.Struct, frozen=True):
    """A dialect's folder: its slug, its layout, and where it lies."""

    slug: str
    layout: Layout
    folder: Path

    def cases(self, cutters: Cutters) -> list[Case]:
        """Return the dialect's cases by name, no more than the limit."""
        return [Case(self, path, cutters) for path in self.case_paths()[:FORMAT_CASES]]

    def case_paths(self) -> list[Path]:
        """Return where the dialect's cases lie, by name."""
        return sorted((self.folder / "cases").glob("*.txt"))


class Case:
    """One case of one dialect."""

    def __init__(self, dialect: Dialect, path: Path, cutters: Cutters) -> None:
        self.dialect = dialect
        self.path = path
        self.name = path.stem
        self.cutters = cutters
        self.endless: list[Rejected] = []
        """Records that had no end, of the case as it was last cut."""

    def __str__(self) -> str:
        """Name the case as pytest shows it."""
        return f"{self.slug}/{self.name}"

    @property
    def slug(self) -> str:
        """The dialect's slug."""
        return self.dialect.slug

    @property
    def layout(self) -> Layout:
        """The dialect's layout."""
        return self.dialect.layout

    @property
    def expected_path(self) -> Path:
        """Where the expected outcomes lie."""
        return self.path.with_suffix(".expected.jsonl")

    @cached_property
    def data(self) -> bytes:
        """The bytes of the case, no more than the limit."""
        with self.path.open("rb") as file:
            return file.read(FORMAT_CASE)

    @cached_property
    def settings(self) -> dict[str, str]:
        """What the PBX of this case is set to."""
        path = self.path.with_suffix(".settings.toml")
        return read_file(path, f"{self.slug}/{path.name}") if path.exists() else {}

    @property
    def received_at(self) -> int:
        """When the records arrive, microseconds since 1970 UTC."""
        return int(datetime.fromisoformat(self.settings.get("received", RECEIVED)).timestamp() * 1_000_000)

    @property
    def arrives(self) -> str:
        """Whether the bytes come as a file or as a stream, which ends records in more ways."""
        return self.settings.get("arrives", usual_arrival(self.layout))

    @cached_property
    def frames(self) -> Frames:
        """The case's records, cut out in one go."""
        return self.cut([self.data])

    def cut(self, pieces: list[bytes]) -> Frames:
        """Return the records of a body that comes in these pieces."""
        cutter = self.cutters[self.arrives](self.layout.framed)
        found = [*map(cutter.feed, pieces), cutter.end()]
        self.endless = cutter.rejected
        raws = [raw for each in found for raw in each.raws]
        return Frames(raws, [offset for each in found for offset in each.offsets], self.received_at)

    def reader(self, dialect: Dialect | None = None) -> Reader:
        """Return this dialect's reader, or another one's, set up as the case says."""
        used = dialect or self.dialect
        settings = {name: text for name, text in self.settings.items() if name not in _OURS}
        return reader_of(used.layout, settings, self.settings.get("timezone", "UTC"))

    def read(self, frames: Frames, dialect: Dialect | None = None) -> Reading:
        """Read records by this dialect, or by another one."""
        return self.reader(dialect).read(msgspec.structs.replace(frames, received_at=self.received_at))

    @cached_property
    def reading(self) -> Reading:
        """What the dialect makes of the whole case."""
        found = self.read(self.frames)
        return Reading(found.calls, found.skipped, [*found.rejected, *self.endless])

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """One outcome for each record, in the order they were written."""
        return in_order(self.reading)

    @property
    def expected(self) -> list[Outcome]:
        """The outcomes that a person has read and accepted; none where nobody has yet."""
        if not self.expected_path.exists():
            return []
        lines = self.expected_path.read_bytes().split(b"\n")
        return [msgspec.json.decode(line) for line in lines if line]


def usual_arrival(layout: Layout) -> str:
    """Return whether a format's records usually come as a file or as a stream."""
    return STREAM if _STREAMS.intersection(layout.transport[:1]) else FILE


def in_order(reading: Reading) -> list[Outcome]:
    """Return a reading as outcomes, in the order of the records in their body."""
    found = [(offset, _call(reading.calls, row)) for row, offset in enumerate(reading.calls.offsets)]
    found += [(skip.offset, _frame(skip)) for skip in reading.skipped]
    found += [(reject.offset, _frame(reject)) for reject in reading.rejected]
    return [outcome for _, outcome in sorted(found, key=lambda each: each[0])]


def written(outcomes: list[Outcome]) -> bytes:
    """Return outcomes as the text of an `.expected.jsonl`."""
    return b"".join(_spaced(outcome) + b"\n" for outcome in outcomes)


def shown(raw: bytes) -> str:
    """Return a line as its outcome repeats it."""
    text = raw.decode("utf-8", "backslashreplace")
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(raw)} bytes)"


def _call(calls: Calls, row: int) -> Outcome:
    names = [*_FIRST, *(name for name in those_given(calls, CALL_COLUMNS) if name not in _NOT_SHOWN | set(_FIRST))]
    fields = {name: _plain(name, getattr(calls, name)[row]) for name in names}
    said = {name: value for name, value in fields.items() if value != ""}
    return {"line": shown(calls.raws[row]), "is": "record", **said}


def _frame(frame: Skipped | Rejected) -> Outcome:
    kind = {Skipped: "skipped", Rejected: "rejected"}[type(frame)]
    told = {name: getattr(frame, name, "") for name in ("reason", "rule", "column")}
    return {"line": shown(frame.raw), "is": kind, **{name: text for name, text in told.items() if text}}


def _plain(name: str, value: object) -> str | int:
    """Return a column's value as JSON has it: times in ISO 8601, nothing for what did not happen."""
    if isinstance(value, str):
        return value
    number = int(str(value))
    if number == NEVER:
        return ""
    if not name.endswith(("_at", "_local")):
        return number
    moment = _EPOCH + timedelta(seconds=number)
    return moment.isoformat() + ("Z" if name.endswith("_at") else "")


def _spaced(outcome: Outcome) -> bytes:
    """One line of JSON with blanks after commas and colons, so that an editor can fold it."""
    return msgspec.json.format(msgspec.json.encode(outcome), indent=0)
