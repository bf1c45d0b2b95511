"""A simulated PBX in a thread of its own, for tests and other programs without an event loop.

>>> with RunningPbx() as pbx:
...     pbx.url.startswith("http://127.0.0.1:")
True
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar

from tollbook import clock
from tollbook.simulator.answer import AnyRow, Handout
from tollbook.simulator.authentication import HttpRequest
from tollbook.simulator.kx_hts import KxHts, KxHtsSetup
from tollbook.simulator.misbehaviour import NEXT, PbxFault, Schedule

_Result = TypeVar("_Result")

PATIENCE_S = 20.0
"""How long to wait for something that ought to happen."""


class RunningPbx:
    """A PBX that runs while the ``with`` block does; safe to use from any thread."""

    def __init__(self, setup: KxHtsSetup | None = None, *, now: Callable[[], datetime] = clock.now) -> None:
        self.setup = setup or KxHtsSetup()
        self._now = now
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="simulated PBX", daemon=True)
        self._happened = threading.Condition()
        self._changes = 0
        self._pbx: KxHts | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self._do(self._start)
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._do(self._running.stop)
        finally:
            self._close()

    @property
    def url(self) -> str:
        """Where the file is fetched, without credentials."""
        return self._get(lambda pbx: pbx.url)

    @property
    def port(self) -> int:
        """The port it listens on, also while it refuses connections."""
        return self._get(lambda pbx: pbx.port)

    @property
    def requests(self) -> tuple[HttpRequest, ...]:
        """Everything asked of it so far, turned away or not."""
        return self._get(lambda pbx: pbx.requests)

    @property
    def handed_out(self) -> tuple[Handout, ...]:
        """Every answer given to a reader with the right credentials."""
        return self._get(lambda pbx: pbx.handed_out)

    @property
    def pending(self) -> tuple[AnyRow, ...]:
        """Rows in the file."""
        return self._get(lambda pbx: pbx.pending)

    @property
    def dropped(self) -> tuple[AnyRow, ...]:
        """Rows lost because the file was full."""
        return self._get(lambda pbx: pbx.dropped)

    @property
    def listening(self) -> bool:
        """False while connections are refused."""
        return self._get(lambda pbx: pbx.listening)

    @property
    def held(self) -> int:
        """Answers that wait to be told to go on."""
        return self._get(lambda pbx: pbx.held)

    def add(self, rows: Iterable[AnyRow]) -> None:
        """Write rows (or raw lines, as bytes) to the file."""
        held = tuple(rows)
        self._get(lambda pbx: pbx.add(held))

    def misbehave(self, fault: PbxFault, schedule: Schedule = NEXT) -> None:
        """Let something go wrong; it is settled when this returns."""
        self._do(lambda: self._running.misbehave(fault, schedule))

    def behave(self) -> None:
        """Drop all faults still to come and listen properly again."""
        self._do(self._running.behave)

    def go_on(self) -> None:
        """Send the rest of every answer that is held."""
        self._get(lambda pbx: pbx.go_on())

    def wait_for_requests(self, count: int, patience_s: float = PATIENCE_S) -> None:
        """Return once so many requests have come in."""
        self.wait(lambda: len(self.requests) >= count, patience_s)

    def wait_for_answers(self, count: int, patience_s: float = PATIENCE_S) -> tuple[Handout, ...]:
        """Return the ledger once so many answers have ended, whole or not."""
        self.wait(lambda: self._get(lambda pbx: pbx.ended) >= count, patience_s)
        return self.handed_out

    def wait(self, reached: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
        """Return once the condition holds; it is looked at whenever something happens.

        Raises:
            TimeoutError: it did not come to hold within `patience_s`.
        """
        deadline_s = clock.monotonic_s() + patience_s
        while True:
            seen = self._changes
            if reached():
                return
            left_s = deadline_s - clock.monotonic_s()
            with self._happened:
                if not self._happened.wait_for(lambda: self._changes != seen, max(0, left_s)):  # noqa: B023 - called before `seen` changes
                    raise TimeoutError(f"nothing of the kind happened within {patience_s:g} s")

    @property
    def _running(self) -> KxHts:
        if self._pbx is None:
            raise RuntimeError("the PBX runs only inside its with block")
        return self._pbx

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _start(self) -> None:
        pbx = KxHts(self.setup, now=self._now, changed=self._note)
        await pbx.start()
        self._pbx = pbx

    def _note(self) -> None:
        with self._happened:
            self._changes += 1
            self._happened.notify_all()

    def _get(self, ask: Callable[[KxHts], _Result]) -> _Result:
        async def asking() -> _Result:
            return ask(self._running)

        return self._do(asking)

    def _do(self, what: Callable[[], Awaitable[_Result]]) -> _Result:
        async def doing() -> _Result:
            return await what()

        return asyncio.run_coroutine_threadsafe(doing(), self._loop).result(PATIENCE_S)

    def _close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()
