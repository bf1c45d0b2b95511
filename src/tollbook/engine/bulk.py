"""Other processes that read records while much has come at once, as when history is imported.

Reading is Python's share of the work and holds its lock; two processes read while a third thread writes. They are
started for a backlog and ended after it, so that an idle server carries none of them.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from zoneinfo import ZoneInfoNotFoundError

import msgspec

from tollbook.dialects.known import Catalogue
from tollbook.dialects.layout import Layout
from tollbook.dialects.reader import Reader
from tollbook.engine.pipeline import Job, read_jobs, rejects_all
from tollbook.engine.reading import ReadFrames
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Misconfigured
from tollbook.model.rules import Rules
from tollbook.store.batch import Read

WORTH_IT = 4 << 20
"""Bytes that must be waiting before processes are started for them."""
_MOST_PROCESSES = 4

PbxOf = Callable[[str], Pbx | None]


class Setup(msgspec.Struct, frozen=True):
    """What a PBX's records are read with: the PBX and its layout, or why they cannot be read."""

    pbx: Pbx | None
    layout: Layout | None
    trouble: str = ""


SetupOf = Callable[[str], Setup]


def setups(pbx_of: PbxOf, catalogue: Catalogue) -> SetupOf:
    """Return what tells how a PBX is set up now."""

    def setup_of(name: str) -> Setup:
        pbx = pbx_of(name)
        if pbx is None:
            return Setup(None, None, f"no PBX called {name!r} is set up; add it, then retry the rejects")
        try:
            return Setup(pbx, catalogue.layout_of(pbx.dialect))
        except Misconfigured as fault:
            return Setup(pbx, None, fault.problems[0].what)

    return setup_of


class Readers:
    """Finds the reader of a PBX by name, and keeps it while its settings and its layout stay the same.

    PBXs that write alike have one and the same reader, by which `read_together` knows that they do.
    """

    def __init__(self, setup_of: SetupOf) -> None:
        self._setup_of = setup_of
        self._kept: dict[str, tuple[Setup, Reader]] = {}
        self._shared: dict[tuple[str, ...], tuple[Layout, Reader]] = {}

    def of(self, name: str) -> ReadFrames:
        """Return what reads a PBX's frames; one that is not set up, or not rightly, has every record rejected."""
        setup = self._setup_of(name)
        if setup.pbx is None or setup.layout is None:
            return rejects_all(setup.trouble)
        kept = self._kept.get(name)
        if kept is None or kept[0].pbx != setup.pbx or not _same(kept[0].layout, setup.layout):
            try:
                kept = self._kept[name] = (setup, self._reader(setup.layout, setup.pbx))
            except ZoneInfoNotFoundError as fault:
                return rejects_all(str(fault))
        return kept[1].read

    def _reader(self, layout: Layout, pbx: Pbx) -> Reader:
        """Return a reader for a PBX: the one of others that write alike, where there is one."""
        options = [f"{name}={pbx.settings[name]}" for name in sorted(layout.option) if name in pbx.settings]
        key = (pbx.dialect, pbx.timezone, *options)
        shared = self._shared.get(key)
        if shared is None or not _same(shared[0], layout):
            shared = self._shared[key] = (layout, Reader(layout, pbx))
        return shared[1]

    def rules_of(self, name: str) -> Rules | None:
        """Return how a PBX's records are assembled; None where each is a whole call, or none can be read."""
        layout = self._setup_of(name).layout
        return layout.assembly if layout else None


def _same(one: Layout | None, other: Layout | None) -> bool:
    """Compare layouts; those of the catalogue are mostly the same value, which is seen at once."""
    return one is other or one == other


class Bulk:
    """Reads jobs here, or in processes of its own while there is much to do."""

    def __init__(self, pbx_of: PbxOf, catalogue: Catalogue) -> None:
        self.setup_of = setups(pbx_of, catalogue)
        self._readers = Readers(self.setup_of)
        self._processes: ProcessPoolExecutor | None = None

    @property
    def depth(self) -> int:
        """How many reads may be under way at once."""
        return _count() + 1 if self._processes else 1

    def reader_of(self, name: str) -> ReadFrames:
        """Return what reads a PBX's frames in this process."""
        return self._readers.of(name)

    def rules_of(self, name: str) -> Rules | None:
        """Return how a PBX's records are assembled into calls."""
        return self._readers.rules_of(name)

    def expect(self, waiting_bytes: int) -> None:
        """Start processes where so much waits that they are worth it."""
        if self._processes is None and waiting_bytes >= WORTH_IT and _count() > 1:
            context = multiprocessing.get_context("spawn")
            self._processes = ProcessPoolExecutor(_count(), context, initializer=_prepare)

    def read(self, jobs: list[Job]) -> Future[Read]:
        """Read jobs, here or elsewhere."""
        if self._processes:
            pbxs = {job.pbx for job in jobs}
            return self._processes.submit(_read, jobs, {name: self.setup_of(name) for name in pbxs})
        done: Future[Read] = Future()
        done.set_result(read_jobs(jobs, self._readers.of, self._readers.rules_of))
        return done

    def rest(self) -> None:
        """End the processes: the backlog is done."""
        if self._processes:
            self._processes.shutdown(cancel_futures=True)
            self._processes = None


def _count() -> int:
    return min(os.cpu_count() or 1, _MOST_PROCESSES)


_known: dict[str, Setup] = {}
_readers = Readers(_known.__getitem__)


def _read(jobs: list[Job], setups: dict[str, Setup]) -> Read:
    _known.update(setups)
    return read_jobs(jobs, _readers.of, _readers.rules_of)


def _prepare() -> None:
    """Leave interrupts to the parent, and end when it does, however it does."""
    import gc

    gc.disable()  # a batch is lists of strings without cycles, and is dropped whole
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)
