"""What of a report is drawn: the rows of its table along a chart, divided into series.

The last row that holds all others together is no part of it, nor are totals. A chart has as many places and series as
a reader can tell apart; `left_out` says what is not there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from tollbook.model.report import ChartKind, ReportChart, ReportColumn, ReportRow, ReportTable, ReportValue, Unit
from tollbook.render.charts import COLOURS, Part, Plot, Series
from tollbook.render.reports.shown import heading, namer, shower

_MOST_PLACES = {ChartKind.BARS: 30, ChartKind.COLUMNS: 400, ChartKind.LINE: 3000, ChartKind.HEAT: 400}
_MOST_ROWS = 60
_TIMES = ((7200, 3600, "h"), (120, 60, "min"), (0, 1, "s"))
"""From how many seconds on they are drawn as so many of which unit."""


class ReportPlot(msgspec.Struct, frozen=True, kw_only=True):
    """A report's chart: what is drawn, and in words; whether its colours need a legend, and what is not drawn."""

    plot: Plot
    caption: str
    has_legend: bool = False
    left_out: str = ""


def report_plot(table: ReportTable, addresses: Sequence[str] = ()) -> ReportPlot | None:
    """Return what is drawn of a report; None where it has no chart, or nothing to draw.

    `addresses` are where its rows lead, in their order: so does what is drawn of a row by itself.
    """
    leads = {id(row): address for row, address in zip(table.rows, addresses, strict=False)}
    table = _told_by_rows(table)
    asked, rows = table.chart, table.rows[: len(table.rows) - table.has_others]
    by_name = {column.name: place for place, column in enumerate(table.columns)}
    if asked is None or not rows:
        return None
    x, values = by_name[asked.x], [by_name[name] for name in asked.y]
    along = [x, by_name[asked.by]] if asked.by else _along(table, rows, x)
    if asked.by:
        places, series = _Drawn(table, rows, leads).divided(x, by_name[asked.by], values[0])
    else:
        rows = _every_hour(table, rows, x) if along == [x] else rows
        names = [namer(table, each) for each in along]
        places = [" · ".join(name(row[at]) for name, at in zip(names, along, strict=True)) for row in rows]
        series = [_Drawn(table, rows, leads).series(y, places) for y in values]
    most_places = _MOST_PLACES[asked.kind]
    most_series = _MOST_ROWS if asked.kind == ChartKind.HEAT else len(COLOURS)
    left_out = _left_out((len(places), most_places), (len(series), most_series))
    drawn = [each.first(most_places) for each in series[:most_series]]
    axis, drawn, unit = _axis(table.columns[values[0]], drawn)
    plot = Plot(kind=asked.kind, places=tuple(places[:most_places]), series=tuple(drawn), axis=axis)
    return ReportPlot(
        plot=plot,
        caption=_caption(table, asked, along, unit),
        has_legend=len(drawn) > 1 and asked.kind != ChartKind.HEAT,
        left_out=left_out,
    )


class _Drawn(msgspec.Struct, frozen=True):
    """Rows that are drawn, and where each leads, by its `id`."""

    table: ReportTable
    rows: Sequence[ReportRow]
    leads: Mapping[int, str]

    def series(self, y: int, places: Sequence[str]) -> Series:
        """Return a measure along the chart."""
        title, show = heading(self.table.columns[y]), shower(self.table, y)
        return Series(
            title,
            tuple(_drawable(row[y]) for row in self.rows),
            tuple(f"{place}, {title}: {show(row[y])}" for place, row in zip(places, self.rows, strict=True)),
            tuple(self.leads.get(id(row), "") for row in self.rows),
        )

    def divided(self, x: int, by: int, y: int) -> tuple[list[str], list[Series]]:
        """Return the places of column x in the order of the rows, and a series for each value of another column."""
        show_x, show_by, show_y = namer(self.table, x), namer(self.table, by), shower(self.table, y)
        places = {row[x]: show_x(row[x]) for row in self.rows}
        there = {(row[x], row[by]): row for row in self.rows}
        series = []
        for value in dict.fromkeys(row[by] for row in self.rows):
            title, found = show_by(value), [there.get((place, value)) for place in places]
            series.append(
                Series(
                    title,
                    tuple(_drawable(row[y]) if row else None for row in found),
                    tuple(
                        f"{place}, {title}: {show_y(row[y]) if row else 'none'}"
                        for place, row in zip(places.values(), found, strict=True)
                    ),
                    tuple(self.leads.get(id(row), "") for row in found),
                )
            )
        return list(places.values()), series


def _along(table: ReportTable, rows: Sequence[ReportRow], x: int) -> list[int]:
    """Return the columns that name a row of a chart: all that tell rows apart, where one alone would name two alike."""
    if len({row[x] for row in rows}) == len(rows):
        return [x]
    return [place for place, column in enumerate(table.columns) if place == x or not column.is_measure]


_HOURS = {Unit.HOUR: 24, Unit.HALF_HOUR: 48}


def _every_hour(table: ReportTable, rows: list[ReportRow], x: int) -> list[ReportRow]:
    """Return rows by hours with one for each of them, called in or not: a clock leaves none out."""
    unit = table.columns[x].unit
    if unit not in _HOURS:
        return rows
    there = {row[x]: row for row in rows}
    width = len(table.columns)
    return [there.get(hour, (*(None,) * x, hour, *(None,) * (width - x - 1))) for hour in range(_HOURS[unit])]


def _told_by_rows(table: ReportTable) -> ReportTable:
    """Return a table whose chart goes along the columns of a measure (`calls:Monday`) with a row for each of these.

    The dimension that these columns are of has none of its own: the chart names it.
    """
    asked = table.chart
    if asked is None or asked.x in {column.name for column in table.columns}:
        return table
    name = asked.y[0]
    by = next(place for place, column in enumerate(table.columns) if column.name == (asked.by or table.columns[0].name))
    along = [place for place, column in enumerate(table.columns) if column.name.startswith(f"{name}:")]
    whole = next(column for column in table.columns if column.name == name)
    titles = [table.columns[place].title.removesuffix(f": {whole.title}") for place in along]
    return msgspec.structs.replace(
        table,
        columns=(
            table.columns[by],
            ReportColumn(name=asked.x, title=asked.x.replace("_", " ").capitalize()),
            msgspec.structs.replace(whole, title=name.replace("_", " ").capitalize()),
        ),
        rows=[
            (row[by], title, row[place])
            for row in table.rows[: len(table.rows) - table.has_others]
            for title, place in zip(titles, along, strict=True)
        ],
        has_others=False,
        chart=msgspec.structs.replace(asked, by=table.columns[by].name),
    )


def _caption(table: ReportTable, asked: ReportChart, along: Sequence[int], unit: str) -> str:
    """Return what a chart shows, in words."""
    titles = {column.name: heading(column) for column in table.columns}
    measured = ", ".join(titles[name] for name in asked.y)
    by = " and ".join(heading(table.columns[place]) for place in along)
    return f"{measured} by {by}{f', in {unit}' if unit else ''}"


def _drawable(value: ReportValue) -> float | None:
    is_number = isinstance(value, int | float | Decimal) and math.isfinite(value)
    return float(value) if is_number else None  # type: ignore[arg-type] # a number by now


def _axis(column: ReportColumn, series: list[Series]) -> tuple[Part, list[Series], str]:
    """Return how values are written beside a chart; times are drawn in seconds, minutes or hours, which is told."""
    if column.unit == Unit.SHARE:
        return {"format": ".0%"}, series, ""
    if column.unit == Unit.COUNT:
        return {"tickMinStep": 1, "format": "~s"}, series, ""
    if column.unit != Unit.SECONDS:
        return {"format": ",~f"}, series, ""
    most = max((abs(value) for each in series for value in each.values if value is not None), default=0)
    step, unit = next((step, unit) for least, step, unit in _TIMES if most >= least)
    scaled = [
        msgspec.structs.replace(each, values=tuple(None if v is None else v / step for v in each.values))
        for each in series
    ]
    return {"format": ",~f", "labelExpr": f"datum.label + ' {unit}'"}, scaled, unit


def _left_out(places: tuple[int, int], series: tuple[int, int]) -> str:
    """Return what a chart leaves out.

    >>> _left_out((30, 30), (2, 5)), _left_out((1200, 400), (9, 5))
    ('', 'The chart shows the first 400 of 1,200 places, the first 5 of 9 series.')
    """
    named = ((*places, "places"), (*series, "series"))
    parts = [f"the first {most:,} of {there:,} {what}" for there, most, what in named if there > most]
    return f"The chart shows {', '.join(parts)}." if parts else ""
