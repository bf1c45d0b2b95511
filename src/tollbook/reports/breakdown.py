"""A breakdown: calls told apart by dimensions, with measures of each part. Reports and the explorer ask by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from tollbook.model.problem import Misconfigured, Problem, nearest
from tollbook.model.report import Unit
from tollbook.reports.vocabulary import Dimension, Measure, dimensions, measures

MOST_ROWS = 100_000
"""Rows that a breakdown has at most; the others are put together in one."""
_MOST_DIMENSIONS = 4


class Breakdown(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask: rows by dimensions, measures, and columns by one more dimension.

    `order` is a dimension or measure, turned by `-`; else rows come in the order of their dimensions where these are
    times, and by the first measure, the most first, where they are not. `limit` 0 is all. With `subtotals` each value
    of the dimensions before the last has a line of its own. `share` are measures with their part of the total beside.
    """

    rows: tuple[str, ...] = ()
    measures: tuple[str, ...]
    columns: str = ""
    order: str = ""
    limit: int = 0
    subtotals: bool = False
    share: tuple[str, ...] = ()

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """The dimensions of the rows, and behind them that of the columns."""
        return tuple(dimensions()[name] for name in (*self.rows, *filter(None, (self.columns,))))

    @property
    def told(self) -> tuple[Measure, ...]:
        """The measures in their order."""
        return tuple(measures()[name] for name in self.measures)

    @property
    def parts(self) -> tuple[Measure, ...]:
        """The measures to be asked for: those of the table, and those that its ratios are made of."""
        names = dict.fromkeys((*(part for each in self.told for part in each.parts), "calls"))
        return tuple(measures()[name] for name in names)

    @property
    def reckoned_by(self) -> tuple[str, ...]:
        """Who reckoned the amounts that are asked for."""
        return tuple(sorted({each.reckoned_by for each in self.told if each.unit is Unit.AMOUNT}))

    @property
    def term(self) -> tuple[str, bool]:
        """What rows are ordered by, and whether the most comes first."""
        if self.order:
            return self.order.removeprefix("-"), self.order.startswith("-")
        if not self.rows or dimensions()[self.rows[0]].unit is not Unit.TEXT:
            return (self.rows or self.measures)[0], False
        return self.measures[0], True


def apart() -> dict[str, Dimension]:
    """Return the dimensions that calls can be told apart by."""
    return {name: each for name, each in dimensions().items() if not each.listed}


def offered() -> dict[str, Measure]:
    """Return the measures that somebody can ask for."""
    return {name: each for name, each in measures().items() if each.group}


def problems(asked: Breakdown, place: str = "") -> list[Problem]:
    """Return what is wrong with a breakdown."""
    found = [
        *_unknown("dimension", (*asked.rows, *filter(None, (asked.columns,))), apart(), place),
        *_unknown("measure", (*asked.measures, *asked.share), offered(), place),
    ]
    if not asked.measures:
        found.append(Problem("there are no measures", "a table has one at least", place, "such as calls,talk,cost"))
    if len(asked.rows) > _MOST_DIMENSIONS:
        reason = f"got {len(asked.rows)} dimensions"
        found.append(Problem(f"rows can be by {_MOST_DIMENSIONS} dimensions at most", reason, place))
    twice = sorted({name for name in asked.rows if (*asked.rows, asked.columns).count(name) > 1})
    reason = "rows and columns need different ones"
    found += [Problem(f"the dimension {name!r} is there twice", reason, place) for name in twice]
    term = asked.order.removeprefix("-")
    if term and term not in (*asked.rows, *asked.measures):
        reason = f"rows can be ordered by {', '.join((*asked.rows, *asked.measures))}"
        found.append(Problem(f"cannot order by {term!r}", reason, place, "put - before the name to turn the order"))
    return found


def checked(asked: Breakdown) -> Breakdown:
    """Return a breakdown that can be asked; raises `Misconfigured` with every fault."""
    if faults := problems(asked):
        raise Misconfigured(*faults)
    return asked


def _unknown(noun: str, names: Iterable[str], known: Mapping[str, object], place: str) -> list[Problem]:
    return [
        Problem(f"no {noun} is called {name!r}", "`tollbook report words` lists them all", place, nearest(name, known))
        for name in names
        if name not in known
    ]
