r"""Records that end in a line end: LF, CR LF or CR.

Both CR and LF end a record and an empty one is no record, so CR LF, LF CR and runs of either need no state between
two pieces of the stream, and any cut of it gives the same frames. `splitlines` is never used: it would also cut at
U+0085, form feeds and other bytes that belong to the text. A byte order mark before the first record belongs to none.
"""

from __future__ import annotations

from itertools import accumulate

from tollbook.framing.arrays import may_hold, taken_apart
from tollbook.model.frame import Block, Frames
from tollbook.model.limits import LONGEST_RECORD

BOM = b"\xef\xbb\xbf"


class LineBlocks:
    """Divides one body, fed piece by piece, into blocks of whole lines."""

    def __init__(self, offset: int = 0, longest: int = LONGEST_RECORD) -> None:
        self._tail = b""
        self._tail_offset = offset
        self._longest = longest

    @property
    def consumed(self) -> int:
        """How far into the body every record has been given out: where to go on after a restart."""
        return self._tail_offset

    @property
    def is_between_lines(self) -> bool:
        """Whether all that came ended in a line end."""
        return not self._tail

    def feed(self, data: bytes) -> Block:
        """Return the lines that `data` completes, as one block."""
        text = self._tail + data
        end = max(text.rfind(b"\n"), text.rfind(b"\r")) + 1
        over = len(text) - end
        if over > self._longest:
            end += (over - 1) // self._longest * self._longest
        return self._give(text, end)

    def end(self) -> Block:
        """Return the last record, when the body ended without a line end after it."""
        return self._give(self._tail, len(self._tail))

    def _give(self, text: bytes, end: int) -> Block:
        block = Block(text[:end], self._tail_offset)
        self._tail, self._tail_offset = text[end:], self._tail_offset + end
        return block


def frames_of(block: Block, longest: int = LONGEST_RECORD) -> Frames:
    r"""Cut a block into its lines.

    >>> frames_of(Block(b"one\r\ntwo\n", 100))
    Frames(raws=[b'one', b'two'], offsets=[100, 105], received_at=0)
    """
    text = block.data.replace(b"\r", b"\n") if b"\r" in block.data else block.data
    if block.joined:
        return _with_joined(Block(text, block.offset, block.joined))
    if may_hold(text):
        text = b"\n".join(map(taken_apart, text.split(b"\n")))
    lines = text.split(b"\n")
    offsets = list(accumulate([len(line) + 1 for line in lines], initial=block.offset))
    offsets.pop()
    if not lines[-1]:
        lines.pop()
        offsets.pop()
    frames = Frames(lines, offsets) if all(lines) else _without_empty(lines, offsets)
    if max(map(len, frames.raws), default=0) > longest:
        frames = _cut_overlong(frames, longest)
    return _without_mark(frames) if block.data.startswith(BOM) and not block.offset else frames


def _with_joined(block: Block) -> Frames:
    """Cut a block in which some records hold line ends: between those a record is a line."""
    raws, offsets, at = list[bytes](), list[int](), block.offset
    for start, end in block.joined:
        if start < at or end > block.offset + len(block.data):
            continue
        between = frames_of(block.between(at, start))
        raws += [*between.raws, block.between(start, end).data]
        offsets += [*between.offsets, start]
        at = end
    rest = frames_of(block.between(at, block.offset + len(block.data)))
    frames = Frames([*raws, *rest.raws], [*offsets, *rest.offsets])
    kept = [row for row, raw in enumerate(frames.raws) if raw.strip(b"\n")]
    return frames if len(kept) == len(frames) else frames.pick(kept)


def _without_empty(lines: list[bytes], offsets: list[int]) -> Frames:
    kept = [(line, offset) for line, offset in zip(lines, offsets, strict=True) if line]
    return Frames([line for line, _ in kept], [offset for _, offset in kept])


def _without_mark(frames: Frames) -> Frames:
    """Take the byte order mark off the first record: with it, the record would not be known again in another file."""
    first = frames.raws[0].removeprefix(BOM)
    rest = Frames(frames.raws[1:], frames.offsets[1:])
    return Frames([first, *rest.raws], [len(BOM), *rest.offsets]) if first else rest


def _cut_overlong(frames: Frames, longest: int) -> Frames:
    """Cut records over the limit into pieces of the limit, as a stream that never ends its line is."""
    pieces = [
        (raw[start : start + longest], offset + start)
        for raw, offset in zip(frames.raws, frames.offsets, strict=True)
        for start in range(0, len(raw), longest)
    ]
    return Frames([raw for raw, _ in pieces], [offset for _, offset in pieces])
