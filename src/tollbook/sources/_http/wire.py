"""Bytes from a socket, none of them lost to how the connection ends.

asyncio's own stream reader raises a broken connection's error before it hands out what had arrived by then. Those
bytes are records that the PBX has cleared, so here the error comes after them.
"""

from __future__ import annotations

import asyncio

from tollbook.model.limits import CONNECTION_HELD


class HttpWire(asyncio.Protocol):
    """What has arrived on one connection, and how it ended."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._news = asyncio.Event()
        self._over = False
        self._fault: Exception | None = None
        self._transport: asyncio.Transport | None = None
        self.closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the transport, to be held back when too much has come."""
        self._transport = transport if isinstance(transport, asyncio.Transport) else None

    def data_received(self, data: bytes) -> None:
        """Hold what has come."""
        self._held += data
        if self._transport and len(self._held) >= CONNECTION_HELD:
            self._transport.pause_reading()
        self._news.set()

    def eof_received(self) -> None:
        """Note the other side's end; the transport then closes itself."""
        self._over = True
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note how it ended; an error after the other side's end says nothing new."""
        if not self._over:
            self._over, self._fault = True, exc
        self._news.set()
        self.closed.set()

    async def take(self) -> bytes:
        """Return the next bytes, nothing at the end; raises OSError when it broke, once all that came is taken."""
        while not self._held and not self._over:
            self._news.clear()
            await self._news.wait()
        if self._held:
            data = bytes(self._held)
            self._held.clear()
            if self._transport and not self._transport.is_closing():
                self._transport.resume_reading()
            return data
        if self._fault:
            raise self._fault
        return b""
