"""UDP ports, each shared by all PBXs whose datagrams are awaited there.

Each datagram ends a record. Nothing makes a sender wait: what comes faster than the disk takes is held up to a limit,
and beyond that dropped and told. What the system drops before it is read nobody can know.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress

from tollbook.model.limits import DATAGRAMS_HELD
from tollbook.sources._streams.event_merge import EventMerge
from tollbook.sources._streams.listening import FromPeers, plain_ip
from tollbook.sources._streams.peer_matching import NOT_AMONG, PeerClaim, closest
from tollbook.sources._streams.shared_port import SharedPort
from tollbook.sources._streams.stream_connection import StreamConnection
from tollbook.sources._streams.tally import Tally
from tollbook.sources.common import HostPort, Tls

_SYSTEM_HOLDS = 4 << 20
_ENDS = (b"\n", b"\r", b"\0", b"\3")

Record = Callable[[bytes, str], bytes]
"""Returns the record in a datagram from a peer, nothing where it holds none."""


def ended(record: bytes) -> bytes:
    """Return a record with its end."""
    return record if record.endswith(_ENDS) else record + b"\n"


def as_it_is(datagram: bytes, _peer: str) -> bytes:
    """Return a datagram as the record it is."""
    return datagram


class Senders(PeerClaim):
    """The datagrams of one PBX at a port: one stream, as UDP knows no connections."""

    def __init__(self, pbx: str, inbox: EventMerge, options: FromPeers, record: Record = as_it_is) -> None:
        super().__init__(pbx, inbox, options.peers)
        self._record = record
        self._inflow: StreamConnection | None = None
        self._dropped = Tally(inbox.refuse, "datagrams dropped, as they came faster than the disk takes them")

    def take(self, datagram: bytes, peer: str, origin: str) -> None:
        """Hold a datagram until the engine takes it."""
        if self._inflow is None:
            self._inflow = StreamConnection(origin, self.inbox.news, telnet=False)
            self.inbox.add(self._inflow)
        record = self._record(datagram, peer)
        if self._inflow.held + len(record) > DATAGRAMS_HELD:
            self._dropped.count(peer)
        elif record:
            self._inflow.data_received(ended(record))


class DatagramPort(SharedPort[Senders], asyncio.DatagramProtocol):
    """A port, and the PBXs whose datagrams are awaited there."""

    transport = "UDP"

    def __init__(self, address: HostPort) -> None:
        super().__init__(address)
        self._endpoint: asyncio.DatagramTransport | None = None

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Hand a datagram to the PBX whose it is."""
        address = plain_ip(addr[0])
        senders = closest(self.claims, address)
        if senders:
            senders[0].take(data, str(address), f"udp://{self.address}")
        else:
            self.refuse(str(address), NOT_AMONG)

    async def _open(self, _tls: Tls) -> None:
        place = (self.address.host, self.address.port)
        self._endpoint, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, place)
        with suppress(OSError):
            self._endpoint.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SYSTEM_HOLDS)

    async def _close(self) -> None:
        if self._endpoint:
            self._endpoint.close()
            self._endpoint = None
