"""What can be set for files on an FTP server."""

from __future__ import annotations

from typing import Annotated

from tollbook.plugins import Setting, choice, whole
from tollbook.sources import common
from tollbook.sources._remote.options import RemoteFiles

_USUAL_PORTS = {"off": 21, "explicit": 21, "implicit": 990}


class Options(RemoteFiles, frozen=True, kw_only=True):
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
    certificate: Annotated[str, common.certificate()] = "verified"
    ca_file: common.CaFile = ""
    fingerprint: common.Fingerprint = ""
    tls_oldest: common.ServersTlsOldest = "1.2"

    @property
    def where(self) -> str:
        """The server's host and port."""
        return f"{self.host}:{self.port or _USUAL_PORTS[self.tls]}"

    @property
    def real_port(self) -> int:
        """The port to connect to."""
        return self.port or _USUAL_PORTS[self.tls]
