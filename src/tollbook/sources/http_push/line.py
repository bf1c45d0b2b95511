"""One connection of a PBX that posts: its bytes, each wait within a time, and what is said to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from tollbook.sources._streams.listening import plain_ip
from tollbook.sources._streams.stream_connection import StreamConnection


class HttpLine(StreamConnection):
    """A connection. `opened` is called with it when it stands."""

    def __init__(self, opened: Callable[[HttpLine], None]) -> None:
        self._changed = asyncio.Event()
        super().__init__("", self._changed.set, telnet=False)
        self._opened = opened
        self._out: asyncio.WriteTransport | None = None
        self._encrypted = False
        self.peer = ""
        """Address of the other side, without its port."""
        self.over = False
        """Whether the other side sends no more."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.peer = _address(transport.get_extra_info("peername"))
        self._out = transport if isinstance(transport, asyncio.WriteTransport) else None
        self._encrypted = transport.get_extra_info("sslcontext") is not None
        super().connection_made(transport)
        self._opened(self)

    def eof_received(self) -> bool:
        """Note the end; who has said all may still be waiting for the answer, which TLS does not know."""
        self.over = True
        self._changed.set()
        return not self._encrypted

    def connection_lost(self, fault: Exception | None) -> None:
        """Note that nothing more can come."""
        self.over = True
        super().connection_lost(fault)

    def pause_writing(self) -> None:
        """Give up a peer that asks and asks, and reads none of the answers."""
        self.hang_up("it does not read what it is answered")

    def say_no_more(self) -> None:
        """Show the other side that it has its whole answer, and go on reading."""
        if self._out and self._out.can_write_eof() and not self._out.is_closing():
            with suppress(OSError):  # it has gone, and the next read says so
                self._out.write_eof()

    async def read(self, timeout_s: float | None = None) -> bytes:
        """Return the next bytes, nothing at the end; raises TimeoutError when none come in time."""
        async with asyncio.timeout(timeout_s):
            while not self.has_bytes and not self.over:
                self._changed.clear()
                await self._changed.wait()
        if not self.has_bytes:
            return b""
        data = self.take()
        self.committed(data)
        return data


def _address(peername: object) -> str:
    """Return an address as a person writes it.

    >>> _address(("::ffff:192.0.2.10", 50000, 0, 0))
    '192.0.2.10'
    """
    if not isinstance(peername, tuple) or not peername:
        return "somebody"
    try:
        return str(plain_ip(str(peername[0])))
    except ValueError:
        return str(peername[0])
