"""Text with unquoted separators is put together again where there is one way to do it, and left alone otherwise."""

from __future__ import annotations

import pytest

from tests.fakes.sites import a_pbx
from tollbook.dialects.layout.layout import read_layout
from tollbook.dialects.reading.reader import Reader
from tollbook.model.frame import Frames
from tollbook.model.problem import Misconfigured
from tollbook.model.reading import Reading
from tollbook.model.texts import FEW

COLUMNS = [
    {"name": "caller_name", "means": "name"},
    {"name": "extension", "match": r"^\d+$", "means": "extension"},
    {"name": "feature", "means": "name"},
    {"name": "talk_s", "kind": "seconds", "match": r"^\d+$", "means": "talk"},
    {"name": "account_code", "means": "code"},
]


def layout_with(into: list[str]) -> dict[str, object]:
    record = {"name": "call", "form": "csv", "fewest": 4, "columns": COLUMNS, "surplus": {"into": into}}
    return {
        "title": "t",
        "vendor": "v",
        "models": ["m"],
        "certainty": "c",
        "framing": "lines",
        "encodings": ["utf-8"],
        "record": [record],
        "evidence": [],
    }


def read(*lines: str) -> Reading:
    reader = Reader(read_layout("mine", layout_with(["caller_name", "feature"])), a_pbx())
    return reader.read(Frames([line.encode() for line in lines], list(range(len(lines)))))


@pytest.mark.parametrize(
    ("line", "name", "feature"),
    [
        ("Frey,201,Desk,9", "Frey", "Desk"),
        ("Frey, Anna,201,Desk,9", "Frey, Anna", "Desk"),
        ("Frey, Anna,201,Desk, north,9,77", "Frey, Anna", "Desk, north"),
        ("Frey,201,Desk, north, upstairs,9,77", "Frey", "Desk, north, upstairs"),
        ("Frey,201,a,b,c,d,e,9,77,", "Frey", "a,b,c,d,e"),
    ],
)
def test_fields_are_joined_until_every_column_holds_what_it_must(line: str, name: str, feature: str) -> None:
    calls = read(line).calls

    assert (list(calls.caller_name or []), list(calls.feature)) == ([name], [feature])
    assert list(calls.extension) == ["201"]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("Frey,201,7,201,Desk,9", id="two ways"),
        pytest.param("a,b,c,d,e,f,201,Desk,9", id="too many separators"),
        pytest.param("a," * 2000 + "201,Desk,9", id="far too many"),
        pytest.param("Frey,x,Desk,9", id="none too many, and still wrong"),
    ],
)
def test_what_cannot_be_joined_in_one_way_is_a_reject(line: str) -> None:
    reading = read(line)

    assert (len(reading.calls), len(reading.rejected)) == (0, 1)


def test_a_row_that_spilled_over_among_many_keeps_its_place() -> None:
    lines = ["Frey,201,Desk,9"] * FEW + ["Frey, Anna,202,Desk,9"] + ["Frey,201,Desk,9"] * FEW
    calls = read(*lines).calls

    assert list(calls.extension) == ["201"] * FEW + ["202"] + ["201"] * FEW
    assert calls.offsets == list(range(len(lines)))


def test_a_column_to_spill_into_that_there_is_not_is_said() -> None:
    with pytest.raises(Misconfigured, match="no column is called 'nickname'"):
        read_layout("mine", layout_with(["nickname"]))
