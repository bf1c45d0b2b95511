"""`missed list|claim|release|called|set-aside|reopen|settings`, as they are typed."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.commands import Commands
from tests.unit.web.conftest import incoming
from tollbook import clock

NUMBER = "2125550177"


@pytest.fixture
def site(tmp_path: Path) -> Commands:
    commands = Commands(tmp_path / "site").made()
    day = clock.now() - timedelta(hours=26)
    rows = [incoming(NUMBER, "101", at=f"{day:%Y-%m-%d} 0{hour}:00:00") for hour in (8, 9)]
    (tmp_path / "Master.csv").write_bytes(b"".join(rows))
    assert commands.run("import", str(tmp_path / "Master.csv"), "--pbx", "hts").code == 0
    return commands


def test_a_lost_caller_is_claimed_and_set_aside_by_command(site: Commands) -> None:
    (entry,) = json.loads(site.run("missed", "list", "--format", "json").out)

    assert (entry["caller"], entry["tries"]) == (NUMBER, 2)
    assert f"you will call {NUMBER}" in site.run("missed", "claim", entry["id"]).out
    assert "will call" in site.run("missed", "list").out
    assert site.run("missed", "release", entry["id"]).out == f"released: {NUMBER}\n"
    assert site.run("missed", "called", entry["calls"][1], "--note", "from a mobile").out == f"called: {NUMBER}\n"
    assert "nobody is waiting" in site.run("missed", "list").err
    assert "called by" in site.run("missed", "list", "--state", "done").out
    assert site.run("missed", "reopen", entry["id"]).out == f"open again: {NUMBER}\n"
    assert site.run("missed", "set-aside", entry["id"]).out == f"set aside: {NUMBER}\n"
    assert "no entry has the missed call" in site.run("missed", "claim", "0" * 8 + "-0000-0000-0000-" + "0" * 12).err


def test_the_settings_are_shown_and_changed_by_command(site: Commands) -> None:
    changed = site.run("missed", "settings", "--open", "always", "--target-minutes", "30", "--holidays", "GB-ENG")

    assert changed.out.split() == [
        "setting",
        "is",
        "target_minutes",
        "30",
        "open",
        "always",
        "shortest_s",
        "5",
        "span_days",
        "30",
        "holidays",
        "GB-ENG",
    ]
    assert json.loads(site.run("missed", "settings", "--format", "json").out)["open"] == "always"
    assert json.loads(site.run("missed", "settings", "--holidays", "", "--format", "json").out)["holidays"] == ""
    refused = site.run("missed", "settings", "--open", "sometimes")
    assert refused.code == 2
    assert "opening hours of a week" in refused.err
