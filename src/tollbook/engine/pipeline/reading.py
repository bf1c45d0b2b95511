"""Reads jobs: those of PBXs that write alike together, since a batch of many records costs little more than one.

Hundreds of PBXs that each send a record now and then give a batch of hundreds of jobs of one record. What a record
comes to depends on its text, its PBX's settings and the second of its arrival, so jobs that share the latter two are
read as one batch and divided again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import TypeVar

import msgspec

from tollbook.model.call import at_rows
from tollbook.model.frame import Frames, Rejected, Skipped
from tollbook.model.reading import Reading

ReadFrames = Callable[[Frames], Reading]
"""Reads the frames of one PBX, or of all that write alike: those have the same one."""
_LARGE = 64
"""Frames of a job that is worth a batch of its own."""
_SECOND_US = 1_000_000


def read_together(batches: Sequence[Frames], readers: Sequence[ReadFrames]) -> list[Reading]:
    """Return what each batch comes to, read by the reader in its place."""
    readings: list[Reading | None] = [None] * len(batches)
    alike: dict[tuple[ReadFrames, int], list[int]] = {}
    for place, (frames, read) in enumerate(zip(batches, readers, strict=True)):
        if len(frames) > _LARGE:
            readings[place] = read(frames)
        else:
            alike.setdefault((read, frames.received_at // _SECOND_US), []).append(place)
    for (read, second), places in alike.items():
        for place, reading in zip(places, _as_one(read, second, [batches[place] for place in places]), strict=True):
            readings[place] = reading
    return [reading for reading in readings if reading is not None]


def _as_one(read: ReadFrames, second: int, batches: list[Frames]) -> Iterator[Reading]:
    """Read batches as one and divide what they come to; while together, an offset is a frame's number."""
    if len(batches) == 1:
        yield read(batches[0])
        return
    raws = [raw for frames in batches for raw in frames.raws]
    offsets = [offset for frames in batches for offset in frames.offsets]
    whole = read(Frames(raws, list(range(len(raws))), second * _SECOND_US))
    calls, skips, rejects = _Places(whole.calls.offsets), _Places(whole.skipped), _Places(whole.rejected)
    ends = list(accumulate(map(len, batches), initial=0))
    for first, last in pairwise(ends):
        rows = at_rows(whole.calls, calls.until(last))
        yield (
            Reading(
                msgspec.structs.replace(rows, offsets=[offsets[number] for number in rows.offsets]),
                [_at(offsets, each) for each in whole.skipped[skips.until(last)]],
                [_at(offsets, each) for each in whole.rejected[rejects.until(last)]],
            )
            if last > first
            else Reading(at_rows(whole.calls, slice(0, 0)), [], [])
        )


Fate = TypeVar("Fate", Skipped, Rejected)


class _Places:
    """Goes through places in order, up to one frame after another."""

    def __init__(self, found: Sequence[int] | Sequence[Skipped] | Sequence[Rejected]) -> None:
        self._numbers = [each if isinstance(each, int) else each.offset for each in found]
        self._next = 0

    def until(self, last: int) -> slice:
        """Return the places from where the last call ended on, up to a frame's number."""
        first = self._next
        while self._next < len(self._numbers) and self._numbers[self._next] < last:
            self._next += 1
        return slice(first, self._next)


def _at(offsets: list[int], each: Fate) -> Fate:
    return msgspec.structs.replace(each, offset=offsets[each.offset])
