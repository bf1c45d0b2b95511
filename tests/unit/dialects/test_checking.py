"""What is wrong with a layout is said before any record is read: every fault, by place and reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.fakes.layouts import column, layout
from tollbook.model import limits
from tollbook.model.problem import Misconfigured

GOOD: dict[str, Any] = {"form": "blanks", "columns": [column("extension")]}

BAD_ENCODINGS = [
    "martian", "hex", "rot13", "idna", "punycode", "undefined", "utf-16", "utf-32", "utf-7", "hz", "cp037",
    "unicode_escape", "\0",
]  # fmt: skip


def told(record: dict[str, Any], **more: Any) -> str:  # noqa: ANN401 - parts of a layout
    with pytest.raises(Misconfigured) as raised:
        layout(record, trusted=False, **more)
    return "\n".join(map(str, raised.value.problems))


def with_column(**changes: object) -> dict[str, Any]:
    return {**GOOD, "columns": [{**column("extension"), **changes}]}


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (with_column(kind="colour"), "unknown field kind 'colour'"),
        (with_column(kind="date"), "a date needs a form"),
        (with_column(match="("), "the pattern '(' cannot be used"),
        (with_column(match="(?=a)b"), "the pattern '(?=a)b' cannot be used"),
        (with_column(replace={"ab": "c"}), "a sign to replace is one character"),
        (with_column(kind="date", form=["DD.DD.YY"]), "the form 'DD.DD.YY' cannot be used"),
        ({**GOOD, "columns": [column("extension"), column("extension")]}, "two columns are called 'extension'"),
        ({**GOOD, "form": "fixed"}, "a record of fixed columns needs a shape"),
        (
            {**with_column(at=[-1, 2]), "form": "fixed", "shape": ["99"]},
            "a column cannot begin before the line",
        ),
        ({**GOOD, "form": "pattern", "match": "(?P<other>x)"}, "no group of the pattern is called 'extension'"),
        ({**GOOD, "form": "pattern", "match": "(x"}, "the record's pattern cannot be used"),
        ({**GOOD, "form": "keyed"}, "a keyed record needs a match"),
        ({**GOOD, "form": "csv", "separator": "::"}, "a separator is one ASCII character"),
        ({**GOOD, "form": "csv", "fewest": 9}, "'fewest' counts columns"),
        ({**GOOD, "fewest": -1}, "'fewest' counts columns"),
        ({**GOOD, "form": "csv", "separator": '"'}, "a separator is one ASCII character, and no quote"),
        ({**GOOD, "form": "csv", "separator": " "}, "a separator is one ASCII character, and no quote, blank"),
        ({**GOOD, "form": "keyed", "match": "^", "separator": ""}, "a keyed record needs a separator"),
        ({**GOOD, "form": "csv", "surplus": {"first": 1}}, "'first' and 'last' leave no column"),
        ({**GOOD, "form": "csv", "surplus": {"first": -1}}, "'first' and 'last' leave no column"),
        ({"form": "csv", "columns": []}, "a record needs columns"),
        (with_column(kind="date", form=["MM/YY"]), "the form 'MM/YY' cannot be used"),
        (with_column(kind="time", form=["mm:ss"]), "it has no 'h'"),
        (with_column(kind="date", form=["DD/MM pp"]), "it has no 'h'"),
        (with_column(kind="moment", form=["DD/MM hh:mm"]), "it has no 'Y'"),
        (with_column(kind="duration", form=["x"]), "nothing in it counts any time"),
        (with_column(kind="time", form=["hh WWW WWW"]), "'W' stands in it twice"),
        (with_column(name="ring_s", kind="date", form=["DD/MM"]), "ring_s cannot be a date"),
        (with_column(name="date", kind="epoch"), "date cannot be a epoch"),
        (with_column(at=[1 << 70, 1]), "a column cannot stand behind the end of any line"),
        (with_column(also=[[0, 1 << 31]]), "a column cannot stand behind the end of any line"),
        ({**GOOD, "form": "tree"}, "Invalid enum value 'tree'"),
        ({**GOOD, "colour": "red"}, "unknown field `colour`"),
    ],
)
def test_a_fault_in_a_record_is_told(record: dict[str, Any], words: str) -> None:
    assert words in told(record)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"rule": [{"when": {"colour": "red"}}]}, "no column is called 'colour'"),
        ({"rule": [{"record": ["other"]}]}, "no record is called 'other'"),
        ({"rule": [{"among": {"colour": "queues"}}]}, "no column is called 'colour'"),
        ({"rule": [{"among": {"extension": "queues"}}]}, "no option is called 'queues'"),
        ({"rule": [{"gives": {"direction": "sideways"}}]}, "direction cannot be 'sideways'"),
        ({"rule": [{"gives": {"outcome": "maybe"}}]}, "outcome cannot be 'maybe'"),
        ({"rule": [{"gives": {"trunk": "{"}}]}, "'{' has a brace that names no column"),
        ({"rule": [{"when": {"extension": "["}}]}, "the pattern '[' cannot be used"),
        ({"rule": [{"equals": {"extension": "telephone"}}]}, "no column is called 'telephone'"),
        ({"rule": [{"equals": {"telephone": "extension"}}]}, "no column is called 'telephone'"),
        ({"skip": [{"match": "*", "reason": "x"}]}, "the pattern '*' cannot be used"),
        ({"channel": [{"match": "(", "role": "trunk"}]}, "the pattern '(' cannot be used"),
        ({"outcomes": {"OK": "fine"}}, "status 'OK' cannot mean 'fine'"),
        (
            {"option": {"o": {"help": "a", "form": "b", "example": "c", "default": "x", "choices": ["y"]}}},
            "option o cannot be 'x' by default",
        ),
        (
            {"option": {"encoding": {"help": "a", "form": "b", "example": "c", "choices": ["martian"]}}},
            "the encoding 'martian' cannot be used",
        ),
        *[({"encodings": [name]}, f"the encoding {name!r} cannot be used") for name in BAD_ENCODINGS],
        ({"channel": [{"match": "(x)", "role": "trunk", "name": r"\2"}]}, r"a channel's name cannot be '\\2'"),
        ({"channel": [{"match": "(x)", "role": "trunk", "name": r"\x"}]}, r"a channel's name cannot be '\\x'"),
        ({"channel": [{"match": "(", "role": "trunk", "name": r"\2"}]}, "the pattern '(' cannot be used"),
        ({"derive": "channels"}, "there is no column started_local"),
        ({"assembly": {"same": ["linked_id"], "within_s": 1 << 70}}, "'within_s' is too large"),
        ({"assembly": {"same": ["linked_id"], "talk": {"begins": ["in"], "ends": []}}}, "`talk` needs words of `leg`"),
        ({"option": {"encoding": {"help": "a", "form": "b", "example": "c"}}}, "the option encoding needs choices"),
    ],
)
def test_a_fault_beside_the_records_is_told(more: dict[str, Any], words: str) -> None:
    assert words in told(GOOD, **more)


def test_all_faults_are_told_at_once() -> None:
    text = told(with_column(kind="colour"), outcomes={"OK": "fine"}, skip=[{"match": "(", "reason": "x"}])

    assert text.count("error:") == 3


def test_a_pattern_that_would_fill_the_memory_is_refused() -> None:
    assert "cannot be used" in told(with_column(match="((a{100}){100}){100}"))


CHANNELS = [
    column("started_local", "wall-time"),
    column("answered_local", "wall-time", empty=True),
    column("ended_local", "wall-time", empty=True),
    column("total_s", "seconds"),
    column("talk_s", "seconds"),
]


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"columns": [{**CHANNELS[0], "empty": True}, *CHANNELS[1:]]}, "started_local is always known"),
        ({"columns": [{**CHANNELS[0], "kind": "text"}, *CHANNELS[1:]]}, "there is no column started_local"),
        ({"columns": [*CHANNELS[:1], {**CHANNELS[1], "kind": "text"}, *CHANNELS[2:]]}, "there is no column answered_"),
        ({"columns": CHANNELS, "moved": {"columns": ["a"], "unless": []}}, "3 columns can have moved"),
    ],
)
def test_a_fault_in_a_record_of_channels_is_told(record: dict[str, Any], words: str) -> None:
    assert words in told({"form": "csv", **record}, derive="channels")


def columns(number: int) -> list[dict[str, Any]]:
    return [column(f"c{each}") for each in range(number)]


def of_records(*records: dict[str, Any]) -> dict[str, Any]:
    return {"record": list(records)}


def spilling(most: int) -> dict[str, Any]:
    names = [each["name"] for each in columns(most)]
    return of_records({"form": "csv", "columns": columns(most), "surplus": {"into": names}})


@pytest.mark.parametrize(
    ("most", "of"),
    [
        (limits.FORMAT_RECORDS, lambda most: of_records(*[GOOD] * most)),
        (limits.FORMAT_RULES, lambda most: {"rule": [{}] * most}),
        (limits.FORMAT_RULES, lambda most: {"skip": [{"match": "a", "reason": "b"}] * most}),
        (limits.FORMAT_COLUMNS, lambda most: of_records({**GOOD, "columns": columns(most)})),
        (limits.FORMAT_COLUMNS, lambda most: {"skip": [{"match": "()" * most, "reason": "b"}]}),
        (limits.FORMAT_TEXT, lambda most: {"skip": [{"match": "a" * most, "reason": "b"}]}),
        (limits.FORMAT_FORM, lambda most: of_records(with_column(kind="time", form=["hh".ljust(most)]))),
        (limits.FORMAT_PARTS, lambda most: of_records(with_column(kind="time", form=["hh:mm"] * most))),
        (limits.FORMAT_GAP_S, lambda most: {"assembly": {"same": ["linked_id"], "within_s": most}}),
        (limits.LONGEST_RECORD, lambda most: of_records(with_column(at=[1, most - 1]))),
        (limits.FORMAT_SPILLS, spilling),
        (limits.FORMAT_WAYS, lambda most: {"encodings": ["ascii"] * most}),
        (
            limits.FORMAT_WAYS,
            lambda most: of_records({**with_column(at=[0, 2]), "form": "fixed", "shape": ["99"] * most}),
        ),
        (limits.FORMAT_REPLACED, lambda most: of_records(with_column(replace={"a": "b" * most}))),
        (limits.FORMAT_RULES, lambda most: {"models": ["E-100"] * most}),
        (limits.FORMAT_RULES, lambda most: {"outcomes": {f"S{number}": "busy" for number in range(most)}}),
        (limits.FORMAT_RULES, lambda most: of_records(with_column(unset=["*"] * most))),
        (limits.FORMAT_TEXT, lambda most: {"skip": [{"match": "a", "reason": "b" * most}]}),
        (limits.FORMAT_TEXT, lambda most: of_records(with_column(means="b" * most))),
    ],
)
def test_a_layout_may_hold_as_much_as_the_limit_and_no_more(most: int, of: Callable[[int], dict[str, Any]]) -> None:
    assert layout(**{"record": GOOD, "trusted": False, **of(most)}).title
    assert told(**{"record": GOOD, **of(most + 1)})


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ({}, "the lines of a record are told in one way"),
        ({"begins": "^-", "width": 80}, "got begins, width of begins, count"),
        ({"width": 80, "count": 3}, "'ends' and 'count' belong to records that begin in a way of their own"),
        ({"begins": "("}, "the pattern '(' cannot be used"),
        ({"begins": "^-", "ends": "(?=a)"}, "the pattern '(?=a)' cannot be used"),
        ({"begins": "^-", "most": 0}, "'most' cannot be 0"),
        ({"begins": "^-", "most": limits.FORMAT_LINES + 1}, f"it is {limits.FORMAT_LINES} at most"),
        ({"count": 201}, "'count' cannot be 201"),
        ({"count": -1}, "'count' cannot be -1"),
        ({"width": limits.LONGEST_RECORD + 1}, "'width' cannot be"),
        ({"frames": {"begins": ["01"], "length": 4}, "width": 80}, "got width, frames of begins, count"),
        ({"frames": {"begins": [], "length": 4}}, "messages begin in one way at least"),
        ({"frames": {"begins": [f"{number:04x}" for number in range(17)], "length": 4}}, "16 marks at most"),
        ({"frames": {"begins": ["zz"], "length": 4}}, "'zz' cannot be the beginning of anything"),
        ({"frames": {"begins": [""], "length": 4}}, "'' cannot be the beginning of anything"),
        ({"frames": {"begins": ["00" * 33], "length": 40}}, "it is 1 to 32 bytes, as hexadecimal digits"),
        ({"frames": {"begins": ["01"], "length": 4, "between": ["01 02"]}}, "'01' is how another mark begins"),
        ({"frames": {"begins": ["01", "01"], "length": 4}}, "'01' is how another mark begins"),
        ({"frames": {"begins": ["01 02"], "length": 1}}, "a message cannot have 1 bytes"),
        ({"frames": {"begins": ["01"], "length": limits.LONGEST_RECORD + 1}}, "a message cannot have"),
    ],
)
def test_what_a_format_declares_of_lines_is_told_where_it_cannot_be_used(lines: dict[str, object], words: str) -> None:
    assert words in told(GOOD, lines=lines)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"form": "xml", "columns": [column("date", "date", form="DD.MM.YY")]}, "an XML record needs a match"),
        ({"form": "xml", "match": "(", "columns": []}, "the pattern '(' cannot be used"),
        ({"form": "xml", "match": "<cdr", "columns": [column("date", key="a[b].c")]}, "'a[b].c' leads to nothing"),
        ({"form": "xml", "match": "<cdr", "columns": [column("date", key="a..b")]}, "'a..b' leads to nothing in XML"),
        ({"form": "xml", "match": "<cdr", "columns": [column("date", key="")]}, "'key' is empty"),
        ({"form": "xml", "match": "<cdr", "columns": [column("date", key="a." * 128 + "b")]}, "it has 129 steps, and"),
        ({"form": "xml", "match": "<cdr", "columns": [column("date", at=[3, 4])]}, "'at' and 'also' have no meaning"),
        ({"form": "xml", "match": "<cdr", "columns": [column("date", also=[[3, 4]])]}, "'at' and 'also' have no mean"),
        ({"form": "xml", "match": "<cdr", "columns": [column("date", form="x")]}, "a text is written in one way only"),
        ({"form": "csv", "columns": [column("z", "zone", form="x")]}, "a zone is written in one way only"),
        ({"form": "csv", "encoded": "url", "columns": [column("date")]}, "of form json and xml have 'encoded' values"),
        (
            {"form": "csv", "columns": [column("talk_s", "seconds", minus="begin"), column("begin")]},
            "talk_s cannot be counted from begin",
        ),
        ({"form": "csv", "columns": [column("talk_s", "seconds", minus="x")]}, "talk_s cannot be counted from x"),
        (
            {"form": "csv", "columns": [column("time", "time", form="hh:mm", minus="n"), column("n", "number")]},
            "time cannot be counted from n",
        ),
    ],
)
def test_what_is_said_of_xml_and_of_seconds_between_two_columns_is_looked_at(
    record: dict[str, Any],
    words: str,
) -> None:
    assert words in told(record)


FRAMES = {"frames": {"begins": ["01 00"], "length": 772, "between": ["03 04"]}}


@pytest.mark.parametrize(
    "lines", [{"count": 3}, {"begins": "^-", "ends": "x"}, {"width": 80}, {"objects": True}, FRAMES]
)
def test_one_way_to_tell_the_lines_of_a_record_is_enough(lines: dict[str, object]) -> None:
    assert layout(GOOD, trusted=False, lines=lines).lines
