"""Where a site's running server is: `server.json` in its folder, which its owner alone can read.

A file left by a server that was killed is recognised: whoever answers at its address has to prove that it knows the
token, before it is sent the token or anything else.
"""

from __future__ import annotations

import hmac
import secrets
import socket
import ssl
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tollbook.web.serving import secret_files

if TYPE_CHECKING:
    import httpx2

_FILE = "server.json"
_ALL = frozenset(("0.0.0.0", "", "::"))  # noqa: S104 - compared, not bound
_SOMEWHERE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
"""Addresses of nobody, by which the one is found that this machine would use; nothing is sent there."""


class ServerAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A server's address, the token of its API, and its process; over TLS also its certificate (PEM)."""

    url: str
    token: str
    pid: int
    certificate: str = ""

    def verified(self) -> ssl.SSLContext | bool:
        """Return what a client compares the server's certificate with: this very one, whatever name is in it."""
        if not self.certificate:
            return True
        context = ssl.create_default_context(cadata=self.certificate)
        context.check_hostname = False  # it is asked for under an address of this machine
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        return context


def url_of(host: str, port: int, scheme: str = "http") -> str:
    """Return the URL that reaches a server listening there from this machine.

    >>> url_of("0.0.0.0", 8470), url_of("::1", 80)
    ('http://127.0.0.1:8470', 'http://[::1]:80')
    """
    reachable = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"{scheme}://[{reachable}]:{port}" if ":" in reachable else f"{scheme}://{reachable}:{port}"


def urls_elsewhere(host: str, port: int, scheme: str = "http") -> list[str]:
    """Return the URLs that reach a server on all addresses from other machines: by this one's address, and its name.

    None for a server that listens on one address: its URL is the same everywhere.
    """
    if host not in _ALL:
        return []
    families = (socket.AF_INET6, socket.AF_INET) if host == "::" else (socket.AF_INET,)
    found = [url_of(address, port, scheme) for family in families if (address := _own_address(family))]
    return [*found, f"{scheme}://{socket.gethostname()}:{port}"]


def _own_address(family: socket.AddressFamily) -> str:
    """Return the address by which this machine would reach others; nothing where it has no network."""
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((_SOMEWHERE[family], 9))
        return str(probe.getsockname()[0])
    return ""


def write(site: Path, address: ServerAddress) -> None:
    """Say where the server is; never readable by others, not even for a moment."""
    secret_files.write(site / _FILE, msgspec.json.encode(address))


def remove(site: Path) -> None:
    """Say that there is no server any more."""
    (site / _FILE).unlink(missing_ok=True)


def read(site: Path) -> ServerAddress | None:
    """Return where the server is said to be, or None."""
    try:
        found = msgspec.json.decode((site / _FILE).read_bytes(), type=ServerAddress)
    except (OSError, msgspec.DecodeError):
        return None
    # Whoever answers would find it easy to prove that it knows a token that is none.
    return found if len(found.token) >= secret_files.SHORTEST else None


def answers(client: httpx2.Client, address: ServerAddress) -> bool:
    """Say whether the process that wrote the address is the one that answers there."""
    import httpx2

    nonce = secrets.token_hex(16)
    # The same computation stands in `web.api.access`, which cannot be imported without Django.
    expected = hmac.digest(address.token.encode(), nonce.encode(), "sha256").hex()
    try:
        response = client.get("/api/here", params={"nonce": nonce}, timeout=5)
        proofs = response.json().get("proofs", [])
    except (httpx2.HTTPError, ValueError, AttributeError):
        return False
    return any(isinstance(proof, str) and hmac.compare_digest(proof, expected) for proof in proofs)
