"""Every address of a centre is walked in every role: whoever sees one place is sent nothing of another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import tomli_w
from django.test import Client

from tests.fakes.clickhouse_server import ClickHouseServer
from tests.fakes.people import let_in
from tests.fakes.two_departments import found_in
from tests.fakes.two_places import OTHERS, OWN_WHOLE, PLACES, TwoPlaces, at_the_centre, clickhouse_of_places
from tests.fakes.walk import (
    SCOPED,
    addresses,
    leaks,
    leaks_in,
    may_in,
    reading_routes,
    refused_links,
    sent_bytes,
    signed_in,
    somebody_elses_schedule,
)
from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.model.fence import FILE
from tollbook.reports.known import reports
from tollbook.site.people import tokens
from tollbook.site.people.access import GivenAccess
from tollbook.web.people.roles import SIGNED_IN

pytestmark = pytest.mark.slow
SCOPE = "site=Hamburg"
ROLES = tuple(each for each in SCOPED if each != "person")
"""Every role that has a scope of places: whoever sees their own telephone alone has one of the centre's directory."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    with clickhouse_of_places(tmp_path_factory.mktemp("places"), *PLACES) as made:
        yield made


@pytest.fixture
def site_folder(site_folder: Path, server: ClickHouseServer) -> Path:
    (site_folder / FILE).write_text(tomli_w.dumps({"store": {"url": server.settings["url"]}}))
    return site_folder


@pytest.fixture
def centre(engine: Engine) -> TwoPlaces:
    made = at_the_centre(engine)
    somebody_elses_schedule(OTHERS)
    return made


@pytest.fixture
def parts(centre: TwoPlaces) -> dict[str, Any]:
    """What each part of an address stands for: of Hamburg, and of Bremen."""
    return {
        "number": (*centre.people, centre.departments[1], centre.assignments[1], centre.numbers[1]),
        "numbers": "1,2,3",
        "key": centre.calls,
        "call": centre.calls,
        "word": "claim",
        "name": ("zugspitze", "quota-q", "weekly"),
        "slug": ("by-person", "call-list"),
        "form": ("csv", "xlsx"),
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


def walked(parts: dict[str, Any], may: frozenset[str]) -> list[str]:
    """Return every address that is asked with GET and open to somebody."""
    open_to_them = [each for each in reading_routes() if each.needs in (None, SIGNED_IN, *may)]
    return list(dict.fromkeys(address for route in open_to_them for address in addresses(route, parts)))


@pytest.mark.parametrize("role", ROLES)
def test_nothing_of_another_place_is_sent_and_every_address_answers(parts: dict[str, Any], role: str) -> None:
    client, may = signed_in(role, SCOPE), may_in(role)
    client.raise_request_exception = False
    secret = OTHERS if "numbers.see" in may else (*OTHERS, *OWN_WHOLE)

    found: dict[str, Any] = {}
    for address in walked(parts, may):
        answer = client.get(address)
        sent = sent_bytes(answer)
        told = [*leaks_in(sent, address, secret), *refused_links(sent, may)]
        told += [str(answer.status_code)] if answer.status_code >= 500 else []
        found |= {address: told} if told else {}

    assert found == {}
    assert "110144" in client.get("/calls/").content.decode()


@pytest.mark.usefixtures("centre")
def test_whoever_sees_all_sees_both_places() -> None:
    let_in("chief", "admin")
    client = Client()
    assert client.login(username="chief", password="correct horse 9")
    words = "from=2026-01-01&to=2026-12-31"

    page = client.get("/calls/").content
    bill = client.get(f"/api/reports/by-department?{words}").content

    assert found_in(page, ("Hamburg/front", "Bremen/zugspitze", "110144", "391733")) == [
        "Hamburg/front",
        "Bremen/zugspitze",
        "110144",
        "391733",
    ]
    assert found_in(bill, ("Sales", "Helpdesk-Q")) == ["Sales", "Helpdesk-Q"]


@pytest.mark.usefixtures("centre")
def test_whoever_may_not_see_numbers_whole_is_sent_what_is_left_of_them() -> None:
    client = signed_in("night-desk", SCOPE)

    listed = [msgspec.json.decode(line) for line in sent_bytes(client.get("/api/calls")).splitlines()]

    assert len(listed) == 4
    assert {each["called"][-6:] for each in listed if each["direction"] == "outgoing"} == {"460•••", "550•••"}


@pytest.mark.usefixtures("centre")
@pytest.mark.parametrize("form", ["json", "csv", "xlsx"])
def test_no_report_in_any_form_tells_of_another_place(form: str) -> None:
    client = signed_in("manager", SCOPE)
    words = f"from=2026-01-01&to=2026-12-31&format={form}"

    found = {slug: told for slug in reports(None) if (told := leaks(client, f"/api/reports/{slug}?{words}", OTHERS))}

    assert found == {}
    assert found_in(sent_bytes(client.get(f"/api/reports/call-list?{words}")), ("110144", *OWN_WHOLE)) == [
        "110144",
        *OWN_WHOLE,
    ]


def test_a_token_of_one_place_is_sent_nothing_of_another(parts: dict[str, Any]) -> None:
    access = GivenAccess(role="", scope=({"site": "Hamburg"},))
    asked = tokens.AskedToken(name="crm", permission="read", access=access)
    client = Client(headers={"Authorization": f"Bearer {tokens.make(TOLLBOOK, asked)[1]}"})
    reading = [each for each in walked(parts, may_in("manager")) if each.startswith("/api/")]

    assert {each: told for each in reading if (told := leaks(client, each, OTHERS))} == {}
    assert client.get("/api/calls/count").json() == {"calls": 4}
