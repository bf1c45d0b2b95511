"""A server of chats on a real port: it takes what is posted to it, and answers as it is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec


class ChatRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What came: how, where, with which headers, and its bytes."""

    method: str
    path: str
    heads: dict[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - whatever came
        """Return the body, read."""
        return msgspec.json.decode(self.body)


class ChatServer:
    """The server. `answers` are given to the next requests, a status and a body each; then 200 and `usual`."""

    def __init__(self, usual: bytes) -> None:
        self.asked: list[ChatRequest] = []
        self.answers: list[tuple[int, bytes]] = []
        self.usual = usual
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        chat = self

        class Handler(BaseHTTPRequestHandler):
            def _take(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                asked = ChatRequest(method=self.command, path=self.path, heads=dict(self.headers), body=body)
                chat.asked.append(asked)
                status, answer = chat.answers.pop(0) if chat.answers else (200, chat.usual)
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_PUT = _take  # noqa: N815 - as http.server has it

            def log_message(self, *_words: object) -> None:
                """Say nothing."""

        return Handler


@contextmanager
def a_chat(usual: bytes = b"ok") -> Iterator[ChatServer]:
    """Run a server that lasts as long as the block."""
    chat = ChatServer(usual)
    try:
        yield chat
    finally:
        chat.close()
