"""A site whose settings are in PostgreSQL: begun there, at work, and the server away for a while."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.fakes.commands import PASSWORD, Commands, master_csv, serving
from tests.fakes.databases import Database, Wire, a_wire
from tests.fakes.settings_databases import an_empty_database, put_into_toml
from tests.fakes.sites import until

pytestmark = pytest.mark.slow


@pytest.fixture
def database() -> Iterator[Database]:
    with an_empty_database() as made:
        yield made


@pytest.fixture
def wire(database: Database) -> Iterator[Wire]:
    with a_wire(database.port) as made:
        yield made


def a_folder(tmp_path: Path, database: Database, port: int = 0) -> Commands:
    site = tmp_path / "site"
    site.mkdir(mode=0o700)
    put_into_toml(database, site, port)
    return Commands(site)


def begun(commands: Commands, password: Path) -> Commands:
    password.write_text(PASSWORD)
    outcome = commands.run("init", "--password-file", str(password))
    assert outcome.code == 0, outcome.err
    return commands


def with_a_pbx(commands: Commands, watched: Path) -> Commands:
    watched.mkdir()
    settings = ("--set", f"path={watched}", "--set", "timezone=America/New_York")
    outcome = commands.run("pbx", "add", "hts", "--dialect", "panasonic-kx-hts", "--source", "folder", *settings)
    assert outcome.code == 0, outcome.err
    return commands


def calls_of(commands: Commands) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = commands.run("calls", "--limit", "0", "--format", "json").json()
    return found


def test_a_site_begun_in_postgresql_takes_calls_and_has_no_settings_in_a_file(
    tmp_path: Path, database: Database
) -> None:
    site = with_a_pbx(begun(a_folder(tmp_path, database), tmp_path / "password"), tmp_path / "watched")

    with serving(site.site):
        master_csv(tmp_path / "watched/Master.csv", 50)
        until(lambda: len(calls_of(site)) == 50)

    assert not (site.site / "site.sqlite").exists()
    assert database.ask("SELECT name FROM pbx") == [("hts",)]


def test_while_the_server_is_away_pages_say_so_and_calls_go_on_being_taken(
    tmp_path: Path, database: Database, wire: Wire
) -> None:
    site = with_a_pbx(begun(a_folder(tmp_path, database, wire.port), tmp_path / "password"), tmp_path / "watched")

    with serving(site.site) as server:
        wire.cut()
        page = httpx2.get(f"{server.url}/sign-in/")
        told = httpx2.get(f"{server.url}/api/pbxs", headers={"Authorization": f"Bearer {server.token}"})
        master_csv(tmp_path / "watched/Master.csv", 50)
        until(lambda: (site.site / "journal.sqlite").stat().st_size > 60_000)
        wire.mend()
        calls = calls_of(site)
        back = httpx2.get(f"{server.url}/sign-in/")

    assert (page.status_code, back.status_code) == (503, 200)
    assert "The settings cannot be read just now" in page.text
    assert told.status_code == 503
    assert told.json()["problems"][0]["what"] == "the settings' database does not answer"
    assert len(calls) == 50
