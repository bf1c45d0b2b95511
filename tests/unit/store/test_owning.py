"""Whose calls are: by the directory of the site, on the day of the call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest

from tests.fakes.calls import Made, calls_of
from tollbook.model.directory import Assignment, CostCentre, Department, Directory, Person, PhoneBookEntry
from tollbook.model.reading import Reading
from tollbook.store import questions
from tollbook.store.batch import Batch, Piece, pack
from tollbook.store.filters import read_filter
from tollbook.store.ledger import Ledger
from tollbook.store.outgoing import ChangeQuery, form_of, window
from tollbook.store.questions import CallListing
from tollbook.store.store import Store

MARCH = date(2026, 3, 1)
ANNA, BEN = Person(1, "Anna Berg"), Person(2, "Ben Cole")
SALES, NORTH, HELP = (
    Department(1, "Sales", company="Acme"),
    Department(2, "North", parent=1),
    Department(3, "Help desk"),
)
PROJECT, OVERHEAD = CostCentre(1, "4711"), CostCentre(2, "100")
BEFORE = Assignment(id=1, kind="extension", value="101", until=MARCH, person=1, department=2, cost_centre=2)
AFTER = Assignment(id=2, kind="extension", value="101", first=MARCH, person=1, department=3, cost_centre=2)
DIRECTORY = Directory(
    people=[ANNA, BEN],
    departments=[SALES, NORTH, HELP],
    cost_centres=[PROJECT, OVERHEAD],
    assignments=[
        BEFORE,
        AFTER,
        Assignment(id=3, kind="auth_code", value="9999", person=2),
        Assignment(id=4, kind="account_code", value="77", cost_centre=1),
        Assignment(id=5, kind="extension", value="102", pbx="other", person=2),
    ],
    phone_book=[
        PhoneBookEntry(id=1, number="+442079460135", name="Head office"),
        PhoneBookEntry(id=2, number="+44207946", name="Acme Ltd", block=True),
        PhoneBookEntry(id=3, number="+44", name="Britain", block=True),
        PhoneBookEntry(id=4, number="+12015550135", name="Nobody's business", private=True),
    ],
)


def at(month: int, day: int, hour: int = 12) -> int:
    return int(datetime(2026, month, day, hour, tzinfo=UTC).timestamp())


def a_call(month: int, day: int, hour: int = 12, **made: object) -> Made:
    start = at(month, day, hour)
    times = {"started_at": start, "started_local": start, "ended_at": start + 60, "answered_at": start}
    return {"direction": "outgoing", "extension": "101", "called": "9011442079460135", **times, **made}


CALLS = [a_call(2, 28, 23), a_call(3, 1, 0), a_call(3, 2, auth_code="9999"), a_call(3, 3, account_code="77")]
OWNERS = [
    ("Anna Berg", "Sales / North", "100"),
    ("Anna Berg", "Help desk", "100"),
    ("Ben Cole", None, None),
    ("Anna Berg", "Help desk", "4711"),
]


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(Store(Path(":memory:"))) as opened:
        yield opened


def put(store: Store, *made: Made, body: int = 1) -> None:
    piece = Piece(pbx="hts", body=body, stream=True, member=0, received_at=0, reading=Reading(calls_of(*made), [], []))
    store.write(Batch(reads=[pack([piece])], entry=body, unfinished={}))


def owners(store: Store) -> list[tuple[object, ...]]:
    return store.rows("SELECT person, department, cost_centre FROM calls ORDER BY position")


def found(store: Store, **words: str) -> int:
    where = read_filter({name.replace("_", "-"): text for name, text in words.items()})
    return len(list(questions.calls(Ledger(store), CallListing(where=where))))


def test_a_call_belongs_to_where_its_extension_was_on_that_day(store: Store) -> None:
    store.copy_directory(DIRECTORY)
    put(store, *CALLS)
    assert owners(store) == OWNERS


def test_calls_that_are_there_belong_to_people_as_soon_as_the_directory_is(store: Store) -> None:
    put(store, *CALLS)
    assert owners(store) == [(None, None, None)] * 4

    assert store.copy_directory(DIRECTORY) == 4
    assert owners(store) == OWNERS
    assert store.copy_directory(DIRECTORY) == 0


def test_a_move_taken_back_leaves_all_as_it_was_and_touches_nobody_elses_calls(store: Store) -> None:
    put(store, *CALLS, a_call(3, 4, extension="205"))
    store.copy_directory(DIRECTORY)
    rows = "SELECT id, change, meaning FROM call ORDER BY position"
    before = store.rows(rows)
    others = [each for each in DIRECTORY.assignments if each.id > 2]
    moved = (
        msgspec.structs.replace(BEFORE, until=date(2026, 3, 2)),
        msgspec.structs.replace(AFTER, first=date(2026, 3, 2)),
    )

    assert store.copy_directory(msgspec.structs.replace(DIRECTORY, assignments=[*moved, *others])) == 1
    after = store.rows(rows)
    assert [was == now for was, now in zip(before, after, strict=True)] == [True, False, True, True, True]
    assert [was[1] == now[1] for was, now in zip(before, after, strict=True)] == [True] * 5, "the call is the same"
    store.copy_directory(DIRECTORY)
    assert owners(store)[:4] == OWNERS


def test_a_name_is_mended_everywhere_at_once_and_touches_no_call(store: Store) -> None:
    put(store, *CALLS)
    store.copy_directory(DIRECTORY)
    renamed = msgspec.structs.replace(DIRECTORY, people=[Person(1, "Anna Hill"), BEN])

    assert store.copy_directory(renamed) == 0
    assert {person for person, *_ in owners(store)} == {"Anna Hill", "Ben Cole"}


def test_an_outside_number_has_the_name_of_the_longest_entry(store: Store) -> None:
    store.copy_directory(DIRECTORY)
    store.renumber("hts", {"": {"country": "US", "outside": "9"}})
    numbers = ("9011442079460135", "9011442079460136", "9011441514960123", "912015550135")
    put(store, *(a_call(3, 1, called=each) for each in numbers))
    names = "SELECT number_name FROM calls ORDER BY position"

    assert store.rows(names) == [("Head office",), ("Acme Ltd",), ("Britain",), (None,)]
    store.copy_directory(msgspec.structs.replace(DIRECTORY, phone_book=DIRECTORY.phone_book[2:]))
    assert store.rows(names) == [("Britain",)] * 3 + [(None,)]
    store.copy_directory(DIRECTORY)
    assert store.rows(names) == [("Head office",), ("Acme Ltd",), ("Britain",), (None,)]


def test_numbers_that_get_a_meaning_get_their_names_with_it(store: Store) -> None:
    store.copy_directory(DIRECTORY)
    put(store, *CALLS[:1])
    store.renumber("hts", {"": {"country": "US", "outside": "9"}})

    assert store.rows("SELECT number_name FROM calls") == [("Head office",)]


def test_filters_know_people_departments_with_all_below_and_cost_centres(store: Store) -> None:
    store.copy_directory(DIRECTORY)
    put(store, *CALLS)

    assert found(store, person="anna berg") == 3
    assert found(store, person="Anna Berg, Ben Cole") == 4
    store.copy_directory(msgspec.structs.replace(DIRECTORY, people=[Person(1, "Berg, Anna"), BEN]))
    assert found(store, person="Berg, Anna") == 3
    assert found(store, department="sales") == 1
    assert found(store, department="Sales/North") == 1
    assert found(store, department="Sale") == 0
    store.copy_directory(msgspec.structs.replace(DIRECTORY, departments=[SALES, NORTH, Department(3, "R/D")]))
    assert found(store, department="r/d") == found(store, department="R/D") == 2
    assert found(store, cost_centre="4711") == 1
    assert found(store, cost_centre="100") == 2


def test_who_asks_for_names_is_told_of_a_move_and_nobody_else(store: Store) -> None:
    put(store, *CALLS)
    ledger = Ledger(store)
    plain, named = form_of(ledger, "id; talk_s", read_filter({})), form_of(ledger, "id; person", read_filter({}))
    seen = store.position().last
    store.copy_directory(DIRECTORY)

    told = [window(ledger, form, ChangeQuery(after=seen, most=9))[1] for form in (plain, named)]
    assert [each.count for each in told if each] == [0, 4]


def test_a_store_made_again_has_the_directory_again(tmp_path: Path) -> None:
    with closing(Store(tmp_path / "calls.duckdb")) as store:
        store.copy_directory(DIRECTORY)
        store.begin_again("a fault")
        put(store, *CALLS)
        assert owners(store) == OWNERS
