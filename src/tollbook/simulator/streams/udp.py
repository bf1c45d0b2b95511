"""Records over UDP: one datagram each, sent whether or not anybody takes them."""

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from tollbook.simulator.streams.faults import OF_BYTES, OF_RECORDS, FaultKind
from tollbook.simulator.streams.wire import Carrier, RecordWire


class _Deaf(asyncio.DatagramProtocol):
    """Takes no answer, least of all that nobody listens."""


class UdpWire(RecordWire):
    """An open UDP socket; a frame is a datagram."""

    # A receiver's socket holds a few hundred; a PBX would not send more at once.
    at_once: ClassVar[int] = 50

    def __init__(self, transport: asyncio.DatagramTransport) -> None:
        self._transport = transport

    async def write(self, frames: Sequence[bytes]) -> None:
        """Send each frame."""
        for frame in frames:
            self._transport.sendto(frame)
        await asyncio.sleep(0)


class UdpSender(Carrier):
    """Sends to one address."""

    # A cut datagram is one that is too short; nothing else of a connection exists here.
    knows: ClassVar[frozenset[FaultKind]] = OF_BYTES | OF_RECORDS | {FaultKind.SILENCE}

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._transport: asyncio.DatagramTransport | None = None

    @property
    def address(self) -> str:
        """Host and port of the collector."""
        return f"{self._host}:{self._port}"

    async def connect(self) -> RecordWire:
        """Open a socket."""
        await self.close()
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(_Deaf, remote_addr=(self._host, self._port))
        return UdpWire(self._transport)

    async def close(self) -> None:
        """Close the socket."""
        if self._transport:
            self._transport.close()
            self._transport = None
