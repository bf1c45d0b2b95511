"""Two processes of a centre with one settings database: one works, both serve pages, one takes the other's place."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.fakes.clickhouse_server import ClickHouseServer
from tests.fakes.commands import PASSWORD, Commands, serving
from tests.fakes.databases import Database, a_wire
from tests.fakes.mail_server import a_mail_server
from tests.fakes.settings_databases import an_empty_database, put_into_toml
from tests.fakes.sites import until
from tests.fakes.two_places import PLACES, clickhouse_of_places
from tollbook.cli import address

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
WORKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 1953459310 AND granted"


@pytest.fixture
def database() -> Iterator[Database]:
    with an_empty_database() as made:
        yield made


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    with clickhouse_of_places(tmp_path_factory.mktemp("places"), PLACES[0]) as made:
        yield made


def a_centre(folder: Path, calls: ClickHouseServer, database: Database, port: int = 0) -> Commands:
    folder.mkdir(mode=0o700)
    (folder / "tollbook.toml").write_text(f'[store]\nurl = "{calls.settings["url"]}"\n')
    put_into_toml(database, folder, port)
    return Commands(folder)


def begun(commands: Commands, password: Path) -> Commands:
    password.write_text(PASSWORD)
    outcome = commands.run("init", "--password-file", str(password))
    assert outcome.code == 0, outcome.err
    return commands


def ask_for_a_report(commands: Commands) -> None:
    outcome = commands.run("schedule", "run", "daily")
    assert outcome.code == 0, outcome.err


def sign_in(client: httpx2.Client) -> None:
    page = client.get("/sign-in/")
    token = page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    form = {"csrfmiddlewaretoken": token, "username": "admin", "password": PASSWORD}
    assert client.post("/sign-in/", data=form).status_code == 200


def shows_pages(commands: Commands) -> bool:
    there = address.read(commands.site)
    try:
        return there is not None and httpx2.get(f"{there.url}/sign-in/").status_code == 200
    except httpx2.ConnectError:
        return False  # it is not there yet


def title(page: httpx2.Response) -> str:
    return page.text.partition("<title>")[2].partition("</title>")[0]


def test_reports_are_sent_once_by_the_one_that_works_and_by_the_other_once_it_was_killed(
    tmp_path: Path, database: Database, calls: ClickHouseServer
) -> None:
    first = begun(a_centre(tmp_path / "first", calls, database), tmp_path / "password")
    second = a_centre(tmp_path / "second", calls, database)
    shutil.copy(first.site / "secret-key", second.site / "secret-key")
    with a_mail_server() as mails:
        sets = [word for name, text in mails.settings().items() for word in ("--set", f"{name}={text}")]
        assert first.run("destination", "add", "office", "--kind", "mail", *sets).code == 0
        sent = (
            "--report",
            "by-hour",
            "--when",
            "1st of month 06:00",
            "--destination",
            "office",
            "--to",
            "a@example.com",
        )
        assert first.run("schedule", "add", "daily", *sent).code == 0
        with serving(first.site) as one, serving(second.site) as other:
            ask_for_a_report(second)
            until(lambda: len(mails.taken) == 1, 60)
            with httpx2.Client(base_url=one.url, headers={"Referer": f"{one.url}/"}, follow_redirects=True) as client:
                sign_in(client)
                known = client.get(f"{other.url}/calls/")
            assert second.run("person", "add", "vera", "--role", "viewer", given=PASSWORD.encode()).code == 0
            assert "vera" in first.run("person", "list").out

            one.process.kill()
            ask_for_a_report(second)
            until(lambda: len(mails.taken) == 2, 60)
            log = second.site.with_suffix(".log").read_text()

    assert (known.status_code, "Sign in" in title(known)) == (200, False)
    assert "this one serves pages, and takes its place once it is gone" in log
    assert "the process that worked is gone; this one takes its place" in log
    assert len({mail.id for mail in mails.taken}) == 2


def test_a_process_that_lost_the_work_begins_anew_and_serves_pages(
    tmp_path: Path, database: Database, calls: ClickHouseServer
) -> None:
    with a_wire(database.port) as wire:
        first = begun(a_centre(tmp_path / "first", calls, database, wire.port), tmp_path / "password")
        second = a_centre(tmp_path / "second", calls, database)
        with serving(first.site) as one, serving(second.site):
            wire.cut()
            until(lambda: "takes its place" in second.site.with_suffix(".log").read_text().partition("gone; ")[2], 60)
            wire.mend()
            until(lambda: "begins anew, and serves pages" in first.site.with_suffix(".log").read_text(), 60)
            until(lambda: shows_pages(first), 60)
            works: list[tuple[Any, ...]] = database.ask(WORKS)
            ended = one.process.ended

    assert works == [(1,)]
    assert not ended


def test_a_site_that_has_pbxs_of_its_own_is_not_served_beside_another_with_its_settings(
    tmp_path: Path, database: Database
) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir(mode=0o700)
        put_into_toml(database, tmp_path / name)
    first, second = Commands(tmp_path / "first"), Commands(tmp_path / "second")
    begun(first, tmp_path / "password")

    with serving(first.site):
        refused = second.run("serve", "--listen", "127.0.0.1:0")

    assert refused.code == 2
    assert "another Tollbook works with these settings" in refused.err
