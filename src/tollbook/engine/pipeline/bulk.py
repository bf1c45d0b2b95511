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
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

import msgspec

from tollbook.dialects.known import Catalogue
from tollbook.dialects.layout.layout import Layout
from tollbook.dialects.reading.reader import Reader
from tollbook.engine.jobs import end_with_parent
from tollbook.engine.pipeline.failing import Careful, NoProcess, ProcessEnded, all_rejected, in_parts, reason_of
from tollbook.engine.pipeline.handed import Handing, NotHanded, keep_memory
from tollbook.engine.pipeline.pipeline import Job, halves_of, read_jobs, rejects_all
from tollbook.engine.pipeline.reading import ReadFrames
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Misconfigured
from tollbook.model.record_lines import RecordLines
from tollbook.model.rules import Rules
from tollbook.store.batch import PackedReading

WORTH_IT = 4 << 20
"""Bytes that must be waiting before processes are started for them."""
_MOST_PROCESSES = 4

PbxOf = Callable[[str], Pbx | None]


class ReaderSetup(msgspec.Struct, frozen=True):
    """What a PBX's records are read with: the PBX and its layout, or why they cannot be read."""

    pbx: Pbx | None
    layout: Layout | None
    trouble: str = ""


SetupOf = Callable[[str], ReaderSetup]


def setups(pbx_of: PbxOf, catalogue: Catalogue) -> SetupOf:
    """Return what tells how a PBX is set up now."""

    def setup_of(name: str) -> ReaderSetup:
        pbx = pbx_of(name)
        if pbx is None:
            return ReaderSetup(None, None, f"no PBX called {name!r} is set up; add it, then retry the rejects")
        try:
            return ReaderSetup(pbx, catalogue.layout_of(pbx.dialect))
        except Misconfigured as fault:
            return ReaderSetup(pbx, None, fault.problems[0].what)

    return setup_of


class Readers:
    """Finds the reader of a PBX by name, and keeps it while its settings and its layout stay the same.

    PBXs that write alike have one and the same reader, by which `read_together` knows that they do.
    """

    def __init__(self, setup_of: SetupOf) -> None:
        self._setup_of = setup_of
        self._kept: dict[str, tuple[ReaderSetup, Careful]] = {}
        self._shared: dict[tuple[str, ...], tuple[Layout, Careful]] = {}

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
            except Exception as fault:  # noqa: BLE001 - a format that cannot even begin stops its own PBXs alone
                return partial(all_rejected, reason=reason_of(setup.pbx.dialect, fault))
        return kept[1].read

    def _reader(self, layout: Layout, pbx: Pbx) -> Careful:
        """Return a reader for a PBX: the one of others that write alike, where there is one."""
        options = [f"{name}={pbx.settings[name]}" for name in sorted(layout.option) if name in pbx.settings]
        key = (pbx.dialect, pbx.timezone, *options)
        shared = self._shared.get(key)
        if shared is None or not _same(shared[0], layout):
            shared = self._shared[key] = (layout, Careful(pbx.dialect, Reader(layout, pbx).read))
        return shared[1]

    def rules_of(self, name: str) -> Rules | None:
        """Return how a PBX's records are assembled; None where each is a whole call, or none can be read."""
        layout = self._setup_of(name).layout
        return layout.assembly if layout else None

    def declared_of(self, name: str) -> RecordLines | None:
        """Return what the format of a PBX declares of the lines of records; None where each is a line."""
        layout = self._setup_of(name).layout
        return layout.framed if layout else None


def _same(one: Layout | None, other: Layout | None) -> bool:
    """Compare layouts; those of the catalogue are mostly the same value, which is seen at once."""
    return one is other or one == other


class Bulk:
    """Reads jobs here, or in processes of its own while there is much to do."""

    def __init__(self, pbx_of: PbxOf, catalogue: Catalogue) -> None:
        self.setup_of = setups(pbx_of, catalogue)
        self._readers = Readers(self.setup_of)
        self._processes: ProcessPoolExecutor | None = None
        self._apart: ProcessPoolExecutor | None = None
        """Reads what ended another process, while that is looked for."""
        self._numbers: dict[Future[Any], int] = {}
        """Reads under way in other processes."""
        self._begun, self._taken, self._shared = 0, 0, True
        """Reads begun there and taken from there, and whether memory can be shared with those processes."""

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

    def declared_of(self, name: str) -> RecordLines | None:
        """Return what a PBX's format declares of the lines of records."""
        return self._readers.declared_of(name)

    def expect(self, waiting_bytes: int) -> None:
        """Start processes where so much waits that they are worth it."""
        if self._processes is None and waiting_bytes >= WORTH_IT and _count() > 1:
            self._processes = _pool(_count())

    def read(self, jobs: list[Job]) -> Future[PackedReading]:
        """Begin to read jobs, here or elsewhere; `finished` gives what they come to."""
        begun: Future[PackedReading] = Future()
        try:
            if self._processes:
                return self._read_elsewhere(self._processes, jobs)
            begun.set_result(self._read_here(jobs))
        except Exception as fault:  # noqa: BLE001 - told by `finished`, which has the jobs read in parts
            begun.set_exception(fault)
        return begun

    def finished(self, jobs: list[Job], begun: Future[PackedReading]) -> list[PackedReading]:
        """Return what jobs come to, in order.

        Where reading them failed they are read again in parts, and where it ended its process, in one of their own,
        until the records that did it are found; those are rejects. Raises `NoProcess` where none can be started.
        """
        fault = begun.exception()
        self._taken = self._numbers.pop(begun, self._taken)
        if fault is None:
            return [self._seen(jobs, begun.result())]
        died = isinstance(fault, (BrokenProcessPool, MemoryError))
        if isinstance(fault, BrokenProcessPool):
            self.rest()
        try:
            return in_parts(jobs, self._read_apart if died else self._read_here, halves_of, self._refused)
        finally:
            self._end_apart()

    def storable(self, jobs: list[Job], attempt: Callable[[PackedReading], None]) -> list[PackedReading]:
        """Return what jobs come to, those records as rejects for which `attempt` raises: the store refuses them."""

        def read(part: list[Job]) -> PackedReading:
            made = self._read_here(part)
            attempt(made)
            return made

        return in_parts(jobs, read, halves_of, self._refused)

    def rest(self) -> None:
        """End the processes: the backlog is done."""
        if self._processes:
            self._processes.shutdown(cancel_futures=True)
            self._processes = None
            self._numbers.clear()

    def _read_elsewhere(self, processes: ProcessPoolExecutor, jobs: list[Job]) -> Future[PackedReading]:
        self._begun += 1
        number = self._begun if self._shared else 0
        begun = processes.submit(_read_and_hand, jobs, self._setups(jobs), number, self._taken)
        self._numbers[begun] = self._begun
        return begun

    def _seen(self, jobs: list[Job], made: PackedReading | NotHanded) -> PackedReading:
        """Return what was read, here instead where the memory of other processes cannot be seen."""
        if isinstance(made, NotHanded):
            self._shared = False
            return self._read_here(jobs)
        return made

    def _read_here(self, jobs: list[Job]) -> PackedReading:
        return read_jobs(jobs, self._readers.of, self._readers.rules_of)

    def _read_apart(self, jobs: list[Job]) -> PackedReading:
        """Read jobs in a process that may end over them; another one is begun then."""
        if self._apart is None:
            try:
                self._apart = _pool(1)
                self._apart.submit(os.getpid).result()
            except Exception as fault:
                message = f"no process can be started to read records in: {fault}"
                raise NoProcess(message) from fault
        try:
            return self._apart.submit(_read, jobs, self._setups(jobs)).result()
        except BrokenProcessPool as fault:
            self._end_apart()
            message = "the process that read the record ended"
            raise ProcessEnded(message) from fault

    def _end_apart(self) -> None:
        if self._apart:
            self._apart.shutdown()
            self._apart = None

    def _setups(self, jobs: list[Job]) -> dict[str, ReaderSetup]:
        return {name: self.setup_of(name) for name in {job.pbx for job in jobs}}

    def _refused(self, jobs: list[Job], fault: Exception) -> PackedReading:
        """Return the records of jobs as rejects."""

        def refusing(name: str) -> ReadFrames:
            pbx = self.setup_of(name).pbx
            return partial(all_rejected, reason=reason_of(pbx.dialect if pbx else name, fault))

        return read_jobs(jobs, refusing)


def _pool(count: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), initializer=_prepare)


def _count() -> int:
    return min(os.cpu_count() or 1, _MOST_PROCESSES)


_known: dict[str, ReaderSetup] = {}
_readers = Readers(_known.__getitem__)


def _read(jobs: list[Job], setups: dict[str, ReaderSetup]) -> PackedReading:
    _known.update(setups)
    return read_jobs(jobs, _readers.of, _readers.rules_of)


_handing = Handing()


def _read_and_hand(jobs: list[Job], setups: dict[str, ReaderSetup], number: int, taken: int) -> Any:  # noqa: ANN401 - comes out as a PackedReading, or as NotHanded
    """Read jobs and hand over what they come to, with a number in shared memory; all up to `taken` have been taken."""
    _handing.taken(taken)
    made = _read(jobs, setups)
    return _handing.hand(made, number) if number else made


def _prepare() -> None:
    """Leave interrupts to the parent, and end when it does, however it does."""
    import gc

    keep_memory()
    gc.disable()  # a batch is lists of strings without cycles, and is dropped whole
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()
