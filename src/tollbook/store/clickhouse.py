"""Carries what is asked of a ledger over to ClickHouse: the same tables, the same questions, the same answers.

Questions are written for DuckDB. sqlglot reads them and writes them for ClickHouse; `clickhouse_sql` has what it does
not carry over, or so that another answer would come of it. What differs in every question is a setting (`SETTINGS`).
Values stay bound by name.

A column that can be empty is `Nullable`, days are `Date32` and moments `DateTime64` in UTC. ClickHouse knows no day
before 1900 or after 2299: an end that is none is the first or the last that it knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

import duckdb
from sqlglot import exp, parse_one

from tollbook.model.problem import Misconfigured, Problem
from tollbook.store import aside
from tollbook.store.clickhouse_sql import DAY, FIRST_DAY, LAST_DAY, MOMENT, Node, in_its_place
from tollbook.store.schema import CALL_VIEW, LEG_VIEW, REJECT_VIEW
from tollbook.store.schema import statements as schema_statements

DATABASE = "main"
TABLES = ("call", "leg", "reject", "tally", "arrival", "skip", "span", "owner", "phone_book")
"""What questions read."""
_VIEWS = {"calls": ("call", CALL_VIEW), "legs": ("leg", LEG_VIEW), "rejects": ("reject", REJECT_VIEW)}
SETTINGS = {
    "aggregate_functions_null_for_empty": 1,
    "cast_keep_nullable": 1,
    "formatdatetime_parsedatetime_m_is_month_name": 0,
    "group_by_use_nulls": 1,
    "join_use_nulls": 1,
    "prefer_column_name_to_alias": 1,
    "union_default_mode": "DISTINCT",
}
"""What makes ClickHouse answer as the standard says: what is empty is NULL, neither 0 nor an empty text, and a name
means a column before it means what is selected under that name."""

_TYPES = {
    "BIGINT": "Int64",
    "BLOB": "String",
    "BOOLEAN": "Bool",
    "DATE": DAY,
    "DECIMAL(24,12)": "Decimal(24, 12)",
    "INTEGER": "Int32",
    "TIMESTAMP": MOMENT,
    "UUID": "UUID",
    "VARCHAR": "String",
}
_BOUND: dict[type, str] = {
    bool: "Bool",
    int: "Int64",
    float: "Float64",
    Decimal: "Decimal(38, 12)",
    datetime: MOMENT,
    date: DAY,
    str: "String",
    UUID: "UUID",
}
_WORD = re.compile(r"(?:Nullable\()?(?:LowCardinality\()?(?:Nullable\()?(\w+)")
_READ: dict[str, Callable[[Any], Any]] = {
    "Date": date.fromisoformat,
    "Date32": date.fromisoformat,
    "DateTime64": datetime.fromisoformat,
    "Decimal": Decimal,
    "Float64": float,
    "UUID": UUID,
}
_OF_A_SITE = Problem(
    "a centre cannot answer this",
    "what it asks for is not with the calls in ClickHouse",
    help="ask without it, or at the site whose calls they are",
)


def carried(question: str, values: Mapping[str, Any], tables: Mapping[str, str] | None = None) -> str:
    """Return a question of a ledger as ClickHouse is asked it; each `$name` becomes `{name: Type}` by its value.

    What it reads stands before it where `tables` has what each table of `main` is made of, as ClickHouse says it.
    """
    tree = parse_one(question, read="duckdb")
    before = _before(tree, tables) if tables else ""
    # From the leaves up: what an entry takes apart is carried over already.
    for node in reversed(list(tree.bfs())):
        if (other := in_its_place(node)) is not None:
            node.replace(other)
    _leave_out_unread(tree)
    for each in tree.find_all(exp.Placeholder):
        each.set("kind", _kind_of(each, values[each.name]))
    said = tree.sql(dialect="clickhouse")
    if not before:
        return said
    first, _, rest = said.partition(" ")
    return f"{before}, {rest}" if first == "WITH" else f"{before} {said}"


def _leave_out_unread(tree: Node) -> None:
    """Leave out tables before a question that it does not read: each costs the time to read what it says."""
    before = tree.args.get("with_")
    while before:
        read = {each.name for each in tree.find_all(exp.Table) if not each.db}
        left = [each for each in before.expressions if each.alias in read]
        if len(left) == len(before.expressions):
            return
        before.set("expressions", left)
        if not left:
            tree.set("with_", None)
            return


def _before(tree: Node, tables: Mapping[str, str]) -> str:
    """Give tables of the store that a question reads names of their own; return `WITH` and what these are made of."""
    there = {each.alias for each in tree.find_all(exp.CTE)}
    read = dict[str, str]()
    for table in list(tree.find_all(exp.Table)):
        name = table.name
        if table.db == DATABASE or (not table.db and name in tables and name not in there):
            if name not in tables:
                raise Misconfigured(_OF_A_SITE)
            read[name] = f"{DATABASE}_{name} AS ({tables[name]})"
            named = exp.to_table(f"{DATABASE}_{name}")
            table.replace(named.as_(table.alias or name))
    return f"WITH {', '.join(read.values())}" if read else ""


def text_of(value: object) -> str:
    r"""Return a value that is bound as ClickHouse reads it.

    >>> text_of(["St. Mary's", "x"])
    "['St. Mary\\\\'s', 'x']"
    """
    if not isinstance(value, list):
        return str(value)
    return f"[{', '.join(str(each) if isinstance(each, int) else _quoted(str(each)) for each in value)}]"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def value_reader(kind: str) -> Callable[[Any], Any]:
    """Return what makes a value of a column of an answer, by the type that ClickHouse says it has."""
    found = _WORD.match(kind)
    return _READ.get(found[1] if found else "", _as_it_is)


def _as_it_is(value: Any) -> Any:  # noqa: ANN401 - any column's value
    return value


def _kind_of(bound: exp.Placeholder, value: object) -> Node:
    """Return the type of what is bound; of a list, that to which the question turns it."""
    listed = bound.parent.args["to"] if isinstance(bound.parent, exp.Cast) and isinstance(value, list) else None
    return exp.Var(this=listed.sql(dialect="clickhouse") if listed else _BOUND[type(value)])


def statements(cursor: duckdb.DuckDBPyConnection) -> list[str]:
    """Return what makes the tables and views that questions read, empty, as the store of a cursor has them."""
    views = [f"CREATE VIEW {DATABASE}.{view} AS {carried(_shown(*of), {})}" for view, of in _VIEWS.items()]
    return [f"CREATE DATABASE {DATABASE}", *(_table(cursor, name) for name in TABLES), *views]


@cache
def columns_of(table: str) -> dict[str, str]:
    """Return the columns of a table of the store, each with the type that it has in ClickHouse."""
    with duckdb.connect() as connection:
        for statement in (*schema_statements(), aside.TABLE):
            connection.execute(statement)
        query = (
            "SELECT column_name, data_type, is_nullable FROM duckdb_columns() "
            "WHERE schema_name = 'main' AND table_name = $table ORDER BY column_index"
        )
        found = connection.execute(query, {"table": table}).fetchall()
    return {name: f"Nullable({_TYPES[kind]})" if is_null else _TYPES[kind] for name, kind, is_null in found}


def rows_as_json(cursor: duckdb.DuckDBPyConnection, table: str) -> str:
    """Return what a table of the store holds, an object on each line (`JSONEachRow`)."""
    days = [name for name, kind, _ in _columns(cursor, table) if kind == "DATE"]
    known = ", ".join(f"least(greatest({day}, $first), $last) AS {day}" for day in days)
    query = f"SELECT to_json(row) FROM (SELECT *{f' REPLACE ({known})' if days else ''} FROM {DATABASE}.{table}) AS row"
    ends = {"first": FIRST_DAY, "last": LAST_DAY} if days else {}
    return "\n".join(row for (row,) in cursor.execute(query, ends).fetchall())


def _table(cursor: duckdb.DuckDBPyConnection, name: str) -> str:
    columns = [
        f"{column} {f'Nullable({_TYPES[kind]})' if is_null else _TYPES[kind]}"
        for column, kind, is_null in _columns(cursor, name)
    ]
    # What DuckDB finds a row again by: there, the key of a call does as much.
    again = ["rowid UUID ALIAS id"] if name == "call" else []
    return f"CREATE TABLE {DATABASE}.{name} ({', '.join((*columns, *again))}) ENGINE = MergeTree ORDER BY tuple()"


def _columns(cursor: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str, bool]]:
    query = (
        "SELECT column_name, data_type, is_nullable FROM duckdb_columns() "
        "WHERE schema_name = $schema AND table_name = $table ORDER BY column_index"
    )
    return cursor.execute(query, {"schema": DATABASE, "table": table}).fetchall()


def _shown(table: str, columns: Mapping[str, tuple[str, str]]) -> str:
    return f"SELECT {', '.join(f'{source} AS {name}' for name, (source, _) in columns.items())} FROM {DATABASE}.{table}"
