"""Records over TCP: the PBX listens, or connects to a collector."""

import asyncio
import socket
import ssl
import struct
from collections.abc import Sequence
from contextlib import suppress
from typing import ClassVar

from tollbook import clock
from tollbook.simulator.listener import PbxPort
from tollbook.simulator.misbehaviour import BreakOff
from tollbook.simulator.misbehaviour import FaultKind as ListenerKind
from tollbook.simulator.streams.faults import OF_CONNECTIONS, OF_LISTENER, FaultKind
from tollbook.simulator.streams.wire import LONGEST_CLOSE_S, Carrier, RecordWire

READ_BYTES = 4096
CONNECT_S = 10.0
RESET = struct.pack("ii", 1, 0)


class TcpWire(RecordWire):
    """A TCP connection. What is written has left the process when `write` returns."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        writer.transport.set_write_buffer_limits(high=0)
        self.ended = asyncio.Event()

    async def write(self, frames: Sequence[bytes]) -> None:
        """Hand frames to the network."""
        self._writer.write(b"".join(frames))
        await self._writer.drain()

    async def read(self) -> bytes:
        """Bytes from the other end."""
        return await self._reader.read(READ_BYTES)

    async def end(self, ending: BreakOff) -> None:
        """Close, or reset."""
        if ending is BreakOff.RESET:
            connection: socket.socket = self._writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self._writer.transport.abort()
        self._writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(LONGEST_CLOSE_S):
                await self._writer.wait_closed()
        self.ended.set()


class TcpListener(Carrier):
    """Listens, and serves whoever connects; who comes while somebody is served waits."""

    knows: ClassVar[frozenset[FaultKind]] = OF_CONNECTIONS | OF_LISTENER
    verb: ClassVar[str] = "listening on"

    def __init__(self, port: int = 0, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self._listener = PbxPort(host, port, self._take, tls=tls)
        self._waiting: asyncio.Queue[TcpWire] = asyncio.Queue()

    @property
    def port(self) -> int:
        """The port it listens on, once open."""
        return self._listener.port

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{self._listener.host}:{self.port}"

    @property
    def listening(self) -> bool:
        """False while connections are refused."""
        return self._listener.listening

    async def open(self) -> None:
        """Listen."""
        await self._listener.open()

    async def connect(self) -> RecordWire:
        """Return the next connection made to us."""
        return await self._waiting.get()

    async def close(self) -> None:
        """Stop listening and drop every connection."""
        await self._listener.close()

    async def refuse(self) -> None:
        """Keep the port but let nobody in until told to behave."""
        await self._listener.misbehave(ListenerKind.REFUSE, clock.now())

    async def behave(self) -> None:
        """Listen again."""
        await self._listener.behave()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = TcpWire(reader, writer)
        self._waiting.put_nowait(wire)
        await wire.ended.wait()


class TcpDialler(Carrier):
    """Connects to a collector, again and again."""

    knows: ClassVar[frozenset[FaultKind]] = OF_CONNECTIONS
    verb: ClassVar[str] = "connecting to"

    def __init__(self, host: str, port: int, *, tls: ssl.SSLContext | None = None) -> None:
        self._host, self._port, self._tls = host, port, tls

    @property
    def address(self) -> str:
        """Host and port of the collector."""
        return f"{self._host}:{self._port}"

    async def connect(self) -> RecordWire:
        """Connect to the collector."""
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_connection(self._host, self._port, ssl=self._tls, limit=READ_BYTES)
        return TcpWire(reader, writer)
