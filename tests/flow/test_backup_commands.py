"""`backup`, `restore` and `backup-plan`, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import httpx2
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


def calls(commands: Commands) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = commands.run("calls", "--limit", "0", "--format", "json").json()
    return [{name: value for name, value in row.items() if name != "change"} for row in rows]


def test_a_site_that_was_backed_up_is_restored_with_its_calls_people_and_settings(
    site: Commands,
    tmp_path: Path,
) -> None:
    made = site.run("backup", str(tmp_path / "backup"))
    restored = Commands(tmp_path / "restored")
    outcome = restored.run("restore", str(tmp_path / "backup"))

    assert (made.code, outcome.code) == (0, 0), made.err + outcome.err
    assert f"backed up into {tmp_path / 'backup'}" in made.out
    assert f"{CALLS} calls" in outcome.out
    assert calls(restored) == calls(site)
    assert [pbx["name"] for pbx in restored.run("pbx", "list", "--format", "json").json()] == ["hts"]
    assert "already" in restored.run("init").out
    assert "restored the site from the backup" in restored.run("audit").out


def test_a_running_server_makes_the_backup_and_a_restored_site_is_served(site: Commands, tmp_path: Path) -> None:
    with serving(site.site):
        assert site.run("backup", str(tmp_path / "backup")).code == 0
        assert "had a backup made in" in site.run("audit").out
    restored = Commands(tmp_path / "restored")
    assert restored.run("restore", str(tmp_path / "backup")).code == 0

    with serving(restored.site) as server:
        assert httpx2.get(f"{server.url}/sign-in/").status_code == 200
        assert len(calls(restored)) == CALLS


def test_a_restore_over_a_site_is_refused_with_what_to_do(site: Commands, tmp_path: Path) -> None:
    site.run("backup", str(tmp_path / "backup"))

    outcome = site.run("restore", str(tmp_path / "backup"))

    assert outcome.code == 2
    assert "error: the site's folder is not empty" in outcome.err
    assert "help: restore into a new folder" in outcome.err


def test_a_backup_of_a_newer_program_is_refused_before_the_folder_is_made(site: Commands, tmp_path: Path) -> None:
    site.run("backup", str(tmp_path / "backup"))
    path = tmp_path / "backup/manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"settings": ["pbxs 9999_later"]}))

    outcome = Commands(tmp_path / "restored").run("restore", str(tmp_path / "backup"))

    assert outcome.code == 2
    assert "of a newer Tollbook" in outcome.err
    assert not (tmp_path / "restored").exists()


def test_a_backup_into_the_site_itself_is_refused(site: Commands) -> None:
    outcome = site.run("backup", str(site.site / "backup"))

    assert outcome.code == 2
    assert "in the site's own folder" in outcome.err


def test_a_plan_is_kept_shown_carried_out_and_ended(site: Commands, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    planned = site.run("backup-plan", "set", str(folder), "--every", "12", "--keep", "3")
    assert planned.code == 0, planned.err
    with serving(site.site) as server:
        until(lambda: list(folder.glob("site-*Z")))
        shown = site.run("backup-plan", "show")
        metrics = httpx2.get(f"{server.url}/metrics").text

    assert "every 12 h, and 3 are kept" in shown.out
    assert "site-" in shown.out
    assert "tollbook_backup_failing 0.0" in metrics
    assert "backups are planned into" in site.run("doctor").out
    assert "planned backups into" in site.run("audit").out
    assert site.run("backup-plan", "off").code == 0
    assert "no backups are planned" in site.run("backup-plan", "show").out


def test_a_plan_that_fails_is_told_of_by_every_command_that_looks(site: Commands, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    site.run("backup-plan", "set", str(folder))
    folder.rmdir()
    with serving(site.site) as server:
        until(lambda: "tollbook_backup_failing 1.0" in httpx2.get(f"{server.url}/metrics").text)
        shown, doctor, status = (site.run(*words) for words in (("backup-plan", "show"), ("doctor",), ("status",)))

    assert (shown.code, doctor.code, status.code) == (1, 1, 1)
    assert "failed:" in shown.out
    assert "the backup at" in doctor.out
    assert "wrong: the backup failed" in status.err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("{}/nowhere",), "there is no such folder"),
        (("{}/site",), "in the site's own folder"),
        (("{}", "--every", "0"), "'every' must be between 1 and 744 hours"),
        (("{}", "--keep", "1001"), "'keep' must be between 1 and 1000"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(site: Commands, tmp_path: Path, words: tuple[str, ...], reason: str) -> None:
    outcome = site.run("backup-plan", "set", *(word.format(tmp_path) for word in words))

    assert outcome.code == 2
    assert reason in outcome.err


def test_a_program_with_a_token_makes_no_backups(site: Commands, tmp_path: Path) -> None:
    token = site.run("token", "add", "wallboard", "--permission", "change").out.strip()
    with serving(site.site) as server:
        headers = {"Authorization": f"Bearer {token}"}
        asked = {"folder": str(tmp_path / "stolen")}
        answers = [
            httpx2.post(f"{server.url}/api/backup", json=asked, headers=headers),
            httpx2.put(f"{server.url}/api/backup/plan", json=asked, headers=headers),
            httpx2.delete(f"{server.url}/api/backup/plan", headers=headers),
        ]

    assert {answer.status_code for answer in answers} == {403}
    assert not (tmp_path / "stolen").exists()
