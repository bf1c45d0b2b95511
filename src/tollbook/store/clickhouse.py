"""Carries what is asked of a ledger over to ClickHouse: the same tables, the same questions, the same answers.

Questions are written for DuckDB. sqlglot reads them and writes them for ClickHouse; `_ENTRIES` has what it does not
carry over, or so that another answer would come of it. What differs in every question is a setting (`SETTINGS`).
Values stay bound by name.

A column that can be empty is `Nullable`, days are `Date32` and moments `DateTime64` in UTC. ClickHouse knows no day
before 1900 or after 2299: an end that is none is the first or the last that it knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any, TypeAlias
from uuid import UUID

import duckdb
from sqlglot import exp, parse_one

from tollbook.model.problem import Misconfigured, Problem
from tollbook.store import aside
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

_DAY, _MOMENT = "Date32", "DateTime64(6, 'UTC')"
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2299, 12, 31)
_TYPES = {
    "BIGINT": "Int64",
    "BLOB": "String",
    "BOOLEAN": "Bool",
    "DATE": _DAY,
    "DECIMAL(24,12)": "Decimal(24, 12)",
    "INTEGER": "Int32",
    "TIMESTAMP": _MOMENT,
    "UUID": "UUID",
    "VARCHAR": "String",
}
_BOUND: dict[type, str] = {
    bool: "Bool",
    int: "Int64",
    float: "Float64",
    Decimal: "Decimal(38, 12)",
    datetime: _MOMENT,
    date: _DAY,
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
_PAIR = "unnested"
_OF_A_SITE = Problem(
    "a centre cannot answer this",
    "what it asks for is not with the calls in ClickHouse",
    help="ask without it, or at the site whose calls they are",
)
Node: TypeAlias = exp.Expr


def carried(question: str, values: Mapping[str, Any], tables: Mapping[str, str] | None = None) -> str:
    """Return a question of a ledger as ClickHouse is asked it; each `$name` becomes `{name: Type}` by its value.

    What it reads stands before it where `tables` has what each table of `main` is made of, as ClickHouse says it.
    """
    tree = parse_one(question, read="duckdb")
    before = _before(tree, tables) if tables else ""
    # From the leaves up: what an entry takes apart is carried over already.
    for node in reversed(list(tree.bfs())):
        if entry := _ENTRIES.get(type(node)):
            node.replace(entry(node))
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
    ends = {"first": _FIRST_DAY, "last": _LAST_DAY} if days else {}
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


def _called(name: str, *arguments: Node) -> Node:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _number(value: int) -> Node:
    return exp.Literal.number(value)


def _cte(node: exp.CTE) -> Node:
    node.set("materialized", None)
    return node


def _select(node: exp.Select) -> Node:
    unnested = [each.unalias() for each in node.expressions]
    is_side_by_side = len(unnested) > 1 and all(isinstance(each, exp.Explode) for each in unnested)
    return _side_by_side(node) if is_side_by_side else _looked_up(node)


def _side_by_side(node: exp.Select) -> Node:
    """Lists that are unnested stand side by side, where each element of one would be beside every one of the others."""
    pairs = _called("arrayJoin", _called("arrayZip", *(each.unalias().this for each in node.expressions)))
    chosen = exp.Select(expressions=[exp.alias_(pairs, _PAIR)])
    told = [
        exp.alias_(_called("tupleElement", exp.column(_PAIR), _number(place)), each.alias)
        for place, each in enumerate(node.expressions, 1)
    ]
    return exp.Select(expressions=told, from_=exp.From(this=chosen.subquery()))


def _looked_up(node: exp.Select) -> Node:
    """What is looked up for each row sees only columns that are selected, once there is a condition (26.9)."""
    where, read = node.args.get("where"), node.args.get("from_")
    if where and read and not node.args.get("joins") and any(each.find(exp.Subquery) for each in node.expressions):
        chosen = exp.Select(expressions=[exp.Star()], from_=read, where=where)
        node.set("where", None)
        node.set("from_", exp.From(this=chosen.subquery(read.alias_or_name or None)))
    return node


def _cast(node: exp.Cast) -> Node:
    """A day that is written out is one that ClickHouse knows."""
    if node.to.is_type(exp.DataType.Type.ARRAY) and node.to.expressions[0].is_type(exp.DataType.Type.DATE):
        node.set("to", exp.DataType.build(f"Array({_DAY})", dialect="clickhouse"))
    if node.this.is_string and node.to.is_type(exp.DataType.Type.DATE):
        day = min(max(date.fromisoformat(node.this.name), _FIRST_DAY), _LAST_DAY)
        node.set("this", exp.Literal.string(day.isoformat()))
    to = {exp.DataType.Type.DATE: _DAY, exp.DataType.Type.TIMESTAMPNTZ: _MOMENT}.get(node.to.this)
    if to:
        node.set("to", exp.DataType.build(to, dialect="clickhouse"))
    return node


def _int_div(node: exp.IntDiv) -> Node:
    """A quotient of whole numbers is reckoned with whole numbers; by none it is empty."""
    is_none = exp.EQ(this=node.expression.copy(), expression=_number(0))
    return _called("if", is_none, exp.Null(), _called("intDiv", node.this, node.expression))


def _full_match(node: exp.RegexpFullMatch) -> Node:
    return _called("match", node.this, exp.Literal.string(f"^(?:{node.expression.name})$"))


def _regexp_replace(node: exp.RegexpReplace) -> Node:
    """What matches is replaced once, or with `g` everywhere."""
    modifiers = node.args.get("modifiers")
    name = "replaceRegexpAll" if modifiers and modifiers.name == "g" else "replaceRegexpOne"
    return _called(name, node.this, node.expression, node.args["replacement"])


def _div(node: exp.Div) -> Node:
    """A quotient of amounts has no more places than these."""
    node.set("this", _called("toFloat64", node.this))
    return node


def _lag(node: exp.Lag) -> Node:
    """Before the first row is nothing, and not the first of all moments."""
    node.set("this", _called("toNullable", node.this))
    return node


def _split_part(node: exp.SplitPart) -> Node:
    text, by, place = node.this, node.args["delimiter"], node.args["part_index"]
    parts = _called("splitByString", by, _called("ifNull", text.copy(), exp.Literal.string("")))
    empty = exp.Is(this=text, expression=exp.Null())
    return _called("if", empty, exp.Null(), _called("arrayElement", parts, place))


def _bracket(node: exp.Bracket) -> Node:
    """A part of a list, from its first element on."""
    within = node.expressions[0]
    return _called("arraySlice", node.this, within.this, within.expression) if isinstance(within, exp.Slice) else node


def _filter(node: exp.Filter) -> Node:
    return _value_at(node.this, node.expression) if isinstance(node.this, exp.PercentileDisc) else node


def _percentile(node: exp.PercentileDisc) -> Node:
    return node if isinstance(node.parent, exp.Filter) else _value_at(node)


def _value_at(percentile: exp.PercentileDisc, where: Node | None = None) -> Node:
    """Return the first value that so many do not exceed.

    `quantileExactLow` takes the next one where the place is a whole number.
    """
    part = Fraction(percentile.expression.name)
    values = _called("groupArray", percentile.this)
    held = _called("arraySort", exp.Filter(this=values, expression=where) if where else values)
    upwards = _number(part.numerator) * _called("length", held.copy()) + _number(part.denominator - 1)
    return _called("arrayElementOrNull", held, _called("intDiv", upwards, _number(part.denominator)))


def _string_agg(node: exp.GroupConcat) -> Node:
    return _called("arrayStringConcat", _in_order(node.this), node.args["separator"])


def _in_order(order: exp.Order) -> Node:
    """Values are put in order by tuples, the value itself the last of each."""
    values = [*(each.this for each in order.expressions), order.this]
    pairs = _called("arraySort", _called("groupArray", exp.Tuple(expressions=values)))
    return _called("tupleElement", pairs, _number(len(values)))


def _array_agg(node: exp.ArrayAgg) -> Node:
    order = node.this
    if not isinstance(order, exp.Order):
        return node
    distinct = order.this
    if isinstance(distinct, exp.Distinct):
        return _called("arraySort", _called("groupUniqArray", *distinct.expressions))
    return _in_order(order)


_ENTRIES: dict[type[Node], Callable[[Any], Node]] = {
    exp.Anonymous: lambda node: _called("endsWith", *node.expressions) if node.name == "suffix" else node,
    exp.ArrayAgg: _array_agg,
    exp.Bracket: _bracket,
    exp.ArrayOverlaps: lambda node: _called("hasAny", node.this, node.expression),
    exp.ArraySort: lambda node: _called("arraySort", node.this),
    exp.CTE: _cte,
    exp.Cast: _cast,
    exp.Div: _div,
    exp.Filter: _filter,
    exp.GroupConcat: _string_agg,
    exp.IntDiv: _int_div,
    exp.Lag: _lag,
    exp.LogicalAnd: lambda node: exp.Min(this=node.this),
    exp.LogicalOr: lambda node: exp.Max(this=node.this),
    exp.Lower: lambda node: _called("lowerUTF8", node.this),
    exp.PercentileDisc: _percentile,
    exp.RegexpFullMatch: _full_match,
    exp.RegexpReplace: _regexp_replace,
    exp.Right: lambda node: _called("rightUTF8", node.this, node.expression),
    exp.Select: _select,
    exp.SplitPart: _split_part,
    exp.TimeToUnix: lambda node: _called("toUnixTimestamp", node.this),
    exp.Translate: lambda node: _called("translate", node.this, node.args["from_"], node.args["to"]),
}
