r"""Records that a format declares to span several lines, put together before anybody reads them.

Lines are looked at one by one, in order, and nothing but the record that is open is kept, so any cut of the bytes gives
the same records. What is given out is the bytes as they came, with the places of records that hold line ends. A line
that belongs to no record stays a line; of a document of XML, its declaration and the tags around records are passed
over. A record that comes to more lines or bytes than it may have is a reject, and
blank in what is given out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

import re2  # type: ignore[import-untyped]  # the library has none

from tollbook.framing.binary_frames import FrameBlocks
from tollbook.framing.lines import BOM, LineBlocks
from tollbook.framing.streams import StreamBlocks
from tollbook.model.frame import NOT_A_RECORD, Block, Rejected
from tollbook.model.limits import LONGEST_RECORD
from tollbook.model.record_lines import RecordLines

_LINE = re.compile(rb"[^\r\n]+")
_DECLARATION = re.compile(rb"\s*+(?:[\w-]{1,32}=)?<\?xml[^<>]{0,200}\?>\s*+")
"""What a document of XML begins with, which may have been posted as a field of a form."""
_TAGS = re.compile(rb"\s*+(?:</?[\w:.-]{1,64}>\s*+)+")


class Fate(NamedTuple):
    """What a line is: the first of a record, or a further one of the record that is open; and whether it is the last.

    One that is neither belongs to no record.
    """

    first: bool
    further: bool
    last: bool = False


class OpenRecord(NamedTuple):
    """The record that is open: from, up to the end of its last line, and how many lines it has."""

    start: int
    end: int
    lines: int


Tell = Callable[[bytes, int], Fate]
"""Tells what a line is, given how many lines the record has that is open: 0 where none is."""


class Blocks(Protocol):
    """Divides one body, fed piece by piece, into blocks of whole records."""

    @property
    def consumed(self) -> int:
        """How far into the body every record has been given out."""

    def feed(self, data: bytes) -> Block:
        """Return the records that `data` completes."""

    def end(self) -> Block:
        """Return what came after the last record's end."""


class RecordBlocks:
    """Divides the whole lines of a body into blocks of whole records; `rejected` are records that had no end."""

    def __init__(self, lines: LineBlocks | StreamBlocks, declared: RecordLines) -> None:
        self._lines = lines
        self._declared = declared
        self._tell = _teller(declared)
        self._held: list[bytes] = []
        self._from = lines.consumed
        self._open: OpenRecord | None = None
        self._joined: list[tuple[int, int]] = []
        self._overs: list[tuple[OpenRecord, str]] = []
        self._blanks: list[tuple[int, int]] = []
        """What is given out as line ends, beside records that are too long."""
        self.rejected: list[Rejected] = []

    @property
    def consumed(self) -> int:
        """How far into the body every record has been given out: where to go on after a restart."""
        return self._from

    def feed(self, data: bytes) -> Block:
        """Return the records that `data` completes."""
        return self._take(self._lines.feed(data))

    def rest(self) -> Block:
        """Return the records that the body's end shows to be whole: all but the last."""
        last = self._lines.end()
        for start, end in _lines_in(last):
            self._place(last.data[start - last.offset : end - last.offset], start, end, ended=False)
        return self._given(last)

    def pause(self) -> Block:
        """Return the open record where a pause may end it, and it does not stop in the middle of a line."""
        if self._declared.waits and self._lines.is_between_lines:
            self._close()
        return self._given(Block(b"", self._from))

    def end(self) -> Block:
        """Return the last record, whose end has not come."""
        self._close()
        return self._given(Block(b"", self._from + sum(map(len, self._held))))

    def _take(self, block: Block) -> Block:
        for start, end in _lines_in(block):
            self._place(block.data[start - block.offset : end - block.offset], start, end)
        return self._given(block)

    def _place(self, line: bytes, start: int, end: int, *, ended: bool = True) -> None:
        """Put a line where it belongs, and close what it ends; one that has not ended itself may be half of it."""
        if self._declared.xml and not self._open:
            passed = self._around(line)
            if passed:
                self._blanks.append((start, start + passed))
                line, start = line[passed:], start + passed
            if not line:
                return
        fate = self._tell(line, self._open.lines if self._open else 0)
        if self._open and fate.further:
            if self._is_too_long(end):
                self._over(self._open)
                return
            self._open = OpenRecord(self._open.start, end, self._open.lines + 1)
        else:
            self._close()
            self._open = OpenRecord(start, end, 1) if fate.first or not ended else None
        if fate.last and (ended or self._declared.ends):
            self._close()

    def _around(self, line: bytes) -> int:
        """Return how much of a line, from its beginning, is XML around records."""
        found = _DECLARATION.match(line)
        begins = found.end() if found else 0
        rest = line[begins:]
        if _TAGS.fullmatch(rest) and (self._declared.count == 1 or not self._tell(rest, 0).first):
            return len(line)
        return begins

    def _is_too_long(self, end: int) -> bool:
        """Say whether the open record would have too much of lines or bytes with a further line."""
        return self._open is not None and (
            self._open.lines >= self._declared.most or end - self._open.start > LONGEST_RECORD
        )

    def _over(self, record: OpenRecord, reason: str = "") -> None:
        """Give the open record up."""
        usual = f"no end of the record within {self._declared.most} lines and {LONGEST_RECORD} bytes"
        self._overs.append((record, reason or usual))
        self._open = None

    def _close(self) -> None:
        if self._open and self._open.lines > 1:
            self._joined.append((self._open.start, self._open.end))
        self._open = None

    def _given(self, block: Block) -> Block:
        """Return what is held and has ended, and hold the rest."""
        if block.data:
            self._held.append(block.data)
        if self._open and self._open.start == self._from:
            return Block(b"", self._from)
        data = b"".join(self._held)
        end = self._open.start - self._from if self._open else len(data)
        self._held = [data[end:]] if data[end:] else []
        found = Block(self._without_overs(data[:end]), self._from, self._joined)
        self._joined, self._from = [], self._from + end
        return found

    def _without_overs(self, data: bytes) -> bytes:
        """Note records that are too long as rejects, and return the bytes with line ends in their place."""
        if not self._overs and not self._blanks:
            return data
        left = bytearray(data)
        for record, reason in self._overs:
            raw = data[record.start - self._from : record.end - self._from]
            self.rejected.append(Rejected(raw, record.start, reason, NOT_A_RECORD))
        for start, end in [*self._blanks, *((record.start, record.end) for record, _ in self._overs)]:
            left[start - self._from : end - self._from] = b"\n" * (end - start)
        self._overs, self._blanks = [], []
        return bytes(left)


def rest_of(blocks: Blocks) -> Block:
    """Return the records that a body's end shows to be whole: all but the last."""
    return blocks.rest() if isinstance(blocks, RecordBlocks | FrameBlocks) else Block(b"", blocks.consumed)


def paused(blocks: Blocks) -> Block:
    """Return the record that a pause shows to be whole."""
    return blocks.pause() if isinstance(blocks, RecordBlocks) else Block(b"", blocks.consumed)


def taken_rejects(blocks: Blocks) -> list[Rejected]:
    """Return the records that had no end, once."""
    if not isinstance(blocks, RecordBlocks):
        return []
    found, blocks.rejected = blocks.rejected, []
    return found


def _lines_in(block: Block) -> Iterator[tuple[int, int]]:
    """Yield where the lines of a block stand in their body; of a longer one than a record may be, the pieces."""
    for found in _LINE.finditer(block.data):
        start, end = found.span()
        start += len(BOM) if not block.offset + start and found[0].startswith(BOM) else 0
        for first in range(start, end, LONGEST_RECORD):
            yield block.offset + first, block.offset + min(first + LONGEST_RECORD, end)


def _teller(declared: RecordLines) -> Tell:
    if declared.width:
        return _by_width(declared.width)
    if declared.continues:
        return _by_continuing(pattern_of(declared.continues).match)
    return _by_beginning(declared)


def _by_beginning(declared: RecordLines) -> Tell:
    begins = pattern_of(declared.begins).match
    ends = pattern_of(declared.ends).search if declared.ends else None
    every = not declared.begins

    def tell(line: bytes, lines: int) -> Fate:
        first = not (every and lines) and bool(begins(line))
        number = 1 if first else lines + 1
        last = (first or lines > 0) and (number == declared.count or bool(ends and ends(line)))
        return Fate(first, lines > 0 and not first, last)

    return tell


def _by_continuing(continues: Callable[[bytes], object]) -> Tell:
    def tell(line: bytes, lines: int) -> Fate:
        further = lines > 0 and bool(continues(line))
        return Fate(not further, further)

    return tell


def _by_width(width: int) -> Tell:
    def tell(line: bytes, lines: int) -> Fate:
        return Fate(lines == 0, lines > 0, last=len(line) != width)

    return tell


def pattern_of(text: str) -> re2._Regexp:
    """Compile a pattern for bytes, each of them a letter: where lines begin is told before any encoding is known."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    return re2.compile(text.encode("latin-1", "replace"), options)
