"""Reaching a NATS server, and what its faults mean; a connection lasts as long as what it is for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from tollbook import gate
from tollbook.installing import install_command
from tollbook.model.fence import Fence
from tollbook.model.problem import Misconfigured, Problem, Unavailable
from tollbook.sinks.encryption import to_server
from tollbook.sinks.nats.messages import CALLS
from tollbook.sinks.nats.options import ServerOptions

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.js import JetStreamContext
    from nats.js.api import StreamInfo

_CONNECT_S = 10
_NO_STREAM = 10059


def check_installed() -> None:
    """Raise `Misconfigured` where the client is not installed."""
    if find_spec("nats") is None:
        hint = f"install it, then start Tollbook again: {install_command('nats-py')}"
        reason = "NATS is reached by the Python package nats-py, which is not there"
        raise Misconfigured(Problem("the client of NATS is not installed", reason, help=hint))


@asynccontextmanager
async def connected(options: ServerOptions, fence: Fence) -> AsyncIterator[Client]:
    """Give a connection; whatever NATS says against it, and against what is done with it, is `Unavailable`."""
    from nats.aio.client import Client as NewClient
    from nats.errors import Error

    client, faults = NewClient(), list[Exception]()

    async def note(fault: Exception) -> None:
        faults.append(fault)

    try:
        told = _arguments(options, fence, lambda: _check_encrypted(client, options))
        await asyncio.wait_for(client.connect(error_cb=note, **told), 2 * _CONNECT_S)
        _check_encrypted(client, options)
        yield client
    except (Error, OSError, TimeoutError) as fault:
        raise explained(faults[0] if faults and not client.is_connected else fault) from fault
    finally:
        with suppress(Exception):  # it may be broken already
            await client.close()


def _check_encrypted(client: Client, options: ServerOptions) -> None:
    """Raise `Unavailable` where the server did not ask for TLS, which the client would go without then."""
    if options.protection != "off" and not client._server_info.get("tls_required"):  # noqa: SLF001 - it tells nobody
        message = "NATS speaks no TLS there; without it, tls=off lets everybody on the network read along"
        raise Unavailable(message, permanent=True)


def _arguments(options: ServerOptions, fence: Fence, check: Callable[[], None]) -> dict[str, Any]:
    """Return what the client is told; name and password are given out only after a check."""

    def checked(text: str) -> Callable[[], str]:
        def told() -> str:
            check()
            return text

        return told

    password = gate.password(fence, options.password_file, options.password)
    number = gate.address_of(fence, options.host, options.port)
    login: dict[str, Any] = {"token": checked(password)} if password else {}
    if options.username:
        login = {"user": checked(options.username), "password": checked(password)}
    address = f"{f'[{number}]' if ':' in number else number}:{options.port}"
    told: dict[str, Any] = {
        "servers": f"nats://{address}",
        "name": "tollbook",
        "allow_reconnect": False,
        "max_reconnect_attempts": 1,
        "reconnect_time_wait": 0,
        "connect_timeout": _CONNECT_S,
        **login,
    }
    context = to_server(fence, options.ca_file, options.protection)
    if context is None:
        return told
    return {**told, "servers": f"tls://{address}", "tls": context, "tls_hostname": options.host}


def explained(fault: Exception) -> Unavailable:
    """Return a fault of NATS in words."""
    told = " ".join(str(fault).split()) or type(fault).__name__
    lowered = told.lower()
    if "authorization" in lowered or "permission" in lowered:
        return Unavailable(f"NATS does not let us in: {told}", permanent=True)
    return Unavailable(f"NATS does not do what it should: {told}")


async def stream_of(stream: JetStreamContext, options: ServerOptions) -> StreamInfo | None:
    """Return what the server says of the stream; None where there is none."""
    from nats.js.errors import APIError, NotFoundError

    try:
        return await stream.stream_info(options.stream)
    except NotFoundError as fault:
        if fault.err_code != _NO_STREAM:
            raise Unavailable("the server has no JetStream; start it with -js", permanent=True) from fault
        return None
    except APIError as fault:
        raise explained(fault) from fault


async def make_stream(stream: JetStreamContext, options: ServerOptions) -> None:
    """Make the stream: on the disk, a message gone once a loader has put its calls away."""
    from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig

    await stream.add_stream(
        StreamConfig(
            name=options.stream,
            subjects=[f"{CALLS}.*"],
            retention=RetentionPolicy.WORK_QUEUE,
            storage=StorageType.FILE,
            discard=DiscardPolicy.NEW,
        )
    )
