"""The simulator as a program: a live office behind either mode, or a file of history.

A call's record is written when the call ends, so that its end time is the present; calls
end at random, so many a minute. `say` gets one line per event, for a terminal.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from tollbook import clock
from tollbook.simulator.answer import Handout
from tollbook.simulator.history import Switchboard, file_bytes, rows
from tollbook.simulator.kx_hts import KxHts, KxHtsSetup
from tollbook.simulator.misbehaviour import PbxFault, Schedule
from tollbook.simulator.office import Office
from tollbook.simulator.packing import Packing, pack
from tollbook.simulator.row import CallRow, Style
from tollbook.simulator.web_console import MASTER, ConsoleSetup, WebConsole


def silence(_line: str) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """How a live office runs: calls a minute, and seconds until it closes (None: never)."""

    office: Office = field(default_factory=Office)
    rate_per_minute: float = 6.0
    duration_s: float | None = None
    say: Callable[[str], None] = silence


@dataclass(frozen=True, slots=True, kw_only=True)
class External:
    """An office behind External Application mode."""

    setup: KxHtsSetup = field(default_factory=KxHtsSetup)
    live: Live = field(default_factory=Live)
    faults: tuple[tuple[PbxFault, Schedule], ...] = ()
    backlog: int = 0
    """Rows in the file at the start, of calls within the last hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """An office behind Web Console mode; Master.csv is rotated after so many rows."""

    setup: ConsoleSetup
    live: Live = field(default_factory=Live)
    rotate_after_rows: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFile:
    """A file of calls that ended within `span` before `until`, an aware instant."""

    out: Path
    until: datetime
    rows: int = 100_000
    span: timedelta = timedelta(days=90)
    office: Office = field(default_factory=Office)
    style: Style = field(default_factory=Style)
    packing: Packing = Packing.TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class OutFile:
    """A file to be written: where, in which packing, and when it was last changed."""

    out: Path
    packing: Packing
    until: datetime


def run_external(external: External) -> None:
    """Run a PBX in External Application mode until its time is up or Ctrl-C."""
    with suppress(KeyboardInterrupt):
        asyncio.run(serve_external(external))


def run_console(console: Console) -> None:
    """Run a PBX in Web Console mode until its time is up or Ctrl-C."""
    with suppress(KeyboardInterrupt):
        asyncio.run(serve_console(console))


async def serve_external(external: External) -> None:
    """As `run_external`, on the caller's event loop; ends well when cancelled."""
    live = external.live
    teller = _Teller(live.say)
    pbx = KxHts(external.setup, changed=lambda: teller.tell(pbx))
    await pbx.start()
    try:
        live.say(f"listening on {pbx.url}")
        for fault, schedule in external.faults:
            await pbx.misbehave(fault, schedule)
        pbx.add(_backlog(live.office, external.backlog))
        async for row in calls(live):
            pbx.add([row])
    finally:
        await pbx.stop()


async def serve_console(console: Console) -> None:
    """As `run_console`, on the caller's event loop; ends well when cancelled."""
    live, pbx = console.live, WebConsole(console.setup)
    live.say(f"writing to {pbx.master}")
    count = 0
    try:
        async for row in calls(live):
            pbx.add([row])
            count += 1
            if count % console.rotate_after_rows == 0:
                live.say(f"rotated to {pbx.rotate(clock.now()).name}")
    finally:
        pbx.finish()


async def calls(live: Live) -> AsyncIterator[CallRow]:
    """Rows of calls, each as it ends; gaps between them are exponential (a Poisson process)."""
    exchange = Switchboard(live.office)
    gaps = random.Random(f"{live.office.seed} gaps")  # noqa: S311 - repeatable, not secret
    left_s = live.duration_s if live.duration_s is not None else float("inf")
    while True:
        gap_s = gaps.expovariate(live.rate_per_minute / 60) if live.rate_per_minute else left_s
        if gap_s >= left_s:
            await _pass(left_s)
            return
        await asyncio.sleep(gap_s)
        left_s -= gap_s
        row = exchange.ended(int(clock.now().timestamp()))
        live.say(described(row))
        yield row


def described(row: CallRow) -> str:
    """A row in a few words, for a terminal."""
    meant = row.meant
    caller = meant.caller or "withheld"
    return f"{meant.direction} {caller} -> {meant.called}: {meant.outcome}, {meant.talk_s} s"


def write_history(history: HistoryFile) -> int:
    """Write the file, in order of the calls' ends; returns its size in bytes."""
    start = history.until - history.span
    records = rows(history.office, start=start, end=history.until, calls=history.rows)
    blocks = file_bytes(records, history.style)
    return write_file(OutFile(out=history.out, packing=history.packing, until=history.until), blocks)


def write_file(written: OutFile, blocks: Iterator[bytes]) -> int:
    """Write a file of records; returns its size in bytes."""
    if written.packing is not Packing.TEXT:
        packed = pack(written.packing, MASTER, b"".join(blocks), written.until)
        return written.out.write_bytes(packed)
    with written.out.open("wb") as file:
        return sum(file.write(block) for block in blocks)


def _backlog(office: Office, count: int) -> list[CallRow]:
    end = clock.now()
    return list(rows(office, start=end - timedelta(hours=1), end=end, calls=count))


async def _pass(seconds: float) -> None:
    """Wait so long, for ever included."""
    if seconds == float("inf"):
        await asyncio.Event().wait()
    await asyncio.sleep(seconds)


class _Teller:
    """Says once what became of each request."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._requests = 0
        self._answers = 0

    def tell(self, pbx: KxHts) -> None:
        """Say what is new."""
        if self._say is silence:
            return
        for asked in pbx.requests[self._requests :]:
            way = asked.authentication or "no"
            self._say(f"{asked.method} {asked.path} with {way} credentials")
            self._requests += 1
        for answer in pbx.handed_out_from(self._answers):
            if not answer.ended:
                return
            self._answers += 1
            self._say(_outcome(answer))


def _outcome(answer: Handout) -> str:
    faults = ", ".join(fault.kind.value for fault in answer.faults) or "no fault"
    rows_sent = f"{len(answer.lines_sent)} of {len(answer.cleared)} cleared rows sent"
    return f"answered {answer.status}: {rows_sent}, {answer.sent_bytes} bytes, {faults}"
