"""Damaged parts of bodies: a record that touches one is a reject that names the damage, and its neighbours are read.

A damaged entry's bytes are framed as they are, since most of them are still right; only a record that has bytes of it
cannot be trusted. Bytes that the journal has not got any more are stood in for, so that later records stay in place.
"""

from __future__ import annotations

from collections import defaultdict

import msgspec

from tollbook.framing.lines import frames_of
from tollbook.model.body import FILLING, Entry
from tollbook.model.frame import DAMAGED, Block, Rejected
from tollbook.model.limits import SHOWN_OF_A_PAGE


class _Part(msgspec.Struct, frozen=True):
    """Damaged bytes of a body: from, up to, and what is wrong with them."""

    start: int
    end: int
    reason: str


class Damage:
    """What is damaged of the bodies that are open, by body."""

    def __init__(self) -> None:
        self._parts: dict[int, list[_Part]] = defaultdict(list)
        self._reached: dict[int, int] = {}

    def filled(self, entry: Entry) -> bytes:
        """Return an entry's bytes, after what stands in for those of an entry before it that is lost; note damage."""
        reached = self._reached.get(entry.body, entry.start)
        start = reached if entry.damage else entry.start  # of a damaged row not even the place is trusted
        lost = max(start - reached, 0)
        if lost:
            self._note(entry.body, _Part(reached, start, "the journal has lost a part of this body"))
        end = start + len(entry.data)
        if entry.damage:
            self._note(entry.body, _Part(start, max(end, start + 1), entry.damage))
        self._reached[entry.body] = end
        return FILLING * lost + entry.data

    def forget(self, body: int) -> None:
        """Forget a body that has ended."""
        self._parts.pop(body, None)
        self._reached.pop(body, None)

    def take_out(self, body: int, block: Block) -> tuple[Block, list[Rejected]]:
        """Return a block with blank lines in the place of damaged records, and those as rejects."""
        if body not in self._parts:
            return block, []
        # What lies before a block lies before all that follow it: of a body that is damaged all over, few are left.
        left = self._parts[body] = [part for part in self._parts[body] if part.end > block.offset]
        parts = [part for part in left if part.start < block.offset + len(block.data)]
        return _taken_out(block, parts) if parts and block.data else (block, [])

    def _note(self, body: int, part: _Part) -> None:
        self._parts[body].append(part)


def reject_all(block: Block, reason: str) -> tuple[Block, list[Rejected]]:
    """Return every record of a block as a reject."""
    return _taken_out(block, [_Part(block.offset, block.offset + len(block.data), reason)])


def _taken_out(block: Block, parts: list[_Part]) -> tuple[Block, list[Rejected]]:
    """Take the records out that touch one of some parts, which are in order."""
    data, rejects = bytearray(block.data), []
    frames = frames_of(block)
    first = 0
    for raw, offset in zip(frames.raws, frames.offsets, strict=True):
        while first < len(parts) and parts[first].end <= offset:
            first += 1
        if first < len(parts) and parts[first].start < offset + len(raw):
            place = offset - block.offset
            data[place : place + len(raw)] = b"\n" * len(raw)
            rejects.append(Rejected(raw[:SHOWN_OF_A_PAGE], offset, parts[first].reason, DAMAGED))
    return block.holding(bytes(data)), rejects
