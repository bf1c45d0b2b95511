"""Of several processes that have one settings database, one works: it makes schedules, alerts, deliveries, backups.

Which one it is, an advisory lock says, held by a connection of its own for as long as that lasts: whoever is killed
lets go of it at once. The others look for it every few seconds. Who finds it free waits a little before it takes up the
work, so that one whose connection alone broke has noticed and stopped. By the same connection each hears of what others
have changed in the settings.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

import psycopg
import structlog
from django.db import connection as of_this_thread

from tollbook.site import changed

_log = structlog.get_logger()
_LOCK = 0x746F_6C6E
_CHANNEL = "tollbook_changed"
LOOK_S = 2.0
"""Seconds between two looks; the longest that news of another process takes."""
GRACE_S = 5.0
"""How long it is before work is taken up that another process had."""


def _nothing() -> None:
    """Do nothing."""


class Duty:
    """The part of this process. `begin` it once, `start` and `stop` it once, `end` it once.

    `taken` is called on a thread of its own once the work is to be taken up, `lost` where another process has it now,
    `heard` when another process has changed settings.
    """

    def __init__(self, parameters: dict[str, Any]) -> None:
        self._parameters = parameters
        self._me = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
        self._connection: psycopg.Connection[Any] | None = None
        self.taken: Callable[[], None] = _nothing
        self.lost: Callable[[], None] = _nothing
        self.heard: Callable[[], None] = _nothing
        self.works = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="duty", daemon=True)

    def begin(self) -> bool:
        """Connect and say whether this process is the one that works; raises `psycopg.Error`."""
        self._connection = self._connected()
        self.works = self._try(self._connection)
        return self.works

    def start(self) -> None:
        """Look out from now on."""
        changed.tell_others = self._tell
        self._thread.start()

    def stop(self) -> None:
        """Look out no more; whoever has the work keeps it until it has ended what it does."""
        changed.tell_others = _nothing
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def end(self) -> None:
        """Let the work go."""
        self.stop()
        if self._connection:
            self._connection.close()

    # ------------------------------------------------------------------ its thread

    def _run(self) -> None:
        gone = False
        while not self._ended.is_set():
            try:
                self._look()
                if gone:
                    _log.info("the settings' database is back")
                gone = False
            except psycopg.Error as fault:
                if not gone:
                    _log.warning("the settings' database does not answer", reason=str(fault).strip())
                gone = True
                self._forget()
                self._ended.wait(LOOK_S)

    def _forget(self) -> None:
        with suppress(psycopg.Error):
            if self._connection:
                self._connection.close()
        self._connection = None

    def _look(self) -> None:
        """Wait for news, then see to the lock; a connection made anew has lost it."""
        if self._connection is None:
            self._connection = self._connected()
            if self.works and not self._try(self._connection):
                self.works = False
                self._ended.set()
                self.lost()
                return
            self.heard()  # what was told meanwhile was missed
        for news in self._connection.notifies(timeout=LOOK_S, stop_after=1):
            if news.payload != self._me:
                self.heard()
        self._connection.execute("SELECT 1")
        if not self.works and self._try(self._connection):
            self._take_up()

    def _take_up(self) -> None:
        _log.info("the process that worked is gone; this one takes its place", seconds=GRACE_S)
        if self._ended.wait(GRACE_S):
            return
        self.works = True
        try:
            self.taken()
        except Exception:  # noqa: BLE001 - whatever it is, the process begins anew, and lets go of the work
            _log.exception("the work could not be taken up; this process begins anew")
            self._ended.set()
            self.lost()

    def _connected(self) -> psycopg.Connection[Any]:
        made = psycopg.connect(**self._parameters, autocommit=True)
        if not made.info.host.startswith("/"):  # that a machine is gone is to be noticed soon, and its lock given free
            made.execute("SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3")
        made.execute(f"LISTEN {_CHANNEL}")
        return made

    def _try(self, on: psycopg.Connection[Any]) -> bool:
        row = on.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK]).fetchone()
        return bool(row and row[0])

    def _tell(self) -> None:
        with of_this_thread.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [_CHANNEL, self._me])


def duty_of_settings() -> Duty:
    """Return the part of this process at the database that Django is told of."""
    parameters = of_this_thread.get_connection_params()
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)
    return Duty(parameters)
