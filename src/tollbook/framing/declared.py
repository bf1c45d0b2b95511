"""Chooses what divides a body into records, by what its format declares of their lines."""

from __future__ import annotations

from tollbook.framing.binary_frames import FrameBlocks
from tollbook.framing.json_objects import ObjectBlocks
from tollbook.framing.lines import LineBlocks
from tollbook.framing.several_lines import Blocks, RecordBlocks
from tollbook.framing.streams import StreamBlocks
from tollbook.model.record_lines import RecordLines


def record_blocks(lines: LineBlocks | StreamBlocks, declared: RecordLines | None) -> Blocks:
    """Return what divides a body into records, whose lines a format may have declared."""
    if declared is None:
        return lines
    if declared.frames:
        return FrameBlocks(declared.frames, lines.consumed)
    return ObjectBlocks(lines, declared) if declared.objects else RecordBlocks(lines, declared)
