"""A format read from bytes into a store, and the figures of what was read: the way that a parse is judged by."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from tollbook.dialects.authoring.cases import usual_arrival
from tollbook.dialects.checks.all_checks import suspicions
from tollbook.dialects.layout.layout import Layout
from tollbook.dialects.reading.reader import Reader
from tollbook.engine.pipeline.cutters import CUTTERS
from tollbook.model.frame import Frames
from tollbook.model.parse_figures import ParseFigures
from tollbook.model.pbx import Pbx
from tollbook.model.reading import Reading
from tollbook.store.batch import Batch, Piece, pack
from tollbook.store.ledger import Ledger
from tollbook.store.parse_figures import parse_figures
from tollbook.store.store import Store


def read_bytes(data: bytes, layout: Layout, pbx: Pbx, at: datetime) -> Reading:
    """Return what a layout makes of bytes that arrived at a moment."""
    cutter = CUTTERS[usual_arrival(layout)](layout.framed)
    parts = [cutter.feed(data), cutter.end()]
    frames = Frames([raw for part in parts for raw in part.raws], [at for part in parts for at in part.offsets])
    arrived = msgspec.structs.replace(frames, received_at=int(at.timestamp()) * 1_000_000)
    return Reader(layout, pbx).read(arrived)


@contextmanager
def a_store(folder: Path) -> Iterator[Store]:
    """Open an empty store."""
    folder.mkdir(exist_ok=True)
    store = Store(folder / "calls.duckdb")
    try:
        yield store
    finally:
        store.close()


def put_reading(store: Store, reading: Reading, at: datetime, *, body: int = 1) -> None:
    """Store what was read of the PBX `front` at a moment."""
    micros = int(at.timestamp()) * 1_000_000
    piece = Piece(pbx="front", body=body, stream=True, member=0, received_at=micros, reading=reading)
    store.write(Batch(reads=[pack([piece])], entry=body, unfinished={}))


def figures_of(store: Store, now: datetime) -> ParseFigures:
    """Return the figures of the PBX `front`."""
    return parse_figures(Ledger(store), now).get("front", ParseFigures())


def found_in_reading(folder: Path, reading: Reading, now: datetime) -> dict[str, str]:
    """Return the checks that find something in what was read, and what they saw."""
    with a_store(folder) as store:
        put_reading(store, reading, now)
        return {each.check: each.seen for each in suspicions(figures_of(store, now))}
