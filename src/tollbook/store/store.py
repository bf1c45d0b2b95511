"""The store: one DuckDB file, written by one thread of one process, read by many.

What always holds: the rows of a batch and the journal entry they came from commit together, so after any crash the
pipeline goes on exactly where the store is. A record is known by its text, its PBX and its n-th occurrence in its
body; one that is there already is noted as a sighting, never stored twice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path

import duckdb
import msgspec
import structlog

from tollbook.journal.high_water import READ, WRITE, high_waters_of
from tollbook.model.directory import Directory
from tollbook.model.high_water import HighWater
from tollbook.model.pricing import Pricing
from tollbook.numbering.plans import PlanSettings
from tollbook.rating.tariff import Tariff
from tollbook.store import (
    aside,
    beside,
    bundling,
    changes,
    copying,
    numbering,
    owning,
    pricing,
    pricing_many,
    retention,
    retrying,
    unbacked,
)
from tollbook.store import noted as noted_calls
from tollbook.store.aside import PutAside
from tollbook.store.beside import Purpose
from tollbook.store.changes import Position
from tollbook.store.faults import ASIDE, OutdatedStore, check_length, put_aside
from tollbook.store.noted import NotedCall
from tollbook.store.numbering import PlanInUse
from tollbook.store.pricing import PricingInUse
from tollbook.store.retrying import Retried
from tollbook.store.schema import UPGRADES, VERSION, VERSION_TABLE, make, upgrade
from tollbook.store.tables import Tables
from tollbook.store.unbacked import LostBodies

_log = structlog.get_logger()
_CLOSING_TRIES, _CLOSING_PAUSE_S = 200, 0.02
_ROOM = "700MB"
"""Memory for setting all calls of a PBX again: what each was is held until that is done, some 60 bytes a call."""


class Beside(Tables):
    """Calls that are made again beside the store's, for a purpose; see `store.beside`. Close it when done."""

    def __init__(self, store: Store, purpose: Purpose) -> None:
        super().__init__()
        self._store = store
        self.purpose = purpose
        self._writer = self.cursor()
        bundling.prepare(self._writer)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a cursor that means the tables beside."""
        cursor = self._store.cursor()
        cursor.execute(f"SET schema = '{beside.SCHEMA}'")
        return cursor

    def make(self) -> None:
        """Make the tables, empty."""
        self.transaction(lambda connection: beside.make(connection, self.purpose))

    def close(self) -> None:
        """Let go of the tables; they stay."""
        self._writer.close()

    def _finish(self, connection: duckdb.DuckDBPyConnection) -> None:
        bundling.forget(connection)  # what is left of bundles is known once these calls stand among all others


class Store(Tables):
    """An open store. `write` belongs to the pipeline's thread; `rows` and the like may be called from any."""

    def __init__(self, path: Path, *, memory: str = "512MB") -> None:
        super().__init__()
        self.path = path
        self._memory = memory
        self._opening = threading.RLock()
        self._besides: list[Beside] = []
        self._put_aside: list[PutAside] | None = None
        self._noted_calls: Sequence[NotedCall] = ()
        self.kept_since: datetime | None = None
        """See `keep_since`."""
        self._directory: Directory | None = None
        self._connect()

    def close(self) -> None:
        """Write the last changes into the file and close it."""
        pricing.take_back(self)
        with self._lock:
            self._close()

    def reopen(self) -> None:
        """Open the file again where a fault has made the connection useless."""
        with self._lock, self._opening:  # readers wait for the new connection
            if not self._answers():
                self._close()
                self._connect()

    def begin_again(self, reason: str) -> None:
        """Put a file aside that cannot be read, and go on with an empty one, to be filled from the journal.

        What can still be had of the feed of changes and of unbacked calls is taken over.
        """
        with self._lock, self._opening:
            with suppress(duckdb.Error):
                self._close()
            put_aside(self.path)
            self._connect()
            self.damage = ""
            self.go_on_from_aside(reason)

    def go_on_from_aside(self, reason: str) -> None:
        """Go on with the feed of the file that was put aside for a reason, and remove it.

        Where nothing of it can be known a new feed begins, and the file is left.
        """
        aside = self.path.with_suffix(ASIDE)
        _log.warning("the store is made again from the journal", reason=reason, old=aside.name)
        try:
            with self._lock:
                changes.remember(self._writer, aside)
        except duckdb.Error as fault:
            what = "nothing was taken over from the old store: keep it if calls are in it that have no records any more"
            _log.warning(what, old=aside.name, reason=str(fault))
        else:
            aside.unlink()

    def _answers(self) -> bool:
        self._roll_back()
        try:
            self._writer.execute("SELECT entry FROM progress").fetchall()
        except duckdb.Error:
            return False
        return True

    def beside(self, purpose: Purpose) -> Beside:
        """Return tables to be filled beside for a purpose: those begun before a restart, or new ones."""
        with self._lock:
            there = self.purpose()
            if there != purpose:
                self.transaction(beside.drop)
                self.transaction(lambda connection: connection.execute(f"CREATE SCHEMA {beside.SCHEMA}"))
            made = Beside(self, purpose)
            self._besides = [made]
            if there != purpose:
                made.make()
        return made

    def purpose(self) -> Purpose | None:
        """Return what is being made beside; None where nothing is."""
        with self.cursor() as cursor:
            return beside.purpose(cursor)

    def take_over(self, made: Beside, catch_up: Callable[[int], None]) -> int | None:
        """Take over what came out otherwise beside; return how many calls that is.

        None, and nothing is done, while a PBX is behind: what it has beside would be counted again. `catch_up` is
        called with the last entry that the store holds, and fills the tables beside up to that one: the store takes
        nothing meanwhile.
        """
        with self._lock:
            if self.behind():
                return None
            catch_up(self.progress()[0])
            made.close()
            return self.transaction(lambda connection: beside.take_over(connection, made.purpose))

    def digests(self) -> dict[str, str]:
        """Return the digests of the settings with which each PBX's records were read."""
        return dict(self.rows("SELECT pbx, digest FROM reading"))

    def note_read(self, digests: dict[str, str]) -> None:
        """Note with what settings PBXs' records are read that have none stored yet."""
        if digests:
            self.transaction(lambda connection: beside.note_read(connection, digests))

    def plans(self) -> dict[str, PlanInUse]:
        """Return the dial plans that PBXs' calls are numbered with."""
        with self.cursor() as cursor:
            return numbering.plans_in_use(cursor)

    def renumber(self, pbx: str, settings: PlanSettings) -> int:
        """Number a PBX's calls by a dial plan, in one transaction; return how many mean something else now.

        What they cost follows from that.
        """
        made = numbering.Renumbering(pbx, settings)
        with self.cursor() as cursor:
            made.find_out(cursor)

        def put_in(connection: duckdb.DuckDBPyConnection) -> int:
            count = made.put_in(connection)
            if count and pricing.pricing_in_use(connection, [pbx]):
                pricing_many.reprice(connection, pbx)
            return count

        with self._room():
            return self.transaction(put_in)

    def lend_tariffs(self, find: Callable[[str], Tariff | None]) -> None:
        """Let calls be priced by the tariffs that are found by their digests."""
        pricing.lend(self, find)

    def pricings(self) -> dict[str, PricingInUse]:
        """Return by what PBXs' calls are priced."""
        with self.cursor() as cursor:
            return pricing.pricing_in_use(cursor)

    def reprice(self, pbx: str, prices: Pricing, zone: str) -> int:
        """Price a PBX's calls by something else, in one transaction; return how many cost something else now."""

        def put_in(connection: duckdb.DuckDBPyConnection) -> int:
            pricing.use(connection, pbx, prices, zone)
            return pricing_many.reprice(connection, pbx)

        with self._room():
            return self.transaction(put_in)

    @contextmanager
    def _room(self) -> Iterator[None]:
        """Give the store more memory for as long as this lasts."""
        with self._lock:
            self._writer.execute("SET GLOBAL memory_limit = ?", [_ROOM])
            try:
                yield
            finally:
                with suppress(duckdb.Error):  # more is in use just now; the next time gives it back
                    self._writer.execute("SET GLOBAL memory_limit = ?", [self._memory])

    def has_records(self) -> set[str]:
        """Return the PBXs of which anything was read."""
        return {pbx for (pbx,) in self.rows("SELECT DISTINCT pbx FROM tally")}

    def settle(self) -> None:
        """Say that the store holds again all that the journal does: calls that came out as they were are no change."""
        if not self.position().settled:
            self.transaction(changes.settle)

    def position(self) -> Position:
        """Return how far the feed of changes goes."""
        with self.cursor() as cursor:
            return changes.position(cursor)

    def high_water(self) -> HighWater:
        """Say how far this file has come: by the numbers of its changes."""
        there = self.position()
        return HighWater(file="calls.duckdb", life=str(there.epoch), number=there.last)

    def high_waters(self) -> list[HighWater]:
        """Return what this file remembers of the others."""
        return high_waters_of(self.rows(READ))

    def note_high_waters(self, noted: list[HighWater]) -> None:
        """Remember how far the others are."""
        rows = [msgspec.structs.astuple(high) for high in noted]
        self.transaction(lambda connection: connection.executemany(WRITE, rows))

    def begin_epoch(self) -> None:
        """Let everybody who follows the changes begin again: their numbers were given out before this file had them."""
        self.transaction(changes.begin_epoch)

    def reached(self) -> dict[int, int]:
        """Return how far into each body the rows go that stand in it."""
        with self.cursor() as cursor:
            return unbacked.reached(cursor)

    def last_body(self) -> int:
        """Return the highest number of a body that was ever read."""
        with self.cursor() as cursor:
            return unbacked.last_body(cursor)

    def note_lost(self, lost: LostBodies | None) -> int:
        """Keep calls whose bytes the journal has lost (None: it is another one); return how many there are now."""
        with self._lock:
            self._noted = None
            note = unbacked.note_all_lost if lost is None else partial(unbacked.note_lost, lost=lost)
            self.transaction(note)
        return self.unbacked()

    def unbacked(self) -> int:
        """Return how many calls there are whose bytes the journal has lost."""
        with self.cursor() as cursor:
            return unbacked.count(cursor)

    def back_again(self) -> None:
        """Give those whose records have come again their new place."""
        if self.unbacked():
            self.transaction(unbacked.back_again)

    def copy_to(self, path: Path) -> int:
        """Copy the ledger as it is at one moment, check the copy, and return how many calls it holds."""
        with self.cursor() as cursor:
            copying.copy_ledger(cursor, path)
            return copying.check_copy(cursor, path)

    def promote(self, retried: Retried) -> int:
        """Turn rejects that can be read now into calls; return how many."""
        return self.transaction(lambda connection: retrying.promote(connection, retried))

    def copy_directory(self, directory: Directory) -> int:
        """Take over the directory as the site has it; return how many calls belong to somebody else now."""
        self._directory = directory
        return self.transaction(lambda connection: owning.take_over(connection, directory))

    def copy_put_aside(self, put_aside: list[PutAside]) -> None:
        """Take over which rejects somebody put aside, as the site knows it."""
        self._put_aside = put_aside
        self.transaction(lambda connection: aside.copy(connection, put_aside))

    def keep_since(self, moment: datetime | None) -> None:
        """Take no calls that began before a moment, in the local time of their PBX; None: take all."""
        self.kept_since = moment
        self.transaction(partial(retention.set_deleted, before=moment))

    def copy_notes(self, noted: Sequence[NotedCall]) -> None:
        """Take over what people noted on calls, as the site knows it."""
        self._noted_calls = noted
        self.transaction(lambda connection: noted_calls.copy(connection, noted))

    def _connect(self) -> None:
        self._noted = None
        self._connection = duckdb.connect(str(self.path))
        self._connection.execute("SET memory_limit = ?", (self._memory,))
        self._connection.execute("SET TimeZone = 'UTC'")
        # What is streamed in looks small to DuckDB, which would compare each row with every other: 100 times longer.
        self._connection.execute("SET GLOBAL asof_loop_join_threshold = 0")
        self._writer = self._connection.cursor()
        bundling.prepare(self._writer)
        try:
            check_length(self._connection, self.path)
            self._make_tables()
        except BaseException:
            self._close()
            raise

    def _finish(self, connection: duckdb.DuckDBPyConnection) -> None:
        bundling.settle(connection)

    def _close(self) -> None:
        """Close the writer too: while any connection is open the file stays locked. What readers ask is broken off."""
        for each in self._besides:
            each.close()
        for connection in (self._writer, self._connection):
            for _ in range(_CLOSING_TRIES):
                try:
                    connection.close()
                    break
                except duckdb.ResourceInUseException:  # a reader is in the middle of a question
                    with suppress(duckdb.Error):
                        connection.interrupt()
                    time.sleep(_CLOSING_PAUSE_S)
            else:
                connection.close()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a cursor of the caller's own, for results too long to hold; close it."""
        with self._opening:
            return self._connection.cursor()

    def _make_tables(self) -> None:
        self._connection.execute(VERSION_TABLE)
        found = self.rows("SELECT number FROM main.version")
        number = found[0][0] if found else None
        if number is None:
            self.transaction(make)
        elif number in UPGRADES:
            self.transaction(lambda connection: upgrade(connection, number))
        elif number != VERSION:
            raise OutdatedStore(number, VERSION)
        for table in (aside.TABLE, noted_calls.TABLE, retention.TABLE):
            self._connection.execute(table)
        if self._noted_calls:
            self.copy_notes(self._noted_calls)
        if self._put_aside is not None:  # an empty file took the place of one that was damaged
            self.copy_put_aside(self._put_aside)
        if self._directory is not None:
            self.copy_directory(self._directory)
        if self.kept_since is not None:
            self.keep_since(self.kept_since)
