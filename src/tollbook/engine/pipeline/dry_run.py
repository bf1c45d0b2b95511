"""Reads a file as an import would, and stores nothing: what it would add, and what of it cannot be read.

The bytes go the way of every body, from framing to the keys of records, a megabyte at a time.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO

import msgspec

from tollbook.clock import now_us
from tollbook.dialects.known import Catalogue
from tollbook.engine.formats_for import formats_for
from tollbook.engine.pipeline.bulk import Readers, SetupOf
from tollbook.framing.bodies import Cut, OpenBody
from tollbook.framing.cutters import LineCutter
from tollbook.framing.lines import frames_of
from tollbook.framing.samples import text_sample
from tollbook.model.archive import BadArchive
from tollbook.model.body import Ending
from tollbook.model.dry_run import DryFit, DryReject, DryRun
from tollbook.model.frame import Block, Frames, Rejected
from tollbook.model.limits import DRY_RUN_REJECTS, LARGEST_PIECE
from tollbook.model.pbx import Pbx
from tollbook.model.reading import Reading
from tollbook.render.formatting import spelt
from tollbook.store.batch import Piece, pack
from tollbook.store.fresh import FreshRecords
from tollbook.store.ledger import Ledger

Opener = Callable[[], IO[bytes]]
_SHOWN = 200
"""Letters that are shown of a record."""
_FITS = 3
"""Formats that are named."""
_SAMPLE = 1 << 18


class DryReading:
    """One dry run of a file of a PBX. `run` it once; `read` says how many bytes it has gone through."""

    def __init__(self, opener: Opener, pbx: str, readers: Readers) -> None:
        self.open, self._pbx, self._readers = opener, pbx, readers
        self._counts: Counter[str] = Counter()
        self._skips: Counter[str] = Counter()
        self._rejects: list[DryReject] = []
        self._lines = _LineNumbers()
        self.read = 0
        self.stopped = False

    def run(self, ledger: Ledger) -> DryRun:
        """Read the file and compare it with a ledger; raises OSError where it cannot be read."""
        fresh = FreshRecords(ledger)
        try:
            for cut in self._cuts():
                if self.stopped:
                    break
                self._take(cut, fresh)
            there = fresh.count()
        finally:
            fresh.close()
        counts = self._counts
        return DryRun(
            frames=counts["frames"],
            calls=there.calls,
            duplicates=counts["records"] - there.calls + counts["rejected"] - there.rejects,
            skipped=counts["skipped"],
            rejected=there.rejects,
            skips=dict(self._skips.most_common()),
            rejects=self._rejects,
            readable=counts["records"] > 0 or counts["rejected"] == 0,
        )

    def _cuts(self) -> Iterator[Cut]:
        body = OpenBody(self.open, declared=self._readers.declared_of(self._pbx))
        with self.open() as file:
            for piece in iter(partial(file.read, LARGEST_PIECE), b""):
                cut = body.feed(piece)
                if body.is_archive:
                    break
                self.read += len(piece)
                yield cut
        yield from body.end(Ending.COMPLETE, "")

    def _take(self, cut: Cut, fresh: FreshRecords) -> None:
        frames = frames_of(cut.block)
        frames = Frames(frames.raws, frames.offsets, now_us())
        reading = self._readers.of(self._pbx)(frames)
        reading = Reading(reading.calls, reading.skipped, [*reading.rejected, *cut.rejected])
        self._counts.update(
            frames=reading.frames,
            records=len(reading.calls),
            skipped=len(reading.skipped),
            rejected=len(reading.rejected),
        )
        self._skips.update(skip.reason for skip in reading.skipped)
        self._lines.begin(cut)
        self._rejects += [self._shown(each, cut) for each in reading.rejected[: DRY_RUN_REJECTS - len(self._rejects)]]
        self._lines.end(cut)
        piece = Piece(
            pbx=self._pbx,
            body=0,
            stream=False,
            member=cut.member,
            received_at=frames.received_at,
            reading=reading,
            rules=self._readers.rules_of(self._pbx),
        )
        fresh.add(pack([piece]))

    def _shown(self, reject: Rejected, cut: Cut) -> DryReject:
        return DryReject(
            line=self._lines.of(reject, cut.block),
            member=cut.member,
            reason=reject.reason,
            field=reject.column,
            raw=spelt(reject.raw[:_SHOWN]),
        )


class _LineNumbers:
    """Counts the lines of one member after another, as an editor does."""

    def __init__(self) -> None:
        self._member, self._before, self._last = 0, 0, b""

    def begin(self, cut: Cut) -> None:
        if cut.member != self._member:
            self._member, self._before, self._last = cut.member, 0, b""

    def of(self, reject: Rejected, block: Block) -> int:
        into = block.data[: max(reject.offset - block.offset, 0)]
        return self._before + _ends(into, self._last) + 1

    def end(self, cut: Cut) -> None:
        self._before += _ends(cut.block.data, self._last)
        self._last = cut.block.data[-1:] or self._last


def _ends(data: bytes, last: bytes) -> int:
    """Return how many lines end in some bytes; CR LF is one end, even if another piece ended in between."""
    halved = last == b"\r" and data.startswith(b"\n")
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n") - halved


def fits_of(opener: Opener, catalogue: Catalogue) -> list[DryFit]:
    """Return the formats that would read a file, best first."""
    try:
        with opener() as file:
            sample = text_sample(file, _SAMPLE)
    except BadArchive:
        return []
    fits = formats_for(sample, catalogue, most=_FITS)
    return [DryFit(slug=fit.slug, title=fit.title, lines=fit.lines, calls=fit.calls) for fit in fits]


class DryRuns:
    """Makes dry runs of one site, with the settings and formats of the moment. Safe to use from several threads."""

    def __init__(self, setup_of: SetupOf, catalogue: Catalogue, ledger: Ledger) -> None:
        self._setup_of, self._catalogue, self._ledger = setup_of, catalogue, ledger

    def begin(self, opener: Opener, pbx: str) -> DryReading:
        """Return the dry run of a file of a PBX, to be run."""
        return DryReading(opener, pbx, Readers(self._setup_of))

    def run(self, reading: DryReading) -> DryRun:
        """Run it; where nothing can be read, name the formats that would. Raises OSError where there is no file."""
        found = reading.run(self._ledger)
        return found if found.readable else msgspec.structs.replace(found, fits=fits_of(reading.open, self._catalogue))

    def of_text(self, text: bytes, pbx: str) -> DryRun:
        """Return what some text would give."""
        return self.run(self.begin(partial(io.BytesIO, text), pbx))


def read_text(catalogue: Catalogue, pbx: Pbx, text: bytes) -> Reading:
    """Read pasted records as a PBX's would be."""
    cutter = LineCutter(catalogue.layout_of(pbx.dialect).framed)
    first, last = cutter.feed(text), cutter.end()
    frames = Frames(first.raws + last.raws, first.offsets + last.offsets, now_us())
    found = catalogue.reader_for(pbx).read(frames)
    return Reading(found.calls, found.skipped, [*found.rejected, *cutter.rejected])
