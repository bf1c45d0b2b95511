"""TLS towards a server that a sink's settings name."""

from __future__ import annotations

import ssl

from tollbook import gate
from tollbook.model.fence import Fence, Reach
from tollbook.model.problem import Unavailable
from tollbook.tls import to_peer

_OLDEST = "1.2"


def to_server(fence: Fence, ca_file: str, protection: str) -> ssl.SSLContext | None:
    """Return what connections are made with under `protection`: verified, unverified or off, which gives None.

    Raises `Unavailable` where the authority's file cannot be used.
    """
    if protection == "off":
        return None
    if ca_file:
        try:
            gate.open_file(fence, ca_file, Reach.KEY).close()
        except OSError as fault:
            message = f"the file of 'ca-file' cannot be used: {fault.strerror}"
            raise Unavailable(message, permanent=True) from fault
    return to_peer(ca_file, _OLDEST, verified=protection == "verified")
