"""The values that travel, and the words faults are told in."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pytest

from tests.fakes.calls import Made, calls_of
from tollbook.model.body import Entry
from tollbook.model.call import CALL_COLUMNS, NEVER, counted, join_calls, no_calls, pick, those_given
from tollbook.model.frame import Frames, Rejected, Skipped
from tollbook.model.health import Health, Lag, State
from tollbook.model.limits import LONGEST_DURATION_S
from tollbook.model.naming import shortly
from tollbook.model.pbx import Pbx, name_problems, zone_problems
from tollbook.model.problem import Misconfigured, Problem, Unavailable
from tollbook.model.reading import Reading, join_readings
from tollbook.model.rules import Rules, TalkRule, Times
from tollbook.model.sink import Sink, SinkHealth


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


def test_what_fails_outside_may_be_tried_again_unless_it_is_said_that_this_cannot_help() -> None:
    assert (str(Unavailable("gone")), Unavailable("gone").permanent) == ("gone", False)
    assert Unavailable("a wrong password", permanent=True).permanent


@pytest.mark.parametrize("name", ["a", "hts32", "front-desk", "0", "a" * 40])
def test_a_name_of_small_letters_digits_and_hyphens_will_do(name: str) -> None:
    assert name_problems(name) == []


@pytest.mark.parametrize("name", ["", "-a", "A", "a b", "a/b", "..", "a" * 41, "é", "a\n"])
def test_another_name_will_not(name: str) -> None:
    assert [problem.what for problem in name_problems(name)] == [f"{name!r} cannot be a PBX's name"]


@pytest.mark.parametrize(
    ("zone", "known"),
    [("Asia/Tokyo", True), ("UTC", True), ("", False), ("Mars/Base", False), ("../x", False)],
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
    assert all(len(getattr(no_calls(), name)) == 0 for name in those_given(no_calls(), CALL_COLUMNS))


def test_a_column_that_only_some_batches_have_is_empty_in_the_rows_of_the_others() -> None:
    told, silent = calls_of({"caller": "1", "caller_name": "ADA", "hold_s": 7}), calls_of({"caller": "2"})

    joined = join_calls([silent, told, silent])

    assert those_given(silent, ("caller_name", "hold_s")) == ()
    assert joined.caller == ["2", "1", "2"]
    assert joined.caller_name == ["", "ADA", ""]
    assert joined.hold_s is not None
    assert joined.hold_s.tolist() == [0, 7, 0]
    assert joined.ddi is None


def test_a_column_that_no_batch_has_is_still_not_there_after_joining_and_picking() -> None:
    silent = calls_of({"caller": "2"}, {"caller": "3"})

    assert those_given(join_calls([silent, silent]), CALL_COLUMNS) == those_given(silent, CALL_COLUMNS)
    assert those_given(pick(silent, 1), CALL_COLUMNS) == those_given(silent, CALL_COLUMNS)
    assert pick(silent, 1).caller == ["3"]


def test_one_call_is_picked_with_all_the_columns_its_batch_has() -> None:
    told = calls_of({"caller_name": "ADA", "units": 3}, {"caller_name": "BO", "units": 4})

    assert pick(told, 1).caller_name == ["BO"]
    assert pick(told, 1).units == [4]


def test_a_value_of_which_little_is_said_says_nothing_more() -> None:
    health = Health(pbx="a", state=State.WORKING, message="", since="")
    sink = SinkHealth(sink="a", kind="file", state=State.NO_ROOM, message="", since="")

    assert (health.answers, health.bytes_taken, health.trouble, health.arriving, health.resets, health.refused) == (
        0,
    ) * 6
    assert (sink.behind, sink.sent, sink.removed, sink.refused, sink.behind_s) == (0,) * 5
    assert Entry(1, 2, "data", 3, b"").start == 0
    assert (Lag(entries=1, rebuilding=False).left, Frames([], []).received_at) == (0, 0)
    assert not Sink(name="a", kind="file").paused
    assert not Pbx(name="a", dialect="b", source="c").paused
    assert not Pbx(name="a", dialect="b", source="c").removed
    assert State.NO_ROOM.words == "no room"


def test_a_batch_is_read_with_all_that_became_of_it() -> None:
    one = Reading(calls_of({}, {}), [Skipped(b"-", 0, "rule")], [Rejected(b"x", 1, "no")])
    both = join_readings([one, Reading(no_calls(), [], []), one])

    assert (one.frames, both.frames, len(both.calls)) == (4, 8, 4)
    assert (both.skipped, both.rejected) == (one.skipped * 2, one.rejected * 2)


def test_a_long_name_is_cut_for_a_message() -> None:
    assert shortly(b"a" * 80) == "a" * 80
    assert shortly(b"a" * 81) == "a" * 80 + "\N{HORIZONTAL ELLIPSIS}"


def test_no_moment_of_any_calendar_is_never() -> None:
    assert -(1 << 63) <= NEVER < -62_135_596_800_000_000


def test_durations_beyond_the_limit_are_at_the_limit() -> None:
    assert counted(np.array([5, LONGEST_DURATION_S, LONGEST_DURATION_S + 1])).tolist() == [
        5, LONGEST_DURATION_S, LONGEST_DURATION_S,
    ]  # fmt: skip


TALK = TalkRule(begins=("enter",), ends=("exit",))


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        ({"same": ("call_id",), "joins": "linked_id", "within_s": 0}, ""),
        ({"same": ("call_id", "trunk"), "joins": "linked_id"}, "exactly one column"),
        ({"follows": ("name",), "joins": "linked_id"}, "exactly one column"),
        ({"same": ("call_id",), "within_s": -1}, "must be 0 or more"),
        ({"follows": ("name",)}, ""),
        ({"same": ("call_id",), "talk": TALK, "times": Times.DURATIONS}, "`times` cannot be durations"),
        ({"same": ("call_id",), "talk": TALK}, ""),
    ],
)
def test_rules_of_assembly_are_refused_where_they_contradict_each_other(rules: Made, fault: str) -> None:
    assert fault in fault_of(rules)
    assert bool(fault) is bool(fault_of(rules))


def fault_of(rules: Made) -> str:
    try:
        Rules(**rules)
    except ValueError as found:
        return str(found)
    return ""
