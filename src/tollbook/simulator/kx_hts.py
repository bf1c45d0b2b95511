"""A KX-HTS in "External Application" mode: one HTTP server and one file of call records.

The file is handed out to whoever asks rightly, and is cleared the moment the answer begins; what the reader does not
receive is lost. The HTTP is our own, so that it can go wrong at any byte. The ledger `handed_out` keeps what every
answer held and how much of it got out.
"""

import asyncio
import random
import ssl
from collections.abc import Callable, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from tollbook import clock
from tollbook.simulator import answers
from tollbook.simulator.answers import Framing, Handout, Plan
from tollbook.simulator.authentication import Authentication, HttpRequest, admits, challenge
from tollbook.simulator.faults import OF_ANSWERS, OF_PORT, BreakOff
from tollbook.simulator.packing import CONTENT_TYPES, MASTER, Packing, pack
from tollbook.simulator.pbx import SimulatedPbx
from tollbook.simulator.port import PbxPort, reset
from tollbook.simulator.row import AnyRow, CallRow, Style, WallClock, head, write

__all__ = ["AnyRow", "Handout", "HttpRequest", "KxHts", "KxHtsSetup"]

PIECE_BYTES = 65536


class KxHtsSetup(msgspec.Struct, frozen=True, kw_only=True):
    """How the PBX is set up. Port 0 takes a free one; `zone` is that of its wall clock."""

    host: str = "127.0.0.1"
    port: int = 0
    path: str = "/cdr/Master.csv"
    authentication: Authentication = Authentication()
    style: Style = Style()
    packing: Packing = Packing.TEXT
    content_type: str | None = None
    """None: the one that fits the packing."""
    framing: Framing = Framing.LENGTH
    keep_alive: bool = False
    tls: ssl.SSLContext | None = None
    capacity: int | None = None
    """Rows the PBX holds; beyond them the oldest are lost. None: any number."""
    zone: ZoneInfo = msgspec.field(default_factory=lambda: ZoneInfo("America/New_York"))
    seed: int = 1


class KxHts(SimulatedPbx[AnyRow]):
    """The PBX."""

    listener: PbxPort
    knows = OF_ANSWERS | OF_PORT

    def __init__(self, setup: KxHtsSetup, *, now: Callable[[], datetime] = clock.now) -> None:
        super().__init__(setup.seed, now=now)
        self.setup = setup
        self.pending: list[AnyRow] = []
        """Rows in the file."""
        self.dropped: list[AnyRow] = []
        """Rows lost because the file was full."""
        self.requests: list[HttpRequest] = []
        """Everything asked of it so far."""
        self.handed_out: list[Handout] = []
        """Every answer to a reader with the right credentials, whatever became of it."""
        self.listener = PbxPort(setup.host, setup.port, self._converse, tls=setup.tls)
        self._chance = random.Random(f"{setup.seed} garbage")  # noqa: S311 - repeatable
        self._wall = WallClock(setup.zone)
        self._before: tuple[AnyRow, ...] = ()

    @property
    def address(self) -> str:
        return f"{'https' if self.listener.tls else 'http'}://{self.listener.address}{self.setup.path}"

    @property
    def waiting(self) -> int:
        return len(self.pending)

    @property
    def ended(self) -> int:
        """How many answers have ended, whole or not."""
        return sum(answer.ended for answer in self.handed_out)

    async def start(self) -> None:
        await self.listener.open()

    async def stop(self) -> None:
        await super().stop()
        await self.listener.close()

    async def finished(self) -> None:
        await asyncio.Event().wait()

    def add(self, records: Iterable[AnyRow]) -> None:
        self.pending.extend(records)
        surplus = len(self.pending) - (self.setup.capacity or len(self.pending))
        self.dropped += self.pending[:surplus]
        del self.pending[:surplus]
        self.note()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        while request := await self._read(reader):
            self.requests.append(request)
            answer = self._answer(request)
            answer.unsent = writer.transport.get_write_buffer_size
            self.note()
            try:
                await self._send(answer, reader, writer)
            finally:
                answer.written_bytes, answer.unsent = answer.sent_bytes, lambda: 0
                answer.ended = True
                self.note()
            if not answer.plan.keep_alive:
                return

    async def _read(self, reader: asyncio.StreamReader) -> HttpRequest | None:
        try:
            text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return None
        first, *lines = text[:-4].split("\r\n")
        method, target, *_ = [*first.split(" "), "", ""]
        pairs = (line.partition(":") for line in lines)
        headers = tuple((name.strip().lower(), value.strip()) for name, _, value in pairs)
        number = len(self.requests)
        return HttpRequest(number=number, at=self.now(), method=method, target=target, headers=headers)

    def _answer(self, request: HttpRequest) -> Handout:
        """Decide the answer; from here on the rows in it are gone from the file."""
        if turned_away := self._turned_away(request):
            return Handout(number=request.number, at=request.at, plan=turned_away)
        faults = self._faults.due()
        context = answers.RowContext(
            clock=self._wall, style=self.setup.style, chance=self._chance, before=self._before,
        )  # fmt: skip
        rows = answers.spoil(self.pending, faults, context)
        lines = tuple(write(row, self.setup.style) if isinstance(row, CallRow) else row for row in rows)
        body = head(self.setup.style) + b"".join(lines) if lines else b""
        if body:
            body = pack(self.setup.packing, MASTER, body, request.at)
        plan = answers.distort(self._plan(body), faults)
        cleared = tuple(self.pending) if answers.clears(faults) else ()
        answer = Handout(number=request.number, at=request.at, plan=plan, cleared=cleared, faults=faults)
        if plan.body is body:
            self._before = tuple(self.pending)
            answer.rows, answer.lines, answer.packing = rows, lines, self.setup.packing
        del self.pending[: len(cleared)]
        self.handed_out.append(answer)
        return answer

    def _turned_away(self, request: HttpRequest) -> Plan | None:
        """The answer to a request that does not get as far as the file."""
        page = Plan(headers=answers.HTML, body=answers.LOGIN_PAGE, keep_alive=self.setup.keep_alive)
        if request.path == "/login":
            return page
        if request.path != self.setup.path:
            return msgspec.structs.replace(page, status=404, body=b"<h1>404 Not Found</h1>\n")
        if request.method != "GET":
            return msgspec.structs.replace(page, status=405, body=b"", headers=(("Allow", "GET"),))
        if not admits(self.setup.authentication, request):
            headers = (*answers.HTML, *challenge(self.setup.authentication))
            return msgspec.structs.replace(page, status=401, headers=headers)
        return None

    def _plan(self, body: bytes) -> Plan:
        setup = self.setup
        return Plan(
            headers=(("Content-Type", setup.content_type or CONTENT_TYPES[setup.packing]),),
            body=body,
            framing=setup.framing,
            keep_alive=setup.keep_alive and setup.framing is not Framing.UNTIL_CLOSE,
        )

    async def _send(self, answer: Handout, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        plan = answer.plan
        wire = plan.head() + plan.framed()
        cut = len(wire) if plan.cut_after is None else len(plan.head()) + plan.cut_after
        cut = 0 if plan.silent else min(cut, len(wire))
        if plan.delay_s:
            await asyncio.sleep(plan.delay_s)
        await _write(answer, writer, wire[:cut])
        if plan.cut_after is None:
            return
        if plan.ending is BreakOff.STALL:
            await reader.read()
        if plan.ending is BreakOff.HOLD:
            await self.hold()
            await _write(answer, writer, wire[cut:])
        if plan.ending is BreakOff.RESET:
            reset(writer)


async def _write(answer: Handout, writer: asyncio.StreamWriter, wire: bytes) -> None:
    """Hand bytes to the network, counting them as they go."""
    pace = answer.plan.bytes_per_s
    size = max(1, pace // 20) if pace else PIECE_BYTES
    for start in range(0, len(wire), size):
        piece = wire[start : start + size]
        writer.write(piece)
        answer.written_bytes += len(piece)
        await writer.drain()
        if pace:
            await asyncio.sleep(len(piece) / pace)
