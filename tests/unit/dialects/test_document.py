"""A `dialect.toml` that anybody may have written is read within the limits, or refused in words."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.dialects.test_known import OWN, put
from tollbook.dialects.known import Catalogue, layouts
from tollbook.model.document import read_document
from tollbook.model.limits import FORMAT_DEPTH, FORMAT_FILE, SITE_FORMATS
from tollbook.model.problem import Misconfigured


def key(parts: int) -> str:
    return ".".join(["a"] * parts)


def brackets(levels: int) -> str:
    """A list in the table of the file that has so many levels in all."""
    return "a = " + "[" * (levels - 1) + "]" * (levels - 1)


@pytest.mark.parametrize(
    ("most", "of"),
    [
        (FORMAT_DEPTH, lambda most: f"{key(most)} = 1"),
        (FORMAT_DEPTH, lambda most: f"[{key(most - 1)}]"),
        (FORMAT_DEPTH, lambda most: f"[[{key(most - 2)}]]"),
        (FORMAT_DEPTH, brackets),
        (FORMAT_FILE, lambda most: "#".ljust(most, "x")),
    ],
)
def test_a_document_is_read_up_to_the_limit(most: int, of: object) -> None:
    assert callable(of)
    assert isinstance(read_document(of(most), "x"), dict)
    with pytest.raises(Misconfigured, match="the layout"):
        read_document(of(most + 1), "x")


BOMBS = {
    "a key without end": key(200_000) + " = 1",
    "a table without end": "[" + key(200_000) + "]",
    "quoted parts without end": ".".join(['"a"'] * 100_000) + " = 1",
    "a key within a table on a line": "a = { " + key(200_000) + " = 1 }",
    "brackets without end": "a = " + "[" * 100_000,
    "tables on a line within one another": "a = " + "{b = " * 20_000,
    "a number without end": "a = " + "9" * 100_000,
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_a_document_made_to_fill_the_memory_is_refused_at_once(text: str) -> None:
    with pytest.raises(Misconfigured, match="the layout cannot be read"):
        read_document(text, "x")


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_such_a_format_of_a_site_hinders_no_other(tmp_path: Path, text: str) -> None:
    put(tmp_path, "bomb", text)
    put(tmp_path, "ours", OWN)

    assert Catalogue(tmp_path).layouts().keys() == {*layouts(), "ours"}


def test_a_place_that_is_no_plain_file_is_told_and_hinders_no_other(tmp_path: Path) -> None:
    put(tmp_path, "ours", OWN)
    for name in ("folder", "pipe", "dangling"):
        (tmp_path / name).mkdir()
    (tmp_path / "folder" / "dialect.toml").mkdir()
    os.mkfifo(tmp_path / "pipe" / "dialect.toml")
    (tmp_path / "dangling" / "dialect.toml").symlink_to(tmp_path / "nowhere")
    catalogue = Catalogue(tmp_path)

    assert catalogue.layout_of("ours").title == "Ours"
    assert catalogue.layouts().keys() == {*layouts(), "ours"}
    assert {problem.where for problem in catalogue.problems()} >= {"folder/dialect.toml", "pipe/dialect.toml"}


def test_a_site_has_formats_up_to_the_limit(tmp_path: Path) -> None:
    for number in range(SITE_FORMATS + 1):
        put(tmp_path, f"f{number:03}", OWN)
    catalogue = Catalogue(tmp_path)

    assert len(catalogue.layouts()) == len(layouts()) + SITE_FORMATS
    assert [str(problem.where) for problem in catalogue.problems()] == [f"f{SITE_FORMATS:03}"]


def test_one_format_is_asked_for_without_a_look_at_all_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        put(tmp_path, f"f{number}", OWN)
    catalogue = Catalogue(tmp_path)
    catalogue.layouts()
    looked: list[Path] = []
    stat = Path.stat

    def looking(path: Path) -> os.stat_result:
        looked.append(path)
        return stat(path)

    monkeypatch.setattr(Path, "stat", looking)

    assert catalogue.layout_of("f7").title == "Ours"
    assert looked == [tmp_path / "f7" / "dialect.toml"]
