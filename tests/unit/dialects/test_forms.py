"""How a line becomes cells: one layout for each form, and lines that it claims and that it does not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.examples import examples
from tests.fakes.layouts import column, layout, outcome, outcomes
from tollbook.dialects.authoring.cases import in_order
from tollbook.dialects.layout.layout import Layout
from tollbook.dialects.reading.forms import pairs_between
from tollbook.dialects.reading.reader import Reader
from tollbook.model.frame import Frames
from tollbook.model.pbx import Pbx
from tollbook.model.texts import FEW

DATE = column("date", "date", form="MM/DD/YY")
TIME = column("time", "time", form="hh:mm")
NAMES = ("extension", "called")

FIXED = layout(
    {
        "form": "fixed",
        "shape": ["99/99/99 99:99"],
        "columns": [
            {**DATE, "at": [0, 8]},
            {**TIME, "at": [9, 5]},
            column("extension", at=[15, 4]),
            column("called", at=[20, 0]),
        ],
    },
)
CSV = layout({"form": "csv", "fewest": 3, "separator": ";", "columns": [DATE, TIME, *map(column, NAMES)]})
BLANKS = layout({"form": "blanks", "fewest": 3, "columns": [DATE, TIME, *map(column, NAMES)]})
PATTERN = layout(
    {
        "form": "pattern",
        "match": r"^(?P<date>\S+) \s (?P<time>\S+) \s (?P<extension>\d+) (?: \s (?P<number>.+) )? $",
        "columns": [DATE, TIME, column("extension"), column("called", key="number")],
    },
)
KEYED = layout(
    {
        "form": "keyed",
        "match": "^ CALL: ",
        "columns": [
            {**DATE, "key": "Day"},
            {**TIME, "key": "At"},
            column("extension", key="From"),
            column("called", key="To"),
        ],
    },
)
JSON = layout(
    {
        "form": "json",
        "columns": [DATE, TIME, column("extension", key="from.ext"), column("called", key="to")],
    },
)
LINES = {
    "fixed": (FIXED, "03/02/26 09:30 101  2125550142", "03/02/26 09:30 102"),
    "csv": (CSV, "03/02/26;09:30;101;2125550142", "03/02/26;09:30;102"),
    "blanks": (BLANKS, "03/02/26  09:30 101   2125550142", "03/02/26 09:30 102"),
    "pattern": (PATTERN, "03/02/26 09:30 101 2125550142", "03/02/26 09:30 102"),
    "keyed": (
        KEYED,
        "CALL: Day=03/02/26, At: 09:30, From 101, To=2125550142",
        "CALL: From=102, Day=03/02/26, At=09:30",
    ),
    "json": (
        JSON,
        '{"date": "03/02/26", "time": "09:30", "from": {"ext": 101}, "to": "2125550142", "more": [1]}',
        '{"from": {"ext": "102"}, "time": "09:30", "date": "03/02/26", "to": null}',
    ),
}
each_form = pytest.mark.parametrize(("made", "whole", "short"), LINES.values(), ids=LINES)


@each_form
def test_a_line_is_divided_into_its_columns(made: Layout, whole: str, short: str) -> None:
    call = outcome(made, whole)

    assert (call["extension"], call["called"], call["started_at"]) == ("101", "2125550142", "2026-03-02T09:30:00Z")
    assert outcome(made, short)["extension"] == "102"
    assert "called" not in outcome(made, short)


@each_form
def test_many_lines_at_once_come_to_what_each_comes_to_alone(made: Layout, whole: str, short: str) -> None:
    strange = [whole.replace("101", "10é").encode(), short.encode("utf-16"), whole[:9].encode(), b"nothing of the kind"]
    lines = [whole.encode(), short.encode(), *strange] * FEW

    assert outcomes(made, *lines) == [outcome(made, line) for line in lines]


@pytest.mark.parametrize("made", [made for made, _, _ in LINES.values()], ids=LINES)
def test_what_no_record_claims_is_a_reject(made: Layout) -> None:
    assert outcome(made, "nothing of the kind")["is"] == "rejected"
    assert outcome(made, b"\x00\xff\x80" * 50)["is"] == "rejected"


@each_form
def test_a_cell_that_is_not_what_belongs_there_is_named(made: Layout, whole: str, short: str) -> None:
    reject, good = outcome(made, whole.replace("03/02", "13/02")), outcome(made, short)

    assert (good["is"], reject["is"], reject["column"], reject["rule"]) == ("record", "rejected", "date", "record-1")
    assert reject["reason"] == "date is not a date written MM/DD/YY: '13/02/26'"


@examples(150)
@given(st.sampled_from(sorted(LINES)), st.lists(st.binary(max_size=60), min_size=1, max_size=FEW * 2))
def test_any_bytes_are_read_or_rejected_and_none_is_lost(form: str, raws: list[bytes]) -> None:
    made = LINES[form][0]
    pbx = Pbx(name="example", dialect="example", source="", timezone="Europe/London")
    reader = Reader(made, pbx)
    reading = reader.read(Frames(raws, list(range(len(raws)))))

    assert reading.frames == len(raws)
    alone = [outcome for number, raw in enumerate(raws) for outcome in in_order(reader.read(Frames([raw], [number])))]
    assert in_order(reading) == alone


def test_a_line_belongs_to_the_first_record_that_claims_it() -> None:
    two = layout(
        [
            {"form": "blanks", "columns": [TIME, column("extension"), column("called")]},
            {"form": "blanks", "columns": [TIME, column("extension")]},
        ],
    )
    found = outcomes(two, "09:30 101 2125550142", "09:31 102", "09:32 103 2125550143", "09:33")

    assert [each.get("extension") for each in found] == ["101", "102", "103", None]
    assert found[3] == {"is": "rejected", "reason": "no rule matches"}


def test_a_separator_behind_the_last_field_is_no_field() -> None:
    assert outcome(CSV, "03/02/26;09:30;101;2125550142;")["called"] == "2125550142"
    assert outcome(CSV, "03/02/26;09:30;101;2125550142;x")["reason"] == "5 fields where 3 to 4 belong"


def test_an_object_that_lacks_a_key_is_no_record() -> None:
    assert outcome(JSON, '{"date": "03/02/26", "to": "2125550142"}')["reason"] == "no rule matches"
    assert outcome(JSON, "[1, 2]")["reason"] == "no rule matches"


def test_an_object_within_objects_without_end_is_not_followed_for_ever() -> None:
    assert outcome(JSON, '{"a":' * 400 + "1" + "}" * 400)["is"] == "rejected"


def test_a_value_whose_parts_stand_apart_is_read_as_one() -> None:
    apart = layout(
        {
            "form": "fixed",
            "shape": ["99999999 99 A"],
            "columns": [
                column("started_local", "moment", form="MMDDhhmmYY", at=[0, 8], also=[[9, 2]]),
                column("extension", at=[12, 0]),
            ],
        },
    )

    for count in (1, FEW + 1):
        found = outcomes(apart, *["03020930 26 X101"] * count)

        assert {(each["started_local"], each["extension"]) for each in found} == {("2026-03-02T09:30:00", "X101")}


def test_a_sign_behind_a_backslash_stands_for_itself_in_a_mask() -> None:
    exact = layout({"form": "fixed", "shape": [r"K\A 99:99"], "columns": [{**TIME, "at": [3, 5]}]})

    for count in (1, FEW + 1):
        assert {each["is"] for each in outcomes(exact, *["KA 09:30"] * count)} == {"record"}
        assert {each["is"] for each in outcomes(exact, *["KB 09:30"] * count)} == {"rejected"}


def test_a_csv_record_with_a_match_leaves_what_begins_otherwise_to_the_next_record() -> None:
    columns = [DATE, TIME, column("extension"), column("called")]
    some = {"form": "csv", "match": '"?[0-3] # a month', "columns": columns}
    two = layout([some, {"form": "csv", "columns": [column("called"), column("extension"), DATE, TIME]}])

    for often in (1, FEW + 1):
        lines = ["01/02/26,10:03,101,102", "x,101,01/02/26,10:03", "1/2"] * often
        said = outcomes(two, *lines)
        assert [each["is"] for each in said] == ["record", "record", "rejected"] * often
        assert {each.get("extension") for each in said} == {"101", None}


def test_a_json_record_needs_the_keys_of_texts_that_have_a_match() -> None:
    needy = layout({"form": "json", "columns": [DATE, TIME, column("extension"), column("called", match="^1")]})
    begun = '{"date": "01/02/26", "time": "10:03", "extension": "101"'

    assert outcome(needy, begun + ', "called": "102"}')["is"] == "record"
    assert outcome(needy, begun + ', "called": "202"}')["column"] == "called"
    assert outcome(needy, begun + "}")["reason"] == "no rule matches"


def test_an_object_in_a_text_is_one_within_the_object() -> None:
    wrapped = layout({"form": "json", "columns": [DATE, TIME, column("extension", key="msg.ext"), column("called")]})
    around = '{"date": "01/02/26", "time": "10:03", "called": "102", "msg": '

    assert outcome(wrapped, around + '"{\\"ext\\": \\"101\\"}"}')["extension"] == "101"
    for other in ("{broken", "[1]", "plain"):
        assert "extension" not in outcome(wrapped, around + f'"{other}"}}')


def test_the_encoding_of_a_pbx_can_be_set() -> None:
    choices = ["cp437", "cp1251"]
    option = {"encoding": {"help": "a", "form": "b", "example": "cp437", "choices": choices}}
    made = layout({"form": "blanks", "columns": [column("extension"), column("caller_name")]}, option=option)

    names = [outcome(made, b"101 \x8erger", encoding=encoding)["caller_name"] for encoding in choices]

    assert [*names, outcome(made, b"101 \x8erger")["caller_name"]] == ["Ärger", "Ћrger", "\x8erger"]


@given(st.text(alphabet="ab= :,\t-.é\n", max_size=40), st.sampled_from([",", ";", "=", ":"]))
def test_pairs_are_those_of_a_text_divided_at_its_separators(text: str, separator: str) -> None:
    expected = {}
    for piece in text.split(separator):
        bare = piece.strip(" \t\n\r\f\v")
        name = re.match(r"[\w.-]+", bare, re.ASCII)
        if name is None:
            continue
        rest = bare[name.end() :]
        value = rest.lstrip(" \t\n\r\f\v")
        if value.startswith(("=", ":")):
            expected[name[0]] = value[1:].lstrip(" \t\n\r\f\v")
        elif value != rest:
            expected[name[0]] = value

    found = dict(pairs_between(separator).findall(text))

    assert {name: value for name, value in found.items() if value} == {k: v for k, v in expected.items() if v}
