"""`tollbook erlang`: lines and agents for some traffic, for people and for scripts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from tollbook.cli import app, exits

QUEUE = ("--handling", "3m", "--within", "20s")


def said(*words: str) -> list[str]:
    result = CliRunner().invoke(app, ["erlang", *words], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout.splitlines()


def told(*words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads("\n".join(said(*words, "--format", "json")))
    return found


def test_of_traffic_lines_and_blocking_two_give_the_third() -> None:
    assert told("--traffic", "4.5", "--lines", "8") == {
        "traffic_erl": 4.5, "lines": 8, "blocking": 0.048272479455, "occupancy": 0.535346730307,
    }  # fmt: skip
    assert told("--traffic", "10", "--blocking", "0.01")["lines"] == 18
    assert told("--lines", "8", "--blocking", "5%")["traffic_erl"] == 4.54295940706


def test_the_most_that_can_be_given_is_answered() -> None:
    assert told("--traffic", "5000000", "--blocking", "1e-300")["lines"] == 5_082_819
    assert told("--lines", "10000000", "--blocking", "0.9999")["traffic_erl"] == pytest.approx(
        99_999_999_999,
        rel=1e-10,
    )
    assert told("--traffic", "5e6", "--service-level", "0.9999", *QUEUE)["agents"] == 5_000_083


def test_calls_and_their_time_are_traffic() -> None:
    assert told("--calls", "60", "--handling", "4m", "--lines", "8")["traffic_erl"] == 4


def test_for_agents_calls_wait() -> None:
    assert told("--traffic", "10", "--agents", "11", "--handling", "180", "--within", "20") == {
        "traffic_erl": 10.0, "agents": 11, "waiting": 0.682118204689, "occupancy": 0.909090909091, "within_s": 20.0,
        "service_level": 0.389613811729, "average_speed_of_answer_s": 122.781276844, "agents_scheduled": None,
    }  # fmt: skip
    assert told("--traffic", "10", "--service-level", "0.8", *QUEUE)["agents"] == 14


def test_what_no_time_is_given_for_and_what_never_ends_is_null() -> None:
    untimed = told("--traffic", "10", "--agents", "14")
    assert (untimed["waiting"], untimed["service_level"]) == (0.174131933595, None)
    assert told("--traffic", "10", "--agents", "9", *QUEUE)["average_speed_of_answer_s"] is None


def test_a_person_reads_sentences() -> None:
    assert said("--traffic", "4.5", "--lines", "8") == [
        "8 lines carry 4.5 erlang with 4.8 % of calls finding all lines busy.",
    ]
    assert said("--traffic", "0.5", "--lines", "1") == [
        "1 line carries 0.5 erlang with 33.3 % of calls finding all lines busy.",
    ]
    assert said("--traffic", "10", "--service-level", "80%", *QUEUE, "--shrinkage", "30%") == [
        "With 14 agents for 10 erlang 17.4 % of calls wait; agents are busy 71.4 % of their time.",
        "88.8 % of calls are answered within 20 s.",
        "On average a call waits 7.84 s.",
        "20 must be on the roster.",
    ]
    assert said("--traffic", "0.5", "--agents", "1") == [
        "With 1 agent for 0.5 erlang 50 % of calls wait; agents are busy 50 % of their time.",
    ]
    assert said("--traffic", "10", "--agents", "9") == [
        "9 agents cannot answer 10 erlang: ever more calls wait.",
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("--traffic 4,5 --lines many", ["'traffic' must be a number such as 4.5", "'lines' must be a whole number"]),
        ("--traffic 5 --blocking little", ["'blocking' must be a share such as 0.01 or 1%", "got 'little'"]),
        ("--traffic 5 --blocking 1", ["'blocking' must be a share above 0, at most 0.9999", "got 1.0"]),
        ("--traffic 5 --agents 6 --handling soon", ["'handling' must be a time such as 30s, 5m or 1h"]),
        ("--lines 5", ["cannot tell what is asked", "of traffic, lines and blocking two are given"]),
        ("--traffic 5 --lines 5 --blocking 1%", ["cannot tell what is asked"]),
        ("--traffic 5 --calls 5 --lines 6", ["'calls' cannot be used", "in place of traffic"]),
        ("--calls 5 --lines 6", ["'calls' cannot be used", "calls and handling are given together"]),
        ("--traffic 5 --lines 6 --handling 3m", ["'handling' does not count", "on lines nobody waits"]),
        ("--traffic 5 --lines 6 --format csv", ["'csv' is not one of 'text', 'json'"]),
        ("--traffic 5 --lines 6 --agents 7", ["agents and lines are two questions"]),
        ("--agents 6", ["'traffic' is missing"]),
        ("--traffic 5 --service-level 80% --within 20s", ["cannot tell what is asked", "handling and within"]),
        ("--traffic 5 --lins 6", ["no such option", "--lines"]),
    ],
)
def test_what_cannot_be_reckoned_is_told_with_what_to_type(
    words: str,
    expected: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert exits.run(app, ["erlang", *words.split()]) == exits.Exit.WRONG

    printed = capsys.readouterr().err
    assert [each for each in expected if each not in printed] == []
