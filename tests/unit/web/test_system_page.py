"""What is wrong with a site is on the first page, on the page of the PBX it is of, and on the system's page."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client

from tests.fakes.sites import import_file, sink_health, until
from tests.unit.web.conftest import row
from tollbook import clock
from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.model.health import State
from tollbook.model.sink import Sink
from tollbook.site.sinks import operations as sinks

AHEAD = f"{clock.now() + timedelta(days=40):%Y-%m-%d} 09:30:00"


def test_what_is_wrong_with_a_pbx_is_told_on_three_pages(admin: Client, engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, row("101", "5550100", at=AHEAD))

    told = {page: admin.get(page).content.decode() for page in (f"/pbx/{pbx}/", "/system/", "/system/troubles/")}

    assert [page for page, text in told.items() if "would have begun in the future" not in text] == []
    assert 'hx-get="/system/troubles/"' in admin.get("/").content.decode()


def test_a_sink_that_cannot_be_reached_is_told_on_the_first_page(
    admin: Client,
    engine: Engine,
    pbx: str,
) -> None:
    sink = Sink(name="crm", kind="webhook", settings={"url": "http://127.0.0.1:9/calls"})
    sinks.add(TOLLBOOK, sink, lambda _: [])
    engine.sinks.apply(run=True)
    import_file(engine, pbx, row("101", "5550100"))
    engine.sinks.news()
    until(lambda: sink_health(engine, "crm").state is State.NOT_REACHABLE)

    assert "Sink crm: the webhook does not answer" in admin.get("/system/troubles/").content.decode()
    assert 'hx-get="/system/troubles/"' in admin.get("/").content.decode()


def test_all_that_is_checked_is_listed_when_asked_for(admin: Client) -> None:
    assert "the journal is sound" not in admin.get("/system/").content.decode().lower()
    assert "the journal is sound" in admin.get("/system/", {"check": "all"}).content.decode().lower()


def test_the_systems_page_is_for_administrators(viewer: Client) -> None:
    assert [viewer.get(page).status_code for page in ("/system/", "/system/troubles/")] == [403, 403]
    assert "System" not in viewer.get("/").content.decode()
