r"""Records that are binary messages of one length, known by how they begin: what no line end divides.

A format declares the bytes with which its messages begin, how long they are, and what stands between them and is none:
a prompt, a question whether somebody listens. Whatever is neither stays as a record of its own, up to where something
known begins, so that it is refused and shown. Any cut of the bytes gives the same records, and no more of them is kept
than one message is long.

>>> blocks = FrameBlocks(RecordFrames(begins=("01 00",), length=4, between=("03 04",)))
>>> found = blocks.feed(b"\x03\x04\x01\x00AB??\x01\x00C")
>>> found.data, found.joined, blocks.consumed
(b'\n\n\x01\x00AB??', [(2, 6), (6, 8)], 8)
"""

from __future__ import annotations

import re

from tollbook.model.frame import Block
from tollbook.model.record_lines import RecordFrames


class FrameBlocks:
    """Divides one body, fed piece by piece, into blocks of whole messages."""

    def __init__(self, declared: RecordFrames, offset: int = 0) -> None:
        self._begins = tuple(map(bytes.fromhex, declared.begins))
        self._between = tuple(map(bytes.fromhex, declared.between))
        self._length = declared.length
        known = sorted({*self._begins, *self._between}, key=len, reverse=True)
        self._longest = len(known[0])
        self._anything = re.compile(b"|".join(map(re.escape, known)))
        self._held = b""
        self._from = offset

    @property
    def consumed(self) -> int:
        """How far into the body every record has been given out: where to go on after a restart."""
        return self._from

    def feed(self, data: bytes) -> Block:
        """Return the messages that `data` completes."""
        return self._take(self._held + data, ended=False)

    def rest(self) -> Block:
        """Return what the body's end shows to be whole: all but the last, which may be half a message."""
        return self._take(self._held, ended=True)

    def end(self) -> Block:
        """Return what came after the last whole message."""
        size = len(self._held)
        block = Block(self._held, self._from, [(self._from, self._from + size)] if size else [])
        self._held, self._from = b"", self._from + size
        return block

    def _take(self, text: bytes, *, ended: bool) -> Block:
        found: list[tuple[int, int]] = []
        passed: list[tuple[int, int]] = []
        at = 0
        while at < len(text):
            size, is_record = self._next(text, at, ended=ended)
            if not size:
                break
            (found if is_record else passed).append((at, at + size))
            at += size
        joined = [(self._from + start, self._from + end) for start, end in found]
        block = Block(_without(text[:at], passed), self._from, joined)
        self._held, self._from = text[at:], self._from + at
        return block

    def _next(self, text: bytes, at: int, *, ended: bool) -> tuple[int, bool]:
        """Return how long the next piece is, 0 while more bytes are needed to tell, and whether it is a record."""
        left = len(text) - at
        if text.startswith(self._begins, at):
            return (self._length, True) if left >= self._length else (0, True)
        for each in self._between:
            if text.startswith(each, at):
                return len(each), False
        return self._unknown(text, at, ended=ended), True

    def _unknown(self, text: bytes, at: int, *, ended: bool) -> int:
        """Return how many bytes are nothing that is known, no more than a message has; 0 while it may go on."""
        until = at + self._length
        known = self._anything.search(text, at + 1, until + self._longest)
        end = min(known.start(), until) if known else until
        # Here, or before that end, something may begin of which not all has come yet.
        needed = end if ended else end + self._longest
        return end - at if len(text) >= needed else 0


def _without(data: bytes, passed: list[tuple[int, int]]) -> bytes:
    """Return bytes with line ends where nothing of a record stands."""
    if not passed:
        return data
    left = bytearray(data)
    for start, end in passed:
        left[start:end] = b"\n" * (end - start)
    return bytes(left)
