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

from tollbook.dialects.known import reader_for
from tollbook.dialects.reader import Reader
from tollbook.engine.pipeline import Job, ReadFrames, read_jobs, rejects_all
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Misconfigured
from tollbook.store.batch import Read

WORTH_IT = 4 << 20
"""Bytes that must be waiting before processes are started for them."""
_MOST_PROCESSES = 4

PbxOf = Callable[[str], Pbx | None]


class Readers:
    """Finds the reader of a PBX by name, and keeps it while its settings stay the same."""

    def __init__(self, pbx_of: PbxOf) -> None:
        self._pbx_of = pbx_of
        self._kept: dict[str, tuple[Pbx, Reader]] = {}

    def of(self, name: str) -> ReadFrames:
        """Return what reads a PBX's frames; one that is not set up, or not rightly, has every record rejected."""
        pbx = self._pbx_of(name)
        if pbx is None:
            return rejects_all(f"no PBX called {name!r} is set up; add it, then retry the rejects")
        kept = self._kept.get(name)
        if kept is None or kept[0] != pbx:
            try:
                kept = self._kept[name] = (pbx, reader_for(pbx))
            except Misconfigured as fault:
                return rejects_all(fault.problems[0].what)
        return kept[1].read


class Bulk:
    """Reads jobs here, or in processes of its own while there is much to do."""

    def __init__(self, pbx_of: PbxOf) -> None:
        self._pbx_of = pbx_of
        self._readers = Readers(pbx_of)
        self._processes: ProcessPoolExecutor | None = None

    @property
    def depth(self) -> int:
        """How many reads may be under way at once."""
        return _count() + 1 if self._processes else 1

    def reader_of(self, name: str) -> ReadFrames:
        """Return what reads a PBX's frames in this process."""
        return self._readers.of(name)

    def expect(self, waiting_bytes: int) -> None:
        """Start processes where so much waits that they are worth it."""
        if self._processes is None and waiting_bytes >= WORTH_IT and _count() > 1:
            context = multiprocessing.get_context("spawn")
            self._processes = ProcessPoolExecutor(_count(), context, initializer=_prepare)

    def read(self, jobs: list[Job]) -> Future[Read]:
        """Read jobs, here or elsewhere."""
        if self._processes:
            pbxs = {job.pbx: self._pbx_of(job.pbx) for job in jobs}
            return self._processes.submit(_read, jobs, pbxs)
        done: Future[Read] = Future()
        done.set_result(read_jobs(jobs, self._readers.of))
        return done

    def rest(self) -> None:
        """End the processes: the backlog is done."""
        if self._processes:
            self._processes.shutdown(cancel_futures=True)
            self._processes = None


def _count() -> int:
    return min(os.cpu_count() or 1, _MOST_PROCESSES)


_known: dict[str, Pbx | None] = {}
_readers = Readers(_known.get)


def _read(jobs: list[Job], pbxs: dict[str, Pbx | None]) -> Read:
    _known.update(pbxs)
    return read_jobs(jobs, _readers.of)


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
