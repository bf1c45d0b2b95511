"""Twice as much to do is about twice as much work: counted, never timed, so that it is the same on every machine."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fakes.records import some_lines
from tests.fakes.work import lines_run
from tollbook.framing.damage import Damage
from tollbook.framing.lines import LineBlocks
from tollbook.framing.replay import Replay, ReplayedLine
from tollbook.framing.streams import StreamBlocks
from tollbook.model.body import Entry
from tollbook.model.frame import Block
from tollbook.model.texts import Letters, join_texts, texts_of

LINES = some_lines(50)
MOST = 2.4
"""What twice as much may cost: a little more, since tables grow."""


def grows(work: Callable[[int], Callable[[], object]], size: int) -> float:
    """Return how many times as many lines of the program are run for twice as much."""
    return lines_run(work(2 * size)) / lines_run(work(size))


def framed_byte_by_byte(size: int) -> Callable[[], object]:
    def work() -> None:
        for blocks in (LineBlocks(), StreamBlocks()):
            for _ in range(size):
                blocks.feed(b"a")
            blocks.feed(b"\n")

    return work


def damaged_all_over(size: int) -> Callable[[], object]:
    def work() -> None:
        damage = Damage()
        for number in range(size):
            entry = Entry(number, 1, "data", 0, b"101 5550100\n", 12 * number, "damaged")
            damage.take_out(1, Block(damage.filled(entry), entry.start))

    return work


def a_long_damaged_block(size: int) -> Callable[[], object]:
    def work() -> None:
        damage = Damage()
        entries = [Entry(number, 1, "data", 0, b"101 5550100\n", 12 * number, "damaged") for number in range(size)]
        data = b"".join(map(damage.filled, entries))
        damage.take_out(1, Block(data, 0))

    return work


def a_replay_record_by_record(size: int) -> Callable[[], object]:
    raws = [b"09:00 101 %d\n" % number for number in range(size)]

    def work() -> None:
        replay, offset = Replay([ReplayedLine(raw[:-1]) for raw in raws]), 0
        for raw in raws:
            replay.feed(Block(raw, offset))
            offset += len(raw)

    return work


@pytest.mark.parametrize(
    "work",
    [framed_byte_by_byte, damaged_all_over, a_long_damaged_block, a_replay_record_by_record],
)
def test_twice_as_much_is_twice_the_work(work: Callable[[int], Callable[[], object]]) -> None:
    assert grows(work, 200) < MOST


class Joined(bytes):
    """Bytes that count those that are copied when others are put behind them."""

    copied = 0

    def __add__(self, other: bytes) -> Joined:  # type: ignore[override]  # of bytes, which is all that is added here
        Joined.copied += len(self) + len(other)
        return Joined(super().__add__(other))

    def __radd__(self, other: bytes) -> Joined:
        return Joined(other) + self


def test_what_is_held_back_is_not_copied_with_each_piece_that_comes() -> None:
    raws = [b"09:00 101 %d\n" % number for number in range(50)]
    replay, offset = Replay([ReplayedLine(raw[:-1]) for raw in raws]), 0
    for raw in raws:
        replay.feed(Block(Joined(raw), offset))
        offset += len(raw)

    assert replay.held_from == 0
    assert Joined.copied <= 2 * offset


class Piece(bytes):
    """Bytes that count how often they are asked for their length."""

    asked = 0

    def __len__(self) -> int:
        Piece.asked += 1
        return super().__len__()


def test_letters_are_added_to_without_a_look_at_all_that_are_there() -> None:
    letters = Letters()
    for _ in range(100):
        letters.add(Piece(b"some"))

    assert Piece.asked <= 200


def test_columns_of_many_parts_are_joined_as_they_were() -> None:
    parts = [texts_of([f"caller {number}", ""]) for number in range(200)]

    assert join_texts([parts])[0] == [text for number in range(200) for text in (f"caller {number}", "")]
