"""Reports whose question dimensions and measures cannot say: a query over the calls that are meant.

The query sees them as `chosen`, with the columns of the documented view `calls`, and every parameter as `$name`.
What is asked of extensions of the directory finds them as `considered`: there, filters choose among these, not calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from tollbook.model.report import ReportColumn, ReportRow, ReportValue, Unit
from tollbook.reports.definition import QueryColumn
from tollbook.store.filters import ALL, Where
from tollbook.store.ledger import Ledger, extensions_as_calls
from tollbook.store.schema import CALL_VIEW


class Query(msgspec.Struct, frozen=True):
    """What to ask: SQL, the values of its parameters, which calls it sees, and which extensions of the directory."""

    sql: str
    settings: Mapping[str, Any]
    where: Where
    considered: Where = ALL


class QueryAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Rows in their columns, with totals where a column has one."""

    columns: tuple[ReportColumn, ...]
    rows: list[ReportRow]
    totals: ReportRow | None


_WORD = re.compile(r"\w+|\*")


def _chosen(sql: str) -> str:
    """Return the columns of `chosen` that a query may mean: those it names, or all where it says `*`.

    A name that is looked up in the directory costs as much as the rest, and DuckDB looks it up for nobody, too.
    """
    said = set(_WORD.findall(sql.replace("count(*)", "")))
    named = {name: source for name, (source, _) in CALL_VIEW.items() if name in said or "*" in said}
    return ", ".join(f"{source} AS {name}" for name, source in named.items()) or "id"


def _whole(query: Query) -> str:
    """Return a query as it is asked, with what it calls `chosen` and `considered`."""
    among = f"id IN (SELECT span FROM ({extensions_as_calls('span')}) WHERE {query.considered.sql})"
    before = (
        f"WITH chosen AS NOT MATERIALIZED (SELECT {_chosen(query.sql)} FROM call WHERE {query.where.sql}), "
        f"considered AS NOT MATERIALIZED (SELECT * FROM span WHERE {among})"
    )
    first, _, rest = query.sql.lstrip().partition(" ")
    return f"{before}, {rest}" if first.upper() == "WITH" else f"{before} {query.sql}"


def ask(ledger: Ledger, query: Query) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    used = {name: value for name, value in query.settings.items() if f"${name}" in query.sql}
    return ledger.rows(_whole(query), {**query.where.values, **query.considered.values, **used})


def in_columns(columns: Sequence[QueryColumn], found: Sequence[tuple[Any, ...]]) -> QueryAnswer:
    """Return rows with their columns and totals."""
    by_column = (_plain(values, each) for values, each in zip(zip(*found, strict=True), columns, strict=bool(found)))
    rows = list(zip(*by_column, strict=True))
    has_totals = any(each.total for each in columns)
    return QueryAnswer(
        columns=tuple(_column(each) for each in columns),
        rows=rows,
        totals=tuple(_total(each, place, rows) for place, each in enumerate(columns)) if has_totals else None,
    )


def _column(each: QueryColumn) -> ReportColumn:
    return ReportColumn(
        name=each.name,
        title=each.title,
        unit=each.unit,
        meaning=each.meaning,
        is_measure=each.unit in (Unit.COUNT, Unit.SECONDS, Unit.AMOUNT, Unit.SHARE, Unit.NUMBER) and not each.word,
    )


def _plain(values: tuple[Any, ...], column: QueryColumn) -> Iterable[ReportValue]:
    """Return what a column holds; of counts and seconds whole numbers."""
    if column.unit not in (Unit.COUNT, Unit.SECONDS):
        return values
    return [None if value is None else int(value) for value in values]


def _total(column: QueryColumn, place: int, rows: list[ReportRow]) -> ReportValue:
    values: list[Any] = [row[place] for row in rows if row[place] is not None]
    if not column.total or not values:
        return 0 if column.total and column.unit is Unit.COUNT else None
    total: ReportValue = sum(values) if column.total == "sum" else max(values)
    return total
