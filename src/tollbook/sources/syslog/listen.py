"""Waiting for messages over UDP and TCP, and taking the records they hold.

The header comes off before the journal: it is the network's, a dialect knows its PBX's lines, and a syslog relay may
change it between two messages.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing

from tollbook.sources._streams.datagram_port import DatagramPort, Senders
from tollbook.sources._streams.event_merge import EventMerge
from tollbook.sources._streams.shared_port import Claimed, SharedPort
from tollbook.sources._streams.stream_connection import StreamConnection
from tollbook.sources._streams.stream_port import Callers, StreamPort
from tollbook.sources.contract import Event, Surroundings, Waiting
from tollbook.sources.syslog.message_filter import MessageFilter, Messages
from tollbook.sources.syslog.options import Options


async def arrivals(options: Options, around: Surroundings) -> AsyncGenerator[Event, None]:
    """Take what comes, for ever; raises `Unavailable` when the port cannot be had."""
    inbox = EventMerge(
        around,
        idle_s=options.idle,
        vacant=f"listening on {options.listen}; nobody is connected any more",
    )
    sieve = MessageFilter(options, inbox.refuse)
    async with AsyncExitStack() as stack:
        if options.over in ("udp", "both"):
            await _join(DatagramPort.at(options.listen), Senders(around.pbx, inbox, options, sieve.record), stack)
        if options.over in ("tcp", "both"):

            def inflow(peer: str, origin: str) -> StreamConnection:
                return Messages(origin, inbox.news, sieve, peer)

            await _join(StreamPort.at(options.listen), Callers(around.pbx, inbox, options, inflow), stack)
        yield Waiting(f"listening on {options.listen} ({options.over}); nothing has come yet")
        async with aclosing(inbox.events()) as events:
            async for event in events:
                yield event


async def _join(port: SharedPort[Claimed], claim: Claimed, stack: AsyncExitStack) -> None:
    await port.join(claim)
    stack.push_async_callback(port.leave, claim)
