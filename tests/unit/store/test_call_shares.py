"""`call_share`: what a question sees of calls that were handed on, beside the function that divides one call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from tests.fakes.calls import Made, calls_of
from tests.fakes.rating import a_tariff
from tests.unit.store.test_pricing import BEGUN, BERLIN, called, prices_by
from tollbook.model.directory import Assignment, Directory
from tollbook.model.reading import Reading
from tollbook.model.rules import Order, Rules, Times
from tollbook.rating.shares import CallShare, TalkedLeg, shared
from tollbook.store import pricing
from tollbook.store.batch import Batch, Piece, pack
from tollbook.store.call_shares import CALL_SHARE, with_call_share
from tollbook.store.filters import Where
from tollbook.store.ledger import Ledger, Scope
from tollbook.store.price_questions import explained_price
from tollbook.store.store import Store

RULES = Rules(same=("linked_id",), within_s=600, order=Order.TIME, times=Times.DURATIONS)
TARIFF = """
title = "With minutes"
currency = "EUR"
zone = "Europe/Berlin"
markup = { percent = "10" }

[[rate]]
to = "DE"
price = "0.0005"
per_s = 1
connect_fee = "0.01"

[[bundle]]
name = "a minute"
to = ["DE"]
seconds = 60
"""
MUNICH, PARIS = "0089230025", "00033142685300"
DIRECTORY = Directory(
    assignments=[
        Assignment(id=1, kind="extension", value="101", until=date(2026, 1, 6)),
        Assignment(id=2, kind="extension", value="101", first=date(2026, 1, 6)),
        Assignment(id=5, kind="extension", value="105"),
        Assignment(id=7, kind="auth_code", value="7777"),
        Assignment(id=8, kind="trunk", value="CO1"),
    ],
)
ALL = "true"
PARTS = "SELECT id, extension, talk_s, cost, price, assignment, counted FROM call_share ORDER BY ALL"


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(a_store()) as opened:
        yield opened
        pricing.take_back(opened)


def a_store() -> Store:
    opened = Store(Path(":memory:"))
    opened.renumber("hts", BERLIN)
    opened.copy_directory(DIRECTORY)
    opened.reprice("hts", prices_by(opened, a_tariff(TARIFF)), "Europe/Berlin")
    return opened


def put(store: Store, *made: Made) -> None:
    records = [{**each, "offset": 100 * number, "raw": b"%d" % number} for number, each in enumerate(made)]
    reading = Reading(calls_of(*records), [], [])
    piece = Piece(pbx="hts", body=1, stream=True, member=0, received_at=0, reading=reading, rules=RULES)
    store.write(Batch(reads=[pack([piece])], entry=1, unfinished={}))


def leg(extension: str, talk_s: int, after_s: int = 0, number: str = MUNICH, **other: Any) -> Made:  # noqa: ANN401 - columns
    begun = int(BEGUN.timestamp()) + after_s
    made = called(number, talk_s, **{"trunk": "CO1", "linked_id": "x", **other})
    return {**made, "extension": extension, "started_at": begun, "answered_at": begun, "ended_at": begun + talk_s}


def parts(ledger: Ledger) -> list[tuple[Any, ...]]:
    return ledger.rows(f"{with_call_share(ledger, ALL)} {PARTS}")


def told(store: Store) -> list[tuple[object, ...]]:
    return [row[1:] for row in parts(Ledger(store))]


def test_a_transferred_call_is_divided_by_who_talked_and_each_part_is_whose_the_extension_was(store: Store) -> None:
    put(store, leg("101", 125), leg("101", 20, 100, direction="internal"), leg("105", 175, 125))

    # 320 s less the minute of the bundle, at 0.0005 each, and 0.01 for the connection; 10 % of mark-up
    assert store.rows("SELECT talk_s, cost, price FROM call") == [(320, Decimal("0.14"), Decimal("0.154"))]
    assert told(store) == [
        ("101", 133, Decimal("0.05833338"), Decimal("0.064166718"), 1, 1),
        ("105", 187, Decimal("0.08166662"), Decimal("0.089833282"), 5, 0),
    ]


def test_a_code_that_says_whose_a_call_is_says_it_of_all_of_its_parts(store: Store) -> None:
    put(store, leg("101", 100, auth_code="7777"), leg("103", 100, 100, auth_code="7777"))

    assert [(extension, owner) for extension, *_, owner, _ in told(store)] == [("101", 7), ("103", 7)]


def test_a_part_of_an_extension_that_is_nobodys_is_whose_the_trunk_is(store: Store) -> None:
    put(store, leg("101", 100), leg("103", 100, 100))

    assert [(extension, owner) for extension, *_, owner, _ in told(store)] == [("101", 1), ("103", 8)]


def test_a_part_is_whose_the_extension_was_on_the_day_of_the_call(store: Store) -> None:
    day = 86400
    put(store, leg("105", 100, day), leg("101", 100, day + 100))

    assert [(extension, owner) for extension, *_, owner, _ in told(store)] == [("101", 2), ("105", 5)]


def test_an_extension_of_one_pbx_is_meant_before_the_same_of_any(store: Store) -> None:
    own = Assignment(id=9, kind="extension", value="105", pbx="hts")
    elsewhere = Assignment(id=3, kind="extension", value="105", pbx="annexe")
    store.copy_directory(structs.replace(DIRECTORY, assignments=[*DIRECTORY.assignments, own, elsewhere]))
    put(store, leg("101", 100), leg("105", 100, 100))

    assert [(extension, owner) for extension, *_, owner, _ in told(store)] == [("101", 1), ("105", 9)]


def test_a_call_that_has_no_price_has_parts_that_have_none(store: Store) -> None:
    put(store, leg("101", 100, number=PARIS), leg("105", 100, 100, number=PARIS))

    assert told(store) == [("101", 100, None, None, 1, 1), ("105", 100, None, None, 5, 0)]


def test_who_may_see_a_call_sees_its_parts_and_nobody_else_does(store: Store) -> None:
    put(store, leg("101", 100), leg("105", 100, 100), leg("105", 60, number=MUNICH, linked_id="y"))

    seen = parts(Ledger(store, Scope(calls=Where("extension = $extension", {"extension": "101"}))))

    assert [(extension, talk_s) for _, extension, talk_s, *_ in seen] == [("101", 100), ("105", 100)]


def test_how_a_price_came_about_says_what_each_is_charged(store: Store) -> None:
    put(store, leg("101", 125), leg("105", 175, 125), leg("101", 60, linked_id="y"))
    keys = [str(key) for (key,) in store.rows("SELECT id FROM calls ORDER BY position")]

    divided, whole = (explained_price(Ledger(store), key) for key in keys)

    assert divided is not None
    assert divided.explanation[-3:] == [
        "The call was handed on: its price is divided by who talked with the outside.",
        "101 talked 2:05 of 5:00: 0.0596 EUR.",
        "105 talked 2:55 of 5:00: 0.0834 EUR.",
    ]
    assert [(each.extension, each.talked_s, each.price) for each in divided.shares] == [
        ("101", 125, "0.059583381"),
        ("105", 175, "0.083416619"),
    ]
    assert whole is not None
    assert whole.shares == []


def test_a_price_that_is_not_there_is_not_divided_in_words(store: Store) -> None:
    put(store, leg("101", 125, number=PARIS), leg("105", 175, 125, number=PARIS))
    (key,) = store.rows("SELECT id FROM call")[0]

    found = explained_price(Ledger(store), str(key))

    assert found is not None
    assert "handed on" not in " ".join(found.explanation)
    assert [(each.extension, each.price) for each in found.shares] == [("101", None), ("105", None)]


# ---------------------------------------------------------------- any legs

RECORDS = st.lists(
    st.builds(
        leg,
        extension=st.sampled_from(["", "101", "103", "105"]),
        talk_s=st.integers(0, 400),
        after_s=st.integers(0, 300),
        number=st.sampled_from([MUNICH, PARIS]),
        direction=st.sampled_from(["outgoing", "outgoing", "incoming", "internal"]),
        outcome=st.sampled_from(["answered", "unknown", "unanswered"]),
        linked_id=st.sampled_from(["w", "x", "y", "z"]),
        auth_code=st.sampled_from(["", "", "7777"]),
    ),
    min_size=12,
    max_size=30,
)


def by_the_function(store: Store) -> list[tuple[Any, ...]]:
    found = []
    for key, extension, *numbers in store.rows("SELECT id, extension, talk_s, talk_s, cost, price FROM call"):
        legs = store.rows(
            "SELECT extension, started_at, talk_s, direction <> 'internal' FROM leg WHERE call = ?",
            [key],
        )
        names = TalkedLeg.__struct_fields__
        call = CallShare(**dict(zip(CallShare.__struct_fields__, (extension or "", *numbers), strict=True)))
        talked = [TalkedLeg(**dict(zip(names, (each[0] or "", *each[1:]), strict=True))) for each in legs]
        for place, part in enumerate(shared(call, talked)):
            found.append((key, part.extension, part.talk_s, part.cost, part.price, int(not place)))
    return sorted(found, key=lambda row: (row[0].bytes, row[1]))


@settings(max_examples=10, deadline=None)
@given(records=RECORDS)
def test_a_question_divides_calls_as_the_function_does(records: list[Made]) -> None:
    with closing(a_store()) as opened:
        put(opened, *records)
        asked = [
            (key, extension or "", talk_s, cost, price, counted)
            for key, extension, talk_s, cost, price, _, counted in parts(Ledger(opened))
        ]
        assert sorted(asked, key=lambda row: (row[0].bytes, row[1])) == by_the_function(opened)
        pricing.take_back(opened)


def test_every_column_is_told_and_is_there(store: Store) -> None:
    ledger = Ledger(store)
    with ledger.cursor() as cursor:
        cursor.execute(f"{with_call_share(ledger, ALL)} SELECT * FROM call_share")  # noqa: S608 - ours
        columns = [name for name, *_ in cursor.description or ()]

    assert sorted(columns) == sorted(CALL_SHARE)
