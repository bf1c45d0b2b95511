"""Waiting for the PBX's datagrams, and taking what they bring."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from tollbook.sources._streams.datagram_port import DatagramPort, Senders
from tollbook.sources._streams.event_merge import EventMerge
from tollbook.sources.contract import Event, Surroundings, Waiting
from tollbook.sources.udp.options import Options


async def arrivals(options: Options, around: Surroundings) -> AsyncGenerator[Event, None]:
    """Take what comes, for ever; raises `Unavailable` when the port cannot be had."""
    inbox = EventMerge(around)
    port, senders = DatagramPort.at(options.listen), Senders(around.pbx, inbox, options)
    await port.join(senders)
    try:
        yield Waiting(f"listening on {options.listen} (UDP); nothing has come yet")
        async with aclosing(inbox.events()) as events:
            async for event in events:
                yield event
    finally:
        await port.leave(senders)
