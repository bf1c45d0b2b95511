"""Columns that only some dialects give: stored where they are given, and at no cost to the batches without them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.calls import Made, calls_of
from tollbook.model.page_limits import LONG_LISTS
from tollbook.model.problem import Unavailable
from tollbook.model.reading import Reading
from tollbook.store import questions
from tollbook.store.batch import Batch, Piece, pack
from tollbook.store.ledger import Ledger
from tollbook.store.schema import FORMER
from tollbook.store.store import Store

GIVEN: Made = {
    "caller_name": "ADA",
    "ddi": "5550199",
    "trunk_group": "2",
    "auth_code": "77",
    "third_party": "102",
    "charge": "12.50",
    "currency": "EUR",
    "linked_id": "x.1",
    "hold_s": 9,
    "units": 3,
}


@pytest.fixture
def store() -> Iterator[Store]:
    opened = Store(Path(":memory:"))
    yield opened
    opened.close()


def a_piece(*made: Made, body: int = 1) -> Piece:
    return Piece(
        pbx="pbx",
        body=body,
        stream=True,
        member=0,
        received_at=0,
        reading=Reading(calls_of(*made), [], []),
    )


def put(store: Store, *reads: list[Piece]) -> None:
    store.write(Batch(reads=[pack(pieces) for pieces in reads], entry=1, unfinished={}))


def stored(store: Store) -> list[dict[str, Any]]:
    calls = questions.calls(Ledger(store), questions.CallListing(order="started_at"))
    return sorted(calls, key=lambda call: (call["body"], call["position"]))


def some(call: dict[str, Any]) -> Made:
    shown = {**FORMER, "currency": "pbx_currency"}
    return {name: call[shown.get(name, name)] for name in GIVEN}


NOTHING = dict.fromkeys(GIVEN)


def test_what_a_dialect_gives_is_stored_under_its_name(store: Store) -> None:
    put(store, [a_piece(GIVEN)])

    assert [some(call) for call in stored(store)] == [GIVEN]


def test_what_a_dialect_does_not_give_is_null(store: Store) -> None:
    put(store, [a_piece({})])

    assert [some(call) for call in stored(store)] == [NOTHING]


def test_calls_with_and_without_such_columns_come_in_one_piece_of_work_or_in_several(store: Store) -> None:
    put(store, [a_piece(GIVEN, {}), a_piece({}, body=2)], [a_piece({}, body=3)], [a_piece(GIVEN, body=4)])

    assert [some(call) for call in stored(store)] == [GIVEN, NOTHING, NOTHING, NOTHING, GIVEN]


def test_a_long_text_comes_through_where_its_neighbours_have_none(store: Store) -> None:
    name = "SOCIETE GENERALE DES TELEPHONES " * 3

    put(store, [a_piece({})], [a_piece({"caller_name": name})], [a_piece({}, body=2)])

    assert sorted(call["caller_name"] or "" for call in stored(store)) == ["", "", name]


def test_a_batch_without_such_columns_carries_none_of_them() -> None:
    packed = pack([a_piece({})]).calls

    assert not {column.name for table in packed.tables for column in table.columns} & GIVEN.keys()


def test_one_whole_list_more_than_are_sent_at_once_is_refused_until_one_is_through(store: Store) -> None:
    put(store, [a_piece(GIVEN)])
    ledger, whole, page = Ledger(store), questions.CallListing(), questions.CallListing(limit=9)
    sent = [questions.calls(ledger, whole) for _ in range(LONG_LISTS)]
    assert [next(each)["caller_name"] for each in sent] == ["ADA"] * LONG_LISTS

    with pytest.raises(Unavailable, match="ask again"):
        next(questions.calls(ledger, whole))
    assert len(list(questions.calls(ledger, page))) == 1
    assert list(sent.pop()) == []
    assert len(list(questions.calls(ledger, whole))) == 1
