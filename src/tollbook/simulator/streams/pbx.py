"""A PBX that sends its records by itself, over whatever carries them.

One at a time, it takes connections from its carrier, holds the dialogues it is set up for, and writes the records in
its memory.
"""

import asyncio
import random
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress

import msgspec

from tollbook.simulator.faults import BreakOff, FaultKind, PbxFault
from tollbook.simulator.pbx import PATIENCE_S, SimulatedPbx
from tollbook.simulator.streams.dialogue import Denied, Handshake, Terminal, held
from tollbook.simulator.streams.form import CRLF, Framer, LineForm
from tollbook.simulator.streams.outbox import Outbox
from tollbook.simulator.streams.spoiling import Sending, Severed, reformed, send, spoilt
from tollbook.simulator.streams.wire import AcknowledgedWire, Carrier, RecordWire

BATCH_BYTES = 65536


class ReconnectPause(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds between attempts to connect, doubled up to the longest."""

    first_s: float = 0.05
    longest_s: float = 1.0


class StreamSetup(msgspec.Struct, frozen=True, kw_only=True):
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
    backoff: ReconnectPause = ReconnectPause()
    seed: int = 1


class StreamingPbx(SimulatedPbx[bytes]):
    """The PBX. `say` gets a line for a terminal."""

    def __init__(
        self,
        carrier: Carrier,
        setup: StreamSetup | None = None,
        *,
        say: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self.carrier, self.setup = carrier, setup or StreamSetup()
        super().__init__(self.setup.seed)
        self.verb, self.listener = carrier.verb, carrier.listener
        self.knows = carrier.knows | ({FaultKind.DENY} if self.setup.dialogues else frozenset())
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
        self._say = say
        self._chance = random.Random(f"{self.setup.seed} spoiling")  # noqa: S311 - repeatable
        self._abandoned: list[RecordWire] = []
        self._number = 0
        self._running: asyncio.Task[None] | None = None
        self._hang_up: asyncio.Future[None] | None = None

    @property
    def address(self) -> str:
        return self.carrier.address

    @property
    def waiting(self) -> int:
        return self.outbox.waiting

    async def start(self) -> None:
        await self.carrier.open()
        self._running = asyncio.create_task(self._run())

    async def stop(self) -> None:
        await super().stop()
        if self._running:
            self._running.cancel()
            await asyncio.wait([self._running])
        for wire in self._abandoned:
            await wire.end(BreakOff.CLOSE)
        await self.carrier.close()
        if self._running and not self._running.cancelled():
            self._running.result()

    def add(self, records: Iterable[bytes]) -> None:
        self.outbox.add(records)
        self.note()

    def hang_up(self, ending: BreakOff = BreakOff.CLOSE) -> bool:
        """End the connection there is, and say whether there was one; the next one comes as after any other."""
        if not self._hang_up or self._hang_up.done():
            return False
        self._hang_up.set_exception(Severed(ending))
        return True

    def has_sent(self, count: int | None = None) -> bool:
        """Whether so many records, or all, were sent, and acknowledged where that is so set up."""
        return self.outbox.settled if count is None else self.outbox.sent >= count

    async def until_sent(self, patience_s: float | None = PATIENCE_S) -> None:
        """Return once all records were sent."""
        await self.until(self.has_sent, patience_s)

    async def finished(self) -> None:
        await self.until_sent(None)

    def summary(self) -> str:
        """How many records were sent, sent again and lost."""
        box = self.outbox
        parts = {
            "sent": box.sent, "sent again": box.repeated, "waiting": box.waiting,
            "lost to a full memory": box.dropped, "lost by faults": box.skipped,
        }  # fmt: skip
        counted = ", ".join(f"{count} {what}" for what, count in parts.items() if count or what == "sent")
        return f"records: {counted}; connections: {self.connections}"

    async def _run(self) -> None:
        """Take one connection after another."""
        pause_s = self.setup.backoff.first_s
        while True:
            try:
                wire = await self.carrier.connect()
            except OSError as error:
                self.failures += 1
                self._say(f"not connected: {error}")
                self.note()
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, self.setup.backoff.longest_s)
                continue
            pause_s = self.setup.backoff.first_s
            await self._converse(wire)

    async def _converse(self, wire: RecordWire) -> None:
        """Everything on one connection, to its end."""
        self.connections += 1
        self._say(f"connection {self.connections} with {self.address}")
        self.note()
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
        self.note()

    async def _leave(self, wire: RecordWire, ending: BreakOff) -> None:
        if ending is BreakOff.STALL:
            self._abandoned.append(wire)
            return
        with suppress(OSError):
            await wire.end(ending)

    async def _admit(self, wire: RecordWire) -> None:
        """The dialogues, and then the records."""
        faults = {fault.kind: fault for fault in self._bad_connections.due()}
        terminal = Terminal(wire, self.negotiated)
        if silence := faults.get(FaultKind.SILENCE):
            await _be_silent(terminal, silence.delay_s)
        deny = FaultKind.DENY in faults
        await held(self.setup.dialogues, terminal, deny=deny, limit_s=self.setup.dialogue_s)
        if self.connections > 1:
            self.outbox.rewind()
        self.admitted += 1
        self.connected = True
        self.note()
        if not self.setup.acknowledged:
            await self._stream_and_hear(terminal, faults.get(FaultKind.FLAP))
            return
        terminal.wire = numbered = AcknowledgedWire(wire, first=self._number)
        try:
            await self._stream_and_hear(terminal, faults.get(FaultKind.FLAP))
        finally:
            self._number = numbered.number

    async def _stream_and_hear(self, terminal: Terminal, flap: PbxFault | None) -> None:
        """Send until a fault ends it or the other end closes; what it says means nothing to the PBX."""
        self._hang_up = asyncio.get_running_loop().create_future()
        tasks = [
            self._hang_up,
            asyncio.create_task(self._stream(terminal.wire, flap)),
            asyncio.create_task(terminal.until_closed()),
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
            if self._faults.idle:
                left -= await self._send_some(wire, framer, left)
            else:
                left -= await self._send_one(wire, framer)
            self.note()
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
        faults = self._faults.due()
        kinds = {fault.kind for fault in faults}
        start, records = self.outbox.claim(records=1 + (FaultKind.SWAPPED in kinds), size_bytes=BATCH_BYTES)
        form = reformed(self.setup.form, faults)
        frames = [spoilt(framer.frame(record, form), faults, self._chance) for record in records]
        try:
            await send(Sending(wire=wire, frames=frames, faults=faults, hold=self.hold))
        except (Severed, OSError, asyncio.CancelledError) as error:
            self.outbox.give_back(start)
            if isinstance(error, Severed) and error.clears:
                self.outbox.skip(self.outbox.claim(records=1, size_bytes=0)[0])
            raise
        if FaultKind.LOST in kinds:
            self.outbox.skip(start)
        else:
            self.outbox.settle(start, len(records))
        return len(records)


async def _be_silent(terminal: Terminal, lasting_s: float) -> None:
    """Say nothing for a while, or until the other end gives up."""
    with suppress(TimeoutError):
        async with asyncio.timeout(lasting_s or None):
            await terminal.until_closed()
            raise Severed(BreakOff.CLOSE)
