"""One connection: its bytes wait here until the engine has taken them, and a peer that is faster is made to wait.

What always holds: no byte is dropped between the socket and `take`, and `CONNECTION_HELD` and one read wait at most.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Protocol, TypeVar

import msgspec

from tollbook import gate
from tollbook.clock import monotonic_s
from tollbook.model.fence import Fence
from tollbook.model.limits import CONNECTION_HELD
from tollbook.model.problem import Unavailable
from tollbook.sources._streams.telnet import refusals
from tollbook.sources.common import reason_of

_KEEPALIVE = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4))
"""A peer that has vanished without a word is noticed after two minutes."""


class Talk(Protocol):
    """What is said to a PBX that wants more than a listener."""

    def greeting(self) -> bytes:
        """Return what is sent when the connection stands."""

    def committed(self, data: bytes) -> bytes:
        """Return what is sent once these bytes, the next of the stream, are on the disk."""


class Silent:
    """Says nothing, as most PBXs want it."""

    def greeting(self) -> bytes:
        """Return nothing."""
        return b""

    def committed(self, _data: bytes) -> bytes:
        """Return nothing."""
        return b""


class StreamConnection(asyncio.Protocol):
    """One connection. `news` is called whenever there is something to take, or no more will come."""

    def __init__(self, origin: str, news: Callable[[], None], talk: Talk | None = None, *, telnet: bool = True) -> None:
        self.origin = origin
        self.began = self.paused = self.paused_once = self.lost = False
        self.fault = ""
        """Why the connection broke off; empty for one that was closed."""
        self.last_at = monotonic_s()
        self._news = news
        self._talk = talk or Silent()
        self._telnet = telnet
        self._pieces: list[bytes] = []
        self._held = 0
        self._full = False
        self._transport: asyncio.Transport | None = None

    @property
    def has_bytes(self) -> bool:
        """Whether there is something to take."""
        return bool(self._pieces)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type; a stream's always is
        self._transport = transport
        keep_alive(transport)
        self.say(self._talk.greeting())
        self._news()

    def data_received(self, data: bytes) -> None:
        """Hold bytes until they are taken."""
        self._pieces.append(data)
        self._held += len(data)
        self.last_at = monotonic_s()
        if self._telnet and b"\xff" in data:
            self.say(refusals(data))
        if self._held >= CONNECTION_HELD and self._transport:
            self._full = True
            self._transport.pause_reading()
        self._news()

    def alive(self) -> None:
        """Note that the peer has sent something that is not to be taken."""
        self.last_at = monotonic_s()

    def connection_lost(self, fault: Exception | None) -> None:
        """Note that no more will come."""
        self.lost = True
        if fault and not self.fault:
            self.fault = f"the connection broke off ({reason_of(fault)})"
        self._news()

    @property
    def held(self) -> int:
        """How many bytes wait."""
        return self._held

    def take(self) -> bytes:
        """Return the bytes that wait."""
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces, self._held = [], 0
        return data

    def committed(self, data: bytes) -> None:
        """Acknowledge bytes that are on the disk, and let more come."""
        self.say(self._talk.committed(data))
        if self._full and self._transport and not self._transport.is_closing():
            self._full = False
            self._transport.resume_reading()

    def put_back(self, data: bytes) -> None:
        """Have bytes taken again, before those that came since."""
        if data:
            self._pieces.insert(0, data)
            self._held += len(data)

    def say(self, data: bytes) -> None:
        """Send bytes; a peer that has gone needs none."""
        if data and self._transport and not self._transport.is_closing():
            self._transport.write(data)

    def hang_up(self, fault: str = "") -> None:
        """End the connection; `fault` says why, where it is not the end that was meant to be."""
        self.fault = self.fault or fault
        if self._transport:
            self._transport.abort() if fault else self._transport.close()

    def stop(self) -> None:
        """Take no more bytes from the peer."""
        if self._transport and not self._transport.is_closing():
            self._transport.pause_reading()


class Endpoint(msgspec.Struct, frozen=True):
    """Where somebody listens who is connected to, what messages call it, and how long it may take to answer."""

    host: str
    port: int
    name: str
    timeout_s: float


Connected = TypeVar("Connected", bound=StreamConnection)


async def connected(to: Endpoint, inflow: Callable[[], Connected], fence: Fence) -> Connected:
    """Connect to somebody who listens; raises `Unavailable`."""
    try:
        async with asyncio.timeout(to.timeout_s):
            there = await gate.connected(fence, to.host, to.port)
            _, found = await asyncio.get_running_loop().create_connection(inflow, sock=there)
    except TimeoutError:
        raise Unavailable(f"{to.name} does not answer on port {to.port}: is it on, and is the port right?") from None
    except OSError as fault:
        raise Unavailable(f"cannot connect to {to.name}, port {to.port}: {reason_of(fault)}") from fault
    return found


def keep_alive(transport: asyncio.BaseTransport) -> None:
    """Have the system ask a silent peer, now and then, whether it is still there."""
    connection = transport.get_extra_info("socket")
    if connection is None or connection.family not in (socket.AF_INET, socket.AF_INET6):
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE:
        if hasattr(socket, name):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
