"""Waiting for the PBX's connections, and taking what they bring."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from tollbook.sources._streams.acknowledging import TALKS
from tollbook.sources._streams.event_merge import EventMerge
from tollbook.sources._streams.stream_connection import StreamConnection
from tollbook.sources._streams.stream_port import Callers, StreamPort
from tollbook.sources.contract import Event, Surroundings, Waiting
from tollbook.sources.tcp_server.options import Options


async def arrivals(options: Options, around: Surroundings) -> AsyncGenerator[Event, None]:
    """Take what the PBX's connections bring, for ever; raises `Unavailable` when the port cannot be had."""
    inbox = EventMerge(
        around,
        idle_s=options.idle,
        vacant=f"listening on {options.listen}; the PBX is no longer connected",
    )

    def inflow(_peer: str, origin: str) -> StreamConnection:
        return StreamConnection(origin, inbox.news, TALKS[options.talk](""))

    port, callers = StreamPort.at(options.listen), Callers(around.pbx, inbox, options, inflow)
    await port.join(callers)
    try:
        yield Waiting(f"listening on {options.listen}; no PBX has connected yet")
        async with aclosing(inbox.events()) as events:
            async for event in events:
                yield event
    finally:
        await port.leave(callers)
