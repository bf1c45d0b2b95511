"""UDP ports. One socket for each address and event loop, shared by all PBXs whose datagrams are awaited there.

Each datagram ends a record. Nothing makes a sender wait: what comes faster than the disk takes is held up to a limit,
and beyond that dropped and told. What the system drops before it is read nobody can know.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from weakref import WeakKeyDictionary

from tollbook.model.limits import DATAGRAMS_HELD
from tollbook.sources._streams.claims import NOT_AMONG, Claim, Claims
from tollbook.sources._streams.inbox import Inbox
from tollbook.sources._streams.inflow import Inflow
from tollbook.sources._streams.listening import FromPeers, plain_ip
from tollbook.sources._streams.ports import unlistenable
from tollbook.sources._streams.tally import Tally
from tollbook.sources.common import Address

_SYSTEM_HOLDS = 4 << 20
_ENDS = (b"\n", b"\r", b"\0", b"\3")

_ports: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Address, DatagramPort]] = WeakKeyDictionary()

Record = Callable[[bytes, str], bytes]
"""Returns the record in a datagram from a peer, nothing where it holds none."""


def ended(record: bytes) -> bytes:
    """Return a record with its end."""
    return record if record.endswith(_ENDS) else record + b"\n"


def as_it_is(datagram: bytes, _peer: str) -> bytes:
    """Return a datagram as the record it is."""
    return datagram


class Senders(Claim):
    """The datagrams of one PBX at a port: one stream, as UDP knows no connections."""

    def __init__(self, pbx: str, inbox: Inbox, options: FromPeers, record: Record = as_it_is) -> None:
        super().__init__(pbx, inbox, options.peers)
        self._record = record
        self._inflow: Inflow | None = None
        self._dropped = Tally(inbox.refuse, "datagrams dropped, as they came faster than the disk takes them")

    def take(self, datagram: bytes, peer: str, origin: str) -> None:
        """Hold a datagram until the engine takes it."""
        if self._inflow is None:
            self._inflow = Inflow(origin, self.inbox.news, telnet=False)
            self.inbox.add(self._inflow)
        record = self._record(datagram, peer)
        if self._inflow.held + len(record) > DATAGRAMS_HELD:
            self._dropped.count(peer)
        elif record:
            self._inflow.data_received(ended(record))


class DatagramPort(asyncio.DatagramProtocol):
    """An address, and the PBXs whose datagrams are awaited there."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.claims: Claims[Senders] = Claims()
        self._opening = asyncio.Lock()
        self._transport: asyncio.DatagramTransport | None = None

    async def join(self, claim: Senders) -> None:
        """Take a PBX in; raises `Unavailable` when the address cannot be listened on, or not for this PBX too."""
        self.claims.add(claim, f"{self.address} (UDP)")
        try:
            async with self._opening:
                if not self._transport:
                    await self._open()
        except BaseException:
            self.leave(claim)
            raise

    def leave(self, claim: Senders) -> None:
        """Let a PBX go; with the last one the address is free again."""
        self.claims.remove(claim)
        if len(self.claims):
            return
        _here().pop(self.address, None)
        if self._transport:
            self._transport.close()
            self._transport = None

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Hand a datagram to the PBX whose it is."""
        address = plain_ip(addr[0])
        whose = self.claims.of(address)
        if whose:
            whose[0].take(data, str(address), f"udp://{self.address}")
            return
        for claim in self.claims:
            claim.refuse(str(address), NOT_AMONG)

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        place = (self.address.host, self.address.port)
        try:
            self._transport, _ = await loop.create_datagram_endpoint(lambda: self, place)
        except OSError as fault:
            raise unlistenable("UDP", self.address, fault) from fault
        with suppress(OSError):
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SYSTEM_HOLDS)


def datagram_port_at(address: Address) -> DatagramPort:
    """Return the UDP port of an address on this event loop."""
    here = _here()
    if address not in here:
        here[address] = DatagramPort(address)
    return here[address]


def _here() -> dict[Address, DatagramPort]:
    return _ports.setdefault(asyncio.get_running_loop(), {})
