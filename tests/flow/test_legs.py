"""Records that are legs, the whole way: from the journal into the store, made again, and read again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.calls import NOON, Made, calls_of
from tests.fakes.sites import Dump, Shelf, dump
from tollbook.engine.pipeline.reading import ReadFrames
from tollbook.model.call import no_calls
from tollbook.model.frame import Frames, Rejected
from tollbook.model.reading import Reading
from tollbook.model.rules import Order, Rules
from tollbook.store import questions
from tollbook.store.ledger import Ledger
from tollbook.store.retrying import Retried, Stored

RULES = Rules(same=("linked_id",), within_s=300, order=Order.TIME, follows=("name",))


class Read(list[str]):
    """Which extensions are understood so far; lines of others are rejects."""

    def frames(self, frames: Frames) -> Reading:
        rows = [(raw, offset, _made(raw)) for raw, offset in zip(frames.raws, frames.offsets, strict=True)]
        good = [{**made, "raw": raw, "offset": offset} for raw, offset, made in rows if made["extension"] not in self]
        bad = [
            Rejected(raw, offset, "not understood", "line") for raw, offset, made in rows if made["extension"] in self
        ]
        return Reading(calls_of(*good) if good else no_calls(), [], bad)


def _made(raw: bytes) -> Made:
    """Read `linked id|seconds after noon|extension|talk or nothing|name`."""
    linked_id, at, extension, talk, name = raw.decode().split("|")
    outcome = {"outcome": "answered", "talk_s": int(talk)} if talk else {"ring_s": 20}
    leg = "name" if name else ""
    return {
        "linked_id": linked_id,
        "started_at": NOON + int(at),
        "extension": extension,
        "caller_name": name,
        "leg": leg,
        **outcome,
    }


class LegShelf(Shelf):
    """A shelf whose PBX writes such lines."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.refused = Read()

    def reader_of(self, name: str) -> ReadFrames:
        assert name in self.pbxs
        return self.refused.frames

    def rules_of(self, name: str) -> Rules | None:
        assert name in self.pbxs
        return RULES

    def calls(self) -> list[dict[str, Any]]:
        return list(questions.calls(Ledger(self.store), questions.CallListing(order="started_at")))

    def retry(self) -> int:
        query = "SELECT id, occurrence, pbx, body, member, position, raw FROM reject ORDER BY body, member, position"
        rejects = [Stored(key.bytes, *rest) for key, *rest in self.store.rows(query)]
        frames = Frames([each.raw for each in rejects], list(range(len(rejects))))
        return self.store.promote(Retried(rejects, self.reader_of("hts")(frames), RULES))


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[LegShelf]:
    made = LegShelf(tmp_path)
    yield made
    made.close()


LINES = [
    b"x|0|101||\n",
    b"x|0|102|60|\n",
    b"|0|||ADA\n",
    b"y|5|103||\n",
    b"x|70|104|30|\n",
    b"y|30|105||\n",
    b"|40|106|9|\n",
]
WHOLE = b"".join(LINES)


def read(shelf: Shelf) -> Dump:
    return {table: rows for table, rows in dump(shelf.store).items() if table != "skip"}


def told(shelf: LegShelf) -> list[list[object]]:
    names = ("outcome", "extension", "third_party", "talk_s", "caller_name", "legs")
    return [[call[name] or None for name in names] for call in shelf.calls()]


CALLS: list[list[object]] = [
    ["answered", "102", "104", 90, "ADA", 4],
    ["unanswered", "103", None, None, None, 2],
    ["answered", "106", None, 9, None, 1],
]


def test_records_become_one_call_each_with_its_legs(shelf: LegShelf) -> None:
    body = shelf.put(WHOLE)

    assert told(shelf) == CALLS
    assert shelf.tally(body) == (7, 7, 0, 0, 0)


@pytest.mark.parametrize("size", [1, 9, 25])
def test_a_store_made_again_or_in_other_batches_holds_the_same(shelf: LegShelf, size: int) -> None:
    body = shelf.begin()
    for start in range(0, len(WHOLE), size):
        shelf.take(body, WHOLE[start : start + size])
        shelf.catch_up()
    shelf.end(body)
    shelf.catch_up()
    piecemeal = read(shelf)

    shelf.rebuild()

    assert told(shelf) == CALLS
    assert read(shelf) == piecemeal


def test_bodies_that_bring_their_legs_in_turns_give_what_a_rebuild_gives(shelf: LegShelf) -> None:
    first, second = shelf.begin(), shelf.begin()
    for number, line in enumerate(LINES):
        shelf.take((first, second)[number % 2], line)
        shelf.catch_up()
    shelf.end(first)
    shelf.end(second)
    shelf.catch_up()
    in_turns = read(shelf)

    shelf.rebuild()

    assert read(shelf) == in_turns
    assert sorted(call["legs"] for call in shelf.calls()) == [1, 2, 4]


def test_a_file_read_twice_and_a_longer_one_after_it_add_no_call(shelf: LegShelf) -> None:
    shelf.put(b"".join(LINES[:2]))
    again = shelf.put(b"".join(LINES[:2]))
    longer = shelf.put(WHOLE)

    assert told(shelf) == CALLS
    assert shelf.tally(again) == (2, 0, 2, 0, 0)
    assert shelf.tally(longer) == (7, 5, 2, 0, 0)


@pytest.mark.parametrize("refused", [["101"], ["102"], ["104", "105"], ["101", "102", "103"], [""]])
def test_rejects_that_can_be_read_later_give_the_calls_they_would_have_given(
    shelf: LegShelf,
    refused: list[str],
) -> None:
    shelf.refused.extend(refused)
    body = shelf.put(WHOLE)
    before = len(shelf.rejects())
    shelf.refused.clear()

    mended = shelf.retry()
    retried = {table: rows for table, rows in read(shelf).items() if table in ("call", "leg", "tally")}
    shelf.rebuild()

    assert mended == before > 0
    assert told(shelf) == CALLS
    assert {table: read(shelf)[table] for table in retried} == retried
    assert shelf.tally(body) == (7, 7, 0, 0, 0)


def test_a_reject_that_was_read_elsewhere_gives_its_place_to_the_record(shelf: LegShelf) -> None:
    shelf.refused.append("101")
    first = shelf.put(LINES[0])
    shelf.refused.clear()
    second = shelf.put(WHOLE)

    shelf.retry()
    retried = {table: rows for table, rows in read(shelf).items() if table in ("call", "leg", "tally")}
    shelf.rebuild()

    assert told(shelf) == CALLS
    assert {table: read(shelf)[table] for table in retried} == retried
    assert [shelf.tally(body) for body in (first, second)] == [(1, 1, 0, 0, 0), (7, 6, 1, 0, 0)]
