"""What arrives from one PBX, as it arrives, to whoever looks on from whatever event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import suppress

import msgspec

from tollbook.journal import Journal

SHOWN = 16 << 10
"""Bytes of one arrival that are shown; the journal has all of them."""
_WAITING = 64


class Arrived(msgspec.Struct, frozen=True):
    """Bytes that have been journalled: when (microseconds since 1970 UTC), and in which body."""

    at: int
    body: int
    data: bytes


class LiveBytes:
    """Hands arrivals to those who look on; a slow one misses some rather than hold anybody up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._onlookers: dict[asyncio.Queue[Arrived | None], asyncio.AbstractEventLoop] = {}

    def publish(self, arrived: Arrived) -> None:
        """Give an arrival to every onlooker."""
        if self._onlookers:
            self._send(arrived)

    def close(self) -> None:
        """Let every onlooker's stream end: the PBX is no longer watched in this way."""
        self._send(None)

    async def stream(self) -> AsyncIterator[Arrived]:
        """Yield what arrives, until the live bytes closes."""
        queue: asyncio.Queue[Arrived | None] = asyncio.Queue(_WAITING)
        with self._lock:
            self._onlookers[queue] = asyncio.get_running_loop()
        try:
            while (arrived := await queue.get()) is not None:
                yield arrived
        finally:
            with self._lock:
                self._onlookers.pop(queue, None)

    def _send(self, arrived: Arrived | None) -> None:
        with self._lock:
            onlookers = list(self._onlookers.items())
        for queue, loop in onlookers:
            with suppress(RuntimeError):  # the onlooker's loop has ended; its stream cleans up
                loop.call_soon_threadsafe(_put, queue, arrived)


def _put(queue: asyncio.Queue[Arrived | None], arrived: Arrived | None) -> None:
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(arrived)


def last_bytes(journal: Journal, pbx: str, most_bytes: int) -> Arrived | None:
    """Return the end of what a PBX sent last: of its newest body that has bytes, at the moment its last ones came.

    Of a longer body it begins with a line, where it has one.
    """
    has_bytes = "length > 0 AND source <> 'import' AND dropped_at IS NULL"
    found = journal.bodies(f"pbx = ? AND {has_bytes} ORDER BY id DESC LIMIT 1", pbx)
    if not found:
        return None
    entries = journal.entries(journal.last_entry_of(found[0].id) - 1, most_bytes=1)
    start, data = journal.tail(found[0].id, entries[0].id + 1, most_bytes)
    last = data[-most_bytes:]
    is_cut = start > 0 or len(last) < len(data)
    return Arrived(entries[0].at, found[0].id, (is_cut and last.partition(b"\n")[2]) or last)
