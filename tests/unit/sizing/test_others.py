"""What Erlang's formulas come to by the public tests, tables and documents of others."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tollbook.sizing import erlang
from tollbook.sizing.in_use import lines_in_use

CASES = tomllib.loads(Path(__file__).with_name("others.toml").read_text())["case"]
Case = dict[str, Any]


def peak(case: Case) -> int:
    starts, ends = (np.array(sorted(each), np.int64) for each in zip(*case["calls"], strict=True))
    return int(lines_in_use(starts, ends, np.array([0, 100])).peak[0])


ASKED: dict[str, Callable[[Case], float]] = {
    "blocking": lambda case: erlang.blocking(case["traffic_erl"], case["lines"]),
    "ln-blocking": lambda case: erlang.ln_blocking(case["traffic_erl"], case["lines"]),
    "lines": lambda case: erlang.lines_for(case["traffic_erl"], case["blocking"]),
    "traffic": lambda case: erlang.traffic_for(case["lines"], case["blocking"]),
    "traffic-of-calls": lambda case: erlang.traffic_of(case["calls"], case["handling_s"]),
    "waiting": lambda case: erlang.waiting(case["traffic_erl"], case["agents"]),
    "service-level": lambda case: erlang.service_level(
        case["traffic_erl"],
        case["agents"],
        case["handling_s"],
        case["within_s"],
    ),
    "scheduled": lambda case: erlang.scheduled(case["agents"], case["shrinkage"]),
    "peak": peak,
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_what_others_print_comes_out_to_their_last_digit(case: Case) -> None:
    printed = Decimal(case["expected"])
    # Tables differ in whether their last digit is rounded or raised.
    last_digit = Decimal((0, (1,), int(printed.as_tuple().exponent)))
    off = abs(Decimal(ASKED[case["asks"]](case)) - printed)

    assert off < last_digit


def test_nothing_of_others_is_left_out() -> None:
    assert {case["asks"] for case in CASES} == set(ASKED)
    assert len(CASES) == len({case["name"] for case in CASES}) == 57
