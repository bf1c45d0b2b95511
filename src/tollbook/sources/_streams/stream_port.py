"""Ports that PBXs connect to, and keep their connections open.

Whose connection it is, is decided before anything is made of it: what
is nobody's is closed at once, what needs to be heard first waits a little, in small numbers. So a flood of connections
takes neither memory nor file descriptors from the PBX, whose own connection finds room beside it.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import Callable

from tollbook.model.limits import PORT_CONNECTIONS, PORT_DECIDES_S, PORT_UNDECIDED
from tollbook.sources._streams.event_merge import EventMerge
from tollbook.sources._streams.listening import Connecting, plain_ip
from tollbook.sources._streams.peer_matching import PeerClaim, whose
from tollbook.sources._streams.shared_port import TcpPort, all_here
from tollbook.sources._streams.stream_connection import StreamConnection
from tollbook.sources.common import HostPort, Tls, reason_of

if sys.platform != "win32":  # which has no such limit
    from resource import RLIMIT_NOFILE, getrlimit

NO_ROOM = "its PBX has all the connections that 'most-connections' allows"


class Callers(PeerClaim):
    """The connections of one PBX at a port."""

    def __init__(
        self,
        pbx: str,
        inbox: EventMerge,
        options: Connecting,
        inflow: Callable[[str, str], StreamConnection],
    ) -> None:
        """`inflow` makes a connection's inflow, given its peer and its origin."""
        super().__init__(pbx, inbox, options.peers)
        self.pattern, self.tls = options.first_line, options.tls
        self._most = options.most_connections
        self._inflow = inflow
        self._inflows: list[tuple[str, StreamConnection]] = []

    @property
    def connections(self) -> int:
        """How many there are."""
        return len(self._inflows)

    def prune(self) -> None:
        """Forget those that have ended."""
        self._inflows = [(peer, inflow) for peer, inflow in self._inflows if not inflow.lost]

    def make_room(self, peer: str) -> bool:
        """Say whether one more connection can be had, after ending one that is of no use any more where there is one.

        That is one that has never sent anything, the oldest first, or else one of the same peer, which has come back.
        """
        self.prune()
        if self.inbox.connections < self._most:
            return True
        if self.inbox.connections >= 2 * self._most:  # ended ones that the disk has not taken yet
            return False
        idle = [inflow for _, inflow in self._inflows if not inflow.began and not inflow.has_bytes]
        same = sorted((inflow for host, inflow in self._inflows if host == peer), key=lambda each: each.last_at)
        for inflow in (*idle[:1], *same[:1]):
            inflow.hang_up("it made room for a newer connection")
            return True
        return False

    def welcome(self, peer: str, origin: str) -> StreamConnection:
        """Return the inflow of a new connection."""
        inflow = self._inflow(peer, origin)
        self._inflows.append((peer, inflow))
        self.inbox.add(inflow)
        return inflow

    def end(self) -> None:
        """End all of them."""
        for _, inflow in self._inflows:
            inflow.hang_up()


class Visitor(asyncio.Protocol):
    """A connection of which it is not known yet whose it is."""

    def __init__(self, port: StreamPort) -> None:
        self.peer = ""
        self.heard = b""
        self.transport: asyncio.Transport | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.securing: asyncio.Task[None] | None = None
        self.lost = False
        self.fault: Exception | None = None
        self._port = port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type; a stream's always is
        self.transport = transport
        name = transport.get_extra_info("peername")
        if not name:  # it has gone already
            transport.abort()
            return
        self.peer = str(plain_ip(name[0]))
        self._port.met(self)

    def data_received(self, data: bytes) -> None:
        """Hold what comes."""
        self.heard += data
        if not self.securing:
            self._port.consider(self)

    def connection_lost(self, fault: Exception | None) -> None:
        """Note that no more will come."""
        self.lost, self.fault = True, fault
        if not self.securing:
            self._port.consider(self)

    def dismiss(self) -> None:
        """Close it, at once."""
        if self.transport:
            self.transport.abort()


class StreamPort(TcpPort[Callers]):
    """A port, the PBXs that are awaited there, and the connections of which it is not known yet whose they are."""

    def __init__(self, address: HostPort) -> None:
        super().__init__(address)
        self._visitors: dict[Visitor, None] = {}
        self._tls: ssl.SSLContext | None = None

    async def leave(self, claim: Callers) -> None:
        """Let a PBX go, and its connections; with the last one the address is free again."""
        claim.end()
        await super().leave(claim)

    async def _open(self, tls: Tls) -> None:
        self._tls = await asyncio.to_thread(tls.context) if tls else None
        await self._serve(lambda: Visitor(self))

    async def _close(self) -> None:
        await super()._close()
        for visitor in list(self._visitors):
            self._forget(visitor)
            visitor.dismiss()

    @property
    def connections(self) -> int:
        """How many there are, those that have just ended included."""
        return len(self._visitors) + sum(claim.connections for claim in self.claims)

    def met(self, visitor: Visitor) -> None:
        """Somebody has connected."""
        verdict = whose(self.claims, plain_ip(visitor.peer), b"", over=False)
        if isinstance(verdict, str):
            self._refuse(visitor, verdict)
            return
        if not self._has_room():
            self._refuse(visitor, f"there are {self.connections} connections already, the most there may be")
            return
        loop = asyncio.get_running_loop()
        self._visitors[visitor] = None
        visitor.timer = loop.call_later(PORT_DECIDES_S, self._too_late, visitor)
        if self._tls:
            visitor.securing = loop.create_task(self._secure(visitor, self._tls))
        else:
            self.consider(visitor)

    def consider(self, visitor: Visitor, *, over: bool = False) -> None:
        """Decide whose connection it is, if that can be told now."""
        if visitor not in self._visitors:
            return
        verdict = whose(self.claims, plain_ip(visitor.peer), visitor.heard, over=over or visitor.lost)
        if isinstance(verdict, Callers):
            self._welcome(visitor, verdict)
        elif verdict is not None:
            self._refuse(visitor, verdict)

    def _welcome(self, visitor: Visitor, claim: Callers) -> None:
        if claim.inbox.over:
            self._forget(visitor)
            visitor.dismiss()
            return
        if not claim.make_room(visitor.peer):
            self._refuse(visitor, NO_ROOM)
            return
        assert visitor.transport  # noqa: S101 - for the type; it was met with one
        self._forget(visitor)
        inflow = claim.welcome(visitor.peer, f"tcp://{visitor.peer} on {self.address}")
        visitor.transport.set_protocol(inflow)
        inflow.connection_made(visitor.transport)
        if visitor.heard:
            inflow.data_received(visitor.heard)
        if visitor.lost:
            inflow.connection_lost(visitor.fault)

    def _refuse(self, visitor: Visitor, reason: str) -> None:
        self._forget(visitor)
        visitor.dismiss()
        self.refuse(visitor.peer, reason)

    def _forget(self, visitor: Visitor) -> None:
        self._visitors.pop(visitor, None)
        if visitor.timer:
            visitor.timer.cancel()

    def _too_late(self, visitor: Visitor) -> None:
        if visitor.securing:
            self._refuse(visitor, f"it did not agree on TLS within {PORT_DECIDES_S:g} s")
        else:
            self.consider(visitor, over=True)

    def _has_room(self) -> bool:
        """Say whether one more may come; of those not decided yet the oldest goes, so that a PBX is heard at once."""
        if len(self._visitors) >= PORT_UNDECIDED:
            self._refuse(next(iter(self._visitors)), "too many connections at once that do not say whose they are")
        if self.connections < PORT_CONNECTIONS and _connections_of_all() < _most_of_all():
            return True
        for claim in self.claims:
            claim.prune()
        return self.connections < PORT_CONNECTIONS and _connections_of_all() < _most_of_all()

    async def _secure(self, visitor: Visitor, tls: ssl.SSLContext) -> None:
        """Agree on TLS; decrypted bytes then come to the same visitor."""
        assert visitor.transport  # noqa: S101 - for the type; it was met with one
        try:
            transport = await asyncio.get_running_loop().start_tls(
                visitor.transport,
                visitor,
                tls,
                server_side=True,
                ssl_handshake_timeout=PORT_DECIDES_S,
            )
        except OSError as fault:
            visitor.securing = None
            if visitor in self._visitors:
                self._refuse(visitor, f"TLS could not be agreed on ({reason_of(fault)})")
            return
        visitor.securing = None
        if transport is None or visitor not in self._visitors:
            visitor.dismiss()
            return
        visitor.transport = transport
        self.consider(visitor)


def _connections_of_all() -> int:
    return sum(port.connections for port in all_here().values())


def _most_of_all() -> int:
    """Return how many connections leave half of the file descriptors to everything else."""
    soft = -1 if sys.platform == "win32" else getrlimit(RLIMIT_NOFILE)[0]
    return PORT_CONNECTIONS * 8 if soft < 0 else soft // 2
