"""A site of any earlier version is opened by today's program, and everything in it is as it was."""

from __future__ import annotations

import getpass
import json
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.commands import Commands
from tollbook.journal import Journal

SITES = sorted((Path(__file__).parents[1] / "cases" / "sites").glob("*.tar.xz"))


@pytest.fixture(scope="module", params=SITES, ids=[path.name.removesuffix(".tar.xz") for path in SITES])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Commands:
    folder = tmp_path_factory.mktemp("upgraded") / "site"
    with tarfile.open(request.param) as archive:
        archive.extractall(folder, filter="data")
    return Commands(folder)


def then(site: Commands) -> dict[str, dict[str, Any]]:
    """Return the calls by id as the earlier version told them."""
    return {call["id"]: call for call in json.loads((site.site / "calls.json").read_text())}


def now(site: Commands) -> dict[str, dict[str, Any]]:
    outcome = site.run("calls", "--format", "json")
    assert outcome.code == 0, outcome.err
    return {call["id"]: call for call in outcome.json()}


def test_every_call_keeps_its_id_and_what_was_known_of_it(site: Commands) -> None:
    before, after = then(site), now(site)

    assert before.keys() == after.keys()
    fields = set(next(iter(before.values()))) & set(next(iter(after.values())))
    assert {"started_at", "extension", "caller", "called", "talk_s"} <= fields
    assert {key: {name: call[name] for name in fields} for key, call in after.items()} == {
        key: {name: call[name] for name in fields} for key, call in before.items()
    }


def test_pbxs_sinks_rejects_and_tokens_are_as_they_were(site: Commands) -> None:
    told = site.run("status", "--format", "json").json()

    assert {(pbx["pbx"], pbx["paused"], pbx["rejected"]) for pbx in told["pbxs"]} == {
        ("front", False, 1),
        ("asterisk", True, 0),
    }
    assert {sink["sink"] for sink in told["sinks"]} == {"crm", "archive"}
    assert "wallboard" in site.run("token", "list").out
    assert "acme-own" in site.run("dialect", "list").out


def test_the_doctor_finds_no_fault_of_the_files(site: Commands) -> None:
    findings = site.run("doctor", "--format", "json").json()

    assert [each["what"] for each in findings if not each["well"] and "sqlite" in each["what"]] == []
    with closing(sqlite3.connect(site.site / "journal.sqlite")) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    assert version > 0


def test_a_rebuild_from_the_old_journal_gives_the_same_calls(site: Commands) -> None:
    assert site.run("rebuild").code == 0

    assert now(site).keys() == then(site).keys()


def test_entries_of_an_earlier_version_get_checksums_and_keep_their_bytes(tmp_path: Path) -> None:
    with tarfile.open(SITES[0]) as archive:
        archive.extract("journal.sqlite", tmp_path, filter="data")
    journal = Journal(tmp_path / "journal.sqlite", reserve_bytes=0)
    before = [(entry.id, entry.data) for entry in journal.entries(0)]

    assert journal.add_sums() == len(before)
    assert journal.add_sums() == 0
    assert [(entry.id, entry.data, entry.damage) for entry in journal.entries(0)] == [(*each, "") for each in before]
    journal.close()


def test_a_database_sink_of_an_earlier_version_keeps_the_columns_that_its_table_has(tmp_path: Path) -> None:
    with tarfile.open(SITES[0]) as archive:
        archive.extractall(tmp_path / "site", filter="data")
    site = Commands(tmp_path / "site")
    row = ("warehouse", "sql", '{"url": "sqlite:////srv/calls.db"}', "tollbook", "{}", 1, "2026-01-01", "2026-01-01")
    with closing(sqlite3.connect(site.site / "site.sqlite")) as connection, connection:
        connection.execute("INSERT INTO sink VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    sinks = {sink["name"]: sink for sink in site.run("sink", "list", "--format", "json").json()}

    columns = sinks["warehouse"]["columns"].split("; ")
    assert {"id", "talk_s", "charge = pbx_charge", "currency = pbx_currency", "units = pbx_units"} <= set(columns)
    assert sinks["crm"]["columns"] == "tollbook"


def test_a_pbx_of_an_earlier_version_keeps_its_settings_under_the_names_of_today(tmp_path: Path) -> None:
    with tarfile.open(SITES[0]) as archive:
        archive.extractall(tmp_path / "site", filter="data")
    site = Commands(tmp_path / "site")
    before = json.dumps({"listen": "127.0.0.1:2301", "pattern": "^SITE7", "certificate": "/srv/own.pem"})
    with closing(sqlite3.connect(site.site / "site.sqlite")) as connection, connection:
        connection.execute("UPDATE pbx SET settings = ? WHERE name = 'asterisk'", [before])

    edited = site.run("pbx", "edit", "asterisk", "--set", "peers=192.0.2.10")

    assert edited.code == 0, edited.err
    with closing(sqlite3.connect(site.site / "site.sqlite")) as connection:
        kept = json.loads(connection.execute("SELECT settings FROM pbx WHERE name = 'asterisk'").fetchone()[0])
    assert kept == {
        "listen": "127.0.0.1:2301",
        "first-line": "^SITE7",
        "certificate-file": "/srv/own.pem",
        "peers": "192.0.2.10",
    }


def settings_of(site: Commands) -> list[str]:
    """Return all that stands in the settings database, but for the marks that the files keep of each other."""
    with closing(sqlite3.connect(site.site / "site.sqlite")) as connection:
        return [line for line in connection.iterdump() if "high_water" not in line]


def test_a_site_of_a_newer_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    site = Commands(tmp_path / "site")
    assert site.run("init").code == 0
    with closing(sqlite3.connect(site.site / "site.sqlite")) as connection, connection:
        connection.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('tariffs', '0007_bands', '2031-01-01')",
        )
    before = settings_of(site)

    outcome = site.run("status")

    assert outcome.code == 2
    assert "site.sqlite is of a newer Tollbook" in outcome.err
    assert "tariffs 0007_bands" in outcome.err
    assert settings_of(site) == before


def test_commands_are_noted_with_the_user_who_gave_them(tmp_path: Path) -> None:
    site = Commands(tmp_path / "site")
    assert site.run("init").code == 0

    assert site.run("token", "add", "wallboard").code == 0

    made, added = site.run("audit", "--format", "json").json()
    assert (made["kind"], made["action"], made["name"]) == ("command", "token.make", "wallboard")
    assert (added["kind"], added["action"], added["name"]) == ("command", "person.add", "admin")
    assert made["who"] == added["who"] == getpass.getuser()
    assert "made the token wallboard" in site.run("audit", "--what", "token").out
