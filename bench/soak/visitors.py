"""People and programs at the pages and the API: most ask properly, some go in the middle, some ask half a question."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import httpx2

from bench.soak.host import Host

_PAGES = (
    "/", "/calls/", "/calls/?text=555", "/calls/?direction=incoming&sort=-talk_s", "/pbxs/", "/sinks/", "/formats/",
    "/audit/", "/people/", "/tiles/1,2,3,4,5,6/", "/healthz", "/metrics", "/api/status", "/api/calls/page?limit=50",
    "/api/sinks", "/api/doctor",
)  # fmt: skip
_LONG = ("/calls/download.csv", "/api/calls")
_HALVES = (
    b"GET /calls/ HTTP/1.1\r\nHost: ",
    b"POST /sign-in/ HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nuser",
    b"POST /api/imports HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{",
    b"\x16\x03\x01\x02\x00\x01",
)
_APART_S, _LISTENING_S = 0.25, 4.0


class Visitors:
    """Everybody who asks, each in a thread. What went wrong is in `failures`, unless they were told to excuse it."""

    def __init__(self, host: Host) -> None:
        self.asked, self.failures = 0, list[str]()
        self._host, self._most_calls = host, 0
        self._excused, self._resting, self._done = threading.Event(), threading.Event(), threading.Event()
        self._ways = (self._look_at_pages, self._go_away, self._listen, self._ask_half, self._count)
        self._idle = [threading.Event() for _ in self._ways]
        pairs = zip(self._ways, self._idle, strict=True)
        self._threads = [threading.Thread(target=self._run, args=pair, daemon=True) for pair in pairs]

    def start(self) -> None:
        """Begin to ask."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._done.set()
        for thread in self._threads:
            thread.join()

    @contextmanager
    def excused(self) -> Iterator[None]:
        """Take no notice of what fails, since the server is away."""
        self._excused.set()
        yield
        self._excused.clear()

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Ask nothing, and have all connections closed."""
        self._resting.set()
        for idle in self._idle:
            idle.wait(60)
        yield
        self._resting.clear()

    def _run(self, way: Callable[[Iterator[int]], None], idle: threading.Event) -> None:
        """Go a way again and again, each time until there is another server or they rest."""
        while not self._done.is_set():
            if self._resting.is_set():
                idle.set()
                self._done.wait(0.1)
                continue
            idle.clear()
            try:
                way(self._turns())
            except (httpx2.HTTPError, OSError, ValueError) as fault:
                self._note(way.__name__, f"{type(fault).__name__}: {fault}")
                self._done.wait(0.5)

    def _turns(self) -> Iterator[int]:
        pid = self._host.server.pid
        for turn in itertools.count():
            if self._done.wait(_APART_S) or self._resting.is_set() or self._host.server.pid != pid:
                return
            self.asked += 1
            yield turn

    def _note(self, what: str, why: str) -> None:
        if not self._excused.is_set():
            self.failures.append(f"{what}: {why}")

    def _check(self, address: str, answer: httpx2.Response) -> None:
        if answer.is_error:
            self._note(address, f"was answered {answer.status_code}")

    def _look_at_pages(self, turns: Iterator[int]) -> None:
        with self._host.server.signed_in() as client:
            for turn in turns:
                address = _PAGES[turn % len(_PAGES)]
                self._check(address, client.get(address))

    def _go_away(self, turns: Iterator[int]) -> None:
        """Begin to fetch long lists, and close the connection after the first bytes."""
        for turn in turns:
            address = _LONG[turn % len(_LONG)]
            with self._host.server.signed_in() as client, client.stream("GET", address) as answer:
                self._check(address, answer)
                next(answer.iter_raw(512), b"")
            self._done.wait(1)

    def _listen(self, turns: Iterator[int]) -> None:
        """Follow the live feed for a while, as an open page does, and go."""
        limits = httpx2.Timeout(60, read=_LISTENING_S)
        for _ in turns:
            with (
                self._host.server.signed_in() as client,
                suppress(httpx2.ReadTimeout),
                client.stream("GET", "/live/feed/", timeout=limits) as answer,
            ):
                self._check("/live/feed/", answer)
                list(itertools.islice(answer.iter_raw(512), 5))

    def _ask_half(self, turns: Iterator[int]) -> None:
        """Send a part of a question; close at once, or say nothing more for a while."""
        place = urlsplit(self._host.server.url)
        for turn in turns:
            with socket.create_connection((place.hostname or "", place.port or 80), 10) as connection:
                connection.sendall(_HALVES[turn % len(_HALVES)])
                self._done.wait(turn % 3)

    def _count(self, turns: Iterator[int]) -> None:
        """See that there are never fewer calls than before, whatever happens."""
        with self._host.server.by_token() as client:
            for _ in turns:
                calls = int(client.get("/api/calls/count").raise_for_status().json()["calls"])
                if calls < self._most_calls:
                    self.failures.append(f"/api/calls/count: {calls} calls after {self._most_calls}")
                self._most_calls = max(calls, self._most_calls)
