"""Which chart a breakdown has that somebody put together."""

from __future__ import annotations

from tollbook.model.report import ChartKind, ReportChart, Unit
from tollbook.reports.breakdown import Breakdown
from tollbook.reports.vocabulary import dimensions, measures

_ALIKE = 3
"""Measures of one unit that are drawn together."""


def chart_for(asked: Breakdown, wanted: str) -> ReportChart | None:
    """Return the chart that is wanted, or the usual one: over time it stands, names lie, two times are a heat map."""
    if (
        wanted == "none"
        or not asked.rows
        or not all(name in dimensions() for name in (*asked.rows, *asked.columns.split()))
    ):
        return None
    first = next((name for name in asked.measures if name in measures() and _is_drawn(name)), "")
    if not first:
        return None
    over_time = dimensions()[asked.rows[0]].unit is not Unit.TEXT
    known = {each.value: each for each in ChartKind}
    if asked.columns:
        is_heat = over_time and dimensions()[asked.columns].unit is not Unit.TEXT
        kind = known.get(wanted) or (ChartKind.HEAT if is_heat else ChartKind.LINE)
        return ReportChart(kind=kind, x=asked.columns, y=(first,), by=asked.rows[0])
    kind = known.get(wanted) or (ChartKind.COLUMNS if over_time else ChartKind.BARS)
    if kind is ChartKind.HEAT:
        return ReportChart(kind=kind, x=asked.rows[0], y=(first,), by=asked.rows[-1]) if asked.rows[1:] else None
    of_unit = [name for name in asked.measures if _is_drawn(name) and measures()[name].unit is measures()[first].unit]
    together = of_unit[1:_ALIKE] if first == "calls" and of_unit[1:] else of_unit[:1]
    return ReportChart(kind=kind, x=asked.rows[-1] if kind is ChartKind.BARS else asked.rows[0], y=tuple(together))


def _is_drawn(name: str) -> bool:
    return name in measures() and measures()[name].unit not in (Unit.TEXT, Unit.MOMENT)
