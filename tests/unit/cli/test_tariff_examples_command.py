"""`tollbook tariff examples`: what there is to begin with, written where somebody wants it and over nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tollbook.cli import app
from tollbook.model.problem import Misconfigured
from tollbook.site.tariffs.examples import example, examples


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["tariff", "examples", *words])


def test_the_examples_are_listed_with_what_each_shows() -> None:
    table = run().stdout

    assert all(each.name in table and each.title in table for each in examples())
    assert [each["name"] for each in json.loads(run("--format", "json").stdout)] == [each.name for each in examples()]


def test_an_example_is_written_to_stdout_or_with_its_price_list_into_files(tmp_path: Path) -> None:
    wholesale = example("wholesale")
    assert run("wholesale").stdout == wholesale.document

    assert run("wholesale", "--out", str(tmp_path / "mine.toml")).exit_code == 0

    assert (tmp_path / "mine.toml").read_text() == wholesale.document
    assert (tmp_path / "mine.csv").read_text() == wholesale.prices


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("to,price\n")

    refused = run("wholesale", "--out", str(tmp_path / "mine.toml"))

    assert isinstance(refused.exception, Misconfigured)
    assert "mine.csv is there already" in str(refused.exception)
    assert not (tmp_path / "mine.toml").exists()


def test_a_name_that_no_example_has_is_told() -> None:
    refused = run("hotels")

    assert isinstance(refused.exception, Misconfigured)
    with pytest.raises(Misconfigured, match="did you mean 'hotel'"):
        raise refused.exception
