"""A simulated PBX as a program: it starts, has calls recorded as they end, and stops by the clock or by Ctrl-C."""

import asyncio
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Generic, TypeVar

import msgspec

from tollbook import clock
from tollbook.simulator.faults import PbxFault
from tollbook.simulator.history import Switchboard
from tollbook.simulator.kx_hts import Handout, KxHts
from tollbook.simulator.office import Office
from tollbook.simulator.pbx import SimulatedPbx
from tollbook.simulator.row import CallRow
from tollbook.simulator.streams.outbox import Pace, paced

_Record = TypeVar("_Record")
Say = Callable[[str], None]
"""Takes a line for a terminal."""


def silence(_line: str) -> None:
    """Say nothing."""


class Run(msgspec.Struct, Generic[_Record], frozen=True, kw_only=True):
    """A PBX, the calls it has, and how it goes wrong; it ends after `duration_s`, or with its records (None)."""

    pbx: SimulatedPbx[_Record]
    records: Iterable[_Record]
    pace: Pace = Pace()
    backlog: Iterable[_Record] = ()
    """Records in its memory at the start."""
    room: int = sys.maxsize
    """Records that may wait before it takes more of them."""
    faults: tuple[PbxFault, ...] = ()
    duration_s: float | None = None
    say: Say = silence


def run(program: Run[_Record]) -> None:
    """Run the PBX until its time is up or Ctrl-C.

    Raises:
        ValueError: it cannot show a fault.
        OSError: its port, device or folder cannot be had.
    """
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(program))


async def serve(program: Run[_Record]) -> None:
    """As `run`, on the caller's event loop; ends well when cancelled."""
    pbx, say = program.pbx, program.say
    await pbx.start()
    try:
        say(f"{pbx.verb} {pbx.address}")
        for fault in program.faults:
            await pbx.misbehave(fault)
        pbx.add(program.backlog)
        with suppress(TimeoutError):
            async with asyncio.timeout(program.duration_s):
                await pbx.feed(paced(program.records, program.pace), room=program.room)
                await pbx.finished()
    finally:
        await pbx.stop()
        if summary := pbx.summary():
            say(summary)


def calls_now(office: Office, say: Say = silence) -> Iterator[CallRow]:
    """Rows of calls that end the moment they are asked for, without end."""
    exchange = Switchboard(office)
    while True:
        row = exchange.ended(int(clock.now().timestamp()))
        if say is not silence:
            meant = row.meant
            caller = meant.caller or "withheld"
            say(f"{meant.direction} {caller} -> {meant.called}: {meant.outcome}, {meant.talk_s} s")
        yield row


def tell_answers(pbx: KxHts, say: Say) -> None:
    """Say once what becomes of each request."""
    requests = answers = 0

    def tell() -> None:
        nonlocal requests, answers
        for request in pbx.requests[requests:]:
            say(f"{request.method} {request.path} with {request.authentication or 'no'} credentials")
            requests += 1
        for answer in pbx.handed_out[answers:]:
            if not answer.ended:
                return
            answers += 1
            say(_outcome(answer))

    pbx.changed = tell


def _outcome(answer: Handout) -> str:
    faults = ", ".join(fault.kind.value for fault in answer.faults) or "no fault"
    rows_sent = f"{len(answer.lines_sent)} of {len(answer.cleared)} cleared rows sent"
    return f"answered {answer.status}: {rows_sent}, {answer.sent_bytes} bytes, {faults}"
