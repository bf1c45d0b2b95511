"""A PBX that sends its records by itself, over whatever carries them, and misbehaves on demand.

One at a time, it takes connections from its carrier, holds the dialogues it is set up for, and writes the records in
its memory. It lives on one event loop and is small, so that hundreds fit on one; from other threads it is reached
through `running.py`.
"""

import asyncio
import random
import sys
from collections.abc import AsyncIterable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from tollbook.simulator.misbehaviour import NEXT, BreakOff, Mischief, Schedule
from tollbook.simulator.streams import spoiling
from tollbook.simulator.streams.acknowledging import NUMBERS, AcknowledgedWire
from tollbook.simulator.streams.deeds import Sending, Severed, send
from tollbook.simulator.streams.dialogue import Denied, Handshake, Terminal, held
from tollbook.simulator.streams.faults import AT_CONNECTION, OF_LISTENER, FaultKind, PbxFault
from tollbook.simulator.streams.form import CRLF, Framer, LineForm
from tollbook.simulator.streams.outbox import Outbox
from tollbook.simulator.streams.wire import Carrier, RecordWire

BATCH_BYTES = 65536
PATIENCE_S = 20.0
"""How long to wait for something that ought to happen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Seconds between attempts to connect, doubled up to the longest."""

    first_s: float = 0.05
    longest_s: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSetup:
    """How the PBX is set up."""

    form: LineForm = CRLF
    capacity: int | None = None
    """Records it holds; beyond them the oldest are lost. None: any number."""
    resend: int = 0
    """Records it sends again after each reconnection, or `RESEND_ALL` that it still has."""
    dialogues: tuple[Handshake, ...] = ()
    dialogue_s: float = 60.0
    """Longest that the dialogues may take."""
    acknowledged: bool = False
    """Whether each record is numbered and kept until its number comes back."""
    backoff: Backoff = field(default_factory=Backoff)
    seed: int = 1


class StreamingPbx:
    """The PBX. `changed` is called whenever something happened, `say` gets a line for a terminal."""

    def __init__(
        self,
        carrier: Carrier,
        setup: StreamSetup | None = None,
        *,
        changed: Callable[[], None] = lambda: None,
        say: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self.carrier, self.setup = carrier, setup or StreamSetup()
        self.outbox = Outbox(capacity=self.setup.capacity, resend=self.setup.resend)
        self.connections = 0
        """Connections there have been."""
        self.admitted = 0
        """Connections that got as far as the first record, or would have."""
        self.failures = 0
        """Attempts to connect that failed."""
        self.connected = False
        """Whether records can be sent now."""
        self.negotiated: list[tuple[int, int]] = []
        """Telnet verbs and options that the other ends have sent in dialogues."""
        self._changed, self._say = changed, say
        self._mischief: Mischief[PbxFault] = Mischief(self.setup.seed)
        self._bad_connections: Mischief[PbxFault] = Mischief(self.setup.seed)
        self._chance = random.Random(f"{self.setup.seed} spoiling")  # noqa: S311 - repeatable
        self._abandoned: list[RecordWire] = []
        self._go_on = asyncio.Event()
        self.held = 0
        """Records that wait in their middle to be told to go on."""
        self._number = 0
        self._happened = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._recovery: asyncio.Task[None] | None = None
        self._hang_up: asyncio.Future[None] | None = None

    @property
    def address(self) -> str:
        """Where it is found, or where it sends to."""
        return self.carrier.address

    async def start(self) -> None:
        """Make ready, and connect or be connected to from now on.

        Raises:
            OSError: the port, device or folder cannot be had.
        """
        await self.carrier.open()
        self._running = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Close every connection, also those left half open; whatever made the PBX itself fail is raised here."""
        for task in filter(None, (self._recovery, self._running)):
            task.cancel()
            await asyncio.wait([task])
        for wire in self._abandoned:
            await wire.end(BreakOff.CLOSE)
        await self.carrier.close()
        if self._running and not self._running.cancelled():
            self._running.result()

    def send(self, records: Iterable[bytes]) -> None:
        """Have records sent as soon as somebody is there; their line ends are put on by the form."""
        self.outbox.add(records)
        self._note()

    async def feed(self, source: AsyncIterable[Iterable[bytes]], *, room: int = sys.maxsize) -> None:
        """Send what comes from somewhere, until it ends; take no more of it while so many records wait."""
        async for records in source:
            self.send(records)
            await self.until(lambda: self.outbox.waiting < room, None)

    async def misbehave(self, fault: PbxFault, schedule: Schedule = NEXT) -> None:
        """Let something go wrong.

        Raises:
            ValueError: this PBX cannot show that fault.
        """
        able = self.carrier.knows | ({FaultKind.DENY} if self.setup.dialogues else set())
        if fault.kind not in able:
            known = ", ".join(sorted(kind.value for kind in able))
            raise ValueError(f"{fault.kind.value!r} cannot happen on {self.address}; choose from {known}")
        if fault.kind in OF_LISTENER:
            await self.carrier.refuse()
            if fault.lasting_s:
                self._recovery = asyncio.create_task(self._recover(fault.lasting_s))
            return
        (self._bad_connections if fault.kind in AT_CONNECTION else self._mischief).add(fault, schedule)

    async def behave(self) -> None:
        """Drop all faults still to come, and listen again."""
        self._mischief.clear()
        self._bad_connections.clear()
        await self.carrier.behave()

    def hang_up(self, ending: BreakOff = BreakOff.CLOSE) -> bool:
        """End the connection there is, and say whether there was one; the next one comes as after any other."""
        if not self._hang_up or self._hang_up.done():
            return False
        self._hang_up.set_exception(Severed(ending))
        return True

    def go_on(self) -> None:
        """Send the rest of a record that is held."""
        self._go_on.set()
        self._go_on = asyncio.Event()

    async def hold(self) -> None:
        """Wait to be told to go on."""
        self.held += 1
        self._note()
        try:
            await self._go_on.wait()
        finally:
            self.held -= 1

    async def until(self, reached: Callable[[], bool], patience_s: float | None = PATIENCE_S) -> None:
        """Return once the condition holds; it is looked at whenever something happens.

        Raises:
            TimeoutError: it did not come to hold in time.
        """
        async with asyncio.timeout(patience_s):
            while not reached():
                self._happened.clear()
                await self._happened.wait()

    async def until_sent(self, count: int | None = None, patience_s: float | None = PATIENCE_S) -> None:
        """Return once so many records, or all, were sent, and acknowledged where that is so set up."""
        box = self.outbox
        await self.until(lambda: box.settled if count is None else box.sent >= count, patience_s)

    def _note(self) -> None:
        self._happened.set()
        self._changed()

    async def _recover(self, after_s: float) -> None:
        await asyncio.sleep(after_s)
        await self.carrier.behave()
        self._note()

    async def _run(self) -> None:
        """Take one connection after another."""
        pause_s = self.setup.backoff.first_s
        while True:
            try:
                wire = await self.carrier.connect()
            except OSError as error:
                self.failures += 1
                self._say(f"not connected: {error}")
                self._note()
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, self.setup.backoff.longest_s)
                continue
            pause_s = self.setup.backoff.first_s
            await self._converse(wire)

    async def _converse(self, wire: RecordWire) -> None:
        """Everything on one connection, to its end."""
        self.connections += 1
        self._say(f"connection {self.connections} with {self.address}")
        self._note()
        ending = BreakOff.CLOSE
        try:
            await self._admit(wire)
        except Severed as severed:
            ending = severed.ending
        except (Denied, OSError) as error:
            self._say(str(error))
        finally:
            self.connected = False
            await self._leave(wire, ending)
        self._say(f"connection {self.connections} is over")
        self._note()

    async def _leave(self, wire: RecordWire, ending: BreakOff) -> None:
        if ending is BreakOff.STALL:
            self._abandoned.append(wire)
            return
        with suppress(OSError):
            await wire.end(ending)

    async def _admit(self, wire: RecordWire) -> None:
        """The dialogues, and then the records."""
        faults = {fault.kind: fault for fault in self._bad_connections.due()}
        talk = Terminal(wire, self.negotiated)
        if silence := faults.get(FaultKind.SILENCE):
            await _be_silent(talk, silence.delay_s)
        await held(self.setup.dialogues, talk, deny=FaultKind.DENY in faults, limit_s=self.setup.dialogue_s)
        if self.connections > 1:
            self.outbox.rewind()
        self.admitted += 1
        self.connected = True
        self._note()
        if not self.setup.acknowledged:
            await self._stream_and_hear(talk, faults.get(FaultKind.FLAP))
            return
        talk.wire = numbered = AcknowledgedWire(wire, first=self._number)
        try:
            await self._stream_and_hear(talk, faults.get(FaultKind.FLAP))
        finally:
            self._number = numbered.number % NUMBERS

    async def _stream_and_hear(self, talk: Terminal, flap: PbxFault | None) -> None:
        """Send until a fault ends it or the other end closes; what it says means nothing to the PBX."""
        self._hang_up = asyncio.get_running_loop().create_future()
        tasks = [
            self._hang_up,
            asyncio.create_task(self._stream(talk.wire, flap)),
            asyncio.create_task(talk.until_closed()),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def _stream(self, wire: RecordWire, flap: PbxFault | None) -> None:
        framer, left = Framer(self.setup.form), flap.records if flap else sys.maxsize
        while left > 0:
            await self.outbox.filled()
            if self._mischief.idle:
                left -= await self._send_some(wire, framer, left)
            else:
                left -= await self._send_one(wire, framer)
            self._note()
        raise Severed(flap.ending if flap else BreakOff.CLOSE)

    async def _send_some(self, wire: RecordWire, framer: Framer, limit: int) -> int:
        start, records = self.outbox.claim(records=min(limit, wire.at_once), size_bytes=BATCH_BYTES)
        try:
            await wire.write([framer.frame(record) for record in records])
        except (OSError, asyncio.CancelledError):
            self.outbox.give_back(start)
            raise
        self.outbox.settle(start, len(records))
        return len(records)

    async def _send_one(self, wire: RecordWire, framer: Framer) -> int:
        """Send the next record as the faults that hit it want it."""
        faults = self._mischief.due()
        pair = any(fault.kind is FaultKind.SWAPPED for fault in faults)
        start, records = self.outbox.claim(records=2 if pair else 1, size_bytes=BATCH_BYTES)
        frames = [self._frame(framer, record, faults) for record in records]
        try:
            await send(Sending(wire=wire, frames=frames, faults=faults, hold=self.hold))
        except (Severed, OSError, asyncio.CancelledError) as error:
            self.outbox.give_back(start)
            if isinstance(error, Severed) and error.clears:
                self.outbox.skip(self.outbox.claim(records=1, size_bytes=0)[0])
            raise
        if any(fault.kind is FaultKind.LOST for fault in faults):
            self.outbox.skip(start)
        else:
            self.outbox.settle(start, len(records))
        return len(records)

    def _frame(self, framer: Framer, record: bytes, faults: tuple[PbxFault, ...]) -> bytes:
        frame = framer.frame(record, spoiling.reformed(self.setup.form, faults))
        return spoiling.spoilt(frame, faults, self._chance)


async def _be_silent(talk: Terminal, lasting_s: float) -> None:
    """Say nothing for a while, or until the other end gives up."""
    with suppress(TimeoutError):
        async with asyncio.timeout(lasting_s or None):
            await talk.until_closed()
            raise Severed(BreakOff.CLOSE)
