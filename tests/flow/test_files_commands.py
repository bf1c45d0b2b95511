"""`report run --background` and `files list|get|cancel|remove`, without a server and with one."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from tests.fakes.commands import Commands, serving
from tests.flow.test_budget_commands import site

__all__ = ("site",)
JANUARY = ("--from", "2026-01-01", "--to", "2026-01-31")


def test_a_file_is_made_in_the_background_and_fetched(site: Commands, tmp_path: Path) -> None:
    asked = ("report", "run", "by-extension", *JANUARY, "--format", "csv")
    at_once = site.run(*asked).out
    told = site.run(*asked, "--background")
    key = told.out.strip()
    assert f"fetch it with: tollbook files get {key}" in told.err

    (row,) = site.run("files", "list", "--format", "json").json()
    assert (row["file"], row["state"], row["title"], row["open"]) == (key, "ready", "Calls by extension", True)
    target = tmp_path / "by-extension.csv"
    assert site.run("files", "get", key, "--output", str(target)).code == 0
    assert list(csv.reader(io.StringIO(target.read_text()))) == list(csv.reader(io.StringIO(at_once)))
    assert site.run("files", "remove", key).code == 0
    assert site.run("files", "list", "--format", "json").json() == []
    gone = site.run("files", "get", key)
    assert (gone.code, "there is no such file" in gone.err) == (2, True)


def test_a_server_goes_on_with_a_file_that_a_command_asked_for(site: Commands, tmp_path: Path) -> None:
    with serving(site.site):
        words = ("--rows", "extension", "--measures", "calls,talk", *JANUARY, "--format", "xlsx")
        key = site.run("report", "explore", *words, "--background").out.strip()
        target = tmp_path / "calls.xlsx"
        assert site.run("files", "get", key, "--output", str(target)).code == 0
        assert target.read_bytes().startswith(b"PK")
        assert "ready" in site.run("files", "cancel", key).err


def test_a_table_for_the_terminal_is_no_file(site: Commands) -> None:
    told = site.run("report", "run", "by-extension", *JANUARY, "--background")
    assert (told.code, "add --format xlsx" in told.err) == (2, True)
