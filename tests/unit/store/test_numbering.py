"""What numbers mean, in the store: as calls come, and again when a dial plan changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.fakes.calls import Made, calls_of
from tollbook.model.meaning import Number
from tollbook.model.reading import Reading
from tollbook.numbering import plans
from tollbook.numbering.dialled import number_of
from tollbook.numbering.plans import PlanSettings
from tollbook.store import questions
from tollbook.store.batch import Batch, Piece, pack
from tollbook.store.filters import read_filter
from tollbook.store.ledger import Ledger
from tollbook.store.numbering import forget
from tollbook.store.outgoing import ChangeQuery, form_of, window
from tollbook.store.questions import CallListing
from tollbook.store.store import Store

NEW_YORK: PlanSettings = {"": {"country": "US", "outside": "9", "area-code": "212"}}
BERLIN: PlanSettings = {"": {"country": "DE", "outside": "0", "area-code": "30"}}
MADE: list[Made] = [
    {"direction": "outgoing", "caller": "101", "called": "9011442079460135"},
    {"direction": "incoming", "caller": "2015550135", "called": "101"},
    {"direction": "internal", "caller": "101", "called": "102"},
    {"direction": "outgoing", "caller": "101", "called": "912015550135,,4711"},
    {"direction": "outgoing", "caller": "101", "called": "9911", "trunk_group": "7"},
]
MEANT = [
    ("+442079460135", "GB", "fixed", "international", "9011442079460135"),
    ("+12015550135", "US", "fixed_or_mobile", "national", "101"),
    (None, None, "internal", "internal", "102"),
    ("+12015550135", "US", "fixed_or_mobile", "national", "912015550135,,••••"),
    (None, "US", "emergency", "service", "9911"),
]
NOTHING = [(None, None, None, None, each["called"]) for each in MADE]
ROWS = "SELECT number_e164, number_country, number_kind, number_reach, called FROM {} ORDER BY position"


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(Store(Path(":memory:"))) as opened:
        yield opened


def put(store: Store, *made: Made, body: int = 1, pbx: str = "hts") -> None:
    piece = Piece(pbx=pbx, body=body, stream=True, member=0, received_at=0, reading=Reading(calls_of(*made), [], []))
    store.write(Batch(reads=[pack([piece])], entry=body, unfinished={}))


def meant(store: Store) -> list[tuple[object, ...]]:
    return store.rows(ROWS.format("calls"))


def changes(store: Store) -> list[tuple[int, int]]:
    return store.rows("SELECT change, meaning FROM call ORDER BY position")


def test_numbers_have_no_meaning_without_a_plan_and_get_one_when_there_is_one(store: Store) -> None:
    put(store, *MADE)
    assert meant(store) == NOTHING

    assert store.renumber("hts", NEW_YORK) == 5
    assert meant(store) == MEANT


def test_calls_that_come_are_numbered_by_the_plan_in_use_and_so_are_those_read_again(store: Store) -> None:
    store.renumber("hts", NEW_YORK)
    put(store, *MADE)
    assert meant(store) == MEANT

    put(store, *MADE, body=2, pbx="other")
    assert store.rows("SELECT count(*) FROM calls WHERE pbx = 'other' AND number_kind IS NULL") == [(5,)]


def test_what_was_sent_after_a_number_is_shown_nowhere(store: Store) -> None:
    store.renumber("hts", NEW_YORK)
    put(store, *MADE)

    assert "4711" not in repr(store.rows("SELECT * FROM calls")) + repr(store.rows("SELECT * FROM calls_agg"))
    store.renumber("hts", {"": {**NEW_YORK[""], "after-answer": "shown"}})
    assert "912015550135,,4711" in repr(meant(store))


def test_a_plan_put_in_twice_changes_nothing_and_taken_away_leaves_what_was_written(store: Store) -> None:
    put(store, *MADE)
    store.renumber("hts", NEW_YORK)
    before = changes(store)

    assert store.renumber("hts", NEW_YORK) == 0
    assert changes(store) == before
    store.renumber("hts", {})
    assert meant(store) == NOTHING


def test_a_trunk_group_may_have_a_plan_of_its_own(store: Store) -> None:
    put(store, *MADE)
    store.renumber("hts", {**NEW_YORK, "7": {"country": "DE", "outside": "9"}})

    kinds = store.rows("SELECT trunk_group, number_country FROM calls WHERE called = '9911'")
    assert kinds == [("7", "DE")]


def test_who_reads_no_meaning_is_told_nothing_when_a_plan_changes_and_who_does_is_told(store: Store) -> None:
    put(store, *MADE)
    ledger = Ledger(store)
    plain, telling = form_of(ledger, "id; talk_s", read_filter({})), form_of(ledger, "id; number_e164", read_filter({}))
    by_country = form_of(ledger, "id; talk_s", read_filter({"country": "gb"}))
    seen = store.position().last
    store.renumber("hts", {"": {**NEW_YORK[""], "after-answer": "shown"}})

    def told(form: object) -> int:
        _, found = window(ledger, form, ChangeQuery(after=seen, most=100))  # type: ignore[arg-type] # one of the three
        assert found
        return found.count

    assert (told(plain), told(telling), told(by_country)) == (0, 5, 1)


def test_filters_know_country_kind_and_reach_and_find_a_number_by_its_meaning(store: Store) -> None:
    store.renumber("hts", NEW_YORK)
    put(store, *MADE)

    def found(**words: str) -> int:
        where = read_filter({name.replace("_", "-"): text for name, text in words.items()})
        return len(list(questions.calls(Ledger(store), CallListing(where=where))))

    assert found(country="gb,us") == 4
    assert found(kind="emergency") == 1
    assert found(reach="international") == 1
    assert found(number="+44 20 7946 0135") == 1
    assert found(number="+1 201 555 0135") == 2


def test_a_store_made_again_tells_nobody_of_calls_that_mean_what_they_did(tmp_path: Path) -> None:
    path = tmp_path / "calls.duckdb"
    with closing(Store(path)) as kept:
        kept.renumber("hts", NEW_YORK)
        put(kept, *MADE)
        kept.renumber("hts", BERLIN)
        kept.renumber("hts", NEW_YORK)
        before = changes(kept)
        kept.begin_again("a fault")
        kept.renumber("hts", NEW_YORK)
        put(kept, *MADE)
        kept.settle()
        assert changes(kept) == before


def test_a_fault_over_one_number_or_a_plan_of_before_keeps_no_call_from_being_stored(
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing(text: str, *given: object, **said: object) -> Number:
        if text == "911":
            raise IndexError(text)
        return number_of(text, *given, **said)  # type: ignore[arg-type] # handed on

    store.renumber("hts", NEW_YORK)
    forget()
    monkeypatch.setattr(plans, "number_of", failing)
    put(store, MADE[0], {**MADE[4], "called": "911"})
    assert [(row[0], row[2]) for row in meant(store)] == [("+442079460135", "fixed"), (None, "unknown")]

    with store.cursor() as cursor:
        cursor.execute('UPDATE plan SET digest = \'x\', settings = \'{"": {"country": "XX"}}\'')
    put(store, *MADE, body=2)
    assert len(meant(store)) == 7


def test_a_plan_takes_no_more_numbers_of_the_feed_than_there_are_calls_and_none_for_no_change(store: Store) -> None:
    put(store, *MADE)
    before = store.position().last
    store.renumber("hts", NEW_YORK)
    assert store.position().last == before + len(MADE)
    store.renumber("hts", NEW_YORK)
    assert store.position().last == before + len(MADE)


def test_what_is_sent_to_a_mailbox_within_the_pbx_is_hidden_too(store: Store) -> None:
    store.renumber("hts", NEW_YORK)
    put(store, {"direction": "internal", "caller": "101", "called": "500,,4711#"})
    assert meant(store) == [(None, None, "internal", "internal", "500,,••••#")]

    store.renumber("hts", {"": {**NEW_YORK[""], "after-answer": "shown"}})
    assert meant(store) == [(None, None, "internal", "internal", "500,,4711#")]
