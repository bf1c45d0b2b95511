"""The store: one DuckDB file, written by one thread of one process, read by many.

What always holds: the rows of a batch and the journal entry they came from commit together, so after any crash the
pipeline goes on exactly where the store is. A record is known by its text, its PBX and its n-th occurrence in its
body; one that is there already is noted as a sighting, never stored twice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import msgspec
import structlog

from tollbook.journal.high_water import READ, WRITE, high_waters_of
from tollbook.model.high_water import HighWater
from tollbook.store import beside, changes, retrying, unbacked, writing
from tollbook.store.batch import Batch, Noted
from tollbook.store.beside import Purpose
from tollbook.store.changes import Position
from tollbook.store.retrying import Retried
from tollbook.store.schema import UPGRADES, VERSION, statements, views
from tollbook.store.unbacked import LostBodies

_log = structlog.get_logger()
Result = TypeVar("Result")
ASIDE = ".unreadable"
_DAMAGE = ("Corrupt database file", "Could not read enough bytes")
Written = writing.WrittenBatch
Bound = Sequence[Any] | Mapping[str, Any]
"""Values bound in a query: by place (`?`) or by name (`$name`)."""
_CLOSING_TRIES, _CLOSING_PAUSE_S = 200, 0.02


class Tables:
    """The tables that a pipeline fills: those of the store, or those beside it. Readers may be on any thread."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._noted: Noted | None = None
        """The open bodies, and the PBXs that are behind, as the file has them, where that is known."""
        self._writer: duckdb.DuckDBPyConnection

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a cursor of the caller's own, for results too long to hold; close it."""
        raise NotImplementedError

    def write(self, batch: Batch) -> Written:
        """Store a batch in one transaction and return what was new."""
        with self._lock:
            noted = self._noted or Noted(unfinished=self.progress()[1], behind=self.behind())
            self._noted = None  # should this fail nobody knows
            written = self._transaction(lambda connection: writing.write(connection, batch, noted))
            self._noted = batch.noted
        return written

    def attempt(self, batch: Batch) -> None:
        """Raise what storing a batch would, and leave everything as it is."""
        with self._lock:
            self._writer.execute("BEGIN")
            try:
                writing.write(self._writer, batch, batch.noted)
            finally:
                self._roll_back()

    def progress(self) -> tuple[int, dict[int, int]]:
        """Return the last journal entry stored, and the open bodies with the bytes consumed of each."""
        entry = self.rows("SELECT entry FROM progress")[0][0]
        return entry, dict(self.rows("SELECT body, consumed FROM unfinished"))

    def behind(self) -> dict[str, int]:
        """Return the PBXs of which less is stored than `progress` says, each with its last entry stored."""
        return dict(self.rows("SELECT pbx, entry FROM behind"))

    def rows(self, query: str, values: Bound = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query, its values bound; each call reads a consistent state."""
        try:
            return self._rows(query, values)
        except duckdb.ConnectionException:  # the store was opened again under this very question
            return self._rows(query, values)

    def _rows(self, query: str, values: Bound) -> list[tuple[Any, ...]]:
        with self.cursor() as cursor:
            return cursor.execute(query, values).fetchall()

    def _transaction(self, action: Callable[[duckdb.DuckDBPyConnection], Result]) -> Result:
        with self._lock:
            self._writer.execute("BEGIN")
            try:
                result = action(self._writer)
                self._writer.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise
        return result

    def _roll_back(self) -> None:
        try:
            self._writer.execute("ROLLBACK")
        except duckdb.Error:
            return  # the transaction is over already; what went wrong is being raised


class Beside(Tables):
    """Calls that are made again beside the store's, for a purpose; see `store.beside`. Close it when done."""

    def __init__(self, store: Store, purpose: Purpose) -> None:
        super().__init__()
        self._store = store
        self.purpose = purpose
        self._writer = self.cursor()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a cursor that means the tables beside."""
        cursor = self._store.cursor()
        cursor.execute(f"SET schema = '{beside.SCHEMA}'")
        return cursor

    def make(self) -> None:
        """Make the tables, empty."""
        self._transaction(lambda connection: beside.make(connection, self.purpose))

    def close(self) -> None:
        """Let go of the tables; they stay."""
        self._writer.close()


class Store(Tables):
    """An open store. `write` belongs to the pipeline's thread; `rows` and the like may be called from any."""

    def __init__(self, path: Path, *, memory: str = "512MB") -> None:
        super().__init__()
        self.path = path
        self._memory = memory
        self._opening = threading.RLock()
        self._besides: list[Beside] = []
        self._connect()

    def close(self) -> None:
        """Write the last changes into the file and close it."""
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
            _log.warning("nothing was taken over from the old store, which may go", old=aside.name, reason=str(fault))
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
                self._transaction(beside.drop)
                self._transaction(lambda connection: connection.execute(f"CREATE SCHEMA {beside.SCHEMA}"))
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
            return self._transaction(lambda connection: beside.take_over(connection, made.purpose))

    def digests(self) -> dict[str, str]:
        """Return the digests of the settings with which each PBX's records were read."""
        return dict(self.rows("SELECT pbx, digest FROM reading"))

    def note_read(self, digests: dict[str, str]) -> None:
        """Note with what settings PBXs' records are read that have none stored yet."""
        if digests:
            self._transaction(lambda connection: beside.note_read(connection, digests))

    def has_records(self) -> set[str]:
        """Return the PBXs of which anything was read."""
        return {pbx for (pbx,) in self.rows("SELECT DISTINCT pbx FROM tally")}

    def settle(self) -> None:
        """Say that the store holds again all that the journal does: calls that came out as they were are no change."""
        if not self.position().settled:
            self._transaction(changes.settle)

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
        self._transaction(lambda connection: connection.executemany(WRITE, rows))

    def begin_epoch(self) -> None:
        """Let everybody who follows the changes begin again: their numbers were given out before this file had them."""
        self._transaction(changes.begin_epoch)

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
            self._transaction(note)
        return self.unbacked()

    def unbacked(self) -> int:
        """Return how many calls there are whose bytes the journal has lost."""
        with self.cursor() as cursor:
            return unbacked.count(cursor)

    def back_again(self) -> None:
        """Give those whose records have come again their new place."""
        if self.unbacked():
            self._transaction(unbacked.back_again)

    def promote(self, retried: Retried) -> int:
        """Turn rejects that can be read now into calls; return how many."""
        return self._transaction(lambda connection: retrying.promote(connection, retried))

    def _connect(self) -> None:
        self._noted = None
        self._connection = duckdb.connect(str(self.path))
        self._connection.execute("SET memory_limit = ?", (self._memory,))
        self._connection.execute("SET TimeZone = 'UTC'")
        # What is streamed in looks small to DuckDB, which would compare each row with every other: 100 times longer.
        self._connection.execute("SET GLOBAL asof_loop_join_threshold = 0")
        self._writer = self._connection.cursor()
        try:
            self._check_length()
            self._make_tables()
        except BaseException:
            self._close()
            raise

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

    def _check_length(self) -> None:
        """Raise `duckdb.IOException` for a file of which a part is missing: any question might meet that later."""
        blocks, size = self.rows("SELECT total_blocks, block_size FROM pragma_database_size()")[0]
        if self.path.is_file() and self.path.stat().st_size < blocks * size:
            raise duckdb.IOException(f"{_DAMAGE[1]}: the file is shorter than its {blocks} blocks")

    def _make_tables(self) -> None:
        found = self.rows("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'version' AND schema_name = 'main'")
        number = self.rows("SELECT number FROM main.version")[0][0] if found[0][0] else None
        if number is None:
            self._transaction(lambda connection: _execute(connection, statements()))
        elif number in UPGRADES:
            self._transaction(lambda connection: _upgrade(connection, number))
        elif number != VERSION:
            raise OutdatedStore(number)


def put_aside(path: Path) -> None:
    """Let a store's file make room for another one."""
    path.replace(path.with_suffix(ASIDE))
    path.with_suffix(".duckdb.wal").unlink(missing_ok=True)


def is_of_data(fault: BaseException) -> bool:
    """Say whether a fault comes from what was to be stored, not from the file or the disk."""
    return isinstance(fault, (duckdb.DataError, duckdb.IntegrityError, duckdb.InvalidInputException))


def is_damaged(fault: BaseException | None) -> bool:
    """Say whether a fault comes from a file that does not fit its checksums, or of which a part is missing.

    The first one may hide behind others.
    """
    return fault is not None and (any(words in str(fault) for words in _DAMAGE) or is_damaged(fault.__context__))


def _execute(connection: duckdb.DuckDBPyConnection, statements: list[str]) -> None:
    for statement in statements:
        connection.execute(statement)


def _upgrade(connection: duckdb.DuckDBPyConnection, number: int) -> None:
    """Make a store of an earlier version one of today's, and let what it holds be read again."""
    for version in range(number, VERSION):
        _execute(connection, UPGRADES[version])
    _execute(connection, views())
    connection.execute("UPDATE version SET number = ?", [VERSION])


class OutdatedStore(Exception):
    """The file was made by another version of the schema, and wants making again from the journal."""

    def __init__(self, number: int) -> None:
        super().__init__(f"the store has schema {number}, this program has {VERSION}")
