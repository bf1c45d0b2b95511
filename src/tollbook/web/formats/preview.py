"""What a layout makes of each line of a sample: its cells, and the call, skip or reject that it becomes."""

from __future__ import annotations

from itertools import islice
from typing import Any

import msgspec

from tollbook.dialects.authoring.skipping import in_words
from tollbook.dialects.layout.layout import Layout, Skip
from tollbook.dialects.layout.patterns import compiled
from tollbook.dialects.reading.part import RecordReader
from tollbook.dialects.reading.reader import Reader
from tollbook.framing.cutters import LineCutter
from tollbook.model.frame import Frames
from tollbook.model.pbx import Pbx
from tollbook.web.formats.doubts import DateDoubt, doubt_of
from tollbook.web.formats.sample_results import SampleResult, counts_of, lines_of

SHOWN_LINES = 60
"""First lines of a sample that are shown, and as many of those further down that cannot be read."""
_SHOWN = ("started", "direction", "outcome", "extension", "caller", "called", "trunk", "ring_s", "talk_s")


class PreviewLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line: its number and text, its cells with the faulty one marked, its fate, and the call's fields."""

    number: int
    raw: str
    fate: str
    reason: str
    cells: list[tuple[str, bool]]
    fields: list[Any]


class IgnoredLines(msgspec.Struct, frozen=True):
    """One sort of line that is no call: its pattern in words, how many lines it is, and the first call that fits."""

    skip: Skip
    words: str
    count: int
    call: int = 0
    """The number of that line; 0 where no call fits."""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """A sample as a layout reads it."""

    columns: list[str]
    names: tuple[str, ...]
    lines: list[PreviewLine]
    calls: int
    skipped: int
    rejected: int
    ignored: list[IgnoredLines]
    doubts: list[DateDoubt]

    @property
    def width(self) -> int:
        """How many columns there are behind the number of a line: its fate, a call's fields, and the cells."""
        return 1 + len(self.names) + len(self.columns)


class SampleLines(msgspec.Struct, frozen=True):
    """The lines of a sample, as text, and what became of each."""

    texts: list[str]
    results: list[SampleResult]

    def ignored(self, skip: Skip) -> IgnoredLines:
        """Say what one sort of line that is no call comes to here."""
        pattern = compiled(skip.match, trusted=False, ignore_case=True)
        fitting = [
            (number, result)
            for number, (text, result) in enumerate(zip(self.texts, self.results, strict=True), 1)
            if pattern.match(text)
        ]
        count = sum(result.fate == "skipped" and result.reason == skip.reason for _, result in fitting)
        call = next((number for number, result in fitting if result.fate == "call"), 0)
        return IgnoredLines(skip, in_words(skip.match), count, call)


def sample_lines(layout: Layout, sample: str) -> SampleLines:
    """Return what becomes of each line, whenever it should arrive."""
    frames = _frames(layout, sample, 0)
    results = lines_of(_reader(layout).read(frames))
    return SampleLines([raw.decode() for raw in frames.raws], results)


def preview(layout: Layout, sample: str, received_us: int) -> Preview:
    """Read a sample; only the first lines and faulty ones are shown, all are counted."""
    frames, reader = _frames(layout, sample, received_us), _reader(layout)
    reading = reader.read(frames)
    calls, skipped, rejected = counts_of(reading)
    results = lines_of(reading)
    lines = SampleLines([raw.decode() for raw in frames.raws], results)
    further = (row for row, line in enumerate(results) if row >= SHOWN_LINES and line.fate == "rejected")
    shown = [*range(min(len(results), SHOWN_LINES)), *islice(further, SHOWN_LINES)]
    columns, cells = _cells(reader.parts[0], frames.pick(shown))
    return Preview(
        columns=columns,
        names=_SHOWN,
        lines=[
            PreviewLine(
                number=row + 1,
                raw=results[row].raw,
                fate=results[row].fate,
                reason=results[row].reason,
                cells=[(text, name == results[row].column) for name, text in zip(columns, cells.get(place, []))],  # noqa: B905 - a line that is no record has none
                fields=[value for _, value in results[row].fields],
            )
            for place, row in enumerate(shown)
        ],
        calls=calls,
        skipped=skipped,
        rejected=rejected,
        ignored=[lines.ignored(skip) for skip in layout.skip],
        doubts=_doubts(reader.parts[0], frames),
    )


def _frames(layout: Layout, sample: str, received_us: int) -> Frames:
    cutter = LineCutter(layout.framed)
    parts = [cutter.feed(sample.encode() + b"\n"), cutter.end()]
    return Frames(
        [raw for part in parts for raw in part.raws], [at for part in parts for at in part.offsets], received_us
    )


def _reader(layout: Layout) -> Reader:
    return Reader(layout, Pbx(name="sample", dialect="sample", source=""))


def _cells(part: RecordReader, frames: Frames) -> tuple[list[str], dict[int, list[str]]]:
    """Return the columns of the first kind of record, and its cells by line; other kinds have other columns."""
    columns = [column.name for column in part.record.columns]
    rows = part.claimed(frames)
    texts = [part.cells(frames, name) for name in columns]
    return columns, {row: [column[number] for column in texts] for number, row in enumerate(rows)}


def _doubts(part: RecordReader, frames: Frames) -> list[DateDoubt]:
    """Return the dates of which the lines do not tell in which order day, month and year stand."""
    found = (
        doubt_of(number, column.kind, column.form[0], list(filter(None, part.cells(frames, column.name))))
        for number, column in enumerate(part.record.columns)
        if column.kind in ("date", "moment") and len(column.form) == 1
    )
    return [doubt for doubt in found if doubt]
