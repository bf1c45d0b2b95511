"""Settings moved from a file into PostgreSQL, and backups of them put back into either."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.fakes.commands import PASSWORD, Commands
from tests.fakes.databases import Database
from tests.fakes.settings_databases import an_empty_database, put_into_toml

pytestmark = pytest.mark.slow


@pytest.fixture
def database() -> Iterator[Database]:
    with an_empty_database() as made:
        yield made


@pytest.fixture
def another() -> Iterator[Database]:
    with an_empty_database() as made:
        yield made


@pytest.fixture
def site(tmp_path: Path) -> Commands:
    return Commands(tmp_path / "site").made()


def rows_of_file(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as file:
        names = [
            name
            for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if name not in ("high_water", "life", "django_migrations", "sqlite_sequence")
        ]
        return {name: file.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608


def rows_of_database(database: Database) -> dict[str, int]:
    names = [
        name
        for (name,) in database.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        if name != "django_migrations"
    ]
    return {name: database.ask(f'SELECT count(*) FROM "{name}"')[0][0] for name in names}  # noqa: S608


def moved(site: Commands, database: Database) -> Commands:
    put_into_toml(database, site.site)
    outcome = site.run("settings", "move")
    assert outcome.code == 0, outcome.err
    return site


def test_all_settings_are_moved_and_new_ones_get_numbers_of_their_own(site: Commands, database: Database) -> None:
    before = rows_of_file(site.site / "site.sqlite")
    moved(site, database)

    after = rows_of_database(database)
    assert after.pop("audit") == before.pop("audit") + 1  # that they were moved
    assert after == before
    assert site.run("person", "add", "vera", "--role", "viewer", given=PASSWORD.encode()).code == 0
    assert "vera" in site.run("person", "list").out
    assert site.run("pbx", "list").out.splitlines()[1].startswith("hts")


def test_a_database_that_holds_something_is_refused_and_the_file_goes_on_being_the_settings(
    site: Commands, database: Database
) -> None:
    database.ask("CREATE TABLE of_another (id int)")
    put_into_toml(database, site.site)

    refused = site.run("settings", "move")

    assert refused.code == 2
    assert "the database is not empty" in refused.err
    assert "of_another" in refused.err
    assert rows_of_database(database) == {"of_another": 0}
    assert (site.site / "site.sqlite").exists()


def test_a_site_with_settings_in_two_places_is_refused(site: Commands, database: Database) -> None:
    put_into_toml(database, site.site)

    refused = site.run("pbx", "list")

    assert refused.code == 2
    assert "settings are in two places" in refused.err
    assert rows_of_database(database) == {}


def test_a_backup_holds_the_settings_and_is_put_back_into_another_database_or_a_file(
    site: Commands, database: Database, another: Database, tmp_path: Path
) -> None:
    moved(site, database)
    backed_up = site.run("backup", str(tmp_path / "backup"))
    assert backed_up.code == 0, backed_up.err
    for_another, for_a_file = tmp_path / "another.toml", tmp_path / "file.toml"
    (tmp_path / "tollbook.toml").touch()
    put_into_toml(another, tmp_path)
    (tmp_path / "tollbook.toml").rename(for_another)
    for_a_file.touch()

    onto_itself = Commands(tmp_path / "one").run("restore", str(tmp_path / "backup"))
    in_another, in_a_file = Commands(tmp_path / "two"), Commands(tmp_path / "three")
    outcomes = [
        in_another.run("restore", str(tmp_path / "backup"), "--toml", str(for_another)),
        in_a_file.run("restore", str(tmp_path / "backup"), "--toml", str(for_a_file)),
    ]

    assert (onto_itself.code, "the database is not empty" in onto_itself.err) == (2, True)
    assert not (tmp_path / "one").exists()
    assert [outcome.code for outcome in outcomes] == [0, 0]
    assert [(each.site / "site.sqlite").exists() for each in (in_another, in_a_file)] == [False, True]
    assert [each.run("pbx", "list").out for each in (in_another, in_a_file)] == [site.run("pbx", "list").out] * 2
    assert another.ask("SELECT count(*) FROM audit WHERE action = 'site.restore'") == [(1,)]
