"""What a source may ask about what it took before, answered from the journal."""

from __future__ import annotations

import asyncio

from tollbook.engine.pipeline.store_writer import StoreWriter
from tollbook.journal import Journal
from tollbook.model.body import Body

_STORED_LOOK_S = 0.05


class CapturedFiles:
    """One PBX's past."""

    def __init__(self, pbx: str, journal: Journal, store_writer: StoreWriter) -> None:
        self._pbx, self._journal, self._store_writer = pbx, journal, store_writer

    async def latest(self, origin: str) -> Body | None:
        """Return the last body of this PBX from one file or address."""
        return await asyncio.to_thread(self._journal.latest, self._pbx, origin)

    async def mark(self, origin: str) -> str:
        """Return the last mark of a body of this PBX from one address."""
        condition = "pbx = ? AND origin = ? AND mark != '' ORDER BY id DESC LIMIT 1"
        found = await asyncio.to_thread(self._journal.bodies, condition, self._pbx, origin)
        return found[0].mark if found else ""

    async def read(self, body: int, start: int) -> bytes:
        """Return some bytes of a body from a position on."""
        pieces = self._journal.bytes_from(body, start)
        return await asyncio.to_thread(next, pieces, b"")

    async def stored(self) -> None:
        """Return when everything journalled so far is in the store."""
        entry = await asyncio.to_thread(self._journal.last_entry)
        # No thread waits here: a store that fails must not use up those that write the journal.
        while not self._store_writer.holds(entry, self._pbx):  # noqa: ASYNC110 - what is waited for happens on another thread
            await asyncio.sleep(_STORED_LOOK_S)
