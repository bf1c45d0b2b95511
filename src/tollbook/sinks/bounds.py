"""Holds what the answers of the other side cost within bounds: the time in all, and the bytes.

A driver, or a client of HTTP, waits anew for each piece of an answer and keeps all of it. An answer in drops would hold
a sink for ever, and one without end take all memory. Here another thread looks on meanwhile, and shuts the connection
down once it goes too far: the driver then fails as it does when a connection breaks.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tollbook.clock import monotonic_s
from tollbook.model.problem import Unavailable

TIMES = 4
"""How often its `timeout` the other side may take for a delivery or a test as a whole."""
_LOOK_S = 0.1
_INFO_BYTES = 136
_RECEIVED = struct.Struct("=128xQ")
"""Where `struct tcp_info` of Linux has the bytes that a connection received: behind 128 others."""


class AnswerBounds:
    """The bounds on the connection of one sink to `whom`. Whatever happens within `held` counts together."""

    def __init__(self, whom: str, longest_s: float, most_bytes: int) -> None:
        self._whom, self._longest_s, self._most_bytes = whom, longest_s, most_bytes
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._before, self._deadline_s = 0, 0.0
        self._reason = ""

    @contextmanager
    def held(self) -> Iterator[None]:
        """Shut the watched connection down where the block goes beyond a bound."""
        self._reason, self._deadline_s = "", monotonic_s() + self._longest_s
        over = threading.Event()
        looking = threading.Thread(target=self._look_on, args=(over,), name=f"bounds of {self._whom}", daemon=True)
        looking.start()
        try:
            yield
        finally:
            over.set()
            looking.join()
            with self._lock:
                self._let_go()

    def watch(self, descriptor: int) -> None:
        """Look at a connection by its descriptor, until the block ends or there is another."""
        with self._lock:
            self._let_go()
            self._socket = socket.socket(fileno=os.dup(descriptor))  # ours, so that no other connection takes its place
            self._before = _received(self._socket)
            if self._reason:
                self._cut(self._socket)

    def exceeded(self) -> Unavailable | None:
        """Return how the last block went beyond a bound, if it did."""
        return Unavailable(self._reason) if self._reason else None

    def look(self) -> None:
        """Shut the connection down if it is beyond a bound now."""
        with self._lock:
            there = self._socket
            if monotonic_s() > self._deadline_s:
                self._reason = f"{self._whom} took longer than {self._longest_s:g} s in all, four times its 'timeout'"
            elif there and _received(there) - self._before > self._most_bytes:
                self._reason = (
                    f"{self._whom} answers with more than {self._most_bytes:,} bytes; is it what it should be?"
                )
            if self._reason and there:
                self._cut(there)

    def _look_on(self, over: threading.Event) -> None:
        while not over.wait(_LOOK_S):
            self.look()

    def _cut(self, there: socket.socket) -> None:
        with suppress(OSError):  # it is gone already
            there.shutdown(socket.SHUT_RDWR)

    def _let_go(self) -> None:
        if self._socket:
            self._socket.close()
        self._socket = None


def _received(there: socket.socket) -> int:
    """Return the bytes that came over a connection so far; 0 for one within the machine, which counts none."""
    try:
        info = there.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_BYTES)
    except OSError:
        return 0
    return int(_RECEIVED.unpack(info)[0]) if len(info) == _INFO_BYTES else 0
