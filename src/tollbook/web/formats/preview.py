"""What a layout makes of each line of a sample: its cells, and the call, skip or reject that it becomes."""

from __future__ import annotations

from typing import Any

import msgspec

from tollbook.dialects.layout.layout import Layout
from tollbook.dialects.reading.reader import Reader
from tollbook.framing.lines import frames_of
from tollbook.model.frame import Block, Frames
from tollbook.model.pbx import Pbx
from tollbook.web.formats.sample_results import counts_of, lines_of

SHOWN_LINES = 60
_SHOWN = ("started", "direction", "outcome", "extension", "caller", "called", "trunk", "ring_s", "talk_s")


class PreviewLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line: its number and text, its cells with the faulty one marked, its fate, and the call's fields."""

    number: int
    raw: str
    fate: str
    reason: str
    cells: list[tuple[str, bool]]
    fields: list[Any]


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """A sample as a layout reads it."""

    columns: list[str]
    names: tuple[str, ...]
    lines: list[PreviewLine]
    calls: int
    skipped: int
    rejected: int


def preview(layout: Layout, sample: str, received_us: int) -> Preview:
    """Read a sample; only the first lines are shown, all are counted."""
    frames = frames_of(Block(sample.encode() + b"\n", 0))
    frames = msgspec.structs.replace(frames, received_at=received_us)
    reader = Reader(layout, Pbx(name="sample", dialect="sample", source=""))
    reading = reader.read(frames)
    calls, skipped, rejected = counts_of(reading)
    columns, cells = _cells(reader, frames.pick(list(range(min(len(frames), SHOWN_LINES)))))
    shown = [
        PreviewLine(
            number=number,
            raw=line.raw,
            fate=line.fate,
            reason=line.reason,
            cells=[(text, name == line.column) for name, text in zip(columns, cells.get(number - 1, []), strict=False)],
            fields=[value for _, value in line.fields],
        )
        for number, line in enumerate(lines_of(reading)[:SHOWN_LINES], 1)
    ]
    return Preview(columns=columns, names=_SHOWN, lines=shown, calls=calls, skipped=skipped, rejected=rejected)


def _cells(reader: Reader, frames: Frames) -> tuple[list[str], dict[int, list[str]]]:
    """Return the columns of the first kind of record, and its cells by line; other kinds have other columns."""
    part = reader.parts[0]
    columns = [column.name for column in part.record.columns]
    rows = part.claimed(frames)
    texts = [part.cells(frames, name) for name in columns]
    return columns, {row: [column[number] for column in texts] for number, row in enumerate(rows)}
