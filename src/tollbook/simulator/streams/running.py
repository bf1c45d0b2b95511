"""Streaming PBXs in a thread of their own, for tests and other programs without an event loop.

All PBXs of a `Switchroom` share one thread and one loop, so that hundreds cost little.

>>> with Switchroom() as room:
...     pbx = room.start(TcpListener())
...     pbx.address.startswith("127.0.0.1:")
True
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable
from types import TracebackType
from typing import Generic, Self, TypeVar

from tollbook import clock
from tollbook.simulator.misbehaviour import NEXT, BreakOff, Schedule
from tollbook.simulator.streams.faults import PbxFault
from tollbook.simulator.streams.pbx import PATIENCE_S, StreamingPbx, StreamSetup
from tollbook.simulator.streams.tcp import TcpListener
from tollbook.simulator.streams.wire import Carrier

__all__ = ["RunningStream", "Switchroom", "TcpListener"]

_Result = TypeVar("_Result")
_Carrier = TypeVar("_Carrier", bound=Carrier)


class Switchroom:
    """A thread with an event loop, on which PBXs run while the ``with`` block does."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="simulated streams", daemon=True)
        self._running: list[StreamingPbx] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.do(self._stop_all)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(PATIENCE_S)
            self._loop.close()

    def start(self, carrier: _Carrier, setup: StreamSetup | None = None) -> "RunningStream[_Carrier]":
        """Start one more PBX.

        Raises:
            OSError: its port, device or folder cannot be had.
        """
        running = RunningStream(self, carrier, setup)
        self.do(running.pbx.start)
        self._running.append(running.pbx)
        return running

    def do(self, what: Callable[[], Awaitable[_Result]]) -> _Result:
        """Do something on the loop, and wait for it."""

        async def doing() -> _Result:
            return await what()

        return asyncio.run_coroutine_threadsafe(doing(), self._loop).result(PATIENCE_S)

    async def _stop_all(self) -> None:
        await asyncio.gather(*(pbx.stop() for pbx in self._running))

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()


class RunningStream(Generic[_Carrier]):
    """A PBX in a switchroom; safe to use from any thread."""

    def __init__(self, room: Switchroom, carrier: _Carrier, setup: StreamSetup | None) -> None:
        self.carrier = carrier
        self._room = room
        self._happened = threading.Condition()
        self._changes = 0
        self.pbx = StreamingPbx(carrier, setup, changed=self._note)

    @property
    def address(self) -> str:
        """Where it is found, or where it sends to."""
        return self.pbx.address

    @property
    def connections(self) -> int:
        """Connections there have been."""
        return self.pbx.connections

    @property
    def connected(self) -> bool:
        """Whether records can be sent now."""
        return self.pbx.connected

    @property
    def sent(self) -> int:
        """Records sent whole (and acknowledged, where that is so set up), each counted once."""
        return self.pbx.outbox.sent

    @property
    def repeated(self) -> int:
        """Records sent once more."""
        return self.pbx.outbox.repeated

    @property
    def dropped(self) -> int:
        """Records lost because the memory was full."""
        return self.pbx.outbox.dropped

    @property
    def waiting(self) -> int:
        """Records that wait to be sent."""
        return self.pbx.outbox.waiting

    @property
    def held(self) -> int:
        """Records that wait in their middle to be told to go on."""
        return self.pbx.held

    def send(self, records: Iterable[bytes]) -> None:
        """Have records sent as soon as somebody is there."""
        held = tuple(records)
        self._get(lambda: self.pbx.send(held))

    def misbehave(self, fault: PbxFault, schedule: Schedule = NEXT) -> None:
        """Let something go wrong; it is settled when this returns.

        Raises:
            ValueError: this PBX cannot show that fault.
        """
        self._room.do(lambda: self.pbx.misbehave(fault, schedule))

    def behave(self) -> None:
        """Drop all faults still to come, and listen again."""
        self._room.do(self.pbx.behave)

    def go_on(self) -> None:
        """Send the rest of a record that is held."""
        self._get(self.pbx.go_on)

    def hang_up(self, ending: BreakOff = BreakOff.CLOSE) -> None:
        """End the connection there is, or the one that is just being made; the next one comes as after any other.

        Raises:
            TimeoutError: nobody was connected all the while.
        """
        self.wait(lambda: self.pbx.hang_up(ending))

    def stop(self) -> None:
        """Close every connection, before the room does."""
        self._room.do(self.pbx.stop)

    def wait_until_sent(self, count: int | None = None, patience_s: float = PATIENCE_S) -> None:
        """Return once so many records, or all, were sent, and acknowledged where that is so set up."""
        box = self.pbx.outbox
        self.wait(lambda: box.settled if count is None else box.sent >= count, patience_s)

    def wait_for_connections(self, count: int, patience_s: float = PATIENCE_S) -> None:
        """Return once so many connections got as far as the first record."""
        self.wait(lambda: self.pbx.admitted >= count, patience_s)

    def wait(self, reached: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
        """Return once the condition holds; it is looked at whenever something happens.

        Raises:
            TimeoutError: it did not come to hold within `patience_s`.
        """
        deadline_s = clock.monotonic_s() + patience_s
        while True:
            seen = self._changes
            if self._get(reached):
                return
            left_s = deadline_s - clock.monotonic_s()
            with self._happened:
                if not self._happened.wait_for(lambda: self._changes != seen, max(0, left_s)):  # noqa: B023 - called before `seen` changes
                    raise TimeoutError(f"nothing of the kind happened within {patience_s:g} s")

    def _note(self) -> None:
        with self._happened:
            self._changes += 1
            self._happened.notify_all()

    def _get(self, ask: Callable[[], _Result]) -> _Result:
        async def asking() -> _Result:
            return ask()

        return self._room.do(asking)
