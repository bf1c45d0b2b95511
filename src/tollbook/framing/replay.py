"""Recognises what a PBX has sent before, when it sends its buffer again at the beginning of a connection.

A *replay* is a run of records that equals the end of what this PBX's streams brought before, record for record and up
to the last one. Records that could still be part of one are held until the run reaches that end, breaks, or the stream
pauses; whatever is not proven to be a replay is a call. All of it is a function of the journal, so that a rebuild
decides alike.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import msgspec

from tollbook.framing.lines import frames_of
from tollbook.model.frame import Block
from tollbook.model.limits import BEFORE_A_REPLAY, REPLAYED_RECORDS, UNDECIDED_BYTES


class Sorted(msgspec.Struct, frozen=True):
    """What is new, how many records were a replay, and where in the body the last of those ended."""

    fresh: Block
    replayed: int = 0
    until: int = 0


def is_countable(raw: bytes) -> bool:
    """Say whether a line may be a record; headings and rules come where pages break, so they prove nothing."""
    return any(map(raw.__contains__, b"0123456789"))


class ReplayedLine(NamedTuple):
    """A line that came before. A doubtful one may have been half a record, and need not come again."""

    raw: bytes
    doubtful: bool = False


class Replay:
    """The beginning of one connection. `tail` is what came before, oldest first."""

    def __init__(self, tail: list[ReplayedLine]) -> None:
        counted = [line for line in tail if is_countable(line.raw)][-REPLAYED_RECORDS:]
        self._tail = [line.raw for line in counted]
        self._doubtful = {place for place, line in enumerate(counted) if line.doubtful}
        self._places: dict[bytes, list[int]] = defaultdict(list)
        for place, raw in enumerate(self._tail):
            self._places[raw].append(place)
        self.over = not self._tail
        """Whether all that comes from now on is new."""
        self._held = _Held()
        self._began: int | None = None
        self._next: set[int] = set()
        self._before = 0
        self._presumed = False
        self._run = _Run(0, 0)
        self._proven = _Run(0, 0)

    def feed(self, block: Block) -> Sorted:
        """Take records, and give out those that are settled."""
        self._held.add(block)
        frames = frames_of(block)
        for raw, offset in zip(frames.raws, frames.offsets, strict=True):
            if not self.over and offset - (self._began or 0) > UNDECIDED_BYTES:
                self.over = True
            if not self.over and is_countable(raw):
                self._meet(raw, offset)
        if self.over or self._presumed:
            return self._settle(self._proven)
        return Sorted(self._held.take() if self._began is None else self._held.take_before(self._began))

    def pause(self) -> Sorted:
        """The stream has paused: what reached the end is a replay, and so is a run; a single older record is a call."""
        self.over = bool(self._proven.records) or self._run.records == 1
        self._presumed = self._began is not None and not self.over
        return self._settle(self._run if self._presumed else self._proven)

    def end(self, last: Block) -> Sorted:
        """The connection has ended: a run that it broke off is a replay too. `last` is a record without its end."""
        frames = frames_of(last)
        for raw, offset in zip(frames.raws, frames.offsets, strict=True):
            if not self.over and is_countable(raw) and self._going_on(raw):
                self._meet(raw, offset)
        self._held.add(last)
        self.over = True
        return self._settle(self._run)

    @property
    def held_from(self) -> int | None:
        """Where in the body the records begin that are not settled; None when there are none."""
        return self._held.start if self._held else None

    def _meet(self, raw: bytes, offset: int) -> None:
        going_on = self._going_on(raw)
        if going_on:
            self._began = offset if self._began is None else self._began
            self._next = going_on
            self._run = _Run(self._run.records + 1, offset + len(raw))
            if self._presumed or len(self._tail) in going_on:
                self._proven = self._run
        elif self._began is not None or self._before == BEFORE_A_REPLAY:
            self.over = True
        else:
            self._before += 1

    def _going_on(self, raw: bytes) -> set[int]:
        """Return the places of the tail at which the run may go on with its next record; none when it breaks."""
        if self._began is None:
            going_on = {place + 1 for place in self._places.get(raw, ())}
        else:
            going_on = {place + 1 for place in self._next if place < len(self._tail) and self._tail[place] == raw}
        for place in sorted(going_on & self._doubtful):
            while place in self._doubtful:
                place += 1  # noqa: PLW2901 - one step on for each line in doubt
                going_on.add(place)
        return going_on

    def _settle(self, replay: _Run) -> Sorted:
        """Give out what is held, with line ends in the place of a replay."""
        held = self._held.take()
        self._run = self._proven = _Run(0, 0)
        if not replay.records:
            return Sorted(held)
        known = replay.until - held.offset
        before = 0 if self._began is None else max(self._began - held.offset, 0)
        return Sorted(held.holding(held.data[:before] + b"\n" * (known - before) + held.data[known:]), *replay)


class _Run(NamedTuple):
    """Records of a run, and where in the body the last of them ends."""

    records: int
    until: int


class _Held:
    """Bytes that are held back, in the pieces in which they came: they are put together when they are given out."""

    def __init__(self) -> None:
        self.start = 0
        self._pieces: list[bytes] = []
        self._joined: list[tuple[int, int]] = []

    def __bool__(self) -> bool:
        """Say whether there are any."""
        return bool(self._pieces)

    def add(self, block: Block) -> None:
        """Hold a block that follows those held."""
        if not self._pieces:
            self.start = block.offset
        if block.data:
            self._pieces.append(block.data)
            self._joined += block.joined

    def take(self) -> Block:
        """Return all that is held, and hold nothing."""
        held, self._pieces, self._joined = Block(b"".join(self._pieces), self.start, self._joined), [], []
        return held

    def take_before(self, end: int) -> Block:
        """Return what is held before a place, and hold the rest."""
        if end <= self.start:
            return Block(b"", self.start)
        held = self.take()
        first = end - held.offset
        self.add(held.part(first))
        return held.part(0, first)
