"""What can be set for files on an FTP server."""

from __future__ import annotations

from typing import Annotated

from tollbook.model.fence import Reach
from tollbook.plugins import TEXT, Kind, Setting, choice, whole
from tollbook.sources._remote.options import Files

_SHA256_DIGITS = 64
_WITH_TLS = ("tls", ("explicit", "implicit"))
_USUAL_PORTS = {"off": 21, "explicit": 21, "implicit": 990}


def _fingerprint(text: str) -> str:
    digits = text.replace(":", "").replace(" ", "").lower()
    if digits and (len(digits) != _SHA256_DIGITS or any(character not in "0123456789abcdef" for character in digits)):
        message = "the SHA-256 fingerprint of a certificate: 64 hexadecimal digits, colons allowed"
        raise ValueError(message)
    return digits


class Options(Files, frozen=True, kw_only=True):
    """Files on an FTP server: which, what becomes of them, and how the server and we are known to each other."""

    port: Annotated[
        int,
        Setting(
            "port of the server; 0 is the usual one: 21, or 990 where 'tls' is implicit",
            whole(0, 65_535),
            "0",
            advanced=True,
        ),
    ] = 0
    tls: Annotated[
        str,
        Setting(
            "encryption: explicit (asked for after connecting), implicit (from the first byte), or off (the password "
            "and every record can be read on the network)",
            choice("explicit", "implicit", "off"),
            default="explicit",
        ),
    ] = "explicit"
    certificate: Annotated[
        str,
        Setting(
            "how to know the server over TLS: verified (a known authority or 'ca-file'), pinned ('fingerprint'), "
            "or unverified (anyone on the network could answer in its place)",
            choice("verified", "pinned", "unverified"),
            default="verified",
            needs=_WITH_TLS,
        ),
    ] = "verified"
    ca_file: Annotated[
        str,
        Setting(
            "file with the certificate authority to trust, PEM",
            TEXT,
            needs=("certificate", ("verified",)),
            reach=Reach.KEY,
        ),
    ] = ""
    fingerprint: Annotated[
        str,
        Setting(
            "SHA-256 fingerprint of the server's certificate",
            Kind(_fingerprint),
            needs=("certificate", ("pinned",)),
        ),
    ] = ""
    tls_oldest: Annotated[
        str,
        Setting(
            "oldest TLS version to accept",
            choice("1.0", "1.1", "1.2", "1.3"),
            default="1.2",
            needs=_WITH_TLS,
            advanced=True,
        ),
    ] = "1.2"

    @property
    def where(self) -> str:
        """The server's host and port."""
        return f"{self.host}:{self.port or _USUAL_PORTS[self.tls]}"

    @property
    def real_port(self) -> int:
        """The port to connect to."""
        return self.port or _USUAL_PORTS[self.tls]
