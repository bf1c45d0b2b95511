"""Looks each minute whether something is due that the site does by itself, on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from tollbook.model.directory import PeopleRead

_log = structlog.get_logger()
_EVERY_S = 60.0
_PATIENCE_S = 10.0
"""What waits for a server that does not answer ends with the program."""


class Regular:
    """`start` it once, `stop` it once. `work` finds out by itself what is due."""

    def __init__(self) -> None:
        self.work: Callable[[], None] = lambda: None
        self.people_read: Callable[[], PeopleRead | None] = lambda: None
        """Tells how reading people from LDAP goes."""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="regular", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(_PATIENCE_S)

    def _run(self) -> None:
        failed = ""
        while not self._ended.is_set():
            try:
                self.work()
                failed = ""
            except Exception as fault:  # noqa: BLE001 - said once, then tried again
                if str(fault) != failed:
                    _log.error("what is done regularly failed", reason=str(fault), exc_info=fault)
                failed = str(fault)
            self._ended.wait(_EVERY_S)
