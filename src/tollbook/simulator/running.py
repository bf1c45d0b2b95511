"""PBXs on a thread with a loop of their own, for tests and other programs without an event loop.

All PBXs of a `Switchroom` share one thread and one loop, so that hundreds cost little.

>>> with Switchroom() as room, RunningPbx() as pbx:
...     stream = room.start(TcpListener())
...     stream.carrier.address.startswith("127.0.0.1:"), pbx.url.startswith("http://127.0.0.1:")
(True, True)
"""

import asyncio
import threading
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any, Generic, Self, TypeVar

from tollbook import clock
from tollbook.simulator.faults import BreakOff, PbxFault
from tollbook.simulator.kx_hts import Handout, HttpRequest, KxHts, KxHtsSetup
from tollbook.simulator.pbx import PATIENCE_S, SimulatedPbx
from tollbook.simulator.row import AnyRow
from tollbook.simulator.streams.network import TcpListener
from tollbook.simulator.streams.pbx import StreamingPbx, StreamSetup
from tollbook.simulator.streams.wire import Carrier

__all__ = ["Running", "RunningPbx", "RunningStream", "Switchroom", "TcpListener"]

_Record = TypeVar("_Record")
_Result = TypeVar("_Result")
_Carrier = TypeVar("_Carrier", bound=Carrier)
_Pbx = TypeVar("_Pbx", bound=SimulatedPbx[Any])


class Switchroom:
    """A thread with an event loop, on which PBXs run while the ``with`` block does."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="simulated PBXs", daemon=True)
        self._running: list[SimulatedPbx[Any]] = []
        self._feeding: list[asyncio.Task[None]] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        try:
            self.do(self._stop_all)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(PATIENCE_S)
            self._loop.close()

    def start(self, carrier: _Carrier, setup: StreamSetup | None = None) -> "RunningStream[_Carrier]":
        """Start one more PBX that sends by itself. Raises `OSError`: its port, device or folder cannot be had."""
        running = RunningStream(self, StreamingPbx(carrier, setup), carrier)
        self.run(running.pbx)
        return running

    def run(self, pbx: SimulatedPbx[_Record], source: AsyncIterable[Iterable[_Record]] | None = None) -> None:
        """Start a PBX, let it take what comes from a source, and stop it when the room is left.

        Raises:
            OSError: its port, device or folder cannot be had.
        """

        async def starting() -> None:
            await pbx.start()
            self._running.append(pbx)
            if source:
                self._feeding.append(asyncio.create_task(pbx.feed(source)))

        self.do(starting)

    def do(self, what: Callable[[], Awaitable[_Result]]) -> _Result:
        """Do something on the loop, and wait for it."""

        async def doing() -> _Result:
            return await what()

        return asyncio.run_coroutine_threadsafe(doing(), self._loop).result(PATIENCE_S)

    async def _stop_all(self) -> None:
        for feeding in self._feeding:
            feeding.cancel()
        await asyncio.gather(*self._feeding, return_exceptions=True)
        await asyncio.gather(*(pbx.stop() for pbx in self._running))


class _Of(Generic[_Pbx, _Result]):
    """Something of the PBX that may be read from any thread."""

    def __init__(self, read: Callable[[_Pbx], _Result]) -> None:
        self._read = read

    def __get__(self, running: "Running[_Pbx]", _owner: object) -> _Result:
        return self._read(running.pbx)


class Running(Generic[_Pbx]):
    """A PBX in a switchroom; safe to use from any thread."""

    def __init__(self, room: Switchroom, pbx: _Pbx) -> None:
        self.pbx, self._room = pbx, room
        self._happened = threading.Condition()
        self._changes = 0
        pbx.changed = self._note

    def misbehave(self, fault: PbxFault) -> None:
        """Let something go wrong; it is settled when this returns.

        Raises:
            ValueError: this PBX cannot show that fault.
        """
        self._room.do(lambda: self.pbx.misbehave(fault))

    def behave(self) -> None:
        """Drop all faults still to come, and listen properly again."""
        self._room.do(self.pbx.behave)

    def go_on(self) -> None:
        """Send the rest of everything that is held."""
        self._get(self.pbx.go_on)

    def stop(self) -> None:
        """Close every connection, before the room does."""
        self._room.do(self.pbx.stop)

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

    def _note(self) -> None:
        with self._happened:
            self._changes += 1
            self._happened.notify_all()

    def _get(self, ask: Callable[[], _Result]) -> _Result:
        async def asking() -> _Result:
            return ask()

        return self._room.do(asking)


class RunningStream(Running[StreamingPbx], Generic[_Carrier]):
    """A PBX that sends by itself."""

    def __init__(self, room: Switchroom, pbx: StreamingPbx, carrier: _Carrier) -> None:
        super().__init__(room, pbx)
        self.carrier = carrier

    connections = _Of[StreamingPbx, int](lambda pbx: pbx.connections)
    connected = _Of[StreamingPbx, bool](lambda pbx: pbx.connected)
    sent = _Of[StreamingPbx, int](lambda pbx: pbx.outbox.sent)
    repeated = _Of[StreamingPbx, int](lambda pbx: pbx.outbox.repeated)
    dropped = _Of[StreamingPbx, int](lambda pbx: pbx.outbox.dropped)
    waiting = _Of[StreamingPbx, int](lambda pbx: pbx.outbox.waiting)
    held = _Of[StreamingPbx, int](lambda pbx: pbx.held)

    def send(self, records: Iterable[bytes]) -> None:
        """Have records sent as soon as somebody is there."""
        held = tuple(records)
        self._get(lambda: self.pbx.add(held))

    def hang_up(self, ending: BreakOff = BreakOff.CLOSE) -> None:
        """End the connection there is, or the one that is just being made; the next one comes as after any other.

        Raises:
            TimeoutError: nobody was connected all the while.
        """
        self.wait(lambda: self._get(lambda: self.pbx.hang_up(ending)))

    def wait_until_sent(self, count: int | None = None, patience_s: float = PATIENCE_S) -> None:
        """Return once so many records, or all, were sent, and acknowledged where that is so set up."""
        self.wait(lambda: self._get(lambda: self.pbx.has_sent(count)), patience_s)

    def wait_for_connections(self, count: int, patience_s: float = PATIENCE_S) -> None:
        """Return once so many connections got as far as the first record."""
        self.wait(lambda: self.pbx.admitted >= count, patience_s)


class RunningPbx(Running[KxHts]):
    """A KX-HTS that is asked; it runs, in a switchroom of its own, while the ``with`` block does."""

    def __init__(self, setup: KxHtsSetup | None = None, *, now: Callable[[], datetime] = clock.now) -> None:
        self.setup = setup or KxHtsSetup()
        super().__init__(Switchroom(), KxHts(self.setup, now=now))

    def __enter__(self) -> Self:
        self._room.__enter__()
        try:
            self._room.run(self.pbx)
        except BaseException:
            self._room.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self._room.__exit__()

    url = _Of[KxHts, str](lambda pbx: pbx.address)
    port = _Of[KxHts, int](lambda pbx: pbx.listener.port)
    listening = _Of[KxHts, bool](lambda pbx: pbx.listener.listening)
    requests = _Of[KxHts, tuple[HttpRequest, ...]](lambda pbx: tuple(pbx.requests))
    pending = _Of[KxHts, tuple[AnyRow, ...]](lambda pbx: tuple(pbx.pending))
    dropped = _Of[KxHts, tuple[AnyRow, ...]](lambda pbx: tuple(pbx.dropped))
    held = _Of[KxHts, int](lambda pbx: pbx.held)

    @property
    def handed_out(self) -> tuple[Handout, ...]:
        """Every answer given to a reader with the right credentials, and what had got out when it was asked for."""
        return self._get(lambda: tuple(answer.now() for answer in self.pbx.handed_out))

    def add(self, rows: Iterable[AnyRow]) -> None:
        """Write rows (or raw lines, as bytes) to the file."""
        held = tuple(rows)
        self._get(lambda: self.pbx.add(held))

    def wait_for_requests(self, count: int, patience_s: float = PATIENCE_S) -> None:
        """Return once so many requests have come in."""
        self.wait(lambda: len(self.requests) >= count, patience_s)

    def wait_for_answers(self, count: int, patience_s: float = PATIENCE_S) -> tuple[Handout, ...]:
        """Return the ledger once so many answers have ended, whole or not."""
        self.wait(lambda: self.pbx.ended >= count, patience_s)
        return self.handed_out
