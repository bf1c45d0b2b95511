"""Raw records cut out of a byte stream, and what became of those that are not calls.

A batch of frames is a pair of columns: the bytes of each record without its terminator, and where it begins in
its body. Nothing is decoded here; a frame is exactly what the PBX wrote.
"""

from __future__ import annotations

import msgspec

NOT_A_RECORD = "body"
"""Rule of rejects that no dialect read: half a record, a web page, a broken archive. They are not read again."""

FORMAT_FAILED = "format failed"
"""Rule of rejects whose dialect failed over them, which is a fault in the dialect or in us; they can be retried."""


DAMAGED = "damage"
"""Rule of rejects that have bytes of a damaged part of the journal. They are not read again, either."""
NOT_READ_AGAIN = (NOT_A_RECORD, DAMAGED)


class Block(msgspec.Struct, frozen=True):
    """Bytes holding whole records and nothing else, beginning `offset` bytes into their body (or archive member).

    A record is a line, but for those that are `joined`: where in the body records begin and end that hold line ends.
    """

    data: bytes
    offset: int
    joined: list[tuple[int, int]] = []

    def part(self, start: int, end: int | None = None) -> Block:
        """Return some of it: the bytes from `start` up to `end`, counted from its own beginning."""
        data, first = self.data[start:end], self.offset + start
        joined = [each for each in self.joined if first <= each[0] and each[1] <= first + len(data)]
        return Block(data, first, joined)

    def between(self, start: int, end: int) -> Block:
        """Return the bytes from one place of the body up to another, as lines."""
        return Block(self.data[start - self.offset : end - self.offset], start)

    def holding(self, data: bytes) -> Block:
        """Return the same records, some of them with line ends in their place."""
        return Block(data, self.offset, self.joined)


class Frames(msgspec.Struct, frozen=True):
    """A batch of raw records: `raws[i]` begins `offsets[i]` bytes into its body (or archive member).

    `received_at` is when the journal took them, microseconds since 1970 UTC: what a PBX leaves out of a date follows
    from it.
    """

    raws: list[bytes]
    offsets: list[int]
    received_at: int = 0

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.raws)

    def pick(self, rows: list[int]) -> Frames:
        """Return the frames at `rows`, in that order."""
        raws, offsets = [self.raws[row] for row in rows], [self.offsets[row] for row in rows]
        return Frames(raws, offsets, self.received_at)


class Skipped(msgspec.Struct, frozen=True):
    """A frame known to be no record (a heading, a rule); `reason` names the shape it was known by."""

    raw: bytes
    offset: int
    reason: str


class Rejected(msgspec.Struct, frozen=True):
    """A frame that should be a record and cannot be read.

    `rule` is the dialect's rule that came nearest (empty when none did), `column` the field that failed.
    """

    raw: bytes
    offset: int
    reason: str
    rule: str = ""
    column: str = ""
