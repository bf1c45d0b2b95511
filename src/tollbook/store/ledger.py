"""The calls that whoever asks may see. Every question of a page, the API, an export or a sink goes through it.

The scope lies outside the questions: each is written as if it saw everything, and `WITH` puts tables of the same names
before it that hold no more than may be seen. So no question can forget it. DuckDB looks through those tables as if the
condition stood in the question itself. Values are bound by name, those of the scope under names that begin with
`scope_`.

Of the directory, `span` has the extensions whose calls may be seen.

For everybody who may see everything, nothing is put before a question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import duckdb
import msgspec

from tollbook.store.called_back import with_whole_numbers
from tollbook.store.changes import Position
from tollbook.store.filters import ALL, NONE, SITE_OF_PBX, Where
from tollbook.store.hiding import hidden_costs, hidden_if_private, hidden_numbers
from tollbook.store.schema import VIEWS
from tollbook.store.store import Store

_AT_ONCE = 2000
Values = Mapping[str, Any]
Reopening = duckdb.ConnectionException
"""Is raised by a question while the store is being opened again."""


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What may be seen: which calls, and of which PBXs and sites records that are no calls; without PBXs, of all.

    `hides_numbers` takes the last digits of outside numbers away, `hides_costs` what calls cost, and `hides_private`
    all digits of private calls that are not one's `own`.
    """

    calls: Where = ALL
    pbxs: tuple[str, ...] | None = None
    sites: tuple[str, ...] = ()
    hides_numbers: bool = False
    hides_costs: bool = False
    hides_private: bool = False
    own: Where = NONE


EVERYTHING = Scope()


class Ledger:
    """The calls and records of a store that a scope takes in."""

    _has_views = True
    """Whether the documented views are there without being put before a question."""
    is_of_this_site = True
    """Whether it is this site that read and priced these calls."""

    def __init__(self, store: Store, scope: Scope = EVERYTHING) -> None:
        self._store = store
        self.scope = scope
        self._before = _views() if scope == EVERYTHING and not self._has_views else _tables(scope)
        self._values = {} if scope == EVERYTHING else _values(scope)

    def within(self, calls: Where, pbxs: tuple[str, ...]) -> Ledger:
        """Return a ledger that has no more than this one, and of it those calls, and records of those PBXs, alone."""
        narrowed = Where(
            calls.sql.replace("$", "$within_"), {f"within_{name}": value for name, value in calls.values.items()}
        )
        both = self.scope.calls.and_(f"({narrowed.sql})", **narrowed.values)
        seen, sites = self.scope.pbxs, self.scope.sites
        of_both = tuple(each for each in pbxs if seen is None or each in seen or each.partition("/")[0] in sites)
        return self._of(msgspec.structs.replace(self.scope, calls=both, pbxs=of_both, sites=()))

    def _of(self, scope: Scope) -> Ledger:
        """Return a ledger of the same calls with another scope."""
        return Ledger(self._store, scope)

    def rows(self, query: str, values: Values | None = None) -> list[tuple[Any, ...]]:
        """Return all rows of a question; each reads a consistent state."""
        return self._store.rows(self.scoped(query), self.bound(values))

    def columns(self, query: str, values: Values | None = None) -> dict[str, Any]:
        """Return the columns of a question by name, an array of NumPy each."""
        with self._store.reading() as cursor:
            return cursor.execute(self.scoped(query), self.bound(values)).fetchnumpy()

    def stream(self, query: str, values: Values | None = None) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a question without holding them all."""
        with self._store.reading() as cursor:
            cursor.execute(self.scoped(query), self.bound(values))
            while found := cursor.fetchmany(_AT_ONCE):
                yield from found

    def scoped(self, query: str) -> str:
        """Return a question as it is asked by `cursor`; `bound` has its values."""
        if not self._before:
            return query
        if self.scope.hides_numbers or self.scope.hides_private:
            query = with_whole_numbers(query)
        first, _, rest = query.lstrip().partition(" ")
        return f"{self._before}, {rest}" if first.upper() == "WITH" else f"{self._before} {query}"

    def bound(self, values: Values | None = None) -> dict[str, Any]:
        """Return the values of a question together with those of the scope."""
        return {**(values or {}), **self._values}

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a cursor of the caller's own, to ask what `scoped` made; close it."""
        return self._store.cursor()

    def position(self) -> Position:
        """Return how far the feed of changes goes."""
        return self._store.position()

    def kept_since(self) -> datetime | None:
        """Return the moment before which calls were deleted, in their PBX's local time; None: none were."""
        rows = self._store.rows("SELECT greatest(deleted, gone) FROM main.retention")
        return rows[0][0] if rows else None

    def entry(self) -> int:
        """Return the number of the last journal entry whose calls are here."""
        return self._store.progress()[0]


def extensions_as_calls(spans: str) -> str:
    """Return extensions of the directory as calls that they could make, so that conditions on calls choose among them.

    Each is there once for every PBX that it can be of; `span` is its id. They have no other columns than those of whose
    they are: a condition on another column chooses none of them.
    """
    return f"""
    SELECT c.* REPLACE (s.value AS extension, p.pbx AS pbx, s.id AS assignment), s.id AS span FROM {spans} s
    JOIN (SELECT pbx FROM main.tally UNION SELECT pbx FROM {spans}) p
      ON s.pbx IN (left(p.pbx, position('/' IN p.pbx)), p.pbx)
    LEFT JOIN main.call c ON false WHERE s.kind = 'extension'"""


def _tables(scope: Scope) -> str:
    """Return `WITH` and the tables that hold what may be seen, in place of those of the same names."""
    if scope == EVERYTHING:
        return ""
    of_pbx = _of_pbx(scope)
    tables = {
        "call": f"SELECT *{_hidden(scope, of_call=True)}, rowid FROM main.call WHERE {_named(scope.calls)}",
        "leg": f"SELECT *{_hidden(scope, of_call=False)} FROM main.leg WHERE call IN (SELECT id FROM call)",
        "reject": f"SELECT * FROM main.reject WHERE {of_pbx}",
        "tally": f"SELECT * FROM main.tally WHERE {of_pbx}",
        "arrival": f"SELECT * FROM main.arrival WHERE {of_pbx}",
        "skip": f"SELECT * FROM main.skip WHERE {of_pbx}",
    }
    if scope.calls != ALL:
        seen = extensions_as_calls("main.span")
        tables["span"] = f"SELECT * FROM main.span WHERE id IN (SELECT span FROM ({seen}) WHERE {_named(scope.calls)})"
    return f"WITH {', '.join(f'{name} AS NOT MATERIALIZED ({query})' for name, query in tables.items())}, {_shown()}"


def _of_pbx(scope: Scope) -> str:
    """Return the condition of records that are no calls and may be seen."""
    if scope.pbxs is None:
        return "true"
    names = ", ".join(f"$scope_records_{number}" for number in range(len(scope.pbxs)))
    sites = ", ".join(f"$scope_sites_{number}" for number in range(len(scope.sites)))
    either = [f"pbx IN ({names})" if names else "", f"{SITE_OF_PBX} IN ({sites})" if sites else ""]
    return f"({' OR '.join(filter(None, either)) or 'false'})"


def _views() -> str:
    return f"WITH {_shown()}"


def _shown() -> str:
    """Return the documented views over what may be seen."""
    views = (
        (view, table, ", ".join(f"{source} AS {name}" for name, (source, _) in columns.items()))
        for view, (table, columns, _) in VIEWS.items()
    )
    return ", ".join(f"{view} AS NOT MATERIALIZED (SELECT {chosen} FROM {table})" for view, table, chosen in views)


def _hidden(scope: Scope, *, of_call: bool) -> str:
    """Return what stands behind `*` in place of columns that are hidden."""
    columns = hidden_numbers(of_call=of_call) if scope.hides_numbers else {}
    if scope.hides_private:
        unless = _named(scope.own) if of_call else f"call IN (SELECT id FROM main.call WHERE {_named(scope.own)})"
        columns = hidden_if_private(columns, of_call=of_call, unless=unless)
    columns |= hidden_costs(of_call=of_call) if scope.hides_costs else {}
    return f" REPLACE ({', '.join(f'{source} AS {name}' for name, source in columns.items())})" if columns else ""


def _named(where: Where) -> str:
    """Return a condition with its names as those of a scope: `$pbx_0` becomes `$scope_pbx_0`."""
    return where.sql.replace("$", "$scope_")


def _values(scope: Scope) -> dict[str, Any]:
    of_pbx = {f"scope_records_{number}": name for number, name in enumerate(scope.pbxs or ())}
    of_pbx |= {f"scope_sites_{number}": name for number, name in enumerate(scope.sites)}
    own = scope.own.values if scope.hides_private else {}
    return {**{f"scope_{name}": value for name, value in {**scope.calls.values, **own}.items()}, **of_pbx}
