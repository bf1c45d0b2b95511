"""Reads records again whose settings or format have changed, or all of them when somebody asks: beside, then swapped.

The store notes with what each PBX's records were read. What differs is read again, that PBX alone, into tables beside
the ones that everybody reads; live calls go into both. Once both have come equally far, what came out otherwise is
taken over in one transaction. What stands beside outlives a crash and is gone on with.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import structlog

from tollbook.engine.pipeline.bulk import WORTH_IT, Bulk
from tollbook.engine.pipeline.digest import reading_digest
from tollbook.engine.pipeline.filling import Filling
from tollbook.engine.pipeline.pipeline import Pipeline, ReadyBatch
from tollbook.journal import Journal, imported
from tollbook.store.beside import Purpose
from tollbook.store.store import Store

_log = structlog.get_logger()
_LOOK_S = 60.0
"""How often formats that a person may have changed by hand are looked at."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0
_NEAR = 64
"""Entries that are left for the moment in which the store waits."""
_MOST_PARTS = 100
_TOGETHER = 122_880
"""Rows written at once: one of DuckDB's row groups, so that live calls wait less than a second for it."""


class Rebuild:
    """`start` it once, `stop` it once; `look` when settings may have changed, `read_all` to have all read again.

    `names` are those of the PBXs that are set up.
    """

    def __init__(self, journal: Journal, store: Store, bulk: Bulk, names: Callable[[], list[str]]) -> None:
        self._journal, self._store, self._bulk, self._names = journal, store, bulk, names
        self.told: Callable[[], None] = lambda: None
        """Is called when the store has changes."""
        self._changed = threading.Condition()
        self._news, self._stopping = False, False
        before = store.purpose()
        self._all = before is not None and (before.everything or before.pbxs is None)
        self._purpose: Purpose | None = None
        self._entry = 0
        self.trouble = ""
        self._thread = threading.Thread(target=self._run, name="rebuild", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; what stands beside is gone on with at the next start."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()
        self._bulk.rest()

    def look(self) -> None:
        """Say that settings or formats may have changed, and note at once whether anything is to be read again."""
        with self._changed:
            self._purpose = self._wanted()
            self._news = True
            self._changed.notify_all()

    def read_all(self) -> None:
        """Have everything read again."""
        self._all = True
        self.look()

    @property
    def running(self) -> bool:
        """Whether anything is being read again."""
        return self._purpose is not None

    @property
    def left(self) -> int:
        """How many entries of the journal are still to be read again, at most."""
        return max(self._store.progress()[0] - self._entry, 0) if self._purpose else 0

    # ------------------------------------------------------------------ what is to be read again

    def _wanted(self) -> Purpose | None:
        """Return what is to be read again; PBXs of which nothing was read yet are noted as they are now."""
        digests = {name: digest for name in self._names() if (digest := self._digest(name))}
        if self._all:
            # Of a PBX that is not set up, or whose format cannot be used, the calls stay: they could only be rejected.
            return Purpose(tuple(sorted(digests)), tuple(sorted(digests.items())), everything=True)
        noted = self._store.digests()
        other = {name: digest for name, digest in digests.items() if noted.get(name) != digest}
        if not other:
            return None
        # Of a PBX whose only import was taken back nothing is stored, and yet there is something to read again.
        read = self._store.has_records() | {
            name for name in other.keys() & noted if imported.has_bodies(self._journal, name)
        }
        self._store.note_read({name: digest for name, digest in other.items() if name not in read})
        again = tuple(sorted((name, digest) for name, digest in other.items() if name in read))
        return Purpose(tuple(name for name, _ in again), again) if again else None

    def _digest(self, name: str) -> str:
        """Return the digest of a PBX; nothing where its format cannot be used just now: that is no reason to reject."""
        setup = self._bulk.setup_of(name)
        if not setup.pbx or not setup.layout:
            return ""
        return reading_digest(setup.pbx, setup.layout, imported.taken_back(self._journal, name))

    # ------------------------------------------------------------------ reading again

    def _run(self) -> None:
        pause = _FIRST_PAUSE_S
        while self._wait(_LOOK_S if self._purpose is None else 0):
            purpose = self._purpose
            if purpose is None:
                continue
            try:
                self._make(purpose)
                self.trouble, pause = "", _FIRST_PAUSE_S
            except Exception as fault:  # noqa: BLE001 - said once, then begun again from what stands beside
                if not self.trouble:
                    _log.error("calls cannot be read again; they stay as they are", reason=str(fault), exc_info=fault)
                self.trouble = f"calls cannot be read again and stay as they are: {fault}"
                self._wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)

    def _wait(self, seconds: float) -> bool:
        """Wait until there is something to do; return whether to go on."""
        with self._changed:
            if self._changed.wait_for(lambda: self._news or self._stopping, seconds) or seconds == _LOOK_S:
                self._news = False
                self._purpose = self._wanted()
            return not self._stopping

    def _make(self, purpose: Purpose) -> None:
        whose = "all PBXs" if purpose.everything or purpose.pbxs is None else ", ".join(purpose.pbxs)
        _log.info("records are read again; calls stay as they were until that is done", pbxs=whose)
        made = self._store.beside(purpose)
        filling = Filling(self._journal, made, self._bulk, together=_TOGETHER)
        filling.careful = bool(self.trouble)
        try:
            pipeline = Pipeline(self._journal, made, purpose.pbxs, self._bulk.declared_of)
            while self._is_behind(pipeline):
                filling.fill(self._parts(pipeline))
                if self._interrupted(purpose):
                    return
            changed = self._store.take_over(made, lambda entry: self._catch_up(filling, pipeline, entry))
        finally:
            filling.close()
            self._bulk.rest()
        if changed is None:
            self._wait(_FIRST_PAUSE_S)
            return
        _log.info("what came out otherwise has been taken over", pbxs=whose, calls=changed)
        self._done(purpose)

    def _is_behind(self, pipeline: Pipeline) -> bool:
        """Say whether more is left than what can be done while the store waits."""
        self._entry = pipeline.entry
        return self._store.progress()[0] - pipeline.entry > _NEAR

    def _parts(self, pipeline: Pipeline) -> Iterator[ReadyBatch]:
        """Divide some of what the store holds."""
        upto = self._store.progress()[0]
        for _ in range(_MOST_PARTS):
            self._entry = pipeline.entry
            if pipeline.entry >= upto or self._stopping:
                return
            self._bulk.expect(self._journal.bytes_after(pipeline.entry, WORTH_IT))
            yield from pipeline.divide(upto=upto)

    def _catch_up(self, filling: Filling, pipeline: Pipeline, entry: int) -> None:
        while pipeline.entry < entry:
            filling.fill(pipeline.divide(upto=entry))

    def _interrupted(self, purpose: Purpose) -> bool:
        """Say whether to leave off: the program ends, or what is wanted has changed meanwhile."""
        with self._changed:
            if self._news:
                self._news = False
                self._purpose = self._wanted()
            return self._stopping or self._purpose != purpose

    def _done(self, purpose: Purpose) -> None:
        with self._changed:
            if purpose.everything:
                self._all = False
            self._purpose = self._wanted()
            self._news = True
        self.told()
