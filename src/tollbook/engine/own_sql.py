"""Asks SQL of one's own: checked and run in a process that can be ended, over a snapshot of what may be seen.

What always holds: nothing that a person typed is read or run in this process; whatever happens to that one, the store
and everybody else's questions go on; of a statement that is ended nothing is left.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tollbook.clock import monotonic_s
from tollbook.engine.jobs import HeavyJob, JobFailed, JobLimits, Jobs
from tollbook.model.page_limits import JOB_WAIT_S, OWN_SQL_AT_ONCE, OWN_SQL_MEMORY, OWN_SQL_S
from tollbook.model.problem import Misconfigured, Problem
from tollbook.store.filters import Where
from tollbook.store.ledger import Ledger
from tollbook.store.own_sql.apart import OwnQuestion, SqlAnswer, ask, examine
from tollbook.store.own_sql.checking import CheckedStatement
from tollbook.store.own_sql.snapshot import NotWanted, SnapshotOf, write_snapshot

_ENDED = "ask for fewer days, or for less at once"


class OwnSql:
    """Statements of people, two at a time and one of each person; any thread may ask. `stop` it once."""

    def __init__(self, time_s: float = OWN_SQL_S) -> None:
        self._jobs = Jobs(OWN_SQL_AT_ONCE)
        self._time_s = time_s
        self._turn = threading.Condition()
        self._running: dict[str, threading.Event] = {}

    def ask(self, ledger: Ledger, question: OwnQuestion, where: Where, who: str) -> SqlAnswer:
        """Return what a statement gives over the calls of a condition; raises `Misconfigured` with why it does not."""
        with self._own_turn(who) as cancel, TemporaryDirectory(prefix="tollbook-") as folder:
            until = monotonic_s() + self._time_s
            checked = self._examined(question, until, cancel)
            path = Path(folder) / "snapshot.duckdb"
            try:
                wanted = SnapshotOf(checked.tables, where)
                write_snapshot(ledger, path, wanted, lambda: cancel.is_set() or monotonic_s() > until)
                found = self._jobs.run(ask, path, checked, question, wanted=_limited(until, cancel))
            except (JobFailed, NotWanted) as fault:
                raise self._ended(question, fault, cancel) from None
        if not isinstance(found, SqlAnswer):
            raise Misconfigured(*found)
        return found

    def examine(self, question: OwnQuestion, who: str) -> CheckedStatement:
        """Return a statement as it would be asked; raises `Misconfigured` with what is wrong with it."""
        with self._own_turn(who) as cancel:
            return self._examined(question, monotonic_s() + self._time_s, cancel)

    @property
    def running(self) -> frozenset[str]:
        """Who is asking something just now."""
        with self._turn:
            return frozenset(self._running)

    def cancel(self, who: str) -> bool:
        """End what somebody is asking; say whether that was anything."""
        with self._turn:
            running = self._running.get(who)
        if running:
            running.set()
        return running is not None

    def stop(self) -> None:
        """End whatever is being asked."""
        with self._turn:
            for each in self._running.values():
                each.set()
        self._jobs.stop()

    def _examined(self, question: OwnQuestion, until: float, cancel: threading.Event) -> CheckedStatement:
        try:
            found = self._jobs.run(examine, question, wanted=_limited(until, cancel))
        except JobFailed as fault:
            raise self._ended(question, fault, cancel) from None
        if not isinstance(found, CheckedStatement):
            raise Misconfigured(*found)
        return found

    @contextmanager
    def _own_turn(self, who: str) -> Iterator[threading.Event]:
        cancel = threading.Event()
        with self._turn:
            if not self._turn.wait_for(lambda: who not in self._running, JOB_WAIT_S):
                help_ = "wait for it, or cancel it"
                raise Misconfigured(
                    Problem("another statement of yours is running", "one is taken at a time", "", help_)
                )
            self._running[who] = cancel
        try:
            yield cancel
        finally:
            with self._turn:
                del self._running[who]
                self._turn.notify_all()

    def _ended(self, question: OwnQuestion, fault: Exception, cancel: threading.Event) -> Misconfigured:
        if cancel.is_set():
            return Misconfigured(Problem("the SQL was cancelled", "somebody did not want it any more", question.place))
        reason = str(fault) or f"it took longer than {self._time_s:g} s"
        return Misconfigured(Problem("the SQL was ended", reason, question.place, _ENDED))


def _limited(until: float, cancel: threading.Event) -> HeavyJob:
    limits = JobLimits(time_s=max(until - monotonic_s(), 0), memory=OWN_SQL_MEMORY)
    return HeavyJob(limits=limits, cancelled=cancel.is_set)
