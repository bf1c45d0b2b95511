"""`tollbook pbx check`: what became of a PBX's lines, and whether its calls look like calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.commands import Commands, master_csv


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Commands:
    folder = tmp_path_factory.mktemp("check")
    commands = Commands(folder / "site").made()
    path = master_csv(folder / "calls.csv", 60, seed=2)
    path.write_bytes(path.read_bytes() + b"no record\n")
    assert commands.run("import", str(path), "--pbx", "hts").code == 0
    return commands


def test_shares_of_lines_are_told_with_the_reasons(commands: Commands) -> None:
    told = commands.run("pbx", "check", "hts")

    assert told.code == 0, told.err
    assert "61 lines of the last 30 days: 60 read, 0 skipped, 1 not readable" in told.out
    assert "rejected" in told.out
    assert "nothing odd in 60 calls" in told.out


def test_the_same_is_told_as_json(commands: Commands) -> None:
    told = commands.run("pbx", "check", "hts", "--format", "json").json()

    assert told["whole"] == {"lines": 61, "read": 60, "skipped": 0, "rejected": 1}
    assert [each["lines"] for each in told["days"]] == [61]
    assert (told["is_checked"], told["suspicions"], told["calls"]) == (True, [], 60)


@pytest.fixture
def ahead(commands: Commands, tmp_path: Path) -> None:
    """Calls of the next decade."""
    path = master_csv(tmp_path / "ahead.csv", 40, seed=9)
    changed = path.read_bytes().replace(b"2026-", b"2036-")
    assert changed != path.read_bytes()
    path.write_bytes(changed)
    assert commands.run("import", str(path), "--pbx", "hts").code == 0


@pytest.mark.usefixtures("ahead")
def test_something_odd_is_told_and_the_exit_code_says_so(commands: Commands) -> None:
    told = commands.run("pbx", "check", "hts")

    assert told.code == 1, told.err
    assert "40 calls would begin in the future" in told.out
    assert "likely: day, month and year stand in another order" in told.out


@pytest.mark.usefixtures("ahead")
def test_something_odd_is_put_aside_and_brought_back(commands: Commands) -> None:
    no_reason = commands.run("pbx", "check", "hts", "--put-aside", "future")
    aside = commands.run("pbx", "check", "hts", "--put-aside", "future", "--note", "a test of the clock")
    stays = commands.run("pbx", "check", "hts")
    back = commands.run("pbx", "check", "hts", "--bring-back", "future")

    assert (no_reason.code, "it is to be said why" in no_reason.err) == (2, True)
    assert (aside.code, stays.code, back.code) == (0, 0, 1)
    assert "put aside by " in stays.out
    assert "why: a test of the clock" in stays.out
    assert "40 calls would begin in the future" in back.out


@pytest.mark.usefixtures("ahead")
def test_why_something_was_put_aside_commands_no_terminal(commands: Commands) -> None:
    aside = commands.run("pbx", "check", "hts", "--put-aside", "future", "--note", "a test\n\x1b[2J of the clock")

    assert "why: a test�� of the clock" in aside.out.replace("[2J", "")
    assert "\x1b" not in aside.out


def test_a_pbx_that_is_not_there_is_named(commands: Commands) -> None:
    told = commands.run("pbx", "check", "nobody")

    assert (told.code, "nobody" in told.err) == (2, True)
