"""Every address is walked in every role: nothing of another department is sent, and what a role may not do is refused.

An address that is new has to say what it needs, and how this walk can ask for it.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import pypdfium2  # type: ignore[import-untyped] # it ships no types
import pytest
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import get_resolver, resolve
from django.urls.resolvers import URLPattern, URLResolver

from tests.fakes.people import PASSWORD, let_in
from tests.fakes.two_departments import OTHERS, OWN_WHOLE, TwoDepartments, found_in, places, two_departments
from tollbook.clock import now
from tollbook.engine.engine import Engine
from tollbook.model.access import EVERYTHING_ALLOWED, PERMISSIONS, Access
from tollbook.model.actor import TOLLBOOK
from tollbook.model.problem import Misconfigured
from tollbook.model.schedule import RunState
from tollbook.render.reports import pdf
from tollbook.reports.known import reports
from tollbook.site.people import tokens
from tollbook.site.people.access import GivenAccess
from tollbook.site.people.operations import change_access
from tollbook.site.people.roles import roles, set_role_of_site
from tollbook.site.schedules.models import ScheduleOutputRecord, ScheduleRecord, ScheduleRunRecord
from tollbook.store import questions
from tollbook.web.calls.live import _rendered
from tollbook.web.calls.parties import named
from tollbook.web.people.roles import SIGNED_IN, needed_by

SCOPED = ("manager", "reception", "person", "technician", "auditor", "viewer", "admin", "night-desk")
"""Every usual role, and one that sees no number whole."""
STREAMS = {"live", "live-news", "pbx-arrivals", "wall-live"}
"""Addresses that never end; what they send is looked at in tests of their own."""
OPEN = {
    "set-up",
    "sign-in",
    "second-step",
    "healthz",
    "metrics",
    "wall",
    "wall-live",
    "oidc-begin",
    "oidc-back",
    "forgotten",
    "welcome",
    "welcome-choose",
}
"""Addresses that ask for no sign-in; what they show is looked at in tests of their own."""
WORDS = {
    "calls": ("", "?number=88", "?columns=agg", "?text=Q", "?called-back=no"),
    "missed": ("", "?state=all"),
    "report-explore": ("?rows=department&measures=calls", "?rows=person&measures=calls,talk"),
}
"""Queries that are asked beside the plain address, by its name."""


PRINTED = ("call-list", "by-extension", "most-called-numbers", "by-department", "department-bill")
"""Reports that are looked at on paper: calls, telephones, numbers outside, a chart, and what is charged."""
OF_SALES = ("110144", "Sales", "79460136")
_BREAKS = (0xAD, 0x200B, 0xFFFE)
"""What stands in a PDF where a line may be broken, or was."""


class Route(msgspec.Struct, frozen=True):
    """An address with its parts in < >, its name, and what it needs."""

    path: str
    name: str
    needs: str | None


def page_routes() -> list[Route]:
    """Return every address of a page."""

    def walk(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[Route]:
        for each in patterns:
            path = before + str(each.pattern)
            if isinstance(each, URLResolver):
                yield from walk(each.url_patterns, path)
            elif not path.startswith("api/"):
                yield Route(path, str(each.name), needed_by(each.callback))

    return list(walk(get_resolver().url_patterns))


def api_routes() -> list[tuple[str, Route]]:
    """Return every operation of the API with its method."""
    from tollbook.web.api import api

    return [
        (method, Route(f"api{path}", operation.view_func.__name__, needed_by(operation.view_func)))
        for _, router in api._routers  # noqa: SLF001 - ninja has no other way to list them
        for path, view in router.path_operations.items()
        for operation in view.operations
        for method in operation.methods
    ]


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> TwoDepartments:
    made = two_departments(engine, tmp_path)
    somebody_elses_schedule()
    return made


def somebody_elses_schedule() -> None:
    """A schedule that another set up, with a run that has kept calls of another department."""
    told = {"question": {"report": "by-extension"}, "cron": "0 8 * * 1", "sending": {"destination": "office"}}
    schedule = ScheduleRecord.objects.create(name="weekly", owner_kind="command", owner="root", zone="UTC", **told)
    run = ScheduleRunRecord.objects.create(schedule=schedule, due_at=now(), state=RunState.SENT)
    content = " ".join(OTHERS).encode()
    ScheduleOutputRecord.objects.create(run=run, name="calls.csv", type="text/csv", content=content)


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


def signed_in(role: str, scope: str) -> Client:
    if role == "night-desk":
        set_role_of_site(TOLLBOOK, role, "Night desk", ["calls.see"])
    own = "Anna Berg" if role == "person" else ""
    let_in(f"{role}-1", role, "" if own else scope, own)
    client = Client()
    assert client.login(username=f"{role}-1", password=PASSWORD)
    return client


def addresses(route: Route, parts: dict[str, Any]) -> Iterator[str]:
    """Yield an address with each of what its parts stand for; raises KeyError for a part that nothing stands for."""
    names = re.findall(r"<(?:\w+:)?(\w+)>|\{(?:\w+:)?(\w+)\}", route.path)
    wanted = [first or second for first, second in names]
    for values in product(*(places(parts[name]) for name in wanted)):
        made = route.path
        for value in values:
            made = re.sub(r"<[^>]*>|\{[^}]*\}", str(value), made, count=1)
        for words in WORDS.get(route.name, ("",)):
            yield f"/{made}{words}"


def sent_bytes(answer: HttpResponseBase) -> bytes:
    """Return what was sent; of a workbook what its parts hold."""
    sent = b"".join(answer) if answer.streaming else answer.content  # type: ignore[attr-defined]
    if sent.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(sent)) as archive:
            return b"\n".join(archive.read(name) for name in archive.namelist())
    return on_paper(sent) if sent.startswith(b"%PDF") else sent


def on_paper(data: bytes) -> bytes:
    """Return what stands on the pages of a PDF, and once more without the ends of lines: a long text is broken."""
    text = "\n".join(each.get_textpage().get_text_range() for each in pypdfium2.PdfDocument(data))
    whole = text.translate(dict.fromkeys(_BREAKS))
    return f"{whole}\n{''.join(whole.split())}\n{' '.join(whole.split())}".encode()


def leaks(client: Client, address: str, secret: tuple[str, ...]) -> list[str]:
    """Return what is sent of some texts that should not be; the address itself may hold them, and is echoed."""
    return _leaks(sent_bytes(client.get(address)), address, secret)


def _leaks(sent: bytes, address: str, secret: tuple[str, ...]) -> list[str]:
    echoed = found_in(address.encode(), secret)
    return [each for each in found_in(sent, secret) if each not in echoed]


def _refused_links(sent: bytes, may: frozenset[str]) -> set[str]:
    """Return the pages that a page links to and whoever sees it may not open."""
    links = re.findall(rb'<a [^>]*href="(/[^"?#]*)', sent) if sent.startswith(b"<!doctype html>") else []
    pages = {each.decode() for each in links if not each.startswith((b"/static/", b"/api/"))}
    return {each for each in pages if needed_by(resolve(each).func) not in (None, SIGNED_IN, *may)}


def _may(role: str) -> frozenset[str]:
    """Return what somebody may do in a role who sees the calls of one department only."""
    return roles()[role].permissions - {name for name, each in PERMISSIONS.items() if each.whole_site}


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
    reading = [each for each in page_routes() if each.name not in STREAMS]
    reading += [each for method, each in api_routes() if method == "GET" and each.name != "arrivals"]

    may = _may(role)

    found: dict[str, list[str]] = {}
    for address in (each for route in reading for each in addresses(route, parts)):
        sent = sent_bytes(client.get(address))
        found |= {address: told} if (told := [*_leaks(sent, address, secret), *_refused_links(sent, may)]) else {}

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
    may = _may(role)
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
