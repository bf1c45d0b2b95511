"""One connection of the pages and the API, with the patience that uvicorn lacks.

What always holds: while no request is answered, the whole head of the next one must come within `HEAD_S`; bytes that
come meanwhile prolong nothing. And an answer of which the client takes nothing for `UNREAD_S` is broken off.
"""

from __future__ import annotations

import asyncio
from typing import cast

from uvicorn.protocols.http.h11_impl import H11Protocol

from tollbook.model.page_limits import UNREAD_S


class PatientConnection(H11Protocol):
    """Uvicorn's connection; its timer for idle ones runs from the beginning, and until a request is there."""

    unread_s: float = UNREAD_S
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Await the first head. Without a buffer above the system's own, a paused answer is one that nobody reads."""
        writing = cast("asyncio.Transport", transport)
        super().connection_made(writing)
        # Under TLS asyncio pauses from the limit on, not beyond it: with 0 no answer would ever be written on.
        writing.set_write_buffer_limits(high=1 if writing.get_extra_info("sslcontext") else 0)
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def data_received(self, data: bytes) -> None:
        """Take bytes; uvicorn would stop its timer here, and wait for the rest of a head for ever."""
        self.conn.receive_data(data)
        self.handle_events()

    def pause_writing(self) -> None:
        """Begin to watch whether the client reads."""
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        """All has been read."""
        self._unwatch()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Watch no longer."""
        self._unwatch()
        super().connection_lost(exc)

    def _watch(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._unread = self.loop.call_later(self.unread_s, self._break_off_unless_below, left)

    def _unwatch(self) -> None:
        if self._unread is not None:
            self._unread.cancel()

    def _break_off_unless_below(self, before: int) -> None:
        if self.transport.get_write_buffer_size() < before:
            self._watch()
        else:
            self.transport.abort()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: any stranger could fill the log with it."""
