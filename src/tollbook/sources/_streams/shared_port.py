"""Ports of this machine that PBXs share: each is opened by the first PBX that is awaited there and closed by the last.

A port belongs to an event loop, as what it opens does. Whose it is what comes there is for each kind of port to say.
What always holds: two PBXs that nothing tells apart are not both let in.
"""

from __future__ import annotations

import asyncio
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable
from errno import EACCES, EADDRINUSE
from typing import Any, ClassVar, Generic, Self, TypeVar
from weakref import WeakKeyDictionary

from tollbook.model.problem import Unavailable
from tollbook.sources.common import NO_TLS, HostPort, Tls, reason_of

_BACKLOG = 256
_HANDSHAKE_S = 10.0
_ROUNDS_TO_ACCEPT = 3
"""Rounds of the loop until a connection that it has accepted is met."""

_ports: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[type, HostPort], SharedPort[Any]]] = WeakKeyDictionary()


class Claim(ABC):
    """One PBX's share of what comes to a port."""

    def __init__(self, pbx: str, tls: Tls = NO_TLS) -> None:
        self.pbx = pbx
        self.tls = tls

    @abstractmethod
    def refuse(self, peer: str, reason: str) -> None:
        """Note somebody who was not let in."""

    @abstractmethod
    def clash(self, other: Any, where: str) -> str:  # noqa: ANN401 - a claim of its own kind
        """Say why this PBX and another cannot share a port, and what to do; nothing where they can."""


Claimed = TypeVar("Claimed", bound=Claim)


class SharedPort(ABC, Generic[Claimed]):
    """An address, and the PBXs that share it."""

    transport: ClassVar[str] = "TCP"

    def __init__(self, address: HostPort) -> None:
        self.address = address
        self.claims: list[Claimed] = []
        self._opening = asyncio.Lock()
        self._is_open = False

    @classmethod
    def at(cls, address: HostPort) -> Self:
        """Return the port at an address on this event loop."""
        found: Self = all_here().setdefault((cls, address), cls(address))  # type: ignore[assignment] # as its key says
        return found

    @property
    def connections(self) -> int:
        """How many there are, those that have just ended included."""
        return 0

    async def join(self, claim: Claimed) -> None:
        """Take a PBX in; raises `Unavailable` when the address cannot be listened on, or not for this PBX too."""
        where = f"{self.address}" if self.transport == "TCP" else f"{self.address} ({self.transport})"
        for other in self.claims:
            clash = _other_tls(other, where) if other.tls != claim.tls else claim.clash(other, where)
            if clash:
                raise Unavailable(clash, permanent=True)
        self.claims.append(claim)
        try:
            async with self._opening:
                if not self._is_open:
                    await self._open(claim.tls)
                    self._is_open = True
        except BaseException as fault:
            await self.leave(claim)
            if isinstance(fault, OSError):
                raise self._unlistenable(fault) from fault
            raise

    async def leave(self, claim: Claimed) -> None:
        """Let a PBX go; with the last one the address is free again."""
        if claim in self.claims:
            self.claims.remove(claim)
        if not self.claims:
            all_here().pop((type(self), self.address), None)
            await self._close()

    def refuse(self, peer: str, reason: str) -> None:
        """Note somebody of whom it cannot be said which PBX was meant."""
        for claim in self.claims:
            claim.refuse(peer, reason)

    @abstractmethod
    async def _open(self, tls: Tls) -> None:
        """Begin to listen; raises OSError."""

    @abstractmethod
    async def _close(self) -> None:
        """Listen no more, whether it was opened or was just about to be."""

    def _unlistenable(self, fault: OSError) -> Unavailable:
        where = f"{self.transport} port {self.address.port} of {self.address.host}"
        if fault.errno == EADDRINUSE:
            return Unavailable(f"{where} is in use: {self._user()}")
        message = f"cannot listen on {where}: {reason_of(fault)}; "
        if fault.errno == EACCES:
            message += "ports below 1024 need a privilege: set another port in 'listen'"
            return Unavailable(message, permanent=True)
        return Unavailable(message + "is 'listen' an address of this machine?")

    def _user(self) -> str:
        """Say who has this port already, and what to do."""
        others = [each for each in all_here().values() if each is not self and each.transport == self.transport]
        for other in others:
            if other.claims and other.address.port == self.address.port:
                pbx = other.claims[0].pbx
                if other.address == self.address:
                    return f"PBX '{pbx}', which arrives in another way, has it; set another port in 'listen' for one"
                return f"PBX '{pbx}' has it under another address; write 'listen' alike for both"
        return "another program has it; end that program, or set another port in 'listen'"


class TcpPort(SharedPort[Claimed]):
    """An address that connections are made to."""

    def __init__(self, address: HostPort) -> None:
        super().__init__(address)
        self._server: asyncio.Server | None = None

    async def _serve(self, protocol: Callable[[], asyncio.Protocol], secured: ssl.SSLContext | None = None) -> None:
        self._server = await asyncio.get_running_loop().create_server(
            protocol,
            self.address.host,
            self.address.port,
            ssl=secured,
            ssl_handshake_timeout=_HANDSHAKE_S if secured else None,
            backlog=_BACKLOG,
            reuse_address=True,
            start_serving=False,  # what is cancelled while it starts must be known, to be closed
        )
        await self._server.start_serving()

    async def _close(self) -> None:
        """Close once what has been accepted has come through: what came just then would be left open otherwise."""
        server, self._server = self._server, None
        if server is None:
            return
        for listening in server.sockets:
            asyncio.get_running_loop().remove_reader(listening.fileno())
        try:
            for _ in range(_ROUNDS_TO_ACCEPT):
                await asyncio.sleep(0)
        finally:
            server.close()


def all_here() -> dict[tuple[type, HostPort], SharedPort[Any]]:
    """Return all ports of this event loop."""
    return _ports.setdefault(asyncio.get_running_loop(), {})


def _other_tls(other: Claim, where: str) -> str:
    return (
        f"PBX '{other.pbx}' is awaited on {where} with another 'certificate-file', 'key-file' or 'tls-oldest': "
        "set the same for both, or another 'listen' for one"
    )
