"""How many lines were in use: the sweep counts what counting each instant would."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.sizing import in_use
from tollbook.sizing.in_use import LinesInUse, edges_between, in_order, lines_in_use

INSTANTS = st.integers(0, 40)
CALLS = st.lists(st.tuples(INSTANTS, INSTANTS).map(lambda both: (min(both), max(both))), max_size=60)
EDGES = st.sets(st.integers(-3, 45), min_size=2).map(sorted)
MICROSECONDS_2026 = 1_767_225_600_000_000


def swept(calls: list[tuple[int, int]], edges: list[int]) -> LinesInUse:
    starts, ends = (np.array(sorted(call[side] for call in calls), np.int64) for side in (0, 1))
    return lines_in_use(starts, ends, np.array(edges))


def counted(calls: list[tuple[int, int]], edges: list[int]) -> list[tuple[int, int]]:
    """Return peak and time held of each span, by looking at each of its instants."""
    at = {instant: sum(begin <= instant < end for begin, end in calls) for instant in range(edges[0], edges[-1])}
    spans = [[at[instant] for instant in range(*span)] for span in pairwise(edges)]
    return [(max(span), sum(span)) for span in spans]


@pytest.mark.parametrize("at_once", [1, 3, 20_000])
@given(calls=CALLS, edges=EDGES)
def test_the_sweep_counts_what_each_instant_shows(at_once: int, calls: list[tuple[int, int]], edges: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(in_use, "_AT_ONCE", at_once)
        found = swept(calls, edges)

    assert list(zip(found.peak.tolist(), found.held.tolist(), strict=True)) == counted(calls, edges)


@given(calls=CALLS, edges=EDGES)
def test_instants_far_apart_are_counted_as_those_near_one_another(
    calls: list[tuple[int, int]], edges: list[int]
) -> None:
    far = 2**40
    near = swept(calls, edges)
    found = swept([(begin * far, end * far) for begin, end in calls], [edge * far for edge in edges])

    assert (found.peak.tolist(), found.held.tolist()) == (near.peak.tolist(), (near.held * far).tolist())


@given(calls=CALLS, apart=st.sampled_from([1, 10**9]), first=st.sampled_from([-(2**40), 0, 2**31]))
def test_calls_in_any_order_are_put_in_order(calls: list[tuple[int, int]], apart: int, first: int) -> None:
    begun = np.array([first + begin * apart for begin, _ in calls], np.int64)
    lasted = np.array([(end - begin) * apart for begin, end in calls], np.int64)
    ended = sorted((begun + lasted).tolist())
    starts, ends = in_order(begun.copy(), lasted)

    assert (starts.tolist(), ends.tolist()) == (sorted(begun.tolist()), ended)


@given(calls=CALLS)
def test_parts_add_up_to_the_whole(calls: list[tuple[int, int]]) -> None:
    hours, day = swept(calls, [0, 10, 20, 30, 41]), swept(calls, [0, 41])

    assert (hours.held.sum(), hours.peak.max()) == (day.held[0], day.peak[0])
    assert day.held[0] == sum(end - begin for begin, end in calls)


def test_a_call_that_ends_as_another_begins_needs_no_second_line() -> None:
    assert swept([(0, 10), (10, 20), (10, 10)], [0, 30]).peak.tolist() == [1]


def test_a_call_over_an_edge_is_in_use_on_both_sides() -> None:
    found = swept([(5, 25)], [0, 10, 20, 30, 40])

    assert (found.peak.tolist(), found.mean.tolist()) == ([1, 1, 1, 0], [0.5, 1.0, 0.5, 0.0])


def test_the_busiest_span_has_the_most_traffic_and_is_the_first_of_several() -> None:
    assert swept([(12, 13), (12, 13), (20, 25), (30, 35)], [0, 10, 20, 30, 40]).busiest == 2


def test_microseconds_are_counted_as_exactly() -> None:
    second = 1_000_000
    starts = MICROSECONDS_2026 + np.arange(0, 3_600 * second, second // 100)
    hour = lines_in_use(starts, starts + 90 * second + 1, np.array([starts[0], starts[0] + 3_700 * second]))

    assert (hour.peak.tolist(), hour.held.tolist()) == ([9_001], [360_000 * (90 * second + 1)])


def test_sums_that_go_round_come_out_right() -> None:
    far = 2**61
    assert swept([(far, far + 5)] * 9, [far - 1, far + 2, far + 9]).held.tolist() == [18, 27]


@pytest.mark.parametrize(
    ("starts", "ends", "edges", "said"),
    [
        ([2, 1], [2, 3], [0, 9], "starts must be in order"),
        ([1, 2], [3, 2], [0, 9], "ends must be in order"),
        ([1, 2], [2, 3], [0, 0], "edges must be in order"),
        ([1, 2], [3], [0, 9], "2 starts, 1 ends and 2 edges"),
        ([1], [3], [0], "1 starts, 1 ends and 1 edges"),
    ],
)
def test_what_is_out_of_order_is_refused(starts: list[int], ends: list[int], edges: list[int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        lines_in_use(np.array(starts), np.array(ends), np.array(edges))


def instant(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("zone", "first", "hours"),
    [
        ("Europe/Berlin", "2026-03-29T00:10:59", ["00:00", "01:00", "02:00"]),
        ("Asia/Kathmandu", "2026-03-29T00:10:59", ["23:15", "00:15", "01:15", "02:15"]),
        ("Australia/Lord_Howe", "2026-04-04T14:10:00", ["14:00", "14:30", "15:30", "16:30"]),
    ],
)
def test_an_hour_begins_when_the_clocks_of_a_zone_say_so(zone: str, first: str, hours: list[str]) -> None:
    begin = instant(first)
    edges = edges_between(begin, begin + 6_500, ZoneInfo(zone))

    assert [f"{datetime.fromtimestamp(edge, UTC):%H:%M}" for edge in edges.tolist()] == hours
