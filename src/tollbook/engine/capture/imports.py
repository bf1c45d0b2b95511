"""Files that a person hands over: journalled as they come in, then stored like everything else."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from tollbook.clock import now_us
from tollbook.engine.pipeline.rebuild import Rebuild
from tollbook.engine.pipeline.store_writer import StoreWriter
from tollbook.journal import Journal, imported, writes
from tollbook.model import naming
from tollbook.model.body import IMPORT, PUT_BACK, TAKEN_BACK, Body, Ending, Opening
from tollbook.model.health import ImportState
from tollbook.model.limits import LARGEST_IMPORT, LONGEST_ORIGIN
from tollbook.model.problem import Misconfigured, Problem
from tollbook.store.imports import HeldRecords, held_by, parted_of, tallied
from tollbook.store.ledger import Ledger
from tollbook.store.questions import Counts
from tollbook.store.store import Store


class Imports:
    """The imports of one site. Safe to use from several threads."""

    def __init__(self, journal: Journal, store: Store, store_writer: StoreWriter, rebuild: Rebuild) -> None:
        self._journal, self._store, self._store_writer, self._rebuild = journal, store, store_writer, rebuild
        self._lock = threading.Lock()
        self._under_way: set[int] = set()
        self._last: dict[int, int] = {}

    def begin(self, pbx: str, file_name: str) -> int:
        """Open a body for a file and return its number."""
        body = self._journal.open_body(
            Opening(pbx=pbx, source=IMPORT, origin=naming.plain(file_name)[:LONGEST_ORIGIN]),
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
        """Say how far an import is; raises `LookupError` for one there is not."""
        return self._states([self._import(body)])[0]

    def of(self, pbx: str, most: int) -> list[ImportState]:
        """Return the imports of a PBX, newest first."""
        return self._states(imported.imports(self._journal, pbx, most))

    def take_back(self, body: int) -> None:
        """Let nothing of an import be read any more; raises `LookupError` for one there is not.

        The ledger is without it once what its PBX sent has been read again. Raises `Misconfigured` where it cannot be
        taken back now.
        """
        record = self._import(body)
        if record.state == TAKEN_BACK:
            raise _refused(f"import {body} is taken back already", "nothing of it is in the ledger")
        if record.state == "open" or self._store_writer.unsettled or not self._is_stored(record):
            raise _refused(f"import {body} is not stored yet", "its records are still being read", "ask again later")
        _refuse_dropped(record)
        self._refuse_parted(record)
        if not self._journal.write(writes.take_back(body, now_us()))[0]:
            raise _refused(f"import {body} has changed meanwhile", "somebody else took it back", "look at it again")
        self._turned()

    def put_back(self, body: int) -> None:
        """Let an import that was taken back be read again; raises `LookupError` for one there is not.

        Raises `Misconfigured` for one that was not taken back.
        """
        _refuse_dropped(self._import(body))
        if not self._journal.write(writes.put_back(body, now_us()))[0]:
            raise _refused(f"import {body} is not taken back", "its records are in the ledger")
        self._turned()

    def _turned(self) -> None:
        self._store_writer.arrived()
        self._rebuild.look()

    def _import(self, body: int) -> Body:
        record = self._journal.body(body)
        if record is None or record.source != IMPORT:
            message = f"there is no import {body}"
            raise LookupError(message)
        return record

    def _refuse_parted(self, record: Body) -> None:
        if parted := parted_of(Ledger(self._store), record.id):
            reason = (
                f"{parted} of its records are so old that their calls stand for themselves (see `tollbook retention`)"
            )
            raise _refused(f"import {record.id} cannot be taken back", reason)

    def _is_stored(self, record: Body) -> bool:
        return self._store_writer.holds(
            self._last.get(record.id, 0) or self._journal.last_entry_of(record.id),
            record.pbx,
        )

    def _is_done(self, record: Body) -> bool:
        """Say whether the ledger shows an import as it is."""
        if record.state == "open" or not self._is_stored(record):
            return False
        turned = imported.last_kind(self._journal, record.id) in (TAKEN_BACK, PUT_BACK)
        return not (turned and self._rebuild.running)

    def _states(self, records: list[Body]) -> list[ImportState]:
        # Asked before the counts are: between the two, the store may come to hold more, and never less.
        done = {record.id: self._is_done(record) for record in records}
        ledger = Ledger(self._store)
        counts = tallied(ledger, [record.id for record in records])
        held = held_by(ledger, [body for body, is_done in done.items() if is_done])
        return [
            _state(
                record,
                counts.get(record.id, Counts()),
                held.get(record.id, HeldRecords()),
                done=done[record.id],
            )
            for record in records
        ]

    def _check(self, body: int) -> None:
        with self._lock:
            if body in self._under_way:
                return
        message = f"import {body} is not under way"
        raise LookupError(message)


def _state(record: Body, counts: Counts, held: HeldRecords, *, done: bool) -> ImportState:
    return ImportState(
        body=record.id,
        pbx=record.pbx,
        origin=record.origin,
        at=datetime.fromtimestamp(record.opened_at // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        state=record.state,
        bytes_taken=record.length,
        done=done,
        frames=counts.frames,
        calls=counts.calls,
        duplicates=counts.duplicates,
        skipped=counts.skipped,
        rejected=counts.rejected,
        held=held.held,
        alone=held.alone,
    )


def _refused(what: str, reason: str, help_: str = "") -> Misconfigured:
    return Misconfigured(Problem(what, reason, help=help_))


def _refuse_dropped(record: Body) -> None:
    if record.dropped_at is not None:
        reason = "its records were dropped since they are old, and its calls stand for themselves"
        raise _refused(f"import {record.id} cannot be taken back", reason)
