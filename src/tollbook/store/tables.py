"""Tables that a pipeline fills, and how everybody reads them: those of the store, or those made beside it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import duckdb

from tollbook.store import writing
from tollbook.store.batch import Batch, Noted
from tollbook.store.faults import is_damaged

Result = TypeVar("Result")
Written = writing.WrittenBatch
_AT_ONCE = 2000
Bound = Sequence[Any] | Mapping[str, Any]
"""Values bound in a query: by place (`?`) or by name (`$name`)."""


class Tables:
    """The tables that a pipeline fills: those of the store, or those beside it. Readers may be on any thread."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._noted: Noted | None = None
        """The open bodies, and the PBXs that are behind, as the file has them, where that is known."""
        self._writer: duckdb.DuckDBPyConnection
        self.damage = ""
        """What a reader met that does not fit its checksum: whoever fills the tables has to make them again."""

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a cursor of the caller's own, for results too long to hold; close it."""
        raise NotImplementedError

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a cursor for one question. Damage that the question meets is noted, and raised."""
        with self.cursor() as cursor:
            try:
                yield cursor
            except duckdb.Error as fault:
                if is_damaged(fault):
                    self.damage = str(fault)
                raise

    def write(self, batch: Batch) -> Written:
        """Store a batch in one transaction and return what was new."""
        with self._lock:
            noted = self._noted or Noted(unfinished=self.progress()[1], behind=self.behind())
            self._noted = None  # should this fail nobody knows
            written = self.transaction(lambda connection: writing.write(connection, batch, noted))
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
        found: list[tuple[Any, ...]] = []
        with self.reading() as cursor:
            cursor.execute(query, values)
            # All at once would be made without a pause: every other thread would wait for it.
            while some := cursor.fetchmany(_AT_ONCE):
                found += some
        return found

    def transaction(self, action: Callable[[duckdb.DuckDBPyConnection], Result]) -> Result:
        """Do something with the connection that writes, in one transaction; return what comes of it."""
        with self._lock:
            self._writer.execute("BEGIN")
            try:
                result = action(self._writer)
                self._finish(self._writer)
                self._writer.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise
        return result

    def checkpoint(self) -> None:
        """Write what has changed into the file itself, as far as nobody reads what was there before."""
        with self._lock, suppress(duckdb.Error):  # the next one does
            self._writer.execute("CHECKPOINT")

    def _finish(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Do what is left to do before a transaction ends."""
        raise NotImplementedError

    def _roll_back(self) -> None:
        try:
            self._writer.execute("ROLLBACK")
        except duckdb.Error:
            return  # the transaction is over already; what went wrong is being raised
