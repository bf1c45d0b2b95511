"""`retention`, as it is typed, beside a server that does what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.commands import Commands, master_csv, serving
from tests.fakes.sites import until

CALLS = 60


@pytest.fixture
def site(tmp_path: Path) -> Commands:
    commands = Commands(tmp_path / "site").made()
    imported = commands.run("import", str(master_csv(tmp_path / "Master.csv", CALLS)), "--pbx", "hts")
    assert imported.code == 0, imported.err
    return commands


def calls(commands: Commands) -> int:
    return len(commands.run("calls", "--limit", "0", "--format", "json").json())


def test_what_would_go_is_said_first_and_goes_when_it_is_set(site: Commands) -> None:
    with serving(site.site):
        told = site.run("retention", "preview", "--records", "30", "--calls", "100")
        assert f"{CALLS} calls are deleted" in told.out
        assert "records    for ever" in site.run("retention", "show").out.replace("  ", " ").replace(
            "records ", "records    "
        )
        assert calls(site) == CALLS

        refused = site.run("retention", "set", "--records", "30", "--calls", "100")
        assert refused.code != 0
        assert calls(site) == CALLS

        kept = site.run("retention", "set", "--records", "30", "--numbers", "60", "--calls", "100", "--yes")
        assert kept.code == 0, kept.err
        until(lambda: not calls(site))
        until(lambda: f"{CALLS} calls" in site.run("retention", "show").out)
        assert "set how long calls are kept" in site.run("audit").out


def test_days_that_make_no_sense_are_refused_with_what_to_do(site: Commands) -> None:
    refused = site.run("retention", "set", "--calls", "100", "--yes")
    assert refused.code != 0
    assert "set 'records' to 100 days or fewer" in refused.err
