"""Listening on the line until it is hung up; the port stays open as long as it can."""

from __future__ import annotations

import asyncio
import errno
import termios
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from tollbook import gate
from tollbook.gate import aside
from tollbook.model.fence import Fence, Reach
from tollbook.model.problem import Unavailable
from tollbook.sources._streams.event_merge import EventMerge
from tollbook.sources._streams.stream_connection import Endpoint, StreamConnection, connected
from tollbook.sources.contract import Event, Surroundings
from tollbook.sources.serial.finding import explained
from tollbook.sources.serial.options import TCP, Options, address
from tollbook.sources.serial.port import Port, PortTransport, Unfit, open_port

PULLED_OUT = "the line was hung up: is the cable or the adapter pulled out?"
SERVER_CLOSED = "the device server closed the connection: is the device behind it switched off, or taken by another?"
_CONNECT_S = 15.0


class SerialLine(StreamConnection):
    """What comes on a serial line, which never ends in good order: somebody has hung up."""

    def __init__(self, device: str, news: Callable[[], None], hung_up: str) -> None:
        super().__init__(device, news, telnet=False)
        self._hung_up = hung_up

    def connection_lost(self, fault: Exception | None) -> None:
        """Note that no more will come."""
        if fault is None or getattr(fault, "errno", None) == errno.EIO:
            self.fault = self.fault or self._hung_up
        super().connection_lost(fault)


async def arrivals(options: Options, around: Surroundings) -> AsyncGenerator[Event, None]:
    """Take what a line brings; raises `Unavailable` when it is hung up, for the engine to have it opened again."""
    inbox = EventMerge(around, idle_s=options.idle)
    line = await (_called if options.device.startswith(TCP) else _opened)(options, inbox.news, around.fence)
    inbox.add(line)
    inbox.only()
    async with aclosing(inbox.events()) as events:
        async for event in events:
            yield event
    if not around.stopping.is_set():
        raise Unavailable(f"{options.device}: {line.fault}")


async def _opened(options: Options, news: Callable[[], None], fence: Fence) -> SerialLine:
    """Open a port in a thread, since an adapter that does not answer holds up whoever opens it."""
    opening = asyncio.ensure_future(aside(_open, options, fence))
    try:
        port = await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close_unused)
        raise
    except (OSError, termios.error, Unfit) as fault:
        raise await aside(explained, options.device, options.manners, fault) from fault
    line = SerialLine(options.device, news, PULLED_OUT)
    PortTransport(port, line)
    return line


def _open(options: Options, fence: Fence) -> Port:
    found = gate.barred(fence, Reach.DEVICE, options.device)
    if found:
        raise gate.OutOfReach(found)
    return open_port(options.device, options.manners)


def _close_unused(opening: asyncio.Future[Port]) -> None:
    if not opening.cancelled() and not opening.exception():
        opening.result().close()


async def _called(options: Options, news: Callable[[], None], fence: Fence) -> SerialLine:
    host, port = address(options.device)
    to = Endpoint(host, port, f"the device server {host}", _CONNECT_S)
    return await connected(to, lambda: SerialLine(options.device, news, SERVER_CLOSED), fence)
