"""Pages and changes: each goes on where the one before ended, whatever arrives meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.fakes.calls import NOON, calls_of
from tollbook.model.problem import Misconfigured
from tollbook.model.reading import Reading
from tollbook.store import paging, questions, unbacked
from tollbook.store.batch import Batch, Piece, join_packed, pack
from tollbook.store.filters import ALL
from tollbook.store.ledger import EVERYTHING, Ledger
from tollbook.store.store import Store
from tollbook.store.unbacked import LostBodies


def take(store: Store, *starts: int, body: int = 1) -> None:
    calls = calls_of(*({"started_at": NOON + start, "call_id": f"{start}", "talk_s": start} for start in starts))
    piece = Piece(pbx="hts", body=body, stream=True, member=0, received_at=0, reading=Reading(calls, [], []))
    store.write(Batch(reads=[pack([piece])], entry=body, unfinished={}))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path / "calls.duckdb")) as store:
        take(store, 10, 20, 20, 30, 40)
        yield store


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return Ledger(store, EVERYTHING)


def pages(ledger: Ledger, most: int) -> list[list[str]]:
    found, cursor = list[list[str]](), ""
    while True:
        calls, following = paging.page(ledger, ALL, cursor, most)
        found.append([str(call["call_id"]) for call in calls])
        if following is None:
            return found
        cursor = following


@pytest.mark.parametrize(("most", "sizes"), [(1, [1] * 5), (2, [2, 2, 1]), (4, [4, 1]), (5, [5]), (6, [5])])
def test_pages_hold_every_call_once_newest_first(ledger: Ledger, most: int, sizes: list[int]) -> None:
    found = pages(ledger, most)

    assert [len(page) for page in found] == sizes
    assert [call for page in found for call in page] == ["40", "30", "20", "20", "10"]


def test_what_arrives_later_moves_no_page(store: Store, ledger: Ledger) -> None:
    _, cursor = paging.page(ledger, ALL, "", 2)
    assert cursor is not None
    take(store, 5, 15, 50, body=2)
    calls, _ = paging.page(ledger, ALL, cursor, 9)

    assert [call["call_id"] for call in calls] == ["20", "20", "10"]


@pytest.mark.parametrize("cursor", ["x", "AAAA", "WyJ4Iiwg", "é", "WyIyMDI2LTAxLTAxIiwieCIsMF0"])
def test_a_cursor_that_is_none_is_refused(ledger: Ledger, cursor: str) -> None:
    with pytest.raises(Misconfigured, match="'cursor' is none of ours"):
        paging.page(ledger, ALL, cursor, 2)


@pytest.mark.parametrize("until", [-1, 1 << 63])
def test_a_cursor_is_none_with_a_change_that_there_cannot_be(ledger: Ledger, until: int) -> None:
    place = paging._Place("2026-01-01T00:00:00", "00000000-0000-0000-0000-000000000000", until)  # noqa: SLF001 - as ours are written

    with pytest.raises(Misconfigured):
        paging.page(ledger, ALL, paging._written(place), 2)  # noqa: SLF001 - as above


def test_changes_are_handed_out_in_order_a_few_at_a_time_to_the_last(store: Store, ledger: Ledger) -> None:
    first = paging.changes(ledger, "", 3)
    second = paging.changes(ledger, first.next, 3)
    done = paging.changes(ledger, second.next, 3)
    take(store, 50, body=2)
    fresh = paging.changes(ledger, done.next, 3)

    assert [len(each.calls) for each in (first, second, done, fresh)] == [3, 2, 0, 1]
    assert [each.behind for each in (first, second, done, fresh)] == [2, 0, 0, 0]
    assert [each.gone for each in (first, second, done, fresh)] == [[], [], [], []]
    assert done.next == second.next
    assert (first.next.endswith(".3"), second.next.endswith(".5"), fresh.next.endswith(".6")) == (True,) * 3


@pytest.mark.parametrize("cursor", ["other.0", "{}.-1", "{}.x", "{}." + "1" * 19, "{}"])
def test_changes_go_on_only_from_a_cursor_of_this_store(ledger: Ledger, cursor: str) -> None:
    with pytest.raises(Misconfigured, match="the cursor means nothing here"):
        paging.changes(ledger, cursor.format(ledger.position().epoch), 3)


def test_changes_go_on_from_the_last_number_that_can_be(ledger: Ledger) -> None:
    cursor = f"{ledger.position().epoch}.{'9' * 18}"

    assert paging.changes(ledger, cursor, 3) == paging.ChangedPage([], [], cursor, 0)


def test_what_a_call_does_not_say_is_none_and_all_else_can_be_written_as_json(ledger: Ledger) -> None:
    (call,) = paging.page(ledger, ALL, "", 1)[0]

    assert (call["caller_name"], call["call_id"], call["total_s"]) == (None, "40", 40)
    assert {type(value) for value in call.values()} <= {str, int, float, type(None)}


# ---------------------------------------------------------------- rows whose bytes the journal has lost


def test_calls_that_the_journal_has_lost_are_kept_and_counted(store: Store, ledger: Ledger) -> None:
    take(store, 50, 60, body=2)
    with store.cursor() as cursor:
        ends = unbacked.reached(cursor)
        last = unbacked.last_body(cursor)
        unbacked.note_lost(cursor, LostBodies(whole=[2], beyond={1: ends[1] - 1}))
        lost = unbacked.count(cursor)
        after, still_last = unbacked.reached(cursor), unbacked.last_body(cursor)
        bodies = {body for (body,) in cursor.execute("SELECT body FROM call").fetchall()}

    assert (sorted(ends), last, lost) == ([1, 2], 2, 3)
    assert (sorted(after), after[1] < ends[1], still_last) == ([1], True, 2)
    assert bodies == {1, 1 - (1 << 40), 2 - (1 << 40)}
    assert questions.count_calls(ledger, ALL) == 7


def test_what_lies_within_the_length_that_is_left_is_not_lost(store: Store) -> None:
    with store.cursor() as cursor:
        unbacked.note_lost(cursor, LostBodies(whole=[], beyond={1: unbacked.reached(cursor)[1]}))

        assert unbacked.count(cursor) == 0


def test_a_journal_that_is_another_one_has_no_bytes_of_any_call(store: Store) -> None:
    with store.cursor() as cursor:
        unbacked.note_all_lost(cursor)

        assert (unbacked.count(cursor), unbacked.reached(cursor), unbacked.last_body(cursor)) == (5, {}, 1)


# ---------------------------------------------------------------- what is told of a batch


def a_batch(*starts: int, body: int = 1) -> Batch:
    calls = calls_of(*({"started_at": NOON + start, "call_id": f"{start}"} for start in starts))
    piece = Piece(pbx="hts", body=body, stream=True, member=0, received_at=0, reading=Reading(calls, [], []))
    return Batch(reads=[pack([piece])], entry=body, unfinished={})


@pytest.mark.parametrize(("number", "told"), [(1, 1), (49, 49), (50, 50), (51, 50)])
def test_the_newest_calls_of_a_batch_are_told_of_up_to_fifty(tmp_path: Path, number: int, told: int) -> None:
    with closing(Store(tmp_path / "other.duckdb")) as store:
        written = store.write(a_batch(*range(number)))
        ids = [key.bytes for (key,) in store.rows("SELECT id FROM call ORDER BY started_at")]

    assert written.calls == ids[-told:]


# ---------------------------------------------------------------- packing


def test_nothing_packed_has_no_rows_and_joins_with_others() -> None:
    nothing = pack([]).calls
    calls = calls_of({"started_at": 70}, {"started_at": 90})
    piece = Piece(pbx="hts", body=3, stream=True, member=2, received_at=0, reading=Reading(calls, [], []))
    some = pack([piece]).calls
    whole = join_packed([nothing, some, nothing, some])

    assert (join_packed([]).rows, join_packed([]).earliest, join_packed([]).latest) == (0, 0, 0)
    assert (whole.rows, whole.earliest, whole.latest, whole.streams) == (4, 70, 90, frozenset((3,)))
    assert whole.keys() == some.keys() * 2
    assert [places.tolist() for places in whole.places()] == [[3] * 4, [2] * 4]
