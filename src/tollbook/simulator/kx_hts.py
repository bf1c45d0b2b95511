"""A KX-HTS in "External Application" mode: one HTTP server and one file of call records.

The file is handed out to whoever asks rightly, and is cleared the moment the answer begins;
what the reader does not receive is lost. The HTTP is our own, so that it can go wrong at any
byte. The ledger `handed_out` keeps what every answer held and how much of it got out.

The PBX lives on one event loop and is not safe to touch from other threads: `running.py`
is for that.
"""

import asyncio
import random
import socket
import ssl
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from tollbook import clock
from tollbook.simulator import effects
from tollbook.simulator.answer import AnyRow, Framing, Handout, Plan, unchunked
from tollbook.simulator.authentication import Authentication, HttpRequest, admits, challenge
from tollbook.simulator.listener import PbxPort
from tollbook.simulator.misbehaviour import LISTENER, NEXT, BreakOff, Mischief, PbxFault, Schedule
from tollbook.simulator.packing import CONTENT_TYPES, Packing, pack
from tollbook.simulator.row import CallRow, Style, head, write
from tollbook.simulator.wall_clock import WallClock

__all__ = ["AnyRow", "Handout", "KxHts", "KxHtsSetup"]

PIECE_BYTES = 65536
RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class KxHtsSetup:
    """How the PBX is set up. Port 0 takes a free one; `zone` is that of its wall clock."""

    host: str = "127.0.0.1"
    port: int = 0
    path: str = "/cdr/Master.csv"
    authentication: Authentication = field(default_factory=Authentication)
    style: Style = field(default_factory=Style)
    packing: Packing = Packing.TEXT
    content_type: str | None = None
    """None: the one that fits the packing."""
    framing: Framing = Framing.LENGTH
    keep_alive: bool = False
    tls: ssl.SSLContext | None = None
    capacity: int | None = None
    """Rows the PBX holds; beyond them the oldest are lost. None: any number."""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("America/New_York"))
    seed: int = 1


@dataclass(slots=True, kw_only=True)
class _Sending:
    """An answer on its way out."""

    answer: Handout
    plan: Plan
    framed: bytes
    transport: asyncio.WriteTransport | None = None
    written_bytes: int = 0
    ended: bool = False

    def snapshot(self) -> Handout:
        waiting = 0
        if self.transport and not self.ended:
            waiting = self.transport.get_write_buffer_size()
        sent = max(0, self.written_bytes - waiting)
        framed_sent = self.framed[: max(0, sent - len(self.plan.head()))]
        whole = self.plan.framing is not Framing.CHUNKED
        body = framed_sent if whole else unchunked(framed_sent)
        return replace(self.answer, body_sent=body, sent_bytes=sent, ended=self.ended)


class KxHts:
    """The PBX. `now` gives aware UTC instants; `changed` is called whenever something happened."""

    def __init__(
        self,
        setup: KxHtsSetup,
        *,
        now: Callable[[], datetime] = clock.now,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.setup = setup
        self._now, self._changed = now, changed
        self._mischief: Mischief[PbxFault] = Mischief(setup.seed)
        self._chance = random.Random(f"{setup.seed} garbage")  # noqa: S311 - repeatable
        self._wall = WallClock(setup.zone)
        self._listener = PbxPort(setup.host, setup.port, self._converse, tls=setup.tls)
        self._pending: list[AnyRow] = []
        self._dropped: list[AnyRow] = []
        self._requests: list[HttpRequest] = []
        self._sendings: list[_Sending] = []
        self._before: tuple[AnyRow, ...] = ()
        self._go_on = asyncio.Event()
        self._held = 0
        self._recovery: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen."""
        await self._listener.open()

    async def stop(self) -> None:
        """Stop listening and drop every connection."""
        if self._recovery:
            self._recovery.cancel()
        await self._listener.close()

    @property
    def port(self) -> int:
        """The port it listens on, also while it refuses connections."""
        return self._listener.port

    @property
    def url(self) -> str:
        """Where the file is fetched, without credentials."""
        scheme = "https" if self._listener.tls else "http"
        return f"{scheme}://{self.setup.host}:{self.port}{self.setup.path}"

    @property
    def pending(self) -> tuple[AnyRow, ...]:
        """Rows in the file."""
        return tuple(self._pending)

    @property
    def dropped(self) -> tuple[AnyRow, ...]:
        """Rows lost because the file was full."""
        return tuple(self._dropped)

    @property
    def requests(self) -> tuple[HttpRequest, ...]:
        """Everything asked of it so far."""
        return tuple(self._requests)

    @property
    def handed_out(self) -> tuple[Handout, ...]:
        """Every answer to a reader with the right credentials, whatever became of it."""
        return self.handed_out_from(0)

    def handed_out_from(self, first: int) -> tuple[Handout, ...]:
        """The same, without the first ones; for who has seen those."""
        return tuple(sending.snapshot() for sending in self._sendings[first:])

    @property
    def ended(self) -> int:
        """How many answers have ended, whole or not."""
        return sum(sending.ended for sending in self._sendings)

    @property
    def listening(self) -> bool:
        """False while connections are refused."""
        return self._listener.listening

    @property
    def held(self) -> int:
        """Answers that wait to be told to go on."""
        return self._held

    def add(self, rows: Iterable[AnyRow]) -> None:
        """Write rows (or raw lines, as bytes) to the file."""
        self._pending.extend(rows)
        surplus = len(self._pending) - (self.setup.capacity or len(self._pending))
        self._dropped += self._pending[:surplus]
        del self._pending[:surplus]
        self._changed()

    async def misbehave(self, fault: PbxFault, schedule: Schedule = NEXT) -> None:
        """Let something go wrong; faults of the listener start at once and stay."""
        if fault.kind not in LISTENER:
            self._mischief.add(fault, schedule)
            return
        await self._listener.misbehave(fault.kind, self._now())
        if fault.lasting_s:
            self._recovery = asyncio.create_task(self._recover(fault.lasting_s))

    async def behave(self) -> None:
        """Drop all faults still to come and listen properly again."""
        self._mischief.clear()
        await self._listener.behave()
        self._changed()

    def go_on(self) -> None:
        """Send the rest of every answer that is held."""
        self._go_on.set()
        self._go_on = asyncio.Event()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Handout the requests of one connection."""
        while asked := await self._read(reader):
            self._requests.append(asked)
            sending = self._answer(asked)
            sending.transport = writer.transport
            self._changed()
            try:
                await self._send(sending, reader, writer)
            finally:
                sending.written_bytes = sending.snapshot().sent_bytes
                sending.ended = True
                self._changed()
            if not sending.plan.keep_alive:
                return

    async def _read(self, reader: asyncio.StreamReader) -> HttpRequest | None:
        try:
            text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return None
        first, *lines = text[:-4].split("\r\n")
        method, target, *_ = [*first.split(" "), "", ""]
        pairs = (line.partition(":") for line in lines)
        return HttpRequest(
            number=len(self._requests),
            at=self._now(),
            method=method,
            target=target,
            headers=tuple((name.strip().lower(), value.strip()) for name, _, value in pairs),
        )

    def _answer(self, asked: HttpRequest) -> _Sending:
        """Decide the answer; from here on the rows in it are gone from the file."""
        if plan := self._turned_away(asked):
            return self._sending(asked, plan, Plan())
        faults = self._mischief.due()
        rows = effects.spoil(self._pending, faults, self._surroundings())
        lines = tuple(self._line(row) for row in rows)
        body = head(self.setup.style) + b"".join(lines) if lines else b""
        if body:
            body = pack(self.setup.packing, "Master.csv", body, asked.at)
        usual = self._plan(body)
        plan = effects.distort(usual, faults)
        kept = plan.body is usual.body
        cleared = tuple(self._pending) if effects.clears(faults) else ()
        self._before = tuple(self._pending) if kept else self._before
        del self._pending[: len(cleared)]
        sending = self._sending(asked, plan, usual)
        sending.answer = replace(
            sending.answer,
            rows=rows if kept else (),
            lines=lines if kept else (),
            cleared=cleared,
            faults=faults,
        )
        self._sendings.append(sending)
        return sending

    def _turned_away(self, asked: HttpRequest) -> Plan | None:
        """The answer to a request that does not get as far as the file."""
        page = Plan(headers=effects.HTML, body=effects.LOGIN_PAGE, keep_alive=self.setup.keep_alive)
        if asked.path == "/login":
            return page
        if asked.path != self.setup.path:
            return replace(page, status=404, body=b"<h1>404 Not Found</h1>\n")
        if asked.method != "GET":
            return replace(page, status=405, body=b"", headers=(("Allow", "GET"),))
        if not admits(self.setup.authentication, asked):
            headers = (*effects.HTML, *challenge(self.setup.authentication))
            return replace(page, status=401, headers=headers)
        return None

    def _plan(self, body: bytes) -> Plan:
        kind = self.setup.content_type or CONTENT_TYPES[self.setup.packing]
        keep_alive = self.setup.keep_alive and self.setup.framing is not Framing.UNTIL_CLOSE
        return Plan(
            headers=(("Content-Type", kind),),
            body=body,
            framing=self.setup.framing,
            keep_alive=keep_alive,
        )

    def _sending(self, asked: HttpRequest, plan: Plan, usual: Plan) -> _Sending:
        framed = plan.framed()
        answer = Handout(
            number=asked.number,
            at=asked.at,
            status=plan.status,
            rows=(),
            lines=(),
            cleared=(),
            body=plan.body,
            body_sent=b"",
            sent_bytes=0,
            wire_bytes=len(plan.head()) + len(framed),
            ended=False,
            packing=self.setup.packing if plan.body is usual.body else Packing.TEXT,
            faults=(),
        )
        return _Sending(answer=answer, plan=plan, framed=framed)

    def _surroundings(self) -> effects.RowContext:
        return effects.RowContext(clock=self._wall, style=self.setup.style, chance=self._chance, before=self._before)

    def _line(self, row: AnyRow) -> bytes:
        return write(row, self.setup.style) if isinstance(row, CallRow) else row

    async def _send(self, sending: _Sending, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        plan = sending.plan
        wire = plan.head() + sending.framed
        cut = len(wire) if plan.cut_after is None else len(plan.head()) + plan.cut_after
        cut = 0 if plan.silent else min(cut, len(wire))
        if plan.delay_s:
            await asyncio.sleep(plan.delay_s)
        await _write(sending, writer, wire[:cut])
        if plan.cut_after is None:
            return
        if plan.ending is BreakOff.STALL:
            await reader.read()
        if plan.ending is BreakOff.HOLD:
            await self._hold()
            await _write(sending, writer, wire[cut:])
        if plan.ending is BreakOff.RESET:
            connection: socket.socket = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()

    async def _recover(self, after_s: float) -> None:
        await asyncio.sleep(after_s)
        await self._listener.behave()
        self._changed()

    async def _hold(self) -> None:
        self._held += 1
        self._changed()
        try:
            await self._go_on.wait()
        finally:
            self._held -= 1


async def _write(sending: _Sending, writer: asyncio.StreamWriter, wire: bytes) -> None:
    """Hand bytes to the network, counting them as they go."""
    pace = sending.plan.bytes_per_s
    size = max(1, pace // 20) if pace else PIECE_BYTES
    for start in range(0, len(wire), size):
        piece = wire[start : start + size]
        writer.write(piece)
        sending.written_bytes += len(piece)
        await writer.drain()
        if pace:
            await asyncio.sleep(len(piece) / pace)
