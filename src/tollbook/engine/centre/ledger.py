"""A ledger whose questions ClickHouse answers, for the calls of many places: the same questions, the same answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from queue import Empty, Full, LifoQueue
from typing import Any
from uuid import UUID

import duckdb
import msgspec
import numpy as np

from tollbook.engine.centre import tables as centre_tables
from tollbook.model.fence import Fence
from tollbook.model.page_limits import CENTRE_ANSWER, CENTRE_CLIENTS
from tollbook.model.problem import Misconfigured, Problem
from tollbook.sinks.clickhouse.options import Options
from tollbook.sinks.clickhouse.rows import TableForm
from tollbook.sinks.clickhouse.server import ClickHouse
from tollbook.store.changes import Position
from tollbook.store.clickhouse import SETTINGS, carried, text_of, value_reader
from tollbook.store.ledger import EVERYTHING, Ledger, Scope, Values
from tollbook.store.store import Store

_KEY = "id"
_EPOCH = UUID(int=0)
_ANSWERED = {
    **{name: str(value) for name, value in SETTINGS.items()},
    **centre_tables.SETTINGS,
    "output_format_decimal_trailing_zeros": "1",
    "output_format_json_quote_64bit_integers": "0",
    "output_format_json_quote_decimals": "1",
}


class Centre:
    """The tables of many places in one database of ClickHouse. For any thread; `close` it once."""

    def __init__(self, options: Options, fence: Fence) -> None:
        self._options, self._fence = options, fence
        self._idle: LifoQueue[ClickHouse] = LifoQueue(CENTRE_CLIENTS)
        self._tables = centre_tables.tables(TableForm((options.database, options.table), "", [], _KEY))

    def answer(self, question: str, values: Values) -> Iterator[list[Any]]:
        """Yield the names of the columns that a question of a ledger has, and then its rows; raises `Unavailable`."""
        asked = f"{carried(question, values, self._tables)} FORMAT JSONCompactEachRowWithNamesAndTypes"
        with self._lent() as server:
            lines = map(
                _decoded, server.lines(asked, {name: text_of(each) for name, each in values.items()}, _ANSWERED)
            )
            names, kinds = next(lines), next(lines)
            yield names
            readers = [value_reader(kind) for kind in kinds]
            for row in lines:
                yield [None if value is None else read(value) for read, value in zip(readers, row, strict=True)]

    def close(self) -> None:
        """Close what connections there are."""
        while True:
            try:
                self._idle.get_nowait().close()
            except Empty:
                return

    @contextmanager
    def _lent(self) -> Iterator[ClickHouse]:
        try:
            server = self._idle.get_nowait()
        except Empty:
            server = ClickHouse(self._options, self._fence, CENTRE_ANSWER)
        try:
            yield server
        except BaseException:
            server.close()
            raise
        try:
            self._idle.put_nowait(server)
        except Full:
            server.close()


def _decoded(line: bytes) -> list[Any]:
    try:
        return msgspec.json.decode(line, type=list[Any])
    except (msgspec.DecodeError, UnicodeDecodeError):  # bytes of a record that are no text
        return msgspec.json.decode(line.decode("utf-8", "replace"), type=list[Any])


class CentreLedger(Ledger):
    """The calls of all places that a scope takes in."""

    _has_views = is_of_this_site = False

    def __init__(self, store: Store, centre: Centre, scope: Scope = EVERYTHING) -> None:
        super().__init__(store, scope)
        self._centre = centre

    def _of(self, scope: Scope) -> Ledger:
        return CentreLedger(self._store, self._centre, scope)

    def rows(self, query: str, values: Values | None = None) -> list[tuple[Any, ...]]:
        """Return all rows of a question; raises `Unavailable`."""
        return list(self.stream(query, values))

    def columns(self, query: str, values: Values | None = None) -> dict[str, Any]:
        """Return the columns of a question by name, an array of NumPy each; raises `Unavailable`."""
        names, *rows = self._centre.answer(self.scoped(query), self.bound(values))
        return {name: np.array([row[place] for row in rows]) for place, name in enumerate(names)}

    def stream(self, query: str, values: Values | None = None) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a question without holding them all; raises `Unavailable`."""
        answered = self._centre.answer(self.scoped(query), self.bound(values))
        next(answered)
        yield from map(tuple, answered)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Raise `Misconfigured`: there is no file to ask beside ClickHouse."""
        reason = "its calls are in ClickHouse, and a site's own store is needed for it"
        raise Misconfigured(Problem("a centre does not do this", reason, help="do it at the site whose calls they are"))

    def position(self) -> Position:
        """Return up to which version there are calls; of versions that lie behind it more may come."""
        last = self.rows("SELECT max(change) FROM call")[0][0]
        return Position(_EPOCH, int(last or 0), settled=True)

    def kept_since(self) -> datetime | None:
        """Return nothing: which calls a place has deleted is its own."""
        return None
