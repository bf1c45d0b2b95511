"""What holds of Erlang's formulas for any traffic, and what is said where something cannot be."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.model.problem import Misconfigured
from tollbook.sizing import erlang

TRAFFIC = st.floats(0.001, 400)
LINES = st.integers(1, 400)
SHARES = st.floats(1e-6, 0.99)
HANDLING = st.floats(1, 3600)
WITHIN = st.floats(0, 600)
NEARLY = 1 + 1e-9


def by_recursion(traffic: float, lines: int) -> float:
    """Erlang B as it is defined, in fractions, which round nothing."""
    offered, lost = Fraction(traffic), Fraction(1)
    for line in range(1, lines + 1):
        lost = offered * lost / (line + offered * lost)
    return float(lost)


@given(st.integers(1, 600).map(lambda tenths: tenths / 8), st.integers(0, 110))
def test_blocking_is_what_its_definition_comes_to(traffic: float, lines: int) -> None:
    assert math.isclose(erlang.blocking(traffic, lines), by_recursion(traffic, lines), rel_tol=1e-11)


@given(TRAFFIC, LINES)
def test_another_line_lessens_the_blocking_and_more_traffic_raises_it(traffic: float, lines: int) -> None:
    share = erlang.ln_blocking(traffic, lines)

    assert erlang.ln_blocking(traffic, lines + 1) < share < erlang.ln_blocking(traffic * 1.01, lines)


@given(TRAFFIC, LINES)
def test_more_calls_wait_than_would_find_all_lines_busy(traffic: float, lines: int) -> None:
    assert erlang.blocking(traffic, lines) <= erlang.waiting(traffic, lines) * NEARLY <= NEARLY


@given(TRAFFIC, SHARES)
def test_the_lines_for_a_blocking_reach_it_and_one_less_does_not(traffic: float, target: float) -> None:
    lines = erlang.lines_for(traffic, target)

    assert erlang.blocking(traffic, lines) <= target * NEARLY
    assert lines == 0 or erlang.blocking(traffic, lines - 1) > target


@given(LINES, SHARES)
def test_the_traffic_for_a_blocking_comes_to_it(lines: int, target: float) -> None:
    traffic = erlang.traffic_for(lines, target)

    assert math.isclose(erlang.blocking(traffic, lines), target, rel_tol=1e-9)
    assert erlang.lines_for(traffic, target) <= lines


@given(TRAFFIC, st.floats(0.01, 0.999), HANDLING, WITHIN)
def test_the_agents_for_a_service_level_reach_it_and_one_less_does_not(
    traffic: float,
    target: float,
    handling_s: float,
    within_s: float,
) -> None:
    agents = erlang.agents_for(traffic, target, handling_s, within_s)

    assert erlang.service_level(traffic, agents, handling_s, within_s) * NEARLY >= target
    assert agents == 1 or erlang.service_level(traffic, agents - 1, handling_s, within_s) < target


@given(TRAFFIC, LINES, HANDLING, WITHIN)
def test_shares_are_between_nothing_and_all(traffic: float, agents: int, handling_s: float, within_s: float) -> None:
    shares = (
        erlang.waiting(traffic, agents),
        erlang.occupancy(traffic, agents),
        erlang.service_level(traffic, agents, handling_s, within_s),
        erlang.service_level(traffic, agents, handling_s, within_s + 1),
    )

    assert all(0 <= each <= 1 for each in shares)
    assert shares[2] <= shares[3]


def test_without_traffic_no_call_is_lost_and_without_lines_each_is() -> None:
    assert (erlang.blocking(0, 0), erlang.blocking(0, 5), erlang.blocking(5, 0)) == (1, 0, 1)
    assert (erlang.lines_for(0, 0.01), erlang.agents_for(0, 0.8, 180, 20)) == (1, 1)
    assert (erlang.waiting(0, 1), erlang.average_speed_of_answer_s(0, 1, 180)) == (0, 0)


def test_calls_without_length_are_no_traffic() -> None:
    assert (erlang.traffic_of(90, 0), erlang.traffic_of(0, 180), erlang.traffic_of(90, 40)) == (0, 0, 1)


def test_agents_who_have_no_spare_time_let_all_calls_wait_for_ever() -> None:
    assert (erlang.waiting(8, 8), erlang.service_level(8, 8, 180, 20), erlang.occupancy(9, 8)) == (1, 0, 1)
    assert math.isinf(erlang.average_speed_of_answer_s(8, 8, 180))


def test_a_target_that_is_just_reached_is_reached() -> None:
    assert erlang.lines_for(1, 0.2) == 2
    assert erlang.scheduled(7, 0.3) == 10
    assert erlang.agents_for(1, 2 / 3, 180, 0) == 2


@pytest.mark.parametrize(
    ("traffic", "lines", "expected"),
    [
        (1e6, 1_000_000, 7.974603068555605e-04),
        (1e6, 1_003_000, 4.451168639812919e-06),
        (2e6, 1_000_000, 0.500000499998),
    ],
)
def test_a_million_lines_keep_their_digits(traffic: float, lines: int, expected: float) -> None:
    share = erlang.blocking(traffic, lines)

    assert math.isclose(share, expected, rel_tol=1e-10)
    assert math.isclose(erlang.traffic_for(lines, share), traffic, rel_tol=1e-10)
    assert erlang.lines_for(traffic, share) == lines


def test_the_most_that_is_taken_is_answered() -> None:
    assert erlang.ln_blocking(5_000_000, 10_000_000) < -1_000_000
    assert math.isclose(erlang.traffic_for(10_000_000, 0.9999), 99_999_999_999, rel_tol=1e-10)
    assert erlang.occupancy(5_000_000, 10_000_000) == 0.5


def test_what_is_too_small_for_a_number_has_a_logarithm() -> None:
    assert erlang.blocking(708, 2510) == 0
    assert erlang.ln_blocking(1e-9, 1_000_000) == pytest.approx(1_000_000 * math.log(1e-9) - math.lgamma(1_000_001))


TRAFFIC_SAID = "'traffic' must be 0 to 5,000,000 erlang"
SHARE_SAID = "must be a share above 0, at most 0.9999: 1 % is 0.01 or 1%"
BAD: list[tuple[Callable[[], float], list[str]]] = [
    (lambda: erlang.blocking(-1, -1), [TRAFFIC_SAID, "'lines' must be 0 to 10,000,000"]),
    (lambda: erlang.blocking(math.nan, 10_000_001), [TRAFFIC_SAID, "'lines' must be 0 to 10,000,000"]),
    (lambda: erlang.blocking(math.inf, 1), [TRAFFIC_SAID]),
    (lambda: erlang.lines_for(1, 0), [f"'blocking' {SHARE_SAID}"]),
    (lambda: erlang.traffic_for(0, 1), ["'lines' must be 1 to 10,000,000", f"'blocking' {SHARE_SAID}"]),
    (lambda: erlang.waiting(1, 0), ["'agents' must be 1 to 10,000,000"]),
    (lambda: erlang.service_level(1, 2, 0, -1), ["'handling' must be above 0 s", "'within' must be 0 s or more"]),
    (lambda: erlang.agents_for(1, 1, 60, math.inf), [f"'service-level' {SHARE_SAID}", "'within' must be 0 s or more"]),
    (lambda: erlang.scheduled(1, 1), ["'shrinkage' must be a share from 0 to below 1"]),
    (lambda: erlang.traffic_of(-1, math.nan), ["'calls' must be 0 or more", "'handling' must be 0 s or more"]),
]


@pytest.mark.parametrize(("asked", "said"), BAD)
def test_all_that_cannot_be_is_told_at_once(asked: Callable[[], float], said: list[str]) -> None:
    with pytest.raises(Misconfigured) as refused:
        asked()

    assert [each.what for each in refused.value.problems] == said
