"""Runs one PBX's source for ever: journals what it yields, retries with growing pauses, keeps its health.

"Gone" is logged once and "back" once. Every event's bytes are on the disk before the source goes on. While the disk
has no room the source is held before it asks, and bytes already taken wait here until they can be written.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar

import msgspec
import structlog

from tollbook.clock import monotonic_s, now, now_us
from tollbook.engine.drain import Drain
from tollbook.journal import Journal, JournalFull, NotWritten
from tollbook.model.body import Body, Ending, Opening
from tollbook.model.health import Health, State, Tested
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Misconfigured, Unavailable
from tollbook.plugins import read_options
from tollbook.sources import known
from tollbook.sources.contract import Answered, Asking, Began, Ended, Event, Surroundings, Took, pause_until

_log = structlog.get_logger()
_FIRST_PAUSE_S, _LONGEST_PAUSE_S, _PERMANENT_PAUSE_S = 2.0, 300.0, 900.0
_NO_ROOM_PAUSE_S = 2.0
_GRACE_S = 10.0
_STORED_LOOK_S = 0.05
Result = TypeVar("Result")


def iso(moment: datetime) -> str:
    """Return an instant as pages and the API write it."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def iso_now() -> str:
    """Return the present instant as pages and the API write it."""
    return iso(now())


def _last_record_at(journal: Journal, pbx: str) -> str | None:
    """Return when bytes of a PBX last arrived before this start."""
    last = journal.bodies("pbx = ? AND length > 0 AND source <> 'import' ORDER BY id DESC LIMIT 1", pbx)
    return iso(datetime.fromtimestamp(last[0].opened_at / 1e6, UTC)) if last else None


class Watch:
    """One PBX being watched. Lives on the engine's event loop."""

    def __init__(self, pbx: Pbx, journal: Journal, drain: Drain) -> None:
        self.pbx = pbx
        self._journal = journal
        self._drain = drain
        self._poked = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._asked: list[asyncio.Future[Tested]] = []
        self._body: int | None = None
        self._failures = 0
        self._started_asking = 0.0
        self._taken_now = 0
        self._health = Health(
            pbx=pbx.name,
            state=State.STARTING,
            message="not asked yet",
            since=iso_now(),
            last_record_at=_last_record_at(journal, pbx.name),
        )

    @property
    def health(self) -> Health:
        """How the PBX is doing now."""
        last = self._health.last_record_at
        if last is None:
            return self._health
        silent_s = int((now() - datetime.fromisoformat(last)).total_seconds())
        return msgspec.structs.replace(self._health, silent_s=max(silent_s, 0))

    async def run(self) -> None:
        """Watch until cancelled."""
        try:
            while True:
                await self._attempt()
        finally:
            self._tell(Tested(well=False, message="Tollbook stopped watching this PBX", bytes_taken=self._taken_now))
            await asyncio.shield(self._abandon("Tollbook was stopped while it was arriving"))

    async def ask_now(self) -> Tested:
        """Ask the PBX at once and return what came of it."""
        answer: asyncio.Future[Tested] = asyncio.get_running_loop().create_future()
        self._asked.append(answer)
        self._poked.set()
        return await answer

    async def stop(self, task: asyncio.Task[None]) -> None:
        """Stop watching; an answer on its way in may finish first."""
        try:
            await asyncio.wait_for(self._idle.wait(), _GRACE_S)
        except TimeoutError:
            _log.warning("an answer was cut off to stop", pbx=self.pbx.name)
        for _ in range(2):  # the second time it is held by a disk that takes nothing; the next start ends its body
            task.cancel()
            await asyncio.wait({task}, timeout=_GRACE_S / 2)

    async def _attempt(self) -> None:
        pause = _FIRST_PAUSE_S
        try:
            await self._listen()
        except Unavailable as fault:
            pause = self._failed(str(fault), permanent=fault.permanent)
        except Misconfigured as fault:
            pause = self._failed(str(fault), permanent=True)
        except Exception as fault:  # noqa: BLE001 - the supervisor: logged with its traceback, then started again
            _log.exception("a source failed and is started again", pbx=self.pbx.name)
            pause = self._failed(f"the source failed: {type(fault).__name__}", permanent=False)
        await self._abandon(self._health.message)
        self._idle.set()
        await pause_until(self._poked, pause)

    async def _listen(self) -> None:
        options = read_options(known.options_of(self.pbx.source), self.pbx.settings, f"PBX {self.pbx.name}")
        around = Surroundings(self.pbx.name, _JournalPast(self.pbx.name, self._journal, self._drain), self._pause)
        async with aclosing(known.arrivals_of(self.pbx.source)(options, around)) as events:
            async for event in events:
                await self._ON[type(event)](self, event)

    async def _pause(self, seconds: float) -> None:
        self._idle.set()
        await pause_until(self._poked, seconds)

    async def _on_asking(self, _event: Event) -> None:
        while not await asyncio.to_thread(self._journal.has_room):
            message = "the disk has no room for another answer; nothing is asked of the PBX until it has"
            self._hold(State.NO_ROOM, message)
            self._tell(Tested(well=False, message=message))
            await pause_until(self._poked, _NO_ROOM_PAUSE_S)
        self._idle.clear()
        self._started_asking, self._taken_now = monotonic_s(), 0

    async def _on_began(self, event: Began) -> None:
        if event.goes_on is not None:
            await self._on_disk(lambda: self._journal.reopen(event.goes_on or 0))
            self._body = event.goes_on
            return
        opening = Opening(pbx=self.pbx.name, source=self.pbx.source, origin=event.origin)
        self._body = await self._on_disk(lambda: self._journal.open_body(opening, now_us()))

    async def _on_took(self, event: Took) -> None:
        body = self._open_body()
        await self._on_disk(lambda: self._journal.append(body, event.data, now_us()))
        self._taken_now += len(event.data)
        self._note(bytes_taken=self._health.bytes_taken + len(event.data), last_record_at=iso_now())
        self._drain.arrived()

    async def _on_ended(self, event: Ended) -> None:
        body, self._body = self._open_body(), None
        ending = (event.ending, now_us())
        await self._on_disk(lambda: self._journal.end(body, *ending, reason=event.reason, mark=event.mark))
        self._drain.arrived()
        if event.ending is not Ending.COMPLETE:
            self._note(trouble=self._health.trouble + 1)

    async def _on_answered(self, event: Answered) -> None:
        self._failures = 0
        took_s = event.took_s if event.took_s is not None else monotonic_s() - self._started_asking
        self._note(answers=self._health.answers + 1, last_answer_at=iso_now(), poll_s=round(took_s, 3))
        self._become(State.WELL, event.message)
        self._idle.set()
        self._tell(Tested(well=True, message=event.message, bytes_taken=self._taken_now))

    _ON: ClassVar[dict[type[Any], Callable[[Watch, Any], Any]]] = {
        Asking: _on_asking,
        Began: _on_began,
        Took: _on_took,
        Ended: _on_ended,
        Answered: _on_answered,
    }

    def _open_body(self) -> int:
        if self._body is None:
            message = "a source yielded bytes before it began a body"
            raise RuntimeError(message)
        return self._body

    async def _on_disk(self, action: Callable[[], Result]) -> Result:
        """Run a write off the loop; while it cannot be done hold the bytes, and the PBX, until it can."""
        while True:
            try:
                return await _whole(asyncio.ensure_future(asyncio.to_thread(action)))
            except NotWritten as fault:
                self._hold(State.NO_ROOM if isinstance(fault, JournalFull) else State.NEEDS_YOU, str(fault))
                await asyncio.sleep(_NO_ROOM_PAUSE_S)

    async def _abandon(self, reason: str) -> None:
        """End a body that its source left open, unless it is a file that can be gone on with."""
        body, self._body = self._body, None
        if body is not None and not known.goes_on(self.pbx.source):
            await self._on_disk(lambda: self._journal.end(body, Ending.CUT, now_us(), reason=reason))
            self._drain.arrived()

    def _failed(self, message: str, *, permanent: bool) -> float:
        self._failures += 1
        self._note(trouble=self._health.trouble + 1)
        self._become(State.NEEDS_YOU if permanent else State.GONE, message)
        self._tell(Tested(well=False, message=message, bytes_taken=self._taken_now))
        longest: float = min(_FIRST_PAUSE_S * 2 ** min(self._failures, 12), _LONGEST_PAUSE_S)
        if permanent:
            return min(longest * 4, _PERMANENT_PAUSE_S)
        return longest * (0.5 + random.random() / 2)  # noqa: S311 - spreads retries, keeps no secret

    def _hold(self, state: State, message: str) -> None:
        if self._health.state is not state:
            self._note(trouble=self._health.trouble + 1)
        self._become(state, message)

    def _note(self, **changes: Any) -> None:  # noqa: ANN401 - fields of Health, each with its own type
        self._health = msgspec.structs.replace(self._health, **changes)

    def _become(self, state: State, message: str) -> None:
        """Note a state; log the first time it goes and the first time it is back."""
        before = self._health.state
        self._note(message=message)
        if state is before:
            return
        self._note(state=state, since=iso_now())
        if state is not State.WELL:
            _log.warning(str(state), pbx=self.pbx.name, reason=message)
        elif before is not State.STARTING:
            _log.info("back", pbx=self.pbx.name)

    def _tell(self, tested: Tested) -> None:
        waiting, self._asked = self._asked, []
        for answer in waiting:
            if not answer.done():
                answer.set_result(tested)


async def _whole(write: asyncio.Future[Result]) -> Result:
    """Wait for a write; who is cancelled meanwhile goes once it is done, so that a body's end follows its bytes."""
    try:
        return await asyncio.shield(write)
    except asyncio.CancelledError:
        await asyncio.gather(asyncio.shield(write), return_exceptions=True)
        raise


class _JournalPast:
    """What a source may ask about what it took before, answered from the journal."""

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
        while not self._drain.holds(entry):  # noqa: ASYNC110 - what is waited for happens on another thread
            await asyncio.sleep(_STORED_LOOK_S)
