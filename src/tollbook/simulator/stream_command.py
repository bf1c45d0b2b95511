"""The simulator as a program that sends by itself: an office's records, or a file's, over one carrier."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from tollbook import clock
from tollbook.simulator.history import Switchboard
from tollbook.simulator.misbehaviour import Schedule
from tollbook.simulator.office import Office
from tollbook.simulator.row import CallRow
from tollbook.simulator.streams.faults import PbxFault
from tollbook.simulator.streams.pacing import Pace, paced
from tollbook.simulator.streams.pbx import StreamingPbx, StreamSetup
from tollbook.simulator.streams.wire import Carrier

BATCH_RECORDS = 1000

JSON_NAMES = (
    "account_code", "caller", "called", "source_channel", "destination_channel", "feature", "option1", "option2",
    "started_local", "answered_local", "ended_local", "total_s", "talk_s", "status", "call_id",
)  # fmt: skip
"""The columns of a row by the names they have in the dialect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveStream:
    """A PBX that sends by itself; ends after `duration_s` (None: when there are no more records)."""

    carrier: Carrier
    records: Iterable[bytes]
    setup: StreamSetup = field(default_factory=StreamSetup)
    pace: Pace = field(default_factory=Pace)
    backlog: int = 0
    """Records in its memory at the start."""
    duration_s: float | None = None
    faults: tuple[tuple[PbxFault, Schedule], ...] = ()
    say: Callable[[str], None] = lambda _line: None


def run_stream(stream: LiveStream) -> None:
    """Run the PBX until its time is up or Ctrl-C.

    Raises:
        ValueError: a fault cannot happen on its carrier.
        OSError: its port, device or folder cannot be had.
    """
    with suppress(KeyboardInterrupt):
        asyncio.run(serve_stream(stream))


async def serve_stream(stream: LiveStream) -> None:
    """As `run_stream`, on the caller's event loop; ends well when cancelled."""
    pbx = StreamingPbx(stream.carrier, stream.setup, say=stream.say)
    await pbx.start()
    try:
        stream.say(f"{stream.carrier.verb} {pbx.address}")
        for fault, schedule in stream.faults:
            await pbx.misbehave(fault, schedule)
        records = iter(stream.records)
        pbx.send(islice(records, stream.backlog))
        with suppress(TimeoutError):
            async with asyncio.timeout(stream.duration_s):
                room = sys.maxsize if stream.pace.rate else stream.setup.capacity or BATCH_RECORDS
                await pbx.feed(paced(records, stream.pace), room=room)
                await pbx.until_sent(patience_s=None)
    finally:
        await pbx.stop()
        stream.say(_summary(pbx))


def living(office: Office, write: Callable[[CallRow], bytes]) -> Iterator[bytes]:
    """Records of calls that end the moment they are asked for, without end."""
    exchange = Switchboard(office)
    while True:
        yield write(exchange.ended(int(clock.now().timestamp())))


def lines_of(path: Path) -> Iterator[bytes]:
    """The lines of a file, whatever its format, one after another."""
    with path.open("rb") as file:
        yield from file


def as_json(row: CallRow) -> bytes:
    """A row as a JSON object; durations are numbers, all else is text."""
    cells = zip(JSON_NAMES, row.columns, strict=True)
    return json.dumps({name: int(cell) if name.endswith("_s") else cell for name, cell in cells}).encode()


def _summary(pbx: StreamingPbx) -> str:
    box = pbx.outbox
    parts = {
        "sent": box.sent, "sent again": box.repeated, "waiting": box.waiting,
        "lost to a full memory": box.dropped, "lost by faults": box.skipped,
    }  # fmt: skip
    counted = ", ".join(f"{count} {what}" for what, count in parts.items() if count or what == "sent")
    return f"records: {counted}; connections: {pbx.connections}"
