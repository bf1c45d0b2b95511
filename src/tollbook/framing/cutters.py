"""Cuts a body into frames as it comes: for samples and cases, of which no replay and no damage is told."""

from __future__ import annotations

from tollbook.framing.declared import record_blocks
from tollbook.framing.lines import LineBlocks, frames_of
from tollbook.framing.several_lines import Blocks, rest_of, taken_rejects
from tollbook.framing.streams import StreamBlocks
from tollbook.model.frame import Block, Frames, Rejected
from tollbook.model.limits import LONGEST_RECORD
from tollbook.model.record_lines import RecordLines


class BodyCutter:
    """Cuts one body, fed piece by piece, into records; `rejected` are those that had no end."""

    def __init__(self, blocks: Blocks, longest: int = LONGEST_RECORD) -> None:
        self._blocks = blocks
        self._longest = longest
        self.rejected: list[Rejected] = []

    def feed(self, data: bytes) -> Frames:
        """Return the records that `data` completes."""
        return self._frames(self._blocks.feed(data))

    def end(self) -> Frames:
        """Return what is left when the body has ended."""
        whole, last = self._frames(rest_of(self._blocks)), self._frames(self._blocks.end())
        return Frames([*whole.raws, *last.raws], [*whole.offsets, *last.offsets]) if len(whole) else last

    def _frames(self, block: Block) -> Frames:
        self.rejected += taken_rejects(self._blocks)
        return frames_of(block, self._longest)


class LineCutter(BodyCutter):
    r"""Cuts a file: a record is a line, unless a format has declared otherwise.

    >>> cutter = LineCutter()
    >>> cutter.feed(b"one\ntwo\nth").raws
    [b'one', b'two']
    >>> cutter.feed(b"ree\n").raws, cutter.end().raws
    ([b'three'], [])
    >>> cutter = LineCutter(RecordLines(begins="-"))
    >>> cutter.feed(b"-one\n more\n-two\n").raws, cutter.end().raws
    ([b'-one\n more'], [b'-two'])
    """

    def __init__(self, declared: RecordLines | None = None, longest: int = LONGEST_RECORD) -> None:
        super().__init__(record_blocks(LineBlocks(longest=longest), declared), longest)


class StreamCutter(BodyCutter):
    r"""Cuts a stream, whose records PBXs end in more ways.

    >>> cutter = StreamCutter()
    >>> cutter.feed(b"one\0two\r\nth").raws, cutter.end().raws
    ([b'one', b'two'], [b'th'])
    """

    def __init__(self, declared: RecordLines | None = None) -> None:
        super().__init__(record_blocks(StreamBlocks(), declared))
