"""Damaged parts of bodies: the records that touch one are rejects that name it, all others are where they were."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tollbook.framing.damage import Damage, reject_all
from tollbook.framing.lines import frames_of
from tollbook.model.body import FILLING, Entry
from tollbook.model.frame import DAMAGED, Block, Rejected
from tollbook.model.limits import SHOWN_OF_A_PAGE

WRONG = "entry 2 does not fit"
LOST = "the journal has lost a part of this body"


def an_entry(start: int, data: bytes, damage: str = "", *, body: int = 1) -> Entry:
    return Entry(9, body, "data", 0, data, start, damage)


def noted(*entries: Entry) -> tuple[Damage, bytes]:
    damage = Damage()
    return damage, b"".join(damage.filled(entry) for entry in entries)


def test_a_record_that_has_damaged_bytes_is_a_reject_and_its_neighbours_stay_in_place() -> None:
    damage, text = noted(an_entry(0, b"one\ntw"), an_entry(6, b"o\n", WRONG), an_entry(8, b"three\n"))
    block, rejected = damage.take_out(1, Block(text, 0))

    assert block == Block(b"one\n\n\n\n\nthree\n", 0)
    assert rejected == [Rejected(b"two", 4, WRONG, DAMAGED)]


def test_only_the_records_that_touch_the_damage_are_rejected() -> None:
    text = b"one\ntwo\nthree\nfour\n"
    damage, _ = noted(an_entry(0, text[:4]), an_entry(4, text[4:8], WRONG), an_entry(8, text[8:]))

    assert [each.raw for each in damage.take_out(1, Block(text, 0))[1]] == [b"two"]


@given(st.integers(0, 18), st.integers(1, 19))
def test_a_record_is_rejected_exactly_where_it_shares_a_byte_with_the_damage(start: int, length: int) -> None:
    text = b"one\ntwo\nthree\nfour\n"
    end = min(start + length, len(text))
    damage, _ = noted(an_entry(0, text[:start]), an_entry(start, text[start:end], WRONG))
    frames = frames_of(Block(text, 0))
    touched = [
        raw
        for raw, offset in zip(frames.raws, frames.offsets, strict=True)
        if max(start, offset) < min(end, offset + len(raw))
    ]
    block, rejected = damage.take_out(1, Block(text, 0))

    assert [each.raw for each in rejected] == touched
    assert [raw for raw in frames.raws if raw not in touched] == frames_of(block).raws
    assert len(block.data) == len(text)


def test_bytes_that_are_lost_are_stood_in_for() -> None:
    damage, text = noted(an_entry(0, b"one\n"), an_entry(8, b"three\n"))

    assert text == b"one\n" + FILLING * 4 + b"three\n"
    assert damage.take_out(1, Block(text, 0))[1] == [Rejected(FILLING * 4 + b"three", 4, LOST, DAMAGED)]


def test_of_a_damaged_entry_not_even_its_place_is_trusted() -> None:
    damage, text = noted(an_entry(0, b"one\n"), an_entry(900, b"two\n", WRONG), an_entry(8, b"three\n"))

    assert text == b"one\ntwo\nthree\n"
    assert [each.raw for each in damage.take_out(1, Block(text, 0))[1]] == [b"two"]


def test_a_body_that_is_gone_on_with_begins_where_its_first_entry_does() -> None:
    damage, text = noted(an_entry(100, b"one\n"), an_entry(104, b"two\n", WRONG))

    assert text == b"one\ntwo\n"
    assert damage.take_out(1, Block(text, 100))[1] == [Rejected(b"two", 104, WRONG, DAMAGED)]


def test_a_damaged_entry_without_bytes_spoils_the_record_it_stood_in() -> None:
    damage, text = noted(an_entry(0, b"one\ntw"), an_entry(6, b"", WRONG), an_entry(6, b"o\nthree\n"))

    assert [each.raw for each in damage.take_out(1, Block(text, 0))[1]] == [b"two"]


def test_damage_is_of_one_body_and_forgotten_with_it() -> None:
    damage, _ = noted(an_entry(0, b"one\n", WRONG), an_entry(0, b"one\n", body=2))

    assert damage.take_out(2, Block(b"one\n", 0)) == (Block(b"one\n", 0), [])
    damage.forget(1)
    damage.forget(3)
    assert damage.take_out(1, Block(b"one\n", 0)) == (Block(b"one\n", 0), [])
    assert damage.filled(an_entry(50, b"two\n")) == b"two\n"


def test_blocks_that_come_one_after_another_lose_what_is_damaged_of_each() -> None:
    damage, text = noted(*(an_entry(4 * number, b"%03d\n" % number, WRONG * (number % 2)) for number in range(8)))
    blocks = [Block(text[start : start + 8], start) for start in range(0, 32, 8)]
    found = [damage.take_out(1, block) for block in blocks]

    assert [frames_of(block).raws for block, _ in found] == [[b"000"], [b"002"], [b"004"], [b"006"]]
    assert [[each.offset for each in rejected] for _, rejected in found] == [[4], [12], [20], [28]]
    assert damage._parts[1] == [part for part in damage._parts[1] if part.end > 24]  # noqa: SLF001 - memory has no other witness


def test_damage_across_two_blocks_costs_a_record_of_each() -> None:
    damage, text = noted(an_entry(0, b"one\n"), an_entry(4, b"two\nthree\n", WRONG), an_entry(14, b"four\n"))
    found = [damage.take_out(1, block) for block in (Block(text[:8], 0), Block(text[8:], 8))]

    assert [[each.raw for each in rejected] for _, rejected in found] == [[b"two"], [b"three"]]


def test_a_block_before_the_damage_and_one_without_bytes_are_as_they_were() -> None:
    damage, _ = noted(an_entry(0, b"one\n"), an_entry(4, b"two\n", WRONG))

    for block in (Block(b"one\n", 0), Block(b"", 4), Block(b"", 6)):
        assert damage.take_out(1, block) == (block, [])


def test_of_a_long_record_the_beginning_is_shown() -> None:
    raw = b"x" * 2 * SHOWN_OF_A_PAGE
    block, (rejected,) = reject_all(Block(raw + b"\n", 7), "no more")

    assert rejected == Rejected(raw[:SHOWN_OF_A_PAGE], 7, "no more", DAMAGED)
    assert block == Block(b"\n" * (len(raw) + 1), 7)


@given(st.lists(st.sampled_from([b"one", b"", b"two"]), max_size=6).map(b"\n".join))
def test_all_records_of_a_block_can_be_rejected(text: bytes) -> None:
    block, rejected = reject_all(Block(text, 7), "no more")

    assert [(each.raw, each.offset) for each in rejected] == list(
        zip(frames_of(Block(text, 7)).raws, frames_of(Block(text, 7)).offsets, strict=True),
    )
    assert (frames_of(block).raws, len(block.data), block.offset) == ([], len(text), 7)
