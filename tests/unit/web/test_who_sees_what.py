"""Every address is walked in every role: nothing of another department is sent, and what a role may not do is refused.

An address that is new has to say what it needs, and how this walk can ask for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.http.response import HttpResponseBase
from django.test import Client

from tests.fakes.people import PASSWORD, let_in
from tests.fakes.two_departments import OTHERS, OWN_WHOLE, TwoDepartments, found_in, two_departments
from tests.fakes.walk import (
    OPEN,
    SCOPED,
    STREAMS,
    Route,
    addresses,
    api_routes,
    leaks,
    leaks_in,
    may_in,
    page_routes,
    reading_routes,
    refused_links,
    sent_bytes,
    signed_in,
    somebody_elses_schedule,
)
from tollbook.engine.engine import Engine
from tollbook.model.access import EVERYTHING_ALLOWED, PERMISSIONS, Access
from tollbook.model.actor import TOLLBOOK
from tollbook.model.problem import Misconfigured
from tollbook.render.reports import pdf
from tollbook.reports.known import reports
from tollbook.site.people import tokens
from tollbook.site.people.access import GivenAccess
from tollbook.site.people.operations import change_access
from tollbook.site.people.roles import roles
from tollbook.store import questions
from tollbook.web.calls.live import _rendered
from tollbook.web.calls.parties import named
from tollbook.web.people.roles import SIGNED_IN

PRINTED = ("call-list", "by-extension", "most-called-numbers", "by-department", "department-bill")
"""Reports that are looked at on paper: calls, telephones, numbers outside, a chart, and what is charged."""
OF_SALES = ("110144", "Sales", "79460136")


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> TwoDepartments:
    made = two_departments(engine, tmp_path)
    somebody_elses_schedule(OTHERS)
    return made


@pytest.fixture
def parts(site: TwoDepartments) -> dict[str, Any]:
    """What each part of an address stands for: of Sales, and of the other department."""
    return {
        "number": (site.people[0], site.people[1], site.departments[1], site.assignments[1], site.numbers[1], 1),
        "numbers": "1,2,3",
        "key": site.calls,
        "call": site.calls,
        "word": "claim",
        "name": ("front", "zugspitze", "sales-a", "quota-q", "getting-started", "weekly"),
        "slug": ("by-extension", "by-person", "call-list"),
        "form": ("csv", "xlsx", "json", "ndjson", "parquet", "txt", "toml"),
        "dialect": "panasonic-kx-hts",
        "kind": ("folder", "file", "oidc"),
        "upload": "none",
        "file": "none",
        "run": 1,
        "place": (0, 1),
        "token": "none",
        "body": (1, 2),
        "deed": "pause",
        "version": "2026-01-01",
        "tariff": "flat",
        "secret": "none",
        "link": "none",
    }


def test_every_address_says_what_it_needs() -> None:
    silent = [each.path for each in page_routes() if each.needs is None and each.name not in OPEN]
    silent += [each.path for _, each in api_routes() if each.needs is None]

    assert not silent
    assert {each.needs for each in page_routes()} - {None, SIGNED_IN} <= set(PERMISSIONS)


@pytest.mark.parametrize("role", SCOPED)
def test_nothing_of_another_department_is_sent_and_no_link_leads_to_a_refusal(parts: dict[str, Any], role: str) -> None:
    client = signed_in(role, "department=Sales")
    hides = "numbers.see" not in roles()[role].permissions
    secret = (*OTHERS, *OWN_WHOLE) if hides else OTHERS
    reading = reading_routes()

    may = may_in(role)

    found: dict[str, list[str]] = {}
    for address in (each for route in reading for each in addresses(route, parts)):
        sent = sent_bytes(client.get(address))
        found |= {address: told} if (told := [*leaks_in(sent, address, secret), *refused_links(sent, may)]) else {}

    assert found == {}
    assert "110144" in client.get("/calls/").content.decode()


@pytest.mark.slow
@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("form", ["json", "csv", "xlsx", "parquet"])
def test_no_report_in_any_form_tells_of_another_department(form: str) -> None:
    client = signed_in("manager", "department=Sales")
    words = "from=2026-01-01&to=2026-12-31"

    found = {
        slug: told
        for slug in reports(None)
        if (told := leaks(client, f"/api/reports/{slug}?{words}&format={form}", OTHERS))
    }

    assert found == {}


@pytest.fixture
def papers(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have PDFs made here, where it takes a tenth of the time, and every table with some rows set as a long one."""

    def run(work: Callable[..., bytes], *given: object, **_: object) -> bytes:
        return work(*given)

    monkeypatch.setattr(engine.jobs, "run", run)


@pytest.mark.usefixtures("site", "papers")
@pytest.mark.parametrize("few_cells", [8000, 5], ids=["as tables", "as long lists"])
def test_no_pdf_in_any_role_tells_of_another_department(few_cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "FEW_CELLS", few_cells)
    asked = [f"/api/reports/{slug}?from=2026-03-01&to=2026-03-31&format=pdf" for slug in PRINTED]
    whose = ("department=Sales", "extension=110144&pbx=front")
    asked += [f"/api/phone-bill?{each}&month=2026-03&format=pdf" for each in whose]
    clients = {role: signed_in(role, "department=Sales") for role in SCOPED}

    sent = {(role, each): sent_bytes(client.get(each)) for role, client in clients.items() for each in asked}

    hides = {role for role in SCOPED if "numbers.see" not in roles()[role].permissions}
    secret = {role: (*OTHERS, *OWN_WHOLE) if role in hides else OTHERS for role in SCOPED}
    assert {key: told for key, text in sent.items() if (told := found_in(text, secret[key[0]]))} == {}
    assert [each for each in asked if not found_in(sent["manager", each], OF_SALES)] == []
    assert [role for role in SCOPED if not found_in(sent[role, asked[0]], ("110144",))] == []
    assert found_in(sent["manager", asked[0]], OWN_WHOLE) == list(OWN_WHOLE)


@pytest.mark.parametrize("role", SCOPED)
def test_what_a_role_may_not_do_is_refused(parts: dict[str, Any], role: str) -> None:
    client = signed_in(role, "department=Sales")
    may = may_in(role)
    barred = [(method, route) for method, route in _methods() if route.needs not in (None, SIGNED_IN, *may)]

    open_to_them = [
        f"{method} {address}"
        for method, route in barred
        for address in list(addresses(route, parts))[:1]
        if _status(client, method, address) not in (403, 422)  # what was sent along is read before
    ]

    assert barred
    assert open_to_them == []


def _methods() -> list[tuple[str, Route]]:
    pages = [(method, each) for each in page_routes() for method in ("GET", "POST") if each.name not in STREAMS]
    return [*pages, *api_routes()]


def _status(client: Client, method: str, address: str) -> int:
    ask: Callable[..., HttpResponseBase] = getattr(client, method.lower())
    sent: dict[str, Any] = {"content_type": "application/json", "data": json.dumps({})} if method != "GET" else {}
    return ask(address, **sent).status_code


@pytest.mark.parametrize("permission", ["read", "change"])
def test_a_token_with_a_scope_is_sent_nothing_of_another_department(parts: dict[str, Any], permission: str) -> None:
    access = GivenAccess(role="", scope=({"department": "Sales"},))
    asked = tokens.AskedToken(name="crm", permission=permission, access=access)
    client = Client(headers={"Authorization": f"Bearer {tokens.make(TOLLBOOK, asked)[1]}"})
    reading = [each for method, each in api_routes() if method == "GET" and each.name != "arrivals"]

    found = {
        address: told
        for route in reading
        for address in addresses(route, parts)
        if (told := leaks(client, address, OTHERS))
    }

    assert found == {}
    assert client.get("/api/calls/count").json() == {"calls": 3}


def test_the_live_feed_shows_each_listener_calls_of_theirs_as_they_may_see_them(
    engine: Engine,
    site: TwoDepartments,
) -> None:
    everything = engine.ledger(EVERYTHING_ALLOWED)
    published = list(questions.calls(everything, questions.CallListing()))
    masked = Access(role="", permissions=frozenset(("calls.see",)), scope=({"department": "Sales"},))
    ledger = engine.ledger(masked)

    told = _rendered("feed", named(ledger, questions.seen_by(ledger, published)))

    assert site.calls[0] in told
    assert found_in(told.encode(), (*OTHERS, *OWN_WHOLE)) == []


def test_costs_are_shown_to_nobody_who_may_not_see_them(site: TwoDepartments) -> None:
    client = signed_in("reception", "")
    shown = client.get(f"/api/calls/{site.calls[0]}").json()

    assert (shown["cost"], shown["price"], shown["tariff"]) == (None, None, None)
    assert client.get("/costs/budgets/").status_code == 403
    assert "Costs" not in client.get("/calls/").content.decode()


@pytest.mark.usefixtures("site")
def test_what_somebody_may_see_changes_at_once_and_signs_them_out() -> None:
    client = signed_in("manager", "department=Sales")
    assert "291733" not in client.get("/calls/").content.decode()

    change_access(TOLLBOOK, "manager-1", GivenAccess(role="manager"))

    assert client.get("/calls/").status_code == 302
    assert client.login(username="manager-1", password=PASSWORD)
    assert "291733" in client.get("/calls/").content.decode()


@pytest.mark.usefixtures("site")
def test_a_person_sees_their_own_telephone_wherever_it_was_theirs() -> None:
    page = signed_in("person", "").get("/calls/").content.decode()

    assert "110144" in page
    assert "110255" not in page


@pytest.mark.usefixtures("site")
def test_a_person_whose_telephones_are_not_said_is_not_let_in() -> None:
    with pytest.raises(Misconfigured, match="whose telephones are meant"):
        let_in("nobody", "person")


@pytest.mark.parametrize(
    ("scope", "reason"),
    [
        ("number=5550100", "a scope cannot be made of 'number'"),
        ("Sales", "the scope cannot be read"),
        ("pbx=front; from=2026-01-01", "a scope cannot be made of 'from'"),
        ("departmnt=Sales", "a scope cannot be made of 'departmnt'"),
    ],
)
def test_a_scope_that_cannot_be_is_refused_with_the_reason(engine: Engine, scope: str, reason: str) -> None:
    del engine  # it has to be there, no more
    with pytest.raises(Misconfigured, match=reason):
        let_in("vera", "manager", scope)
