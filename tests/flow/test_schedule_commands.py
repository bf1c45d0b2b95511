"""`schedule add`, `edit` and `show`, as they are typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.commands import Commands


@pytest.fixture
def site(tmp_path: Path) -> Commands:
    commands = Commands(tmp_path / "site").made()
    (tmp_path / "out").mkdir()
    commands.run("destination", "add", "files", "--kind", "folder", "--set", f"path={tmp_path / 'out'}")
    words = ("--period", "last-week", "--only", "direction=outgoing", "--file", "csv", "--set", "most=5")
    added = commands.run(
        *("schedule", "add", "top", "--report", "top-extensions", "--when", "mondays 08:00", "--zone", "Europe/London"),
        *("--destination", "files", *words),
    )
    assert added.code == 0, added.err
    return commands


def shown(site: Commands) -> dict[str, str]:
    lines = site.run("schedule", "show", "top").out.splitlines()
    told = dict(line.split(": ", 1) for line in lines if ": " in line)
    return told | {"words": ", ".join(sorted(told["words"].split(", ")))}


def test_what_is_named_is_changed_and_the_rest_stays(site: Commands) -> None:
    before = shown(site)

    changed = site.run("schedule", "edit", "top", "--when", "weekdays 07:30", "--only-if", "rows")

    assert changed.out.startswith("changed top: weekdays 07:30 (Europe/London)\nnext: ")
    after = shown(site)
    differs = {name for name in after if after[name] != before.get(name)}
    assert differs == {"when", "cron", "next", "only if"}
    assert after["words"] == "direction=outgoing, period=last-week"


def test_a_filter_and_its_days_are_changed_apart_and_taken_away_by_an_empty_text(site: Commands) -> None:
    site.run("schedule", "edit", "top", "--period", "last-month")
    assert shown(site)["words"] == "direction=outgoing, period=last-month"
    site.run("schedule", "edit", "top", "--only", "extension=101")
    assert shown(site)["words"] == "extension=101, period=last-month"

    site.run("schedule", "edit", "top", "--only", "", "--file", "", "--set", "")

    after = shown(site)
    assert (after["words"], after.get("files", ""), after.get("settings", "")) == ("period=last-month", "", "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--when", "sometimes"), "sometimes"),
        (("--set", "most"), "'--set' must be NAME=VALUE"),
        (("--report", "no-such"), "no-such"),
    ],
)
def test_what_cannot_be_changed_is_refused_and_the_schedule_stays(
    words: tuple[str, ...], said: str, site: Commands
) -> None:
    before = shown(site)

    refused = site.run("schedule", "edit", "top", *words)

    assert (refused.code, said in refused.err) == (2, True)
    assert shown(site) == before
