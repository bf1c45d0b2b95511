"""The port of a PBX that listens: opened, closed, and opened again with other TLS, always under one number."""

import asyncio
import socket
import ssl
import struct
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from tollbook.simulator.certificates import WantedCertificate, make
from tollbook.simulator.faults import FaultKind

Conversation: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

LONGEST_HEAD_BYTES = 65536
_LINGER_0_S = struct.pack("ii", 1, 0)


class PbxPort:
    """Accepts connections and hands each to `conversation`; knows the faults of a port."""

    def __init__(self, host: str, port: int, conversation: Conversation, *, tls: ssl.SSLContext | None) -> None:
        self.host, self.port = host, port
        self.tls = tls
        self._own_tls = tls
        self._conversation = conversation
        self._server: asyncio.Server | None = None
        self._placeholder: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{self.host}:{self.port}"

    @property
    def listening(self) -> bool:
        """Whether connections are accepted."""
        return self._server is not None

    async def open(self) -> None:
        """Listen; the port taken first is kept from then on."""
        self._release()
        if self._server:
            return
        self._server = await asyncio.start_server(
            self._accept, self.host, self.port, ssl=self.tls, limit=LONGEST_HEAD_BYTES,
        )  # fmt: skip
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and drop every connection."""
        self._shut()
        self._release()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def misbehave(self, kind: FaultKind, now: datetime) -> None:
        """Go on with this fault of the port instead of the last one."""
        self._shut()
        if kind is FaultKind.REFUSE:
            self._occupy()
            return
        self.tls = _bad_tls(kind, now)
        await self.open()

    async def behave(self) -> None:
        """Listen as set up."""
        if self.tls is not self._own_tls:
            self._shut()
            self.tls = self._own_tls
        await self.open()

    def _shut(self) -> None:
        if self._server:
            self._server.close()
            self._server = None

    def _occupy(self) -> None:
        """Keep the port: bound without listening, so that connections are refused."""
        self._release()
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._placeholder = socket.socket(family, socket.SOCK_STREAM)
        self._placeholder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._placeholder.bind((self.host, self.port))

    def _release(self) -> None:
        if self._placeholder:
            self._placeholder.close()
            self._placeholder = None

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Nothing waits in our own buffer: what is counted as sent has left the process.
        writer.transport.set_write_buffer_limits(high=0)
        try:
            with suppress(ConnectionError, ssl.SSLError):
                await self._conversation(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with a reset."""
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0_S)
    writer.transport.abort()


def _bad_tls(kind: FaultKind, now: datetime) -> ssl.SSLContext:
    """TLS that a careful reader must refuse, as of an aware instant."""
    age, hosts = _BAD[kind]
    with tempfile.TemporaryDirectory() as folder:
        certificate = make(Path(folder), WantedCertificate(since=now - age, hosts=hosts))
        return certificate.old_context() if kind is FaultKind.OLD_TLS else certificate.context()


_HERE = ("localhost", "127.0.0.1")
_DAY = timedelta(days=1)
_BAD: Mapping[FaultKind, tuple[timedelta, tuple[str, ...]]] = {
    FaultKind.SELF_SIGNED: (_DAY, _HERE),
    FaultKind.OLD_TLS: (_DAY, _HERE),
    FaultKind.EXPIRED: (365 * _DAY, _HERE),
    FaultKind.WRONG_HOST: (_DAY, ("pbx.example.com",)),
}
