"""Calls to the screen as they are stored."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from django.test import Client

from tests.fakes.sites import import_file, until
from tests.unit.web.conftest import row
from tollbook.engine.engine import Engine
from tollbook.store.filters import ALL, Where
from tollbook.store.ledger import Ledger, Scope
from tollbook.web.calls import live

CALL = {
    "id": "9387d8c3-7d32-3e0d-50e7-fe216570ae80",
    "pbx": "hts32",
    "direction": "incoming",
    "outcome": "answered",
    "started_at": "2026-03-02T09:15:00Z",
    "started_local": "2026-03-02T09:15:00",
    "ring_s": 4,
    "talk_s": 62,
    "extension": "101",
    "caller": "2125550177",
    "called": "<b>101</b>",
    "trunk": "2",
    "auth_code": "",
    "number_e164": None,
    "number_name": None,
}


async def first(events: AsyncIterator[str], many: int) -> list[str]:
    async with asyncio.timeout(20):
        return [await anext(events) for _ in range(many)]


@pytest.mark.parametrize("form", ["feed"])
def test_a_new_call_is_one_event_that_holds_its_row(engine: Engine, form: str) -> None:
    async def listen() -> list[str]:
        events = live.stream(engine.feed, Ledger(engine.site.store), form, lambda: False)
        hello = await anext(events)
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.to_thread(until, lambda: engine.feed.listeners == 1)
        engine.feed.publish([CALL])
        return [hello, await waiting]

    hello, event = asyncio.run(listen())

    assert hello.startswith("retry:")
    assert event.startswith("data: <")
    assert event.endswith("\n\n")
    assert "2125550177" in event
    assert "&lt;b&gt;101" in event


def test_a_stored_call_reaches_a_listener(engine: Engine, pbx: str) -> None:
    async def listen() -> str:
        events = live.stream(engine.feed, Ledger(engine.site.store), "feed", lambda: False)
        await anext(events)
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.to_thread(until, lambda: engine.feed.listeners == 1)
        await asyncio.to_thread(import_file, engine, pbx, row("101", "5550123"))
        async with asyncio.timeout(20):
            return await waiting

    assert "5550123" in asyncio.run(listen())


def test_a_quiet_stream_gives_a_sign_of_life_and_misses_nothing(
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.01)

    async def listen() -> list[str]:
        events = live.stream(engine.feed, Ledger(engine.site.store), "feed", lambda: False)
        signs = await first(events, 3)
        engine.feed.publish([CALL])
        async with asyncio.timeout(20):
            return [*signs, await anext(event async for event in events if event.startswith("data:"))]

    got = asyncio.run(listen())

    assert got[1:3] == [": still here\n\n"] * 2
    assert "2125550177" in got[3]


def test_a_page_that_calls_have_passed_by_is_told_that_it_is_behind(engine: Engine) -> None:
    async def listen() -> str:
        events = live.stream(engine.feed, Ledger(engine.site.store), "feed", lambda: True)
        await anext(events)
        return await anext(events)

    assert asyncio.run(listen()).startswith("event: behind\n")


def test_a_listener_that_goes_is_forgotten(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.01)

    async def listen_and_go() -> list[int]:
        events = live.stream(engine.feed, Ledger(engine.site.store), "feed", lambda: False)
        await first(events, 2)
        while_here = engine.feed.listeners
        await events.aclose()  # type: ignore[attr-defined] # an async generator, declared as its iterator
        return [while_here, engine.feed.listeners]

    assert asyncio.run(listen_and_go()) == [1, 0]


def test_a_stream_ends_when_the_server_does(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.01)

    async def listen() -> list[str]:
        events = live.stream(engine.feed, Ledger(engine.site.store), "feed", lambda: False)
        await first(events, 2)
        engine.feed.close()
        async with asyncio.timeout(20):
            return [event async for event in events if event.startswith("data:")]

    assert asyncio.run(listen()) == []


@pytest.mark.usefixtures("engine")
def test_beyond_the_limit_nothing_is_sent(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_LISTENERS", 0)

    assert viewer.get("/live/feed/").status_code == 204


@pytest.mark.usefixtures("engine")
def test_there_is_no_stream_of_another_form(viewer: Client) -> None:
    assert viewer.get("/live/nothing/").status_code == 204


def test_a_listener_is_given_only_the_calls_that_its_ledger_has(engine: Engine, pbx: str) -> None:
    of_102 = Scope(calls=Where("extension = $extension", {"extension": "102"}))

    async def listen() -> str:
        events = live.stream(engine.feed, Ledger(engine.site.store, of_102), "feed", lambda: False)
        await anext(events)
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.to_thread(until, lambda: engine.feed.listeners == 1)
        await asyncio.to_thread(import_file, engine, pbx, row("101", "5550123"))
        await asyncio.to_thread(import_file, engine, pbx, row("102", "5550124"))
        async with asyncio.timeout(20):
            return await waiting

    event = asyncio.run(listen())

    assert "5550124" in event
    assert "5550123" not in event


def news_of(engine: Engine, where: Where = ALL, since: int = 0) -> live.NewCalls:
    return live.NewCalls(Ledger(engine.site.store), where, since, "/calls/?a=1&b=2")


def test_calls_since_a_list_are_counted_with_a_link_to_the_list_of_now(engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, row("101", "5550123"))
    since = engine.site.store.position().last
    calls = news_of(engine, since=since)

    assert calls.event() == ""
    import_file(engine, pbx, row("101", "5550124") + row("102", "5550125"))
    assert calls.event() == 'data: <a class="button" href="/calls/?a=1&amp;b=2">2 new calls</a>\n\n'
    assert calls.event() == ""


def test_calls_that_a_filter_does_not_mean_are_no_news(engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, row("101", "5550123") + row("102", "5550125"))

    assert "1 new call<" in news_of(engine, Where("extension = $of", {"of": "102"})).event()
    assert news_of(engine, Where("extension = $of", {"of": "999"})).event() == ""


def test_news_come_at_once_where_calls_came_before_anybody_listened(engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, row("101", "5550123"))

    async def listen() -> list[str]:
        return await first(live.news(engine.feed, news_of(engine)), 2)

    assert "1 new call<" in asyncio.run(listen())[1]


def test_news_of_a_list_that_cannot_be_read_are_none(viewer: Client, engine: Engine) -> None:
    answer = viewer.get("/live/news/?min-duration=long&until=x")

    assert answer.status_code == 200
    assert engine.feed.listeners == 0
