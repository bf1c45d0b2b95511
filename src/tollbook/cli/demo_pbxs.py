"""The demo's telephone systems: simulated, on a thread of their own, with calls that keep ending."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from zoneinfo import ZoneInfo

from tollbook.simulator.authentication import Authentication, AuthScheme
from tollbook.simulator.command import Console, Live, calls, serve_console
from tollbook.simulator.formats import SimulatedFormat, calls_from_now, found_in
from tollbook.simulator.kx_hts import KxHts, KxHtsSetup
from tollbook.simulator.office import Office
from tollbook.simulator.streams import Pace, PanasonicLogin, StreamingPbx, StreamSetup, TcpListener, paced
from tollbook.simulator.web_console import ConsoleSetup

ZONE = "America/New_York"
_LOGIN = Authentication(way=AuthScheme.BASIC, username="INSTALLER", password="1234")  # noqa: S106 - of a PBX that is not there
_STREAM_LOGIN = PanasonicLogin()
_PORT, _STREAM_PORT = 8471, 8472
_STREAMS = "KX-NCP500"
"""The model that sends by itself; its format is known by it."""
_STREAMED_A_SECOND = 0.15
_PATIENCE_S = 20
_Started = TypeVar("_Started")


class DemoPbxs:
    """PBXs that run while the `with` block does: one is asked over HTTP, one writes into a folder, one streams."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="simulated PBXs", daemon=True)
        self._ready = threading.Event()
        self._task: asyncio.Task[None] | None = None
        self._url = ""
        self._stream = _stream_format()
        self._port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(_PATIENCE_S):
            raise RuntimeError("the simulated PBXs did not start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task:
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(_PATIENCE_S)

    def wanted(self) -> list[dict[str, object]]:
        """Return the PBXs as the API is to be told of them."""
        extensions = ",".join(
            f"{channel.removeprefix('SIP/')}={number}" for number, channel in Office().devices().items()
        )
        common = {"timezone": ZONE, "extensions": extensions}
        polled = {"url": self._url, "username": _LOGIN.username, "password": _LOGIN.password, "interval": "5s"}
        watched = {"path": str(self._folder), "interval": "2s", "minimum-age": "1s"}
        found: list[dict[str, object]] = [
            {"name": name, "dialect": "panasonic-kx-hts", "source": source, "settings": {**settings, **common}}
            for name, source, settings in (("hts32", "http_poll", polled), ("hts824", "folder", watched))
        ]
        return [*found, *self._streaming()]

    def _streaming(self) -> list[dict[str, object]]:
        """Return the PBX that sends by itself, where its format is in the catalogue."""
        if self._stream is None:
            return []
        told = {"host": "127.0.0.1", "port": str(self._port), "login": "panasonic", "password": _STREAM_LOGIN.password}
        settings = {**told, "timezone": ZONE}
        return [{"name": "ncp500", "dialect": self._stream.slug, "source": "tcp_client", "settings": settings}]

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._all())
        except asyncio.CancelledError:
            pass
        finally:
            self._loop.close()

    async def _all(self) -> None:
        self._task = asyncio.current_task()
        pbx = await _on(_PORT, _started)
        self._url = pbx.url
        console = Console(setup=ConsoleSetup(folder=self._folder), live=Live(office=Office(seed=3), rate_per_minute=6))
        others = [asyncio.create_task(serve_console(console))]
        if self._stream:
            carrier, streaming = await _on(_STREAM_PORT, self._streamer)
            self._port = carrier.port
            others.append(asyncio.create_task(_keep_streaming(streaming, self._stream)))
        self._ready.set()
        try:
            async for row in calls(Live(office=Office(seed=2), rate_per_minute=12)):
                pbx.add([row])
        finally:
            for other in others:
                other.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            await pbx.stop()

    async def _streamer(self, port: int) -> tuple[TcpListener, StreamingPbx]:
        carrier = TcpListener(port)
        form = self._stream.writer().form() if self._stream else StreamSetup().form
        pbx = StreamingPbx(carrier, StreamSetup(form=form, dialogues=(_STREAM_LOGIN,), capacity=3000))
        await pbx.start()
        return carrier, pbx


def _stream_format() -> SimulatedFormat | None:
    """Return the format of the model that sends by itself, or None where the catalogue does not have it."""
    return next((found for found in found_in().values() if _STREAMS in found.models()), None)


async def _keep_streaming(pbx: StreamingPbx, found: SimulatedFormat) -> None:
    """Send calls as they end, until cancelled."""
    writer = found.writer()
    records = writer.records(calls_from_now(Office(seed=4, zone=ZoneInfo(ZONE)), writer.writes))
    try:
        await pbx.feed(paced(records, Pace(rate=_STREAMED_A_SECOND)))
    finally:
        await pbx.stop()


async def _on(port: int, start: Callable[[int], Awaitable[_Started]]) -> _Started:
    """Return a PBX, on the same port each time where that is free: the site knows its address from last time."""
    try:
        return await start(port)
    except OSError:
        return await start(0)


async def _started(port: int) -> KxHts:
    pbx = KxHts(KxHtsSetup(port=port, authentication=_LOGIN))
    await pbx.start()
    return pbx
