"""Whether passwords of those who sign in travel encrypted: TLS of the server's own, a proxy's, or none."""

from __future__ import annotations

import socket
import ssl
from ipaddress import ip_address
from pathlib import Path

import msgspec

from tollbook import tls
from tollbook.model.problem import Misconfigured, Problem, Unavailable

OLDEST = "1.2"


class Encryption(msgspec.Struct, frozen=True, kw_only=True):
    """The files of a certificate and its key, where the server has them, and whether a proxy stands before it."""

    certificate: Path | None = None
    key: Path | None = None
    behind_proxy: bool = False

    def context(self) -> ssl.SSLContext | None:
        """Return what connections are encrypted with; None without files. Raises `Misconfigured`."""
        if self.certificate is None and self.key is None:
            return None
        try:
            return tls.for_peers(str(self.certificate or ""), str(self.key or ""), OLDEST)
        except Unavailable as fault:
            told = "'--tls-certificate' and '--tls-key' cannot be used"
            reason = str(fault).rpartition(": ")[2] if self.certificate else "there is a key and no certificate"
            help_ = "name a PEM file with the certificate and its chain, and one with its key and without a password"
            raise Misconfigured(Problem(told, reason, str(self.certificate or self.key), help_)) from fault

    def pem(self) -> str:
        """Return the server's certificate, by which commands on this machine know it; nothing without one."""
        return self.certificate.read_text("utf-8") if self.certificate else ""


def readable_on_the_way(host: str, encryption: Encryption) -> str:
    """Say what is wrong where passwords would travel so that others can read them; nothing where they do not."""
    if encryption.certificate or encryption.behind_proxy or is_this_machine(host):
        return ""
    return f"whoever signs in over the network at {host} sends the password unencrypted"


HELP = (
    "serve with --tls-certificate and --tls-key, or put a proxy with TLS before it and say --behind-proxy; "
    "`tollbook guide running-as-a-service` shows both"
)


def is_this_machine(host: str) -> bool:
    """Say whether only this machine reaches a server that listens there.

    >>> is_this_machine("127.0.0.1"), is_this_machine("::1"), is_this_machine("0.0.0.0")
    (True, True, False)
    """
    try:
        places = {str(where[0]) for *_, where in socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)}
    except OSError:
        return False
    return all(ip_address(place.partition("%")[0]).is_loopback for place in places)
