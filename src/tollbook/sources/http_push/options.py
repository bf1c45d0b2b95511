"""What can be set for a PBX that posts its calls over HTTP(S)."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

import msgspec

from tollbook import gate
from tollbook.model.fence import Fence, Reach
from tollbook.plugins import PASSWORD, TEXT, Kind, Setting, choice, seconds, whole

Network = IPv4Network | IPv6Network
_PATH = re.compile(r"(/[!$&-;=@-Z_a-z~]*)?")
"""A path as it travels: ASCII without blanks, `?`, `#` or `%`."""
_LISTEN = re.compile(r"(\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<host>[^\s:/\[\]]+)):(?P<port>\d{1,5})", re.ASCII)
_HIGHEST_PORT = 65_535
_WITH_TOKEN = ("auth", ("token",))
_WITH_NAME = ("auth", ("basic",))


class Address(msgspec.Struct, frozen=True):
    """A place of this machine that is listened on."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return it as it stands in a URL.

        >>> str(Address("::", 8480))
        '[::]:8480'
        """
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _address(text: str) -> Address:
    found = _LISTEN.fullmatch(text.strip())
    if not found or int(found["port"]) > _HIGHEST_PORT:
        message = "an address of this machine and a port, such as 0.0.0.0:8480 or [::]:8480"
        raise ValueError(message)
    return Address(found["v6"] or found["host"], int(found["port"]))


def _path(text: str) -> str:
    if not _PATH.fullmatch(text):
        message = "a path that begins with / and holds no blank, '?', '#' or '%'"
        raise ValueError(message)
    return text


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(each.strip(), strict=False) for each in text.split(",") if each.strip())
    except ValueError:
        message = "addresses or networks with commas between, such as 192.0.2.10, 198.51.100.0/24"
        raise ValueError(message) from None


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Where one PBX posts to, and how it is known."""

    listen: Annotated[
        Address,
        Setting(
            "address and port to listen on; several PBXs may share one, each with its path",
            Kind(_address),
            default="0.0.0.0:8480",
        ),
    ] = Address("0.0.0.0", 8480)  # noqa: S104 - a PBX is another machine; who may post is decided by `auth` and `peers`
    path: Annotated[
        str,
        Setting("path of the URL the PBX posts to; without one, / and the name of the PBX", Kind(_path)),
    ] = ""
    auth: Annotated[
        str,
        Setting(
            "how the PBX shows who it is: token (in a header or in the URL), basic (name and password), "
            "or none (whoever reaches the port can add calls; set 'peers')",
            choice("token", "basic", "none"),
            default="token",
        ),
    ] = "token"
    token: Annotated[
        str,
        Setting("token the PBX has to send, long and random", PASSWORD, secret=True, needs=_WITH_TOKEN),
    ] = ""
    token_parameter: Annotated[
        str,
        Setting(
            "query parameter that may hold the token, for a PBX that takes only a URL",
            TEXT,
            default="token",
            needs=_WITH_TOKEN,
            advanced=True,
        ),
    ] = "token"  # noqa: S105 - the name of a parameter
    username: Annotated[str, Setting("name the PBX has to log in with, for auth=basic", TEXT, needs=_WITH_NAME)] = ""
    password: Annotated[
        str,
        Setting("password the PBX has to log in with, for auth=basic", PASSWORD, secret=True, needs=_WITH_NAME),
    ] = ""
    password_file: Annotated[
        str,
        Setting(
            "file that holds the token or the password, instead of it here",
            TEXT,
            needs=("auth", ("token", "basic")),
            advanced=True,
            reach=Reach.READ,
        ),
    ] = ""
    peers: Annotated[
        tuple[Network, ...],
        Setting(
            "addresses or networks that may post; none: everybody who shows who he is",
            Kind(_networks),
            example="192.0.2.10, 198.51.100.0/24",
        ),
    ] = ()
    certificate: Annotated[
        str,
        Setting("file with the certificate to show, PEM; it turns http into https", TEXT, reach=Reach.KEY),
    ] = ""
    key: Annotated[
        str,
        Setting("file with the certificate's key, PEM, where it is not in the same file", TEXT, reach=Reach.KEY),
    ] = ""
    old_tls: Annotated[
        str,
        Setting(
            "accept TLS 1.0 and 1.1, for an old PBX; they can be broken",
            choice("off", "on"),
            default="off",
            advanced=True,
        ),
    ] = "off"
    largest: Annotated[int, Setting("most megabytes of one post", whole(1, 256), default="8", advanced=True)] = 8
    timeout: Annotated[
        float,
        Setting("longest wait for the next bytes of a post", seconds(0.1, 600), default="30s", advanced=True),
    ] = 30.0
    connections: Annotated[
        int,
        Setting(
            "most connections at once to the address listened on; of PBXs that share it the highest counts",
            whole(1, 10_000),
            default="200",
            advanced=True,
        ),
    ] = 200

    @property
    def scheme(self) -> str:
        """The first word of the URL."""
        return "https" if self.certificate else "http"

    @property
    def tls(self) -> tuple[str, str, str]:
        """What PBXs that share an address must have in common."""
        return self.certificate, self.key, self.old_tls

    def secret(self, fence: Fence) -> str:
        """The token or password, from its file where one is named; raises `Unavailable` when that cannot be read."""
        return gate.password(fence, self.password_file, self.password if self.auth == "basic" else self.token)
