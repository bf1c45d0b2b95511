"""What can be set for a provider that is asked for call records."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from tollbook import gate
from tollbook.gate import web_address
from tollbook.model.fence import Fence, Reach
from tollbook.model.pbx import NAME
from tollbook.plugins import PASSWORD, Kind, Setting, seconds, whole
from tollbook.server_options import secret_file
from tollbook.sources import common
from tollbook.sources.rest_poll.own_provider import own_names
from tollbook.sources.rest_poll.provider import providers


def _address(text: str) -> str:
    if not text:
        return ""
    parts = urlsplit(web_address(text))
    if parts.scheme == "http" and not _is_here(parts.hostname or ""):
        raise ValueError("an address beginning with https://, since secrets are sent there")
    return text.rstrip("/")


def _is_here(host: str) -> bool:
    """Say whether a host is this machine: what is sent there crosses no network."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _plain(text: str) -> str:
    if not text.isascii() or not common.is_plain(text):
        raise ValueError("text without line breaks or letters beyond ASCII")
    return text.strip()


def _provider(text: str) -> str:
    if not NAME.fullmatch(text):
        raise ValueError(f"one of {', '.join(providers())}, or the name of a folder in the site's folder dialects")
    return text


_PROVIDER = Kind(_provider, "choice", tuple(providers()), own_names)
_PLAIN = Kind(_plain)
_SECRET = Kind(_plain, "password")


class RestSecrets(msgspec.Struct, frozen=True):
    """The two secrets; neither is shown, logged or part of an address."""

    client_secret: str
    credential: str


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """One account at a provider."""

    provider: Annotated[
        str,
        Setting("whose API is asked, or a provider of the site's own", _PROVIDER, required=True, example="ringcentral"),
    ]
    account: Annotated[
        str,
        Setting("account, tenant or PBX at the provider, as its README says; empty: the client's own", _PLAIN),
    ] = ""
    client_id: Annotated[str, Setting("client ID, or the name of the API user", _PLAIN)] = ""
    client_secret: Annotated[str, Setting("client secret, or the API user's password", _SECRET, secret=True)] = ""
    client_secret_file: Annotated[str, secret_file(holds="the client secret, instead of 'client-secret'")] = ""
    credential: Annotated[
        str,
        Setting("second secret, where the provider has one: JWT, refresh token or API key", PASSWORD, secret=True),
    ] = ""
    credential_file: Annotated[str, secret_file(holds="the second secret, instead of 'credential'")] = ""
    url: Annotated[
        str,
        Setting(
            "address of the API, where it is not the provider's usual one (a region, a test system)",
            Kind(_address, "url"),
            example="https://platform.devtest.example",
            advanced=True,
            reach=Reach.CONNECT,
        ),
    ] = ""
    token_url: Annotated[
        str,
        Setting(
            "address that gives access tokens, where it is not the provider's usual one",
            Kind(_address, "url"),
            advanced=True,
            reach=Reach.CONNECT,
        ),
    ] = ""
    interval: Annotated[float, common.interval("polling interval, from request to request", "5m")] = 300.0
    history: Annotated[
        float,
        Setting("how far back the first request goes, where the provider holds as much", seconds(60, 63_072_000), "7d"),
    ] = 604_800.0
    overlap: Annotated[
        float,
        Setting(
            "how far each request goes back before the one before it: longer than the longest call, since a call is "
            "found by its start and told of at its end",
            seconds(0, 2_592_000),
            "6h",
            advanced=True,
        ),
    ] = 21_600.0
    timeout: Annotated[
        float,
        Setting(
            "longest wait for the provider to connect, or for its next bytes", seconds(1, 600), "30s", advanced=True
        ),
    ] = 30.0
    certificate: Annotated[str, common.certificate()] = "verified"
    ca_file: common.CaFile = ""
    fingerprint: common.Fingerprint = ""
    tls_oldest: common.ServersTlsOldest = "1.2"
    largest: Annotated[
        int,
        Setting("most megabytes of one answer; a larger one is an error", whole(1, 256), "32", advanced=True),
    ] = 32

    def secrets(self, fence: Fence) -> RestSecrets:
        """Return both, from their files where those are named; raises `Unavailable` when one cannot be read."""
        return RestSecrets(
            gate.password(fence, self.client_secret_file, self.client_secret),
            gate.password(fence, self.credential_file, self.credential),
        )
