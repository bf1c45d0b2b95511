"""Dialects: lines a second that each reads on one core, of records as the simulator writes them.

Measured is the reader alone, from lines in memory to columns of calls, in this process; the best of some runs, since a
slower one only tells what else the machine did. Beside them: what Python takes to divide the same lines at blanks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

import msgspec

from bench.scene import SPAN, UNTIL, ZONE, Fact, Result, Scene
from bench.tables import Table, count, ratio
from tollbook.clock import monotonic_s
from tollbook.dialects.authoring.cases import usual_arrival
from tollbook.dialects.known import layouts
from tollbook.dialects.layout.layout import Layout
from tollbook.dialects.reading.reader import Reader
from tollbook.engine.pipeline.cutters import CUTTERS
from tollbook.model.frame import Frames
from tollbook.model.pbx import Pbx
from tollbook.simulator.formats import PastCalls, calls_between, found_in
from tollbook.simulator.history import file_bytes, rows
from tollbook.simulator.office import Office
from tollbook.simulator.row import Style

_OWN_SIMULATOR = "panasonic-kx-hts"
_OFFICE = Office(zone=ZoneInfo(ZONE))
_COLUMNS = ("dialect", "form", "lines", "lines/s", "time, splitting = 1", "rejected")


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """How fast one dialect reads."""

    slug: str
    forms: tuple[str, ...]
    lines: int
    seconds: float
    split_s: float
    rejected: int

    @property
    def rate(self) -> float:
        """Lines a second."""
        return self.lines / self.seconds


def measure(scene: Scene) -> Result:
    """Measure every dialect whose records can be simulated."""
    read = [_read(scene, slug, layouts()[slug], data) for slug, data in _simulated(scene.sizes.dialect_calls)]
    fixed = [each.rate for each in read if each.forms == ("fixed",)]
    facts = {Fact.FIXED_RATE: min(fixed)} if fixed else {}
    return Result(tables=[_table(read)], facts=facts)


def _simulated(calls: int) -> Iterator[tuple[str, bytes]]:
    """Yield every dialect that can be simulated with a file of so many calls."""
    hts = rows(_OFFICE, start=UNTIL - SPAN, end=UNTIL, calls=calls)
    yield _OWN_SIMULATOR, b"".join(file_bytes(hts, Style()))
    for slug, found in found_in().items():
        writer = found.writer()
        past = PastCalls(office=_OFFICE, start=UNTIL - SPAN, end=UNTIL, calls=calls)
        yield slug, b"".join(writer.file(calls_between(past, writer.writes)))


def _read(scene: Scene, slug: str, layout: Layout, data: bytes) -> Read:
    scene.say(f"dialects: {slug}")
    cutter = CUTTERS[usual_arrival(layout)](layout.framed)
    parts = [cutter.feed(data), cutter.end()]
    frames = Frames(
        [raw for part in parts for raw in part.raws],
        [at for part in parts for at in part.offsets],
        int(UNTIL.timestamp()) * 1_000_000,
    )
    reader = Reader(layout, Pbx(name="bench", dialect=slug, source="", timezone=ZONE))
    return Read(
        slug=slug,
        forms=tuple(dict.fromkeys(record.form for record in layout.record)),
        lines=len(frames),
        seconds=_best(lambda: reader.read(frames), scene.sizes.repeats),
        split_s=_best(lambda: [raw.split() for raw in frames.raws], scene.sizes.repeats),
        rejected=len(reader.read(frames).rejected),
    )


def _best(work: Callable[[], object], repeats: int) -> float:
    """Return the seconds of the quickest of some runs."""
    taken = []
    for _ in range(repeats):
        begun = monotonic_s()
        work()
        taken.append(monotonic_s() - begun)
    return min(taken)


def _table(read: list[Read]) -> Table:
    return Table(
        title="Dialects: lines read a second on one core",
        columns=_COLUMNS,
        words=frozenset(("dialect", "form")),
        rows=[
            (
                each.slug,
                ", ".join(each.forms),
                count(each.lines),
                count(each.rate),
                ratio(each.seconds / each.split_s),
                count(each.rejected),
            )
            for each in sorted(read, key=lambda each: each.rate, reverse=True)
        ],
        notes=("Splitting is Python's bytes.split() of the same lines, which gives words and means nothing by them.",),
    )
