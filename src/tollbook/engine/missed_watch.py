"""Keeps the state of missed calls up with the ledger, as one consumer of its changes.

The state lies in memory beside the store (see `store.missed_tables`). Where no consumer runs, as in a command, it is
brought up when it is asked for. A page asks for a few changes to be caught up with as well, so that it is never behind
what it was told of; after an import of many it shows the state as it is, and the consumer is soon through.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from tollbook import clock
from tollbook.engine.changes.consumer import Consumer, ConsumerHealth
from tollbook.model.missed import MissedSettings
from tollbook.store.missed_keeping import KeptState, MissedState
from tollbook.store.store import Store

_PAUSES, _LONGEST_PAUSE_S = 4, 10.0
"""How often as long as it worked it then rests."""
_SOON = 5_000
"""Changes that are caught up with while a page waits."""


class MissedWatch:
    """The follower of one site. `start` it once, `stop` it once; `apply` after a change of what the site has set."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._state = MissedState(store.cursor)
        self.settings: Callable[[], MissedSettings] = MissedSettings
        """Reads what the site has set; on the thread of whoever says that it has changed."""
        self._settings = MissedSettings()
        self._consumer = Consumer("watch of missed calls", "of the site")
        self.news, self._started = self._consumer.news, False

    @property
    def health(self) -> ConsumerHealth:
        """How it is doing."""
        return self._consumer.health

    def start(self) -> None:
        """Begin."""
        self._started = True
        self._consumer.start(self)

    def stop(self) -> None:
        """End."""
        if self._started:
            self._consumer.stop()

    def apply(self) -> None:
        """Read again what the site has set."""
        self._settings = self.settings()
        self.news()

    def brought_up(self) -> KeptState:
        """Bring the state up as far as can be waited for; return how far it is."""
        kept = self._bring_up(_SOON if self._started else None)
        return kept or self._whole()

    def _whole(self) -> KeptState:
        kept = self._bring_up(None)
        if kept is None:
            message = "the state of missed calls could not be made"
            raise RuntimeError(message)
        return kept

    def _bring_up(self, most_changes: int | None) -> KeptState | None:
        return self._state.bring_up(self._settings, utc_now(), most_changes)

    # ------------------------------------------------------------------ work of a consumer

    def begin(self) -> None:
        """Nothing is to be reached."""

    def step(self) -> bool:
        """Bring the state up; return whether there may be more."""
        begun_s, before = clock.monotonic_s(), self._store.position().last
        kept = self._whole()
        self._consumer.well("up to date")
        self._consumer.pause(min(_PAUSES * (clock.monotonic_s() - begun_s), _LONGEST_PAUSE_S))
        return kept.upto > before

    def end(self) -> None:
        """Nothing was reached that would have to be let go."""

    def failed(self, *, permanent: bool) -> None:
        """Begin again; that is all there is to do."""


def utc_now() -> datetime:
    """Return the present instant as the store keeps instants: UTC, without a zone."""
    return clock.now().replace(tzinfo=None)
