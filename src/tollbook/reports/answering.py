"""Asks a breakdown of the ledger and makes the rows, subtotals and totals of a table of the answer.

Totals are over all calls of the question, whatever rows are left out. The row `others` holds what rows that are left
out come to; where that cannot be told from the total and the rows shown, such as of a percentile, it is empty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.report import ReportColumn, ReportRow, ReportValue, Unit
from tollbook.render.reports.plain import plain
from tollbook.render.reports.shown import value_shown
from tollbook.reports.breakdown import Breakdown
from tollbook.reports.sql import breakdown_sql
from tollbook.reports.vocabulary import Dimension, Measure
from tollbook.store.filters import Where
from tollbook.store.ledger import Ledger

MOST_COLUMNS = 40
"""Values that become columns."""
OTHERS = "others"
CURRENCIES = {"tariff": "currency", "pbx": "pbx_currency"}
"""The dimension of the currency of amounts, by who reckoned them."""
Key = tuple[Any, ...]
Parts = tuple[Any, ...]
"""The values of `Breakdown.parts`."""


class BreakdownAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of a breakdown, each with what tells it apart; `keys` has no place for the row of others.

    `unpriced` is how many calls are in no amount although they should be.
    """

    asked: Breakdown
    columns: tuple[ReportColumn, ...]
    keys: list[Key]
    rows: list[ReportRow]
    has_others: bool
    subtotals: dict[int, ReportRow]
    totals: ReportRow
    calls: int
    unpriced: int = 0


class AmountsNoted(msgspec.Struct, frozen=True):
    """What amounts of calls need: the first and last of their currencies, and how many calls should have one."""

    first: str | None
    last: str | None
    missing: int


class Groups(msgspec.Struct, frozen=True):
    """What was found: parts by key, for each level of putting together; in the order of the question."""

    asked: Breakdown
    levels: dict[int, dict[Key, Parts]]
    noted: dict[str, AmountsNoted] = {}
    """What amounts need by who reckoned them."""

    @property
    def currencies(self) -> dict[str, str]:
        """The one currency of amounts by who reckoned them; none where there are several."""
        return {by: each.first for by, each in self.noted.items() if each.first and each.first == each.last}

    @property
    def unpriced(self) -> int:
        """How many calls are in no amount although they should be; 0 where no amount by tariff is asked for."""
        return sum(each.missing for each in self.noted.values())

    @property
    def rows(self) -> dict[Key, Parts]:
        """The parts of each row by its key; with columns those of all columns together."""
        return self.levels.get(1 if self.asked.columns else 0, {})

    @property
    def total(self) -> Parts:
        """The parts of all calls."""
        every = (1 << len(self.asked.dimensions)) - 1
        return next(iter(self.levels.get(every, {}).values()), (None,) * len(self.asked.parts))


def find(ledger: Ledger, asked: Breakdown, where: Where) -> Groups:
    """Ask the ledger; amounts of several currencies are told apart by one more dimension, and never added."""
    found = _found(ledger, asked, where)
    several = [by for by, each in found.noted.items() if each.first != each.last]
    more = [CURRENCIES[by] for by in several if CURRENCIES[by] not in (*asked.rows, asked.columns)]
    if more:
        return _found(ledger, msgspec.structs.replace(asked, rows=(*asked.rows, *more)), where)
    return found


def _found(ledger: Ledger, asked: Breakdown, where: Where) -> Groups:
    return groups_of(asked, ledger.rows(breakdown_sql(asked, where.sql), where.values))


def groups_of(asked: Breakdown, rows: Iterable[Sequence[Any]]) -> Groups:
    """Return what the rows of `breakdown_sql` hold."""
    levels: dict[int, dict[Key, Parts]] = {}
    count, end = len(asked.dimensions), len(asked.dimensions) + len(asked.parts)
    noted: Sequence[Any] = ()
    for level, *values in rows:
        noted = values[end:]
        key = tuple(each for place, each in enumerate(values[:count]) if not level >> (count - 1 - place) & 1)
        levels.setdefault(level, {})[key] = tuple(values[count:end])
    told = [noted[place : place + 3] for place in range(0, len(noted), 3)]
    return Groups(asked, levels, {by: AmountsNoted(*each) for by, each in zip(asked.reckoned_by, told, strict=True)})


def answer(ledger: Ledger, asked: Breakdown, where: Where) -> BreakdownAnswer:
    """Return the answer to a breakdown over the calls of a condition; raises `Misconfigured` for too many columns."""
    return table(find(ledger, asked, where))


def table(groups: Groups) -> BreakdownAnswer:
    """Return the table of what was found."""
    asked = groups.asked
    pivoted = _values_of_columns(groups)
    keys = list(groups.rows) if asked.rows else []
    left_out = groups.total and _count(groups.total, asked) - sum(_count(groups.rows[key], asked) for key in keys)
    keys = _in_groups(groups, keys) if asked.subtotals else keys
    lines = _Lines(groups, pivoted)
    rows = [lines.row(key) for key in keys] if asked.rows else [lines.total()]
    has_others = bool(keys and left_out)
    return BreakdownAnswer(
        asked=asked,
        columns=(*map(column_of_dimension, asked.dimensions[: len(asked.rows)]), *lines.columns()),
        keys=keys if asked.rows else [()],
        rows=[*rows, lines.others(keys)] if has_others else rows,
        has_others=has_others,
        subtotals=lines.subtotals(keys) if asked.subtotals and len(asked.rows) > 1 else {},
        totals=lines.total(),
        calls=_count(groups.total, asked),
        unpriced=groups.unpriced,
    )


def column_of_dimension(each: Dimension) -> ReportColumn:
    """Return the column of a dimension."""
    return ReportColumn(name=each.name, title=each.title, unit=each.unit, meaning=each.meaning, none=each.none)


def _count(parts: Parts, asked: Breakdown) -> int:
    return int(parts[[each.name for each in asked.parts].index("calls")] or 0)


def _values_of_columns(groups: Groups) -> list[Any]:
    """Return the values that become columns, in their order."""
    if not groups.asked.columns:
        return []
    without_rows = ((1 << len(groups.asked.rows)) - 1) << 1
    found = [key[0] for key in groups.levels.get(without_rows, {})]
    if len(found) > MOST_COLUMNS:
        name = groups.asked.columns
        reason = f"{name} has {len(found)} values here"
        raise Misconfigured(
            Problem(f"at most {MOST_COLUMNS} columns can be told apart", reason, help="filter the calls")
        )
    return sorted(found, key=lambda value: (value is None, value if value is not None else 0))


def _in_groups(groups: Groups, keys: list[Key]) -> list[Key]:
    """Return rows by the values of all dimensions but the last, those in the order in which they come first."""
    first: dict[Key, int] = {}
    for place, key in enumerate(keys):
        for length in range(1, len(groups.asked.rows)):
            first.setdefault(key[:length], place)
    return sorted(keys, key=lambda key: [first[key[:length]] for length in range(1, len(groups.asked.rows))])


class _Lines(msgspec.Struct):
    """Makes the lines of a table: dimensions first, then each measure, by the values of the columns where there are."""

    groups: Groups
    pivoted: list[Any]

    def columns(self) -> Iterable[ReportColumn]:
        asked = self.groups.asked
        dimension = asked.dimensions[-1] if asked.columns else None
        for each in asked.told:
            currency = self.groups.currencies.get(each.reckoned_by, "") if each.unit is Unit.AMOUNT else ""
            whole = ReportColumn(
                name=each.name,
                title=each.title,
                unit=each.unit,
                meaning=each.meaning,
                currency=currency,
                is_measure=True,
                of_one=bool(each.under),
            )
            for value in self.pivoted if dimension else ():
                name, label = _told(dimension, value) if dimension else ("", "")
                title = label if len(asked.told) == 1 else f"{label}: {each.title}"
                yield msgspec.structs.replace(whole, name=f"{each.name}:{name}", title=title)
            yield whole if not dimension or len(asked.told) > 1 else msgspec.structs.replace(whole, title="Total")
            if each.name in asked.share:
                of = f"part of all: {each.title.lower()} ÷ {each.title.lower()} of the total"
                yield ReportColumn(
                    name=f"{each.name}_share", title=f"{each.title} %", unit=Unit.SHARE, meaning=of, is_measure=True
                )

    def row(self, key: Key) -> ReportRow:
        return (*key, *self._measured(key, 1 if self.groups.asked.columns else 0))

    def total(self) -> ReportRow:
        count = len(self.groups.asked.rows)
        return (*(None,) * count, *self._measured((), (1 << len(self.groups.asked.dimensions)) - 1))

    def subtotals(self, keys: list[Key]) -> dict[int, ReportRow]:
        """Return the lines below the last row of each value of the first dimensions; one row alone needs none."""
        asked = self.groups.asked
        shift = 1 if asked.columns else 0
        found: dict[int, ReportRow] = {}
        length = len(asked.rows) - 1
        alike = Counter(key[:length] for key in keys)
        for place, key in enumerate(keys):
            is_last = place + 1 == len(keys) or keys[place + 1][:length] != key[:length]
            if is_last and alike[key[:length]] > 1:
                level = (1 << (len(asked.rows) - length)) - 1
                bits = level << shift | shift
                found[place] = (
                    *key[:length],
                    *(None,) * (len(asked.rows) - length),
                    *self._measured(key[:length], bits),
                )
        return found

    def others(self, keys: list[Key]) -> ReportRow:
        """Return what all rows but those of some keys come to."""
        asked = self.groups.asked
        total, shown = self.groups.total, [self.groups.rows[key] for key in keys]
        left = tuple(
            _less(total[place], (parts[place] for parts in shown)) if each.adds_up else None
            for place, each in enumerate(asked.parts)
        )
        cells: list[ReportValue] = []
        for each in asked.told:
            cells += [None] * len(self.pivoted)
            cells.append(value_of(each, asked, left))
            if each.name in asked.share:
                cells.append(_ratio(cells[-1], value_of(each, asked, total)))
        return (OTHERS, *(None,) * (len(asked.rows) - 1), *cells)

    def _measured(self, key: Key, level: int) -> Iterable[ReportValue]:
        asked, levels = self.groups.asked, self.groups.levels
        several = asked.rows and asked.rows[-1] in CURRENCIES.values() and len(key) < len(asked.rows)
        parts = levels.get(level, {}).get(key)
        for each in asked.told:
            for value in self.pivoted:
                found = levels.get(level & ~1, {}).get((*key, value))
                yield value_of(each, asked, found)
            yield None if several and each.unit is Unit.AMOUNT else value_of(each, asked, parts)
            if each.name in asked.share:
                yield _ratio(value_of(each, asked, parts), value_of(each, asked, self.groups.total))


def _told(dimension: Dimension, value: Any) -> tuple[str, str]:  # noqa: ANN401 - a value of any dimension
    """Return a value for the name of a column, and for its title."""
    if value is None:
        return "", dimension.none
    return str(plain(dimension.unit, value)), value_shown(dimension.unit, value)


def value_of(measure: Measure, asked: Breakdown, parts: Parts | None) -> ReportValue:
    """Return the value of a measure made of its parts; None where it has none."""
    if parts is None:
        return 0 if measure.unit is Unit.COUNT else None
    names = [each.name for each in asked.parts]
    values = [parts[names.index(name)] for name in measure.parts]
    if measure.less:
        return None if values[0] is None or values[1] is None else values[0] - values[1]
    if measure.under:
        return _ratio(values[0], values[1], measure)
    return _plain(values[0], measure)


_PLACES = Decimal("1e-12")


def _ratio(over: Any, under: Any, measure: Measure | None = None) -> ReportValue:  # noqa: ANN401 - numbers of any kind
    if over is None or not under:
        return None
    if isinstance(over, Decimal) and measure:
        exact: Decimal = over * measure.times / under
        return exact.quantize(_PLACES)
    return float(over) * (measure.times if measure else 1) / float(under)


def _plain(value: Any, measure: Measure) -> ReportValue:  # noqa: ANN401 - whatever a column holds
    if value is None:
        return (
            0
            if measure.unit in (Unit.COUNT, Unit.SECONDS)
            and measure.how in ("sum", "distinct")
            and not measure.percentile
            else None
        )
    exact: ReportValue = int(value) if measure.unit in (Unit.COUNT, Unit.SECONDS) else value
    return exact


def _less(total: Any, some: Iterable[Any]) -> Any:  # noqa: ANN401 - numbers of any kind
    shown: Sequence[Any] = [each for each in some if each is not None]
    return None if total is None else total - sum(shown)
