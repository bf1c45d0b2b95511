"""A site's own folder of dialects stands beside the catalogue: found at once, and read again when it changes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tollbook.dialects import known
from tollbook.dialects.known import Catalogue, layouts
from tollbook.dialects.layout.layout import Layout, read_layout
from tollbook.model.frame import Frames
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Misconfigured

OWN = """
title = "Ours"
vendor = "Example"
models = ["E-100"]
certainty = "made up"
framing = "lines"
encodings = ["utf-8"]
evidence = []
[[record]]
name = "call"
form = "pattern"
match = '''^ (?P<extension>\\d+) \\s (?P<called>(a+)+) $'''
columns = [ { name = "extension", means = "extension" }, { name = "called", means = "number" } ]
"""


def put(site: Path, name: str, text: str, changed: int = 1) -> Path:
    path = site / name / "dialect.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (changed, changed))
    return path


def test_a_folder_put_into_the_site_is_a_dialect_at_once(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path)
    before = catalogue.layouts()
    put(tmp_path, "ours", OWN)

    assert set(catalogue.layouts()) - set(before) == {"ours"}
    assert (catalogue.layout_of("ours").title, catalogue.is_own("ours")) == ("Ours", True)
    assert {each.slug for each in catalogue.dialects()} == {*layouts(), "ours"}


def test_one_format_is_read_without_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def noting(slug: str, document: dict[str, Any]) -> Layout:
        read.append(slug)
        return read_layout(slug, document)

    monkeypatch.setattr(known, "read_layout", noting)
    known._layout.cache_clear()  # noqa: SLF001 - whatever ran before has read some

    assert Catalogue().layout_of("panasonic-kx-hts").vendor == "Panasonic"
    assert not Catalogue().is_own("asterisk-cdr-csv")
    assert read == ["panasonic-kx-hts"]


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path)
    put(tmp_path, "ours", OWN)
    first = catalogue.layout_of("ours")
    put(tmp_path, "ours", OWN.replace("Ours", "Theirs"), changed=2)

    assert (first.title, catalogue.layout_of("ours").title) == ("Ours", "Theirs")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("ours", "title = ", "the layout cannot be read"),
        ("ours", OWN.replace("pattern", "tree"), "the layout cannot be used"),
        ("Ours!", OWN, "'Ours!' cannot be a dialect's name"),
        ("panasonic-kx-hts", OWN, "the name 'panasonic-kx-hts' is taken"),
        ("ours", OWN + "# " + "x" * (1 << 20), "the layout is too large"),
    ],
)
def test_one_that_cannot_be_used_is_told_and_hinders_no_other(tmp_path: Path, name: str, text: str, words: str) -> None:
    put(tmp_path, name, text)
    catalogue = Catalogue(tmp_path)

    assert words in "\n".join(map(str, catalogue.problems()))
    assert catalogue.layouts() == layouts()


def test_one_that_cannot_be_used_says_why_when_it_is_asked_for(tmp_path: Path) -> None:
    put(tmp_path, "ours", "title = ")

    with pytest.raises(Misconfigured, match="the layout cannot be read"):
        Catalogue(tmp_path).layout_of("ours")


def test_a_pattern_of_a_site_cannot_hang_the_server(tmp_path: Path) -> None:
    put(tmp_path, "ours", OWN)
    reader = Catalogue(tmp_path).reader_for(Pbx(name="a", dialect="ours", source=""))
    # Python's `re` would try two to the power of 60000 ways to match this.
    reading = reader.read(Frames([b"101 " + b"a" * 60_000 + b"!"], [0]))

    assert len(reading.rejected) == 1


def test_without_a_folder_there_is_the_catalogue() -> None:
    assert Catalogue().layouts() == layouts()
    assert Catalogue(Path("/nowhere")).problems() == []
