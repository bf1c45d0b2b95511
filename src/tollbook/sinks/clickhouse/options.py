"""What can be set for a table in ClickHouse."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

import msgspec

from tollbook.model.fence import Reach
from tollbook.plugins import PASSWORD, TEXT, Kind, Setting, choice, seconds, whole
from tollbook.server_options import CaFile, protection, secret_file, tls_choice

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,119}")
_CLUSTER = re.compile(r"[A-Za-z0-9_.{}-]{1,120}")
_PLACE = 60
_PORT, _PORT_TLS = 8123, 8443


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        message = "an address whose port is a number up to 65535; an IPv6 one stands in [ ]"
        raise ValueError(message) from None
    if parts.scheme != "clickhouse" or not parts.hostname or port == 0:
        message = "an address such as clickhouse://192.0.2.20/calls; its port is that of HTTP, 8123 or 8443"
        raise ValueError(message)
    if parts.username or parts.password:
        message = "an address without a name and password in it; set them as 'username' and 'password'"
        raise ValueError(message)
    if parts.query or parts.fragment:
        message = "an address without anything after a '?'; TLS is set by 'tls' and 'ca-file'"
        raise ValueError(message)
    if not _NAME.fullmatch(parts.path.strip("/") or "default"):
        message = "an address of one database, a name of letters, digits and _, such as clickhouse://192.0.2.20/calls"
        raise ValueError(message)
    return text


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        message = "a name of 1 to 120 letters, digits and _"
        raise ValueError(message)
    return text


def _cluster(text: str) -> str:
    if text and not _CLUSTER.fullmatch(text):
        message = "the name of a cluster: letters, digits, _ . - or a macro such as {cluster}"
        raise ValueError(message)
    return text


def _place(text: str) -> str:
    if len(text) > _PLACE or not text.isprintable() or {",", "/"} & {*text}:
        message = f"a name of up to {_PLACE} characters, without , and /"
        raise ValueError(message)
    return text.strip()


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Which table, in which database of ClickHouse, for which place, and how it is reached."""

    url: Annotated[
        str,
        Setting(
            "address of the database: clickhouse://host/name, with :port where HTTP has another than 8123, or 8443 "
            "with TLS",
            Kind(_url),
            required=True,
            example="clickhouse://192.0.2.20/calls",
            reach=Reach.CONNECT,
        ),
    ]
    username: Annotated[str, Setting("name to log in with", TEXT, example="tollbook")] = ""
    password: Annotated[str, Setting("password to log in with", PASSWORD, secret=True)] = ""
    password_file: Annotated[str, secret_file()] = ""
    place: Annotated[
        str,
        Setting(
            "name of this site in the table; each site that writes to the same table needs one of its own",
            Kind(_place),
            example="Hamburg",
        ),
    ] = ""
    table: Annotated[str, Setting("table that calls are written to", Kind(_name), default="calls")] = "calls"
    create: Annotated[
        str,
        Setting("make the table where there is none: yes or no", choice("yes", "no"), default="yes"),
    ] = "yes"
    cluster: Annotated[
        str,
        Setting(
            "cluster on whose servers the table is made, as copies of each other (ON CLUSTER, Replicated…); none: on "
            "one server",
            Kind(_cluster),
            advanced=True,
        ),
    ] = ""
    interval: Annotated[
        float,
        Setting(
            "pause after a delivery, so that calls are written many at once: ClickHouse makes files of each delivery",
            seconds(0, 3600),
            default="5s",
        ),
    ] = 5.0
    batch: Annotated[
        int,
        Setting("most calls in one delivery", whole(1, 1_000_000), default="100000", advanced=True),
    ] = 100_000
    tls: Annotated[str, tls_choice()] = "auto"
    ca_file: CaFile = ""
    timeout: Annotated[
        float,
        Setting(
            "longest wait for an answer of the server; a delivery as a whole may take four times that",
            seconds(1, 3600),
            default="60s",
            advanced=True,
        ),
    ] = 60.0

    @property
    def protection(self) -> str:
        """The choice of `tls`: verified, unverified or off."""
        return protection(self.tls, self._parts.hostname or "")

    @property
    def address(self) -> str:
        """Where HTTP is spoken, as `https://host:8443/`."""
        scheme, port = ("http", _PORT) if self.protection == "off" else ("https", _PORT_TLS)
        host = self._parts.hostname or ""
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self._parts.port or port}/"

    @property
    def database(self) -> str:
        """Name of the database."""
        return self._parts.path.strip("/") or "default"

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url)
