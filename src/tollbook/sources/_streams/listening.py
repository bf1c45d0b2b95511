"""What can be set for a PBX that connects to Tollbook: where it is awaited, and by what it is known."""

from __future__ import annotations

import re
import ssl
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Annotated, Any

import msgspec
import re2  # type: ignore[import-untyped]  # the library has none

from tollbook import tls
from tollbook.model.fence import Reach
from tollbook.plugins import TEXT, Kind, Setting, choice, seconds, whole

Network = IPv4Network | IPv6Network
_LISTEN = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<host>[^\s:/\[\]]+)):(?P<port>\d{1,5})", re.ASCII)
_HIGHEST_PORT = 65_535


class Address(msgspec.Struct, frozen=True):
    """A place of this machine that is listened on."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return it as it is written in `listen`.

        >>> str(Address("::", 5000))
        '[::]:5000'
        """
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Pattern(msgspec.Struct, frozen=True):
    """A pattern that a person wrote, in RE2's syntax, which no text can make slow; an empty one is none."""

    text: str = ""

    def __bool__(self) -> bool:
        """Say whether there is one."""
        return bool(self.text)

    def is_in(self, data: bytes) -> bool:
        """Say whether it is found in some bytes.

        >>> Pattern("^SITE7").is_in(b"SITE7 1015"), Pattern("^SITE7").is_in(b"SITE8")
        (True, False)
        """
        return _compiled(self.text).search(data) is not None


@lru_cache
def _compiled(text: str) -> Any:  # noqa: ANN401 - the library has no types
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # byte for byte: what a PBX sends need not be UTF-8
    options.log_errors = False
    return re2.compile(text.encode(), options)


def read_address(text: str) -> Address:
    """Return what `listen` says; raises ValueError with what is expected."""
    found = _LISTEN.fullmatch(text.strip())
    if not found or not 0 < int(found["port"]) <= _HIGHEST_PORT:
        message = "an address of this machine and a port, such as 0.0.0.0:5000 or [::]:5000"
        raise ValueError(message)
    return Address(found["v6"] or found["host"], int(found["port"]))


def read_networks(text: str) -> tuple[Network, ...]:
    """Return addresses and networks; raises ValueError with what is expected."""
    try:
        return tuple(ip_network(each.strip(), strict=False) for each in text.split(",") if each.strip())
    except ValueError:
        message = "addresses or networks with commas between, such as 192.0.2.10, 198.51.100.0/24"
        raise ValueError(message) from None


def read_pattern(text: str) -> Pattern:
    """Return a pattern that can be used; raises ValueError with what is expected."""
    try:
        _compiled(text)
    except re2.error as fault:
        why = fault.args[0].decode("utf-8", "replace") if isinstance(fault.args[0], bytes) else fault
        message = f"a pattern in RE2's syntax, such as ^SITE7 ({why})"
        raise ValueError(message) from None
    return Pattern(text)


def plain_ip(host: str) -> IPv4Address | IPv6Address:
    """Return a peer's address, an IPv4 one that came in IPv6's clothes as what it is."""
    address = ip_address(host.partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address


LISTEN = Kind(read_address)
PEERS = Kind(read_networks)
PATTERN = Kind(read_pattern)


class FromPeers(msgspec.Struct, frozen=True, kw_only=True):
    """By what a PBX is known that sends by itself."""

    peers: Annotated[
        tuple[Network, ...],
        Setting(
            "addresses or networks of the PBX, with commas between; none: any",
            PEERS,
            example="192.0.2.10, 198.51.100.0/24",
        ),
    ] = ()


class Connecting(FromPeers, frozen=True, kw_only=True):
    """What can be set for a PBX that makes TCP connections."""

    certificate: Annotated[
        str,
        Setting("file with the certificate to show, PEM; with one, connections are TLS", TEXT, reach=Reach.KEY),
    ] = ""
    key: Annotated[
        str,
        Setting("file with the certificate's key, PEM, where it is not in the same file", TEXT, reach=Reach.KEY),
    ] = ""
    tls_oldest: Annotated[
        str,
        Setting(
            "oldest TLS to accept; those before 1.2 can be broken, and some old PBXs know no other",
            choice("1.0", "1.1", "1.2", "1.3"),
            default="1.2",
        ),
    ] = "1.2"
    idle: Annotated[
        float,
        Setting(
            "end a connection after so long without a byte; 0s never does, and a dead line is noticed in two minutes",
            seconds(0, 604_800),
            default="0s",
        ),
    ] = 0.0
    most_connections: Annotated[
        int,
        Setting("most connections of this PBX at once; old ones stay a while when a line breaks", whole(1, 200), "20"),
    ] = 20

    @property
    def first_line(self) -> Pattern:
        """What the first line of a connection has to hold."""
        return Pattern()

    @property
    def tls(self) -> Tls:
        """What PBXs that share an address must have in common."""
        return Tls(self.certificate, self.key, self.tls_oldest)


class Tls(msgspec.Struct, frozen=True):
    """How connections are encrypted, if they are."""

    certificate: str
    key: str
    oldest: str

    def __bool__(self) -> bool:
        """Say whether they are."""
        return bool(self.certificate or self.key)

    def context(self) -> ssl.SSLContext:
        """Return what connections are made with; raises `Unavailable` when the files cannot be used."""
        return tls.for_peers(self.certificate, self.key, self.oldest)
