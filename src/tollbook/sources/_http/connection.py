"""One connection to a PBX or provider: opened, its certificate checked, before a word or a password is sent."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ssl
from typing import Protocol
from urllib.parse import SplitResult

from tollbook import gate, tls
from tollbook.model.fence import Fence
from tollbook.model.problem import Unavailable
from tollbook.sources._http.wire import HttpWire
from tollbook.sources.common import reason_of


class ConnectionOptions(Protocol):
    """The options by which one is made, as they are declared in `sources/common.py`."""

    @property
    def timeout(self) -> float:
        """Seconds."""

    @property
    def certificate(self) -> str:
        """Verified, pinned or unverified."""

    @property
    def ca_file(self) -> str:
        """Path, or nothing."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 in hexadecimal."""

    @property
    def tls_oldest(self) -> str:
        """A version such as 1.2."""


class PollConnection:
    """Bytes to and from a PBX, each wait within the time-out."""

    def __init__(self, transport: asyncio.Transport, wire: HttpWire, timeout_s: float) -> None:
        self._transport, self._wire, self._timeout_s = transport, wire, timeout_s

    def send(self, data: bytes) -> None:
        """Send a request; where the connection breaks meanwhile, `receive` says so."""
        self._transport.write(data)

    async def receive(self, timeout_s: float | None = None) -> bytes:
        """Return the next bytes, nothing at the end; raises OSError or TimeoutError."""
        return await asyncio.wait_for(self._wire.take(), timeout_s or self._timeout_s)

    async def close(self) -> None:
        """Close it, whatever state it is in."""
        self._transport.close()
        try:
            await asyncio.wait_for(self._wire.closed.wait(), 1)
        except TimeoutError:
            self._transport.abort()  # the other side takes no farewell


async def connect(address: SplitResult, options: ConnectionOptions, fence: Fence) -> PollConnection:
    """Connect to a PBX; raises `Unavailable` with what is wrong, before anything has been sent."""
    secure = address.scheme == "https"
    port = address.port or (443 if secure else 80)
    where = f"{address.hostname}:{port}"
    try:
        context = (
            tls.to_peer(options.ca_file, options.tls_oldest, verified=options.certificate == "verified")
            if secure
            else None
        )
        async with asyncio.timeout(options.timeout):
            there = await gate.connected(fence, address.hostname or "", port)
            name = address.hostname if secure else None
            loop = asyncio.get_running_loop()
            transport, wire = await loop.create_connection(HttpWire, sock=there, ssl=context, server_hostname=name)
    except ssl.SSLCertVerificationError as fault:
        raise Unavailable(
            f"the certificate of {where} is not trusted ({fault.verify_message}); set 'ca-file', or "
            "'certificate=pinned' with its 'fingerprint'",
            permanent=True,
        ) from fault
    except ssl.SSLError as fault:
        message = f"no TLS with {where} ({fault.reason or 'handshake failed'}); an old PBX may need 'tls-oldest=1.0'"
        raise Unavailable(message, permanent=True) from fault
    except (ConnectionResetError, ConnectionAbortedError) as fault:
        hint = "; an old PBX may need 'tls-oldest=1.0'" if secure else ""
        raise Unavailable(f"{where} broke the connection off before it was asked{hint}") from fault
    except TimeoutError as fault:
        message = f"{where} does not answer within {options.timeout:g} s; is the address right, is the PBX on?"
        raise Unavailable(message) from fault
    except OSError as fault:
        message = f"cannot connect to {where}: {reason_of(fault)}; is the port the one of its CDR settings?"
        raise Unavailable(message) from fault
    if secure and options.certificate == "pinned":
        _check_pin(transport, where, options.fingerprint)
    return PollConnection(transport, wire, options.timeout)


def _check_pin(transport: asyncio.Transport, where: str, expected: str) -> None:
    secured: ssl.SSLObject = transport.get_extra_info("ssl_object")
    shown = hashlib.sha256(secured.getpeercert(binary_form=True) or b"").hexdigest()
    if hmac.compare_digest(shown, expected):
        return
    transport.close()
    message = f"{where} shows another certificate than the pinned one; its fingerprint is {shown}"
    raise Unavailable(message, permanent=True)
