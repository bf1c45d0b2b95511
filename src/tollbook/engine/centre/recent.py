"""Keeps the calls of the last days near, as ClickHouse has them: missed calls, alerts and lists that grow follow these.

What has arrived is looked for by the clock of ClickHouse, and from a moment before the last look: an insert counts from
when it began, and is seen once it is through. What is met twice is the same, and alters nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol

import duckdb

from tollbook import clock
from tollbook.engine.changes.consumer import Consumer
from tollbook.engine.changes.following import MOMENT
from tollbook.engine.feed import MOST_AT_ONCE, Feed
from tollbook.model.health import State
from tollbook.model.page_limits import CALLS_NEAR_D
from tollbook.store import questions, recent
from tollbook.store.ledger import Ledger
from tollbook.store.store import Store

if TYPE_CHECKING:
    from tollbook.engine.centre.asking import CentreTables

_REST_S, _OVERLAP = 5.0, timedelta(seconds=60)


class CentreSite(Protocol):
    """What is needed of a site."""

    path: Path
    store: Store
    centre: CentreTables | None


class RecentCalls:
    """The follower of a site that may be a centre. `start` it once, `stop` it once."""

    def __init__(self, site: CentreSite, feed: Feed, told: Callable[[], None]) -> None:
        self._store, self._feed, self._told = site.store, feed, told
        self._site = site
        self._consumer = Consumer("reader of recent calls", "of the centre")
        self._versions = ""
        self._day = ""
        self._started = False

    @property
    def trouble(self) -> str:
        """Why calls are not read just now; empty while they are."""
        health = self._consumer.health
        is_well = not self._started or health.state in (State.STARTING, State.WORKING)
        return "" if is_well else f"the newest calls of the sites cannot be read just now: {health.last_error}"

    def start(self) -> None:
        """Begin, where the site is a centre."""
        self._started = self._site.centre is not None
        if self._started:
            self._consumer.start(self)

    def stop(self) -> None:
        """End."""
        if self._started:
            self._consumer.stop()

    # ------------------------------------------------------------------ work of a consumer

    def begin(self) -> None:
        """Make the store ready."""
        self._store.transaction(recent.prepare)
        self._versions = ""

    def step(self) -> bool:
        """Take what has arrived; return False, since all of it is."""
        with TemporaryDirectory(dir=self._site.path / MOMENT) as name:
            folder = Path(name)
            self._take_tables(folder)
            with self._store.reading() as cursor:
                upto = recent.taken_upto(cursor)
            before = self._store.position().last
            changed = self._take_calls(folder, upto)
        if changed:
            self._told()
        if changed and upto and self._feed.listeners:  # those that come at the very first are no news
            self._feed.publish(questions.newest_calls(Ledger(self._store), before, MOST_AT_ONCE))
        self._consumer.well("up to date")
        self._consumer.pause(_REST_S)
        return False

    def end(self) -> None:
        """Nothing was reached that would have to be let go."""

    def failed(self, *, permanent: bool) -> None:
        """Begin again; that is all there is to do."""

    @property
    def _centre(self) -> CentreTables:
        assert self._site.centre is not None  # noqa: S101 - it is started with one only
        return self._site.centre

    def _take_tables(self, folder: Path) -> None:
        versions = self._centre.versions()
        if versions == self._versions:
            return
        files = {table: self._centre.write_table(table, folder / table) for table in recent.OF_SITES}
        self._store.transaction(lambda connection: recent.replace_tables(connection, files))
        self._versions = versions

    def _take_calls(self, folder: Path, upto: datetime | None) -> int:
        first_day = clock.now().replace(tzinfo=None) - timedelta(days=CALLS_NEAR_D)
        if self._day != f"{first_day:%Y-%m-%d}":
            self._store.transaction(lambda connection: recent.let_go(connection, first_day))
            self._day = f"{first_day:%Y-%m-%d}"
        now = self._centre.moment()
        if now is None:
            return 0
        files = {part: folder / part for part in ("touched", "call", "leg")}
        self._centre.write_arrived(files, upto - _OVERLAP if upto else None, first_day)

        def take(connection: duckdb.DuckDBPyConnection) -> int:
            return recent.take(connection, files, now)

        return self._store.transaction(take)
