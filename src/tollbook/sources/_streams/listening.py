"""What can be set for a PBX that connects to Tollbook: by what it is known, and how its connections are encrypted."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Annotated

import msgspec

from tollbook.sources import common
from tollbook.sources.common import LinePattern, Tls


def plain_ip(host: str) -> IPv4Address | IPv6Address:
    """Return a peer's address, an IPv4 one that came in IPv6's clothes as what it is."""
    address = ip_address(host.partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address


class FromPeers(msgspec.Struct, frozen=True, kw_only=True):
    """By what a PBX is known that sends by itself."""

    peers: common.Peers = ()


class Connecting(FromPeers, frozen=True, kw_only=True):
    """What can be set for a PBX that makes TCP connections."""

    certificate_file: common.CertificateFile = ""
    key_file: common.KeyFile = ""
    tls_oldest: Annotated[str, common.tls_oldest()] = "1.2"
    idle: Annotated[
        float,
        common.idle(
            "end a connection after so long without a byte; 0s never does, and a dead line is noticed in two minutes",
        ),
    ] = 0.0
    most_connections: Annotated[
        int,
        common.most_connections(
            "most connections of this PBX at once; old ones stay a while when a line breaks",
            200,
            "20",
        ),
    ] = 20

    @property
    def first_line(self) -> LinePattern:
        """What the first line of a connection has to hold."""
        return LinePattern()

    @property
    def tls(self) -> Tls:
        """What PBXs that share an address must have in common."""
        return Tls(self.certificate_file, self.key_file, self.tls_oldest)
