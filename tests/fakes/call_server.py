"""A call server that sends tickets as binary messages, over a real socket, to whoever shakes hands as it wants."""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Self

HELLO, MAIN, ASK = b"\x00\x01\x53", b"\x00\x01\x50", b"\x00\x02\x00\x00"
READY, QUESTION, ANSWER = b"\x03\x04", b"\x00\x08TEST_REQ", b"\x00\x08TEST_RSP"
MESSAGE_BYTES = 772
_PATIENCE_S = 20.0


def ticket(number: int, *, talk_s: int = 60) -> bytes:
    """Return the ticket of an incoming call; `number` tells it from others."""
    cells = {4: "ED5.2", 9: "4102", 39: "4102", 140: f"21255501{number % 100:02d}", 215: "12", 220: "1"}
    cells |= {173: f"20260302 09:{number % 60:02d}:40", 445: f"20260302 09:{number % 60:02d}:00"}
    cells |= {352: f"{number:010d}", 429: "12", 434: str(talk_s)}
    message = bytearray(b"\x01\x00\x02\x00" + b" " * 525).ljust(MESSAGE_BYTES, b"\x00")
    for place, text in cells.items():
        message[place : place + len(text)] = text.encode()
    return bytes(message)


class CallServer:
    """Listens on a free port of this machine; it serves one client at a time."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(_PATIENCE_S)
        self._session: socket.socket | None = None

    def __enter__(self) -> Self:
        """Listen."""
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        """Close everything."""
        self.hang_up()
        self._listener.close()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._listener.getsockname()[1])

    def meet(self, role: bytes = MAIN) -> None:
        """Wait for a client and shake hands with it; raises `AssertionError` when it says something else."""
        self.hang_up()
        self._session, _ = self._listener.accept()
        self._session.settimeout(_PATIENCE_S)
        self._session.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        assert self.hear(len(HELLO)) == HELLO
        self.say(role)
        if role == MAIN:
            assert self.hear(len(ASK)) == ASK

    def say(self, *pieces: bytes) -> None:
        """Send pieces, one after another."""
        assert self._session
        for piece in pieces:
            self._session.sendall(piece)

    def hear(self, size: int) -> bytes:
        """Return the next bytes that the client sends; fewer when it closes."""
        assert self._session
        heard = b""
        while len(heard) < size and (data := self._session.recv(size - len(heard))):
            heard += data
        return heard

    def hang_up(self) -> None:
        """Close the connection, if there is one."""
        if self._session:
            self._session.close()
            self._session = None
