"""What can be set for a way over a NATS server."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

import msgspec

from tollbook.model.fence import Reach
from tollbook.plugins import PASSWORD, TEXT, Kind, Setting, choice, seconds, whole
from tollbook.server_options import CaFile, protection, secret_file, tls_choice

_STREAM = re.compile(r"[A-Za-z0-9_-]{1,60}")
_PLACE = 60
_PORT = 4222


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        message = "an address whose port is a number up to 65535; an IPv6 one stands in [ ]"
        raise ValueError(message) from None
    if parts.scheme != "nats" or not parts.hostname or port == 0 or parts.path.strip("/") or parts.query:
        message = "an address such as nats://192.0.2.20, with :port where it is another than 4222"
        raise ValueError(message)
    if parts.username or parts.password:
        message = "an address without a name and password in it; set them as 'username' and 'password'"
        raise ValueError(message)
    return text


def _stream(text: str) -> str:
    if not _STREAM.fullmatch(text):
        message = "a name of 1 to 60 letters, digits, _ and -"
        raise ValueError(message)
    return text


def place_name(text: str) -> str:
    """Return the name of a place; raises ValueError with what is expected."""
    if not text.strip() or len(text) > _PLACE or not text.isprintable() or {",", "/"} & {*text}:
        message = f"a name of 1 to {_PLACE} characters, without , and /"
        raise ValueError(message)
    return text.strip()


class ServerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Which stream, on which server, and how it is reached."""

    url: Annotated[
        str,
        Setting(
            "address of the server: nats://host, with :port where it is another than 4222",
            Kind(_url),
            required=True,
            example="nats://192.0.2.20",
            reach=Reach.CONNECT,
        ),
    ]
    username: Annotated[str, Setting("name to log in with", TEXT, example="hamburg")] = ""
    password: Annotated[str, Setting("password to log in with, or a token without a name", PASSWORD, secret=True)] = ""
    password_file: Annotated[str, secret_file()] = ""
    stream: Annotated[str, Setting("JetStream stream that calls wait in", Kind(_stream), default="TOLLBOOK")] = (
        "TOLLBOOK"
    )
    create: Annotated[
        str,
        Setting("make the stream where there is none: yes or no", choice("yes", "no"), default="yes"),
    ] = "yes"
    tls: Annotated[str, tls_choice()] = "auto"
    ca_file: CaFile = ""
    timeout: Annotated[
        float,
        Setting(
            "longest wait for an answer of the server, and for word that calls are in ClickHouse",
            seconds(1, 3600),
            default="60s",
            advanced=True,
        ),
    ] = 60.0

    @property
    def protection(self) -> str:
        """The choice of `tls`: verified, unverified or off."""
        return protection(self.tls, self.host)

    @property
    def host(self) -> str:
        """Name or address of the server."""
        return self._parts.hostname or ""

    @property
    def port(self) -> int:
        """Its port."""
        return self._parts.port or _PORT

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url)


class Options(ServerOptions, frozen=True, kw_only=True):
    """By which name a site is known at the centre, and how much it hands on at once."""

    place: Annotated[
        str,
        Setting(
            "name of this site at the centre; each site needs one of its own",
            Kind(place_name),
            required=True,
            example="Hamburg",
        ),
    ]
    interval: Annotated[
        float,
        Setting("pause after a delivery, so that calls are handed on many at once", seconds(0, 3600), default="5s"),
    ] = 5.0
    batch: Annotated[
        int,
        Setting("most calls on their way at once", whole(1, 1_000_000), default="50000", advanced=True),
    ] = 50_000
