"""Calls of events, none of which is a call: people talk while enough parties are in."""

from __future__ import annotations

import random
from itertools import groupby
from time import perf_counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.calls import NOON, Made, legs_of, shown
from tests.fakes.examples import examples
from tollbook.assembly.assemble import assemble
from tollbook.model.rules import MOST_PARTIES, Order, Rules, TalkRule, UnendedRule

TALK = TalkRule(begins=("enter",), ends=("exit", "hangup"), each="call_id", parties=2)
EVENTS = Rules(
    same=("linked_id",),
    order=Order.TIME,
    within_s=86_400,
    talk=TALK,
    unended=UnendedRule(without=("end",), status="no end heard"),
)
PAIRS = Rules(same=("linked_id",), order=Order.TIME, talk=TalkRule(begins=("invite",), ends=("bye",)))


def event(leg: str, at: int, party: str = "1", call: str = "1", **more: object) -> Made:
    return {"leg": leg, "started_at": NOON + at, "call_id": party, "linked_id": call, "outcome": "unknown", **more}


def calls(rules: Rules, *records: Made) -> list[Made]:
    return shown(assemble(legs_of(*records), rules).calls)


def told(call: Made) -> list[object]:
    return [call.get(name) for name in ("outcome", "ring_s", "talk_s", "status")]


# ---------------------------------------------------------------- what is talked


def test_two_who_are_in_talk_until_one_of_them_leaves() -> None:
    (call,) = calls(
        EVENTS,
        event("start", 0),
        event("enter", 5),
        event("enter", 9, "2", extension="102"),
        event("exit", 60, "2"),
        event("exit", 75),
        event("end", 80, outcome="unanswered"),
    )

    assert told(call) == ["answered", 9, 51, None]
    assert (call["extension"], call["answered_at"], call["total_s"]) == ("102", NOON + 9, 80)


def test_one_who_waits_alone_has_not_been_answered() -> None:
    (call,) = calls(EVENTS, event("enter", 5), event("exit", 60), event("end", 60, outcome="unanswered"))

    assert told(call) == ["unanswered", 55, None, None]


def test_talk_that_is_taken_up_again_is_added_and_a_pause_is_not() -> None:
    (call,) = calls(
        EVENTS,
        event("enter", 0, extension="101"),
        event("enter", 0, "2", extension="102"),
        event("exit", 10, "2"),
        event("enter", 30, "3", extension="103"),
        event("hangup", 50, "3"),
        event("end", 60),
    )

    assert told(call) == ["answered", None, 30, None]
    assert call["third_party"] == "103"


def test_three_who_talk_at_once_are_counted_once() -> None:
    (call,) = calls(EVENTS, *(event("enter", at, str(at)) for at in (0, 10, 20)), event("end", 60))

    assert told(call)[2] == 50


def test_of_a_call_inside_the_caller_has_the_call_whoever_came_in_first() -> None:
    (call,) = calls(
        EVENTS,
        event("start", 0, extension="101", direction="internal"),
        event("enter", 5, "2", extension="102", direction="internal", called="102"),
        event("enter", 6, "1", extension="101", direction="internal"),
        event("end", 60, direction="internal"),
    )

    assert call["extension"] == "101"


def test_who_was_in_and_out_in_one_second_may_talk_afterwards() -> None:
    """A queue's caller waits in a bridge, which is left for another in the second in which somebody answers."""
    (call,) = calls(
        EVENTS,
        event("enter", 0, extension="600"),
        event("enter", 20, "2", extension="102"),
        event("exit", 20),
        event("enter", 21),
        event("exit", 50, "2"),
        event("enter", 60, "3", extension="103"),
        event("end", 70),
    )

    assert (call["extension"], call["third_party"], call["talk_s"]) == ("102", "103", 39)


def test_a_pair_of_events_is_a_call_where_one_party_is_enough() -> None:
    (call,) = calls(PAIRS, event("invite", 0), event("invite", 30), event("bye", 90))

    assert told(call) == ["answered", None, 90, None]


def test_a_call_whose_end_has_not_come_says_so_and_counts_to_its_last_event() -> None:
    records = [event("start", 0), event("enter", 5), event("enter", 9, "2"), event("other", 40)]

    (going_on,) = calls(EVENTS, *records)
    (over,) = calls(EVENTS, *records, event("end", 100))

    assert told(going_on) == ["answered", 9, 31, "no end heard"]
    assert told(over) == ["answered", 9, 91, None]


def test_events_of_one_second_stand_as_they_came() -> None:
    (call,) = calls(EVENTS, event("enter", 0), event("enter", 0, "2"), event("exit", 0, "2"), event("end", 9))

    assert told(call)[:3] == ["answered", None, None]


# ---------------------------------------------------------------- whatever the events are

LEGS = ("start", "enter", "enter", "exit", "hangup", "end", "other", "")
RULES = st.builds(
    lambda parties, each: msgspec.structs.replace(
        EVENTS, talk=TalkRule(begins=("enter",), ends=("exit", "hangup"), each=each, parties=parties if each else 1)
    ),
    st.integers(1, 3),
    st.sampled_from(["call_id", ""]),
)
SOME_EVENTS = st.lists(
    st.builds(event, st.sampled_from(LEGS), st.integers(0, 60), st.sampled_from("123"), st.sampled_from("ab")),
    min_size=1,
    max_size=24,
)


@examples(400)
@given(SOME_EVENTS, RULES)
def test_a_call_is_talked_in_just_the_seconds_in_which_enough_parties_are_in(records: list[Made], rules: Rules) -> None:
    assert rules.talk is not None
    expected = {}
    for call, mine in groupby(sorted(records, key=lambda each: each["linked_id"]), lambda each: each["linked_id"]):
        expected[call] = by_hand(sorted(mine, key=lambda each: each["started_at"]), rules.talk)

    found = {call["linked_id"]: (call["outcome"], call.get("talk_s", 0)) for call in calls(rules, *records)}

    assert found == expected


def by_hand(events: list[Made], rule: TalkRule) -> tuple[str, int]:
    """Go through one call's events as a person would, and return its outcome and seconds of talk."""
    inside: set[str] = set()
    talk_s, ever, before = 0, False, NOON
    for each in events:
        talk_s += each["started_at"] - before if len(inside) >= rule.parties else 0
        before, party = each["started_at"], each["call_id"] if rule.each else ""
        inside = inside | {party} if each["leg"] in rule.begins else inside
        inside = inside - {party} if each["leg"] in rule.ends else inside
        ever = ever or len(inside) >= rule.parties
    return "answered" if ever else "unknown", talk_s


@examples(400)
@given(SOME_EVENTS, RULES, st.randoms(use_true_random=False))
def test_events_of_several_calls_in_any_turn_give_the_same_calls(
    records: list[Made],
    rules: Rules,
    chance: random.Random,
) -> None:
    in_turn = [each["linked_id"] for each in records]
    chance.shuffle(in_turn)
    own = {call: iter([each for each in records if each["linked_id"] == call]) for call in in_turn}
    mixed = [next(own[call]) for call in in_turn]

    assert by_call(calls(rules, *mixed)) == by_call(calls(rules, *records))


@examples(200)
@given(SOME_EVENTS, RULES, st.data())
def test_no_event_is_lost_and_a_call_is_unended_until_its_end_comes(
    records: list[Made],
    rules: Rules,
    data: st.DataObject,
) -> None:
    heard = records[: data.draw(st.integers(1, len(records)))]

    found = assemble(legs_of(*heard), rules)

    assert found.counts.sum() == len(heard)
    ended = {each["linked_id"] for each in heard if each["leg"] == "end"}
    going_on = {call["linked_id"] for call in shown(found.calls) if call.get("status") == "no end heard"}
    assert going_on == {each["linked_id"] for each in heard} - ended


def by_call(found: list[Made]) -> dict[str, Made]:
    return {call["linked_id"]: call for call in found}


# ---------------------------------------------------------------- what is asked for


def test_a_conference_of_many_is_gone_through_in_one_sweep() -> None:
    """Parties cost a pass, and not one for each pair of them; the bound is far above what it takes."""
    records = [event("enter", at, str(at)) for at in range(20_000)]

    legs = legs_of(*records, *(event("exit", 20_000, str(party)) for party in range(20_000)))
    began = perf_counter()
    found = assemble(legs, EVENTS)

    assert perf_counter() - began < 5
    assert found.calls.talk_s.tolist() == [19_999]


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ({"begins": (), "ends": ("exit",)}, "where it `begins` and where it `ends`"),
        ({"begins": ("enter",), "ends": ("enter",)}, "both begin and end"),
        ({"each": "telephone"}, "no column is called telephone"),
        ({"each": "outside_number"}, "no column is called outside_number"),
        ({"each": "call_id", "parties": MOST_PARTIES + 1}, f"1 to {MOST_PARTIES}"),
        ({"each": "call_id", "parties": 0}, f"1 to {MOST_PARTIES}"),
        ({"parties": 2}, "need a column that names each"),
    ],
)
def test_a_rule_of_talk_that_cannot_hold_is_refused(rule: Made, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        TalkRule(**{"begins": ("enter",), "ends": ("exit",), **rule})


@pytest.mark.parametrize(("without", "status"), [((), "no end heard"), (("end",), "")])
def test_what_is_told_of_a_call_without_an_end_names_the_end_and_has_words(
    without: tuple[str, ...], status: str
) -> None:
    """Without the one every call would be without an end; without the other a call would lose the status it had."""
    with pytest.raises(ValueError, match="words of `leg` that a call is `without`, and the `status`"):
        UnendedRule(without=without, status=status)
