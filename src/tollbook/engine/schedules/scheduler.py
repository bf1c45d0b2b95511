"""Looks which schedules are due and makes their runs, one after the other, on a thread of its own.

Three steps, each one transaction: a run is planned, taken, and handed over to the outbox as it is marked as done. See
`site/schedules/claiming.py` for what a crash in between leaves.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from tollbook.engine.changes.consumer import Consumer, ConsumerHealth
from tollbook.engine.changes.following import AGAIN
from tollbook.engine.delivery.outbox import MessageOutbox
from tollbook.engine.jobs import JobFailed
from tollbook.model.problem import Misconfigured, NotAllowed, Unavailable
from tollbook.model.schedule import RunState
from tollbook.store.ledger import Ledger

if TYPE_CHECKING:
    from tollbook.engine.schedules.making import MadeRun, MakingTools
    from tollbook.site.schedules.claiming import ClaimedRun, RunResult

_log = structlog.get_logger()


class ReportScheduler:
    """The scheduler of one site. `start` it once, `stop` it once; `news` after a run was asked for by hand."""

    def __init__(self, ledger: Ledger, outbox: MessageOutbox) -> None:
        self._ledger, self._outbox = ledger, outbox
        self.tools: Callable[[], MakingTools] | None = None
        """Gives what runs are made with; without it none is."""
        self._process = uuid.uuid4().hex
        self._consumer = Consumer("scheduler", "of the site")
        self.news, self._started = self._consumer.news, False

    @property
    def health(self) -> ConsumerHealth:
        """How it is doing."""
        return self._consumer.health

    def start(self) -> None:
        """Begin."""
        if self.tools:
            self._started = True
            self._consumer.start(self)

    def stop(self) -> None:
        """End; a run under way is made again at the next start."""
        if self._started:
            self._consumer.stop()

    # ------------------------------------------------------------------ work of a consumer

    def begin(self) -> None:
        """Take up what an earlier process was making when it ended."""
        from tollbook.site.schedules import claiming

        claiming.release(self._process)
        claiming.tidy()

    def step(self) -> bool:
        """Plan what is due and make one run; return whether there may be more."""
        from django.db import connections

        from tollbook.site.schedules import claiming

        try:
            claiming.plan_due()
            if not self._ledger.position().settled:
                self._consumer.waits(AGAIN)
                return False
            run = claiming.claim(self._process)
            if run is None:
                self._consumer.well("up to date")
                return False
            self._make(run)
            self._consumer.well("up to date")
            return True
        finally:
            connections.close_all()

    def end(self) -> None:
        """Nothing was reached that would have to be let go."""

    def failed(self, *, permanent: bool) -> None:
        """Begin again; what was being made has been put back."""

    def _make(self, run: ClaimedRun) -> None:
        from tollbook.engine.schedules import making
        from tollbook.site.schedules import claiming

        assert self.tools is not None  # noqa: S101 - for the type; it is a fault of the program otherwise
        try:
            made = making.made(run, self.tools())
            claiming.finish(run.number, self._process, lambda: self._handed_over(run, made))
        except NotAllowed as fault:
            self._refused(run, fault)
        except Misconfigured as fault:
            self._ended(run, RunState.FAILED, fault)
        except (Unavailable, JobFailed) as fault:
            claiming.put_back(run.number, self._process, str(fault))
            raise Unavailable(f"{run.schedule.name}: {fault}") from fault
        except Exception as fault:
            claiming.put_back(run.number, self._process, f"it could not be made: {type(fault).__name__}")
            raise

    def _handed_over(self, run: ClaimedRun, made: MadeRun) -> RunResult:
        for part in made.parts:
            self._outbox.put(part.message, run.schedule.sending.destination, part.recipients)
        return made.result()

    def _refused(self, run: ClaimedRun, fault: NotAllowed) -> None:
        from tollbook.site.schedules import claiming

        reason = fault.problems[0].reason
        _log.warning("a schedule is paused", schedule=run.schedule.name, reason=reason)
        claiming.pause_for(run.schedule, reason)
        self._ended(run, RunState.NOT_ALLOWED, fault)

    def _ended(self, run: ClaimedRun, state: RunState, fault: Misconfigured) -> None:
        from tollbook.site.schedules import claiming

        said = "; ".join(f"{each.what}: {each.reason}" for each in fault.problems)
        claiming.finish(run.number, self._process, lambda: claiming.RunResult(state=state, said=said))
