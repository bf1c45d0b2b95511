"""The demo's telephone systems: simulated, on a thread of their own, with calls that keep ending."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self, TypeVar
from zoneinfo import ZoneInfo

from tollbook.simulator.authentication import Authentication, AuthScheme
from tollbook.simulator.formats import SimulatedFormat, calls_from_now, found_in
from tollbook.simulator.kx_hts import KxHts, KxHtsSetup
from tollbook.simulator.office import Office
from tollbook.simulator.pbx import SimulatedPbx
from tollbook.simulator.row import Style, writer
from tollbook.simulator.running import Switchroom
from tollbook.simulator.serving import calls_now
from tollbook.simulator.streams import FORMS, Pace, PanasonicLogin, StreamingPbx, StreamSetup, TcpListener, paced
from tollbook.simulator.streams.folder import ConsoleSetup, WebConsole

ZONE = "America/New_York"
PLAN = {"country": "US", "area-code": "212", "extensions": "101-116,201-208,500,600,700"}
"""The dial plan of each of them: that of the simulated office."""
_LOGIN = Authentication(way=AuthScheme.BASIC, username="INSTALLER", password="1234")  # noqa: S106 - of a PBX that is not there
_STREAM_LOGIN = PanasonicLogin()
_PORT, _STREAM_PORT = 8471, 8472
_STREAMS = "KX-NCP500"
"""The model that sends by itself; its format is known by it."""
_STREAMED_A_SECOND = 0.15
_Pbx = TypeVar("_Pbx", bound=SimulatedPbx[Any])


class DemoPbxs:
    """PBXs that run while the `with` block does: one is asked over HTTP, one writes into a folder, one streams."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._room = Switchroom()
        self._url = ""
        self._stream = _stream_format()
        self._port = 0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self._room)
            self._start()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

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

    def _start(self) -> None:
        polled = self._on(
            _PORT,
            lambda port: KxHts(KxHtsSetup(port=port, authentication=_LOGIN)),
            paced(calls_now(Office(seed=2)), Pace(rate=0.2, gaps="2 gaps")),
        )
        self._url = polled.address
        rows = map(writer(Style()), calls_now(Office(seed=3)))
        console = StreamingPbx(WebConsole(ConsoleSetup(folder=self._folder)), StreamSetup(form=FORMS["lf"]))
        self._room.run(console, paced(rows, Pace(rate=0.1, gaps="3 gaps")))
        if self._stream:
            written = self._stream.writer()
            records = written.records(calls_from_now(Office(seed=4, zone=ZoneInfo(ZONE)), written.writes))
            setup = StreamSetup(form=written.form(), dialogues=(_STREAM_LOGIN,), capacity=3000)
            streaming = self._on(
                _STREAM_PORT,
                lambda port: StreamingPbx(TcpListener(port), setup),
                paced(records, Pace(rate=_STREAMED_A_SECOND)),
            )
            self._port = streaming.listener.port if streaming.listener else 0

    def _on(self, port: int, made: Callable[[int], _Pbx], source: AsyncIterable[Iterable[Any]]) -> _Pbx:
        """Start a PBX, on the same port each time where that is free: the site knows its address from last time."""
        try:
            pbx = made(port)
            self._room.run(pbx, source)
        except OSError:
            pbx = made(0)
            self._room.run(pbx, source)
        return pbx


def _stream_format() -> SimulatedFormat | None:
    """Return the format of the model that sends by itself, or None where the catalogue does not have it."""
    return next((found for found in found_in().values() if _STREAMS in found.models()), None)
