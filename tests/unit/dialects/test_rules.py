"""What cells say about a call: rules, and what follows where no rule says anything."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from tests.fakes.layouts import column, layout, outcome, outcomes
from tollbook.dialects.reading import rules

RECORD = {
    "form": "csv",
    "columns": [
        column("time", "time", form="hh:mm"),
        column("extension"),
        column("trunk"),
        column("number"),
        column("ring_s", "duration", form="m'ss", empty=True),
        column("talk_s", "duration", form="hh:mm:ss", empty=True),
        column("status"),
    ],
}
RULES = [
    {"when": {"number": "^LOG "}, "skip": "log-in"},
    {
        "when": {"number": r"^(?:<D>(?P<ddi>[^<]*))?<I>(?P<caller_name>\D*)(?P<number>\d*)$"},
        "gives": {"direction": "incoming"},
    },
    {"when": {"number": r"^EXT(?P<number>\d+)$", "trunk": "^$"}, "gives": {"direction": "internal"}},
    {"gives": {"direction": "outgoing", "call_id": "{trunk}-{extension}"}},
    {"group": "outcome", "when": {"status": "^NA$"}, "gives": {"outcome": "unanswered", "leg": "{status}"}},
]
PANASONIC_LIKE = layout(RECORD, rule=RULES)
PLAIN = layout(RECORD, outcomes={"OK": "answered", "ENGAGED": "busy"})


def test_a_marked_number_is_the_callers_and_the_extension_is_called() -> None:
    call = outcome(PANASONIC_LIKE, "09:30,101,01,<D>5550100<I>ACME LTD2125550142,0'05,00:01:05,")

    assert (call["direction"], call["caller"], call["called"]) == ("incoming", "2125550142", "5550100")
    assert (call["caller_name"], call["ddi"], call["extension"], call["trunk"]) == ("ACME LTD", "5550100", "101", "01")


def test_a_withheld_number_leaves_the_caller_empty() -> None:
    call = outcome(PANASONIC_LIKE, "09:30,101,01,<I>,0'05,00:01:05,")

    assert "caller" not in call
    assert (call["called"], call["outcome"]) == ("101", "answered")


def test_of_a_group_the_first_rule_that_holds_is_applied() -> None:
    inside, outside = outcomes(PANASONIC_LIKE, "09:30,101,,EXT202,,00:01:05,", "09:31,101,01,EXT202,,00:01:05,")

    assert (inside["direction"], inside["caller"], inside["called"]) == ("internal", "101", "202")
    assert (outside["direction"], outside["called"], outside["call_id"]) == ("outgoing", "EXT202", "01-101")


def test_a_rule_may_ask_whether_two_columns_say_the_same() -> None:
    equal = layout(RECORD, rule=[{"equals": {"extension": "number"}, "gives": {"feature": "own"}}])
    lines = ("09:30,101,,101,,00:01:05,", "09:30,101,,102,,00:01:05,", "09:30,101,,1010,,,", "09:30,,,,,00:01:05,")

    assert [call.get("feature") for call in outcomes(equal, *lines)] == ["own", None, None, None]


def test_groups_apply_one_after_another() -> None:
    call = outcome(PANASONIC_LIKE, "09:30,101,01,<I>2125550142,0'45,,NA")

    assert (call["direction"], call["outcome"], call["leg"]) == ("incoming", "unanswered", "NA")
    assert "leg" not in outcome(PANASONIC_LIKE, "09:30,101,01,<I>2125550142,0'45,00:00:09,")


def test_a_record_that_is_no_call_is_passed_over_with_its_reason() -> None:
    found = outcomes(PANASONIC_LIKE, "09:30,101,,LOG IN,,,", "09:31,101,01,2125550142,,00:00:09,")

    assert found[0] == {"is": "skipped", "reason": "log-in"}
    assert found[1]["called"] == "2125550142"


def test_a_rule_may_be_for_one_kind_of_record() -> None:
    two = layout(
        [
            {"form": "blanks", "columns": [column("extension"), column("number")]},
            {"form": "blanks", "columns": [column("extension")]},
        ],
        rule=[{"record": ["record-2"], "gives": {"feature": "short"}}],
    )

    assert [each.get("feature") for each in outcomes(two, "101 2125550142", "101")] == [None, "short"]


def test_without_rules_a_trunk_makes_a_call_go_out_and_none_keeps_it_inside() -> None:
    out, inside = outcomes(PLAIN, "09:30,101,01,2125550142,,00:00:09,", "09:30,101,,202,,00:00:09,")

    assert (out["direction"], out["caller"], out["called"]) == ("outgoing", "101", "2125550142")
    assert (inside["direction"], inside["caller"], inside["called"]) == ("internal", "101", "202")


@pytest.mark.parametrize(
    ("status", "talk", "expected"),
    [
        ("OK", "00:00:00", "answered"),
        ("ok", "", "answered"),
        ("ENGAGED", "00:00:09", "busy"),
        ("?", "00:00:09", "answered"),
        ("?", "", "unanswered"),
    ],
)
def test_an_outcome_is_what_the_status_means_else_what_the_talk_time_shows(
    status: str,
    talk: str,
    expected: str,
) -> None:
    assert outcome(PLAIN, f"09:30,101,01,2125550142,,{talk},{status}")["outcome"] == expected


@pytest.mark.parametrize("rows", [1, 40])
def test_a_pattern_for_all_of_a_text_takes_it_as_it_stands(rows: int) -> None:
    taking = layout(RECORD, rule=[{"when": {"status": "^(?P<caller_name>.*)$", "number": "^(?P<called>.+)$"}}])

    said = outcomes(taking, *["09:30,101,01,5550142,,00:01:05, ACME  LTD "] * rows, "09:31,101,01,,,00:01:05,")

    assert [(call["caller_name"], call["called"]) for call in said[:-1]] == [("ACME  LTD", "5550142")] * rows
    assert "caller_name" not in said[-1]


@pytest.mark.parametrize("rows", [1, 40])
def test_a_dot_in_a_pattern_is_no_line_feed_wherever_the_pattern_is_for_all_of_a_text(rows: int) -> None:
    taking = layout(
        RECORD,
        rule=[
            {"when": {"number": "^X(?P<number>.*)$"}, "gives": {"caller_name": "a\nb"}},
            {"group": "next", "when": {"caller_name": "^(?P<account_code>.*)$"}},
        ],
    )

    assert all("account_code" not in call for call in outcomes(taking, *["09:30,101,01,X5550142,,00:01:05,"] * rows))


@pytest.mark.parametrize(("most", "fits"), [(2 * 17 + 2 * (4 + 3), True), (2 * 17 + 2 * (4 + 3) - 1, False)])
def test_rules_write_up_to_a_limit_by_their_own_length_and_by_that_of_what_they_repeat(
    monkeypatch: pytest.MonkeyPatch,
    most: int,
    *,
    fits: bool,
) -> None:
    monkeypatch.setattr(rules, "FORMAT_GIVEN", most)
    made = layout(RECORD, rule=[{"gives": {"call_id": "{number}-{number}"}}])
    lines = "09:30,101,01,5550,,00:01:05,", "09:30,101,01,555,,00:01:05,"

    with nullcontext() if fits else pytest.raises(ValueError, match="the rules write more than"):
        assert [each["call_id"] for each in outcomes(made, *lines)] == ["5550-5550", "555-555"]
