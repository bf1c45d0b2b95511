"""What can be set for a PBX that is asked over HTTP(S)."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import msgspec

from tollbook.gate import web_address
from tollbook.model.fence import Reach
from tollbook.plugins import PASSWORD, TEXT, Alias, Kind, Setting, choice, seconds, whole
from tollbook.server_options import secret_file
from tollbook.sources import common
from tollbook.sources.common import WithPassword

_WITH_LOGIN = ("auth", ("basic", "digest", "query"))
_AS_QUERY = ("auth", ("query",))


def _address(text: str) -> str:
    if not text.isascii() or any(character <= " " for character in text):
        raise ValueError("an address without blanks or letters beyond ASCII; a blank is written %20")
    return web_address(text)


class Options(WithPassword, msgspec.Struct, frozen=True, kw_only=True):
    """One PBX's External Application address and how to ask it."""

    url: Annotated[
        str,
        Setting(
            "full address the PBX offers its records at, with path and query",
            Kind(_address, "url"),
            required=True,
            example="https://192.0.2.10:8443/cdr",
            reach=Reach.CONNECT,
        ),
    ]
    username: Annotated[str, Setting("name to log in with", TEXT, example="INSTALLER", needs=_WITH_LOGIN)] = ""
    password: Annotated[str, Setting("password to log in with", PASSWORD, secret=True, needs=_WITH_LOGIN)] = ""
    password_file: Annotated[str, secret_file(needs=_WITH_LOGIN)] = ""
    auth: Annotated[
        str,
        Setting(
            "how to log in: none, basic, digest, or query (name and password as query parameters)",
            choice("none", "basic", "digest", "query"),
            default="basic",
        ),
    ] = "basic"
    query_username: Annotated[
        str,
        Setting("query parameter for the name", TEXT, default="username", needs=_AS_QUERY),
    ] = "username"
    query_password: Annotated[
        str,
        Setting("query parameter for the password", TEXT, default="password", needs=_AS_QUERY),
    ] = "password"  # noqa: S105 - the name of a parameter
    interval: Annotated[float, common.interval("polling interval, from request to request", "30s")] = 30.0
    timeout: Annotated[
        float,
        Setting(
            "longest wait for the PBX to connect, or for its next bytes",
            seconds(1, 600),
            default="20s",
            advanced=True,
        ),
    ] = 20.0
    certificate: Annotated[str, common.certificate(Alias("tls"))] = "verified"
    ca_file: common.CaFile = ""
    fingerprint: common.Fingerprint = ""
    tls_oldest: common.ServersTlsOldest = "1.2"
    largest: Annotated[
        int,
        Setting(
            "most megabytes of one answer; the rest is cut off, with a warning",
            whole(1, 4096),
            default="256",
            advanced=True,
        ),
    ] = 256


def with_query(target: str, pairs: list[tuple[str, str]]) -> str:
    """Return a request target with query parameters added."""
    added = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    return f"{target}{'&' if '?' in target else '?'}{added}"
