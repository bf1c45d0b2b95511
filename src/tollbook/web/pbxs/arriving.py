"""Bytes of a stream as somebody sees them who looks on: as they came, and cut into records with what became of each.

It is a show: what is stored comes from the journal by the engine's own way. Who begins to look in the middle of a
record sees its second half, and of a very large arrival only its beginning. A record of several lines whose end the
next one shows is seen with the next.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from tollbook.engine.capture.live_bytes import SHOWN, Arrived
from tollbook.engine.engine import Engine
from tollbook.framing.cutters import StreamCutter
from tollbook.model.frame import Frames
from tollbook.model.pbx import Pbx
from tollbook.model.reading import Reading
from tollbook.render.formatting import spelt
from tollbook.web.formats.sample_results import SampleResult, lines_of

_MOST_BODIES = 64
_LONGEST_SHOWN = 400
_CALL = "{direction} {outcome}: {caller} to {called}"


class ArrivedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record as it was cut, with its number since somebody looks on, and what became of it in words."""

    number: int
    raw: str
    fate: str
    told: str


class ShownArrival(msgspec.Struct, frozen=True, kw_only=True):
    """What arrived at once: when (UTC, ISO 8601), in which body of the journal, its text, the records it completes."""

    at: str
    body: int
    raw: str
    records: list[ArrivedRecord]


class Onlooker:
    """One who looks on at the bytes of a PBX."""

    def __init__(self, engine: Engine, pbx: Pbx) -> None:
        self._engine, self._pbx = engine, pbx
        self._cutters: dict[int, StreamCutter] = {}
        self._records = 0

    def see(self, arrived: Arrived) -> ShownArrival:
        """Return what is to be shown of an arrival; raises `Misconfigured` when the PBX's dialect cannot be used."""
        declared = self._engine.catalogue.layout_of(self._pbx.dialect).framed
        cutter = self._cutters.pop(arrived.body, None) or StreamCutter(declared)
        if len(arrived.data) < SHOWN:  # else its end is not here, and what comes next does not go on with it
            self._cutters[arrived.body] = cutter
        if len(self._cutters) > _MOST_BODIES:
            self._cutters.pop(next(iter(self._cutters)))
        moment = datetime.fromtimestamp(arrived.at / 1e6, UTC)
        return ShownArrival(
            at=moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            body=arrived.body,
            raw=spelt(arrived.data, broken=True),
            records=self._read(cutter, arrived),
        )

    def _read(self, cutter: StreamCutter, arrived: Arrived) -> list[ArrivedRecord]:
        found, endless = cutter.feed(arrived.data), cutter.rejected
        cutter.rejected = []
        if not len(found) and not endless:
            return []
        read = self._engine.catalogue.reader_for(self._pbx).read(Frames(found.raws, found.offsets, arrived.at))
        whole = Reading(read.calls, read.skipped, [*read.rejected, *endless])
        return [self._record(line) for line in lines_of(whole)]

    def _record(self, line: SampleResult) -> ArrivedRecord:
        self._records += 1
        raw = line.raw if len(line.raw) <= _LONGEST_SHOWN else line.raw[:_LONGEST_SHOWN] + "…"
        return ArrivedRecord(number=self._records, raw=raw, fate=line.fate, told=_told(line))


def _told(line: SampleResult) -> str:
    if line.fate == "call":
        return _CALL.format(**{name: value or "—" for name, value in line.fields})
    what = "no record" if line.fate == "skipped" else "not readable"
    return f"{what}: {line.reason}" + (f" (column {line.column})" if line.column else "")


def last_shown(engine: Engine, pbx: Pbx) -> ShownArrival | None:
    """Return the end of what a PBX sent last, None when it has never sent anything."""
    arrived = engine.last_bytes(pbx.name)
    return Onlooker(engine, pbx).see(arrived) if arrived else None
