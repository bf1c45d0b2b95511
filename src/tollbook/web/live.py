"""Calls to the screen as they are stored: a stream of rendered rows for each listener."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from django.template.loader import render_to_string

from tollbook.engine.feed import Feed

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


async def stream(feed: Feed, form: str, is_behind: Callable[[], bool]) -> AsyncIterator[str]:
    """Yield events until the feed closes or the listener goes; a comment now and then keeps the connection open.

    Listening begins first, and then `is_behind` is asked whether calls came since the page was made, so that none can
    slip through between the two. One task waits for calls across heartbeats: cancelling the wait would end the
    feed's own generator.
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
            yield await asyncio.to_thread(_rendered, form, calls)
    finally:
        if waiting is not None:
            waiting.cancel()
            await asyncio.wait((waiting,))
        await batches.aclose()  # type: ignore[attr-defined] # an async generator, declared as its iterator


async def _next(batches: AsyncIterator[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return await anext(batches)
