"""What a PBX sends again after a reconnect is told from what is new."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.framing import replay as replays
from tollbook.framing.lines import frames_of
from tollbook.framing.replay import ReplayedLine, Sorted
from tollbook.framing.streams import StreamBlocks
from tollbook.model.frame import Block
from tollbook.model.limits import BEFORE_A_REPLAY, REPLAYED_RECORDS, UNDECIDED_BYTES

CALLS = [f"09:{number:02} 101 555-01{number:02}".encode() for number in range(30)]


def Replay(tail: list[bytes], doubtful: int = -1) -> replays.Replay:  # noqa: N802 - reads as what it makes
    return replays.Replay([ReplayedLine(raw, place == doubtful) for place, raw in enumerate(tail)])


def text(records: list[bytes]) -> bytes:
    return b"".join(record + b"\r\n" for record in records)


def fed(replay: replays.Replay, data: bytes, pieces: list[int] | None = None) -> list[Sorted]:
    blocks, found, last = StreamBlocks(), list[Sorted](), 0
    for cut in [*sorted(pieces or []), len(data)]:
        found.append(replay.feed(blocks.feed(data[last:cut])))
        last = cut
    return found


def fresh(found: list[Sorted]) -> list[bytes]:
    return [raw for each in found for raw in frames_of(each.fresh).raws]


def replayed(found: list[Sorted]) -> int:
    return sum(each.replayed for each in found)


def test_a_run_up_to_the_last_record_is_a_replay_and_what_follows_is_new() -> None:
    found = fed(Replay(CALLS[:10]), text(CALLS[4:12]))

    assert (fresh(found), replayed(found)) == (CALLS[10:12], 6)


def test_a_line_that_may_have_been_half_a_record_need_not_come_again() -> None:
    tail = [*CALLS[:5], CALLS[5][:9]]
    without = fed(Replay(tail, doubtful=5), text(CALLS[2:7]))
    whole = fed(Replay(CALLS[:6], doubtful=5), text(CALLS[2:7]))

    assert (fresh(without), replayed(without)) == (CALLS[5:7], 3)
    assert (fresh(whole), replayed(whole)) == (CALLS[6:7], 4)


def test_where_the_new_records_begin_is_said() -> None:
    replay = Replay(CALLS[:10])
    found = fed(replay, text(CALLS[4:12]))

    assert found[-1].until == len(text(CALLS[4:10])) - 2
    assert replay.over


def test_new_records_pass_at_once() -> None:
    replay = Replay(CALLS[:3])

    assert fresh([replay.feed(StreamBlocks().feed(text(CALLS[5:6])))]) == CALLS[5:6]
    assert replay.held_from is None


def test_a_heading_may_come_before_a_replay_and_within_one() -> None:
    lines = [b"KX-NS500 V5.0", b"Date Time Ext", CALLS[8], b"----------", b"Date Time Ext", CALLS[9], CALLS[10]]
    replay = Replay(CALLS[:10])
    found = [*fed(replay, text(lines)), replay.end(Block(b"", 0))]

    assert (fresh(found), replayed(found)) == ([*lines[:2], CALLS[10]], 2)


def test_a_call_that_equals_an_older_one_is_a_call() -> None:
    replay = Replay(CALLS[:10])
    found = [*fed(replay, text([CALLS[3]])), replay.pause(), *fed(replay, text([CALLS[3], CALLS[11]]))]

    assert (fresh(found), replayed(found)) == ([CALLS[3], CALLS[3], CALLS[11]], 0)


def test_a_run_that_breaks_before_the_last_record_is_new() -> None:
    found = fed(Replay(CALLS[:10]), text([CALLS[3], CALLS[4], CALLS[20]]))

    assert (fresh(found), replayed(found)) == ([CALLS[3], CALLS[4], CALLS[20]], 0)


def test_a_replay_that_is_cut_off_is_one() -> None:
    replay = Replay(CALLS[:10])
    found = [*fed(replay, text(CALLS[2:5])), replay.end(Block(b"", 0))]

    assert (fresh(found), replayed(found)) == ([], 3)


def test_a_record_without_its_end_is_a_call_once_the_replay_is_over() -> None:
    replay = Replay(CALLS[:10])
    sent = text([CALLS[8], CALLS[20]])
    found = [*fed(replay, sent), replay.end(Block(CALLS[9], len(sent)))]

    assert (fresh(found), replayed(found)) == ([CALLS[8], CALLS[20], CALLS[9]], 0)


def test_a_replay_with_a_pause_in_its_middle_goes_on() -> None:
    replay, data = Replay(CALLS[:10]), text(CALLS[2:12])
    blocks = StreamBlocks()
    first = replay.feed(blocks.feed(data[:80]))
    rest = [replay.pause(), replay.feed(blocks.feed(data[80:])), replay.end(Block(b"", 0))]

    assert (fresh([first, *rest]), replayed([first, *rest])) == (CALLS[10:12], 8)


def test_the_longest_run_counts_where_calls_repeat() -> None:
    history = [CALLS[0], CALLS[1], CALLS[0], CALLS[1]]
    found = fed(Replay(history), text([*history, CALLS[2]]))
    shorter = fed(Replay(history), text([CALLS[0], CALLS[1], CALLS[2]]))

    assert (fresh(found), replayed(found)) == ([CALLS[2]], 4)
    assert (fresh(shorter), replayed(shorter)) == ([CALLS[2]], 2)


@pytest.mark.parametrize("history", [[], [b"no digits here"]])
def test_without_a_past_there_is_no_replay(history: list[bytes]) -> None:
    assert Replay(history).over


few = st.lists(st.sampled_from(CALLS[:4]), max_size=12)


@given(few, few, st.integers(0, 12), st.lists(st.integers(0, 400), max_size=6))
def test_nothing_is_lost_or_doubled_whatever_repeats_and_however_the_bytes_are_cut(
    history: list[bytes],
    new: list[bytes],
    sent_again: int,
    cuts: list[int],
) -> None:
    again = history[len(history) - min(sent_again, len(history)) :]
    marked = [b"0 new " + record for record in new]
    data = text([*again, *marked])
    whole, pieces = Replay(history), Replay(history)
    at_once = [*fed(whole, data), whole.end(Block(b"", 0))]
    by_pieces = [*fed(pieces, data, [cut for cut in cuts if cut < len(data)]), pieces.end(Block(b"", 0))]

    assert fresh(at_once) == fresh(by_pieces) == marked
    assert replayed(at_once) == replayed(by_pieces) == len(again)


@given(few, few, st.booleans())
def test_every_record_is_either_given_out_or_counted(history: list[bytes], sent: list[bytes], pause: bool) -> None:  # noqa: FBT001 - drawn
    replay = Replay(history)
    blocks = StreamBlocks()
    found = [replay.feed(blocks.feed(text(sent[:6])))]
    found += [replay.pause()] if pause else []
    found += [replay.feed(blocks.feed(text(sent[6:]))), replay.end(Block(b"", 0))]

    assert len(fresh(found)) + replayed(found) == len(sent)


def test_what_stands_before_a_run_is_given_out_wherever_the_connection_stands() -> None:
    replay = Replay(CALLS[:10])
    banner = replay.feed(Block(b"version 7\n", 0))
    found = replay.feed(Block(b"version 8\n" + text(CALLS[5:6]), 10))

    assert (banner.fresh, found.fresh, replay.held_from) == (Block(b"version 7\n", 0), Block(b"version 8\n", 10), 20)
    assert replay.pause() == Sorted(Block(text(CALLS[5:6]), 20))


def test_a_pause_before_the_first_record_gives_nothing_out() -> None:
    assert Replay(CALLS[:10]).pause() == Sorted(Block(b"", 0))


@pytest.mark.parametrize("held", [b"ready\n", b"ready\n\n"])
def test_a_run_is_cut_out_of_what_is_held_at_its_own_bytes(held: bytes) -> None:
    replay = Replay(CALLS[:10])
    replay.feed(Block(b"version 7\n", 0))
    replay.feed(Block(held + text(CALLS[8:9]), 10))
    found = replay.feed(Block(text(CALLS[9:11]), 10 + len(held) + len(text(CALLS[:1]))))

    assert (frames_of(found.fresh).raws, found.replayed) == ([CALLS[10]], 2)
    assert found.until == 10 + len(held) + 2 * len(text(CALLS[:1])) - 2
    assert frames_of(found.fresh).offsets == [10 + len(held) + 2 * len(text(CALLS[:1]))]


def known_again(tail: list[bytes], data: bytes) -> int:
    """Return how many records of a connection that then pauses are known to have come before."""
    replay = Replay(tail)
    return replayed([*fed(replay, data), replay.pause()])


def test_a_replay_is_known_back_to_the_limit() -> None:
    tail = [f"09:00 101 {number}".encode() for number in range(REPLAYED_RECORDS + 1)]

    assert known_again(tail, text(tail[1:])) == REPLAYED_RECORDS
    assert known_again(tail, text(tail)) == REPLAYED_RECORDS


def test_lines_before_a_replay_are_passed_over_up_to_the_limit() -> None:
    banner = [f"version {number}".encode() for number in range(BEFORE_A_REPLAY + 1)]

    assert known_again(CALLS[:5], text([*banner[1:], *CALLS[:5]])) == 5
    assert known_again(CALLS[:5], text([*banner, *CALLS[:5]])) == 0


def rules(size: int) -> bytes:
    """Lines without a digit, which prove nothing, of so many bytes in all."""
    return (b"-" * 78 + b"\r\n") * (size // 80)


def test_lines_that_prove_nothing_are_held_back_up_to_the_limit_and_no_longer() -> None:
    replay = Replay(CALLS[:5])
    held = fed(replay, text(CALLS[:1]) + rules(UNDECIDED_BYTES))
    still = len(fresh(held))
    more = replay.feed(Block(rules(160), UNDECIDED_BYTES))

    assert (still, replay.over, replay.held_from) == (0, True, None)
    assert len(more.fresh.data) > UNDECIDED_BYTES
    assert known_again(CALLS[:5], rules(UNDECIDED_BYTES) + text(CALLS[:5])) == 5
    assert known_again(CALLS[:5], rules(UNDECIDED_BYTES + 160) + text(CALLS[:5])) == 0
