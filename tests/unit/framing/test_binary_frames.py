"""Records that are binary messages: the same however the bytes are cut, and nothing is lost between them."""

from __future__ import annotations

import random
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.examples import examples
from tollbook.framing.binary_frames import FrameBlocks
from tollbook.framing.cutters import StreamCutter
from tollbook.framing.lines import frames_of
from tollbook.framing.open_stream import OpenStream
from tollbook.framing.replay import ReplayedLine
from tollbook.model.body import Ending
from tollbook.model.frame import Frames
from tollbook.model.limits import LONGEST_RECORD
from tollbook.model.record_lines import RecordFrames, RecordLines

FRAMES = RecordFrames(begins=("01 00 01 00", "01 00 02 00"), length=12, between=("03 04", "00 08 3F"))
DECLARED = RecordLines(frames=FRAMES)
EMPTY, TICKET = b"\x01\x00\x01\x00" + b"\x00" * 8, b"\x01\x00\x02\x00" + b"101\r\n 42"
READY, QUESTION = b"\3\4", b"\0\x08?"
PIECES = st.one_of(
    st.sampled_from([EMPTY, TICKET, READY, QUESTION, TICKET[:5], READY[:1], b"\1\0", b"\n\r\0\xff\xef\xbb\xbf"]),
    st.binary(max_size=30),
)


def cut(*pieces: bytes) -> list[tuple[int, bytes]]:
    """Return the records in a stream that comes in some pieces, with where they begin."""
    cutter = StreamCutter(DECLARED)
    parts = [*(cutter.feed(piece) for piece in pieces), cutter.end()]
    return [row for part in parts for row in zip(part.offsets, part.raws, strict=True)]


def raws(*pieces: bytes) -> list[bytes]:
    return [raw for _, raw in cut(*pieces)]


def test_messages_that_run_together_are_records_and_what_stands_between_is_none() -> None:
    stream = READY + TICKET + READY + QUESTION + EMPTY + TICKET

    assert cut(stream) == [(2, TICKET.replace(b"\r", b"\n")), (19, EMPTY), (31, TICKET.replace(b"\r", b"\n"))]


def test_what_is_no_message_is_a_record_of_its_own_up_to_the_next_that_is_known() -> None:
    assert raws(b"what?" + TICKET + b"\x07" + READY + b"end") == [
        b"what?",
        TICKET.replace(b"\r", b"\n"),
        b"\x07",
        b"end",
    ]


def test_what_is_no_message_is_no_longer_than_one() -> None:
    assert raws(b"x" * 30 + READY) == [b"x" * 12, b"x" * 12, b"x" * 6]


def test_half_a_message_at_the_end_of_a_connection_that_broke_off_is_a_reject() -> None:
    stream = OpenStream(list, declared=DECLARED)
    whole = stream.feed(TICKET + TICKET[:7])
    *_, last = stream.end(Ending.CUT, "the line went dead")

    assert frames_of(whole.block).raws == [TICKET.replace(b"\r", b"\n")]
    assert [(each.raw, each.offset) for each in last.rejected] == [(TICKET[:7], 12)]


def test_a_buffer_that_is_sent_again_is_known_message_by_message() -> None:
    first, second = TICKET[:-1] + b"1", TICKET[:-1] + b"2"
    before = [ReplayedLine(raw) for raw in frames_of(FrameBlocks(FRAMES).feed(first + second)).raws]
    stream = OpenStream(lambda: before, declared=DECLARED)
    cuts = [stream.feed(READY + first + second + TICKET), *stream.end(Ending.COMPLETE, "")]

    assert [raw for each in cuts for raw in frames_of(each.block).raws] == [TICKET.replace(b"\r", b"\n")]
    assert sum(each.replayed for each in cuts) == 2


@examples(400)
@given(st.lists(PIECES, max_size=12), st.randoms(use_true_random=False))
def test_any_cut_of_any_bytes_gives_the_same_records(pieces: list[bytes], chance: random.Random) -> None:
    stream = b"".join(pieces)
    places = sorted(chance.choices(range(len(stream) + 1), k=4))
    parts = [stream[start:end] for start, end in zip([0, *places], [*places, len(stream)], strict=True)]

    assert cut(*parts) == cut(stream)
    assert cut(*(bytes([byte]) for byte in stream)) == cut(stream)


@examples(300)
@given(st.lists(PIECES, max_size=12))
def test_every_byte_is_in_a_record_or_is_one_that_stands_between(pieces: list[bytes]) -> None:
    stream = b"".join(pieces)
    rest = bytearray(stream.replace(b"\r", b"\n"))
    for offset, raw in cut(stream):
        assert rest[offset : offset + len(raw)] == raw
        rest[offset : offset + len(raw)] = b"\n" * len(raw)

    left = bytes(rest).replace(READY, b"").replace(QUESTION, b"")
    assert not left.strip(b"\n")


@examples(200)
@given(st.lists(PIECES, min_size=1, max_size=12), st.data())
def test_who_goes_on_where_it_stood_before_a_restart_gets_the_rest(pieces: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(pieces)
    place = data.draw(st.integers(0, len(stream)))
    first = FrameBlocks(FRAMES)
    before = frames_of(first.feed(stream[:place]))
    again = FrameBlocks(FRAMES, first.consumed)
    after = [frames_of(again.feed(stream[first.consumed :])), frames_of(again.rest()), frames_of(again.end())]

    assert together(before, *after) == cut(stream)


def together(*parts: Frames) -> list[tuple[int, bytes]]:
    return [row for part in parts for row in zip(part.offsets, part.raws, strict=True)]


@pytest.mark.parametrize("stream", [b"\1" * 400_000, b"\0\x08" * 200_000, b"\1\0\2" * 130_000, b"x" * 400_000])
def test_no_bytes_cost_more_than_their_length(stream: bytes) -> None:
    """What might begin a message at every byte is looked at once; the bound is far above what it takes."""
    longest = RecordFrames(begins=("01 00 02 00",), length=LONGEST_RECORD, between=("00 08 3F",))
    blocks, began = FrameBlocks(longest), perf_counter()
    held = 0
    for start in range(0, len(stream), 4096):
        blocks.feed(stream[start : start + 4096])
        held = max(held, start + 4096 - blocks.consumed)

    assert perf_counter() - began < 5
    assert held <= LONGEST_RECORD + 4096 + 4
