"""Calls to the screen as they are stored, and bytes as they arrive: a stream of events for each listener."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import msgspec
from django.template.loader import render_to_string
from django.utils.html import format_html

from tollbook.engine.capture.viewer import BEAT_S
from tollbook.engine.engine import Engine
from tollbook.engine.feed import Feed
from tollbook.model.health import Health
from tollbook.model.pbx import Pbx
from tollbook.render.formatting import sentence
from tollbook.store.filters import Where
from tollbook.store.ledger import Ledger
from tollbook.store.questions import count_calls, seen_by
from tollbook.web.calls.parties import named
from tollbook.web.pbxs.arriving import Onlooker

HEARTBEAT_S = 15.0
MOST_LISTENERS = 100
_TEMPLATES = {"feed": "web/parts/feed-row.html"}


def is_form(form: str) -> bool:
    """Say whether calls can be shown in this form."""
    return form in _TEMPLATES


def has_room(feed: Feed) -> bool:
    """Say whether one more may listen."""
    return feed.listeners < MOST_LISTENERS


def message(text: str) -> str:
    r"""Return text as one event; the format ends a line's field at every line end.

    >>> message("one")
    'data: one\n\n'
    """
    return "".join(f"data: {line}\n" for line in text.split("\n")) + "\n"


def _rendered(form: str, calls: list[dict[str, Any]]) -> str:
    newest_first = reversed(calls)
    rows = (render_to_string(_TEMPLATES[form], {"call": call, "is_new": True}) for call in newest_first)
    return message("".join(row.replace("\n", " ").strip() for row in rows))


async def stream(feed: Feed, ledger: Ledger, form: str, is_behind: Callable[[], bool]) -> AsyncIterator[str]:
    """Yield calls as rows, those that a ledger has, and first whether calls came since the page was made."""

    def at_first() -> str:
        return "event: behind\ndata: load the list again\n\n" if is_behind() else ""

    def told(calls: list[dict[str, Any]]) -> str:
        seen = seen_by(ledger, calls)
        return _rendered(form, named(ledger, seen)) if seen else ""

    async with aclosing(_events(feed, at_first, told)) as events:
        async for event in events:
            yield event


NEWS_PACE_S = 1.0
"""Calls that come in a burst are counted together, this often."""


class NewCalls:
    """How many calls of a filter are newer than a list; a call of which another leg came is new, too."""

    def __init__(self, ledger: Ledger, where: Where, since: int, address: str) -> None:
        self._ledger, self._where = ledger, where.and_("change > $since", since=since)
        self._upto, self._address = since, address

    def event(self, _calls: object = None) -> str:
        """Return an event with a link to the list of now, or nothing where nothing is new since the last one."""
        upto = self._ledger.position().last
        if upto <= self._upto:
            return ""
        self._upto = upto
        count = count_calls(self._ledger, self._where)
        said = f"{count:,} new call{'' if count == 1 else 's'}"
        return message(format_html('<a class="button" href="{}">{}</a>', self._address, said)) if count else ""


async def news(feed: Feed, calls: NewCalls) -> AsyncIterator[str]:
    """Yield how many calls are new, at first and whenever it has changed."""
    async with aclosing(_events(feed, calls.event, calls.event, NEWS_PACE_S)) as events:
        async for event in events:
            yield event


async def paced(
    feed: Feed,
    told: Callable[[list[dict[str, Any]]], str],
    pace_s: float,
) -> AsyncGenerator[str, None]:
    """Yield what is told of calls as they come, no more often than once in a while, and a comment now and then."""
    async with aclosing(_events(feed, lambda: "", told, pace_s)) as events:
        async for event in events:
            yield event


async def _events(
    feed: Feed,
    at_first: Callable[[], str],
    told: Callable[[list[dict[str, Any]]], str],
    pace_s: float = 0.0,
) -> AsyncGenerator[str, None]:
    """Yield events until the feed closes or the listener goes; a comment now and then keeps the connection open.

    Listening begins before `at_first` is asked, so that no call can slip through between the two. One task waits for
    calls across heartbeats: cancelling the wait would end the feed's own generator.
    """
    yield "retry: 1000\n: calls as they arrive\n\n"
    batches = feed.stream()
    waiting: asyncio.Task[list[dict[str, Any]]] | None = asyncio.create_task(_next(batches))
    await asyncio.sleep(0)
    try:
        if event := await asyncio.to_thread(at_first):
            yield event
        while True:
            waiting = waiting or asyncio.create_task(_next(batches))
            done, _ = await asyncio.wait((waiting,), timeout=HEARTBEAT_S)
            if not done:
                yield ": still here\n\n"
                continue
            finished, waiting = waiting, None
            try:
                calls = finished.result()
            except StopAsyncIteration:
                return
            if event := await asyncio.to_thread(told, calls):
                yield event
            await asyncio.sleep(pace_s)
    finally:
        if waiting is not None:
            waiting.cancel()
            await asyncio.wait((waiting,))
        await batches.aclose()  # type: ignore[attr-defined] # an async generator, declared as its iterator


async def _next(batches: AsyncIterator[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return await anext(batches)


LONGEST_LOOK_S = 600.0
MOST_ONLOOKERS = 20
_looking: set[object] = set()


def may_look() -> bool:
    """Say whether one more may look on at arriving bytes."""
    return len(_looking) < MOST_ONLOOKERS


async def arrivals(engine: Engine, pbx: Pbx) -> AsyncIterator[str]:
    """Yield what arrives from a PBX as events: `state` when how it is doing changes, else bytes with their records.

    Ends with `over` after ten minutes, or when the PBX is watched no longer.
    """
    onlooker, told, silent_s = Onlooker(engine, pbx), "", 0.0
    token = object()
    _looking.add(token)
    try:
        yield "retry: 2000\n: bytes as they arrive\n\n"
        async with aclosing(engine.look_on(pbx.name, LONGEST_LOOK_S)) as seen:
            async for each in seen:
                state = _state(each.health)
                if state != told:
                    told = state
                    yield "event: state\n" + message(state)
                silent_s = 0.0 if each.arrived else silent_s + BEAT_S
                if each.arrived:
                    shown = await asyncio.to_thread(onlooker.see, each.arrived)
                    yield message(msgspec.json.encode(shown).decode())
                elif silent_s >= HEARTBEAT_S:
                    silent_s = 0.0
                    yield ": still here\n\n"
        yield "event: over\ndata: load the page again\n\n"
    finally:
        _looking.discard(token)


def _state(health: Health) -> str:
    said = sentence("; ".join(filter(None, (health.message, health.noise))))
    return msgspec.json.encode({"state": health.state, "message": said}).decode()
