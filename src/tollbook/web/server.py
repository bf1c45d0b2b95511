"""Serves the pages and the API until it is told to stop.

What always holds: on SIGTERM or SIGINT no new request is taken, streams of calls end at once, requests under way get
a few seconds to finish, and then `serve` returns to its caller, who stops the engine.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from tollbook.engine.engine import Engine

_GRACE_S = 10


def _nobody(_address: str) -> None:
    """Tell nobody."""


class _Server(uvicorn.Server):
    """Uvicorn, telling when it listens, and ending streams before it waits for requests."""

    def __init__(self, config: uvicorn.Config, engine: Engine, on_listening: Callable[[str], None]) -> None:
        super().__init__(config)
        self._engine = engine
        self._on_listening = on_listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Bind, then say where."""
        await super().startup(sockets)
        if self.started:
            self._on_listening(_address_of(self))

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End the streams: a browser would hold its own open for ever."""
        self._engine.feed.close()
        super().handle_exit(sig, frame)


def _address_of(server: uvicorn.Server) -> str:
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(engine: Engine, *, host: str, port: int, on_listening: Callable[[str], None] = _nobody) -> None:
    """Serve until a signal. Port 0 takes a free one; `on_listening` is told the address once it is bound.

    The caller has set DJANGO_SETTINGS_MODULE and TOLLBOOK_SITE, and bound the engine to this process.
    """
    config = uvicorn.Config(
        "tollbook.web.asgi:application",
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=_GRACE_S,
    )
    _Server(config, engine, on_listening).run()
