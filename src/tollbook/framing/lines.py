r"""Records that end in a line end: LF, CR LF or CR.

Both CR and LF end a record and an empty one is no record, so CR LF, LF CR and runs of either need no state between
two pieces of the stream, and any cut of it gives the same frames. `splitlines` is never used: it would also cut at
U+0085, form feeds and other bytes that belong to the text.
"""

from __future__ import annotations

from itertools import accumulate

from tollbook.model.frame import Frames

LONGEST_RECORD = 65_536
"""Bytes after which a record without an end is cut off, so that a stream with no line end cannot fill the memory."""


class LineCutter:
    """Cuts one body, fed piece by piece, into lines.

    >>> cutter = LineCutter()
    >>> cutter.feed(b"one\r\ntwo\nth").raws
    [b'one', b'two']
    >>> cutter.feed(b"ree\n").raws, cutter.end().raws
    ([b'three'], [])
    """

    def __init__(self, offset: int = 0, longest: int = LONGEST_RECORD) -> None:
        self._tail = b""
        self._tail_offset = offset
        self._longest = longest

    @property
    def tail(self) -> bytes:
        """The bytes of the record not yet ended."""
        return self._tail

    @property
    def consumed(self) -> int:
        """How far into the body every record has been given out: where to go on after a restart."""
        return self._tail_offset

    def feed(self, data: bytes) -> Frames:
        """Return the records that `data` completes."""
        text = self._tail + data
        if b"\r" in data:
            text = text.replace(b"\r", b"\n")
        lines = text.split(b"\n")
        starts = list(accumulate((len(line) + 1 for line in lines), initial=self._tail_offset))
        self._tail, self._tail_offset = lines.pop(), starts[len(lines)]
        frames = _without_empty(lines, starts)
        if len(self._tail) > self._longest or max(map(len, lines), default=0) > self._longest:
            frames = self._with_overlong(frames)
        return frames

    def end(self) -> Frames:
        """Return the last record, when the body ended without a line end after it."""
        tail, offset = self._tail, self._tail_offset
        self._tail, self._tail_offset = b"", offset + len(tail)
        return Frames([tail], [offset]) if tail else Frames([], [])

    def _with_overlong(self, frames: Frames) -> Frames:
        """Cut records over the limit into pieces of the limit, as a cutter fed byte by byte would."""
        raws: list[bytes] = []
        offsets: list[int] = []
        for raw, offset in zip(frames.raws, frames.offsets, strict=True):
            for start in range(0, len(raw), self._longest):
                raws.append(raw[start : start + self._longest])
                offsets.append(offset + start)
        whole = (len(self._tail) - 1) // self._longest if self._tail else 0
        for _ in range(whole):
            raws.append(self._tail[: self._longest])
            offsets.append(self._tail_offset)
            self._tail = self._tail[self._longest :]
            self._tail_offset += self._longest
        return Frames(raws, offsets)


def _without_empty(lines: list[bytes], starts: list[int]) -> Frames:
    if all(lines):
        del starts[len(lines) :]
        return Frames(lines, starts)
    kept = [(line, start) for line, start in zip(lines, starts, strict=False) if line]
    return Frames([line for line, _ in kept], [start for _, start in kept])
