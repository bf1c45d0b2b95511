"""What each step of assembly says by itself: keys, spans, orders, and whom a call went by way of."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fakes.calls import NOON, Made, calls_of, legs_of, shown
from tollbook.assembly.assemble import assemble, each_alone
from tollbook.assembly.grouping import changes, clusters_of, running_max, spans_of
from tollbook.assembly.legs import has_word, joined_of, keys_of
from tollbook.assembly.order import LegOrder
from tollbook.model.rules import Rules

ONE = Rules(same=("linked_id",), within_s=30)


def assembled(*legs: Made, rules: Rules = ONE) -> list[Made]:
    return shown(assemble(legs_of(*({"linked_id": "x", **leg} for leg in legs)), rules).calls)


def answered(extension: str, start: int = 0, **more: object) -> Made:
    return {"outcome": "answered", "extension": extension, "started_at": NOON + start, "talk_s": 5} | more


# ---------------------------------------------------------------- keys


def test_records_have_one_key_only_where_all_columns_of_it_are_the_same() -> None:
    calls = calls_of(
        {"trunk": "1", "caller": "5550101"},
        {"trunk": "1", "caller": "5550102"},
        {"trunk": "1", "direction": "outgoing", "called": "5550101"},
        {"trunk": "", "caller": "5550101"},
        {"trunk": "1", "caller": ""},
    )
    first, second, third, without, half = keys_of(calls, Rules(same=("trunk", "outside_number")))

    assert first == third != second
    assert (without, bool(half)) == ("", True)
    assert list(keys_of(calls, Rules(same=("trunk",)))) == ["1", "1", "1", "", "1"]
    assert list(keys_of(calls, Rules(follows=("name",)))) == [""] * 5


def test_a_record_joins_the_call_it_names() -> None:
    calls = calls_of({"call_id": "x", "linked_id": "y"}, {"call_id": "y"})

    assert list(joined_of(calls, Rules(same=("call_id",), joins="linked_id"))) == ["y", ""]
    assert list(joined_of(calls, Rules(same=("call_id",)))) == ["", ""]


def test_a_record_without_a_key_of_its_own_is_a_call_whatever_it_joins() -> None:
    rules = Rules(same=("call_id",), joins="linked_id")

    assert len(assemble(legs_of({"call_id": "y"}, {"linked_id": "y"}), rules).calls) == 2
    assert len(assemble(legs_of({"call_id": "y"}, {"call_id": "x", "linked_id": "y"}), rules).calls) == 1


def test_words_are_told_of_the_records_that_have_them() -> None:
    calls = calls_of({"leg": "name"}, {"leg": ""}, {"leg": "end"})

    assert has_word(calls, ("name", "end")).tolist() == [True, False, True]
    assert has_word(calls, ()).tolist() == [False] * 3
    assert has_word(calls_of({}), ("",)).tolist() == [False]


# ---------------------------------------------------------------- clusters and spans


@pytest.mark.parametrize(("pause", "clusters"), [(30, 1), (31, 2)])
def test_records_are_near_that_begin_within_the_time_after_the_latest_end(pause: int, clusters: int) -> None:
    legs = legs_of(
        {"linked_id": "x", "talk_s": 100},
        {"linked_id": "x", "started_at": NOON + 10, "talk_s": 1},
        {"linked_id": "x", "started_at": NOON + 100 + pause},
    )

    assert len(clusters_of(legs, ONE).firsts) == clusters
    assert len(spans_of(legs, ONE).key) == clusters


@pytest.mark.parametrize(
    ("within_s", "reach", "around"),
    [(30, 1, 30), (30, 2, 90), (30, 3, 150), (300, 1, 300), (300, 2, 600), (60, 2, 120), (0, 2, 60)],
)
def test_a_span_reaches_as_far_as_records_can_lie_and_further_where_it_is_asked_to(
    within_s: int,
    reach: int,
    around: int,
) -> None:
    legs = legs_of({"linked_id": "x", "talk_s": 10}, {"linked_id": "x", "started_at": NOON + 5, "talk_s": 1})
    spans = spans_of(legs, Rules(same=("linked_id",), within_s=within_s), reach)

    assert (spans.since.tolist()[0], spans.until.tolist()[-1]) == (NOON - around, NOON + 10 + around)


def test_records_without_a_key_are_in_no_span() -> None:
    spans = spans_of(legs_of({}), ONE)

    assert (list(spans.pbx), list(spans.key), spans.since.tolist(), spans.until.tolist()) == ([], [], [], [])


def test_a_record_that_ends_before_it_begins_lies_in_its_span() -> None:
    spans = spans_of(legs_of({"linked_id": "x", "ended_at": NOON - 50}), ONE)

    assert (spans.since.tolist(), spans.until.tolist()) == ([NOON - 30], [NOON + 30])


# ---------------------------------------------------------------- orders


def test_a_value_differs_from_the_one_before_it_and_the_first_always_does() -> None:
    assert changes(np.array([4, 4, 5, 4])).tolist() == [True, False, True, True]
    assert changes(np.array([7])).tolist() == [True]
    assert changes(np.array([], np.int64)).tolist() == []
    assert running_max(np.array([], np.int64), np.array([], np.int64)).tolist() == []


ORDER = LegOrder(np.array([2, 0, 1, 4, 3]), np.array([0, 3]))
VALUES = np.array([10, 20, 30, 40, 50])
MARKED = np.array([True, True, False, False, False])


def test_legs_in_order_are_counted_and_summed_up_call_by_call() -> None:
    assert ORDER.lengths.tolist() == [3, 2]
    assert ORDER.calls.tolist() == [0, 0, 0, 1, 1]
    assert ORDER.least(VALUES).tolist() == [10, 40]
    assert ORDER.greatest(VALUES).tolist() == [30, 50]
    assert ORDER.total(VALUES).tolist() == [60, 90]
    assert ORDER.any(MARKED).tolist() == [True, False]


def test_the_first_and_the_last_wanted_leg_are_found_and_the_first_of_all_where_none_is_wanted() -> None:
    assert ORDER.first(MARKED).tolist() == [0, 4]
    assert ORDER.last(MARKED).tolist() == [1, 4]
    assert ORDER.first(~MARKED).tolist() == [2, 4]
    assert ORDER.last(~MARKED).tolist() == [2, 3]


def test_legs_are_ranked_within_their_calls_and_equal_ones_stay_as_they_stand() -> None:
    assert ORDER.ranked(np.array([5, 1, 5, 0, 0])).rows.tolist() == [1, 2, 0, 4, 3]


# ---------------------------------------------------------------- who had the call


def test_the_credit_goes_to_who_talked_before_who_only_answered_however_short_the_extension_is() -> None:
    (call,) = assembled(answered("23", talk_s=0), answered("7", 10))

    assert call["extension"] == "7"


def test_who_had_a_call_last_is_its_third_party_where_another_took_it_first() -> None:
    (call,) = assembled(answered("1"), answered("2", 10), {"extension": "3", "started_at": NOON + 12})

    assert (call["extension"], call["third_party"]) == ("1", "2")


def test_who_had_a_call_from_first_to_last_has_no_third_party() -> None:
    (call,) = assembled(answered("101"), answered("101", 10), {"extension": "103", "started_at": NOON + 12})

    assert "third_party" not in call


def test_who_was_called_inside_is_no_third_party_and_who_took_the_call_from_there_is() -> None:
    inside: Made = {"direction": "internal", "called": "102"}
    (both_sides,) = assembled(answered("101", **inside), answered("102", 10, **inside))
    (moved,) = assembled(answered("101", **inside), answered("103", 10, **inside))
    (from_outside,) = assembled(answered("101", called="102"), answered("102", 10, called="102"))

    assert "third_party" not in both_sides
    assert (moved["third_party"], from_outside["third_party"]) == ("103", "102")


def test_nobody_had_a_call_that_was_not_answered() -> None:
    (call,) = assembled({"extension": "101"}, {"extension": "102"})

    assert "third_party" not in call


# ---------------------------------------------------------------- times


def test_a_call_begins_by_the_clock_of_the_pbx_when_its_first_leg_does() -> None:
    (call,) = assembled(answered("101", 20, started_local=520), answered("102", started_local=500))

    assert (call["started_at"], call["started_local"]) == (NOON, 500)


def test_a_leg_that_does_not_say_when_it_was_answered_was_after_it_had_rung() -> None:
    legs = legs_of(
        {"linked_id": "x", "outcome": "answered", "ring_s": 4, "talk_s": 10, "answered_at": NOON + 6},
        {"linked_id": "x", "outcome": "answered", "ring_s": 8, "talk_s": 10},
    )
    (call,) = shown(assemble(legs, ONE).calls)

    assert (call["ring_s"], call["answered_at"], call["talk_s"]) == (6, NOON + 6, 12)


def test_where_rules_cannot_be_applied_each_record_is_a_call() -> None:
    legs = legs_of({"linked_id": "x", "caller": "1"}, {"linked_id": "x", "caller": "2"})
    found = each_alone(legs)

    assert shown(found.calls) == shown(legs.calls)
    assert (found.firsts.tolist(), found.counts.tolist(), found.call_of.tolist()) == ([0, 1], [1, 1], [0, 1])


def test_a_sum_of_charges_is_that_of_its_own_call() -> None:
    legs = [
        {"linked_id": key, "charge": charge, "currency": "EUR"}
        for key, charge in [("x", "0.10"), ("x", "0.20"), ("y", "0.05"), ("z", "1"), ("z", "2"), ("z", "4")]
    ]
    calls = shown(assemble(legs_of(*legs), ONE).calls)

    assert [call["charge"] for call in calls] == ["0.30", "0.05", "7"]
