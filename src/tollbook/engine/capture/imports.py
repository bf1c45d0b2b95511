"""Files that a person hands over: journalled as they come in, then stored like everything else."""

from __future__ import annotations

import threading

from tollbook.clock import now_us
from tollbook.engine.pipeline.store_writer import StoreWriter
from tollbook.journal import Journal
from tollbook.model import naming
from tollbook.model.body import Ending, Opening
from tollbook.model.health import ImportState
from tollbook.model.limits import LARGEST_IMPORT, LONGEST_ORIGIN
from tollbook.model.problem import Misconfigured, Problem
from tollbook.store import questions
from tollbook.store.ledger import Ledger
from tollbook.store.store import Store


class Imports:
    """The imports of one site. Safe to use from several threads."""

    def __init__(self, journal: Journal, store: Store, store_writer: StoreWriter) -> None:
        self._journal, self._store, self._store_writer = journal, store, store_writer
        self._lock = threading.Lock()
        self._under_way: set[int] = set()
        self._last: dict[int, int] = {}

    def begin(self, pbx: str, file_name: str) -> int:
        """Open a body for a file and return its number."""
        body = self._journal.open_body(
            Opening(pbx=pbx, source="import", origin=naming.plain(file_name)[:LONGEST_ORIGIN]),
            now_us(),
        )
        with self._lock:
            self._under_way.add(body)
        return body

    def take(self, body: int, data: bytes) -> None:
        """Journal the next bytes; raises `LookupError` for a body that is not being imported.

        Raises `Misconfigured` where the file grows beyond the limit, and ends it there.
        """
        self._check(body)
        there = self._journal.body(body)
        if there and there.length + len(data) > LARGEST_IMPORT:
            self.finish(body, cut=f"the file has more than {LARGEST_IMPORT} bytes")
            help_ = "import the rest as a file of its own, from the first record that is not there"
            raise Misconfigured(Problem("the file is too large", f"the most is {LARGEST_IMPORT} bytes", help=help_))
        self._journal.append(body, data, now_us())
        self._store_writer.arrived()

    def finish(self, body: int, *, cut: str = "") -> None:
        """End the file; `cut` says why it is not whole, where it is not."""
        self._check(body)
        self._journal.end(body, Ending.CUT if cut else Ending.COMPLETE, now_us(), reason=cut)
        with self._lock:
            self._under_way.discard(body)
            self._last[body] = self._journal.last_entry()
        self._store_writer.arrived()

    def state(self, body: int) -> ImportState:
        """Say how far an import is; raises `LookupError` for a body there is not."""
        record = self._journal.body(body)
        if record is None:
            message = f"there is no import {body}"
            raise LookupError(message)
        last = self._last.get(body)
        # Asked before the counts are: between the two, the store may come to hold more, and never less.
        last = last or self._journal.last_entry_of(body)
        done = record.state != "open" and self._store_writer.holds(last, record.pbx)
        counts = questions.counts_of_body(Ledger(self._store), body)
        return ImportState(
            body=body,
            pbx=record.pbx,
            origin=record.origin,
            bytes_taken=record.length,
            done=done,
            frames=counts.frames,
            calls=counts.calls,
            duplicates=counts.duplicates,
            skipped=counts.skipped,
            rejected=counts.rejected,
        )

    def _check(self, body: int) -> None:
        with self._lock:
            if body in self._under_way:
                return
        message = f"import {body} is not under way"
        raise LookupError(message)
