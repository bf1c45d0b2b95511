"""New calls, as they are stored, to whoever listens on whatever event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

MOST_AT_ONCE = 50
"""Calls of one batch that are sent; an import's thousands would tell nobody anything."""
_WAITING = 64

Called = list[dict[str, Any]]


class Feed:
    """Hands batches of new calls to its listeners; a slow one misses batches rather than hold anybody up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[asyncio.Queue[Called | None], asyncio.AbstractEventLoop] = {}
        self._closed = False

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return len(self._listeners)

    def publish(self, calls: Called) -> None:
        """Give calls to every listener; called from the pipeline's thread."""
        self._send(calls[-MOST_AT_ONCE:])

    def close(self) -> None:
        """Let every listener's stream end."""
        self._closed = True
        self._send(None)

    async def stream(self) -> AsyncIterator[Called]:
        """Yield batches of new calls, oldest first, until the feed closes."""
        queue: asyncio.Queue[Called | None] = asyncio.Queue(_WAITING)
        with self._lock:
            self._listeners[queue] = asyncio.get_running_loop()
        try:
            while not self._closed:
                calls = await queue.get()
                if calls is None:
                    return
                yield calls
        finally:
            with self._lock:
                self._listeners.pop(queue, None)

    def _send(self, calls: Called | None) -> None:
        with self._lock:
            listeners = list(self._listeners.items())
        for queue, loop in listeners:
            with suppress(RuntimeError):  # the listener's loop has ended; its stream cleans up
                loop.call_soon_threadsafe(_put, queue, calls)


def _put(queue: asyncio.Queue[Called | None], calls: Called | None) -> None:
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(calls)
