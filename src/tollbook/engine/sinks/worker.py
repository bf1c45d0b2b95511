"""Runs one sink for ever: hands it changes in order, notes its position, retries with growing pauses, keeps its health.

It has a thread of its own, so a database that hangs holds nobody up. Its position moves once the sink has taken the
changes and not before; what is delivered twice after a crash is known by its key. "Gone" is logged once and "back"
once.
"""

from __future__ import annotations

import random
import threading
from contextlib import closing, suppress
from pathlib import Path

import duckdb
import msgspec
import structlog

from tollbook.clock import monotonic_s
from tollbook.engine.capture.health_tracker import iso_now
from tollbook.engine.sinks.positions import Positions, SinkPosition
from tollbook.engine.sinks.prefetch import Csv, Prefetch
from tollbook.model.fence import Fence
from tollbook.model.health import State
from tollbook.model.limits import DEAD_LETTERS
from tollbook.model.problem import Misconfigured, Problem, Unavailable
from tollbook.model.sink import Backfill, DeadLetter, Sink, SinkHealth
from tollbook.plugins import read_options
from tollbook.sinks import known
from tollbook.sinks.contract import Around, Open, Refused
from tollbook.site.reaching import check_reach
from tollbook.store import outgoing
from tollbook.store.filters import read_filter
from tollbook.store.ledger import Ledger
from tollbook.store.outgoing import Asked, Form, Period, Window

_log = structlog.get_logger()
_FIRST_PAUSE_S, _LONGEST_PAUSE_S, _PERMANENT_PAUSE_S = 0.25, 60.0, 300.0
_SMALLEST, _LARGEST, _QUICK_S = 100, 1 << 30, 5.0
"""Least calls in a delivery to a database too slow for more, and seconds of one after which the next may be larger."""
_LOOK_S = 5.0
_GRACE_S = 10.0


class Site(msgspec.Struct, frozen=True):
    """What sink workers share: the ledger, where sinks stand, a folder for what lasts a moment, and the fence."""

    ledger: Ledger
    positions: Positions
    folder: Path
    fence: Fence


class Mirrored:
    """All calls that a sink is meant to have, by days or months."""

    def __init__(self, ledger: Ledger, form: Form) -> None:
        self._ledger, self._form = ledger, form

    def periods(self, unit: str) -> dict[str, str]:
        """Return the days or months that have calls, each with a digest that changes when its calls do."""
        return outgoing.periods(self._ledger, self._form, unit)

    def write(self, unit: str, name: str, path: Path, form: str) -> None:
        """Write the calls of a day or month to a file."""
        outgoing.write_period(self._ledger, self._form, Period(unit=unit, name=name, path=path, form=form))


def opened(site: Site, sink: Sink) -> tuple[Open, Form]:
    """Return a sink as it is set up, not connected yet, and the form of what it is handed; raises `Misconfigured`."""
    where = f"sink {sink.name}"
    options = read_options(known.options_of(sink.kind), sink.settings, where)
    check_reach(options, where, site.fence)
    form = outgoing.form_of(site.ledger, sink.columns, read_filter(sink.words))
    around = Around(name=sink.name, fields=form.fields, key=form.key, fence=site.fence)
    return known.opener_of(sink.kind)(options, around), form


class SinkWorker:
    """One sink at work. `start` it once, `stop` it once."""

    def __init__(self, sink: Sink, site: Site) -> None:
        self.sink, self._site = sink, site
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._failures = self._refusals = 0
        self._most = _LARGEST
        self._behind_since: float | None = None
        self._health = SinkHealth(
            sink=sink.name,
            kind=sink.kind,
            state=State.STARTING,
            message="not reached yet",
            since=iso_now(),
        )
        self._thread = threading.Thread(target=self._run, name=f"sink {sink.name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def news(self) -> None:
        """Say that there may be changes."""
        self._news.set()

    def stop(self) -> None:
        """End; a delivery under way may finish first. One that hangs is left, and comes again at the next start."""
        self._stopping.set()
        self._news.set()
        self._thread.join(_GRACE_S)
        if self._thread.is_alive():
            _log.warning("a sink did not finish; what it was sending is sent again", sink=self.sink.name)

    def health(self) -> SinkHealth:
        """Say how the sink is doing now."""
        return with_stand(self._health, self._site, self._behind_since)

    def _run(self) -> None:
        while not self._stopping.is_set():
            pause = _FIRST_PAUSE_S
            try:
                self._session()
            except Unavailable as fault:
                pause = self._failed(str(fault), permanent=fault.permanent)
            except Misconfigured as fault:
                pause = self._failed(_in_short(fault.problems), permanent=True)
            except duckdb.Error as fault:
                pause = self._failed(f"the store cannot be read just now: {fault}", permanent=False)
            except BaseException as fault:  # noqa: BLE001 - the supervisor of what a driver may raise, SystemExit too
                _log.exception("a sink failed and is started again", sink=self.sink.name)
                pause = self._failed(f"the sink failed: {type(fault).__name__}", permanent=False)
            self._stopping.wait(pause)

    def _session(self) -> None:
        """Reach the other side and hand changes on, until something fails or all is to end."""
        sink, form = opened(self._site, self.sink)
        self._ahead = Prefetch(
            self._site.ledger,
            form,
            Csv(self._site.folder / self.sink.name, sink.csv_from, sink.null),
        )
        try:
            sink.prepare()
            step = self._mirror if known.mirrors(self.sink.kind) else self._deliver
            while not self._stopping.is_set():
                self._news.clear()
                if not step(sink, form):
                    self._news.wait(_LOOK_S)
        finally:
            self._ahead.close()
            with suppress(Exception):  # what failed is being raised already, and a connection that is gone cannot close
                sink.close()

    def _stand(self) -> SinkPosition:
        stand = self._site.positions.of(self.sink.name)
        if stand is None:
            message = "nobody has said where this sink begins"
            raise RuntimeError(message)
        return stand

    def _deliver(self, sink: Open, _form: Form) -> bool:
        """Hand on the next changes; return whether there were any."""
        stand = self._stand()
        self._most = min(self._most, sink.batch)
        asked = Asked(after=stand.change, most=self._most, until=stand.until, since=stand.since, fresh=stand.fresh)
        there, window = self._ahead.read(asked)
        if str(there.epoch) != stand.epoch:
            if window:
                window.close()
            self._begin_again(str(there.epoch))
            return True
        if window is None:
            self._rest(settled=there.settled, behind=there.last - stand.change)
            return False
        with closing(window):
            if window.upto < there.last:
                self._ahead.expect(msgspec.structs.replace(asked, after=window.upto))
            begun_s = monotonic_s()
            self._hand_on(sink, window)
            if monotonic_s() - begun_s < _QUICK_S:
                self._most *= 2
            self._note(stand, window)
        if window.upto >= there.last:
            self._rest(settled=True, behind=0)
        return True

    def _hand_on(self, sink: Open, window: Window) -> None:
        if self._behind_since is None:
            self._behind_since = monotonic_s()
        if not (window.count or window.gone):
            return
        try:
            sink.deliver(window)
        except Refused as fault:
            self._refusals += 1
            if self._refusals < sink.tries:
                message = f"a delivery was not taken, try {self._refusals} of {sink.tries}: {fault}"
                raise Unavailable(message) from fault
            if self._site.positions.bytes_of_dead_letters(self.sink.name) + len(fault.content) > DEAD_LETTERS:
                message = (
                    f"no more can be put aside: {fault}; when that is mended, "
                    f"`tollbook sink resume {self.sink.name} --resend` sends again what was"
                )
                raise Unavailable(message, permanent=True) from fault
            _log.warning("a delivery was refused and put aside", sink=self.sink.name, reason=str(fault))
            letter = DeadLetter(number=0, at=iso_now(), reason=str(fault), calls=window.count, content=fault.content)
            self._site.positions.put_aside(self.sink.name, letter)
        self._failures = self._refusals = 0

    def _note(self, stand: SinkPosition, window: Window) -> None:
        """Move the position, unless somebody has set it anew meanwhile."""
        now = self._stand()
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
            self._become(State.WELL, "handing on the history")

    def _rest(self, *, settled: bool, behind: int) -> None:
        self._failures = self._refusals = 0
        if not settled:
            self._become(State.STARTING, "waits: the store is being made again from the journal")
        elif behind <= 0:
            self._behind_since = None
            self._become(State.WELL, "all is handed on")

    def _begin_again(self, epoch: str) -> None:
        """Meet a store whose numbers mean nothing here: it is not the one before, or the positions are not."""
        if not known.overwrites(self.sink.kind):
            message = (
                "the store or the positions of sinks were lost or put back, so nobody knows what was sent before: "
                f"`tollbook sink backfill {self.sink.name} --from DAY` goes on from a day"
            )
            raise Unavailable(message, permanent=True)
        stand = msgspec.structs.replace(self._stand(), epoch=epoch, change=0, begun=0, until=0, since="", fresh=False)
        self._site.positions.note(stand)
        _log.warning("what was sent before is not known; the sink is filled from the start", sink=self.sink.name)

    def _mirror(self, sink: Open, form: Form) -> bool:
        """Make the other side equal to all calls; return False, since there is nothing left to do at once."""
        stand, there = self._stand(), self._site.ledger.position()
        if not there.settled:
            self._rest(settled=False, behind=0)
            return False
        written = sink.mirror(Mirrored(self._site.ledger, form))
        if written or (stand.change, stand.epoch) != (there.last, str(there.epoch)):
            at = iso_now() if written else stand.last_sent_at
            moved = msgspec.structs.replace(
                stand,
                epoch=str(there.epoch),
                change=there.last,
                sent=stand.sent + written,
                last_sent_at=at,
            )
            self._site.positions.note(moved)
        self._rest(settled=True, behind=0)
        self._stopping.wait(sink.interval_s)
        return False

    def _failed(self, message: str, *, permanent: bool) -> float:
        self._failures += 1
        if known.overwrites(self.sink.kind) and not permanent:
            self._most = max(self._most // 4, _SMALLEST)  # perhaps it was too much for the time there is
        self._health = msgspec.structs.replace(self._health, last_error=message)
        self._become(State.NEEDS_YOU if permanent else State.GONE, message)
        longest: float = min(_FIRST_PAUSE_S * 2 ** min(self._failures - 1, 10), _LONGEST_PAUSE_S)
        if permanent:
            return min(longest * 4, _PERMANENT_PAUSE_S)
        return longest * (0.5 + random.random() / 2)  # noqa: S311 - spreads retries, keeps no secret

    def _become(self, state: State, message: str) -> None:
        before = self._health.state
        self._health = msgspec.structs.replace(self._health, message=message)
        if state is before:
            return
        self._health = msgspec.structs.replace(self._health, state=state, since=iso_now())
        if state in (State.GONE, State.NEEDS_YOU):
            _log.warning(state.words, sink=self.sink.name, reason=message)
        elif before in (State.GONE, State.NEEDS_YOU):
            _log.info("back", sink=self.sink.name)


def with_stand(health: SinkHealth, site: Site, behind_since: float | None = None) -> SinkHealth:
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


def _in_short(problems: tuple[Problem, ...]) -> str:
    """Return every fault in one sentence each."""
    return "; ".join(f"{each.what}: {each.reason}" + (f" ({each.help})" if each.help else "") for each in problems)
