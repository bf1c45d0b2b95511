"""Whatever is asked through a ledger is answered as if the store had nothing but what its scope takes in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.calls import NOON, Made, calls_of
from tollbook.model.frame import Rejected
from tollbook.model.reading import Reading
from tollbook.store import dialled, imports, outgoing, paging, questions, rejects
from tollbook.store.batch import Batch, PackedReading, Piece, pack
from tollbook.store.filters import ALL, WORDS, Where, read_asked, read_filter
from tollbook.store.ledger import EVERYTHING, Ledger, Scope
from tollbook.store.outgoing import ChangeQuery
from tollbook.store.rejects import RejectFilter
from tollbook.store.store import Store

_WAYS = ({"direction": "incoming"}, {"direction": "outgoing"}, {"direction": "incoming", "outcome": "answered"})
TODAY = date(2026, 3, 2)
_EXTENSIONS = ("101", "102", "103")


def made(number: int, pbx: str) -> Made:
    return {
        **_WAYS[number % 3],
        "extension": _EXTENSIONS[number % len(_EXTENSIONS) - number // 7 % 2],
        "caller": f"55501{number % 11:02}",
        "called": f"55502{number % 5:02}",
        "started_at": NOON + 1000 * number,
        "talk_s": 7 * number,
        "call_id": f"{pbx}-{number}",
    }


def read_of(body: int, pbx: str) -> PackedReading:
    """Return forty calls and two rejects of a PBX."""
    rejected = [Rejected(raw=b"what is this", offset=9000 + n, reason="no rule matches") for n in range(2)]
    calls = calls_of(*(made(number, pbx) for number in range(40)))
    reading = Reading(calls, [], rejected)
    return pack([Piece(pbx=pbx, body=body, stream=True, member=0, received_at=0, reading=reading)])


LEGS = """
INSERT INTO leg BY NAME
SELECT * EXCLUDE (legs, change, meaning, number_e164, number_country, number_kind, number_reach,
  assignment, account_assignment, number_entry, cost, price, price_currency, tariff, billed_s, unpriced_because,
  bundle, bundle_taken),
  id AS call,
  call_id AS key, '' AS joined FROM call WHERE talk_s < 50
"""


def filled(path: Path) -> Store:
    store = Store(path)
    reads = [read_of(1, "front"), read_of(2, "hotel")]
    store.write(Batch(reads=reads, entry=1, unfinished={}))
    with store.cursor() as cursor:
        cursor.execute(LEGS)
    return store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(filled(tmp_path / "whole.duckdb")) as whole:
        yield whole


def only(store: Store, scope: Scope) -> None:
    """Take everything out of a store that a scope does not take in."""
    others = f"DELETE FROM call WHERE NOT ({scope.calls.sql})"  # noqa: S608 - a condition of this file
    with store.cursor() as cursor:
        cursor.execute(others, scope.calls.values)
        cursor.execute("DELETE FROM leg WHERE call NOT IN (SELECT id FROM call)")
        kept = [list(scope.pbxs or ())]
        cursor.execute("DELETE FROM reject WHERE NOT list_contains(?, pbx)", kept)
        cursor.execute("DELETE FROM tally WHERE NOT list_contains(?, pbx)", kept)
        cursor.execute("DELETE FROM arrival WHERE NOT list_contains(?, pbx)", kept)
        cursor.execute("DELETE FROM skip WHERE NOT list_contains(?, pbx)", kept)


NOW = datetime.fromtimestamp(NOON + 20_000, UTC)
KEYS = "SELECT id FROM call ORDER BY id"
PLACES = [
    (("pbx", pbx), ("body", body), ("member", 0), ("position", position), ("length", length))
    for body, pbx in enumerate(("front", "hotel"), 1)
    for position in range(0, 1_500, 100)
    for length in (162, 163, 188)
]
"""Where records may lie, most of them none."""


def a_window(ledger: Ledger) -> list[tuple[Any, ...]]:
    form = outgoing.form_of(ledger, "id; WHO = coalesce(extension, '?') || '!'", read_filter({"direction": "incoming"}))
    _, found = outgoing.window(ledger, form, ChangeQuery(after=0, most=1000, fresh=True))
    assert found
    with closing(found):
        return sorted(found.rows())


QUESTIONS: dict[str, Callable[[Ledger], Any]] = {
    "calls": lambda ledger: list(questions.calls(ledger, questions.CallListing())),
    "a page of calls": lambda ledger: list(
        questions.calls(ledger, questions.CallListing(order="-talk_s", limit=5, offset=3)),
    ),
    "calls of a filter": lambda ledger: list(
        questions.calls(ledger, questions.CallListing(where=read_filter({"pbx": "front,hotel", "number": "555010"}))),
    ),
    "calls for AGG": lambda ledger: list(questions.calls(ledger, questions.CallListing(columns="agg"))),
    "pages by cursor": lambda ledger: paging.page(ledger, ALL, "", 4)[0],
    "changes": lambda ledger: sorted(call["id"] for call in paging.changes(ledger, "", 1000).calls),
    "the number of calls": lambda ledger: questions.count_calls(ledger, read_filter({"direction": "incoming"})),
    "each call": lambda ledger: [questions.call(ledger, str(key)) for (key,) in ledger.rows(KEYS)],
    "the newest calls": lambda ledger: questions.newest_calls(ledger, 3, 1000),
    "where records lie": lambda ledger: [each for each in PLACES if questions.has_record(ledger, dict(each))],
    "records of each call": lambda ledger: [questions.legs(ledger, str(key)) for (key,) in ledger.rows(KEYS)],
    "rejects": lambda ledger: list(rejects.rejects(ledger, RejectFilter())),
    "the number of rejects": lambda ledger: rejects.count_rejects(ledger, RejectFilter()),
    "ids of rejects": lambda ledger: rejects.reject_ids(ledger, RejectFilter(), 100),
    "counts": questions.counts_by_pbx,
    "PBXs with calls": questions.pbxs_with_calls,
    "numbers dialled": lambda ledger: dialled.dialled(ledger, "front"),
    "extensions": lambda ledger: dialled.extensions(ledger, "front"),
    "what became of bodies": lambda ledger: imports.tallied(ledger, [*range(1, 30)]),
    "what bodies hold": lambda ledger: imports.held_by(ledger, [*range(1, 30)]),
    "what parted": lambda ledger: [imports.parted_of(ledger, body) for body in range(1, 30)],
    "figures": lambda ledger: [*questions.figures(ledger, ALL, "hour")],
    "sums of a list": lambda ledger: questions.list_totals(ledger, ALL),
    "missed callers": lambda ledger: questions.missed_callers(ledger, read_filter({"outcome": "missed"})),
    "who is called back": lambda ledger: questions.missed_callers(ledger, read_asked({"called-back": "yes"}, TODAY)),
    "the last day": questions.last_day,
    "rates": lambda ledger: questions.usual_rates(ledger, NOW),
    "what a sink is handed": a_window,
    "days": lambda ledger: outgoing.periods(ledger, outgoing.form_of(ledger, "", ALL), "day").keys(),
    "view of calls": lambda ledger: ledger.rows("SELECT * FROM calls ORDER BY ALL"),
    "view of legs": lambda ledger: ledger.rows("SELECT * FROM legs ORDER BY ALL"),
    "view for AGG": lambda ledger: ledger.rows("SELECT * FROM calls_agg ORDER BY ALL"),
    "view of rejects": lambda ledger: ledger.rows("SELECT * FROM rejects ORDER BY ALL"),
    "a question with tables of its own": lambda ledger: ledger.rows(
        "WITH mine AS (SELECT * FROM call WHERE talk_s > $least) SELECT count(*) FROM mine",
        {"least": 100},
    ),
}


def answers(ledger: Ledger) -> dict[str, Any]:
    return {name: ask(ledger) for name, ask in QUESTIONS.items()}


SCOPES = {
    "an extension": Scope(calls=Where("extension = $extension", {"extension": "102"}), pbxs=()),
    "a PBX": Scope(calls=read_filter({"pbx": "hotel"}), pbxs=("hotel",)),
    "nothing": Scope(calls=Where("false"), pbxs=()),
}


@pytest.mark.parametrize("scope", SCOPES.values(), ids=SCOPES)
def test_a_scope_answers_as_a_store_without_the_rest(store: Store, tmp_path: Path, scope: Scope) -> None:
    with closing(filled(tmp_path / "cut.duckdb")) as cut:
        only(cut, scope)

        assert answers(Ledger(store, scope)) == answers(Ledger(cut))


def test_each_question_finds_something_where_everything_may_be_seen(store: Store) -> None:
    assert [name for name, answer in answers(Ledger(store)).items() if not answer] == []


def test_every_public_question_is_among_those_that_are_tried() -> None:
    asked = {
        name
        for module in (questions, paging, imports, rejects)
        for name, each in vars(module).items()
        if callable(each) and getattr(each, "__module__", "") == module.__name__
        and "ledger" in getattr(each, "__annotations__", {}) and not name.startswith("_")
    }  # fmt: skip

    assert asked == {
        "calls", "count_calls", "call", "has_record", "legs", "calls_by_keys", "seen_by", "rejects", "counts_by_pbx",
        "pbxs_with_calls", "tallied", "held_by", "parted_of", "count_rejects", "reject_ids",
        "list_totals", "figures", "missed_callers", "last_day", "usual_rates", "usual_rate",
        "page", "changes", "newest_calls",
    }  # fmt: skip


@pytest.mark.parametrize("scope", SCOPES.values(), ids=SCOPES)
def test_a_narrower_ledger_has_what_both_scopes_have(store: Store, tmp_path: Path, scope: Scope) -> None:
    narrowed = Ledger(store, scope).within(read_filter({"pbx": "hotel", "extension": "102"}), ("hotel",))
    with closing(filled(tmp_path / "cut.duckdb")) as cut:
        only(cut, scope)
        only(cut, Scope(calls=read_filter({"pbx": "hotel", "extension": "102"}), pbxs=("hotel",)))

        assert answers(narrowed) == answers(Ledger(cut))


def test_a_filter_within_a_scope_keeps_its_own_values(store: Store) -> None:
    scope = Scope(calls=read_filter({"pbx": "hotel", "extension": "102"}), pbxs=())

    inside = questions.count_calls(Ledger(store, scope), read_filter({"pbx": "hotel", "extension": "101,102"}))
    outside = questions.count_calls(Ledger(store, scope), read_filter({"pbx": "front", "extension": "102"}))

    assert inside == questions.count_calls(Ledger(store), read_filter({"pbx": "hotel", "extension": "102"})) > 0
    assert outside == 0


def test_calls_told_to_everybody_are_passed_on_by_what_a_ledger_has(store: Store) -> None:
    told = list(questions.calls(Ledger(store), questions.CallListing()))
    scope = Scope(calls=read_filter({"extension": "103"}))

    assert questions.seen_by(Ledger(store), told) is told
    assert questions.seen_by(Ledger(store, scope), told) == [call for call in told if call["extension"] == "103"]
    assert questions.seen_by(Ledger(store, scope), []) == []


def test_everything_is_asked_as_it_is_written() -> None:
    with closing(Store(Path(":memory:"))) as empty:
        assert Ledger(empty).scoped("SELECT 1") == "SELECT 1"
        assert Ledger(empty, EVERYTHING).bound({"a": 1}) == {"a": 1}


def test_a_filter_of_nothing_but_commas_is_refused() -> None:
    with pytest.raises(ValueError, match="a value, or several"):
        WORDS["extension"].read(" , ,")
