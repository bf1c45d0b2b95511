"""What the records of each family of PBX come to under the rules that its dialect would declare."""

from __future__ import annotations

from tests.fakes.calls import NOON, Made, legs_of, shown
from tollbook.assembly.assemble import assemble
from tollbook.model.rules import Order, Rules, Times

PANASONIC = Rules(
    same=("trunk", "outside_number"),
    within_s=300,
    first=("received",),
    last=("final", "unanswered"),
    times=Times.DURATIONS,
)
IP_OFFICE = Rules(same=("linked_id",), within_s=3600, last=("final",), times=Times.DURATIONS)
MITEL = Rules(same=("call_id",), joins="linked_id", within_s=900, order=Order.LEG)
NEC = Rules(follows=("name",))
ASTERISK = Rules(same=("linked_id",), order=Order.TIME)
CME = Rules(same=("linked_id",), within_s=60, order=Order.TIME)
MERIDIAN = Rules(same=("trunk",), within_s=60, first=("start", "normal"), last=("end", "normal"))


def calls(rules: Rules, *records: Made) -> list[Made]:
    return shown(assemble(legs_of(*records), rules).calls)


def told(found: Made, *names: str) -> list[object]:
    return [found.get(name) for name in names]


# ---------------------------------------------------------------- Panasonic


def received(at: int, **more: object) -> Made:
    return {"leg": "received", "outcome": "unknown", "trunk": "01", "caller": "5550101", "started_at": at, **more}


def taken(at: int, leg: str, extension: str, *, talk_s: int, ring_s: int = 0) -> Made:
    return {
        "leg": leg,
        "outcome": "answered",
        "trunk": "01",
        "caller": "5550101",
        "extension": extension,
        "started_at": at,
        "ring_s": ring_s,
        "talk_s": talk_s,
    }


def test_a_call_that_was_announced_answered_and_ended_is_one_and_has_the_times_of_its_end() -> None:
    (call,) = calls(
        PANASONIC,
        received(NOON, extension="600"),
        taken(NOON, "answered", "101", talk_s=0),
        taken(NOON + 20, "final", "101", ring_s=12, talk_s=90),
    )

    assert told(call, "outcome", "extension", "caller", "ring_s", "talk_s") == ["answered", "101", "5550101", 12, 90]
    assert told(call, "started_at", "answered_at", "ended_at") == [NOON, NOON + 12, NOON + 122]


def test_a_caller_who_was_lost_is_one_missed_call() -> None:
    lost = {"leg": "unanswered", "trunk": "01", "caller": "5550101", "started_at": NOON + 25, "ring_s": 25}

    (call,) = calls(PANASONIC, received(NOON, extension="600"), lost)

    assert told(call, "direction", "outcome", "extension", "ring_s") == ["incoming", "unanswered", "600", 25]


def test_a_call_that_is_only_announced_so_far_is_there_already() -> None:
    (call,) = calls(PANASONIC, received(NOON))

    assert told(call, "outcome", "caller") == ["unknown", "5550101"]


def test_a_transferred_call_is_credited_to_who_took_it_and_names_who_had_it_last() -> None:
    (call,) = calls(
        PANASONIC,
        taken(NOON, "transferred", "100", ring_s=5, talk_s=20),
        taken(NOON + 25, "final", "101", talk_s=300),
    )

    assert told(call, "extension", "third_party", "ring_s", "talk_s") == ["100", "101", 5, 320]


def test_a_caller_who_calls_again_at_once_makes_a_second_call() -> None:
    found = calls(
        PANASONIC,
        received(NOON),
        received(NOON + 30),
        taken(NOON + 31, "final", "101", talk_s=10),
        taken(NOON + 60, "final", "102", talk_s=10),
    )

    assert [call["outcome"] for call in found] == ["unknown", "answered", "answered"]
    assert [call.get("extension") for call in found] == [None, "101", "102"]


def test_callers_on_other_trunks_and_at_other_pbxs_are_left_apart() -> None:
    found = calls(
        PANASONIC,
        received(NOON),
        received(NOON, trunk="02"),
        received(NOON, pbx="other"),
        taken(NOON + 9, "final", "101", talk_s=10),
    )

    assert sorted(str(call["outcome"]) for call in found) == ["answered", "unknown", "unknown"]


def test_calls_without_a_trunk_stand_alone() -> None:
    inside = {"leg": "transferred", "direction": "internal", "caller": "101", "called": "102"}

    assert len(calls(PANASONIC, inside, inside)) == 2


# ---------------------------------------------------------------- Avaya IP Office


def test_records_that_share_an_id_and_a_start_are_added_up_until_one_is_not_continued() -> None:
    shared = {"linked_id": "1000014", "caller": "5550101", "outcome": "answered", "started_at": NOON}

    first, second = calls(
        IP_OFFICE,
        {**shared, "leg": "part", "extension": "201", "ring_s": 6, "talk_s": 20, "hold_s": 4},
        {**shared, "leg": "final", "extension": "202", "ring_s": 3, "talk_s": 100},
        {**shared, "leg": "final", "extension": "203", "ring_s": 2, "talk_s": 5},
    )

    assert told(first, "extension", "third_party", "ring_s", "talk_s", "hold_s") == ["201", "202", 6, 120, 4]
    assert told(first, "ended_at", "total_s") == [NOON + 130, 130]
    assert second["extension"] == "203"


def test_an_id_used_again_after_a_restart_makes_a_new_call() -> None:
    early = {"linked_id": "1000000", "leg": "part", "started_at": NOON}

    assert len(calls(IP_OFFICE, early, {**early, "started_at": NOON + 3601})) == 2
    assert len(calls(IP_OFFICE, early, {**early, "started_at": NOON + 3600})) == 1


# ---------------------------------------------------------------- Mitel MiVB


def test_segments_go_by_their_letters_and_a_call_joined_to_another_is_part_of_it() -> None:
    segment = {"outcome": "answered", "started_at": NOON, "trunk": "T001"}

    (call,) = calls(
        MITEL,
        {**segment, "call_id": "0B", "leg": "A", "extension": "303", "talk_s": 7, "started_at": NOON + 60},
        {**segment, "call_id": "0A", "leg": "B", "extension": "302", "talk_s": 30, "linked_id": "0B"},
        {**segment, "call_id": "0A", "leg": "A", "extension": "301", "talk_s": 20, "caller": "5550101"},
    )

    assert told(call, "extension", "caller", "third_party", "talk_s") == ["301", "5550101", "303", 37]


def test_calls_are_joined_by_way_of_others() -> None:
    chain = [{"call_id": f"{number}", "linked_id": f"{number + 1}"} for number in range(20)]

    assert len(calls(MITEL, *chain[::2], *chain[1::2])) == 1
    assert len(calls(MITEL, *chain[:9], *chain[10:])) == 2


# ---------------------------------------------------------------- NEC


def test_a_name_is_given_to_the_record_before_it() -> None:
    found = calls(
        NEC,
        {"caller": "5550101"},
        {"caller": "5550102"},
        {"leg": "name", "caller_name": "ADA", "caller": "9", "direction": "internal", "outcome": "unknown"},
        {"caller": "5550103"},
    )

    assert [told(call, "caller", "caller_name", "direction", "outcome") for call in found] == [
        ["5550101", None, "incoming", "unanswered"],
        ["5550102", "ADA", "incoming", "unanswered"],
        ["5550103", None, "incoming", "unanswered"],
    ]


def test_a_name_with_nothing_before_it_is_kept_as_it_came() -> None:
    found = calls(NEC, {"leg": "name", "caller_name": "ADA"}, {"leg": "name", "ddi": "5"}, {"caller": "5550101"})

    assert [told(call, "caller_name", "ddi", "caller") for call in found] == [
        [None, None, "5550101"],
        ["ADA", None, None],
        [None, "5", None],
    ]


def test_the_first_of_two_names_is_taken_whatever_they_have_in_common_with_others() -> None:
    rules = Rules(same=("linked_id",), follows=("name",))
    name = {"leg": "name", "outcome": "unknown", "started_at": NOON}

    found = calls(
        rules,
        {"caller": "5550101"},
        {**name, "caller_name": "ADA", "linked_id": "z"},
        {**name, "caller_name": "BO", "linked_id": "a"},
        {"caller": "5550102", "linked_id": "z"},
    )

    assert [told(call, "caller", "caller_name") for call in found] == [["5550102", None], ["5550101", "ADA"]]


def test_a_name_does_not_reach_into_another_body() -> None:
    found = calls(NEC, {"caller": "5550101"}, {"leg": "name", "caller_name": "ADA", "body": 2})

    assert [call.get("caller_name") for call in found] == [None, "ADA"]


# ---------------------------------------------------------------- Asterisk


def rung(extension: str, at: int = NOON, **more: object) -> Made:
    return {
        "linked_id": "a.1",
        "leg": "unanswered",
        "caller": "5550101",
        "called": "600",
        "extension": extension,
        "started_at": at,
        "ring_s": 20,
        **more,
    }


def test_a_ring_group_that_was_answered_is_credited_to_who_answered() -> None:
    answered = rung("103", outcome="answered", ring_s=8, talk_s=60, leg="answered")

    (call,) = calls(ASTERISK, rung("101"), rung("102"), answered, rung("104"))

    assert told(call, "outcome", "extension", "called", "ring_s", "talk_s") == ["answered", "103", "600", 8, 60]


def test_a_ring_group_that_nobody_answered_is_one_missed_call_and_waited_from_first_to_last() -> None:
    (call,) = calls(ASTERISK, rung("101"), rung("102"), rung("103", NOON + 20), rung("103", NOON + 40))

    assert told(call, "outcome", "ring_s", "total_s") == ["unanswered", 60, 60]


def test_somebody_engaged_and_somebody_absent_make_an_unanswered_call() -> None:
    (call,) = calls(ASTERISK, rung("101", outcome="busy"), rung("102", outcome="failed"), rung("103"))

    assert call["outcome"] == "unanswered"


# ---------------------------------------------------------------- Cisco CME


def test_two_legs_of_one_conversation_are_talked_once() -> None:
    inside = {"linked_id": "AB CD", "leg": "answer", "outcome": "answered", "direction": "internal", "ring_s": 4}
    outside = {**inside, "leg": "originate", "direction": "outgoing", "called": "5550101", "started_at": NOON + 2}

    (call,) = calls(CME, {**inside, "extension": "401", "talk_s": 50}, {**outside, "ring_s": 2, "talk_s": 50})

    assert told(call, "direction", "extension", "called", "talk_s") == ["outgoing", "401", "5550101", 50]


# ---------------------------------------------------------------- Nortel Meridian


def test_a_chain_of_transfers_goes_from_its_start_to_its_end() -> None:
    def record(leg: str, at: int, extension: str, talk_s: int) -> Made:
        return {
            "leg": leg,
            "trunk": "T001002",
            "outcome": "answered",
            "started_at": NOON + at,
            "extension": extension,
            "talk_s": talk_s,
        }

    found = calls(
        MERIDIAN,
        record("normal", -200, "500", 100),
        record("start", 0, "501", 30),
        record("transferred", 30, "502", 40),
        record("end", 70, "503", 50),
        record("normal", 125, "504", 10),
    )

    assert [told(call, "extension", "third_party", "talk_s") for call in found] == [
        ["500", None, 100],
        ["501", "503", 120],
        ["504", None, 10],
    ]
