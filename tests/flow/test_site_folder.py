"""What folder becomes a site, and who may read it then."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.fakes.commands import Commands, serving
from tests.fakes.records import some_lines
from tests.fakes.sites import until


def modes(site: Path) -> set[int]:
    return {path.stat().st_mode & 0o077 for path in (site, *site.rglob("*"))}


def test_a_folder_that_everybody_could_read_is_its_owners_alone_once_it_is_served(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    site.chmod(0o755)
    before = os.umask(0o022)
    try:
        with serving(site):
            assert modes(site) == {0}
    finally:
        os.umask(before)


def test_what_a_former_start_left_open_is_mended_by_any_command_and_told_once(tmp_path: Path) -> None:
    commands = Commands(tmp_path / "site").made()
    for path in (commands.site, commands.site / "journal.sqlite", commands.site / "site.sqlite"):
        path.chmod(0o755)

    first, second = commands.run("status"), commands.run("status")

    assert first.err.count("others on this machine could read the site") == 1
    assert "others on this machine" not in second.err
    assert modes(commands.site) == {0}


@pytest.mark.parametrize("words", [("init",), ("serve", "--listen", "127.0.0.1:0")])
def test_a_folder_with_other_things_in_it_becomes_no_site(tmp_path: Path, words: tuple[str, ...]) -> None:
    for name in ("letters", "photos", "taxes", "work"):
        (tmp_path / "home" / name).mkdir(parents=True)

    outcome = Commands(tmp_path / "home").run(*words)

    assert outcome.code == 2
    assert outcome.err.startswith("error: this folder is no site")
    assert "reason: it holds other things: letters, photos, taxes and more" in outcome.err
    assert len(list((tmp_path / "home").iterdir())) == 4


def test_what_a_person_lays_into_a_folder_for_its_site_is_no_other_thing(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "dialects").mkdir(parents=True)
    (site / "lost+found").mkdir()
    (site / "tollbook.toml").write_text("")

    assert Commands(site).run("init").code == 0


def test_what_a_file_sink_writes_may_be_read_by_whoever_may_read_its_folder(tmp_path: Path) -> None:
    commands, out = Commands(tmp_path / "site").made(), tmp_path / "out"
    out.mkdir()
    out.chmod(0o750)
    record = tmp_path / "watched/Master.csv"
    added = commands.run("sink", "add", "files", "--kind", "file", "--set", f"path={out}", "--set", "interval=0.1")
    assert added.code == 0, added.err
    with serving(commands.site):
        record.write_bytes(b"".join(some_lines(3)))
        until(lambda: list(out.glob("files-*")), 40)

    assert {path.stat().st_mode & 0o777 for path in out.glob("files-*")} == {0o640}
