"""Records cut out of bytes: whatever the bytes are and however they arrive in pieces."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.framing.cutters import LineCutter
from tollbook.framing.lines import LineBlocks, frames_of
from tollbook.model.frame import Block, Frames

MARK = b"\xef\xbb\xbf"
LONGEST = 7

texts = st.lists(
    st.sampled_from([b"\r", b"\n", b"\r\n", b"\0", b"\xef", MARK, b"a", b'"', b",", b"1234567", b"\x85", b"\x0c"])
    | st.binary(max_size=12),
    max_size=30,
).map(b"".join)


def cuts_of(text: bytes, places: list[int]) -> list[bytes]:
    """Divide a text at places, taken modulo its length."""
    edges = sorted({0, len(text), *(place % (len(text) + 1) for place in places)})
    return [text[start:end] for start, end in pairwise(edges)]


def cut(pieces: list[bytes], longest: int = LONGEST) -> list[tuple[bytes, int]]:
    cutter = LineCutter(longest=longest)
    batches = [*(cutter.feed(piece) for piece in pieces), cutter.end()]
    return [pair for batch in batches for pair in zip(batch.raws, batch.offsets, strict=True)]


@given(texts, st.lists(st.integers(0, 400), max_size=12))
def test_any_cut_of_the_stream_gives_the_same_records(text: bytes, places: list[int]) -> None:
    assert cut(cuts_of(text, places)) == cut([text])


@given(texts)
def test_a_stream_that_comes_byte_by_byte_gives_the_same_records(text: bytes) -> None:
    assert cut([bytes([byte]) for byte in text]) == cut([text])


@given(texts)
def test_every_byte_that_is_no_line_end_or_mark_is_in_exactly_one_record(text: bytes) -> None:
    left = text.removeprefix(MARK).replace(b"\r", b"").replace(b"\n", b"")

    assert b"".join(raw for raw, _ in cut([text])) == left


@given(texts)
def test_a_record_stands_in_its_body_where_its_offset_says(text: bytes) -> None:
    assert all(text[offset : offset + len(raw)] == raw for raw, offset in cut([text]))


@given(texts)
def test_no_record_is_empty_over_the_limit_or_holds_a_line_end(text: bytes) -> None:
    raws = [raw for raw, _ in cut([text])]

    assert all(0 < len(raw) <= LONGEST and not re.search(rb"[\r\n]", raw) for raw in raws)


@given(texts, st.integers(0, 400))
def test_a_body_gone_on_with_where_it_was_consumed_gives_the_rest_of_its_records(text: bytes, place: int) -> None:
    place %= len(text) + 1
    first = LineBlocks(longest=LONGEST)
    before = first.feed(text[:place])
    second = LineBlocks(first.consumed, longest=LONGEST)
    after = [second.feed(text[first.consumed :]), second.end()]

    batches = [frames_of(block, LONGEST) for block in (before, *after)]
    assert [pair for batch in batches for pair in zip(batch.raws, batch.offsets, strict=True)] == cut([text])


@pytest.mark.parametrize(
    ("text", "raws", "offsets"),
    [
        pytest.param(b"one\ntwo\n", [b"one", b"two"], [0, 4], id="LF"),
        pytest.param(b"one\r\ntwo\r\n", [b"one", b"two"], [0, 5], id="CR LF"),
        pytest.param(b"one\rtwo\r", [b"one", b"two"], [0, 4], id="CR"),
        pytest.param(b"\n\n\none", [b"one"], [3], id="empty lines are no records"),
        pytest.param(b"o\0ne\n\0\n", [b"o\0ne", b"\0"], [0, 5], id="NUL belongs to the record"),
        pytest.param(b"a\x85b\x0cc\x1cd\n", [b"a\x85b\x0cc\x1cd"], [0], id="what splitlines would cut at"),
        pytest.param(
            MARK + b"one\ntwo\n",
            [b"one", b"two"],
            [3, 7],
            id="the mark before the first record is not of it",
        ),
        pytest.param(MARK + b"\none\n", [b"one"], [4], id="a mark alone is no record"),
        pytest.param(MARK, [], [], id="a body of a mark holds no record"),
        pytest.param(b"one\n" + MARK + b"two\n", [b"one", MARK + b"two"], [0, 4], id="a mark elsewhere is text"),
    ],
)
def test_a_body_is_cut_at_its_line_ends(text: bytes, raws: list[bytes], offsets: list[int]) -> None:
    assert cut([text], 65_536) == list(zip(raws, offsets, strict=True))


def test_a_block_in_the_middle_of_a_body_keeps_its_mark() -> None:
    assert frames_of(Block(MARK + b"one\n", 9)) == Frames([MARK + b"one"], [9])


def test_an_empty_block_holds_no_record() -> None:
    assert frames_of(Block(b"", 0)) == Frames([], [])


def test_a_line_without_end_is_given_out_in_pieces_of_the_limit() -> None:
    cutter = LineCutter(longest=4)

    assert cutter.feed(b"abcdefghij") == Frames([b"abcd", b"efgh"], [0, 4])
    assert cutter.feed(b"k\nl").raws == [b"ijk"]
    assert cutter.end() == Frames([b"l"], [12])
