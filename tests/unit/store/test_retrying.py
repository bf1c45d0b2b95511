"""Rejects that are read again: what becomes of each, and that nothing is counted twice or lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.fakes.calls import Made, calls_of
from tollbook.model.frame import Rejected, Skipped
from tollbook.model.reading import Reading
from tollbook.model.rules import Rules
from tollbook.store.batch import Batch, Piece, pack
from tollbook.store.retrying import Retried, Stored
from tollbook.store.store import Store

LINKED = Rules(same=("linked_id",), within_s=60)
NOTHING = calls_of()
COLUMNS = "id, occurrence, pbx, body, member, position, raw"


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(Store(Path(":memory:"))) as opened:
        yield opened


def put(store: Store, reading: Reading, *, body: int, rules: Rules | None = None) -> None:
    piece = Piece(pbx="hts", body=body, stream=False, member=0, received_at=0, reading=reading, rules=rules)
    store.write(Batch(reads=[pack([piece])], entry=body, unfinished={}))


def put_rejects(store: Store, *raws: bytes, body: int = 1) -> list[Stored]:
    """Store records that cannot be read, 100 bytes apart, and return those of their body."""
    rejected = [Rejected(raw=raw, offset=100 * number, reason="unread") for number, raw in enumerate(raws, 1)]
    put(store, Reading(NOTHING, [], rejected), body=body)
    return standing(store, body)


def put_calls(store: Store, *made: Made, body: int, rules: Rules | None = None) -> None:
    put(store, Reading(calls_of(*made), [], []), body=body, rules=rules)


def standing(store: Store, body: int = 1) -> list[Stored]:
    query = f"SELECT {COLUMNS} FROM reject WHERE body = ? ORDER BY position"  # noqa: S608 - our own names
    return [Stored(key.bytes, *rest) for key, *rest in store.rows(query, [body])]


def read(*made: Made, raw: bytes = b"a record") -> Reading:
    """Return calls, each of which was read from the reject of the number that it has as `offset`."""
    return Reading(calls_of(*({"raw": raw, **each} for each in made)), [], [])


def tallies(store: Store) -> list[tuple[int, ...]]:
    """Return frames, calls, duplicates, skipped and rejected of each body."""
    return store.rows("SELECT frames, calls, duplicates, skipped, rejected FROM tally ORDER BY body")


def places(store: Store, table: str = "call") -> list[tuple[int, int]]:
    return store.rows(f"SELECT body, position FROM {table} ORDER BY ALL")  # noqa: S608 - a name of this file


def test_a_call_has_the_key_the_number_and_the_place_of_the_reject_that_it_was(store: Store) -> None:
    rejects = put_rejects(store, b"one", b"same", b"same")

    assert store.promote(Retried(rejects, read({"offset": 2, "raw": b"same"}, {"offset": 0, "raw": b"one"}))) == 2
    rows = store.rows("SELECT id, occurrence, pbx, body, member, position, length FROM call ORDER BY position")
    assert [(key.bytes, *rest) for key, *rest in rows] == [
        (rejects[0].id, 1, "hts", 1, 0, 100, 3),
        (rejects[2].id, 2, "hts", 1, 0, 300, 4),
    ]
    assert [reject.id for reject in standing(store)] == [rejects[1].id]
    assert tallies(store) == [(3, 2, 0, 0, 1)]


def test_what_is_no_record_is_counted_as_skipped_by_its_reason(store: Store) -> None:
    rejects = put_rejects(store, b"head", b"rule", b"head")
    skipped = [Skipped(b"head", 0, "a heading"), Skipped(b"rule", 1, "a line"), Skipped(b"head", 2, "a heading")]

    assert store.promote(Retried(rejects, Reading(NOTHING, skipped[:2], []))) == 0
    assert store.promote(Retried(rejects, Reading(NOTHING, skipped[2:], []))) == 0
    assert store.rows("SELECT pbx, reason, frames FROM skip ORDER BY reason") == [
        ("hts", "a heading", 2),
        ("hts", "a line", 1),
    ]
    assert (standing(store), tallies(store)) == ([], [(3, 0, 0, 3, 0)])


def test_one_that_still_cannot_be_read_stays_with_the_reason_of_today(store: Store) -> None:
    rejects = put_rejects(store, b"one", b"two")
    still = Rejected(raw=b"two", offset=1, reason="no time", rule="call", column="start")

    assert store.promote(Retried(rejects, Reading(NOTHING, [], [still]))) == 0
    rows = store.rows("SELECT raw, reason, rule, field FROM reject ORDER BY position")
    assert rows == [(b"one", "unread", "", ""), (b"two", "no time", "call", "start")]
    assert tallies(store) == [(2, 0, 0, 0, 2)]


@pytest.mark.parametrize("rules", [None, LINKED])
def test_those_that_somebody_has_taken_out_meanwhile_are_left_alone(store: Store, rules: Rules | None) -> None:
    rejects = put_rejects(store, b"one", b"two")
    made = Retried(rejects, Reading(calls_of({"offset": 0}), [Skipped(b"two", 1, "a heading")], []), rules)
    store.promote(made)

    assert store.promote(made) == 0
    assert (places(store), tallies(store)) == ([(1, 100)], [(2, 1, 0, 1, 0)])
    assert store.rows("SELECT frames FROM skip") == [(1,)]


def test_a_record_that_was_read_later_elsewhere_is_the_call_where_it_first_came(store: Store) -> None:
    rejects = put_rejects(store, b"other", b"a record")
    put_calls(store, {"raw": b"a record"}, body=2)
    before = store.position().last

    assert store.promote(Retried(rejects, read({"offset": 1}))) == 1
    assert (places(store), places(store, "sighting")) == ([(1, 200)], [(2, 0)])
    assert tallies(store) == [(2, 1, 0, 0, 1), (1, 0, 1, 0, 0)]
    assert store.rows("SELECT change FROM call") == [(before + 1,)]
    assert store.position().last == before + 1


def test_a_record_that_was_read_earlier_elsewhere_stays_there_and_is_sighted(store: Store) -> None:
    put_calls(store, {"raw": b"a record"}, body=1)
    rejects = put_rejects(store, b"a record", body=2)
    before = store.position()

    assert store.promote(Retried(rejects, read({"offset": 0}))) == 1
    assert (places(store), places(store, "sighting")) == ([(1, 0)], [(2, 100)])
    assert tallies(store) == [(1, 1, 0, 0, 0), (1, 0, 1, 0, 0)]
    assert store.position() == before


def test_a_sighting_is_known_by_the_text_of_its_record_which_the_second_of_a_body_shares(store: Store) -> None:
    put_calls(store, {"raw": b"same"}, {"raw": b"same"}, body=1)
    rejects = put_rejects(store, b"same", b"same", body=2)

    store.promote(Retried(rejects, read({"offset": 0}, {"offset": 1}, raw=b"same")))

    rows = store.rows("SELECT id, base FROM sighting ORDER BY position")
    assert [(key.bytes, base.bytes) for key, base in rows] == [
        (rejects[0].id, rejects[0].id),
        (rejects[1].id, rejects[0].id),
    ]


def test_records_of_one_call_join_the_call_that_stands_and_whole_ones_are_calls_by_themselves(store: Store) -> None:
    rejects = put_rejects(store, b"one", b"two", b"three")
    put_calls(store, {"linked_id": "x", "offset": 700}, body=2, rules=LINKED)
    made = read({"linked_id": "x", "offset": 0}, {"linked_id": "", "offset": 1}, {"linked_id": "x", "offset": 2})

    assert store.promote(Retried(rejects, made, LINKED)) == 3
    assert store.rows("SELECT coalesce(legs, 0), body, position FROM call ORDER BY 1") == [(0, 1, 200), (3, 1, 100)]
    assert places(store, "leg") == [(1, 100), (1, 300), (2, 700)]
    assert tallies(store) == [(3, 3, 0, 0, 0), (1, 1, 0, 0, 0)]


def test_a_call_moves_with_its_first_record_to_where_that_came_first(store: Store) -> None:
    rejects = put_rejects(store, b"a record")
    put_calls(store, {"linked_id": "x", "raw": b"a record"}, {"linked_id": "x"}, body=2, rules=LINKED)
    before = store.position().last

    store.promote(Retried(rejects, read({"linked_id": "x", "offset": 0}), LINKED))

    assert store.rows("SELECT legs, body, position, change > ? FROM call", [before]) == [(2, 1, 100, True)]
    assert (places(store, "leg"), places(store, "sighting")) == ([(1, 100), (2, 100)], [(2, 0)])
    assert tallies(store) == [(1, 1, 0, 0, 0), (2, 1, 1, 0, 0)]
