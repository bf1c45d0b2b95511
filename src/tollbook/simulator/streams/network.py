"""Records over TCP (the PBX listens, or connects to a collector), over UDP, and as syslog over either.

A PBX that sends syslog is a `UdpSender` or a `TcpDialler` whose form has syslog's `Envelope` around each record.
"""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from enum import Enum
from typing import ClassVar

import msgspec

from tollbook import clock
from tollbook.simulator.faults import OF_CONNECTIONS, OF_PORT, OF_RECORDS, BreakOff, FaultKind
from tollbook.simulator.port import PbxPort, reset
from tollbook.simulator.streams.form import LineForm
from tollbook.simulator.streams.wire import LONGEST_CLOSE_S, Carrier, RecordWire

READ_BYTES = 4096
CONNECT_S = 10.0
LOCAL0_INFO = 16 * 8 + 6


class TcpWire(RecordWire):
    """A TCP connection. What is written has left the process when `write` returns."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        writer.transport.set_write_buffer_limits(high=0)
        self.ended = asyncio.Event()

    async def write(self, frames: Sequence[bytes]) -> None:
        self._writer.write(b"".join(frames))
        await self._writer.drain()

    async def read(self) -> bytes:
        return await self._reader.read(READ_BYTES)

    async def end(self, ending: BreakOff) -> None:
        if ending is BreakOff.RESET:
            reset(self._writer)
        self._writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(LONGEST_CLOSE_S):
                await self._writer.wait_closed()
        self.ended.set()


class TcpListener(Carrier):
    """Listens, and serves whoever connects; who comes while somebody is served waits."""

    knows: ClassVar[frozenset[FaultKind]] = OF_CONNECTIONS | OF_PORT
    verb: ClassVar[str] = "listening on"
    listener: PbxPort

    def __init__(self, port: int = 0, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self.listener = PbxPort(host, port, self._take, tls=tls)
        self._waiting: asyncio.Queue[TcpWire] = asyncio.Queue()

    @property
    def port(self) -> int:
        return self.listener.port

    async def open(self) -> None:
        await self.listener.open()
        self.address = self.listener.address

    async def connect(self) -> RecordWire:
        return await self._waiting.get()

    async def close(self) -> None:
        await self.listener.close()

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
        self.address = f"{host}:{port}"

    async def connect(self) -> RecordWire:
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_connection(self._host, self._port, ssl=self._tls, limit=READ_BYTES)
        return TcpWire(reader, writer)


class _Deaf(asyncio.DatagramProtocol):
    """Takes no answer, least of all that nobody listens."""


class _UdpWire(RecordWire):
    """An open UDP socket; a frame is a datagram, sent whether or not anybody takes it."""

    # A receiver's socket holds a few hundred; a PBX would not send more at once.
    at_once: ClassVar[int] = 50

    def __init__(self, transport: asyncio.DatagramTransport) -> None:
        self._transport = transport

    async def write(self, frames: Sequence[bytes]) -> None:
        for frame in frames:
            self._transport.sendto(frame)
        await asyncio.sleep(0)


class UdpSender(Carrier):
    """Sends to one address."""

    # A cut datagram is one that is too short; nothing else of a connection exists here.
    knows: ClassVar[frozenset[FaultKind]] = OF_RECORDS | {FaultKind.SILENCE}

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self.address = f"{host}:{port}"
        self._transport: asyncio.DatagramTransport | None = None

    async def connect(self) -> RecordWire:
        await self.close()
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(_Deaf, remote_addr=(self._host, self._port))
        return _UdpWire(self._transport)

    async def close(self) -> None:
        if self._transport:
            self._transport.close()
            self._transport = None


class SyslogFormat(Enum):
    """How a message begins."""

    RFC3164 = "3164"
    """``<134>Nov  3 14:00:00 pbx SMDR: ``."""
    RFC5424 = "5424"
    """``<134>1 2025-11-03T14:00:00.000000Z pbx SMDR - - - ``."""


class Over(Enum):
    """How one message is told from the next."""

    UDP = "udp"
    """Each is a datagram."""
    TCP_NEWLINE = "tcp-newline"
    """Each ends with LF."""
    TCP_OCTETS = "tcp-octets"
    """Each stands behind its length, as RFC 6587 has it."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """Goes around a record; `now` gives aware UTC instants."""

    format: SyslogFormat = SyslogFormat.RFC3164
    over: Over = Over.UDP
    host: str = "pbx"
    tag: str = "SMDR"
    priority: int = LOCAL0_INFO
    now: Callable[[], datetime] = clock.now

    def __call__(self, record: bytes) -> bytes:
        """The message that carries the record."""
        at = self.now()
        if self.format is SyslogFormat.RFC3164:
            head = f"<{self.priority}>{at:%b} {at.day:2d} {at:%H:%M:%S} {self.host} {self.tag}: "
        else:
            head = f"<{self.priority}>1 {at:%Y-%m-%dT%H:%M:%S.%f}Z {self.host} {self.tag} - - - "
        message = head.encode() + record
        if self.over is Over.TCP_OCTETS:
            return b"%d %b" % (len(message), message)
        return message + (b"\n" if self.over is Over.TCP_NEWLINE else b"")


def syslog_form(envelope: Envelope | None = None) -> LineForm:
    """The form of records that travel as syslog."""
    return LineForm(end=b"", envelope=envelope or Envelope())
