"""An app behind the server's own doors and connections, on a thread; and callers that misbehave on real sockets."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import msgspec
import uvicorn

from tests.fakes.sites import until
from tollbook.web.serving.door import Places, open_doors
from tollbook.web.serving.server import configured

PATIENCE_S = 20
GET = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
Event = MutableMapping[str, Any]
Send = Callable[[Event], Awaitable[None]]
Receive = Callable[[], Awaitable[Event]]


class Served(msgspec.Struct, frozen=True):
    """A server at work."""

    port: int
    places: Places
    server: uvicorn.Server

    def call(self, sent: bytes = b"") -> socket.socket:
        """Connect, and send bytes."""
        caller = socket.create_connection(("127.0.0.1", self.port), PATIENCE_S)
        caller.sendall(sent)
        return caller

    def answer(self) -> bytes:
        """Return the whole answer to a request of a connection of its own."""
        with self.call(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")) as caller:
            return left(caller)


async def hello(_scope: object, _receive: Receive, send: Send) -> None:
    """Answer anything."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


@contextmanager
def served(
    app: Callable[..., Awaitable[None]] = hello,
    *,
    head_s: int = 10,
    descriptors: int = 1 << 16,
) -> Iterator[Served]:
    """Serve an app."""
    places = Places(descriptors)
    doors = open_doors("127.0.0.1", 0, places)
    server = uvicorn.Server(configured(app, head_s=head_s))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(doors)))
    thread.start()
    try:
        until(lambda: server.started)
        yield Served(doors[0].getsockname()[1], places, server)
    finally:
        server.should_exit = server.force_exit = True
        thread.join(PATIENCE_S)


def left(caller: socket.socket) -> bytes:
    """Return what comes until the server closes."""
    pieces = []
    while piece := caller.recv(1 << 16):
        pieces.append(piece)
    return b"".join(pieces)
