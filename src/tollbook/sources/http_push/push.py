"""Taking what a PBX posts, for as long as it is watched."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from tollbook.gate import aside
from tollbook.sources.contract import Answered, Event, Surroundings, Waiting
from tollbook.sources.http_push.credentials import Credentials
from tollbook.sources.http_push.endpoint import PostEndpoint
from tollbook.sources.http_push.options import Options
from tollbook.sources.http_push.post_port import PostPort

_ASKED_EVERY_S = 3600.0
"""How often to say where things stand while nobody asks."""


async def arrivals(options: Options, around: Surroundings) -> AsyncGenerator[Event, None]:
    """Yield what is posted, for ever; raises `Unavailable` when its address cannot be listened on."""
    secret = await aside(options.secret, around.fence)
    endpoint = PostEndpoint(around.pbx, options, Credentials(options, secret))
    port = PostPort.at(options.listen)
    await port.join(endpoint)
    asked = asyncio.Event()
    waking = asyncio.create_task(_wake(around, asked, endpoint))
    try:
        yield _standing(endpoint)
        while True:
            await endpoint.changed()
            for event in endpoint.events():
                yield event
            if asked.is_set():
                asked.clear()
                yield _standing(endpoint)
    finally:
        waking.cancel()
        endpoint.close()
        await port.leave(endpoint)


async def _wake(around: Surroundings, asked: asyncio.Event, endpoint: PostEndpoint) -> None:
    """Pass on that somebody asks how the PBX is doing."""
    while True:
        await around.pause(_ASKED_EVERY_S)
        asked.set()
        endpoint.news()


def _standing(endpoint: PostEndpoint) -> Waiting | Answered:
    if endpoint.last_peer:
        return Answered(f"listening on {endpoint.origin}; the last post came from {endpoint.last_peer}", 0.0)
    return Waiting(f"listening on {endpoint.origin}; no PBX has posted yet")
