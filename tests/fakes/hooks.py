"""An address that calls are posted to: it takes them, or fails as often as it is told."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec


class Hook:
    """What came to an address. `fails` is the share of deliveries that are answered with one of `answers`."""

    def __init__(self) -> None:
        self.fails = 0.0
        self.answers: tuple[int, ...] = (500, 503)
        self.refuses = ""
        self.calls: list[dict[str, Any]] = []
        self.gone: list[str] = []
        self.heads: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.asked = 0
        self._chance = random.Random(5)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, heads: dict[str, str], body: bytes) -> int:
        """Take a delivery, or not; return the status to answer with."""
        with self._lock:
            self.asked += 1
            if self._chance.random() < self.fails:
                return self._chance.choice(self.answers)
            if self.refuses and self.refuses.encode() in body:
                return 422
            self.heads.append(heads)
            self.bodies.append(body)
            told = msgspec.json.decode(body)
            self.calls += told.get("calls", [])
            self.gone += told.get("gone", [])
            return 200

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(hook.answer(dict(self.headers), body))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_words: object) -> None:
                """Say nothing."""

        return Handler


@contextmanager
def a_hook() -> Iterator[Hook]:
    """Make an address that lasts as long as the block."""
    hook = Hook()
    try:
        yield hook
    finally:
        hook.close()
