"""Records over HTTP: each is posted to a collector, and again until it says that it has it."""

import asyncio
import base64
import ssl
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import ClassVar
from urllib.parse import urlsplit

import msgspec

from tollbook.simulator.faults import OF_RECORDS, BreakOff, FaultKind
from tollbook.simulator.streams.network import TcpWire
from tollbook.simulator.streams.wire import Carrier, RecordWire

ANSWER_S = 30.0
PORTS = {"http": 80, "https": 443}
UNREACHABLE = 0
"""Stands among the answers for an attempt that got none."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where records are posted, and as what."""

    url: str
    authorization: str = ""
    """The whole value of the header, such as made by `bearer` or `basic`."""
    content_type: str = "text/plain"
    tls: ssl.SSLContext | None = None
    """For https; None: the system's authorities are trusted."""
    retry_first_s: float = 0.05
    retry_longest_s: float = 1.0


def bearer(token: str) -> str:
    """An Authorization header with a token."""
    return f"Bearer {token}"


def basic(username: str, password: str) -> str:
    """An Authorization header with a password."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


class Pusher(Carrier):
    """Posts to one URL. `answers` counts the statuses it was given, 0 for none."""

    knows: ClassVar[frozenset[FaultKind]] = OF_RECORDS | {FaultKind.CUT, FaultKind.DRIP, FaultKind.SILENCE}
    verb: ClassVar[str] = "posting to"

    def __init__(self, target: Target) -> None:
        parts = urlsplit(target.url)
        if parts.scheme not in PORTS or not parts.hostname or parts.username:
            raise ValueError(f"cannot post to {parts.scheme}://{parts.hostname}: write http(s)://host[:port]/path")
        self.target = target
        # Its query may hold a secret.
        self.address = target.url.partition("?")[0]
        self.host, self.port = parts.hostname, parts.port or PORTS[parts.scheme]
        self.path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self.tls = (target.tls or ssl.create_default_context()) if parts.scheme == "https" else None
        self.answers: Counter[int] = Counter()

    async def connect(self) -> RecordWire:
        return _PushWire(self)

    def head(self, size: int) -> bytes:
        """A request up to its body of so many bytes."""
        lines = [
            f"POST {self.path} HTTP/1.1",
            f"Host: {self.host}:{self.port}",
            f"Content-Type: {self.target.content_type}",
            f"Content-Length: {size}",
            "Connection: close",
        ]
        if self.target.authorization:
            lines.append(f"Authorization: {self.target.authorization}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    async def dialled(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection for one request."""
        return await asyncio.open_connection(self.host, self.port, ssl=self.tls)


class _PushWire(RecordWire):
    """One request after another."""

    at_once: ClassVar[int] = 1

    def __init__(self, pusher: Pusher) -> None:
        self._pusher = pusher
        self._begun: TcpWire | None = None

    async def write(self, frames: Sequence[bytes]) -> None:
        for frame in frames:
            await self._post_until_taken(frame, None)

    async def drip(self, frame: bytes, pause_s: float) -> None:
        await self._post_until_taken(frame, pause_s)

    async def begin(self, frame: bytes, size: int) -> None:
        self._begun = TcpWire(*await self._pusher.dialled())
        await self._begun.write([self._pusher.head(len(frame)), frame[:size]])

    async def finish(self, frame: bytes, size: int) -> None:  # noqa: ARG002 - what was begun is begun again
        await self.end(BreakOff.CLOSE)
        await self.write([frame])

    async def end(self, ending: BreakOff) -> None:
        if self._begun:
            await self._begun.end(ending)
            self._begun = None

    async def _post_until_taken(self, frame: bytes, pause_s: float | None) -> None:
        target, wait_s = self._pusher.target, self._pusher.target.retry_first_s
        while True:
            status = await self._post(frame, pause_s)
            self._pusher.answers[status] += 1
            if 200 <= status < 300:  # noqa: PLR2004 - HTTP's own range for "taken"
                return
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, target.retry_longest_s)

    async def _post(self, frame: bytes, pause_s: float | None) -> int:
        """The status of the answer, `UNREACHABLE` without one."""
        try:
            async with asyncio.timeout(ANSWER_S):
                reader, writer = await self._pusher.dialled()
                wire = TcpWire(reader, writer)
                try:
                    return await self._exchange(wire, reader, frame, pause_s)
                finally:
                    await wire.end(BreakOff.CLOSE)
        except OSError:
            return UNREACHABLE

    async def _exchange(
        self, wire: TcpWire, reader: asyncio.StreamReader, frame: bytes, pause_s: float | None,
    ) -> int:  # fmt: skip
        # A collector may answer, with a refusal, before it has read everything.
        with suppress(OSError):
            if pause_s is None:
                await wire.write([self._pusher.head(len(frame)), frame])
            else:
                await wire.write([self._pusher.head(len(frame))])
                await wire.drip(frame, pause_s)
        words = (await reader.readline()).split()
        status = int(words[1]) if len(words) > 1 and words[1].isdigit() else UNREACHABLE
        await reader.read()
        return status
