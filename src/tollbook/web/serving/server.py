"""Serves the pages and the API until it is told to stop.

What always holds: on SIGTERM or SIGINT no new request is taken, streams of calls and of bytes end at once, requests
under way get a few seconds to finish, and then `serve` returns to its caller, who stops the engine.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Awaitable, Callable
from types import FrameType

import msgspec
import uvicorn

from tollbook.engine.engine import Engine
from tollbook.model.page_limits import HEAD_S
from tollbook.web.serving.connection import PatientConnection
from tollbook.web.serving.door import Places, open_doors, raise_descriptors

_GRACE_S = 10


Told = Callable[[str], None]


class ListenAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where to listen; port 0 takes a free one. `stop_asked` says whether a signal came while all was being started.

    `over` is looked at while it is served: whether it is to end without a signal.

    With `tls` every connection is encrypted by it.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    stop_asked: Callable[[], bool] = lambda: False
    over: Callable[[], bool] = lambda: False


def _nobody(_address: str) -> None:
    """Tell nobody."""


class _Server(uvicorn.Server):
    """Uvicorn, telling when it listens, and ending streams before it waits for requests."""

    def __init__(self, config: uvicorn.Config, engine: Engine, place: ListenAddress, on_listening: Told) -> None:
        super().__init__(config)
        self._engine = engine
        self._stop_asked, self._over = place.stop_asked, place.over
        self._on_listening = on_listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Bind, then say where."""
        await super().startup(sockets)
        if self.started:
            self._on_listening(_address_of(self))
        if self._stop_asked():
            self.should_exit = True

    async def on_tick(self, counter: int) -> bool:
        """Say whether it is to end."""
        if self._over():
            self._engine.end_streams()
            return True
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End the streams: a browser would hold its own open for ever."""
        self._engine.end_streams()
        super().handle_exit(sig, frame)


def _address_of(server: uvicorn.Server) -> str:
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def configured(
    app: Callable[..., Awaitable[None]] | str,
    *,
    head_s: int = HEAD_S,
    tls: ssl.SSLContext | None = None,
) -> uvicorn.Config:
    """Return how uvicorn serves an app here: on our own connections, its log kept to our own faults."""
    return uvicorn.Config(
        app,
        http=PatientConnection,
        ws="none",
        loop="asyncio",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        lifespan="off",
        timeout_keep_alive=head_s,
        timeout_graceful_shutdown=_GRACE_S,
        ssl_context_factory=(lambda _config, _default: tls) if tls else None,
    )


def serve(engine: Engine, place: ListenAddress, *, on_listening: Told = _nobody) -> None:
    """Serve until a signal. `on_listening` is told the address once it is bound.

    The caller has set DJANGO_SETTINGS_MODULE and TOLLBOOK_SITE, and bound the engine to this process.
    """
    doors = open_doors(place.host, place.port, Places(raise_descriptors()))
    config = configured("tollbook.web.serving.asgi:application", tls=place.tls)
    _Server(config, engine, place, on_listening).run(doors)
