"""Makes SQL of a breakdown, for DuckDB.

Calls are first put together by everything that is asked of them: by the keys of the dimensions and by what conditions
are over (`part`). Measures are then added up over these parts, which are few, and names in the directory are looked up
once for each. Ten million calls by department with nine measures take less than half of what one step would.

For a percentile, parts are told apart by the value, too. These few are added up from the least value on: the first one
that so many per cent of the calls do not exceed is it. Where that does not do (percentiles of several values, or beside
counts of different values), `part` is the calls themselves.

    WITH part AS MATERIALIZED (SELECT assignment, direction, count(*) AS n, sum(talk_s) AS v0 FROM call GROUP BY ALL),
    told AS (SELECT *, <department of assignment> AS d0 FROM part)
    SELECT grouping(d0) AS level, d0, sum(n) AS m0, sum(n) FILTER (WHERE direction = 'incoming') AS m1 FROM told
    GROUP BY GROUPING SETS ((d0), ())

What amounts need is told beside, for all calls together: their currencies, and how many calls have no price. As parts
these would double the time; a column that holds few texts is read in a tenth of it.

All text is our own, from the vocabulary; what people give is bound to names.
"""

from __future__ import annotations

from collections.abc import Iterable

from tollbook.reports.breakdown import MOST_ROWS, Breakdown
from tollbook.reports.vocabulary import CONDITION_KEYS, Measure, condition, keys_of, measures
from tollbook.store.unpriced_reasons import UNPRICED

_MANY = "distinct"
_AMOUNTS = {"tariff": ("price_currency", UNPRICED), "pbx": ("nullif(currency, '')", "false")}
"""The currency of an amount, and of which calls it should be there and is not, by who reckoned it."""


def breakdown_sql(asked: Breakdown, where: str) -> str:
    """Return the question that answers a breakdown over the calls of a condition.

    Its columns: `level`, which dimensions are put together (a bit each, the first the highest: 0 is a row, all set is
    the total), the dimensions, the measures of `Breakdown.parts`, then three of each of `Breakdown.reckoned_by`: the
    first and the last of the currencies by the alphabet, and how many calls are in no amount although they should be.
    """
    weighed = _weighed(asked)
    whole = weighed is None and any(each.percentile for each in asked.parts)
    dims = [f"d{number}" for number in range(len(asked.dimensions))]
    looked_up = ", ".join(f"{each.value} AS {dim}" for each, dim in zip(asked.dimensions, dims, strict=True))
    part = _calls(asked, where) if whole else _parts(asked, where)
    told = f"told AS (SELECT *{', ' if looked_up else ''}{looked_up} FROM part)"
    question = _with_percentiles(asked, dims, weighed) if weighed else _put_together(asked, dims, whole)
    noted = "".join(f", {by}_noted AS MATERIALIZED ({_noted(by, where)})" for by in asked.reckoned_by)
    beside = "".join(
        f", (SELECT {each} FROM {by}_noted)" for by in asked.reckoned_by for each in ("first", "last", "missing")
    )
    return f"WITH part AS {part}, {told}{noted} SELECT *{beside} FROM ({question}){_some(asked, dims)}"


def _put_together(asked: Breakdown, dims: list[str], whole: bool) -> str:  # noqa: FBT001 - of which kind the parts are
    """Return the question that puts parts together for each level."""
    added = [f"{_over_parts(each, asked, whole)} AS m{number}" for number, each in enumerate(asked.parts)]
    return f"SELECT {', '.join((_level(dims), *dims, *added))} FROM told{_sets(asked, dims)}"


def _level(dims: list[str]) -> str:
    """Return which dimensions are put together, a bit each."""
    return f"grouping({', '.join(dims)}) AS level" if dims else "0 AS level"


def _weighed(asked: Breakdown) -> Measure | None:
    """Return one of the percentiles, where all can be had from parts that are told apart by the value."""
    percentiles = [each for each in asked.parts if each.percentile]
    alike = {(each.of, each.when) for each in percentiles}
    has_many = any(each.how == _MANY for each in asked.parts)
    return percentiles[0] if len(alike) == 1 and not has_many else None


def _with_percentiles(asked: Breakdown, dims: list[str], weighed: Measure) -> str:
    """Return the question that puts parts together by the value first, and adds these up from the least one on."""
    only = f"weighed IS NOT NULL{''.join(f' AND {condition((each,))}' for each in weighed.when)}"
    some = [(number, each) for number, each in enumerate(asked.parts) if not each.percentile]
    by_value = [f"{_over_parts(each, asked, whole=False)} AS m{number}" for number, each in some]
    apart = ", ".join((_level(dims), *dims, "weighed", *by_value, f"coalesce(sum(n) FILTER (WHERE {only}), 0) AS w"))
    keys = ", ".join(("level", *dims))
    upto = f"sum(w) OVER (PARTITION BY {keys} ORDER BY weighed) AS upto, sum(w) OVER (PARTITION BY {keys}) AS every"
    added = [
        f"min(weighed) FILTER (WHERE w > 0 AND upto * 100 >= every * {each.percentile}) AS m{number}"
        if each.percentile
        else f"{each.how}(m{number}) AS m{number}"
        for number, each in enumerate(asked.parts)
    ]
    values = f"SELECT *, {upto} FROM (SELECT {apart} FROM told{_sets(asked, dims, ('weighed',))})"
    return f"SELECT {', '.join((keys, *added))} FROM ({values}) GROUP BY {keys}"


def _noted(reckoned_by: str, where: str) -> str:
    """Return what amounts need, as a question of its own."""
    currency, is_missing = _AMOUNTS[reckoned_by]
    found = (
        f"SELECT {currency} AS currency, count(*) FILTER (WHERE {is_missing}) AS n FROM call WHERE {where} GROUP BY ALL"
    )
    return f"SELECT min(currency) AS first, max(currency) AS last, coalesce(sum(n), 0) AS missing FROM ({found})"


def _parts(asked: Breakdown, where: str) -> str:
    """Return calls put together by all that tells them apart."""
    columns = [f"{sql} AS {name}" if sql != name else name for name, sql in _keys(asked).items()]
    added = [f"{how}({of}) AS v{number}" for number, (of, how) in enumerate(_values(asked.parts))]
    chosen = ", ".join((*columns, "count(*) AS n", *added))
    return f"MATERIALIZED (SELECT {chosen} FROM call WHERE {where}{' GROUP BY ALL' if columns else ''})"


def _calls(asked: Breakdown, where: str) -> str:
    """Return calls as they are, with what tells them apart beside."""
    keys = [f", {sql} AS {name}" for name, sql in _keys(asked).items() if sql != name]
    return f"NOT MATERIALIZED (SELECT *{''.join(keys)} FROM call WHERE {where})"


def _keys(asked: Breakdown) -> dict[str, str]:
    keys = {name: sql for each in asked.dimensions for name, sql in each.read.items()}
    used = {key for each in asked.parts for key in keys_of(each.when)}
    keys |= {f"k{number}": of for number, of in enumerate(_told_apart(asked.parts))}
    if weighed := _weighed(asked):
        keys["weighed"] = weighed.of
    return keys | {name: sql for name, sql in CONDITION_KEYS.items() if name in used}


def _values(parts: Iterable[Measure]) -> list[tuple[str, str]]:
    """Return what is added up of each call, and how; calls are counted anyhow."""
    some = (each for each in parts if each.of not in ("", "1") and each.how != _MANY and not each.percentile)
    return list(dict.fromkeys((each.of, each.how) for each in some))


def _told_apart(parts: Iterable[Measure]) -> list[str]:
    """Return what different values are counted of."""
    return list(dict.fromkeys(each.of for each in parts if each.how == _MANY))


def _over_parts(measure: Measure, asked: Breakdown, whole: bool) -> str:  # noqa: FBT001 - of which kind the parts are
    only = f" FILTER (WHERE {condition(measure.when)})" if measure.when else ""
    if measure.percentile:
        return f"quantile_disc({measure.of}, {measure.percentile / 100}){only}"
    if measure.of in ("", "1"):
        return f"count(*){only}" if whole else f"coalesce(sum(n){only}, 0)"
    if measure.how == _MANY:
        return f"count(DISTINCT k{_told_apart(asked.parts).index(measure.of)}){only}"
    of = measure.of if whole else f"v{_values(asked.parts).index((measure.of, measure.how))}"
    return f"{measure.how}({of}){only}"


def _sets(asked: Breakdown, dims: list[str], beside: tuple[str, ...] = ()) -> str:
    """Return by what is put together: rows, subtotals and the total; with columns each of these by their value, too.

    What stands `beside` is in all of them.

    >>> _sets(Breakdown(rows=("department", "person"), measures=("calls",), subtotals=True), ["d0", "d1"])
    ' GROUP BY GROUPING SETS ((d0, d1), (d0), ())'
    """
    if not dims:
        return f" GROUP BY {', '.join(beside)}" if beside else ""
    rows = dims[: len(asked.rows)]
    shortest = 1 if asked.subtotals else len(rows)
    levels = [rows[:length] for length in range(len(rows), shortest - 1, -1)] + ([[]] if rows else [])
    if asked.columns:
        levels = [level for each in levels or [[]] for level in ([*each, dims[-1]], each)]
    elif not rows:
        levels = [[]]
    sets = (f"({', '.join((*each, *beside))})" for each in levels)
    return f" GROUP BY GROUPING SETS ({', '.join(sets)})"


def _some(asked: Breakdown, dims: list[str]) -> str:
    """Return how rows are ordered and how many of them are wanted."""
    name, is_down = asked.term
    way = "DESC" if is_down else "ASC"
    names = [*asked.rows, *filter(None, (asked.columns,))]
    term = dims[names.index(name)] if name in names else _term(asked, measures()[name])
    order = ", ".join((f"{term} {way} NULLS LAST", *(f"{each} NULLS LAST" for each in dims)))
    if not dims:
        return ""
    most = MOST_ROWS if asked.columns else min(asked.limit or MOST_ROWS, MOST_ROWS)
    return f" QUALIFY row_number() OVER (PARTITION BY level ORDER BY {order}) <= {most} ORDER BY level DESC, {order}"


def _term(asked: Breakdown, measure: Measure) -> str:
    columns = [f"m{[each.name for each in asked.parts].index(name)}" for name in measure.parts]
    if measure.less:
        return f"{columns[0]} - {columns[1]}"
    return f"{columns[0]} / nullif({columns[1]}, 0)" if measure.under else columns[0]
