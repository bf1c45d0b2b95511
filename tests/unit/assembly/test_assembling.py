"""What holds of assembly whatever the records and the rules are."""

from __future__ import annotations

import random

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.calls import NOON, Made, legs_of, shown
from tests.fakes.examples import examples
from tollbook.assembly.assemble import assemble
from tollbook.assembly.grouping import calls_of, clusters_of, running_max, spans_of
from tollbook.assembly.legs import Legs, is_leg, join_legs
from tollbook.model.rules import Order, Rules, Times

WORDS = ("received", "answered", "final", "name", "")
RULES = st.builds(
    Rules,
    same=st.sampled_from([("linked_id",), ("trunk", "outside_number"), ("call_id",)]),
    within_s=st.sampled_from([0, 30, 300]),
    first=st.sampled_from([(), ("received",)]),
    last=st.sampled_from([(), ("final",)]),
    order=st.sampled_from(list(Order)),
    times=st.sampled_from(list(Times)),
    follows=st.sampled_from([(), ("name",)]),
) | st.just(Rules(same=("call_id",), joins="linked_id", within_s=60, order=Order.LEG))
RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "linked_id": st.sampled_from(["", "x", "y"]),
            "call_id": st.sampled_from(["", "x", "y", "z"]),
            "trunk": st.sampled_from(["", "1"]),
            "caller": st.sampled_from(["", "5550101"]),
            "caller_name": st.sampled_from(["", "ADA"]),
            "direction": st.sampled_from(["incoming", "outgoing", "internal"]),
            "outcome": st.sampled_from(["answered", "unanswered", "busy", "failed", "unknown"]),
            "extension": st.sampled_from(["", "101", "102"]),
            "leg": st.sampled_from(WORDS),
            "started_at": st.integers(NOON, NOON + 600),
            "ring_s": st.integers(0, 40),
            "talk_s": st.integers(0, 90),
            "hold_s": st.integers(0, 9),
            "body": st.integers(1, 2),
            "pbx": st.sampled_from(["a", "b"]),
        },
    ),
    min_size=1,
    max_size=12,
)


def placed(records: list[Made]) -> list[Made]:
    """Give each record a place of its own, and each body one PBX."""
    return [{**record, "offset": 10 * number, "pbx": "ab"[record["body"] % 2]} for number, record in enumerate(records)]


def by_id(legs: Legs, rules: Rules) -> dict[tuple[int, int], tuple[list[int], Made]]:
    """Return calls by the place of their first record: the positions of their legs, and what they say."""
    found = assemble(legs, rules)
    members: list[list[int]] = [[] for _ in found.counts]
    for row, call in enumerate(found.call_of.tolist()):
        members[call].append(legs.calls.offsets[row])
    rows = zip(found.firsts.tolist(), members, shown(found.calls), strict=True)
    return {(int(legs.body[row]), legs.calls.offsets[row]): (sorted(legs_of), said) for row, legs_of, said in rows}


@examples(300)
@given(RECORDS, RULES, st.randoms(use_true_random=False))
def test_calls_do_not_depend_on_the_order_in_which_records_are_given(
    records: list[Made],
    rules: Rules,
    chance: random.Random,
) -> None:
    made = placed(records)
    mixed = chance.sample(made, len(made))

    assert by_id(legs_of(*mixed), rules) == by_id(legs_of(*made), rules)


@examples(300)
@given(RECORDS, RULES)
def test_every_record_is_in_one_call_and_every_call_has_the_id_of_its_first_record(
    records: list[Made],
    rules: Rules,
) -> None:
    legs = legs_of(*placed(records))

    found = assemble(legs, rules)

    assert found.counts.sum() == len(legs)
    assert set(found.call_of.tolist()) == set(range(len(found.calls)))
    assert np.bincount(found.call_of).tolist() == found.counts.tolist()
    assert found.call_of[found.firsts].tolist() == list(range(len(found.calls)))
    assert found.calls.offsets == [legs.calls.offsets[row] for row in found.firsts]


def legs_of_calls(records: list[Made], rules: Rules) -> list[tuple[Made, list[Made]]]:
    """Return the calls of several legs, each with those of its legs that do not follow another."""
    legs = legs_of(*placed(records))
    found = assemble(legs, rules)
    words, whole = [each["leg"] for each in records], shown(legs.calls)
    members: list[list[Made]] = [[] for _ in found.counts]
    for row, call in enumerate(found.call_of.tolist()):
        members[call] += [{**NOTHING, **whole[row]}] if words[row] not in rules.follows else []
    return [({**NOTHING, **call}, own) for call, own in zip(shown(found.calls), members, strict=True) if len(own) > 1]


NOTHING = dict.fromkeys(("ring_s", "talk_s", "total_s", "hold_s"), 0)


@examples(300)
@given(RECORDS, RULES.filter(lambda rules: rules.times is Times.INSTANTS))
def test_a_call_lasts_from_its_first_leg_to_its_last_and_talk_that_overlaps_counts_once(
    records: list[Made],
    rules: Rules,
) -> None:
    for call, legs in legs_of_calls(records, rules):
        begins, ends = min(leg["started_at"] for leg in legs), max(leg["ended_at"] for leg in legs)
        answered = [(leg["answered_at"], leg["talk_s"]) for leg in legs if leg["outcome"] == "answered"]
        ring = min((at for at, _ in answered), default=ends) - begins
        talked = {second for at, talk in answered for second in range(at, at + talk)}

        assert (call["started_at"], call["ended_at"], call["total_s"]) == (begins, ends, ends - begins)
        assert call["started_local"] == begins
        assert (call["ring_s"], call["talk_s"]) == (ring, len(talked))
        assert call.get("answered_at") == (begins + ring if answered else None)


@examples(300)
@given(RECORDS, RULES.filter(lambda rules: rules.times is Times.DURATIONS))
def test_where_durations_are_exact_talk_is_added_up_and_ring_is_that_of_who_answered(
    records: list[Made],
    rules: Rules,
) -> None:
    for call, legs in legs_of_calls(records, rules):
        begins, ends = min(leg["started_at"] for leg in legs), max(leg["ended_at"] for leg in legs)
        answered = [leg for leg in legs if leg["outcome"] == "answered"]
        told = call["ring_s"] + call["talk_s"] + call["hold_s"]

        assert call["started_at"] == call["started_local"] == begins
        assert call["ended_at"] == begins + call["total_s"] == max(ends, begins + told)
        assert call["hold_s"] == sum(leg["hold_s"] for leg in legs)
        assert call["talk_s"] == sum(leg["talk_s"] for leg in answered)
        assert call["ring_s"] in {leg["ring_s"] for leg in answered or legs}
        assert call["ring_s"] == max(leg["ring_s"] for leg in legs) or answered


@examples(300)
@given(RECORDS, RULES)
def test_a_call_says_what_its_best_leg_says_and_takes_from_the_next_what_that_one_leaves_empty(
    records: list[Made],
    rules: Rules,
) -> None:
    legs = legs_of(*placed(records))
    numbers, rows = calls_of(legs, rules)
    found, whole = assemble(legs, rules), shown(legs.calls)
    for number, call in enumerate(shown(found.calls)):
        own = [{**EMPTY, **whole[row]} for row in rows.tolist() if numbers[row] == number]
        lead = [leg for leg in own if leg.get("leg") not in rules.follows] or own
        rest = [leg for leg in own if leg not in lead]
        answered = [leg for leg in lead if leg["outcome"] == "answered"]
        talked = [leg for leg in answered if leg["talk_s"]]
        linked = "linked_id" in rules.same
        callers = sorted(lead, key=lambda leg: not (linked and leg["call_id"] and leg["call_id"] == leg["linked_id"]))
        outside = [leg for leg in callers if leg["direction"] != "internal"]

        assert call.get("extension", "") == first("extension", talked, answered, lead, rest)
        assert call.get("caller", "") == first("caller", outside, callers, rest)
        assert call.get("trunk", "") == first("trunk", outside, callers, rest)
        assert call.get("caller_name", "") == first("caller_name", outside, callers, rest)
        assert call["direction"] == (outside or callers)[0]["direction"]
        assert call["outcome"] == min((leg["outcome"] for leg in lead), key=OUTCOMES.index)


EMPTY = {"extension": "", "caller": "", "trunk": "", "caller_name": "", "talk_s": 0, "call_id": "", "linked_id": ""}
OUTCOMES = ("answered", "unanswered", "busy", "failed", "unknown")


def first(name: str, *choices: list[Made]) -> str:
    """Return the first text of that name that any leg has, by the order of the choices."""
    return next((str(leg[name]) for legs in choices for leg in legs if leg[name]), "")


@examples(200)
@given(RECORDS, RULES)
def test_a_record_that_is_a_call_by_itself_stays_as_it_was(records: list[Made], rules: Rules) -> None:
    legs = legs_of(*placed(records))
    found = assemble(legs, rules)
    alone = [(int(row), call) for call, row in enumerate(found.firsts) if found.counts[call] == 1]
    was, now = shown(legs.calls), shown(found.calls)

    assert [now[call] for _, call in alone] == [partless(was[row]) for row, _ in alone]


def partless(record: Made) -> Made:
    return {name: value for name, value in record.items() if name != "leg"}


@examples(300)
@given(RECORDS, RULES)
def test_records_that_lie_outside_all_spans_change_nothing(records: list[Made], rules: Rules) -> None:
    far = [{**each, "started_at": each["started_at"] + 10_000, "body": each["body"] + 2} for each in records]
    near, both = placed(records), placed([*records, *far])

    together, apart = by_id(legs_of(*both), rules), by_id(legs_of(*near), rules)

    assert {place: together.get(place) for place in apart} == apart


@given(RECORDS, RULES)
def test_every_record_with_a_key_lies_well_within_a_span_of_its_own(records: list[Made], rules: Rules) -> None:
    legs = legs_of(*placed(records))
    clusters, spans = clusters_of(legs, rules), spans_of(legs, rules)
    own = clusters.clusters

    assert (spans.since[own] + rules.within_s <= legs.calls.started_at[clusters.rows]).all()
    assert (spans.until[own] - rules.within_s >= legs.calls.ended_at[clusters.rows]).all()
    assert spans.pbx[own] == list(legs.pbx[clusters.rows])
    assert spans.key[own] == list(clusters.keys)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-50, 50)), max_size=20))
def test_the_greatest_value_so_far_is_that_of_the_group(pairs: list[tuple[int, int]]) -> None:
    pairs.sort(key=lambda pair: pair[0])
    groups, values = (np.array([pair[n] for pair in pairs], np.int64) for n in range(2))

    wanted = [max(v for g, v in pairs[: n + 1] if g == group) for n, (group, _) in enumerate(pairs)]

    assert running_max(values, groups).tolist() == wanted


def test_without_words_a_record_can_be_a_leg_only_by_its_key() -> None:
    calls = legs_of({"linked_id": "x"}, {}).calls

    assert is_leg(calls, Rules(same=("linked_id",))).tolist() == [True, False]
    assert is_leg(calls, Rules(same=("third_party",))).tolist() == [False, False]
    assert is_leg(calls, Rules(follows=("name",))).tolist() == [True, True]


def test_where_nothing_is_known_of_what_stood_before_a_record_follows_none() -> None:
    legs = legs_of({"caller": "1"}, {"leg": "name", "caller_name": "ADA"})

    found = assemble(msgspec.structs.replace(legs, before=None), Rules(follows=("name",)))

    assert found.counts.tolist() == [1, 1]


def test_legs_are_joined_in_order() -> None:
    one, two = legs_of({"caller": "1"}), legs_of({"caller": "2", "pbx": "other", "body": 5})

    joined = join_legs([one, two])

    assert list(joined.calls.caller) == ["1", "2"]
    assert list(joined.pbx) == ["pbx", "other"]
    assert joined.body.tolist() == [1, 5]
    assert joined.before is None


def test_charges_of_one_currency_are_added_up_and_others_left() -> None:
    rules = Rules(same=("linked_id",))

    def charged(*pairs: tuple[str, str]) -> Made:
        legs = [{"linked_id": "x", "charge": charge, "currency": currency} for charge, currency in pairs]
        (call,) = shown(assemble(legs_of(*legs), rules).calls)
        return call

    assert charged(("0.10", "EUR"), ("", ""), ("0.20", "EUR"))["charge"] == "0.30"
    assert charged(("0.10", "EUR"), ("0.20", ""))["charge"] == "0.30"
    assert charged(("0.10", "EUR"), ("0.20", "USD"))["charge"] == "0.10"
    assert charged(("0.10", "EUR"), ("much", "EUR"))["charge"] == "0.10"
    assert charged(("0.10", "EUR"), ("9E999999", "EUR"), ("9E999999", "EUR"))["charge"]


def test_who_transferred_a_call_is_what_the_pbx_says_where_it_says_so() -> None:
    legs = [
        {"linked_id": "x", "outcome": "answered", "extension": "101", "talk_s": 5, "third_party": told}
        for told in ("", "150")
    ]

    (call,) = shown(assemble(legs_of(legs[0], {**legs[1], "extension": "102"}), Rules(same=("linked_id",))).calls)

    assert call["third_party"] == "150"


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ({"same": ["linked"]}, "no column is called linked"),
        ({"same": ["linked_id"], "joins": "outside_number"}, "`joins` names a column"),
        ({"same": ["trunk", "caller"], "joins": "linked_id"}, "exactly one column"),
        ({"joins": "linked_id"}, "nothing says which records"),
        ({"same": ["linked_id"], "within_s": -1}, "must be 0 or more"),
        ({"same": ["linked_id"], "order": "whim"}, "Invalid enum value"),
        ({"same": ["linked_id"], "with": 1}, "unknown field"),
    ],
)
def test_rules_that_cannot_hold_are_refused(table: Made, fault: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=fault):
        msgspec.convert(table, Rules)


def test_rules_are_read_from_a_table() -> None:
    rules = msgspec.convert({"same": ["trunk", "outside_number"], "order": "leg", "times": "durations"}, Rules)

    assert rules == Rules(same=("trunk", "outside_number"), order=Order.LEG, times=Times.DURATIONS)
    assert hash(rules)
