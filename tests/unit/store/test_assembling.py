"""Legs in the store: whichever way they come, the calls are those of assembling all of them at once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from tests.fakes.calls import NOON, Made, calls_of, legs_of
from tests.fakes.examples import examples
from tests.fakes.sites import Dump, dump
from tollbook.assembly.assemble import Assembled, assemble
from tollbook.assembly.legs import Legs
from tollbook.model.reading import Reading
from tollbook.model.rules import Order, Rules, Times
from tollbook.store import assembling, neighbours, questions
from tollbook.store.batch import Batch, Piece, pack
from tollbook.store.ledger import Ledger
from tollbook.store.store import Store

LINKED = Rules(same=("linked_id",), within_s=60, order=Order.TIME)
ANNOUNCED = Rules(
    same=("trunk", "outside_number"),
    within_s=120,
    first=("received",),
    last=("final",),
    times=Times.DURATIONS,
)
JOINED = Rules(same=("call_id",), joins="linked_id", within_s=60, order=Order.LEG)
NAMED = Rules(follows=("name",))
BOTH = Rules(same=("linked_id",), within_s=60, follows=("name",))
RULES = st.sampled_from([LINKED, ANNOUNCED, JOINED, NAMED, BOTH])
RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "linked_id": st.sampled_from(["", "x", "y"]),
            "call_id": st.sampled_from(["", "x", "y", "z"]),
            "trunk": st.sampled_from(["", "1"]),
            "caller": st.sampled_from(["", "5550101"]),
            "caller_name": st.sampled_from(["", "ADA"]),
            "outcome": st.sampled_from(["answered", "unanswered", "unknown"]),
            "extension": st.sampled_from(["", "101", "102"]),
            "leg": st.sampled_from(["received", "final", "name", ""]),
            "started_at": st.integers(NOON, NOON + 400),
            "ring_s": st.integers(0, 40),
            "talk_s": st.integers(0, 90),
            "body": st.integers(1, 3),
        },
    ),
    min_size=1,
    max_size=10,
)


@contextmanager
def a_store() -> Iterator[Store]:
    opened = Store(Path(":memory:"))
    try:
        yield opened
    finally:
        opened.close()


def placed(records: list[Made]) -> list[Made]:
    return [{**each, "offset": 50 * number, "raw": b"%d" % number} for number, each in enumerate(records)]


def a_piece(body: int, records: list[Made], rules: Rules | None, *, stream: bool = True) -> Piece:
    return Piece(
        pbx="pbx",
        body=body,
        stream=stream,
        member=0,
        received_at=0,
        reading=Reading(calls_of(*records), [], []),
        rules=rules,
    )


def put(store: Store, *pieces: Piece) -> list[bytes]:
    return store.write(Batch(reads=[pack(list(pieces))], entry=1, unfinished={})).calls


def by_body(records: list[Made]) -> dict[int, list[Made]]:
    return {body: [each for each in records if each["body"] == body] for body in sorted({r["body"] for r in records})}


def at_once(records: list[Made], rules: Rules) -> Dump:
    """Return what the store holds when all records come in one batch."""
    with a_store() as store:
        put(store, *(a_piece(body, some, rules) for body, some in by_body(records).items()))
        return held(store)


def held(store: Store) -> Dump:
    return {table: rows for table, rows in dump(store).items() if table in ("call", "leg", "sighting")}


def cut(records: list[Made], chance: random.Random) -> list[tuple[int, list[Made]]]:
    """Cut each body into runs, and mix the runs of different bodies."""
    waiting = {body: list(some) for body, some in by_body(records).items()}
    runs = []
    while waiting:
        body = chance.choice(sorted(waiting))
        size = chance.randint(1, len(waiting[body]))
        runs.append((body, waiting[body][:size]))
        waiting[body] = waiting[body][size:]
        waiting = {each: rest for each, rest in waiting.items() if rest}
    return runs


@examples(25)
@given(RECORDS, RULES, st.randoms(use_true_random=False))
def test_however_records_are_cut_into_batches_the_store_comes_to_hold_the_same(
    records: list[Made],
    rules: Rules,
    chance: random.Random,
) -> None:
    made = placed(records)

    with a_store() as store:
        for body, some in cut(made, chance):
            put(store, a_piece(body, some, rules))
        assert held(store) == at_once(made, rules)


@examples(15)
@given(RECORDS, RULES)
def test_the_calls_of_the_store_are_those_of_pure_assembly(records: list[Made], rules: Rules) -> None:
    made = placed(records)
    wanted = assemble(legs_of(*made), rules)

    found = at_once(made, rules)["call"]

    assert len(found) == len(wanted.calls)
    with a_store() as store:
        put(store, *(a_piece(body, some, rules) for body, some in by_body(made).items()))
        rows = store.rows("SELECT position, coalesce(legs, 1), outcome, extension, talk_s, ring_s FROM call ORDER BY 1")
    columns = (wanted.calls.outcome, wanted.calls.extension, wanted.calls.talk_s, wanted.calls.ring_s)
    assert rows == sorted(zip(wanted.calls.offsets, wanted.counts, *columns, strict=True))


@examples(15)
@given(RECORDS, RULES, st.randoms(use_true_random=False))
def test_files_that_come_twice_change_nothing_and_are_counted_as_duplicates(
    records: list[Made],
    rules: Rules,
    chance: random.Random,
) -> None:
    made = [{**each, "body": 1} for each in placed(records)]

    with a_store() as store:
        for _, some in cut(made, chance):
            put(store, a_piece(1, some, rules, stream=False))
        before = held(store)
        for _, some in cut(made, chance):
            put(store, a_piece(2, some, rules, stream=False))
        after = held(store)
        tallies = store.rows("SELECT frames, calls, duplicates FROM tally ORDER BY body")

    assert (after["call"], after["leg"]) == (before["call"], before["leg"])
    assert tallies == [(len(made), len(made), 0), (len(made), 0, len(made))]


@examples(15)
@given(RECORDS, RULES, st.randoms(use_true_random=False))
def test_a_longer_file_gives_what_it_would_have_given_alone(
    records: list[Made],
    rules: Rules,
    chance: random.Random,
) -> None:
    made = [{**each, "body": 1} for each in placed(records)]
    first = chance.randint(0, len(made))
    query = "SELECT id, caller_name, caller, outcome, extension, talk_s, coalesce(legs, 1) FROM call ORDER BY id"

    with a_store() as store:
        put(store, a_piece(1, made[:first], rules, stream=False))
        put(store, a_piece(2, made, rules, stream=False))
        grown = store.rows(query)
    with a_store() as store:
        put(store, a_piece(1, made, rules, stream=False))
        whole = store.rows(query)

    assert grown == whole


def calls(store: Store) -> list[dict[str, Any]]:
    return list(questions.calls(Ledger(store), questions.CallListing(order="started_at")))


def test_a_late_leg_changes_its_call_and_adds_none() -> None:
    rung = {"linked_id": "x", "extension": "101", "ring_s": 20}

    with a_store() as store:
        (first,) = put(store, a_piece(1, [rung], LINKED))
        (before,) = calls(store)
        late = {"linked_id": "x", "extension": "102", "ring_s": 8, "talk_s": 30, "outcome": "answered", "offset": 100}
        (changed,) = put(store, a_piece(1, [late], LINKED))
        (after,) = calls(store)

    assert first == changed
    assert before["id"] == after["id"]
    assert [before[name] for name in ("outcome", "extension", "legs")] == ["unanswered", "101", 1]
    assert [after[name] for name in ("outcome", "extension", "legs")] == ["answered", "102", 2]


def test_a_record_that_joins_two_calls_leaves_one_of_them() -> None:
    apart = [{"call_id": "a"}, {"call_id": "b"}]

    with a_store() as store:
        put(store, a_piece(1, apart, JOINED))
        before = [call["id"] for call in calls(store)]
        put(store, a_piece(1, [{"call_id": "b", "linked_id": "a", "offset": 300}], JOINED))
        (after,) = calls(store)

    assert len(before) == 2
    assert after["id"] in before
    assert after["legs"] == 3


def test_a_call_that_no_new_leg_reaches_is_left_alone_and_nobody_is_told_of_it() -> None:
    with a_store() as store:
        put(store, a_piece(1, [{"linked_id": "x"}, {"linked_id": "y"}], LINKED))
        told = put(store, a_piece(1, [{"linked_id": "y", "offset": 300}], LINKED))
        (unreached,) = [call for call in calls(store) if call["linked_id"] == "x"]

    assert len(told) == 1
    assert unreached["legs"] == 1


def test_records_of_dialects_without_rules_have_no_legs() -> None:
    with a_store() as store:
        put(store, a_piece(1, [{"linked_id": "x"}, {"linked_id": "x"}], None), a_piece(2, [{"linked_id": "x"}], LINKED))
        found = calls(store)

        assert [call["legs"] for call in found] == [1, 1, 1]
        assert store.rows("SELECT body FROM leg") == [(2,)]


def test_a_record_that_was_a_leg_is_known_again_when_its_pbx_is_read_by_other_rules() -> None:
    record = {"linked_id": "x", "raw": b"the record"}

    with a_store() as store:
        put(store, a_piece(1, [record], LINKED, stream=False))
        put(store, a_piece(2, [record], None, stream=False))
        put(store, a_piece(3, [record], BOTH, stream=False))

        assert len(calls(store)) == 1
        assert store.rows("SELECT duplicates FROM tally ORDER BY body") == [(0,), (1,), (1,)]


@pytest.mark.parametrize("rules", [None, LINKED])
def test_a_record_that_two_files_of_one_batch_have_is_stored_once(rules: Rules | None) -> None:
    record = {"linked_id": "x", "raw": b"the record"}
    other = {**record, "raw": b"another"}

    with a_store() as store:
        put(store, a_piece(1, [record], rules, stream=False), a_piece(2, [other, record], rules, stream=False))

        assert store.rows("SELECT body, calls, duplicates FROM tally ORDER BY body") == [(1, 1, 0), (2, 1, 1)]
        assert store.rows("SELECT body, position FROM sighting") == [(2, 100)]
        assert sum(call["legs"] for call in calls(store)) == 2


@pytest.mark.parametrize("rules", [None, LINKED])
@pytest.mark.parametrize("hours", [26, -26])
def test_a_record_is_known_again_where_its_pbx_was_given_another_time_zone(rules: Rules | None, hours: int) -> None:
    record = {"linked_id": "x", "raw": b"the record"}

    with a_store() as store:
        put(store, a_piece(1, [record], rules, stream=False))
        put(store, a_piece(2, [{**record, "started_at": NOON + 3600 * hours}], rules, stream=False))

        assert store.rows("SELECT calls, duplicates FROM tally ORDER BY body") == [(1, 0), (0, 1)]


def test_the_same_text_twice_in_one_body_is_two_legs_however_it_is_cut() -> None:
    record = {"linked_id": "x", "raw": b"the record"}

    with a_store() as store:
        put(store, a_piece(1, [record, {**record, "offset": 20}], LINKED, stream=False))
        put(store, a_piece(1, [{**record, "offset": 40}], LINKED, stream=False))

        (call,) = calls(store)
        assert call["legs"] == 3
        assert store.rows("SELECT occurrence FROM leg ORDER BY 1") == [(1,), (2,), (3,)]


def test_pbxs_with_other_rules_are_assembled_in_one_batch() -> None:
    with a_store() as store:
        put(store, a_piece(1, [{"linked_id": "x"}] * 2, LINKED), a_piece(2, [{}, {"leg": "name", "ddi": "5"}], NAMED))

        assert [call["legs"] for call in calls(store)] == [2, 2]


@pytest.mark.parametrize("earlier", [True, False])
def test_a_call_whose_first_record_is_of_an_earlier_body_is_told_of(*, earlier: bool) -> None:
    bodies = (3, 7) if earlier else (7, 3)

    with a_store() as store:
        put(store, a_piece(bodies[0], [{"linked_id": "x"}], LINKED))
        written = store.write(
            Batch(reads=[pack([a_piece(bodies[1], [{"linked_id": "x"}], LINKED)])], entry=2, unfinished={}),
        )

        assert written.first_body == 3
        assert [call["body"] for call in questions.calls_by_keys(Ledger(store), written.calls, written.first_body)] == [
            3,
        ]


def fetches(monkeypatch: pytest.MonkeyPatch, chain: int) -> int:
    """Return how often the store is asked for neighbours of a leg at the end of a chain, each near the next alone."""
    asked: list[int] = []
    fetch = neighbours._fetch  # noqa: SLF001 - called all the same

    def counting(*given: Any) -> Any:  # noqa: ANN401 - stands for any function
        asked.append(1)
        return fetch(*given)

    legs = [{"linked_id": "x", "started_at": NOON + 60 * number, "offset": 100 * number} for number in range(chain)]
    with a_store() as store:
        put(store, a_piece(1, legs, LINKED))
        monkeypatch.setattr(neighbours, "_fetch", counting)
        put(store, a_piece(1, [legs[-1] | {"started_at": NOON + 60 * chain, "offset": 100 * chain}], LINKED))
        monkeypatch.undo()
        assert store.rows("SELECT legs FROM call") == [(chain + 1,)]
    return len(asked)


def test_a_chain_of_legs_is_found_in_few_steps_however_long_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fetches(monkeypatch, 240) <= fetches(monkeypatch, 30) + 4


@pytest.mark.parametrize(
    ("rules", "told"),
    [(Rules(same=("trunk", "ddi"), follows=("name",)), "trunk, ddi"), (Rules(follows=("name", "end")), "name, end")],
)
def test_records_that_rules_fail_over_are_calls_by_themselves_and_that_is_said_once(
    monkeypatch: pytest.MonkeyPatch,
    rules: Rules,
    told: str,
) -> None:
    def failing(_legs: Legs, rules: Rules) -> Assembled:
        message = f"made up for {rules.follows}"
        raise ArithmeticError(message)

    monkeypatch.setattr(assembling, "assemble", failing)
    with a_store() as store, capture_logs() as logs:
        put(store, a_piece(1, [{"trunk": "1"}, {"trunk": "1"}], rules))
        put(store, a_piece(2, [{"trunk": "1"}], rules))

        assert [call["legs"] for call in calls(store)] == [1, 1, 1]
    assert [each["rules"] for each in logs] == [told]
