"""What is wrong with a layout is said before any record is read: every fault, by place and reason."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.layouts import column, layout
from tollbook.model.problem import Misconfigured

GOOD: dict[str, Any] = {"form": "blanks", "columns": [column("extension")]}


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
            "column extension cannot begin before the line",
        ),
        ({**GOOD, "form": "pattern", "match": "(?P<other>x)"}, "no group of the pattern is called 'extension'"),
        ({**GOOD, "form": "pattern", "match": "(x"}, "the record's pattern cannot be used"),
        ({**GOOD, "form": "keyed"}, "a keyed record needs a match"),
        ({**GOOD, "form": "csv", "separator": "::"}, "a separator is one ASCII character"),
        ({**GOOD, "form": "csv", "fewest": 9}, "'fewest' is more than there are columns"),
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
        ({"rule": [{"gives": {"direction": "sideways"}}]}, "direction cannot be 'sideways'"),
        ({"rule": [{"gives": {"outcome": "maybe"}}]}, "outcome cannot be 'maybe'"),
        ({"rule": [{"gives": {"trunk": "{"}}]}, "'{' has a brace that names no column"),
        ({"rule": [{"when": {"extension": "["}}]}, "the pattern '[' cannot be used"),
        ({"skip": [{"match": "*", "reason": "x"}]}, "the pattern '*' cannot be used"),
        ({"channel": [{"match": "(", "role": "trunk"}]}, "the pattern '(' cannot be used"),
        ({"outcomes": {"OK": "fine"}}, "status 'OK' cannot mean 'fine'"),
        (
            {"option": {"o": {"help": "a", "form": "b", "example": "c", "default": "x", "choices": ["y"]}}},
            "option o cannot be 'x' by default",
        ),
        (
            {"option": {"encoding": {"help": "a", "form": "b", "example": "c", "choices": ["martian"]}}},
            "no encoding is called 'martian'",
        ),
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
