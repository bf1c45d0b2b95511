"""Drops, masks and deletes what is older than the site's policy says, once a day and when somebody asks.

What always holds: a call parts from its record before the journal drops that, and loses digits only then; months of
calls go whole; a body is dropped only when the store has read all of it and no row stands in it any more. Each step is
a row of small transactions that can be begun again: a run that was broken off is run again at the next start.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

import msgspec
import structlog

from tollbook import clock
from tollbook.engine.care.backups import Backups
from tollbook.engine.care.restored import lowest_mark
from tollbook.engine.site import Site
from tollbook.journal import dropping
from tollbook.journal.dropping import OldBody
from tollbook.model.retention import RetentionCounts, RetentionCutoffs
from tollbook.sources import known
from tollbook.store import personal, retention

_log = structlog.get_logger()
_LOOK_S, _REST_S = 60.0, 0.1
_BODIES_AT_ONCE = 200


class RetentionDesk(Protocol):
    """What the site knows: the policy, its runs, and what else it keeps of calls."""

    def due(self) -> RetentionCutoffs | None:
        """Return what is to go now; None where nothing is due."""

    def waits(self) -> str:
        """Return why no run is made until somebody says so; nothing where runs go on."""

    def begin(self, cutoffs: RetentionCutoffs) -> int:
        """Note that a run begins, and return its number."""

    def end(self, number: int, counts: RetentionCounts, failure: str = "") -> None:
        """Note what came of a run."""

    def kept_since(self) -> datetime | None:
        """Return the first moment of the calls that are kept, in their PBX's local time; None: all are."""

    def forget_notes(self, calls: list[str]) -> int:
        """Delete what is noted on calls; return of how many."""

    def forget(self, cutoffs: RetentionCutoffs) -> tuple[int, int]:
        """Delete old history and old looks; return how many of each."""

    def old(self, cutoffs: RetentionCutoffs) -> tuple[int, int]:
        """Count old history and old looks."""

    def bodies_to_drop(self) -> list[int]:
        """Return the bodies that have in them what somebody wanted removed."""

    def dropped(self, bodies: list[int]) -> None:
        """Note that bodies are dropped."""


class _BrokenOff(Exception):
    """Tollbook ends, and the run with it."""


class Retention:
    """`start` it once, `stop` it once; `ask` for a run at any time."""

    def __init__(self, site: Site, backups: Backups, stored: Callable[[], int]) -> None:
        self._site, self._backups = site, backups
        self._stored = stored
        """The last entry up to which the store holds all; 0 while it is being made again."""
        self.desk: RetentionDesk | None = None
        self.running = False
        self._wake = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="retention", daemon=True)

    def use(self, desk: RetentionDesk) -> None:
        """Ask a desk from now on; no call is taken that is older than those which it says are kept."""
        self.desk = desk
        self._site.store.keep_since(desk.kept_since())

    def waits(self) -> str:
        """Return why no run is made until somebody says so; nothing where runs go on."""
        return self.desk.waits() if self.desk else ""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; a run that goes on is broken off between two steps."""
        with self._wake:
            self._ended = True
            self._wake.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def news(self) -> None:
        """Say that a run may be due."""
        with self._wake:
            self._wake.notify_all()

    def _run(self) -> None:
        failed = ""
        while not self._ended:
            try:
                self._run_if_due()
                failed = ""
            except _BrokenOff:
                return
            except Exception as fault:  # noqa: BLE001 - said once, then tried again
                if str(fault) != failed:
                    _log.error("what is too old could not be dropped", reason=str(fault), exc_info=fault)
                failed = str(fault)
            with self._wake:
                if not self._ended:
                    self._wake.wait(_LOOK_S)

    def _run_if_due(self) -> None:
        desk = self.desk
        if desk is None:
            return
        self._take_more(desk.kept_since())
        if not self._stored():
            return
        self.drop_wanted(desk)
        cutoffs = desk.due()
        if cutoffs is None:
            return
        number, self.running = desk.begin(cutoffs), True
        done = RetentionCounts()
        try:
            for counts in self.steps(desk, cutoffs):
                done = counts
                self._rest()
        except _BrokenOff:
            raise
        except Exception as fault:
            desk.end(number, done, str(fault))
            raise
        finally:
            self.running = False
        desk.end(number, done)

    def _take_more(self, since: datetime | None) -> None:
        """Take older calls again where the policy keeps more of them now: there may be no run that would."""
        known = self._site.store.kept_since
        if known and (since is None or since < known):
            self._site.store.keep_since(since)

    def _rest(self) -> None:
        """Let whoever stores what arrives have the store before the next step does; raise where Tollbook ends."""
        with self._wake:
            if not self._ended:
                self._wake.wait(_REST_S)
            if self._ended:
                raise _BrokenOff

    # ------------------------------------------------------------------ what is done

    def steps(self, desk: RetentionDesk, cutoffs: RetentionCutoffs) -> Iterator[RetentionCounts]:
        """Do all that these moments ask for, step by step; yield what has been done so far."""
        counts = RetentionCounts()
        for each in (partial(self._delete, desk), self._part, self._mask, self._drop):
            for done in each(cutoffs):
                counts = _added(counts, done)
                yield counts
        self._site.store.checkpoint()
        history, looks = desk.forget(cutoffs)
        backups = self._backups.remove_before(cutoffs.backups) if cutoffs.backups else 0
        yield _added(counts, RetentionCounts(history=history, looks=looks, backups=backups))

    def _part(self, cutoffs: RetentionCutoffs) -> Iterator[RetentionCounts]:
        store, before = self._site.store, _naive(cutoffs.records)
        while before and (count := store.transaction(partial(retention.part, before=before))):
            yield RetentionCounts(records=count)
        if before:
            store.transaction(retention.part_whole)
            forget = partial(retention.forget_rejects, records=before, calls=_naive(cutoffs.calls))
            yield RetentionCounts(rejects=store.transaction(forget))

    def _mask(self, cutoffs: RetentionCutoffs) -> Iterator[RetentionCounts]:
        before, done = _naive(cutoffs.numbers), False
        while before and not done:
            count, done = self._site.store.transaction(partial(retention.mask, before=before))
            yield RetentionCounts(numbers=count)

    def _delete(self, desk: RetentionDesk, cutoffs: RetentionCutoffs) -> Iterator[RetentionCounts]:
        store, before = self._site.store, _naive(cutoffs.calls)
        store.keep_since(before)
        if before is None:
            return
        with store.cursor() as cursor:
            noted = retention.noted_before(cursor, before)
        yield RetentionCounts(notes=desk.forget_notes(noted) if noted else 0)
        while count := store.transaction(partial(retention.delete, before=before)):
            yield RetentionCounts(calls=count)

    def _drop(self, cutoffs: RetentionCutoffs) -> Iterator[RetentionCounts]:
        """Drop bodies in which no row stands; what an earlier run began is done first."""
        journal = self._site.journal
        if half := dropping.half_dropped(journal):
            dropping.drop(journal, half, clock.now_us())
        if cutoffs.records is None:
            return
        self._site.remember()
        with self._site.store.cursor() as cursor:
            in_use = retention.bodies_in_use(cursor)
        held, free = self._divided(cutoffs.records, in_use, lowest_mark(self._site) - 1)
        yield RetentionCounts(held=held)
        for first in range(0, len(free), _BODIES_AT_ONCE):
            some = free[first : first + _BODIES_AT_ONCE]
            bodies = [body.id for body in some]
            dropping.drop(journal, bodies, clock.now_us())
            self._site.store.transaction(partial(retention.forget_bodies, bodies=bodies))
            yield RetentionCounts(bodies=len(some), bytes=sum(body.length for body in some))

    def bodies_of(self, calls: list[str], rejects: list[str]) -> list[int]:
        """Return the bodies whose bytes are there in which records of calls and rejects stand."""
        with self._site.store.cursor() as cursor:
            found = personal.bodies_of(cursor, calls, rejects)
        dropped = set(dropping.dropped(self._site.journal))
        return [body for body in found if body not in dropped]

    def erase(self, calls: list[str], rejects: list[str]) -> int:
        """Take the outside numbers out of calls, and delete rejects; return how many calls."""
        return self._site.store.transaction(partial(personal.erase, calls=calls, rejects=rejects))

    def drop_wanted(self, desk: RetentionDesk) -> None:
        """Drop bodies that have in them what somebody wanted removed, as far as they have ended and are stored."""
        wanted = desk.bodies_to_drop()
        if not wanted:
            return
        self._site.remember()
        journal, last = self._site.journal, min(self._stored(), lowest_mark(self._site) - 1)
        free = [body for body in wanted if dropping.is_ended(journal, body) and journal.last_entry_of(body) <= last]
        if free:
            self._site.store.transaction(partial(personal.part_from, bodies=free))
            dropping.drop(journal, free, clock.now_us())
            self._site.store.transaction(partial(retention.forget_bodies, bodies=free))
            desk.dropped(free)

    def _divided(self, before: datetime, in_use: set[int], marked: int = 1 << 62) -> tuple[int, list[OldBody]]:
        """Return how many old bodies stay, and those that can be dropped: none that other files go by (`marked`)."""
        streams = [kind for kind in known.kinds() if known.is_stream(kind)]
        replaying = [pbx for (pbx,) in self._site.store.rows("SELECT DISTINCT pbx FROM tally WHERE replayed > 0")]
        found = dropping.ended_before(self._site.journal, int(before.timestamp() * 1e6), streams, replaying)
        last = min(self._stored(), marked)
        free = [body for body in found if body.id not in in_use and body.last_entry <= last]
        return len(found) - len(free), free

    # ------------------------------------------------------------------ what would be done

    def preview(self, desk: RetentionDesk, cutoffs: RetentionCutoffs) -> RetentionCounts:
        """Count what would go by these moments, and change nothing."""
        records, numbers, calls = (_naive(each) for each in (cutoffs.records, cutoffs.numbers, cutoffs.calls))
        with self._site.store.cursor() as cursor:
            over = retention.count(cursor, records, numbers, calls)
            in_use = retention.bodies_in_use(cursor, records) if records else set()
            notes = len(retention.noted_before(cursor, calls)) if calls else 0
        held, free = self._divided(cutoffs.records, in_use) if cutoffs.records else (0, [])
        history, looks = desk.old(cutoffs)
        return RetentionCounts(
            records=over.parting,
            bodies=len(free),
            bytes=sum(body.length for body in free),
            held=held,
            numbers=over.masked,
            calls=over.deleted,
            rejects=over.rejects,
            notes=notes,
            history=history,
            looks=looks,
            backups=len(self._backups.before(cutoffs.backups)) if cutoffs.backups else 0,
        )


def _naive(moment: datetime | None) -> datetime | None:
    """Return a moment as the store has it: UTC without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment else None


def _added(first: RetentionCounts, second: RetentionCounts) -> RetentionCounts:
    sums = zip(msgspec.structs.astuple(first), msgspec.structs.astuple(second), strict=True)
    return RetentionCounts(**dict(zip(RetentionCounts.__struct_fields__, map(sum, sums), strict=True)))
