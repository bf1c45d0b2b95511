"""Lines in use of calls in any order: second by second where there are many calls for the time, else by the sweep.

Each start adds a line to its second and each end takes one away; what this comes to until a second is in use in it.
That takes a step for each call and for each second, and nothing is put in order, which takes longer. Where calls are
few for the time, most seconds would be counted for nothing: then instants are put in order, for the sweep of
`tollbook.sizing.in_use`. Both are exact.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from tollbook.sizing.in_use import Instants, LinesInUse, full_stretches, in_order, lines_in_use

_SECONDS_A_CALL = 8
"""Seconds for each call up to which they are counted one by one: then they take as much memory as sorting."""
_SPANS_AT_ONCE = 200
"""Spans added up as 64 bits at once: NumPy makes a copy of all that it is given."""
_Counts: TypeAlias = npt.NDArray[np.int32]


class HeldLines(msgspec.Struct, frozen=True, eq=False):
    """The calls that held a line, one at least: when each began, in seconds since 1970, and for how many seconds."""

    begun: Instants
    lasted: npt.NDArray[np.integer[Any]]

    @property
    def first(self) -> int:
        """The second in which the first call began."""
        return int(self.begun.min())

    @property
    def last(self) -> int:
        """The last second in which a line was in use."""
        return int((self.begun + self.lasted).max()) - 1

    def between(self, edges: Instants) -> LinesInUse:
        """Count the lines in use between each two of some edges, which are in order and have all calls between them."""
        first, until = int(edges[0]), int(edges[-1])
        if first > self.first or until <= self.last:
            raise ValueError(f"calls from {self.first} to {self.last} are not between {first} and {until}")
        if not self._are_many(until - first):
            return lines_in_use(*in_order(self.begun.copy(), self.lasted), edges)
        places = edges[:-1] - first
        started, instants = self._started(first, until)
        begun = np.add.reduceat(started, places, dtype=np.int32)
        running = self._running(started, instants)[: until - first]
        return LinesInUse(
            edges=edges,
            peak=np.maximum.reduceat(running, places).astype(np.int64),
            held=_added_up(running, places),
            begun=begun.astype(np.int64),
        )

    def full(self, lines: int) -> tuple[Instants, Instants]:
        """Return the stretches in which at least so many lines were in use: where each begins, and where it ends."""
        first, until = self.first, self.last + 1
        if not self._are_many(until - first):
            return full_stretches(*in_order(self.begun.copy(), self.lasted), lines)
        is_full = self._running(*self._started(first, until)) >= lines
        turns = np.flatnonzero(is_full[1:] != is_full[:-1]) + (first + 1)
        if is_full[0]:
            turns = np.concatenate(([first], turns))
        return turns[::2], turns[1::2]

    def _are_many(self, seconds: int) -> bool:
        return seconds <= _SECONDS_A_CALL * len(self.begun)

    def _started(self, first: int, until: int) -> tuple[_Counts, Instants]:
        """Return how many calls began in each second, one behind the last more, and in which of them each call did."""
        started = np.zeros(until - first + 1, np.int32)
        instants = np.subtract(self.begun, first, dtype=np.intp)
        np.add.at(started, instants, np.int32(1))
        return started, instants

    def _running(self, started: _Counts, instants: Instants) -> _Counts:
        """Return how many lines were in use in each second; both arguments are used up."""
        instants += self.lasted
        np.subtract.at(started, instants, np.int32(1))
        return np.cumsum(started, out=started, dtype=np.int32)


def _added_up(counts: _Counts, places: Instants) -> Instants:
    """Add up the counts from each place to the next, of the last to the end.

    >>> _added_up(np.array([1, 2, 2**31 - 1, 4], np.int32), np.array([0, 1])).tolist()
    [1, 2147483653]
    """
    found = []
    for number in range(0, len(places), _SPANS_AT_ONCE):
        some = places[number : number + _SPANS_AT_ONCE + 1]
        until = some[_SPANS_AT_ONCE] if len(some) > _SPANS_AT_ONCE else len(counts)
        some = some[:_SPANS_AT_ONCE]
        found.append(np.add.reduceat(counts[some[0] : until], some - some[0], dtype=np.int64))
    return np.concatenate(found)
