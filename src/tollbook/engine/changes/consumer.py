"""Runs one consumer of the ledger for ever: on a thread of its own, tried again with growing pauses, its health kept.

A consumer that hangs holds nobody else up. "Gone" is logged once and "back" once.
"""

from __future__ import annotations

import threading
from typing import Any, Protocol

import duckdb
import msgspec
import structlog

from tollbook.engine.backoff import Backoff
from tollbook.engine.capture.health_tracker import iso_now
from tollbook.model.health import State
from tollbook.model.problem import Misconfigured, Problem, Unavailable

_log = structlog.get_logger()
_FIRST_PAUSE_S, _LONGEST_PAUSE_S, _PERMANENT_PAUSE_S = 0.25, 60.0, 300.0
_LOOK_S = 5.0
_GRACE_S = 10.0


class Work(Protocol):
    """What a consumer does. `begin` and `end` come in pairs; after a failure all begins again."""

    def begin(self) -> None:
        """Reach whatever is needed; raises `Unavailable` or `Misconfigured`."""

    def step(self) -> bool:
        """Do what there is to do now; return whether there may be more at once."""

    def end(self) -> None:
        """Let everything go; nothing may have been reached."""

    def failed(self, *, permanent: bool) -> None:
        """Note that it failed, and whether only a person can mend it."""


class Follower(Protocol):
    """What runs beside the pages while PBXs are asked."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End; it may not have begun."""


class BeginAgain(Exception):
    """What was found as the work began is so no more: it begins again, at once, and nothing has failed."""


class ConsumerHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How a consumer is doing: since when (UTC, ISO 8601 with `Z`), in a sentence, and the last failure."""

    state: State
    message: str
    since: str
    last_error: str = ""


class Consumer:
    """One consumer. `start` it once, `stop` it once."""

    def __init__(self, kind: str, name: str) -> None:
        """Name it in the log: `kind` is what it is, such as a sink."""
        self._kind, self._name = kind, name
        self._news, self._stopping = threading.Event(), threading.Event()
        self._backoff = Backoff(first_s=_FIRST_PAUSE_S, longest_s=_LONGEST_PAUSE_S, permanent_s=_PERMANENT_PAUSE_S)
        self.health = ConsumerHealth(state=State.STARTING, message="not reached yet", since=iso_now())
        self._thread: threading.Thread | None = None

    def start(self, work: Work) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, args=(work,), name=f"{self._kind} {self._name}", daemon=True)
        self._thread.start()

    def news(self) -> None:
        """Say that there may be changes."""
        self._news.set()

    def stop(self) -> None:
        """End; a step under way may finish first. One that hangs is left, and comes again at the next start."""
        self._stopping.set()
        self._news.set()
        if self._thread is None:
            return
        self._thread.join(_GRACE_S)
        if self._thread.is_alive():
            self._warn(f"a {self._kind} did not finish; what it was doing is done again")

    def pause(self, seconds: float) -> None:
        """Wait on the consumer's own thread; the end cuts it short."""
        self._stopping.wait(seconds)

    def well(self, message: str = "") -> None:
        """Note that it works, with a message where that has changed."""
        self._backoff.well()
        if message:
            self._become(State.WORKING, message)

    def waits(self, message: str) -> None:
        """Note that it works and there is nothing to do before something else is done."""
        self._backoff.well()
        self._become(State.STARTING, message)

    def _run(self, work: Work) -> None:
        while not self._stopping.is_set():
            pause_s = _FIRST_PAUSE_S
            try:
                self._work(work)
            except BeginAgain:
                continue
            except Unavailable as fault:
                pause_s = self._failed(work, str(fault), permanent=fault.permanent)
            except Misconfigured as fault:
                pause_s = self._failed(work, _in_short(fault.problems), permanent=True)
            except duckdb.Error as fault:
                pause_s = self._failed(work, f"the store cannot be read just now: {fault}", permanent=False)
            except BaseException as fault:  # noqa: BLE001 - the supervisor of what a driver may raise, SystemExit too
                _log.exception(f"a {self._kind} failed and is started again", **self._named())
                pause_s = self._failed(work, f"the {self._kind} failed: {type(fault).__name__}", permanent=False)
            self._stopping.wait(pause_s)

    def _work(self, work: Work) -> None:
        """Do what there is to do, until something fails or all is to end."""
        try:
            work.begin()
            while not self._stopping.is_set():
                self._news.clear()
                if not work.step():
                    self._news.wait(_LOOK_S)
        finally:
            work.end()

    def _failed(self, work: Work, message: str, *, permanent: bool) -> float:
        work.failed(permanent=permanent)
        self.health = msgspec.structs.replace(self.health, last_error=message)
        self._become(State.NEEDS_ATTENTION if permanent else State.NOT_REACHABLE, message)
        return self._backoff.failed(permanent=permanent)

    def _become(self, state: State, message: str) -> None:
        before = self.health.state
        self.health = msgspec.structs.replace(self.health, message=message)
        if state is before:
            return
        self.health = msgspec.structs.replace(self.health, state=state, since=iso_now())
        if state in (State.NOT_REACHABLE, State.NEEDS_ATTENTION):
            self._warn(state.words, reason=message)
        elif before in (State.NOT_REACHABLE, State.NEEDS_ATTENTION):
            _log.info("back", **self._named())

    def _warn(self, event: str, **told: Any) -> None:  # noqa: ANN401 - what structlog can write
        _log.warning(event, **self._named(), **told)

    def _named(self) -> dict[str, Any]:
        return {self._kind: self._name}


def _in_short(problems: tuple[Problem, ...]) -> str:
    """Return every fault in one sentence each."""
    return "; ".join(f"{each.what}: {each.reason}" + (f" ({each.help})" if each.help else "") for each in problems)
