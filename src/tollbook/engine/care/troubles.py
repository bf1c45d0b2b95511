"""What is wrong with the site, as pages and health tell it: looked for now and then, on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import structlog

from tollbook.clock import monotonic_s
from tollbook.engine.care.doctor import Finding

_log = structlog.get_logger()
_LOOK_S = 30.0
"""How long what was found is taken for true."""


class Troubles:
    """What `look` finds wrong. `found` may wait for it, `known` never does; `stop` it once."""

    def __init__(self, look: Callable[[], list[Finding]]) -> None:
        self._look = look
        self.besides: Callable[[], list[Finding]] = list
        """Finds what the engine knows nothing of."""
        self._lock = threading.Lock()
        self._looker = ThreadPoolExecutor(1, "troubles")
        self._looking: Future[list[Finding]] | None = None
        self._found: list[Finding] = []
        self._again_s = 0.0
        self._stopped = False

    def found(self) -> list[Finding]:
        """Return what is wrong, looked for half a minute ago at most."""
        looking = self._begun()
        return looking.result() if looking else self._found

    def known(self) -> list[Finding]:
        """Return what was found last, and look again where that is long ago."""
        self._begun()
        return self._found

    def forget(self) -> None:
        """Look again when next asked: settings have changed."""
        self._again_s = 0.0

    def stop(self) -> None:
        """Look no more."""
        with self._lock:
            self._stopped = True
        self._looker.shutdown(cancel_futures=True)

    def _begun(self) -> Future[list[Finding]] | None:
        """Return the look that is under way, begun now where the last is long ago; None where none is needed."""
        with self._lock:
            if self._looking is None and not self._stopped and monotonic_s() >= self._again_s:
                self._looking = self._looker.submit(self._found_now)
            return self._looking

    def _found_now(self) -> list[Finding]:
        self._again_s = monotonic_s() + _LOOK_S
        try:
            self._found = [finding for finding in (*self._look(), *self.besides()) if not finding.well]
        except Exception as fault:  # noqa: BLE001 - what was found before stands; the store's own health tells of itself
            _log.warning("the site could not be checked", reason=str(fault))
        with self._lock:
            self._looking = None
        return self._found
