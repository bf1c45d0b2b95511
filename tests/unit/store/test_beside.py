"""Calls made again beside the ledger: what came out otherwise is taken over, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.fakes.calls import Made, calls_of
from tollbook.model.frame import DAMAGED, Rejected
from tollbook.model.reading import Reading
from tollbook.store.batch import Batch, Piece, pack
from tollbook.store.beside import Purpose
from tollbook.store.store import Store
from tollbook.store.tables import Tables

ALL_PBXS = Purpose(None, (("front", "new"),))
ONE, TWO, THREE = ({"raw": b"%d" % number, "offset": 100 * number, "talk_s": number} for number in (1, 2, 3))
ENTRY = 6


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path / "calls.duckdb")) as opened:
        put(opened, ONE, TWO)
        put(opened, THREE, pbx="hotel", body=2)
        yield opened


def put(tables: Tables, *made: Made, pbx: str = "front", body: int = 1, rejected: tuple[Rejected, ...] = ()) -> None:
    reading = Reading(calls_of(*made), [], list(rejected))
    piece = Piece(pbx=pbx, body=body, stream=True, member=0, received_at=0, reading=reading)
    tables.write(Batch(reads=[pack([piece])], entry=ENTRY, unfinished={}))


def again(store: Store, fill: Callable[[Tables], None], purpose: Purpose = ALL_PBXS) -> int | None:
    """Make calls again and return how many came out otherwise."""
    made = store.beside(purpose)
    fill(made)
    return store.take_over(made, lambda _entry: None)


def talked(store: Store) -> list[tuple[int, int, int]]:
    """Return of each call its body, place and talk."""
    return store.rows("SELECT body, position, talk_s FROM call ORDER BY ALL")


def test_calls_that_come_out_as_they_were_are_no_change(store: Store) -> None:
    before = store.position(), store.rows("SELECT * FROM call ORDER BY ALL")

    def fill(made: Tables) -> None:
        put(made, ONE, TWO)
        put(made, THREE, pbx="hotel", body=2)

    assert again(store, fill) == 0
    assert (store.position(), store.rows("SELECT * FROM call ORDER BY ALL")) == before
    assert (store.purpose(), store.digests()) == (None, {"front": "new"})


def test_calls_that_come_out_otherwise_or_not_at_all_are_counted_and_have_the_next_changes(store: Store) -> None:
    last = store.position().last

    def fill(made: Tables) -> None:
        put(made, {**ONE, "talk_s": 8}, {**TWO, "offset": 900, "talk_s": 9})

    assert again(store, fill) == 4
    assert talked(store) == [(1, 100, 8), (1, 900, 9)]
    assert store.rows("SELECT change FROM call ORDER BY position") == [(last + 1,), (last + 2,)]
    assert store.rows("SELECT change FROM gone ORDER BY change") == [(last + 3,), (last + 4,)]
    assert store.position().last == last + 4


def test_a_call_that_was_gone_and_comes_out_again_is_gone_no_longer(store: Store) -> None:
    again(store, lambda made: put(made, ONE))
    gone = store.rows("SELECT count(*) FROM gone")

    assert again(store, lambda made: put(made, ONE, TWO)) == 1
    assert (gone, store.rows("SELECT count(*) FROM gone")) == ([(2,)], [(1,)])


def test_only_the_pbxs_that_are_meant_are_made_again(store: Store) -> None:
    assert again(store, lambda made: put(made, {**ONE, "talk_s": 8}), Purpose(("front",), ())) == 2
    assert talked(store) == [(1, 100, 8), (2, 300, 3)]
    assert store.rows("SELECT body, calls FROM tally ORDER BY body") == [(1, 1), (2, 1)]


def test_rejects_are_taken_over_and_are_no_calls(store: Store) -> None:
    rejected = Rejected(raw=b"2", offset=200, reason="no time")

    assert again(store, lambda made: put(made, ONE, rejected=(rejected,)), Purpose(("front",), ())) == 1
    assert store.rows("SELECT position, raw, reason FROM reject") == [(200, b"2", "no time")]
    assert store.rows("SELECT frames, calls, rejected FROM tally WHERE body = 1") == [(2, 1, 1)]


def test_a_call_whose_record_is_damaged_now_is_kept(store: Store) -> None:
    rejected = Rejected(raw=b"?", offset=200, reason="a part is damaged", rule=DAMAGED)

    assert again(store, lambda made: put(made, ONE, rejected=(rejected,)), Purpose(("front",), ())) == 0
    assert talked(store) == [(1 - (1 << 40), 200, 2), (1, 100, 1), (2, 300, 3)]
    assert store.unbacked() == 1


def test_what_is_made_beside_is_filled_up_to_where_the_store_is_before_it_is_taken_over(store: Store) -> None:
    made = store.beside(Purpose(("front",), ()))

    def catch_up(entry: int) -> None:
        asked.append(entry)
        put(made, {**ONE, "talk_s": 8}, TWO)

    asked: list[int] = []
    assert store.take_over(made, catch_up) == 1
    assert asked == [ENTRY]


def test_nothing_is_taken_over_while_a_pbx_is_behind(store: Store) -> None:
    store.write(Batch(reads=[], entry=9, unfinished={}, behind={"hotel": 3}))
    before = talked(store)
    made = store.beside(ALL_PBXS)

    assert store.take_over(made, lambda _entry: pytest.fail("filled all the same")) is None
    assert (talked(store), store.purpose()) == (before, ALL_PBXS)
    store.write(Batch(reads=[], entry=10, unfinished={}))
    assert store.take_over(made, lambda _entry: None) == 3


def test_what_was_begun_for_a_purpose_goes_on_after_a_restart_and_for_another_one_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "other.duckdb"
    with closing(Store(path)) as store:
        put(store.beside(ALL_PBXS), ONE)
    with closing(Store(path)) as store:
        assert store.purpose() == ALL_PBXS
        assert store.beside(ALL_PBXS).rows("SELECT position FROM call") == [(100,)]
        assert store.beside(ALL_PBXS).progress() == (ENTRY, {})
        other = store.beside(Purpose(("front",), ()))
        assert (other.rows("SELECT * FROM call"), other.progress()) == ([], (0, {}))
        assert store.rows("SELECT * FROM call") == []
