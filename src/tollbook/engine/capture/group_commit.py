"""Gathers what many streams want written into commits, so that they share the time a disk takes.

The first write after a pause is committed at once; while more come, one commit every 50 ms holds all of them. Whoever
waits for a write waits for its commit, and only then acknowledges anything to a PBX.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from tollbook.clock import monotonic_s
from tollbook.journal import Journal
from tollbook.journal.writes import Write

APART_S = 0.05


class GroupCommit:
    """The one writer of streams. Lives on the engine's event loop; `close` it once nobody waits any more."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._waiting: list[tuple[Write, asyncio.Future[int]]] = []
        self._running: asyncio.Task[None] | None = None
        self._last = -APART_S
        # A thread of its own: those who wait for a full disk on the common ones must not hold it up.
        self._thread = ThreadPoolExecutor(1, "group-commit")

    async def write(self, write: Write) -> int:
        """Return once the write is on the disk; raises `NotWritten` when it is not, and must be asked for again."""
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((write, done))
        if self._running is None:
            self._running = asyncio.create_task(self._run(), name="group commit")
        return await done

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown()

    async def _run(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(max(self._last + APART_S - monotonic_s(), 0))
                self._last = monotonic_s()
                group, self._waiting = self._waiting, []
                await self._commit(group)
        finally:
            self._running = None

    async def _commit(self, group: list[tuple[Write, asyncio.Future[int]]]) -> None:
        loop = asyncio.get_running_loop()
        try:
            results = await loop.run_in_executor(
                self._thread,
                lambda: self._journal.write(*(write for write, _ in group)),
            )
        except Exception as fault:  # noqa: BLE001 - belongs to those who wait, whatever it is
            for _, done in group:
                if not done.done():
                    done.set_exception(fault)
            return
        for (_, done), result in zip(group, results, strict=True):
            if not done.done():
                done.set_result(result)
