"""Tells the centre each minute how this site is doing, on a thread of its own: collecting waits for nothing here.

The link is read before each time, so that whoever joins or leaves meanwhile is heeded. What changes in the set-up is
told soon after. A centre that does not answer is asked ever less often, and said to be gone once, and back once.
What the centre hands down is taken over in between: see `taking`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import msgspec
import structlog
from django.db import connections

from tollbook import clock
from tollbook.clock import monotonic_s
from tollbook.engine.backoff import Backoff
from tollbook.engine.engine import Engine
from tollbook.model.place import Heard
from tollbook.model.problem import Misconfigured, Unavailable
from tollbook.site import changed
from tollbook.site.places import taken
from tollbook.web.centre import link, taking
from tollbook.web.centre.health import TakenOver, health_of_site
from tollbook.web.centre.records import record_of_site
from tollbook.web.centre.updating import Updating

_log = structlog.get_logger()
_LEAST_S = 3.0
"""Between two times, however often the set-up changes."""
_EVERY_S = 60.0
_TAKE_AGAIN_S = 600.0
"""After which a set-up is tried again that was not taken: what it clashed with here may have gone."""
_PATIENCE_S = 5.0
"""What waits for a centre that does not answer ends with the program."""


class CentreState(msgspec.Struct, frozen=True, kw_only=True):
    """How it goes with the centre: when it was told last (UTC, ISO 8601 with `Z`), and what is wrong since."""

    told_at: str | None = None
    trouble: str = ""


class CentreWorker:
    """`start` it once, `stop` it once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.state = CentreState()
        self._backoff = Backoff(first_s=5, longest_s=120, permanent_s=600)
        self._updating = Updating(engine.site.path, engine.site.fence.updater)
        self._bundle_fault, self._refused, self._again_s = "", "", 0.0
        self._ended, self._news = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="centre", daemon=True)

    def start(self) -> None:
        """Begin."""
        changed.subscribe(self._news.set)
        self._thread.start()

    def stop(self) -> None:
        """End."""
        changed.unsubscribe(self._news.set)
        self._ended.set()
        self._news.set()
        self._thread.join(_PATIENCE_S)

    def _run(self) -> None:
        while not self._ended.is_set():
            self._news.clear()
            pause_s = self._tell()
            self._ended.wait(_LEAST_S)
            self._news.wait(max(pause_s - _LEAST_S, 0))

    def _tell(self) -> float:
        """Tell the centre once, where there is one; return after how many seconds to do so again."""
        try:
            found = link.read(self._engine.site.path)
            if found is None:
                self.state = CentreState()
                return _EVERY_S
            with closing(link.Centre(self._engine.site.fence, found)) as centre:
                heard = centre.ask("health", health_of_site(self._engine, self._taken_over()), Heard)
                for wanted in heard.records:
                    centre.ask("record", record_of_site(self._engine, wanted), link.Nothing)
                self._take(centre, found, heard.bundle if found.takes_set_up else "")
            self._see_to(heard.version)
        except Unavailable as fault:
            return self._failed(str(fault), permanent=fault.permanent)
        except Misconfigured as fault:
            return self._failed(fault.problems[0].what, permanent=True)
        except Exception as fault:  # noqa: BLE001 - said once, then tried again: telling must not end
            return self._failed(f"{type(fault).__name__}: {fault}", permanent=True)
        finally:
            connections.close_all()
        self._well()
        return float(heard.every_s)

    def _taken_over(self) -> TakenOver:
        return TakenOver(
            bundle=taken.digest(),
            fault=self._bundle_fault,
            update=self._updating.told,
            update_failed=self._updating.failed,
        )

    def _see_to(self, version: str) -> None:
        """See to the version that is wanted; what comes of it is told next."""
        before = self._updating.told
        self._updating.want(version)
        if self._updating.told != before:
            self._news.set()

    def _take(self, centre: link.Centre, found: link.CentreLink, digest: str) -> None:
        """Take over the set-up that the centre hands down, where it is another; what is wrong with it is told next."""
        is_had = not digest or digest == taken.digest()
        if is_had or (digest == self._refused and monotonic_s() < self._again_s):
            self._bundle_fault = "" if is_had else self._bundle_fault
            return
        try:
            taking.take(found, digest, taking.fetch(centre, digest))
            self._refused, self._bundle_fault = "", ""
        except Misconfigured as fault:
            first = fault.problems[0]
            self._refused, self._again_s = digest, monotonic_s() + _TAKE_AGAIN_S
            self._bundle_fault = f"{first.what}: {first.reason}"
            _log.warning("the set-up of the centre is not taken over", reason=self._bundle_fault, where=first.where)
        self._news.set()

    def _failed(self, message: str, *, permanent: bool) -> float:
        if message != self.state.trouble:
            _log.warning("the centre cannot be told how this site is", reason=message)
        self.state = msgspec.structs.replace(self.state, trouble=message)
        return self._backoff.failed(permanent=permanent)

    def _well(self) -> None:
        if self.state.trouble:
            _log.info("the centre is told again how this site is")
        self._backoff.well()
        self.state = CentreState(told_at=f"{clock.now():%Y-%m-%dT%H:%M:%SZ}")


_workers: list[CentreWorker] = []


@contextmanager
def telling(engine: Engine) -> Iterator[None]:
    """Tell the centre of a site, while it is served, how it is doing."""
    worker = CentreWorker(engine)
    worker.start()
    _workers.append(worker)
    try:
        yield
    finally:
        _workers.remove(worker)
        worker.stop()


def state() -> CentreState | None:
    """Return how it goes with the centre; None in a process that does not tell it."""
    return _workers[0].state if _workers else None
