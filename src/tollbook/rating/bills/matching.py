"""Lays billed calls beside calls of ours, one to one: those of the same number that are nearest in time.

All pairs of one number whose times differ by no more than a tolerance are put in order: by the difference of their
times, then of their lengths, then by their places. Each pair in its turn is taken where both are still free. So the
result depends on nothing but the calls. A clock of the carrier that is wrong by the same time throughout is found out
beforehand: where most billed calls have one of ours with the same number and length at that distance.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from statistics import median_low

import msgspec

MOST_PAIRS = 2_000_000
"""Pairs that are compared; a number that is called again and again within the tolerance has many."""
FARTHEST_S = 26 * 3600
"""A clock is wrong by a day at most, and the summer time beside it."""
_TOGETHER_S = 60
"""Differences within so many seconds are the same one: clocks are set and times are cut."""
_LEAST = 5
_MOST_OF_ONE = 24
"""Calls of ours that are looked at on either side of a billed call to find out a clock that is wrong."""
_NEARLY, _QUARTER_S = 0.5, 900
_SLIGHT_S = 30
"""A clock that is wrong by less is taken as right."""


class BilledCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call as the carrier bills it. `moments` are when it may have begun, in seconds since 1970 UTC.

    There are two where the clock went back over that time. `number` is E.164 or digits; of one whose last digits are
    hidden it has those before, and `hidden` says how many are missing.
    """

    place: int
    number: str
    moments: tuple[int, ...]
    seconds: int
    hidden: int = 0


class OwnCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call of ours: `moments` are when it began and when it was answered, in seconds since 1970 UTC."""

    place: int
    number: str
    moments: tuple[int, ...]
    seconds: int


class MatchedPair(msgspec.Struct, frozen=True):
    """A billed call and the call of ours that it is, by their places; the billed one began so many seconds later."""

    billed: int
    own: int
    late_s: int


class TooManyPairs(Exception):
    """More calls of one number lie within the tolerance than can be compared."""


class _OfNumbers:
    """Calls of ours by number, in the order of their times."""

    def __init__(self, own: Iterable[OwnCall]) -> None:
        self._own = tuple(own)
        self._by: dict[int, dict[str, list[tuple[int, OwnCall]]]] = {}

    def near(self, call: BilledCall, moment: int, within_s: int) -> Sequence[tuple[int, OwnCall]]:
        """Return the calls of a billed one's number, each with a moment of it, that are so near to a moment."""
        found = self._index(call.hidden).get(call.number, [])
        first = bisect_left(found, moment - within_s, key=lambda each: each[0])
        last = bisect_right(found, moment + within_s, key=lambda each: each[0])
        return found[first:last]

    def _index(self, hidden: int) -> dict[str, list[tuple[int, OwnCall]]]:
        if hidden not in self._by:
            index: dict[str, list[tuple[int, OwnCall]]] = {}
            for call in self._own:
                number = call.number[:-hidden] if hidden else call.number
                index.setdefault(number, []).extend((moment, call) for moment in set(call.moments))
            for found in index.values():
                found.sort(key=lambda each: (each[0], each[1].place))
            self._by[hidden] = index
        return self._by[hidden]


def match(
    billed: Sequence[BilledCall],
    own: Sequence[OwnCall],
    tolerance_s: int,
    offset_s: int = 0,
) -> list[MatchedPair]:
    """Return which billed call is which of ours, in the order of the billed ones; raises `TooManyPairs`.

    The carrier's clock is ahead by `offset_s`; what is left may differ by `tolerance_s`.
    """
    numbers = _OfNumbers(own)
    pairs: list[tuple[int, int, int, int, int]] = []
    for call in billed:
        pairs.extend(_pairs(call, numbers, tolerance_s, offset_s))
        if len(pairs) > MOST_PAIRS:
            raise TooManyPairs
    pairs.sort()
    taken_billed, taken_own, found = set[int](), set[int](), list[MatchedPair]()
    for _, _, billed_place, own_place, late_s in pairs:
        if billed_place not in taken_billed and own_place not in taken_own:
            taken_billed.add(billed_place)
            taken_own.add(own_place)
            found.append(MatchedPair(billed_place, own_place, late_s))
    return sorted(found, key=lambda each: each.billed)


def _pairs(
    call: BilledCall,
    numbers: _OfNumbers,
    tolerance_s: int,
    offset_s: int,
) -> Iterator[tuple[int, int, int, int, int]]:
    """Yield the calls that a billed one may be, each with what says how likely."""
    for moment in call.moments:
        for begun, other in numbers.near(call, moment - offset_s, tolerance_s):
            late_s = moment - offset_s - begun
            yield abs(late_s), abs(call.seconds - other.seconds), call.place, other.place, late_s


def clock_offset(billed: Sequence[BilledCall], own: Sequence[OwnCall], tolerance_s: int) -> int:
    """Return by how many seconds the carrier's clock is ahead of ours, 0 where it seems right.

    It is taken as wrong only where more calls are matched by that.
    """
    differences = sorted(_differences(billed, _OfNumbers(own)))
    window = _densest(differences)
    if len(window) < max(_LEAST, len(billed) // 4):
        return 0
    offset_s = _likeliest(window)
    if abs(offset_s) < _SLIGHT_S:
        return 0
    as_it_is, moved = (_matched(billed, own, tolerance_s, each) for each in (0, offset_s))
    return offset_s if moved > as_it_is else 0


def _likeliest(window: Sequence[int]) -> int:
    """Return the difference that is meant by some that lie together: a whole quarter of an hour, else the commonest.

    Calls of ours have two moments, and so most differences are there twice.
    """
    middle, counts = median_low(window), Counter(window)
    often = [each for each in counts if counts[each] >= _NEARLY * max(counts.values())]
    return max(often, key=lambda each: (each % _QUARTER_S == 0, counts[each], -abs(each - middle), each))


def _matched(billed: Sequence[BilledCall], own: Sequence[OwnCall], tolerance_s: int, offset_s: int) -> tuple[int, int]:
    """Return how well an offset fits: how many calls are matched, and how near."""
    found = match(billed, own, tolerance_s, offset_s)
    return len(found), -sum(abs(each.late_s) for each in found)


def _differences(billed: Sequence[BilledCall], numbers: _OfNumbers) -> Iterator[int]:
    """Yield how much later billed calls began than calls of ours with the same number and about the same length."""
    for call in billed:
        moment = call.moments[0]
        near = numbers.near(call, moment, FARTHEST_S)
        alike = [(begun, each) for begun, each in near if abs(each.seconds - call.seconds) <= _TOGETHER_S]
        alike.sort(key=lambda each: (abs(moment - each[0]), each[1].place))
        yield from (moment - begun for begun, _ in alike[: 2 * _MOST_OF_ONE])


def _densest(ordered: Sequence[int]) -> Sequence[int]:
    """Return the most of some ordered numbers that lie together; of several those nearest to nothing."""
    best: tuple[int, int, int, int] = (0, 0, 0, 0)
    first = 0
    for last, value in enumerate(ordered):
        while value - ordered[first] > _TOGETHER_S:
            first += 1
        best = max(best, (last + 1 - first, -abs(ordered[first] + value), first, last + 1))
    return ordered[best[2] : best[3]]
