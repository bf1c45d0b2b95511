"""A centre whose ClickHouse is away, refuses, or has nothing yet says so, and goes on with all else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from tests.fakes.clickhouse_server import ClickHouseServer, a_clickhouse
from tests.fakes.sites import a_pbx
from tests.fakes.walk import addresses, may_in, reading_routes, sent_bytes, signed_in
from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.model.fence import FILE
from tollbook.model.problem import Misconfigured
from tollbook.site.pbxs import operations as pbxs
from tollbook.site.people.roles import roles
from tollbook.web.people.roles import SIGNED_IN

pytestmark = pytest.mark.slow
TROUBLES = {
    "away": ({"url": "clickhouse://127.0.0.1:1/default"}, "ClickHouse does not answer"),
    "wrong password": ({"password-file": "another"}, "the user or the password is wrong"),
    "no such database": ({"url": "/nowhere"}, "there is no such database"),
}
"""What is wrong, with the settings that make it so, and what a page says of it."""
NOWHERE = "00000000-0000-0000-0000-000000000000"
PARTS: dict[str, Any] = {
    "number": 1,
    "numbers": "1,2",
    "key": NOWHERE,
    "call": NOWHERE,
    "word": "claim",
    "name": "none",
    "slug": ("by-person", "call-list"),
    "form": "csv",
    "dialect": "panasonic-kx-hts",
    "kind": "folder",
    "upload": "none",
    "file": "none",
    "run": 1,
    "place": 0,
    "token": "none",
    "body": 1,
    "deed": "pause",
    "version": "2026-01-01",
    "tariff": "flat",
    "secret": "none",
    "link": "none",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    with a_clickhouse(tmp_path_factory.mktemp("trouble") / "clickhouse", "reader", "its password") as made:
        yield made


@pytest.fixture
def trouble() -> str:
    """What is wrong: nothing, where a test does not say."""
    return ""


@pytest.fixture
def site_folder(site_folder: Path, server: ClickHouseServer, trouble: str) -> Path:
    (site_folder.parent / "password").write_text(server.settings["password"])
    (site_folder.parent / "another").write_text("a-wrong-word-7")
    settings = {name: server.settings[name] for name in ("url", "username")}
    settings["password-file"] = str(site_folder.parent / "password")
    other = dict(TROUBLES[trouble][0]) if trouble else {}
    if other.get("url", "").startswith("/"):
        other["url"] = settings["url"].replace("/default", other["url"])
    if "password-file" in other:
        other["password-file"] = str(site_folder.parent / other["password-file"])
    (site_folder / FILE).write_text(tomli_w.dumps({"store": {**settings, **other}}))
    return site_folder


def answers_of(role: str, scope: str) -> dict[str, tuple[int, str]]:
    """Return what every address answers that is open to a role, with its status."""
    client = signed_in(role, scope)
    client.raise_request_exception = False
    may = roles()[role].permissions if not scope else may_in(role)
    routes = [each for each in reading_routes() if each.needs in (None, SIGNED_IN, *may)]
    found = {}
    for address in dict.fromkeys(each for route in routes for each in addresses(route, PARTS)):
        answer = client.get(address)
        found[address] = (answer.status_code, sent_bytes(answer).decode("utf-8", "replace"))
    return found


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize(("role", "scope"), [("admin", ""), ("manager", "site=Hamburg")])
def test_every_address_says_what_is_wrong_with_clickhouse(role: str, scope: str, trouble: str) -> None:
    answers = answers_of(role, scope)

    assert {each: status for each, (status, _) in answers.items() if status >= 500 and status != 503} == {}
    assert answers["/calls/"][0] == answers["/api/calls"][0] == 503
    assert [each for each in ("/calls/", "/api/calls", "/") if TROUBLES[trouble][1] not in answers[each][1]] == []
    assert [each for each, (_, text) in answers.items() if "its password" in text or "a-wrong-word-7" in text] == []


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(("role", "scope"), [("admin", ""), ("manager", "site=Hamburg")])
def test_every_address_answers_before_a_site_has_sent_anything(role: str, scope: str) -> None:
    answers = answers_of(role, scope)

    assert {each: status for each, (status, _) in answers.items() if status >= 500} == {}


def test_pages_answer_again_once_clickhouse_does(engine: Engine, server: ClickHouseServer) -> None:
    client = signed_in("admin", "")
    server.kill()
    away = client.get("/calls/")
    server.start()

    assert (away.status_code, "ClickHouse does not answer" in away.content.decode()) == (503, True)
    assert client.get("/calls/").status_code == 200
    assert engine.lag().trouble == ""


def test_an_empty_centre_says_what_to_do_and_takes_no_pbx_of_its_own(engine: Engine) -> None:
    client = signed_in("admin", "")

    assert "None has handed any on yet" in client.get("/").content.decode()
    assert "A centre has no PBX of its own" in client.get("/pbxs/").content.decode()
    assert "Each site watches its own PBXs" in client.get("/pbxs/health/").content.decode()
    with pytest.raises(Misconfigured) as refused:
        pbxs.add(TOLLBOOK, a_pbx(path="/srv/pbx"), engine.bounds)
    assert "a centre has no PBX of its own" in str(refused.value)
