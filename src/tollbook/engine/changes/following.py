"""Follows the change feed: hands over window after window, and moves the position once one has been taken.

The position does not move before; what is handed over twice after a crash is known by its key. While the store is made
again from the journal the feed stands still, and whoever follows it waits.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Protocol

import msgspec

from tollbook.clock import monotonic_s
from tollbook.engine.capture.health_tracker import iso_now
from tollbook.engine.changes.consumer import Consumer
from tollbook.engine.changes.positions import ChangePosition, Positions
from tollbook.engine.changes.prefetch import HandedFile, Prefetch
from tollbook.model.fence import Fence
from tollbook.model.pbx import Pbx
from tollbook.store.changes import Position
from tollbook.store.ledger import Ledger
from tollbook.store.outgoing import ChangeQuery, Projection, Window

MOMENT = "moment"
"""The folder in a site's for files that last a moment; what a crash leaves there goes at the next start."""
_LEAST, _MOST, _QUICK_S = 100, 1 << 30, 5.0
"""Calls in a window for somebody too slow for more, and seconds of one after which the next may be larger."""


class ConsumerSite(msgspec.Struct, frozen=True):
    """What consumers share: ledger, fence and PBXs, where each stands, and a folder for what lasts a moment."""

    ledger: Ledger
    positions: Positions
    folder: Path
    fence: Fence
    pbxs: Callable[[], list[Pbx]] = list

    def stand(self, name: str) -> ChangePosition:
        """Return where a consumer stands; it has been placed before it starts."""
        stand = self.positions.of(name)
        if stand is None:
            message = "nobody has said where this consumer begins"
            raise RuntimeError(message)
        return stand


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody is handed changes: in which form, at most how many calls at once, and when as a file too.

    Once all there is has been handed on, nothing is for `rest_s` seconds.
    """

    form: Projection
    most: int
    file: HandedFile
    rest_s: float = 0.0


class Taker(Protocol):
    """Whoever is handed windows."""

    def begin(self) -> Subscription:
        """Get ready to take windows; raises `Unavailable` or `Misconfigured`."""

    def look(self) -> None:
        """Look at what is handed on beside changes, before any are; raises `Unavailable`."""

    def take(self, window: Window) -> None:
        """Take the changes of a window, whole or not at all; raises `Unavailable`."""

    def end(self) -> None:
        """Let everything go."""

    def failed(self, *, permanent: bool) -> bool:
        """Note a failure; return whether fewer calls at once may help."""

    def lost(self, stand: ChangePosition) -> ChangePosition:
        """Return where to go on in a feed that is another than the one before; raises `Unavailable` for nowhere."""


class Following:
    """The work of a consumer that takes all changes in their order."""

    def __init__(self, name: str, site: ConsumerSite, consumer: Consumer, taker: Taker) -> None:
        self._name, self._site, self._consumer, self._taker = name, site, consumer, taker
        self._most = _MOST
        self._ahead: Prefetch | None = None
        self.behind_since: float | None = None

    def begin(self) -> None:
        """Get ready."""
        reading = self._taker.begin()
        self._most = min(self._most, reading.most)
        self._limit, self._rest_s = reading.most, reading.rest_s
        self._ahead = Prefetch(self._site.ledger, reading.form, reading.file)

    def end(self) -> None:
        """Let everything go."""
        ahead, self._ahead = self._ahead, None
        if ahead:
            ahead.close()
        self._taker.end()

    def failed(self, *, permanent: bool) -> None:
        """Hand over less at once where that may help."""
        if self._taker.failed(permanent=permanent):
            self._most = max(self._most // 4, _LEAST)

    def step(self) -> bool:
        """Hand over the next changes; return whether there were any."""
        stand, ahead = self._site.stand(self._name), self._ahead
        if ahead is None:
            return False
        self._taker.look()
        self._most = min(self._most, self._limit)
        asked = ChangeQuery(
            after=stand.change,
            most=self._most,
            until=stand.until,
            since=stand.since,
            fresh=stand.fresh,
        )
        there, window = ahead.read(asked)
        if str(there.epoch) != stand.epoch:
            if window:
                window.close()
            moved = msgspec.structs.replace(self._taker.lost(stand), epoch=str(there.epoch))
            self._site.positions.note(moved)
            return True
        if window is None:
            self._rest(there, stand.change)
            return False
        with closing(window):
            if window.upto < there.last:
                ahead.expect(msgspec.structs.replace(asked, after=window.upto))
            self._hand_over(window)
            self._note(stand, window)
        if window.upto >= there.last:
            self._rest(there, window.upto)
            self._consumer.pause(self._rest_s)
        return True

    def _hand_over(self, window: Window) -> None:
        begun_s = monotonic_s()
        if self.behind_since is None:
            self.behind_since = begun_s
        if window.count or window.gone:
            self._taker.take(window)
            self._consumer.well()
        if monotonic_s() - begun_s < _QUICK_S:
            self._most *= 2

    def _note(self, stand: ChangePosition, window: Window) -> None:
        """Move the position, unless somebody has set it anew meanwhile."""
        now = self._site.stand(self._name)
        if (now.change, now.epoch, now.begun, now.until) != (stand.change, stand.epoch, stand.begun, stand.until):
            return
        moved = msgspec.structs.replace(
            stand,
            change=window.upto,
            fresh=stand.fresh and window.upto < stand.until,
            sent=stand.sent + window.count,
            removed=stand.removed + len(window.gone),
            last_sent_at=iso_now() if window.count or window.gone else stand.last_sent_at,
        )
        self._site.positions.note(moved)
        if window.upto < stand.until:
            self._consumer.well("handing on the history")

    def _rest(self, there: Position, change: int) -> None:
        if not there.settled:
            self._consumer.waits(AGAIN)
        elif there.last <= change:
            self.behind_since = None
            self._consumer.well("up to date")
        else:
            self._consumer.well()


AGAIN = "waits: the store is being made again from the journal"
