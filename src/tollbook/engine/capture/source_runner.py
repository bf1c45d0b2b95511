"""Runs one PBX's source for ever: journals what it yields, retries with growing pauses, keeps its health.

"Gone" is logged once and "back" once. Every event's bytes are on the disk before the source goes on. While the disk
has no room the source is held before it asks, and bytes already taken wait here until they can be written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from functools import partial
from typing import Any, ClassVar, TypeVar

import structlog

from tollbook.clock import monotonic_s, now_us
from tollbook.engine.backoff import Backoff
from tollbook.engine.capture.captured_files import CapturedFiles
from tollbook.engine.capture.group_commit import GroupCommit
from tollbook.engine.capture.health_tracker import HealthTracker, last_record_at
from tollbook.engine.capture.live_bytes import SHOWN, Arrived, LiveBytes
from tollbook.engine.pipeline.store_writer import StoreWriter
from tollbook.engine.site import Site
from tollbook.gate import aside
from tollbook.journal import JournalFull, NotWritten, writes
from tollbook.journal.writes import Write
from tollbook.model.body import Ending, Opening
from tollbook.model.health import Health, State, Tested
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Misconfigured, Unavailable
from tollbook.plugins import read_options
from tollbook.site.reaching import check_reach
from tollbook.sources import known
from tollbook.sources.contract import (
    Answered,
    Asking,
    Began,
    Connected,
    Ended,
    Event,
    Quiet,
    Refused,
    Reset,
    Surroundings,
    Took,
    Troubled,
    Waiting,
    pause_until,
)

_log = structlog.get_logger()
_PAUSE_S, _FIRST_PAUSE_S, _LONGEST_PAUSE_S, _PERMANENT_PAUSE_S = 2.0, 4.0, 300.0, 900.0
_NO_ROOM_PAUSE_S = 2.0
_GRACE_S = 10.0
Result = TypeVar("Result")


class SourceRunner:
    """One PBX being watched. Lives on the engine's event loop."""

    def __init__(self, pbx: Pbx, site: Site, store_writer: StoreWriter, group: GroupCommit) -> None:
        self.pbx = pbx
        self.live_bytes = LiveBytes()
        self._journal = site.journal
        self._fence = site.fence
        self._store_writer = store_writer
        self._group = group if known.is_stream(pbx.source) else None
        self._poked = asyncio.Event()
        self._stopping = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._asked: list[asyncio.Future[Tested]] = []
        self._bodies: dict[int, int] = {}
        self._backoff = Backoff(first_s=_FIRST_PAUSE_S, longest_s=_LONGEST_PAUSE_S, permanent_s=_PERMANENT_PAUSE_S)
        self._started_asking = 0.0
        self._taken_now = 0
        self._condition = HealthTracker(pbx.name, last_record_at(site.journal, pbx.name))

    @property
    def health(self) -> Health:
        """How the PBX is doing now."""
        return self._condition.health

    async def run(self) -> None:
        """SourceRunner until stopped or cancelled."""
        try:
            while not self._stopping.is_set():
                await self._attempt()
        finally:
            self._tell(Tested(well=False, message="Tollbook stopped watching this PBX", bytes_taken=self._taken_now))
            self.live_bytes.close()
            await asyncio.shield(
                self._abandon("Tollbook stopped taking it, to end or for other settings, while it was arriving")
            )

    async def ask_now(self) -> Tested:
        """Ask the PBX at once and return what came of it; one that sends by itself is only looked at."""
        there = self.health
        if self._group and there.state in (State.WORKING, State.WAITING):
            return Tested(well=True, message=there.message, bytes_taken=there.bytes_taken)
        answer: asyncio.Future[Tested] = asyncio.get_running_loop().create_future()
        self._asked.append(answer)
        self._poked.set()
        return await answer

    async def stop(self, task: asyncio.Task[None]) -> None:
        """Stop watching; an answer on its way in may finish first, and a stream hands on what it holds."""
        self._stopping.set()
        self._poked.set()
        ended = asyncio.wait({task}) if self._group else self._idle.wait()
        try:
            await asyncio.wait_for(ended, _GRACE_S)
        except TimeoutError:
            _log.warning("an answer was cut off to stop", pbx=self.pbx.name)
        for _ in range(2):  # the second time it is held by a disk that takes nothing; the next start ends its body
            task.cancel()
            await asyncio.wait({task}, timeout=_GRACE_S / 2)

    async def _attempt(self) -> None:
        pause = _PAUSE_S
        try:
            await self._listen()
        except Unavailable as fault:
            pause = self._failed(str(fault), permanent=fault.permanent)
        except Misconfigured as fault:
            pause = self._failed(str(fault), permanent=True)
        except Exception as fault:  # noqa: BLE001 - the supervisor: logged with its traceback, then started again
            _log.exception("a source failed and is started again", pbx=self.pbx.name)
            pause = self._failed(f"the source failed: {type(fault).__name__}", permanent=False)
        await self._abandon(self._condition.message)
        self._idle.set()
        if not self._stopping.is_set():
            await pause_until(self._poked, pause)

    async def _listen(self) -> None:
        where = f"PBX {self.pbx.name}"
        options = read_options(known.options_of(self.pbx.source), self.pbx.settings, where)
        await aside(check_reach, options, where, self._fence)
        past = CapturedFiles(self.pbx.name, self._journal, self._store_writer)
        around = Surroundings(self.pbx.name, past, self._pause, self._stopping, self._fence)
        async with aclosing(known.arrivals_of(self.pbx.source)(options, around)) as events:
            async for event in events:
                await self._ON[type(event)](self, event)

    async def _pause(self, seconds: float) -> None:
        self._idle.set()
        await pause_until(self._poked, seconds)

    async def _on_asking(self, _event: Event) -> None:
        while not await asyncio.to_thread(self._journal.has_room):
            message = "the disk has no room for another answer; nothing is asked of the PBX until it has"
            self._condition.hold(State.NO_ROOM, message)
            self._tell(Tested(well=False, message=message))
            await pause_until(self._poked, _NO_ROOM_PAUSE_S)
        if self._stopping.is_set():  # what is asked now would be cut off as it arrives: `stop` ends the wait
            self._idle.set()
            await asyncio.Event().wait()
        self._idle.clear()
        self._started_asking, self._taken_now = monotonic_s(), 0

    async def _on_began(self, event: Began) -> None:
        number = event.goes_on
        if number is not None:
            self._bodies[event.lane] = await self._on_disk(lambda _: writes.reopen(number))
        else:
            opening = Opening(pbx=self.pbx.name, source=self.pbx.source, origin=event.origin)
            self._bodies[event.lane] = await self._on_disk(lambda at: writes.begin(opening, at))
        self._condition.open_bodies(len(self._bodies))

    async def _on_took(self, event: Took) -> None:
        body = self._body(event.lane)
        await self._on_disk(lambda at: writes.add(body, event.data, at))
        self._taken_now += len(event.data)
        self._condition.took(event.data)
        self._store_writer.arrived()
        self.live_bytes.publish(Arrived(now_us(), body, event.data[:SHOWN]))

    async def _on_quiet(self, event: Quiet) -> None:
        if event.again and not self._store_writer.waits_for_pauses(self.pbx.name):
            return
        body = self._body(event.lane)
        await self._on_disk(lambda at: writes.quiet(body, at))
        self._store_writer.arrived()

    async def _on_ended(self, event: Ended) -> None:
        body = self._body(event.lane)
        await self._on_disk(lambda at: writes.end(body, event.ending, at, reason=event.reason, mark=event.mark))
        del self._bodies[event.lane]
        self._condition.open_bodies(len(self._bodies))
        self._store_writer.arrived()
        if event.ending is not Ending.COMPLETE and not self._stopping.is_set():
            self._condition.trouble()

    async def _on_answered(self, event: Answered) -> None:
        self._backoff.well()
        took_s = event.took_s if event.took_s is not None else monotonic_s() - self._started_asking
        self._condition.answered(event.message, took_s)
        self._idle.set()
        self._tell(Tested(well=True, message=event.message, bytes_taken=self._taken_now))

    async def _on_troubled(self, event: Troubled) -> None:
        self._condition.failed(str(event.fault), permanent=event.fault.permanent)
        self._idle.set()
        self._tell(Tested(well=False, message=self._condition.message, bytes_taken=self._taken_now))

    async def _on_connected(self, event: Connected) -> None:
        self._backoff.well()
        self._condition.connected(event.peer)
        self._tell(Tested(well=True, message=self._condition.message))

    async def _on_waiting(self, event: Waiting) -> None:
        self._backoff.well()
        self._condition.waiting(event.message)
        self._tell(Tested(well=True, message=event.message))

    async def _on_refused(self, event: Refused) -> None:
        self._condition.refused(event.peer, event.reason)

    async def _on_reset(self, _event: Event) -> None:
        self._condition.reset()

    _ON: ClassVar[dict[type[Any], Callable[[SourceRunner, Any], Any]]] = {
        Asking: _on_asking,
        Began: _on_began,
        Took: _on_took,
        Quiet: _on_quiet,
        Ended: _on_ended,
        Answered: _on_answered,
        Troubled: _on_troubled,
        Connected: _on_connected,
        Waiting: _on_waiting,
        Refused: _on_refused,
        Reset: _on_reset,
    }

    def _body(self, lane: int) -> int:
        if lane not in self._bodies:
            message = "a source yielded bytes before it began a body"
            raise RuntimeError(message)
        return self._bodies[lane]

    async def _on_disk(self, write_at: Callable[[int], Write]) -> int:
        """Have something written; while it cannot be done hold the bytes, and the PBX, until it can."""
        while True:
            try:
                return await _whole(asyncio.ensure_future(self._written(write_at(now_us()))))
            except NotWritten as fault:
                self._condition.hold(
                    State.NO_ROOM if isinstance(fault, JournalFull) else State.NEEDS_ATTENTION,
                    str(fault),
                )
                await asyncio.sleep(_NO_ROOM_PAUSE_S)

    async def _written(self, write: Write) -> int:
        if self._group:
            return await self._group.write(write)
        return (await asyncio.to_thread(self._journal.write, write))[0]

    async def _abandon(self, reason: str) -> None:
        """End bodies that their source left open, unless they are files that can be gone on with."""
        bodies, self._bodies = self._bodies, {}
        self._condition.open_bodies(0)
        if known.goes_on(self.pbx.source):
            return
        for body in bodies.values():
            await self._on_disk(partial(_cut_off, body, reason))
        if bodies:
            self._store_writer.arrived()

    def _failed(self, message: str, *, permanent: bool) -> float:
        self._condition.failed(message, permanent=permanent)
        self._tell(Tested(well=False, message=self._condition.message, bytes_taken=self._taken_now))
        return self._backoff.failed(permanent=permanent)

    def _tell(self, tested: Tested) -> None:
        waiting, self._asked = self._asked, []
        for answer in waiting:
            if not answer.done():
                answer.set_result(tested)


def _cut_off(body: int, reason: str, at: int) -> Write:
    return writes.end(body, Ending.CUT, at, reason=reason)


async def _whole(write: asyncio.Future[Result]) -> Result:
    """Wait for a write; who is cancelled meanwhile goes once it is done, so that a body's end follows its bytes."""
    try:
        return await asyncio.shield(write)
    except asyncio.CancelledError:
        await asyncio.gather(asyncio.shield(write), return_exceptions=True)
        raise
