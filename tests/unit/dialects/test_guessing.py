"""What unknown lines may be: a layout that reads them, to begin with."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.catalogue.found import DIALECTS
from tests.fakes.examples import examples
from tests.fakes.layouts import outcomes
from tollbook.dialects.authoring.guessing import guess
from tollbook.dialects.authoring.guessing_columns import guess_columns
from tollbook.dialects.authoring.guessing_words import rules_of
from tollbook.dialects.layout.layout import read_layout
from tollbook.dialects.layout.written import written
from tollbook.model.limits import GUESSED_LINES

FIXED = [
    "Date     Time  Ext  CO Number           Dur   D",
    "-----------------------------------------------",
    "03/02/26 09:30 101  01 2125550142       0'45  O",
    "03/02/26 09:31 2020 02 2125550143       12'05 I",
    "12/31/25 23:59 102  01 5550100          1'10  O",
    "01/15/26 10:05 103  12 12125550144      0'00  A",
]
PIPES = ["02.03.26|09:30:00|101|01|2125550142|00:00:45", "31.12.25|09:31:00|102|02|2125550143|00:12:05"]
WORDS = ["03/02/26 9:30 101 2125550142", "12/31/25 10:31 2020 5550143", "12/31/25 8:31 7 12125550143"]
PAIRS = ["ext=101,start=2026-03-02 09:30:00,to=2125550142,dur=00:00:45"] * 2
JSON = ['{"ext": "101", "start": "2026-03-02 09:30:00", "to": "2125550142", "dur": "00:00:45"}'] * 2


def calls(lines: list[str]) -> list[dict[str, Any]]:
    found = outcomes(guess(lines), *lines)
    return [
        {name: each.get(name, "") for name in ("direction", "outcome", "extension", "caller", "called", "talk_s")}
        for each in found
        if each["is"] == "record"
    ]


def test_fixed_columns_are_found_by_their_blanks_and_named_by_their_contents() -> None:
    layout = guess(FIXED)

    assert layout.record[0].form == "fixed"
    assert [(column.name, column.at[0]) for column in layout.record[0].columns] == [
        ("date", 0), ("time", 9), ("extension", 15), ("trunk", 20), ("number", 23), ("talk_s", 40), ("way", 46),
    ]  # fmt: skip
    assert [tuple(call.values()) for call in calls(FIXED)] == [
        ("outgoing", "answered", "101", "101", "2125550142", 45),
        ("incoming", "answered", "2020", "2125550143", "2020", 725),
        ("outgoing", "answered", "102", "102", "5550100", 70),
        ("incoming", "unanswered", "103", "12125550144", "103", 0),
    ]


def test_a_heading_and_a_rule_are_passed_over() -> None:
    assert [each["reason"] for each in outcomes(guess(FIXED), *FIXED[:2])] == ["heading", "rule"]


@pytest.mark.parametrize(
    ("lines", "form"),
    [(PIPES, "csv"), (WORDS, "blanks"), (PAIRS, "keyed"), (JSON, "json")],
    ids=["pipes", "words", "pairs", "json"],
)
def test_lines_divided_otherwise_are_read(lines: list[str], form: str) -> None:
    assert guess(lines).record[0].form == form
    assert len(calls(lines)) == len(lines)
    assert {call["called"][-7:-2] for call in calls(lines)} == {"55501"}


def test_a_year_in_front_is_told_by_days_that_lie_together_and_four_digits_beside_it_are_a_time() -> None:
    lines = ["25-12-30 0930 101 2125550142 0'45", "25-12-31 2359 102 2125550143 0'45", "26-01-02 1005 103 5550100 1'45"]

    found = [each["started_local"] for each in outcomes(guess(lines), *lines)]

    assert found == ["2025-12-30T09:30:00", "2025-12-31T23:59:00", "2026-01-02T10:05:00"]


def test_the_order_of_day_and_month_is_told_by_days_above_twelve() -> None:
    forms = {column.name: column.form for column in guess(PIPES).record[0].columns}

    assert forms["date"] == ["DD.MM.YY"]
    assert guess(FIXED).record[0].columns[0].form == ["MM/DD/YY"]


@pytest.mark.parametrize("lines", [FIXED, PIPES, WORDS, PAIRS, JSON], ids=["fixed", "pipes", "words", "pairs", "json"])
def test_what_is_written_is_read_back(lines: list[str]) -> None:
    layout = guess(lines)

    assert read_layout("mine", tomllib.loads(written(layout, "guessed\nfrom a sample")), trusted=False) == layout


@pytest.mark.parametrize("slug", sorted(DIALECTS))
def test_a_layout_of_the_catalogue_is_written_as_it_is_read(slug: str) -> None:
    layout = DIALECTS[slug].layout

    assert read_layout(slug, tomllib.loads(written(layout))) == layout


@examples(200)
@given(st.lists(st.text(max_size=60) | st.sampled_from([*FIXED, *PIPES, *PAIRS, *JSON]), max_size=12))
def test_any_lines_give_a_layout_that_can_be_used(lines: list[str]) -> None:
    layout = guess(lines)
    back = read_layout("mine", tomllib.loads(written(layout)), trusted=False)

    assert back == layout
    assert len(outcomes(back, *lines)) == len(lines)


HEADED = ["Call Date;Src;Dst;Duration;Billsec;Disposition", "2026-03-02 09:30:00;101;2125550142;50;45;ANSWERED"] * 2
NAMED = [
    '{"callid": "1", "timestart": "2026-03-02 09:30:00", "callfrom": "101", "callto": "5550142", "talkduration": "9"}',
]
MARKED = [
    f"03/02/26 09:{minute} 10{minute % 9}  0{minute % 3} {number:<14} 0'05 00:01'05 {code:<6} {mark}"
    for minute, (number, code, mark) in enumerate(
        [("<I>2125550142", "", "NA"), ("5550143", "4321", ""), ("<I>", "", "")] * 8,
        10,
    )
]


def test_a_heading_names_the_fields_below_it() -> None:
    record = guess(HEADED).record[0]

    assert [(column.name, column.kind) for column in record.columns] == [
        ("started_local", "moment"), ("caller", "text"), ("called", "text"), ("total_s", "seconds"),
        ("talk_s", "seconds"), ("status", "text"),
    ]  # fmt: skip


def test_the_names_that_the_pbx_gives_are_understood() -> None:
    columns = {column.key: column.name for column in guess(NAMED).record[0].columns}

    assert columns == {
        "callid": "call_id", "timestart": "started_local", "callfrom": "caller", "callto": "called",
        "talkduration": "talk_s",
    }  # fmt: skip


def test_a_callers_mark_a_rare_column_and_a_missed_call_are_seen() -> None:
    assert [column.name for column in guess(MARKED).record[0].columns] == [
        "date", "time", "extension", "trunk", "number", "ring_s", "talk_s", "account_code", "status",
    ]  # fmt: skip
    found = [(call["direction"], call["outcome"], call["caller"]) for call in calls(MARKED)[:3]]
    assert found[0] == ("incoming", "unanswered", "2125550142")
    assert found[1][:2] == ("outgoing", "answered")
    assert found[2] == ("incoming", "answered", "")


def test_only_dates_and_times_tell_a_record_from_other_lines() -> None:
    assert guess(MARKED).record[0].shape == ["99/99/99 99:99"]


REPORT = [
    "SMDR REPORT   SITE 0042   PRINTED 05.03.2026 08:00",
    "Date        Start  Ext   Line  Dir       Number         Dur    Result",
    "04.03.2026  08:02  201   01    INCOMING  2125550101     1:05   ANSWERED",
    "04.03.2026  08:10  202   02    OUTGOING  2125550102    12:44   ANSWERED",
    "04.03.2026  08:31  203   01    INCOMING  2125550103     0:00   NO ANSWER",
    "04.03.2026  09:12  204   03    OUTGOING  2125550104     0:00   BUSY",
    "04.03.2026  09:40  201   03    OUTGOING  2125550105    14:10   ANSWERED",
    "04.03.2026  09:55  205         INTERNAL  201            0:35   FAIL",
]


def test_words_of_direction_and_outcome_below_a_page_head_are_understood() -> None:
    assert [column.name for column in guess(REPORT).record[0].columns] == [
        "date", "time", "extension", "trunk", "way", "number", "talk_s", "status",
    ]  # fmt: skip
    assert [(call["direction"], call["outcome"], call["talk_s"]) for call in calls(REPORT)] == [
        ("incoming", "answered", 65), ("outgoing", "answered", 764), ("incoming", "unanswered", 0),
        ("outgoing", "busy", 0), ("outgoing", "answered", 850), ("internal", "failed", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "kinds"),
    [
        ([["02/03/26", "31/03/26"], ["09:30", "12:05"], ["12:05", "10:10"]], ["date", "time", "duration"]),
        ([["10:13", "9:05"], ["02/03/26", "31/03/26"], ["13:30", "14:05"]], ["duration", "date", "time"]),
        ([["0:13", "1:05"], ["02/03/26", "31/03/26"], ["01:30", "02:05"]], ["duration", "date", "time"]),
        ([["2026-03-02 09:30:00"] * 2, ["10:13", "9:05"]], ["moment", "duration"]),
        ([["02/03/26", "31/03/26"], ["09:30", "12:05"], ["09:42", "12:06"]], ["date", "time", "time"]),
        ([["9:30", "12:10", "45:10", "12:01", "8:30", "7:00"]], ["duration"]),
        ([["9:30", "15:10", "12:01"]], ["time"]),
        ([["9:30"] * 60 + ["29:30"]], ["time"]),
    ],
    ids=["second", "in front", "of the night", "of a moment", "end of a call", "beyond a day", "of a day", "one slip"],
)
def test_durations_are_told_from_times_of_day_by_whole_columns(cells: list[list[str]], kinds: list[str]) -> None:
    assert [each.kind for each in guess_columns([""] * len(cells), cells)] == kinds


@pytest.mark.parametrize(
    ("text", "form"),
    [("03/02/2026", "MM/DD/YYYY"), ("31/12/2026 09:30", "DD/MM/YYYY hh:mm"), ("26-03-02", "YY-MM-DD")],
)
def test_a_whole_year_is_none_of_two_digits_and_a_date_is_of_late(text: str, form: str) -> None:
    assert guess_columns([""], [[text] * 3])[0].forms == [form]


def test_a_letter_before_the_number_says_which_way_a_call_went() -> None:
    lines = [" 116 08 14:13 05/21/26 O2125550123 0'45", " 117 08 14:15 05/21/26 I2125550124 1'10", FIXED[0]]

    assert guess(lines).record[0].columns[0].at == (0, 5)
    assert [tuple(call.values())[:5] for call in calls(lines)] == [
        ("outgoing", "answered", "116", "116", "2125550123"), ("incoming", "answered", "117", "2125550124", "117"),
    ]  # fmt: skip


def test_lines_that_are_numbered_and_the_last_two_of_many_moments_are_known() -> None:
    moments = [[f"2026-03-05 13:48:{second}"] * 3 for second in (13, 14, 24, 50)]
    found = guess_columns(list("123456"), [["12364", "12365", "12366"], ["5003"] * 3, *moments])

    assert [each.name for each in found] == [
        "call_id", "extension", "started_local", "column_4", "answered_local", "ended_local",
    ]  # fmt: skip


def test_single_letters_say_how_a_call_ended_where_all_are_known() -> None:
    assert [(rule.when, rule.gives["outcome"]) for rule in rules_of({"status": ["A", "N", "", "A"]})] == [
        ({"status": "^A$"}, "answered"), ({"status": "^N$"}, "unanswered"),
    ]  # fmt: skip
    assert rules_of({"status": ["A", "X"]}) == []


def test_answered_and_missed_calls_tell_how_they_ended_and_not_which_way_they_went() -> None:
    assert guess_columns(["1"], [["ANSWERED", "MISSED"]])[0].name == "status"


def test_a_column_called_type_without_words_of_direction_leaves_the_way_to_another() -> None:
    found = guess_columns(["Type", "Direction"], [["Voice"] * 2, ["Inbound", "Outbound"]])

    assert [each.name for each in found] == ["type", "way"]


def test_a_format_is_guessed_from_lines_up_to_the_limit() -> None:
    lines = [f"10{number % 10},5550{number % 200:03},{number}" for number in range(GUESSED_LINES)]

    assert guess([*lines, *["a|b|c|d"] * GUESSED_LINES]) == guess(lines)
    assert guess([*lines[:-1], *["a|b|c|d"] * GUESSED_LINES]) == guess([*lines[:-1], "a|b|c|d"])
