"""The thread that empties the journal into the store.

It parses the next batch while the last is being written, tells listeners of new calls, and compresses what has been
stored when there is nothing else to do. A store that fails is opened again and gone on with from where it stands.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import chain

import duckdb
import structlog

from tollbook.clock import monotonic_s
from tollbook.engine.care.scrub import Scrub
from tollbook.engine.feed import Feed
from tollbook.engine.pipeline import retrying
from tollbook.engine.pipeline.bulk import WORTH_IT, Bulk
from tollbook.engine.pipeline.filling import Filling
from tollbook.engine.pipeline.pipeline import Pipeline, ReadyBatch
from tollbook.journal import Journal
from tollbook.store import numbering, questions
from tollbook.store.batch import Batch, PackedReading
from tollbook.store.faults import is_damaged
from tollbook.store.ledger import Ledger
from tollbook.store.store import Store
from tollbook.store.tables import Written

_log = structlog.get_logger()
_LONGEST_SLEEP_S = 5.0
_SCRUB_PAUSE_S = 1.0
_LONGEST_RETRY_S = 60.0
_MOST_PARTS = 100
_MANY, _APART_S = 8, 0.1
"""Jobs of the last batch from which on many PBXs are taken to be sending, and seconds from one batch to the next then.
A batch of hundreds of records costs little more than one of one."""
_TOGETHER = 3 * 122_880
"""Rows of a backlog stored in one transaction: some of DuckDB's row groups, which it then writes straight into its file
rather than into its log first. Measured against one group: 13 % less CPU for an import, and a smaller file."""


class StoreWriter:
    """Start it, tell it when something arrived, and stop it: it empties the journal before it ends."""

    def __init__(self, journal: Journal, store: Store, bulk: Bulk, feed: Feed) -> None:
        self._journal, self._store, self._bulk, self._feed = journal, store, bulk, feed
        self._changed = threading.Condition()
        self._news = False
        self._stopping = False
        self._stored, self._behind = store.progress()[0], store.behind()
        self._unsettled = not store.position().settled
        self._came_again = False
        self._failures = 0
        self._jobs, self._begun_s = 0, 0.0
        self.trouble = ""
        self.scrub = Scrub(journal)
        self.failing: dict[str, str] = {}
        """By PBX why its format failed over records that came last."""
        self.told: Callable[[], None] = lambda: None
        """Is called when the store has changes."""
        self._filling = Filling(journal, store, bulk, together=_TOGETHER)
        self._filling.on_read, self._filling.on_written = self._note_failures, self._note
        self._thread = threading.Thread(target=self._run, name="store writer", daemon=True)

    @property
    def stored(self) -> int:
        """The last journal entry up to which the store holds all."""
        return min([self._stored, *self._behind.values()])

    @property
    def unsettled(self) -> bool:
        """Whether a store that was lost is being made again."""
        return self._unsettled

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def arrived(self) -> None:
        """Say that the journal has more."""
        with self._changed:
            self._news = True
            self._changed.notify_all()

    def retry(self, pbx: str) -> int:
        """Read standing rejects again, of one PBX or of all; return how many became calls."""
        made = list(retrying.retry(self._store, self._bulk, pbx))
        failed = {name for each in made for name in each.failed}
        for name in {each.pbx for each in made} - failed:
            self.failing.pop(name, None)
        self.told()
        return sum(each.promoted for each in made)

    def waits_for_pauses(self, pbx: str) -> bool:
        """Say whether records of a PBX end with a pause, so that each has to be written down."""
        declared = self._bulk.declared_of(pbx)
        return declared is not None and declared.waits

    def holds(self, entry: int, pbx: str) -> bool:
        """Say whether the store holds what the journal has of a PBX up to an entry."""
        return self._behind.get(pbx, self._stored) >= entry

    def stop(self) -> None:
        """Store what the journal holds, then end; a store that is failing is left for the next start."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join()
        self._filling.close()
        self._bulk.rest()

    def _run(self) -> None:
        pipeline: Pipeline | None = None
        while True:
            try:
                pipeline = self._round(pipeline)
                self._recovered()
                if self._stopping and not pipeline.behind():
                    return
            except Exception as fault:  # noqa: BLE001 - said once, then tried again from where the store is
                pipeline = None
                self._failed(fault)
                if self._stopping:
                    return

    def _round(self, pipeline: Pipeline | None) -> Pipeline:
        """Store all that is there; then compress, or wait for more."""
        if self._store.damage:
            raise duckdb.IOException(self._store.damage)
        going = pipeline or self._resumed()
        if going.behind():
            self._filling.fill(self._parts(going))
        if not going.behind():
            self._settle()
        if not self._stopping and not self._journal.pack(self.stored) and not going.behind():
            self._bulk.rest()
            numbering.forget()
            self._wait(_SCRUB_PAUSE_S if self.scrub.step() else _LONGEST_SLEEP_S)
        return going

    def _settle(self) -> None:
        if self._unsettled:
            self._store.settle()
            self._unsettled = False
            self._came_again = False
            self.told()
        if not self._came_again:
            self._store.back_again()
            self._came_again = True

    def _resumed(self) -> Pipeline:
        """Begin where the store stands, which may be further than it said when a batch failed."""
        pipeline = Pipeline(self._journal, self._store, declared_of=self._bulk.declared_of)
        self._stored, self._behind = pipeline.entry, self._store.behind()
        return pipeline

    def _parts(self, pipeline: Pipeline) -> Iterator[ReadyBatch]:
        """Divide what is there, but not for ever: streams that never pause must not keep the journal from its rest."""
        for _ in range(_MOST_PARTS):
            if not pipeline.behind():
                return
            waiting = self._journal.bytes_after(pipeline.reached, WORTH_IT)
            self._bulk.expect(waiting)
            if waiting < WORTH_IT:
                self._gather()
            for ready in chain(pipeline.divide(aside=True), pipeline.next_of_lanes()):
                self._jobs += len(ready.jobs)
                yield ready

    def _gather(self) -> None:
        """Let more arrive where many PBXs send; the first record after a rest is stored at once."""
        if self._jobs > _MANY:
            self._wait(self._begun_s + _APART_S - monotonic_s(), lambda: self._stopping)
        self._jobs, self._begun_s = 0, monotonic_s()

    def _note_failures(self, reads: list[PackedReading]) -> None:
        """Note, and say once, which PBXs' formats failed and which read again."""
        failures = {name: reason for read in reads for name, reason in read.failures.items()}
        for name in {tally.pbx for read in reads for tally in read.tallies.values()} - failures.keys():
            if self.failing.pop(name, None):
                _log.info("the format reads again", pbx=name)
        for name in failures.keys() - self.failing.keys():
            _log.error("a format failed; what it failed over are rejects", pbx=name, reason=failures[name])
        self.failing.update(failures)

    def _note(self, batch: Batch, written: Written) -> None:
        """Tell everybody who listens of a batch that is stored."""
        with self._changed:
            self._stored, self._behind = batch.entry, batch.behind
            self._changed.notify_all()
        self.told()
        if written.calls and self._feed.listeners and not self._unsettled:  # made again, they are no news
            self._feed.publish(questions.calls_by_keys(Ledger(self._store), written.calls[-50:], written.first_body))

    def _wait(self, seconds: float, until: Callable[[], bool] | None = None) -> None:
        with self._changed:
            self._changed.wait_for(until or (lambda: self._news or self._stopping), seconds)
            self._news = False

    def _failed(self, fault: Exception) -> None:
        """Say once what is wrong, open the store again, and wait longer each time."""
        self._failures += 1
        self._filling.careful = True
        self._bulk.rest()
        if not self.trouble:
            _log.error("the store cannot take calls; they wait in the journal", reason=str(fault), exc_info=fault)
        self.trouble = f"the store cannot take calls, which wait in the journal: {fault}"
        self._wait(min(0.5 * 2.0**self._failures, _LONGEST_RETRY_S), lambda: self._stopping)
        try:
            if is_damaged(fault):
                self._store.begin_again(str(fault))
                self._unsettled, self._came_again = True, False
            else:
                self._store.reopen()
        except Exception as again:  # noqa: BLE001 - noted, and tried again by the next round
            self.trouble = f"the store cannot be opened, calls wait in the journal: {again}"

    def _recovered(self) -> None:
        if self.trouble:
            _log.info("the store takes calls again")
        self.trouble, self._failures = "", 0
        self._filling.careful = False
