"""The connections of one PBX, merged into the events that the engine takes.

A body begins with a connection's first byte, so that one which sends nothing leaves nothing behind. When the engine
stops, what has been received is handed on first.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager, suppress

from tollbook.clock import monotonic_s
from tollbook.model.body import Ending
from tollbook.model.limits import TOLD_REFUSALS
from tollbook.sources._streams.stream_connection import StreamConnection
from tollbook.sources.contract import Began, Connected, Ended, Event, Quiet, Refused, Reset, Surroundings, Took, Waiting

QUIET_S = 0.8
"""Silence after which a PBX has sent what it had in store."""
STOPPED = "Tollbook stopped listening, to end or for other settings, while it was connected"


class EventMerge:
    """What has come for one PBX and waits to be taken; `vacant` is said when the last connection has gone."""

    def __init__(self, around: Surroundings, *, idle_s: float = 0.0, vacant: str = "") -> None:
        self._around = around
        self._vacant = vacant
        self._idle_s = idle_s
        self._ends = False
        self._changed = asyncio.Event()
        self._lanes: dict[int, StreamConnection] = {}
        self._greeted: set[int] = set()
        self._refused: Counter[Refused] = Counter()

    def news(self) -> None:
        """Have the engine look."""
        self._changed.set()

    def add(self, inflow: StreamConnection) -> None:
        """Take a connection in."""
        lane = next(number for number in range(len(self._lanes) + 1) if number not in self._lanes)
        self._lanes[lane] = inflow
        self.news()

    def refuse(self, peer: str, reason: str) -> None:
        """Note somebody who was not let in."""
        refused = Refused(peer, reason)
        if refused not in self._refused and len(self._refused) >= TOLD_REFUSALS:
            refused = Refused("others", reason)
        self._refused[refused] += 1
        self.news()

    def only(self) -> None:
        """Take no more connections in: the events end with the last of those there are."""
        self._ends = True

    @property
    def connections(self) -> int:
        """How many connections there are."""
        return len(self._lanes)

    @property
    def over(self) -> bool:
        """Whether the engine stops: nobody would take what a new connection brings."""
        return self._around.stopping.is_set()

    async def events(self) -> AsyncGenerator[Event, None]:
        """Yield what happens until the engine stops; whoever calls may also leave earlier."""
        with self._woken_by_stopping():
            while not self._around.stopping.is_set():
                await self.changed(self._patience_s())
                refusals, self._refused = self._refused, Counter()
                for refused in refusals.elements():
                    yield refused
                for lane, inflow in list(self._lanes.items()):
                    for event in self._events_of(lane, inflow):
                        yield event
                        if isinstance(event, Took):
                            inflow.committed(event.data)
                if self._ends and not self._lanes:
                    return
            for event in self._last_events():
                yield event

    def _events_of(self, lane: int, inflow: StreamConnection) -> Iterator[Event]:
        """Yield what is to be said of a connection now; each is written before the next is asked for."""
        if lane not in self._greeted:
            self._greeted.add(lane)
            yield Connected(inflow.origin)
        lost = inflow.lost
        if inflow.has_bytes:
            yield from _taken(lane, inflow)
            inflow.paused = False
        silent_s = monotonic_s() - inflow.last_at
        if inflow.began and not inflow.paused and silent_s >= QUIET_S:
            yield Quiet(lane, again=inflow.paused_once)
            inflow.paused = inflow.paused_once = True
        if lost:
            yield from self._ended(lane, inflow)
        elif self._idle_s and silent_s >= self._idle_s:
            inflow.hang_up(f"nothing came for {self._idle_s:g} s")

    def _ended(self, lane: int, inflow: StreamConnection) -> Iterator[Event]:
        del self._lanes[lane]
        self._greeted.discard(lane)
        if inflow.fault:
            yield Reset(inflow.fault)
        if inflow.began:
            yield Ended(Ending.CUT if inflow.fault else Ending.COMPLETE, inflow.fault, lane=lane)
        if self._vacant and not self._lanes:
            yield Waiting(self._vacant)

    def _last_events(self) -> Iterator[Event]:
        for lane, inflow in list(self._lanes.items()):
            inflow.stop()
            if inflow.has_bytes:
                yield from _taken(lane, inflow)
            inflow.hang_up()
            if inflow.began:
                yield Ended(Ending.CUT, STOPPED, lane=lane)
        self._lanes.clear()

    async def changed(self, patience_s: float | None) -> None:
        """Return when there are news, or after some time."""
        if not self._changed.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    await self._changed.wait()
        self._changed.clear()

    def _patience_s(self) -> float | None:
        """Return how long until a connection has been silent for long enough to say so."""
        moment = monotonic_s()
        due = [each.last_at + QUIET_S for each in self._lanes.values() if each.began and not each.paused]
        if self._idle_s:
            due += [each.last_at + self._idle_s for each in self._lanes.values()]
        return max(min(due) - moment, 0.0) if due else None

    @contextmanager
    def _woken_by_stopping(self) -> Iterator[None]:
        async def wake() -> None:
            await self._around.stopping.wait()
            self.news()

        waking = asyncio.create_task(wake())
        try:
            yield
        finally:
            waking.cancel()
            for inflow in self._lanes.values():
                inflow.hang_up()


def _taken(lane: int, inflow: StreamConnection) -> Iterator[Event]:
    if not inflow.began:
        inflow.began = True
        yield Began(inflow.origin, lane=lane)
    yield Took(inflow.take(), lane)
