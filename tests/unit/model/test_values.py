"""The values that travel, and the words faults are told in."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from tollbook.model.call import CALL_COLUMNS, join_calls, no_calls, pick
from tollbook.model.frame import Frames
from tollbook.model.pbx import Pbx, name_problems, zone_problems
from tollbook.model.problem import Misconfigured, Problem, Unavailable
from tollbook.model.reading import Reading


def test_a_fault_is_told_over_four_lines_and_fewer_where_there_is_less_to_say() -> None:
    whole = Problem("'port' must be between 1 and 65535", "got 70000", "site.toml:12", "default 2300")

    assert str(whole) == (
        "error: 'port' must be between 1 and 65535\n reason: got 70000\n --> site.toml:12\n help: default 2300"
    )
    assert str(Problem("no", "because")) == "error: no\n reason: because"


def test_several_faults_are_told_at_once_with_a_line_between_them() -> None:
    fault = Misconfigured(Problem("one", "a"), Problem("two", "b"))

    assert str(fault) == "error: one\n reason: a\n\nerror: two\n reason: b"
    assert [problem.what for problem in fault.problems] == ["one", "two"]


@pytest.mark.parametrize("permanent", [True, False])
def test_what_fails_outside_says_whether_trying_again_can_help(permanent: bool) -> None:  # noqa: FBT001 - a case
    assert Unavailable("gone", permanent=permanent).permanent is permanent


@pytest.mark.parametrize("name", ["a", "hts32", "front-desk", "0", "a" * 40])
def test_a_name_of_small_letters_digits_and_hyphens_will_do(name: str) -> None:
    assert name_problems(name) == []


@pytest.mark.parametrize("name", ["", "-a", "A", "a b", "a/b", "..", "a" * 41, "é", "a\n"])
def test_another_name_will_not(name: str) -> None:
    assert [problem.what for problem in name_problems(name)] == [f"{name!r} cannot be a PBX's name"]


@pytest.mark.parametrize(
    ("zone", "known"), [("Asia/Tokyo", True), ("UTC", True), ("", False), ("Mars/Base", False), ("../x", False)]
)
def test_a_time_zone_is_one_that_is_known(zone: str, known: bool) -> None:  # noqa: FBT001 - a case
    assert (zone_problems(zone) == []) is known


def test_a_pbx_knows_its_zone() -> None:
    assert Pbx(name="a", dialect="b", source="c", timezone="Asia/Tokyo").zone == ZoneInfo("Asia/Tokyo")


def test_frames_are_picked_in_the_order_asked_for() -> None:
    frames = Frames([b"a", b"b", b"c"], [0, 2, 4])

    assert frames.pick([2, 0]) == Frames([b"c", b"a"], [4, 0])
    assert len(frames) == 3


def test_no_calls_are_none_whether_joined_or_read() -> None:
    assert len(no_calls()) == len(join_calls([])) == len(join_calls([no_calls(), no_calls()])) == 0
    assert len(join_calls([no_calls()])) == len(pick(no_calls(), 0)) == 0
    assert Reading(no_calls(), [], []).frames == 0
    assert all(len(getattr(no_calls(), name)) == 0 for name in CALL_COLUMNS)
