"""What the records in cases of the catalogue come to as calls, under the rules that their formats declare."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from tests.catalogue.found import DIALECTS, assembled, cases_of
from tests.fakes.calls import Made, shown
from tollbook.model.call import at_rows

Told = tuple[object, ...]
TOLD = ("direction", "outcome", "extension", "caller", "called", "third_party", "ring_s", "talk_s", "total_s")


def calls_in(slug: str, case: str, *, turned: bool = False) -> list[Made]:
    """The calls of one case, whose records stand one behind another in one body, or the other way round."""
    (found,) = (each for each in cases_of(DIALECTS[slug]) if each.name == case)
    records = found.reading.calls
    if turned:
        places = msgspec.structs.replace(records, offsets=[-offset for offset in records.offsets])
        records = at_rows(places, np.arange(len(records))[::-1])
    return sorted(shown(assembled(DIALECTS[slug], records)), key=lambda call: call["started_at"])


def told(call: Made) -> Told:
    return tuple(call.get(name, 0 if name.endswith("_s") else "") for name in TOLD)


TRANSFERS: list[tuple[str, str, list[Told]]] = [
    (
        "nec-sl",
        "transferred",
        [
            ("incoming", "answered", "2017", "2125550123", "2017", "2004", 0, 270, 270),
            ("incoming", "answered", "2004", "2125550123", "2004", "", 0, 130, 130),
        ],
    ),
    (
        "vodavi-xts",
        "transferred",
        [
            ("incoming", "answered", "2100", "2125550123", "9000", "2190", 0, 261, 276),
            ("outgoing", "answered", "2191", "2191", "12125550142", "", 0, 36, 36),
        ],
    ),
    (
        "samsung-officeserv",
        "network-transfers",
        [
            ("incoming", "answered", "201", "2125550123", "201", "206", 0, 160, 160),
            ("outgoing", "answered", "203", "203", "5550142", "205", 0, 267, 267),
            ("incoming", "answered", "204", "2125550123", "204", "", 0, 70, 70),
            ("incoming", "answered", "", "2125550123", "5550150", "", 0, 70, 70),
            ("incoming", "failed", "", "2125550123", "", "", 10, 0, 10),
        ],
    ),
    (
        "toshiba-strata",
        "transferred",
        [
            ("incoming", "answered", "2022", "2125550123", "2021", "2023", 0, 300, 300),
            ("outgoing", "answered", "2023", "2021", "12125550142", "", 0, 300, 300),
        ],
    ),
    (
        "siemens-hipath",
        "compressed",
        [
            ("incoming", "answered", "101", "0895550123", "5550150", "", 2, 7, 9),
            ("outgoing", "answered", "102", "102", "0895550142", "", 0, 192, 192),
            ("incoming", "unanswered", "101", "0895550117", "101", "", 25, 0, 25),
            ("incoming", "answered", "102", "0895550123", "5550150", "103", 10, 170, 190),
        ],
    ),
    (
        "avaya-ip-office",
        "voicemail",
        [
            ("internal", "answered", "215", "215", "211", "", 21, 10, 31),
            ("internal", "answered", "215", "215", "211", "", 21, 10, 31),
            ("incoming", "answered", "4750", "01705550122", "299999", "", 7, 34, 52),
            ("incoming", "answered", "", "", "203", "", 21, 14, 35),
        ],
    ),
    (
        "mitel-5000",
        "rang-and-answered",
        [
            ("incoming", "answered", "110", "5255550116", "0061", "", 0, 80, 80),
            ("incoming", "answered", "181", "", "0063", "", 0, 70, 70),
            ("incoming", "answered", "110", "5255550116", "0061", "", 0, 5, 5),
            ("incoming", "unanswered", "", "5255550116", "0061", "", 12, 0, 12),
        ],
    ),
    (
        "mitel-mivb",
        "transferred",
        [
            ("incoming", "answered", "200", "2125550147", "200", "225", 7, 206, 213),
            ("incoming", "answered", "200", "2125550148", "200", "", 3, 10, 13),
        ],
    ),
    (
        "cisco-cme",
        "outgoing",
        [("outgoing", "answered", "510", "510", "92125550143", "", 10, 13, 23)],
    ),
    (
        "cisco-cme",
        "called-side-first",
        [("internal", "answered", "510", "510", "511", "", 5, 55, 60)],
    ),
    (
        "asterisk-cdr-csv",
        "ring-group",
        [("incoming", "answered", "102", "2125550172", "700", "", 6, 48, 54)],
    ),
    (
        "asterisk-cdr-csv",
        "queue-members",
        [("incoming", "answered", "103", "2125550170", "600", "", 20, 65, 85)],
    ),
    (
        "asterisk-cdr-csv",
        "queue-given-up",
        [("incoming", "unanswered", "101", "2125550171", "600", "", 37, 0, 37)],
    ),
    (
        "asterisk-cdr-csv",
        "attended-transfer",
        [("incoming", "answered", "101", "2125550173", "101", "103", 5, 74, 79)],
    ),
    (
        "asterisk-cdr-csv",
        "forked-over-local-channels",
        [("incoming", "unanswered", "", "89245550101", "211553", "", 40, 0, 40)],
    ),
    (
        "asterisk-cdr-csv",
        "accounts-of-six-digits",
        [
            ("incoming", "answered", "301", "89085550108", "211474", "", 5, 43, 48),
            ("incoming", "unanswered", "301", "89025550175", "211553", "", 12, 0, 12),
        ],
    ),
    (
        "asterisk-cdr-csv",
        "far-half",
        [
            ("outgoing", "answered", "2863", "2863", "09085550157", "", 10, 16, 27),
            ("outgoing", "unanswered", "2863", "2863", "09085550158", "", 21, 0, 21),
        ],
    ),
    (
        "asterisk-cdr-custom",
        "far-half",
        [
            ("outgoing", "answered", "2863", "2863", "09085550157", "", 10, 16, 27),
            ("outgoing", "unanswered", "2863", "2863", "09085550158", "", 21, 0, 21),
        ],
    ),
    (
        "asterisk-cdr-custom",
        "json-linked",
        [("incoming", "answered", "103", "2125550170", "600", "", 20, 65, 85)],
    ),
    (
        "fritzbox-callmonitor",
        "events",
        [
            ("incoming", "answered", "1", "01235550101", "9875550121", "", 9, 72, 81),
            ("incoming", "unanswered", "", "", "555012", "", 23, 0, 23),
            ("outgoing", "answered", "4", "4", "0405550199", "", 12, 120, 132),
        ],
    ),
    (
        "fritzbox-callmonitor",
        "two-at-once",
        [
            ("incoming", "answered", "11", "01235550101", "555012", "", 10, 5400, 5410),
            ("outgoing", "unanswered", "10", "10", "0405550199#", "", 36, 0, 36),
            ("incoming", "answered", "40", "0405550198", "555012", "", 24, 20, 44),
        ],
    ),
    (
        "fritzbox-callmonitor",
        "taken-twice",
        [("incoming", "answered", "10", "01235550101", "555012", "12", 10, 300, 310)],
    ),
    (
        "fritzbox-callmonitor",
        "beginning-not-heard",
        [
            ("incoming", "answered", "1", "01235550101", "1", "", 0, 60, 60),
            ("internal", "unanswered", "", "", "", "", 0, 0, 0),
            ("incoming", "unknown", "", "01235550101", "555012", "", 0, 0, 0),
            ("incoming", "unanswered", "", "01235550102", "555012", "", 5, 0, 5),
        ],
    ),
    (
        "asterisk-cel",
        "queue-and-handed-on",
        [("incoming", "answered", "207", "2125550129", "2125550150", "208", 12, 167, 190)],
    ),
    (
        "asterisk-cel",
        "two-at-once",
        [
            ("incoming", "answered", "206", "2125550126", "206", "", 5, 45, 50),
            ("incoming", "answered", "201", "2125550125", "201", "", 7, 60, 67),
        ],
    ),
    (
        "asterisk-cel",
        "nobody-took-it",
        [
            ("incoming", "unanswered", "205", "2125550124", "205", "", 21, 0, 21),
            ("incoming", "busy", "205", "2125550124", "205", "", 21, 0, 21),
            ("incoming", "failed", "205", "2125550124", "205", "", 21, 0, 21),
            ("incoming", "unanswered", "205", "2125550124", "205", "", 21, 0, 21),
        ],
    ),
    (
        "asterisk-cel",
        "outgoing",
        [("outgoing", "answered", "202", "202", "02125550142", "", 20, 240, 260)],
    ),
    (
        "asterisk-cel",
        "inside",
        [("internal", "answered", "203", "203", "204", "", 6, 60, 66)],
    ),
    (
        "asterisk-cel",
        "set-up-by-a-program",
        [("outgoing", "answered", "103", "103", "0405550101", "", 9, 32, 41)],
    ),
    (
        "kamailio-acc",
        "pairs",
        [
            ("incoming", "answered", "201", "2125550123", "2125550150", "", 0, 90, 90),
            ("outgoing", "answered", "202", "202", "02125550142", "", 0, 180, 180),
            ("internal", "answered", "alice", "alice", "carol", "", 0, 85, 85),
            ("transit", "answered", "", "2125550124", "2125550142", "", 0, 60, 60),
        ],
    ),
    (
        "kamailio-acc",
        "missed",
        [
            ("incoming", "unanswered", "201", "2125550125", "201", "", 0, 0, 0),
            ("incoming", "busy", "202", "2125550126", "202", "", 0, 0, 0),
            ("internal", "failed", "203", "203", "299", "", 0, 0, 0),
            ("incoming", "answered", "205", "2125550127", "600", "", 4, 30, 34),
        ],
    ),
    (
        "innovaphone",
        "handed-on",
        [("internal", "answered", "201", "201", "202", "203", 5, 35, 40)],
    ),
    (
        "innovaphone",
        "one-line-each",
        [
            ("incoming", "answered", "201", "2125550123", "201", "", 9, 60, 69),
            ("outgoing", "answered", "202", "202", "02125550142", "", 14, 60, 74),
            ("incoming", "unanswered", "203", "2125550124", "203", "", 21, 0, 21),
            ("incoming", "busy", "203", "2125550125", "203", "", 1, 0, 1),
            ("internal", "failed", "204", "204", "299", "", 1, 0, 1),
            ("transit", "answered", "", "2125550126", "02125550143", "", 6, 10, 16),
            ("internal", "answered", "205", "205", "206", "", 6, 10, 16),
            ("internal", "answered", "205", "205", "206", "", 6, 10, 16),
        ],
    ),
    (
        "freeswitch-cdr-csv",
        "both-legs",
        [("internal", "answered", "1001", "1001", "1002", "", 3, 12, 15)],
    ),
    (
        "cisco-cucm",
        "transferred",
        [
            ("incoming", "answered", "7001", "2125550150", "7001", "7001", 5, 120, 200),
            ("internal", "answered", "7001", "7001", "7002", "", 3, 7, 10),
        ],
    ),
]


@pytest.mark.parametrize(("slug", "case", "expected"), TRANSFERS, ids=[f"{slug}-{case}" for slug, case, _ in TRANSFERS])
def test_the_parts_of_a_call_are_one_call_and_other_calls_are_left_apart(
    slug: str,
    case: str,
    expected: list[Told],
) -> None:
    assert [told(call) for call in calls_in(slug, case)] == expected


def test_who_called_whom_does_not_depend_on_the_order_of_the_records() -> None:
    (forwards,) = calls_in("asterisk-cdr-csv", "forked-over-local-channels")
    (backwards,) = calls_in("asterisk-cdr-csv", "forked-over-local-channels", turned=True)

    assert told(backwards) == told(forwards)
    assert forwards["trunk"] == backwards["trunk"] == "211553"


def test_a_call_whose_end_was_not_heard_says_so() -> None:
    found = calls_in("asterisk-cel", "no-end")

    assert [(call["outcome"], call["status"], call.get("total_s", 0)) for call in found] == [
        ("answered", "no end heard", 8),
        ("unknown", "no end heard", 0),
    ]


def test_printed_parts_of_a_call_are_told_by_their_trunk() -> None:
    found = calls_in("samsung-officeserv", "printed")

    assert len(found) == 11
    assert [told(call)[2:9] for call in found if call.get("third_party")] == [
        ("201", "2125550123", "201", "205", 0, 30, 30),
        ("203", "203", "5550142", "205", 0, 252, 252),
    ]


def test_a_chain_from_s_to_e_is_one_call() -> None:
    found = calls_in("nortel-meridian", "meridian")

    assert len(found) == 9
    assert [told(call)[2:9] for call in found if call.get("third_party")] == [
        ("6101", "", "5550142", "2463", 0, 72, 112),
    ]


def test_a_callers_name_or_number_on_a_line_of_its_own_is_part_of_the_call_before_it() -> None:
    named = calls_in("nec-sl", "caller-name-on-a-line-of-its-own")
    numbered = calls_in("toshiba-strata", "release-1-02")

    assert [(call["caller"], call.get("caller_name")) for call in named] == [
        ("2125550123", "Example Trad"),
        ("2125550123", None),
    ]
    assert [(call["outcome"], call.get("caller")) for call in numbered] == [
        ("answered", "1234"),
        ("answered", "2125550123"),
        ("unanswered", "2125550117"),
        ("answered", "1234"),
    ]


def test_a_missed_call_that_is_written_twice_is_one() -> None:
    assert [(call["outcome"], call.get("caller")) for call in calls_in("vodavi-xts", "nobody-took-it")] == [
        ("unanswered", "2125550123"),
        ("unanswered", "2125550117"),
        ("unanswered", None),
    ]


def test_a_norstars_events_are_one_call_that_rang_until_it_was_answered() -> None:
    found = calls_in("nortel-meridian", "norstar-real-time")

    assert [(call["outcome"], call.get("extension"), call["ring_s"], call["total_s"]) for call in found[:3]] == [
        ("answered", "2343", 8, 136),
        ("unanswered", "2343", 30, 30),
        ("answered", "2343", 3, 63),
    ]
