"""What a source may ask about what it took before, answered from the journal."""

from __future__ import annotations

import asyncio

from tollbook.engine.drain import Drain
from tollbook.journal import Journal
from tollbook.model.body import Body

_STORED_LOOK_S = 0.05


class JournalPast:
    """One PBX's past."""

    def __init__(self, pbx: str, journal: Journal, drain: Drain) -> None:
        self._pbx, self._journal, self._drain = pbx, journal, drain

    async def latest(self, origin: str) -> Body | None:
        """Return the last body of this PBX from one file or address."""
        return await asyncio.to_thread(self._journal.latest, self._pbx, origin)

    async def read(self, body: int, start: int) -> bytes:
        """Return some bytes of a body from a position on."""
        pieces = self._journal.bytes_from(body, start)
        return await asyncio.to_thread(next, pieces, b"")

    async def stored(self) -> None:
        """Return when everything journalled so far is in the store."""
        entry = await asyncio.to_thread(self._journal.last_entry)
        # No thread waits here: a store that fails must not use up those that write the journal.
        while not self._drain.holds(entry, self._pbx):  # noqa: ASYNC110 - what is waited for happens on another thread
            await asyncio.sleep(_STORED_LOOK_S)
