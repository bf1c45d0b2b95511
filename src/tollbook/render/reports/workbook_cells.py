"""What stands in the cells of a report's workbook, which of its columns add up, and the sheet of its chart."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from tollbook.model.report import ChartKind, ReportRow, ReportTable, ReportValue, Unit
from tollbook.render.charts import COLOURS
from tollbook.render.reports.csv_file import hours_told
from tollbook.render.reports.plain import plain, quarter
from tollbook.render.reports.plotting import ReportPlot
from tollbook.render.reports.shown import legible, weekday
from tollbook.render.xlsx import FIRST_YEAR, LONGEST, WIDEST

_DIGITS = 15
"""What a spreadsheet keeps of a number."""
_DAY_S, _LAST_DAY = 86_400, 2_958_465
"""Seconds of a day, and the number of the last one that Excel knows."""
_KINDS = {ChartKind.BARS: "bar", ChartKind.COLUMNS: "column", ChartKind.LINE: "line"}
_SUMMED = frozenset((Unit.COUNT, Unit.SECONDS, Unit.AMOUNT, Unit.NUMBER))


def cell_value(unit: Unit, value: ReportValue) -> float | str | date | None:
    """Return a value as a spreadsheet has it: times as parts of a day, what it cannot hold as text.

    >>> cell_value(Unit.SECONDS, 43_200), cell_value(Unit.SECONDS, -61), cell_value(Unit.HOUR, 18)
    (0.5, '-0:01:01', 0.75)
    >>> cell_value(Unit.AMOUNT, Decimal("12.50")), cell_value(Unit.COUNT, 10**20), cell_value(Unit.COUNT, 10**20 + 1)
    (12.5, 1e+20, '100000000000000000001')
    """
    if value is None or isinstance(value, str):
        return None if value is None else legible(value)[:LONGEST]
    if isinstance(value, date):
        return _date_value(unit, value)
    return _number_value(unit, value) if math.isfinite(value) else None


def _number_value(unit: Unit, value: float | Decimal) -> float | str:
    if unit == Unit.WEEKDAY:
        return weekday(value)
    if unit in {Unit.HOUR, Unit.HALF_HOUR}:
        return float(value) / (24 if unit == Unit.HOUR else 48)
    if unit == Unit.SECONDS:
        # Excel shows no time before its first day, and none after its last.
        return float(value) / _DAY_S if 0 <= value < _LAST_DAY * _DAY_S else hours_told(value)
    if unit == Unit.YEAR or (not isinstance(value, float) and _digits(value) > _DIGITS):
        return str(plain(unit, value))
    return float(value)


def _digits(value: int | Decimal) -> int:
    return len((f"{value:f}" if isinstance(value, Decimal) else str(value)).strip("-0.").replace(".", ""))


def _date_value(unit: Unit, value: date) -> str | date:
    if unit == Unit.QUARTER:
        return f"Q{quarter(value)} {value.year}"
    return value if value.year >= FIRST_YEAR else str(plain(unit, value))


def adding_up(table: ReportTable) -> frozenset[int]:
    """Return the places of the columns whose rows come to what their subtotals and the total say, exactly."""
    return frozenset(
        place
        for place, column in enumerate(table.columns)
        if column.is_measure
        and column.unit in _SUMMED
        and all(_agree(*each, (place, column.unit)) for each in _sums(table))
    )


def _sums(table: ReportTable) -> Iterator[tuple[list[ReportRow], ReportRow]]:
    """Yield each subtotal, and the totals, with the rows above."""
    since = 0
    for place, row in sorted(table.subtotals.items()):
        yield table.rows[since : place + 1], row
        since = place + 1
    if table.totals is not None:
        yield table.rows, table.totals


def _agree(rows: list[ReportRow], total: ReportRow, at: tuple[int, Unit]) -> bool:
    place, unit = at
    found, known = Decimal(0), total[place]
    for value in (row[place] for row in rows):
        if isinstance(value, str | date) or isinstance(cell_value(unit, value), str):
            return False
        if value is not None:
            found += Decimal(repr(value)) if isinstance(value, float) else value
    return isinstance(known, int | float | Decimal) and math.isclose(known, found, rel_tol=1e-12)


def put_chart(book: Any, found: ReportPlot) -> None:  # noqa: ANN401 - XlsxWriter has no types
    """Add a sheet with what a chart shows, and the chart."""
    page, plot = book.add_worksheet("Chart"), found.plot
    bold, wide = book.add_format({"bold": True}), len(plot.series)
    page.write_string(0, 0, found.caption[:LONGEST])
    for across, series in enumerate(plot.series, 1):
        page.write_string(0, across, series.title[:LONGEST], bold)
    for down, title in enumerate(plot.places, 1):
        page.write_string(down, 0, title[:LONGEST])
        for across, series in enumerate(plot.series, 1):
            if (value := series.values[down - 1]) is not None:
                page.write_number(down, across, value)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.set_column(0, 0, min(max(map(len, plot.places)) + 2, WIDEST))
    if plot.kind == ChartKind.HEAT:
        scale = {"type": "2_color_scale", "min_color": "#F3F8F7", "max_color": COLOURS["incoming"]}
        page.conditional_format(1, 1, len(plot.places), wide, scale)
    else:
        page.insert_chart(1, wide + 2, _drawn(book, found), {"x_scale": 1.8, "y_scale": 1.5})


def _drawn(book: Any, found: ReportPlot) -> Any:  # noqa: ANN401 - XlsxWriter has no types
    """Return a chart of the sheet's cells. It has no title: XlsxWriter takes one that begins like a formula for one."""
    plot, last = found.plot, len(found.plot.places)
    is_line = plot.kind == ChartKind.LINE
    drawn = book.add_chart({"type": _KINDS[plot.kind]} | ({} if is_line else {"subtype": "stacked"}))
    for across, colour in zip(range(1, len(plot.series) + 1), COLOURS.values(), strict=False):
        cells = {
            "name": ["Chart", 0, across],
            "categories": ["Chart", 1, 0, last, 0],
            "values": ["Chart", 1, across, last, across],
        }
        drawn.add_series(cells | {"line" if is_line else "fill": {"color": colour}})
    drawn.set_title({"none": True})
    drawn.set_legend({"position": "bottom"} if found.has_legend else {"none": True})
    if plot.kind == ChartKind.BARS:
        drawn.set_y_axis({"reverse": True})
    return drawn
