"""Calls from records with two channels: who says how they ended, and by which clock their moments are written."""

from __future__ import annotations

from typing import Any

from tollbook.dialects.layout.layout import read_layout
from tollbook.dialects.reading.reader import Reader
from tollbook.model.call import Calls
from tollbook.model.frame import Frames
from tollbook.model.pbx import Pbx

COLUMNS = [
    *(("text", name) for name in ("caller", "called", "source_channel", "destination_channel", "feature", "option1")),
    *(("wall-time", name) for name in ("started_local", "answered_local", "ended_local")),
    *(("seconds", name) for name in ("total_s", "talk_s")),
    *(("text", name) for name in ("status", "call_id")),
]
LAYOUT: dict[str, Any] = {
    "title": "Two channels",
    "vendor": "None",
    "models": ["Two"],
    "certainty": "made up",
    "framing": "lines",
    "encodings": ["utf-8"],
    "derive": "channels",
    "evidence": [],
    "outcomes": {"ANSWERED": "answered", "NO ANSWER": "unanswered"},
    "channel": [{"match": "^DAHDI/(.+)$", "role": "trunk"}, {"match": "^SIP/(.+)$", "role": "either"}],
    "option": {"clock": {"help": "h", "form": "f", "example": "e", "default": "auto"}},
    "rule": [{"when": {"feature": "^Queue$", "destination_channel": "^$"}, "gives": {"outcome": "unanswered"}}],
    "record": [
        {
            "name": "cdr",
            "form": "csv",
            "columns": [
                {"name": name, "kind": kind, "means": name, "empty": name == "answered_local"} for kind, name in COLUMNS
            ],
        },
    ],
}


def read(record: str, **settings: str) -> Calls:
    pbx = Pbx(name="two", dialect="two", source="folder", timezone="Europe/Berlin", settings=settings)
    return Reader(read_layout("two", LAYOUT), pbx).read(Frames([record.encode()], [0])).calls


def queued(**settings: str) -> Calls:
    """A call of eight in the evening in Berlin, six in UTC, as its id 1782928800 says."""
    times = "2026-07-01 18:00:00,2026-07-01 18:00:00,2026-07-01 18:01:20"
    return read(f"5550142,600,DAHDI/1-1,,Queue,600,{times},80,80,ANSWERED,1782928800.7", **settings)


def test_a_rule_says_before_the_status_how_a_call_ended() -> None:
    calls = queued()

    assert (calls.outcome[0], calls.ring_s[0], calls.talk_s[0], calls.total_s[0]) == ("unanswered", 80, 0, 80)


def test_the_id_of_a_call_shows_that_its_times_are_utc() -> None:
    calls = queued()

    assert calls.started_at[0] == 1782928800
    assert calls.started_local[0] == 1782928800 + 7200


def test_the_owner_says_by_which_clock_times_are_written() -> None:
    assert queued(clock="utc").started_at[0] == 1782928800
    assert queued(clock="local").started_at[0] == 1782928800 - 7200
    assert queued(clock="local").started_local[0] == 1782928800


def test_an_id_that_holds_no_instant_says_nothing_of_the_clock() -> None:
    times = "2026-07-01 18:00:00,,2026-07-01 18:00:05"
    calls = read(f"101,102,SIP/101-1,SIP/102-1,Dial,SIP/102,{times},5,0,NO ANSWER,none")

    assert calls.started_at[0] == 1782928800 - 7200


def test_a_leg_that_begins_minutes_after_its_call_is_read_by_the_clock_of_the_call() -> None:
    times = "2026-07-01 20:20:00,,2026-07-01 20:20:05"
    calls = read(f"101,102,SIP/101-1,SIP/102-1,Dial,SIP/102,{times},5,0,NO ANSWER,1782928800.9")

    assert calls.started_at[0] == 1782928800 + 1200


def test_a_number_longer_than_an_extension_is_the_ddi_and_nobodys_extension() -> None:
    times = "2026-07-01 18:00:00,,2026-07-01 18:00:05"
    calls = read(f"5550142,2125550100,DAHDI/1-1,,Answer,,{times},5,0,NO ANSWER,1782928800.9")

    assert calls.ddi is not None
    assert (calls.direction[0], calls.extension[0], calls.ddi[0]) == ("incoming", "", "2125550100")


def test_a_caller_of_one_sign_has_the_call_and_the_sign_of_a_blind_transfer_has_not() -> None:
    times = "2026-07-01 18:00:00,2026-07-01 18:00:00,2026-07-01 18:01:20"
    calls = [
        read(f"{caller},5550142,Local/desk-1,DAHDI/1-1,,,{times},80,80,ANSWERED,1782928800.7") for caller in ("5", "*")
    ]

    assert [(each.direction[0], each.extension[0], each.caller[0]) for each in calls] == [
        ("outgoing", "5", "5"),
        ("outgoing", "", "*"),
    ]


def test_answer_and_end_follow_from_the_durations_where_no_column_has_them() -> None:
    record = LAYOUT["record"][0]
    columns = [each for each in record["columns"] if each["name"] not in ("answered_local", "ended_local")]
    layout = read_layout("two", {**LAYOUT, "record": [{**record, "columns": columns}]})
    pbx = Pbx(name="two", dialect="two", source="folder", timezone="UTC", settings={"clock": "local"})
    line = b"5550142,600,DAHDI/1-1,SIP/101-2,Dial,SIP/101,2026-07-01 18:00:00,80,70,ANSWERED,1782928800.7"
    calls = Reader(layout, pbx).read(Frames([line], [0])).calls

    assert (calls.answered_at[0] - calls.started_at[0], calls.ended_at[0] - calls.started_at[0]) == (10, 80)


def test_a_number_that_a_rule_knows_to_be_dialled_stays_whatever_stands_beside_it() -> None:
    rule = {"when": {"called": "^600$"}, "gives": {"ddi": "5550100"}, "group": "ddi"}
    layout = read_layout("two", {**LAYOUT, "rule": [rule]})
    times = "2026-07-01 18:00:00,2026-07-01 18:00:05,2026-07-01 18:01:20"
    lines = [
        f"5550142,{called},DAHDI/1-1,SIP/101-2,Dial,SIP/101,{times},80,75,ANSWERED,1782928800.7"
        for called in ("600", "5550199")
    ]
    calls = (
        Reader(layout, Pbx(name="two", dialect="two", source="folder"))
        .read(Frames([line.encode() for line in lines], [0, 1]))
        .calls
    )

    assert calls.ddi is not None
    assert list(calls.ddi) == ["5550100", "5550199"]
