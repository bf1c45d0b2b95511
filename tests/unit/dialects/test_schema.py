"""The published schemas take whatever the catalogue says, and refuse what a hurried person writes."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from tollbook.cli.dialect_schema import FormatText, schema_text
from tollbook.dialects.known import catalogue
from tollbook.dialects.layout.layout import read_layout
from tollbook.model.problem import Misconfigured

SCHEMAS = {each: msgspec.json.decode(schema_text(each)) for each in FormatText}
VALIDATORS = {each: jsonschema_rs.validator_for(schema) for each, schema in SCHEMAS.items()}
TEXTS = [(each, path) for dialect in catalogue() for each in FormatText for path in dialect.folder.glob(f"{each}.toml")]
LAYOUT = """
title = "Abacus"
vendor = "Example"
models = ["A-1"]
certainty = "made up for this test"
framing = "lines"
encodings = ["utf-8"]
evidence = []
[[record]]
name = "call"
form = "csv"
columns = [{ name = "date", kind = "date", form = ["DD.MM.YY"], means = "day" }, { name = "time", means = "start" }]
[[rule]]
when = { time = "^1" }
gives = { direction = "incoming" }
"""


def faults(text: str) -> list[str]:
    return [each.message for each in VALIDATORS[FormatText.DIALECT].iter_errors(tomllib.loads(text))]


@pytest.mark.parametrize(("of", "path"), TEXTS, ids=[f"{path.parent.name}/{path.name}" for _, path in TEXTS])
def test_a_text_of_the_catalogue_is_as_its_schema_says(of: FormatText, path: Path) -> None:
    assert [each.message for each in VALIDATORS[of].iter_errors(tomllib.loads(path.read_text()))] == []


def test_a_plain_format_is_as_the_schema_says() -> None:
    assert faults(LAYOUT) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("encodings =", "encoding ="),
        ('form = "csv"', 'form = "cvs"'),
        ('framing = "lines"', 'framing = "line"'),
        ('kind = "date"', 'kind = "data"'),
        ('form = ["DD.MM.YY"]', 'form = "DD.MM.YY"'),
        ('means = "day"', 'mean = "day"'),
        ("[[rule]]", "[rule]"),
        ('"incoming"', '"inbound"'),
        ("[[rule]]", "[[rules]]"),
        ('models = ["A-1"]', 'models = "A-1"'),
    ],
)
def test_a_slip_is_refused_by_the_schema_and_by_the_reader(right: str, wrong: str) -> None:
    text = LAYOUT.replace(right, wrong, 1)

    assert faults(text) != []
    with pytest.raises(Misconfigured):
        read_layout("abacus", tomllib.loads(text), trusted=False)


def keys(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, part in [("", schema), *schema.get("definitions", {}).items()]:
        yield from ((name, key, told) for key, told in part.get("properties", {}).items())


@pytest.mark.parametrize("of", FormatText)
def test_every_key_says_what_it_means(of: FormatText) -> None:
    assert [f"{part}.{key}" for part, key, told in keys(SCHEMAS[of]) if not told.get("description")] == []


@pytest.mark.parametrize("of", FormatText)
def test_a_schema_is_one_by_its_own_draft(of: FormatText) -> None:
    assert jsonschema_rs.meta.is_valid(SCHEMAS[of])


def test_a_layout_that_came_with_tollbook_is_not_written_so() -> None:
    assert faults("trusted = true\n" + LAYOUT) != []
