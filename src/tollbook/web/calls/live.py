"""Calls to the screen as they are stored, and bytes as they arrive: a stream of events for each listener."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import msgspec
from django.template.loader import render_to_string

from tollbook.engine.capture.viewer import BEAT_S
from tollbook.engine.engine import Engine
from tollbook.engine.feed import Feed
from tollbook.model.health import Health
from tollbook.model.pbx import Pbx
from tollbook.render.formatting import sentence
from tollbook.store.ledger import Ledger
from tollbook.store.questions import seen_by
from tollbook.web.pbxs.arriving import Onlooker

HEARTBEAT_S = 15.0
MOST_LISTENERS = 100
_TEMPLATES = {"feed": "web/parts/feed-row.html", "rows": "web/parts/call-row.html"}


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
    """Yield events until the feed closes or the listener goes; a comment now and then keeps the connection open.

    A listener is given the calls that its ledger has. Listening begins first, and then `is_behind` is asked whether
    calls came since the page was made, so that none can slip through between the two. One task waits for calls across
    heartbeats: cancelling the wait would end the feed's own generator.
    """
    yield "retry: 1000\n: calls as they arrive\n\n"
    batches = feed.stream()
    waiting: asyncio.Task[list[dict[str, Any]]] | None = asyncio.create_task(_next(batches))
    await asyncio.sleep(0)
    try:
        if await asyncio.to_thread(is_behind):
            yield "event: behind\ndata: load the list again\n\n"
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
            seen = await asyncio.to_thread(seen_by, ledger, calls)
            if seen:
                yield await asyncio.to_thread(_rendered, form, seen)
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
