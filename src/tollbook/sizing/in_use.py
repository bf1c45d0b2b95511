"""How many lines were in use: the most and the mean of each hour, by an exact sweep over the calls.

A call holds a line from its start until just before its end: one that begins at the instant another ends needs no
second line, and one without length needs none. So a count needs no pairs: at an instant as many lines are in use as
calls have begun by then, less those that have ended. The starts and the ends are therefore given apart, each in order.
An end before its start must have been mended.

All instants are whole numbers of one unit, seconds or microseconds. Of 7.6 million calls that held a line two cores
take 0.2 s to fetch them from DuckDB, as long to put them in order with NumPy, on two threads (`ORDER BY` takes half a
second for each of starts and ends), and as long to count. Ten million by windows in SQL take twelve.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, tzinfo
from typing import Any, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

Instants: TypeAlias = npt.NDArray[np.int64]
_HOUR_S = 3600
_AT_ONCE = 20_000
"""Calls whose instants stay in a core's cache while they are counted."""
_THREADS = 2
_NARROW = 2**30
"""Instants less far apart than this are put in order as numbers of 32 bits, which takes half as long."""


class LinesInUse(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Of each span between two edges: the most lines in use at once, how long lines were held together, calls begun."""

    edges: Instants
    peak: Instants
    held: Instants
    """In the unit of the instants: of seconds in an hour, the traffic in erlang is this by 3600."""
    begun: Instants
    """Calls that began in it."""

    @property
    def mean(self) -> npt.NDArray[np.float64]:
        """Lines in use on average, which is the traffic that was carried, in erlang."""
        return self.held / np.diff(self.edges)

    @property
    def busiest(self) -> int:
        """The place of the span with the most traffic; of several, the first."""
        return int(np.argmax(self.mean))


def in_order(begun: Instants, lasted: npt.NDArray[np.integer[Any]]) -> tuple[Instants, Instants]:
    """Put in order when calls began; return this, and in order by itself when they ended, by how long they lasted.

    >>> [each.tolist() for each in in_order(np.array([7, 0]), np.array([2, 5]))]
    [[0, 7], [5, 9]]
    """
    ended = begun + lasted
    with ThreadPoolExecutor(_THREADS) as threads:
        deque(threads.map(_sort, (begun, ended)), maxlen=0)
    return begun, ended


def _sort(instants: Instants) -> None:
    """Sort instants in place."""
    first, last = (int(instants.min()), int(instants.max())) if len(instants) else (0, 0)
    if last - first >= _NARROW:
        instants.sort()
        return
    apart = np.empty(len(instants), np.int32)
    np.subtract(instants, first, out=apart, casting="unsafe")
    apart.sort()
    np.add(apart, first, out=instants, dtype=np.int64)


def lines_in_use(starts: Instants, ends: Instants, edges: Instants) -> LinesInUse:
    """Count the lines in use between each two edges; calls may begin before the first and end behind the last.

    `starts` and `ends` are in order, each by itself; so are `edges`, two at least and no two alike.

    >>> hour = lines_in_use(np.array([0, 600, 1200]), np.array([1200, 1800, 1800]), np.array([0, 1200, 3600]))
    >>> hour.peak.tolist(), hour.held.tolist()
    ([2, 2], [1800, 1200])
    """
    for name, instants, is_wrong in (
        ("starts", starts, np.less),
        ("ends", ends, np.less),
        ("edges", edges, np.less_equal),
    ):
        if np.any(is_wrong(instants[1:], instants[:-1])):
            raise ValueError(f"{name} must be in order")
    if len(starts) != len(ends) or len(edges) < 2:  # noqa: PLR2004 - a span has two edges
        raise ValueError(
            f"{len(starts)} starts, {len(ends)} ends and {len(edges)} edges are not those of calls and spans",
        )
    begun, ended = (np.searchsorted(instants, edges, "right") for instants in (starts, ends))
    running = begun - ended
    # What runs at an edge would hold its line until the next one, as would what begins; what ends takes away its rest.
    # Sums of microseconds may go round on the way; the result is right all the same.
    moved = _of_each(np.add, starts, begun) - _of_each(np.add, ends, ended)
    held = running[:-1] * np.diff(edges) + edges[1:] * np.diff(running) - moved
    peak = _peaks(starts, ends, edges, running[:-1])
    return LinesInUse(edges=edges, peak=peak, held=held, begun=np.diff(np.searchsorted(starts, edges)))


def edges_between(first: int, last: int, zone: tzinfo, step_s: int = _HOUR_S) -> Instants:
    """Return where each hour begins on the clocks of a zone, from the one of `first` to the one behind `last`.

    Both are seconds since 1970; `step_s` is an hour or a part of one. Where clocks move by less than that, one span is
    as much shorter.
    """
    edges: list[int] = []
    at = first
    while not edges or edges[-1] <= last:
        local = datetime.fromtimestamp(at, zone)
        at -= (local.minute * 60 + local.second) % step_s
        edges.append(at)
        at += step_s
    return np.array(edges, np.int64)


def full_stretches(starts: Instants, ends: Instants, lines: int) -> tuple[Instants, Instants]:
    """Return the stretches in which at least so many lines were in use: where each begins, and where it ends.

    Starts and ends are in order. When k calls have ended, so many lines are in use from the start of the call
    k + lines on until one more ends: of starts 0, 10, 12 and ends 14, 15, 20 two lines from 10 to 14 and, since the
    third came at 12, on to 15.

    >>> [each.tolist() for each in full_stretches(np.array([0, 10, 12]), np.array([14, 15, 20]), 2)]
    [[10], [15]]
    """
    begun, ended = starts[lines - 1 :], ends[: max(len(ends) - lines + 1, 0)]
    some = begun < ended
    begun, ended = begun[some], ended[some]
    if not len(begun):
        return begun, ended
    apart = begun[1:] > ended[:-1]
    return begun[np.concatenate(([True], apart))], ended[np.concatenate((apart, [True]))]


def _of_each(combine: np.ufunc, values: npt.NDArray[np.signedinteger[Any]], places: npt.NDArray[np.intp]) -> Instants:
    """Combine the values between each two places; 0 where there are none.

    >>> _of_each(np.add, np.array([1, 2, 3, 4]), np.array([1, 3, 3, 4])).tolist()
    [5, 0, 4]
    """
    combined = np.zeros(len(places) - 1, np.int64)
    some = np.flatnonzero(np.diff(places))
    if some.size:
        combined[some] = combine.reduceat(values[: places[-1]], places[some])
    return combined


def _peaks(starts: Instants, ends: Instants, edges: Instants, running: Instants) -> Instants:
    """Lines in use grow only as a call begins: look there, and at what runs on over an edge."""
    places = np.searchsorted(starts, edges)
    gone = int(np.searchsorted(ends, edges[0], "right"))
    counts = _counted(starts[places[0] : places[-1]], ends[gone:], int(places[0]) - gone)
    return np.maximum(running, _of_each(np.maximum, counts, places - places[0]))


def _counted(starts: Instants, ends: Instants, running: int) -> npt.NDArray[np.int32]:
    """Return, at each start, the starts until then less the ends until then, and `running` more.

    Of starts at one instant the last counts.

    >>> _counted(np.array([0, 5, 5, 9]), np.array([5, 7, 8]), 0).tolist()
    [1, 1, 2, 1]
    """
    counts = np.empty(len(starts), np.int32)

    def count(place: int, done: int, until: int) -> None:
        some = slice(place, place + _AT_ONCE)
        counts[some] = _counted_at_once(starts[some], ends[done:until]) + (running + place - done)

    places = range(0, len(starts), _AT_ONCE)
    last = starts[[min(place + _AT_ONCE, len(starts)) - 1 for place in places]]
    until = np.searchsorted(ends, last, "right").tolist()
    with ThreadPoolExecutor(_THREADS) as threads:
        deque(threads.map(count, places, (0, *until), until), maxlen=0)
    return counts


def _counted_at_once(starts: Instants, ends: Instants) -> Instants:
    """Return what `_counted` does for some that stay in a core's cache.

    Of starts and ends put in order together, at the place p of the start number n there are p - n ends before it: so
    n + 1 - (p - n) are left. The last bit puts ends before the starts of their instant.
    """
    events = np.concatenate((ends, starts))
    events -= events.min()
    if events.max() < _NARROW:
        events = events.astype(np.int32)
    events <<= 1
    events[len(ends) :] |= 1
    events.sort()
    return np.arange(1, 2 * len(starts), 2) - np.flatnonzero((events & 1).astype(bool))
