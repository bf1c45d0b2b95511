"""How ClickHouse says what DuckDB is asked, one kind of expression after the other, where sqlglot would say it wrongly.

Each entry gets an expression of which every part is carried over already, and returns what stands in its place.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any, TypeAlias

from sqlglot import exp

DAY, MOMENT = "Date32", "DateTime64(6, 'UTC')"
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2299, 12, 31)
"""The first and the last day that ClickHouse knows."""
_PAIR = "unnested"
_LOOKED_UP = "looked_up"
Node: TypeAlias = exp.Expr


def in_its_place(node: Node) -> Node | None:
    """Return what stands in the place of an expression, None where it stays."""
    entry = _ENTRIES.get(type(node))
    return entry(node) if entry else None


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
    return _side_by_side(node) if is_side_by_side else _looked_up_once(_looked_up(_in_order(node)))


def _side_by_side(node: exp.Select) -> Node:
    """Lists that are unnested stand side by side, where each element of one would be beside every one of the others."""
    pairs = _called("arrayJoin", _called("arrayZip", *(each.unalias().this for each in node.expressions)))
    chosen = exp.Select(expressions=[exp.alias_(pairs, _PAIR)])
    told = [
        exp.alias_(_called("tupleElement", exp.column(_PAIR), _number(place)), each.alias)
        for place, each in enumerate(node.expressions, 1)
    ]
    return exp.Select(expressions=told, from_=exp.From(this=chosen.subquery()))


def _in_order(node: exp.Select) -> exp.Select:
    """Rows that come in order from within are put in order again: on their way out through joins they lose it."""
    read = node.args.get("from_")
    inner = read.this.this if read and isinstance(read.this, exp.Subquery) else None
    is_plain = not any(node.args.get(clause) for clause in ("joins", "group", "order", "distinct"))
    if is_plain and isinstance(inner, exp.Select) and inner.args.get("order") and inner.is_star:
        sums = (each for chosen in node.expressions for each in chosen.find_all(exp.AggFunc))
        if not any(each.parent_select is node for each in sums):
            node.set("order", inner.args["order"].copy())
    return node


def _looked_up(node: exp.Select) -> exp.Select:
    """What is looked up for each row sees only columns that are selected, once there is a condition (26.9)."""
    where, read = node.args.get("where"), node.args.get("from_")
    if where and read and not node.args.get("joins") and any(each.find(exp.Subquery) for each in node.expressions):
        chosen = exp.Select(expressions=[exp.Star()], from_=read, where=where)
        node.set("where", None)
        node.set("from_", exp.From(this=chosen.subquery(read.alias_or_name or None)))
    return node


def _looked_up_once(node: exp.Select) -> exp.Select:
    """What is looked up for each row by the same words is joined once: ClickHouse makes a join of each (26.9)."""
    read = node.args.get("from_")
    if not read or any(node.args.get(clause) for clause in ("joins", "where", "group")):
        return node
    found = dict[str, list[exp.Subquery]]()
    for each in (each for chosen in node.expressions for each in chosen.find_all(exp.Subquery)):
        if each.find_ancestor(exp.Subquery, exp.Select) is node:
            found.setdefault(each.sql(), []).append(each)
    names = list[str]()
    inner = exp.Select(expressions=[exp.Star()], from_=read)
    for same in (same for same in found.values() if len(same) > 1):
        names.append(f"{_LOOKED_UP}_{len(names)}")
        inner.append("expressions", exp.alias_(same[0].copy(), names[-1]))
        for each in same:
            each.replace(exp.column(names[-1]))
    if names:
        node.set("from_", exp.From(this=inner.subquery(read.alias_or_name or None)))
        for star in (each for each in node.expressions if each.is_star):
            star.set("except_", [exp.to_identifier(name) for name in names])
    return node


def _cast(node: exp.Cast) -> Node:
    """A day that is written out is one that ClickHouse knows."""
    if node.to.is_type(exp.DataType.Type.ARRAY) and node.to.expressions[0].is_type(exp.DataType.Type.DATE):
        node.set("to", exp.DataType.build(f"Array({DAY})", dialect="clickhouse"))
    if node.this.is_string and node.to.is_type(exp.DataType.Type.DATE):
        day = min(max(date.fromisoformat(node.this.name), FIRST_DAY), LAST_DAY)
        node.set("this", exp.Literal.string(day.isoformat()))
    to = {exp.DataType.Type.DATE: DAY, exp.DataType.Type.TIMESTAMPNTZ: MOMENT}.get(node.to.this)
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
    return _called("arrayStringConcat", _as_arrays(node.this), node.args["separator"])


def _as_arrays(order: exp.Order) -> Node:
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
    return _as_arrays(order)


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
