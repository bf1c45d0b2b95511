"""A question on lines or agents as somebody writes it."""

from __future__ import annotations

import pytest

from tollbook.model.problem import Misconfigured
from tollbook.sizing.asked import LinesAnswer, QueueAnswer, answered


def of_lines(**given: str) -> LinesAnswer:
    answer = answered(given)
    assert isinstance(answer, LinesAnswer)
    return answer


def of_agents(**given: str) -> QueueAnswer:
    answer = answered({name.replace("_", "-"): text for name, text in given.items()})
    assert isinstance(answer, QueueAnswer)
    return answer


def test_lines_are_busy_with_what_is_not_lost() -> None:
    assert of_lines(traffic="1", lines="1").occupancy == pytest.approx(0.5)
    assert of_lines(lines="2", blocking="20%").occupancy == pytest.approx(0.4)
    assert of_lines(traffic="0", blocking="20%") == LinesAnswer(traffic_erl=0, lines=1, blocking=0, occupancy=0)


def test_a_share_is_the_same_with_and_without_a_percent_sign() -> None:
    assert of_lines(traffic="10", blocking="1%") == of_lines(traffic="10", blocking="0.01")


def test_whoever_is_answered_at_once_did_not_wait() -> None:
    found = of_agents(traffic="10", agents="14", handling="3m", within="0")

    assert found.service_level == pytest.approx(1 - found.waiting)


def test_a_time_has_its_most() -> None:
    assert of_agents(traffic="1", agents="2", handling="3m", within="86400").service_level == 1
    with pytest.raises(Misconfigured, match="'within' must be between 0s and"):
        of_agents(traffic="1", agents="2", handling="3m", within="86401")


def test_lines_have_their_least_and_most() -> None:
    with pytest.raises(Misconfigured, match="'lines' must be a whole number between 1 and 10000000"):
        of_lines(traffic="1", lines="0")
    with pytest.raises(Misconfigured, match="'agents' must be a whole number between 1 and 10000000"):
        of_agents(traffic="1", agents="10000001")


def test_shrinkage_alone_asks_nothing() -> None:
    with pytest.raises(Misconfigured, match="agents are given, or a service level"):
        of_agents(traffic="1", shrinkage="30%")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"traffic": "0.0004", "lines": "2"}, "2 lines carry 0.0004 erlang with less than 0.001 % of calls"),
        ({"traffic": "0.05", "lines": "2"}, "2 lines carry 0.05 erlang with 0.119 % of calls"),
        ({"traffic": "0", "lines": "2"}, "2 lines carry 0 erlang with 0 % of calls"),
        ({"traffic": "1.004", "lines": "2"}, "2 lines carry 1 erlang with 20.1 % of calls"),
    ],
)
def test_a_share_is_said_with_the_digits_that_matter(given: dict[str, str], expected: str) -> None:
    (sentence,) = of_lines(**given).sentences()

    assert sentence == f"{expected} finding all lines busy."


def test_calls_stand_in_the_place_of_traffic_and_need_their_time() -> None:
    assert of_lines(calls="60", handling="4m", lines="8") == of_lines(traffic="4", lines="8")
    for more in ({}, {"traffic": "4", "handling": "4m"}):
        with pytest.raises(Misconfigured, match="in place of traffic"):
            of_lines(calls="60", lines="8", **more)


def test_calls_are_lost_or_they_wait() -> None:
    for lost in ({"lines": "8"}, {"blocking": "1%"}):
        with pytest.raises(Misconfigured, match="agents and lines are two questions"):
            of_agents(traffic="4", agents="8", **lost)
