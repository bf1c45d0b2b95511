"""The manual on the terminal."""

from __future__ import annotations

from typer.testing import CliRunner

from tollbook.cli import app
from tollbook.model.problem import Misconfigured


def told(*words: str) -> str:
    done = CliRunner().invoke(app, ["guide", *words])
    assert done.exit_code == 0
    return done.output


def test_without_a_page_the_contents_are_shown() -> None:
    assert told().startswith("# Manual")


def test_a_page_of_the_guide_is_found_by_its_bare_name_and_any_other_by_its_whole() -> None:
    assert told("kx-hts").startswith("# Panasonic KX-HTS32")
    assert told("pbx/panasonic_kx_hts").startswith("# ")


def test_pages_are_found_by_their_words() -> None:
    assert "guide/serial" in told("--find", "serial lines").splitlines()[0]
    assert "No page holds" in told("--find", "xyzzy")


def test_a_page_that_is_not_there_says_which_was_meant() -> None:
    done = CliRunner().invoke(app, ["guide", "kxhts"])

    assert isinstance(done.exception, Misconfigured)
    assert "did you mean 'kx-hts'?" in str(done.exception)
