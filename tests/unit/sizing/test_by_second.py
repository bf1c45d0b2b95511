"""Lines in use of calls in any order: counted second by second or by the sweep, they are what each second shows."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.sizing import by_second
from tollbook.sizing.by_second import HeldLines

FIRST = 1_767_225_600
INSTANTS = st.integers(0, 40)
CALLS = st.lists(st.tuples(INSTANTS, st.integers(1, 30)), min_size=1, max_size=60)
EDGES = st.sets(st.integers(1, 69)).map(lambda inner: [0, *sorted(inner), 71])
EACH_WAY = pytest.mark.parametrize("seconds_a_call", [0, 1_000], ids=["in order", "by second"])


def held(calls: list[tuple[int, int]]) -> HeldLines:
    begun, lasted = zip(*calls, strict=True)
    return HeldLines(np.array(begun, np.int64) + FIRST, np.array(lasted, np.int32))


def in_use_at(calls: list[tuple[int, int]], second: int) -> int:
    return sum(begin <= second < begin + lasted for begin, lasted in calls)


@EACH_WAY
@given(calls=CALLS, edges=EDGES)
def test_each_span_has_what_each_of_its_seconds_shows(
    seconds_a_call: int, calls: list[tuple[int, int]], edges: list[int]
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(by_second, "_SECONDS_A_CALL", seconds_a_call)
        patched.setattr(by_second, "_SPANS_AT_ONCE", 3)
        found = held(calls).between(np.array(edges) + FIRST)

    spans = [[in_use_at(calls, second) for second in range(*span)] for span in pairwise(edges)]
    begun = [sum(begin <= at < until for at, _ in calls) for begin, until in pairwise(edges)]
    assert found.peak.tolist() == [max(span) for span in spans]
    assert found.held.tolist() == [sum(span) for span in spans]
    assert found.begun.tolist() == begun


@EACH_WAY
@given(calls=CALLS, lines=st.integers(1, 8))
def test_stretches_without_a_free_line_are_those_of_each_second(
    seconds_a_call: int, calls: list[tuple[int, int]], lines: int
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(by_second, "_SECONDS_A_CALL", seconds_a_call)
        begun, ended = held(calls).full(lines)

    is_full = [in_use_at(calls, second) >= lines for second in range(-1, 72)]
    turns = [second for second, (was, now) in enumerate(pairwise(is_full)) if was != now]
    assert (begun - FIRST).tolist() == turns[::2]
    assert (ended - FIRST).tolist() == turns[1::2]


def test_counting_leaves_the_calls_as_they_are() -> None:
    calls = held([(5, 2), (0, 9), (5, 1)])
    once = [calls.between(np.array([FIRST, FIRST + 6, FIRST + 20])).peak.tolist() for _ in range(2)]

    assert once == [[3, 2], [3, 2]]
    assert (calls.first, calls.last) == (FIRST, FIRST + 8)


@pytest.mark.parametrize("edges", [[1, 20], [0, 9]])
def test_calls_beyond_the_edges_are_refused(edges: list[int]) -> None:
    with pytest.raises(ValueError, match="are not between"):
        held([(0, 10)]).between(np.array(edges) + FIRST)
