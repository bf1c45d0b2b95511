"""The same records again, in any company: each is stored once, and identical ones as often as they were written."""

from __future__ import annotations

import io
import zipfile
from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.examples import examples
from tests.fakes.records import START, some_lines, without_end
from tests.fakes.sites import Shelf, a_pbx, a_shelf, dump
from tollbook.model.body import Ending
from tollbook.simulator.packing import Packing, pack
from tollbook.simulator.row import Encoding, LineEnd, Style, head

LINES = some_lines(12)
RAWS = without_end(LINES)
BAD = [b"half,a,row\n", b"\0\0\0\n", b"Account Code,Caller,Callee\n"]


def counted(shelf: Shelf) -> Counter[bytes]:
    return Counter(shelf.raws())


def test_a_file_imported_twice_changes_nothing_the_second_time() -> None:
    with a_shelf() as shelf:
        data = b"".join([*LINES, *BAD])
        first = shelf.put(data)
        before = dump(shelf.store)
        second = shelf.put(data)
        after = dump(shelf.store)

        assert (shelf.tally(first), shelf.tally(second)) == ((15, 12, 0, 1, 2), (15, 0, 14, 1, 0))
        assert (after["call"], after["reject"]) == (before["call"], before["reject"])


def test_a_longer_file_adds_only_what_is_new() -> None:
    with a_shelf() as shelf:
        shelf.put(b"".join(LINES[:5]))
        longer = shelf.put(b"".join(LINES))

        assert shelf.tally(longer) == (12, 7, 5, 0, 0)
        assert counted(shelf) == Counter(RAWS)


def test_an_overlapping_file_adds_only_what_is_new() -> None:
    with a_shelf() as shelf:
        shelf.put(b"".join(LINES[:8]))
        overlapping = shelf.put(b"".join(LINES[4:]))

        assert shelf.tally(overlapping) == (8, 4, 4, 0, 0)
        assert counted(shelf) == Counter(RAWS)


def test_identical_lines_of_one_file_stay_as_many_as_they_are() -> None:
    with a_shelf() as shelf:
        shelf.put(LINES[0] * 3 + LINES[1])
        again = shelf.put(LINES[0] * 2 + LINES[1] + LINES[0] * 2)

        assert counted(shelf) == Counter({RAWS[0]: 4, RAWS[1]: 1})
        assert shelf.tally(again) == (5, 1, 4, 0, 0)


def test_identical_rejects_of_one_file_stay_as_many_as_they_are() -> None:
    with a_shelf() as shelf:
        shelf.put(BAD[0] * 3)
        shelf.put(BAD[0] * 2)

        assert shelf.store.rows("SELECT count(*), count(DISTINCT id) FROM reject") == [(3, 3)]


def test_a_record_of_another_pbx_is_another_record() -> None:
    with a_shelf(a_pbx("hts"), a_pbx("other")) as shelf:
        shelf.put(LINES[0], pbx="hts")
        shelf.put(LINES[0], pbx="other")

        assert shelf.store.rows("SELECT count(*), count(DISTINCT id) FROM call") == [(2, 2)]


@pytest.mark.parametrize("packing", Packing)
def test_a_file_is_known_again_however_it_is_packed(packing: Packing) -> None:
    with a_shelf() as shelf:
        shelf.put(b"".join(LINES))
        packed = shelf.put(pack(packing, "Master.csv", b"".join(LINES), START))

        assert shelf.tally(packed) == (12, 0, 12, 0, 0)


def test_the_files_of_one_archive_each_count_their_identical_lines_for_themselves() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("Master.csv", LINES[0] * 2)
        archive.writestr("Master.csv.1", LINES[0] + LINES[1])
    with a_shelf() as shelf:
        body = shelf.put(buffer.getvalue())

        assert shelf.tally(body) == (4, 3, 1, 0, 0)
        assert shelf.store.rows("SELECT member, position FROM call ORDER BY ALL") == [
            (0, 0),
            (0, len(LINES[0])),
            (1, len(LINES[0])),
        ]


def test_a_record_is_known_again_whatever_ends_its_line() -> None:
    with a_shelf() as shelf:
        shelf.put(b"".join(some_lines(5)))
        other = shelf.put(b"".join(some_lines(5, Style(line_end=LineEnd.CRLF))))

        assert shelf.tally(other) == (5, 0, 5, 0, 0)


def test_a_record_is_known_again_after_a_byte_order_mark_and_in_the_middle_of_a_file() -> None:
    style = Style(encoding=Encoding.UTF8_BOM)
    lines = some_lines(6, style)
    with a_shelf() as shelf:
        shelf.put(head(style) + b"".join(lines))
        shelf.put(head(style) + b"".join(lines[3:]))
        shelf.put(b"".join(lines))

        assert counted(shelf) == Counter(without_end(lines))


def test_a_record_is_known_again_after_the_pbx_was_given_another_time_zone() -> None:
    with a_shelf() as shelf:
        shelf.put(b"".join(LINES))
        for zone in ("Asia/Tokyo", "Pacific/Kiritimati", "Pacific/Pago_Pago"):
            shelf.pbxs["hts"] = msgspec.structs.replace(a_pbx(), timezone=zone)
            shelf.put(b"".join(LINES))

        assert counted(shelf) == Counter(RAWS)


def test_the_raw_text_of_a_call_is_where_the_store_says() -> None:
    with a_shelf() as shelf:
        shelf.put(b"\r\n\n" + b"".join(LINES[:2]), LINES[2][:9], LINES[2][9:] + BAD[1] + LINES[3])

        assert shelf.raws() == RAWS[:4]


# ---------------------------------------------------------------- any bodies, in any company

picks = st.lists(st.integers(0, 5), max_size=8).map(lambda numbers: [LINES[number] for number in numbers])
contents = st.tuples(picks, st.lists(st.sampled_from(BAD), max_size=2)).map(lambda both: [*both[0], *both[1]])


@examples(15)
@given(st.lists(contents, min_size=1, max_size=4), st.integers(40, 400))
def test_any_bodies_come_to_each_record_as_often_as_the_body_that_has_it_most(
    bodies: list[list[bytes]],
    size: int,
) -> None:
    """Whatever the order, however they are cut, and counted by frames in = calls + duplicates + skipped + rejected."""
    most: Counter[bytes] = Counter()
    with a_shelf() as shelf:
        for lines in bodies:
            data = b"".join(lines)
            body = shelf.put(*(data[start : start + size] for start in range(0, len(data), size)))
            most |= Counter(without_end(lines))
            if lines:
                frames, *parts = shelf.tally(body)
                assert frames == len(lines) == sum(parts)

        assert counted(shelf) == Counter({raw: count for raw, count in most.items() if raw in RAWS})
        rejected = Counter(raw for raw, _ in shelf.rejects())
        assert rejected == Counter({raw: count for raw, count in most.items() if raw + b"\n" in BAD[:2]})


def grown(shelf: Shelf, steps: list[tuple[int, int, bool]]) -> None:
    """Let bodies come in side by side; each step says whose turn it is, how much comes, and whether to store it."""
    bodies = [shelf.begin(origin=f"file {number}") for number in range(3)]
    sent = [0, 0, 0]
    sources = [b"".join(LINES), b"".join(LINES[6:] + LINES[:3] * 2), b"".join(LINES[:6] + BAD)]
    for turn, size, store in steps:
        if sent[turn] < len(sources[turn]):
            shelf.take(bodies[turn], sources[turn][sent[turn] : sent[turn] + size])
            sent[turn] += size
        if store:
            shelf.catch_up()
    for turn, body in enumerate(bodies):
        shelf.take(body, sources[turn][sent[turn] :])
        shelf.end(body, Ending.COMPLETE)
    shelf.catch_up()


turns = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 700), st.booleans()), max_size=10)


@examples(15)
@given(turns, st.sampled_from([1, 500, 8 << 20]))
def test_a_rebuild_gives_every_row_of_interleaved_bodies_again(
    steps: list[tuple[int, int, bool]],
    most_bytes: int,
) -> None:
    with a_shelf() as shelf:
        grown(shelf, steps)
        before = dump(shelf.store)
        assert counted(shelf) == Counter(RAWS + RAWS[:3])

        shelf.rebuild(most_bytes)
        assert dump(shelf.store) == before


def test_a_rebuild_after_packing_gives_every_row_again() -> None:
    with a_shelf() as shelf:
        grown(shelf, [(0, 300, True), (2, 400, True), (1, 500, False)])
        before = dump(shelf.store)
        while shelf.journal.pack(shelf.journal.last_entry()):
            pass

        shelf.rebuild()
        assert dump(shelf.store) == before


def test_a_file_that_went_on_growing_after_it_was_complete_is_read_on() -> None:
    with a_shelf() as shelf:
        body = shelf.put(b"".join(LINES[:3]))
        shelf.journal.reopen(body)
        shelf.take(body, LINES[0] + LINES[3][:40])
        shelf.catch_up()
        shelf.take(body, LINES[3][40:])
        shelf.end(body)
        shelf.catch_up()
        before = dump(shelf.store)

        assert counted(shelf) == Counter([*RAWS[:4], RAWS[0]])
        assert shelf.tally(body) == (5, 5, 0, 0, 0)
        shelf.rebuild()
        assert dump(shelf.store) == before


def test_what_a_store_was_told_twice_it_holds_once() -> None:
    """A store that is asked where it stands after every batch goes on exactly there."""
    with a_shelf() as shelf:
        for line in LINES:
            body = shelf.begin()
            shelf.take(body, line)
            shelf.catch_up()
            shelf.catch_up()
            shelf.end(body)
        shelf.catch_up()

        assert counted(shelf) == Counter(RAWS)
