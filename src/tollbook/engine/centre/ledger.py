"""A ledger whose questions ClickHouse answers, for the calls of many places: the same questions, the same answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import duckdb

from tollbook.engine.centre.asking import CentreTables
from tollbook.model.problem import Misconfigured, Problem
from tollbook.store.changes import Position
from tollbook.store.ledger import EVERYTHING, Ledger, Scope, Values
from tollbook.store.store import Store

_EPOCH = UUID(int=0)


class CentreLedger(Ledger):
    """The calls of all places that a scope takes in."""

    _has_views = is_of_this_site = False

    def __init__(self, store: Store, centre: CentreTables, scope: Scope = EVERYTHING) -> None:
        super().__init__(store, scope)
        self._centre = centre

    def _of(self, scope: Scope) -> Ledger:
        return CentreLedger(self._store, self._centre, scope)

    def rows(self, query: str, values: Values | None = None) -> list[tuple[Any, ...]]:
        """Return all rows of a question; raises `Unavailable`."""
        return list(self.stream(query, values))

    def columns(self, query: str, values: Values | None = None) -> dict[str, Any]:
        """Return the columns of a question by name, an array of NumPy each; raises `Unavailable`."""
        return self._centre.columns(self.scoped(query), self.bound(values), self._notes)

    def stream(self, query: str, values: Values | None = None) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a question without holding them all; raises `Unavailable`."""
        answered = self._answer(query, values)
        next(answered)
        yield from map(tuple, answered)

    def _answer(self, query: str, values: Values | None) -> Iterator[list[Any]]:
        return self._centre.answer(self.scoped(query), self.bound(values), self._notes)

    def _notes(self) -> str:
        return str(self._store.rows("SELECT coalesce(to_json(list(n)), '[]')::VARCHAR FROM main.call_note n")[0][0])

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Raise `Misconfigured`: there is no file to ask beside ClickHouse."""
        reason = "its calls are in ClickHouse, and a site's own store is needed for it"
        raise Misconfigured(Problem("a centre does not do this", reason, help="do it at the site whose calls they are"))

    def position(self) -> Position:
        """Return a number that is another once anything has come or gone; it does not grow."""
        return Position(_EPOCH, self._centre.state(), settled=True)

    def kept_since(self) -> datetime | None:
        """Return nothing: which calls a place has deleted is its own."""
        return None

    def entry(self) -> int:
        """Return a number that is another once more has come."""
        return self.position().last
