"""Connections in the making: what is a replay, what is held, and where a restart goes on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.framing.bodies import Cut
from tollbook.framing.lines import frames_of
from tollbook.framing.open_stream import OpenStream
from tollbook.framing.replay import ReplayedLine
from tollbook.model.body import Ending
from tollbook.model.frame import NOT_A_RECORD, Block, Rejected
from tollbook.model.limits import LARGEST_ENTRY, UNDECIDED_BYTES

CALLS = [b"09:%02d 101 555-01%02d\n" % (number, number) for number in range(30)]
CALL = len(CALLS[0])
DECIDED_AFTER = 2 * UNDECIDED_BYTES + LARGEST_ENTRY


def tail_of(calls: list[bytes]) -> Callable[[], list[ReplayedLine]]:
    return lambda: [ReplayedLine(call.strip()) for call in calls]


def records(*cuts: Cut) -> list[bytes]:
    return [raw + b"\n" for cut in cuts for raw in frames_of(cut.block).raws]


def test_what_came_before_is_left_out_and_counted() -> None:
    stream = OpenStream(tail_of(CALLS[:10]))
    cut = stream.feed(b"".join(CALLS[7:12]))

    assert (records(cut), cut.replayed, cut.member, cut.rejected) == (CALLS[10:12], 3, 0, [])
    assert (stream.fresh_from, stream.consumed, stream.read_again_from) == (3 * CALL - 1, 5 * CALL, 5 * CALL)
    assert not stream.is_archive


def test_a_record_that_may_be_one_sent_again_is_held_until_a_pause_settles_it() -> None:
    stream = OpenStream(tail_of(CALLS[:10]))
    held = stream.feed(CALLS[5])
    consumed, read_again = stream.consumed, stream.read_again_from
    paused = stream.pause()

    assert (records(held), held.consumed, consumed, read_again) == ([], 0, 0, CALL)
    assert (records(paused), paused.replayed, stream.consumed) == ([CALLS[5]], 0, CALL)


def test_a_run_that_a_pause_interrupts_is_a_replay() -> None:
    stream = OpenStream(tail_of(CALLS[:10]))
    stream.feed(b"".join(CALLS[5:7]))
    cut = stream.pause()

    assert (records(cut), cut.replayed, stream.fresh_from) == ([], 2, 2 * CALL - 1)


def test_the_past_is_asked_for_once_at_the_first_record() -> None:
    asked: list[int] = []

    def tail() -> list[ReplayedLine]:
        asked.append(1)
        return tail_of(CALLS[:10])()

    stream = OpenStream(tail)
    stream.feed(CALLS[5][:4])
    assert asked == []
    for piece in (CALLS[5][4:], CALLS[6], CALLS[20], CALLS[21]):
        stream.feed(piece)

    assert asked == [1]


def test_a_connection_without_a_record_has_nothing_to_pause() -> None:
    assert OpenStream(tail_of(CALLS)).pause() == Cut(0, Block(b"", 0), [], 0)


def test_a_connection_that_sent_nothing_asks_for_no_past() -> None:
    assert list(OpenStream(lambda: 1 // 0).end(Ending.CUT, "it broke")) == [Cut(0, Block(b"", 0), [], 0)]  # type: ignore[arg-type, return-value]  # never called


def test_the_last_record_of_a_connection_that_ended_well_is_settled_with_the_rest() -> None:
    again = OpenStream(tail_of(CALLS[:10]))
    again.feed(b"".join(CALLS[8:9]) + CALLS[9][:-1])
    (cut,) = again.end(Ending.COMPLETE, "")
    alone = OpenStream(tail_of(CALLS[:10]))
    alone.feed(CALLS[9][:-1])
    (only,) = alone.end(Ending.COMPLETE, "")

    assert (records(cut), cut.replayed, cut.consumed) == ([], 2, 2 * CALL - 1)
    assert (records(only), only.replayed, only.consumed) == ([], 1, CALL - 1)


def test_half_a_record_is_a_reject_where_it_stood() -> None:
    stream = OpenStream(tail_of(CALLS[:10]))
    stream.feed(CALLS[20] + CALLS[21][:9])
    cuts = list(stream.end(Ending.CUT, "it broke"))

    half = Rejected(CALLS[21][:9], CALL, "cut off in the middle of a record: it broke", NOT_A_RECORD)
    assert records(*cuts) == []
    assert cuts[1:] == [Cut(0, Block(b"", CALL), [half], CALL + 9)]


@pytest.mark.parametrize("consumed", [DECIDED_AFTER + 1, DECIDED_AFTER + 500])
def test_a_connection_that_has_come_far_is_gone_on_with_where_it_stood(consumed: int) -> None:
    stream = OpenStream(lambda: 1 // 0, consumed)  # type: ignore[arg-type, return-value]  # never called
    cut = stream.feed(CALLS[9])

    assert (cut.block.offset, records(cut), stream.read_again_from) == (consumed, [CALLS[9]], consumed + CALL)
    assert next(stream.end(Ending.COMPLETE, "")).replayed == 0


@pytest.mark.parametrize("consumed", [0, 1, DECIDED_AFTER])
def test_a_connection_that_has_not_come_far_is_read_again_from_its_beginning(consumed: int) -> None:
    stream = OpenStream(tail_of(CALLS[:10]), consumed)

    assert stream.read_again_from == 0
    stream.feed(CALLS[9])
    assert stream.pause().replayed == 1


@given(st.integers(0, 9), st.integers(0, 15), st.lists(st.integers(1, 300), max_size=6), st.booleans())
def test_every_record_is_given_out_or_left_out_and_never_both(
    first: int,
    further: int,
    cuts: list[int],
    paused: bool,  # noqa: FBT001 - drawn
) -> None:
    sent = b"".join(CALLS[first : 10 + further])
    stream, found, start = OpenStream(tail_of(CALLS[:10])), list[Cut](), 0
    for place in [*sorted(cut % len(sent) for cut in cuts), len(sent)]:
        found.append(stream.feed(sent[start:place]))
        found += [stream.pause()] if paused else []
        start = place
    found += stream.end(Ending.COMPLETE, "")

    assert len(records(*found)) + sum(cut.replayed for cut in found) == 10 + further - first
    assert records(*found)[len(records(*found)) - further :] == CALLS[10 : 10 + further]
    assert stream.consumed == len(sent)
