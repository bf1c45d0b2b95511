"""Looks on while one PBX is watched: what arrives, and how it is doing, for a while and from any event loop.

Listening begins before the source runner does, so that nothing which arrives at once is missed. One task waits for
bytes across the beats: cancelling the wait would end the generator of the live bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

import msgspec

from tollbook.clock import monotonic_s
from tollbook.engine.capture.live_bytes import Arrived
from tollbook.engine.capture.source_runner import SourceRunner
from tollbook.model.health import Health

BEAT_S = 0.5


class Seen(msgspec.Struct, frozen=True):
    """How the PBX is doing, and what has arrived; None where nothing has since the last time."""

    health: Health
    arrived: Arrived | None


async def look_on(
    runner: SourceRunner,
    begin: Callable[[], Awaitable[object]],
    limit_s: float,
) -> AsyncGenerator[Seen, None]:
    """Yield what arrives, and every half second without anything, until time is up or the PBX is watched no longer."""
    until = monotonic_s() + limit_s
    stream = runner.live_bytes.stream()
    waiting = asyncio.ensure_future(_next(stream))
    await asyncio.sleep(0)
    try:
        await begin()
        while (left_s := until - monotonic_s()) > 0:
            done, _ = await asyncio.wait((waiting,), timeout=min(BEAT_S, left_s))
            arrived = None
            if done:
                arrived = waiting.result()
                if arrived is None:
                    return
                waiting = asyncio.ensure_future(_next(stream))
            yield Seen(runner.health, arrived)
    finally:
        waiting.cancel()
        await asyncio.wait((waiting,))
        await stream.aclose()  # type: ignore[attr-defined] # an async generator, declared as its iterator


async def _next(stream: AsyncIterator[Arrived]) -> Arrived | None:
    return await anext(stream, None)
