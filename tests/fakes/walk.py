"""A walk over every address in a role: what each is asked for, and which texts that should not be there it sends."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from itertools import product
from typing import Any

import msgspec
import pypdfium2  # type: ignore[import-untyped] # it ships no types
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import get_resolver, resolve
from django.urls.resolvers import URLPattern, URLResolver

from tests.fakes.people import PASSWORD, let_in
from tests.fakes.two_departments import found_in, places
from tollbook.clock import now
from tollbook.model.access import PERMISSIONS
from tollbook.model.actor import TOLLBOOK
from tollbook.model.schedule import RunState
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


def somebody_elses_schedule(secret: tuple[str, ...]) -> None:
    """A schedule that another set up, with a run that has kept calls that others may not see."""
    from tollbook.site.schedules.models import ScheduleOutputRecord, ScheduleRecord, ScheduleRunRecord

    told = {"question": {"report": "by-extension"}, "cron": "0 8 * * 1", "sending": {"destination": "office"}}
    schedule = ScheduleRecord.objects.create(name="weekly", owner_kind="command", owner="root", zone="UTC", **told)
    run = ScheduleRunRecord.objects.create(schedule=schedule, due_at=now(), state=RunState.SENT)
    content = " ".join(secret).encode()
    ScheduleOutputRecord.objects.create(run=run, name="calls.csv", type="text/csv", content=content)


def signed_in(role: str, scope: str) -> Client:
    """Return the browser of somebody who has signed in in a role, with a scope; of a person that of Anna Berg."""
    from tollbook.site.people.roles import set_role_of_site

    if role == "night-desk":
        set_role_of_site(TOLLBOOK, role, "Night desk", ["calls.see"])
    own = "Anna Berg" if role == "person" else ""
    let_in(f"{role}-1", role, "" if own else scope, own)
    client = Client()
    assert client.login(username=f"{role}-1", password=PASSWORD)
    return client


def reading_routes() -> list[Route]:
    """Return every address of a page, and every one of the API that is asked with GET; none that never ends."""
    pages = [each for each in page_routes() if each.name not in STREAMS]
    return pages + [each for method, each in api_routes() if method == "GET" and each.name != "arrivals"]


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
    return leaks_in(sent_bytes(client.get(address)), address, secret)


def leaks_in(sent: bytes, address: str, secret: tuple[str, ...]) -> list[str]:
    """Return what was sent of some texts that should not have been."""
    echoed = found_in(address.encode(), secret)
    return [each for each in found_in(sent, secret) if each not in echoed]


def refused_links(sent: bytes, may: frozenset[str]) -> set[str]:
    """Return the pages that a page links to and whoever sees it may not open."""
    links = re.findall(rb'<a [^>]*href="(/[^"?#]*)', sent) if sent.startswith(b"<!doctype html>") else []
    pages = {each.decode() for each in links if not each.startswith((b"/static/", b"/api/"))}
    return {each for each in pages if needed_by(resolve(each).func) not in (None, SIGNED_IN, *may)}


def may_in(role: str) -> frozenset[str]:
    """Return what somebody may do in a role who sees the calls only some."""
    from tollbook.site.people.roles import roles

    return roles()[role].permissions - {name for name, each in PERMISSIONS.items() if each.whole_site}
