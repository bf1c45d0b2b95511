"""One sink at work: a consumer of changes that hands them to another program, or keeps files equal to all calls.

A delivery that the other side refuses again and again is put aside, so that it holds up none behind it.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import duckdb
import msgspec
import structlog

from tollbook.clock import monotonic_s
from tollbook.engine.capture.health_tracker import iso_now
from tollbook.engine.changes.consumer import BeginAgain, Consumer
from tollbook.engine.changes.following import AGAIN, ConsumerSite, Following, Subscription
from tollbook.engine.changes.positions import ChangePosition
from tollbook.engine.changes.prefetch import HandedFile
from tollbook.engine.sinks.tables import HandedTables
from tollbook.model.limits import DEAD_LETTERS
from tollbook.model.problem import Unavailable
from tollbook.model.sink import Backfill, DeadLetter, LeftOutColumns, Sink, SinkHealth
from tollbook.plugins import read_options
from tollbook.sinks import known
from tollbook.sinks.contract import Around, DeliveryRefused, Open, TableTaker
from tollbook.site.reaching import check_reach
from tollbook.store import outgoing
from tollbook.store.filters import read_filter
from tollbook.store.ledger import Ledger
from tollbook.store.outgoing import Period, Projection, Window

_log = structlog.get_logger()


def opened(site: ConsumerSite, sink: Sink) -> tuple[Open, Projection]:
    """Return a sink as it is set up, not connected yet, and the form of what it is handed; raises `Misconfigured`."""
    where = f"sink {sink.name}"
    options = read_options(known.options_of(sink.kind), sink.settings, where)
    check_reach(options, where, site.fence)
    form = outgoing.form_of(site.ledger, sink.columns, read_filter(sink.filter))
    later = outgoing.LATER if sink.columns.strip() in ("", "tollbook") else frozenset()
    around = Around(name=sink.name, fields=form.fields, key=form.key, fence=site.fence, later=later)
    return known.opener_of(sink.kind)(options, around), form


class SinkWorker:
    """One sink at work. `start` it once, `stop` it once."""

    def __init__(self, sink: Sink, site: ConsumerSite) -> None:
        self.sink, self._site = sink, site
        self._consumer = Consumer("sink", sink.name)
        self._delivery = _Delivery(sink, site)
        self._following = Following(sink.name, site, self._consumer, self._delivery)
        self.news, self.stop = self._consumer.news, self._consumer.stop

    def start(self) -> None:
        """Begin."""
        mirrors = known.mirrors(self.sink.kind)
        self._consumer.start(_Mirror(self.sink, self._site, self._consumer) if mirrors else self._following)

    def health(self) -> SinkHealth:
        """Say how the sink is doing now."""
        now = msgspec.structs.asdict(self._consumer.health)
        health = SinkHealth(sink=self.sink.name, kind=self.sink.kind, **now)
        health = msgspec.structs.replace(health, left_out=self._delivery.left_out)
        return with_stand(health, self._site, self._following.behind_since)


class _Delivery:
    """Hands windows to a sink."""

    def __init__(self, sink: Sink, site: ConsumerSite) -> None:
        self._sink, self._site = sink, site
        self._open: Open | None = None
        self._refusals = 0
        self.left_out: LeftOutColumns | None = None
        self._tables: HandedTables | None = None

    def begin(self) -> Subscription:
        self._open, form = opened(self._site, self._sink)
        self._open.prepare()
        self.left_out = self._open.left_out()
        if self.left_out:
            form = form.without(self.left_out.columns)
        if isinstance(self._open, TableTaker) and outgoing.is_whole(self._sink.columns):
            self._tables = HandedTables(self._site, self._sink.name, self._open)
        file = HandedFile(self._site.folder / self._sink.name, self._open.file)
        return Subscription(form=form, most=self._open.batch, file=file, rest_s=self._open.interval_s)

    def end(self) -> None:
        _close(self._open)
        self._open = self._tables = None

    def failed(self, *, permanent: bool) -> bool:
        return known.overwrites(self._sink.kind) and not permanent  # perhaps it was too much for the time there is

    def lost(self, stand: ChangePosition) -> ChangePosition:
        """Meet a store whose numbers mean nothing here: it is not the one before, or the positions are not."""
        if not known.overwrites(self._sink.kind):
            message = (
                "the store or the positions of sinks were lost or put back, so nobody knows what was sent before: "
                f"`tollbook sink backfill {self._sink.name} --from DAY` goes on from a day"
            )
            raise Unavailable(message, permanent=True)
        _log.warning("what was sent before is not known; the sink is filled from the start", sink=self._sink.name)
        return msgspec.structs.replace(stand, change=0, begun=0, until=0, since="", fresh=False)

    def look(self) -> None:
        if self._tables:
            self._tables.look()

    def take(self, window: Window) -> None:
        if self._open is None:
            return
        if self.left_out and self._open.left_out() != self.left_out:
            raise BeginAgain
        try:
            self._open.deliver(window)
        except DeliveryRefused as fault:
            self._refused(self._open, window, fault)
        self._refusals = 0

    def _refused(self, sink: Open, window: Window, fault: DeliveryRefused) -> None:
        """Put a delivery aside that has been refused as often as the sink tries one."""
        self._refusals += 1
        if self._refusals < sink.tries:
            message = f"a delivery was not taken, try {self._refusals} of {sink.tries}: {fault}"
            raise Unavailable(message) from fault
        name, positions = self._sink.name, self._site.positions
        if positions.bytes_of_dead_letters(name) + len(fault.content) > DEAD_LETTERS:
            message = (
                f"no more can be put aside: {fault}; when that is mended, "
                f"`tollbook sink resume {name} --resend` sends again what was"
            )
            raise Unavailable(message, permanent=True) from fault
        _log.warning("a delivery was refused and put aside", sink=name, reason=str(fault))
        letter = DeadLetter(number=0, at=iso_now(), reason=str(fault), calls=window.count, content=fault.content)
        positions.put_aside(name, letter)


class Mirrored:
    """All calls that a sink is meant to have, by days or months."""

    def __init__(self, ledger: Ledger, form: Projection) -> None:
        self._ledger, self._form = ledger, form

    def periods(self, unit: str) -> dict[str, str]:
        """Return the days or months that have calls, each with a digest that changes when its calls do."""
        return outgoing.periods(self._ledger, self._form, unit)

    def write(self, unit: str, name: str, path: Path, form: str) -> None:
        """Write the calls of a day or month to a file; raises `Unavailable` where that takes none, as a full disk."""
        try:
            outgoing.write_period(self._ledger, self._form, Period(unit=unit, name=name, path=path, form=form))
        except duckdb.IOException as fault:
            raise Unavailable(f"{path} cannot be written: {fault}") from fault


class _Mirror:
    """The work of a sink that keeps itself equal to all calls."""

    def __init__(self, sink: Sink, site: ConsumerSite, consumer: Consumer) -> None:
        self._sink, self._site, self._consumer = sink, site, consumer
        self._open: tuple[Open, Projection] | None = None

    def begin(self) -> None:
        self._open = opened(self._site, self._sink)
        self._open[0].prepare()

    def end(self) -> None:
        _close(self._open and self._open[0])
        self._open = None

    def failed(self, *, permanent: bool) -> None:
        """Nothing is different the next time."""

    def step(self) -> bool:
        """Make the other side equal to all calls; return False, since there is nothing left to do at once."""
        stand, there = self._site.stand(self._sink.name), self._site.ledger.position()
        if self._open is None:
            return False
        if not there.settled:
            self._consumer.waits(AGAIN)
            return False
        sink, form = self._open
        written = sink.mirror(Mirrored(self._site.ledger, form))
        if written or (stand.change, stand.epoch) != (there.last, str(there.epoch)):
            moved = msgspec.structs.replace(
                stand,
                epoch=str(there.epoch),
                change=there.last,
                sent=stand.sent + written,
                last_sent_at=iso_now() if written else stand.last_sent_at,
            )
            self._site.positions.note(moved)
        self._consumer.well(f"files are made equal to all calls every {sink.interval_s:g} s")
        self._consumer.pause(sink.interval_s)
        return False


def _close(sink: Open | None) -> None:
    if sink:
        with suppress(Exception):  # what failed is being raised already, and a connection that is gone cannot close
            sink.close()


def with_stand(health: SinkHealth, site: ConsumerSite, behind_since: float | None = None) -> SinkHealth:
    """Return a sink's health with what its position says."""
    stand = site.positions.of(health.sink)
    if stand is None:
        return health
    there = site.ledger.position()
    same = stand.epoch == str(there.epoch)
    behind = there.last - stand.change if same else there.last
    filling = Backfill(done=stand.change - stand.begun, of=stand.until - stand.begun, since=stand.since)
    return msgspec.structs.replace(
        health,
        behind=max(behind, 0),
        behind_s=round(monotonic_s() - behind_since, 1) if behind and behind_since is not None else 0.0,
        sent=stand.sent,
        removed=stand.removed,
        refused=site.positions.count_letters(health.sink),
        last_sent_at=stand.last_sent_at,
        backfill=filling if same and stand.change < stand.until else None,
    )
