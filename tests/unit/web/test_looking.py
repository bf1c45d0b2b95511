"""Who looked at whose calls is noted where a site wants that, with the reason where it asks for one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.fakes.people import PASSWORD, let_in
from tests.fakes.sites import until
from tests.fakes.two_departments import TwoDepartments, two_departments
from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.model.problem import Misconfigured
from tollbook.site.audit.looks import LookPolicy, look_policy, set_look_policy
from tollbook.site.audit.operations import AuditFilter, entries
from tollbook.web.audit.looking import LOOKS

NOTED = LookPolicy(noted=True)
WITH_REASON = LookPolicy(noted=True, asks_reason=True)


@pytest.fixture(autouse=True)
def site(engine: Engine, tmp_path: Path) -> TwoDepartments:
    LOOKS.forget()
    return two_departments(engine, tmp_path)


@pytest.fixture
def manager() -> Client:
    let_in("maria", "manager")
    client = Client()
    assert client.login(username="maria", password=PASSWORD)
    return client


def looks() -> list[tuple[str, str, list[str]]]:
    """Return what was noted, oldest first: who, at what, and the reason."""
    found = list(entries(AuditFilter(what="call.look")))[::-1]
    return [(each.who, each.name, each.changes.get("reason", ["", ""])[1:]) for each in found]


def test_nothing_is_noted_unless_a_site_wants_it(manager: Client, site: TwoDepartments) -> None:
    manager.get(f"/calls/{site.calls[0]}/")

    assert looks() == []


def test_who_looked_at_whose_calls_is_noted(manager: Client, site: TwoDepartments) -> None:
    set_look_policy(TOLLBOOK, NOTED)

    manager.get(f"/calls/{site.calls[0]}/")
    manager.get("/calls/?extension=110144")
    manager.get("/calls/download.csv?person=Anna Berg")
    manager.get("/api/calls?number=79460136")

    assert looks() == [
        ("maria", f"call {site.calls[0]}", [""]),
        ("maria", "calls extension=110144", [""]),
        ("maria", "calls-download person=Anna Berg", [""]),
        ("maria", "list_calls number=79460136", [""]),
    ]


def test_the_same_look_is_noted_once_in_a_while(manager: Client) -> None:
    set_look_policy(TOLLBOOK, NOTED)

    for page in (1, 2, 3):
        manager.get(f"/calls/?extension=110144&page={page}")

    assert len(looks()) == 1


def test_who_sees_their_own_telephone_alone_is_not_noted(site: TwoDepartments) -> None:
    set_look_policy(TOLLBOOK, WITH_REASON)
    let_in("berg", "person", "", "Anna Berg")
    client = Client()
    assert client.login(username="berg", password=PASSWORD)

    assert client.get(f"/calls/{site.calls[0]}/").status_code == 200
    assert looks() == []


def test_what_may_not_be_seen_is_refused_and_not_noted_as_seen() -> None:
    set_look_policy(TOLLBOOK, NOTED)
    let_in("rita", "reception")
    client = Client()
    assert client.login(username="rita", password=PASSWORD)

    assert client.get("/costs/phone-bills/?person=Anna Berg").status_code == 403
    assert looks() == []


def test_whoever_looks_at_somebodys_calls_says_why_first(manager: Client, site: TwoDepartments) -> None:
    set_look_policy(TOLLBOOK, WITH_REASON)
    address = f"/calls/{site.calls[0]}/"

    assert manager.get("/calls/").status_code == 200
    asked = manager.get(address)
    assert asked["Location"] == f"/looking/?next=%2Fcalls%2F{site.calls[0]}%2F"
    assert manager.get(f"/api/calls/{site.calls[0]}").status_code == 403
    led = manager.post("/looking/", {"reason": "complaint of 2 March", "next": address})

    assert led["Location"] == address
    assert manager.get(address).status_code == 200
    assert looks()[-1] == ("maria", f"call {site.calls[0]}", ["complaint of 2 March"])


def test_the_form_leads_nowhere_else(manager: Client) -> None:
    assert manager.post("/looking/", {"reason": "x", "next": "https://example.org/"})["Location"] == "/calls/"


def test_an_administrator_sets_it_on_the_page_of_the_audit(admin: Client, manager: Client) -> None:
    assert "Looking at calls is not noted" in admin.get("/audit/").content.decode()

    admin.post("/audit/looks/", {"looks": "reason"})

    assert look_policy() == WITH_REASON
    assert manager.post("/audit/looks/", {"looks": ""}).status_code == 403
    assert next(iter(entries(AuditFilter(what="audit")))).changes == {
        "noted": ["no", "yes"],
        "asks_reason": ["no", "yes"],
    }


def test_a_reason_that_nothing_notes_is_refused() -> None:
    with pytest.raises(Misconfigured, match="not noted"):
        set_look_policy(TOLLBOOK, LookPolicy(asks_reason=True))


@pytest.fixture
def made(manager: Client) -> Callable[..., Any]:
    """Has a file of a report made by the API, and answers when it is there."""

    def make(**words: str) -> Any:  # noqa: ANN401 - a response
        wanted = {"report": "call-list", "words": {"from": "2026-03-01", "to": "2026-03-31", "format": "csv", **words}}
        answer = manager.post("/api/files", wanted, content_type="application/json")
        if answer.status_code == 202:
            until(lambda: manager.get(f"/api/files/{answer.json()['file']}").json()["state"] == "ready")
        return answer

    return make


def test_a_file_that_is_made_and_fetched_is_noted_with_its_report_and_filter(
    manager: Client, made: Callable[..., Any]
) -> None:
    set_look_policy(TOLLBOOK, NOTED)

    key = made(extension="110144").json()["file"]
    assert manager.get(f"/reports/files/{key}/").status_code == 200
    assert manager.get(f"/api/files/{key}/content").status_code == 200
    manager.get("/reports/files/")

    of = "call-list extension=110144 from=2026-03-01 to=2026-03-31"
    assert [what for _, what, _ in looks()] == [f"make_file {of}", f"report-file {of}", f"download_file {of}"]


def test_a_file_that_is_not_handed_out_is_not_noted(manager: Client, made: Callable[..., Any]) -> None:
    key = made(extension="110144").json()["file"]
    set_look_policy(TOLLBOOK, NOTED)
    let_in("otto", "admin")
    other = Client()
    assert other.login(username="otto", password=PASSWORD)

    assert other.get(f"/api/files/{key}/content").status_code == 404
    assert manager.get("/api/files/nothing/content").status_code == 404
    assert looks() == []


def test_whoever_has_a_file_of_somebody_made_or_fetches_it_says_why_first(
    manager: Client, made: Callable[..., Any]
) -> None:
    before = made(extension="110144").json()["file"]
    set_look_policy(TOLLBOOK, WITH_REASON)
    asked = {"of": "report", "report": "call-list", "words": "extension=110144&set=most=5", "format": "csv"}

    assert made().status_code == 202
    refused = made(extension="110144")
    assert (refused.status_code, "not said why" in refused.content.decode()) == (403, True)
    assert manager.get(f"/api/files/{before}/content").status_code == 403
    assert manager.get(f"/reports/files/{before}/")["Location"].startswith("/looking/?next=%2Freports%2Ffiles%2F")
    page = "/looking/?next=%2Freports%2Fcall-list%2F%3Fextension%3D110144%26set-most%3D5"
    assert manager.post("/reports/files/make/", asked)["Location"] == page
    odd = manager.post("/reports/files/make/", asked | {"report": "no/such"})
    assert odd["Location"] == "/looking/?next=%2Freports%2F"
    assert manager.post(f"/reports/files/{before}/again/")["Location"] == "/looking/?next=%2Freports%2Ffiles%2F"

    manager.post("/looking/", {"reason": "complaint of 2 March", "next": "/reports/"})

    assert made(extension="110144").status_code == 202
    assert manager.get(f"/reports/files/{before}/").status_code == 200
    assert looks()[-1][2] == ["complaint of 2 March"]
    assert manager.post("/reports/files/make/", asked)["Location"] == "/reports/files/"
