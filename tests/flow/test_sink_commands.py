"""`tollbook sink` and `tollbook token`, with a server and without."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.fakes.commands import Commands, master_csv, serving
from tests.fakes.databases import Database, a_database
from tests.fakes.sites import until


@pytest.fixture
def site(tmp_path: Path) -> Commands:
    return Commands(tmp_path / "site").made()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with a_database("sqlite", tmp_path) as database:
        yield database


def add(site: Commands, database: Database, *more: str) -> None:
    outcome = site.run("sink", "add", "warehouse", "--kind", "sql", "--set", f"url={database.settings['url']}", *more)
    assert outcome.code == 0, outcome.err


def listed(site: Commands) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(site.run("sink", "list", "--format", "json").out)
    return found


def test_a_sink_is_added_filled_paused_resumed_and_removed(site: Commands, database: Database, tmp_path: Path) -> None:
    site.run("import", str(master_csv(tmp_path / "Master.csv", 40)), "--pbx", "hts")
    add(site, database)
    with serving(site.site):
        assert site.run("sink", "test", "warehouse").out.startswith("ok")
        assert site.run("sink", "backfill", "warehouse").code == 0
        until(lambda: listed(site)[0]["behind"] == 0)
        assert len(database.table()) == 40
        assert "40" in site.run("sink", "list").out
        assert site.run("sink", "pause", "warehouse").code == 0
        assert listed(site)[0]["state"] == "paused"
        site.run("import", str(master_csv(tmp_path / "More.csv", 60)), "--pbx", "hts")
        assert len(database.table()) == 40
        assert site.run("sink", "resume", "warehouse").code == 0
        until(lambda: listed(site)[0]["behind"] == 0)
        assert site.run("sink", "remove", "warehouse").code == 0
        assert listed(site) == []
    assert len(database.table()) >= 60


def test_a_sink_is_tested_without_being_added(site: Commands, database: Database) -> None:
    given = ["sink", "add", "warehouse", "--kind", "sql", "--set", f"url={database.settings['url']}"]
    well = site.run(*given, "--test")
    failed = site.run(*given, "--set", "create=no", "--test")

    assert (well.code, well.out.strip()) == (0, "ok: it answers, and everything fits; nothing is added")
    assert failed.code == 1
    assert failed.out.startswith("failed: ")
    assert listed(site) == []


def test_a_password_in_a_url_is_taken_out_and_never_shown(site: Commands) -> None:
    url = "postgresql://ledger:s3cret%20word@192.0.2.1:1/calls"
    outcome = site.run("sink", "add", "far", "--kind", "sql", "--set", f"url={url}", "--set", "create=no")

    told = outcome.out + outcome.err + site.run("sink", "list").out + site.run("sink", "list", "--format", "csv").out
    assert "s3cret" not in told
    assert "password=(set)" in told


def test_everything_wrong_with_a_sink_is_said_at_once(site: Commands) -> None:
    outcome = site.run(
        "sink", "add", "Bad Name", "--kind", "sql", "--set", "url=ftp://x", "--set", "tabel=x", "--only", "colour=red",
    )  # fmt: skip

    assert outcome.code == 2
    for part in ("cannot be a sink's name", "'url' must be", "did you mean 'table'?", "nothing can be filtered by"):
        assert part in outcome.err


def test_columns_that_cannot_be_read_are_refused_with_the_place(site: Commands, database: Database) -> None:
    words = ["sink", "add", "w", "--kind", "sql", "--set", f"url={database.settings['url']}", "--columns"]

    assert "no field is called 'colour'" in site.run(*words, "id; colour").err
    assert (
        "';' means" in site.run(*words, "id; A = 'x';'").err
        or "means nothing here" in site.run(*words, "id; A = '").err
    )
    assert "the field 'id' is missing" in site.run(*words, "caller").err


def test_a_table_that_does_not_fit_is_refused_when_the_sink_is_added(site: Commands, database: Database) -> None:
    database.ask("CREATE TABLE calls (id INTEGER)")
    outcome = site.run("sink", "add", "w", "--kind", "sql", "--set", f"url={database.settings['url']}")

    assert outcome.code == 2
    assert "column 'id' of table calls is INTEGER" in outcome.err
    assert listed(site) == []


def test_a_token_opens_what_its_permission_says_until_it_is_removed(site: Commands) -> None:
    with serving(site.site) as server:
        reading = site.run("token", "add", "wallboard").out.strip()
        changing = site.run("token", "add", "setup", "--permission", "change", "--days", "1").out.strip()

        def ask(token: str, method: str, path: str) -> int:
            headers = {"Authorization": f"Bearer {token}"}
            return httpx2.request(method, f"{server.url}{path}", headers=headers).status_code

        assert ask(reading, "GET", "/api/calls") == 200
        assert ask(reading, "POST", "/api/pbxs/hts/pause") == 403
        assert ask(changing, "POST", "/api/pbxs/hts/pause") == 200
        assert ask(changing, "GET", "/api/tokens") == 403
        assert reading not in site.run("token", "list", "--format", "json").out
        names = [row["name"] for row in csv.DictReader(site.run("token", "list", "--format", "csv").out.splitlines())]
        assert names == ["setup", "wallboard"]
        site.run("token", "remove", "wallboard")
        assert ask(reading, "GET", "/api/calls") == 401


def test_pages_stand_still_while_calls_arrive(site: Commands, tmp_path: Path) -> None:
    site.run("import", str(master_csv(tmp_path / "Master.csv", 50)), "--pbx", "hts")
    with serving(site.site) as server:
        headers = {"Authorization": f"Bearer {server.token}"}
        before = httpx2.get(f"{server.url}/api/calls?format=json", headers=headers).json()

        def page(cursor: str) -> dict[str, Any]:
            words = {"limit": "20", "cursor": cursor}
            found: dict[str, Any] = httpx2.get(f"{server.url}/api/calls/page", params=words, headers=headers).json()
            return found

        first = page("")
        site.run("import", str(master_csv(tmp_path / "More.csv", 90)), "--pbx", "hts")
        second = page(first["next"])
        third = page(second["next"])
        seen = first["calls"] + second["calls"] + third["calls"]

        assert third["next"] is None
        assert [call["id"] for call in seen] == [call["id"] for call in before]


def test_changes_are_followed_by_their_cursor(site: Commands, tmp_path: Path) -> None:
    site.run("import", str(master_csv(tmp_path / "Master.csv", 50)), "--pbx", "hts")
    with serving(site.site) as server:
        headers = {"Authorization": f"Bearer {server.token}"}

        def ask(after: str) -> httpx2.Response:
            return httpx2.get(
                f"{server.url}/api/calls/changes",
                params={"after": after, "limit": "30"},
                headers=headers,
            )

        first = ask("").json()
        second = ask(first["next"]).json()
        third = ask(second["next"]).json()

        assert [len(each["calls"]) for each in (first, second, third)] == [30, 20, 0]
        assert len({call["id"] for call in first["calls"] + second["calls"]}) == 50
        assert third["next"] == second["next"]
        assert ask("00000000-0000-0000-0000-000000000000.3").status_code == 422
