"""Fills tables from what a pipeline divides: the next batches are read while one is written.

A live batch is written at once. Those of a backlog are read in other processes and joined, since DuckDB writes some
hundred thousand rows little slower than a few.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from tollbook.engine.pipeline.bulk import WORTH_IT, Bulk
from tollbook.engine.pipeline.pipeline import ReadyBatch
from tollbook.journal import Journal
from tollbook.model.limits import BATCH_BYTES
from tollbook.store.batch import Batch, PackedReading
from tollbook.store.faults import is_of_data
from tollbook.store.tables import Tables, Written


class Filling:
    """What fills one set of tables. Close it when done."""

    def __init__(self, journal: Journal, tables: Tables, bulk: Bulk, *, together: int) -> None:
        self._journal, self._tables, self._bulk, self._most_rows = journal, tables, bulk, together
        self._writer = ThreadPoolExecutor(1, "store")
        self._collected: list[PackedReading] = []
        self._last: ReadyBatch | None = None
        self._size = 0
        self.careful = False
        """Whether each part is stored by itself, without the records that the store refuses: after it failed."""
        self._writing: Future[Written] | None = None
        self.on_read: Callable[[list[PackedReading]], None] = lambda _reads: None
        """Is called with what each part came to."""
        self.on_written: Callable[[Batch, Written], None] = lambda _batch, _written: None
        """Is called on the writer's thread with each batch that has been stored."""

    def close(self) -> None:
        """End the writer's thread; nothing is being written."""
        self._writer.shutdown()

    def fill(self, parts: Iterable[ReadyBatch]) -> None:
        """Read parts, as many at once as there are processes for, and write them in order."""
        reading: deque[tuple[ReadyBatch, Future[PackedReading]]] = deque()
        self._collected, self._last, self._size = [], None, 0
        gc.disable()  # batches are lists of strings without cycles; tracing them costs a third of the time
        try:
            for ready in parts:
                reading.append((ready, self._bulk.read(ready.jobs)))
                if len(reading) >= self._bulk.depth:
                    self._collect(*reading.popleft())
            while reading:
                self._collect(*reading.popleft())
            self._write()
            self._written()
        finally:
            if self._writing:
                wait([self._writing])  # what is on its way must have arrived, or not, before anyone asks how far it is
                self._writing = None
            gc.enable()

    def _collect(self, ready: ReadyBatch, read: Future[PackedReading]) -> None:
        """Take a part that was read, and write what has been collected where that is enough."""
        reads = self._bulk.finished(ready.jobs, read)
        if self.careful:
            reads = self._storable(ready, reads)
        self.on_read(reads)
        self._collected += reads
        self._size += sum(len(job.block.data) for job in ready.jobs)
        self._last = ready
        if self._is_enough(ready):
            self._write()

    def _storable(self, ready: ReadyBatch, reads: list[PackedReading]) -> list[PackedReading]:
        """Return reads as they are where the store takes them, else with the records as rejects that it refuses."""
        self._written()
        try:
            self._attempt(*reads)
        except Exception as fault:
            if not is_of_data(fault):
                raise
            return self._bulk.storable(ready.jobs, self._attempt)
        return reads

    def _attempt(self, *reads: PackedReading) -> None:
        self._tables.attempt(Batch(reads=[*reads], entry=0, unfinished={}, behind={}))

    def _is_enough(self, ready: ReadyBatch) -> bool:
        """Say whether to store now: always, but for a backlog of which much is still to come."""
        if self.careful or ready.urgent or self._bulk.depth == 1:
            return True
        if self._size >= BATCH_BYTES or sum(_rows(each) for each in self._collected) >= self._most_rows:
            return True
        return self._journal.bytes_after(ready.reached, WORTH_IT) < WORTH_IT

    def _write(self) -> None:
        """Begin to write what has been collected, once the batch before is written."""
        self._written()
        if self._last:
            last = self._last
            batch = Batch(reads=self._collected, entry=last.entry, unfinished=last.unfinished, behind=last.behind)
            self._collected, self._last, self._size = [], None, 0
            self._writing = self._writer.submit(self._store, batch)

    def _written(self) -> None:
        if self._writing:
            self._writing.result()

    def _store(self, batch: Batch) -> Written:
        written = self._tables.write(batch)
        self.on_written(batch, written)
        return written


def _rows(read: PackedReading) -> int:
    return read.calls.rows + read.rejects.rows + sum(each.packed.rows for each in read.legs)
