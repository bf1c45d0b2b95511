"""The demo's two telephone systems: simulated, on a thread of their own, with calls that keep ending."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from tollbook.simulator.authentication import Authentication, Way
from tollbook.simulator.command import Console, Live, calls, serve_console
from tollbook.simulator.kx_hts import KxHts, Setup
from tollbook.simulator.office import Office
from tollbook.simulator.web_console import ConsoleSetup

ZONE = "America/New_York"
_LOGIN = Authentication(way=Way.BASIC, username="INSTALLER", password="1234")  # noqa: S106 - of a PBX that is not there
_PORT = 8471
_PATIENCE_S = 20


class DemoPbxs:
    """Two PBXs that run while the `with` block does: one asked over HTTP, one that writes into a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="simulated PBXs", daemon=True)
        self._ready = threading.Event()
        self._task: asyncio.Task[None] | None = None
        self._url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(_PATIENCE_S):
            raise RuntimeError("the simulated PBXs did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
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
        watched = {"path": str(self._folder), "rescan": "2s", "minimum-age": "1s"}
        return [
            {"name": name, "dialect": "panasonic-kx-hts", "source": source, "settings": {**settings, **common}}
            for name, source, settings in (("hts32", "http_poll", polled), ("hts824", "folder", watched))
        ]

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._both())
        except asyncio.CancelledError:
            pass
        finally:
            self._loop.close()

    async def _both(self) -> None:
        self._task = asyncio.current_task()
        pbx = await _listening()
        self._url = pbx.url
        self._ready.set()
        console = Console(setup=ConsoleSetup(folder=self._folder), live=Live(office=Office(seed=3), rate_per_minute=6))
        writing = asyncio.create_task(serve_console(console))
        try:
            async for row in calls(Live(office=Office(seed=2), rate_per_minute=12)):
                pbx.add([row])
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            await pbx.stop()


async def _listening() -> KxHts:
    """Return the PBX, on the same port each time where that is free: the site knows its address from last time."""
    try:
        return await _started(_PORT)
    except OSError:
        return await _started(0)


async def _started(port: int) -> KxHts:
    pbx = KxHts(Setup(port=port, authentication=_LOGIN))
    await pbx.start()
    return pbx
