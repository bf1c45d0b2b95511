"""ClickHouse's engine without a server (chdb), in a process of its own, and a ledger that asks it."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from tollbook.reports.case_site import CaseSite, LaidOut
from tollbook.store.clickhouse import (
    DATABASE,
    SETTINGS,
    TABLES,
    carried,
    rows_as_json,
    statements,
    text_of,
    value_reader,
)
from tollbook.store.ledger import EVERYTHING, Ledger, Scope, Values
from tollbook.store.store import Store

_WRITTEN = {
    "max_threads": 1,
    "output_format_decimal_trailing_zeros": 1,
    "output_format_json_quote_64bit_integers": 0,
    "output_format_json_quote_decimals": 1,
}


class Found(msgspec.Struct, frozen=True):
    """Rows by the names of their columns."""

    names: list[str]
    rows: list[tuple[Any, ...]]


class Engine:
    """The engine in its process: its threads, its memory and its signals are not ours."""

    def __init__(self, process: ProcessPoolExecutor) -> None:
        self._process = process

    def do(self, statement: str) -> str:
        """Run a statement and return what it says."""
        return self._process.submit(_ask, statement, {}).result()

    def ask(self, question: str, values: Mapping[str, Any]) -> Found:
        """Return what a question written for DuckDB gives."""
        texts = {name: text_of(value) for name, value in values.items()}
        lines = self._process.submit(_ask, carried(question, values), texts).result().splitlines()
        names, kinds, *rows = (json.loads(line) for line in lines)
        read = [value_reader(kind) for kind in kinds]
        told = [
            tuple(None if value is None else of(value) for of, value in zip(read, row, strict=True)) for row in rows
        ]
        return Found(names, told)


class FarLedger(Ledger):
    """A ledger whose questions ClickHouse answers."""

    def __init__(self, store: Store, engine: Engine, scope: Scope = EVERYTHING) -> None:
        super().__init__(store, scope)
        self._engine = engine

    def rows(self, query: str, values: Values | None = None) -> list[tuple[Any, ...]]:
        return self._found(query, values).rows

    def columns(self, query: str, values: Values | None = None) -> dict[str, Any]:
        found = self._found(query, values)
        return {name: np.array([row[place] for row in found.rows]) for place, name in enumerate(found.names)}

    def _found(self, query: str, values: Values | None) -> Found:
        return self._engine.ask(self.scoped(query), self.bound(values))


class FarSite(CaseSite):
    """The site of cases, each of its tables copied to the engine where it is not the same there already."""

    def __init__(self, store: Store, engine: Engine) -> None:
        super().__init__(store)
        self.store = store
        self._engine = engine
        self._there: dict[str, str] = {}
        with self.store.cursor() as cursor:
            for statement in statements(cursor):
                engine.do(statement)
        engine.do(f"USE {DATABASE}")

    def ledger_of(self, wanted: LaidOut, scope: Scope = EVERYTHING) -> Ledger:
        super().ledger_of(wanted)
        with self.store.cursor() as cursor:
            here = {table: rows_as_json(cursor, table) for table in TABLES}
        for table, rows in here.items():
            if rows != self._there.get(table, ""):
                self._engine.do(f"TRUNCATE TABLE {table}")
                self._engine.do(f"INSERT INTO {table} FORMAT JSONEachRow\n{rows}" if rows else "SELECT 1")
        self._there = here
        return FarLedger(self.store, self._engine, scope)


@contextmanager
def far_site() -> Iterator[FarSite]:
    """Give a site for cases whose questions ClickHouse answers."""
    processes = multiprocessing.get_context("spawn")
    store = Store(Path(":memory:"))
    with ProcessPoolExecutor(1, mp_context=processes) as process:
        try:
            yield FarSite(store, Engine(process))
        finally:
            store.close()


def _ask(statement: str, values: dict[str, str]) -> str:
    return str(_session().query(statement, "JSONCompactEachRowWithNamesAndTypes", params=values))


@cache
def _session() -> Any:  # noqa: ANN401 - its methods have no types
    # In the process alone: to load the engine takes a second and some hundred megabytes.
    from chdb.session import Session

    session: Any = Session()  # type: ignore[no-untyped-call] # its methods have no types
    for name, value in {**SETTINGS, **_WRITTEN}.items():
        session.query(f"SET {name} = {value!r}")
    return session
