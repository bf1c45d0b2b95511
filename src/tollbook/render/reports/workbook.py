"""A report as a workbook: typed cells, totals that add up by themselves, and a chart that is the spreadsheet's own.

A total or subtotal is a formula only where the rows that stand above it come to it exactly; else (a mean, a share, a
total over rows that are left out) it is the value. No text becomes a formula. Numbers with more digits than a
spreadsheet keeps are texts. The chart's values stand on a sheet of their own, where a heat map is coloured cells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from tempfile import TemporaryFile
from typing import Any

from tollbook.model.report import ReportRow, ReportTable, ReportValue, Unit
from tollbook.render.reports.plotting import report_plot
from tollbook.render.reports.shown import (
    decimal_places,
    heading,
    legible,
    lines,
    named_rows,
    showers_of,
    stands_right,
    subtotal_texts,
    total_texts,
)
from tollbook.render.reports.told import foot, head
from tollbook.render.reports.workbook_cells import adding_up, cell_value, put_chart
from tollbook.render.xlsx import LONGEST, WIDEST, column_cells, workbook

_NARROWEST, _UPRIGHT, _MEASURED = 8, 100, 200
"""Characters of the narrowest column and of an upright page, and the rows whose texts say how wide a column is."""
_LINE, _MOST_HEAD_LINES = 15, 4
"""Points of a line, and the lines that a heading may take."""
_DATES = {Unit.MONTH: "mmmm yyyy", Unit.MOMENT: "yyyy-mm-dd hh:mm:ss", Unit.YEAR: "yyyy"}
_CURRENCY = re.compile(r"[A-Z]{3}")
_TELL_EVERY = 1000
_OF_TOTALS = {"bold": True, "top": 1}
_SUM = 9
"""What SUBTOTAL calls a sum; it leaves out other subtotals."""


Tells = Callable[[float], None]
"""Is told what part of a piece of work is done, from 0 to 1."""


def nobody(part: float) -> None:
    """Tell nobody."""
    del part


def xlsx_bytes(table: ReportTable, tell: Tells = nobody) -> bytes:
    """Return a report as a workbook; raises `Misconfigured` where others are being made for too long."""
    return xlsx_of_several({"Report": table}, tell)


def xlsx_of_several(tables: Mapping[str, ReportTable], tell: Tells = nobody) -> bytes:
    """Return a workbook with a sheet for each table, by the names of sheets; raises `Misconfigured` as one does."""
    with TemporaryFile() as file:
        with workbook(file) as book:
            for name, table in tables.items():
                _ReportBook(table, book, name).fill(tell)
        file.seek(0)
        return file.read()


class _ReportBook:
    """A workbook being written, from above to below: what has been written is no more in memory."""

    def __init__(self, table: ReportTable, book: Any, name: str) -> None:  # noqa: ANN401 - XlsxWriter has no types
        self._table, self._book = table, book
        self._page = book.add_worksheet(name)
        self._at = 0
        self._rooms: list[int] = []
        self._bold = book.add_format({"bold": True})
        self._soft = book.add_format({"font_color": "#55635F"})
        self._shapes = [self._shape(place) for place in range(len(table.columns))]
        self._showers = showers_of(table)
        self._sums = adding_up(table)

    def fill(self, tell: Tells) -> None:
        self._set_widths()
        self._put_head()
        first = since = self._at
        for place, row in enumerate(named_rows(self._table)):
            if place % _TELL_EVERY == 0:
                tell(place / len(self._table.rows))
            self._put(row, [plain for plain, _ in self._shapes])
            if below := self._table.subtotals.get(place):
                self._put_sum(below, subtotal_texts(self._table, below, self._texts(below)), since)
                since = self._at
        if self._table.totals is not None:
            self._put_sum(self._table.totals, total_texts(self._table, self._texts(self._table.totals)), first)
        if self._table.rows and not self._table.subtotals:
            self._page.autofilter(first - 1, 0, first + len(self._table.rows) - 1, len(self._table.columns) - 1)
        self._at += 1
        for text in foot(self._table):
            self._line(text, self._soft)
        # A long text in the head or foot would else make the whole page small.
        self._page.print_area(0, 0, self._at, len(self._table.columns) - 1)
        if found := report_plot(self._table):
            put_chart(self._book, found)

    def _put_head(self) -> None:
        table = self._table
        self._line(table.title, self._book.add_format({"bold": True, "font_size": 14}))
        if table.question:
            self._line(table.question, self._soft)
        for name, text in head(table):
            self._line(f"{name}: {text}", self._soft)
        self._at += 1
        ruled = {"bold": True, "bottom": 1, "valign": "top", "text_wrap": True}
        for place, column in enumerate(table.columns):
            side = "right" if stands_right(column) else "left"
            shape = self._book.add_format({**ruled, "align": side})
            self._page.write_string(self._at, place, heading(column), shape)
        self._at += 1
        if (lines_of_head := self._lines_of_head()) > 1:
            self._page.set_row(self._at - 1, _LINE * lines_of_head)
        self._page.freeze_panes(self._at, 0)
        self._page.repeat_rows(self._at - 1)
        self._page.fit_to_pages(1, 0)

    def _line(self, text: str, shape: Any) -> None:  # noqa: ANN401 - XlsxWriter has no types
        self._page.write_string(self._at, 0, legible(text)[:LONGEST], shape)
        self._at += 1

    def _shape(self, place: int) -> tuple[Any, Any]:
        """Return the shapes of a column's cells, in rows and in totals."""
        column = self._table.columns[place]
        found: dict[str, Any] = {}
        if column.unit in _DATES or column.unit in {Unit.DAY, Unit.WEEK}:
            found = {"num_format": _DATES.get(column.unit, "yyyy-mm-dd"), "align": "left"}
        elif column.unit == Unit.SECONDS:
            found = {"num_format": "[h]:mm:ss"}
        elif column.unit == Unit.SHARE:
            found = {"num_format": "0.0%"}
        elif column.unit in {Unit.HOUR, Unit.HALF_HOUR}:
            found = {"num_format": "hh:mm", "align": "left"}
        elif stands_right(column):
            return self._number_shape(place, {}), self._number_shape(place, _OF_TOTALS, of_totals=True)
        return self._book.add_format(found), self._book.add_format({**found, **_OF_TOTALS})

    def _number_shape(self, place: int, more: dict[str, Any], *, of_totals: bool = False) -> Any:  # noqa: ANN401 - XlsxWriter has no types
        column = self._table.columns[place]
        places = 0 if column.unit == Unit.COUNT else decimal_places(self._table, place, of_totals=of_totals)
        shown = f"#,##0.{'0' * places}".rstrip(".")
        currency = f" [${column.currency}]" if _CURRENCY.fullmatch(column.currency) else ""
        return self._book.add_format({"num_format": shown + currency, **more})

    def _texts(self, row: ReportRow) -> tuple[str, ...]:
        return tuple(show(value) for show, value in zip(self._showers, row, strict=True))

    def _put(self, row: ReportRow, shapes: Sequence[Any]) -> None:
        for place, value in enumerate(row):
            self._cell(place, value, shapes[place])
        self._at += 1

    def _put_sum(self, row: ReportRow, texts: tuple[str, ...], first: int) -> None:
        """Write totals: texts in columns that are no measures, sums of what stands above from a line on, or values."""
        for place, column in enumerate(self._table.columns):
            bold = self._shapes[place][1]
            if not column.is_measure:
                self._page.write_string(self._at, place, texts[place][:LONGEST], bold)
            elif (
                place in self._sums and self._at > first and (known := cell_value(column.unit, row[place])) is not None
            ):
                self._page.write_formula(self._at, place, self._sum(place, first), bold, known)
            elif row[place] is None:
                self._page.write_blank(self._at, place, None, bold)
            else:
                self._cell(place, row[place], bold)
        self._at += 1

    def _sum(self, place: int, first: int) -> str:
        cells = column_cells(place, first, self._at - 1)
        return f"=SUBTOTAL({_SUM},{cells})" if self._table.subtotals else f"=SUM({cells})"

    def _cell(self, place: int, value: ReportValue, shape: Any) -> None:  # noqa: ANN401 - XlsxWriter has no types
        """Write a value as what it is; an empty one is no cell."""
        known = cell_value(self._table.columns[place].unit, value)
        if isinstance(known, date):
            self._page.write_datetime(self._at, place, known, shape)
        elif isinstance(known, int | float):
            self._page.write_number(self._at, place, known, shape)
        elif known:
            self._page.write_string(self._at, place, known, shape)

    def _set_widths(self) -> None:
        widths = [max(_NARROWEST, *map(len, heading(column).split())) for column in self._table.columns]
        for line, _ in zip(lines(self._table), range(_MEASURED), strict=False):
            widths = [max(width, len(text)) for width, text in zip(widths, line.texts, strict=True)]
        if self._table.totals is not None:
            widths = [
                max(width, len(text)) for width, text in zip(widths, self._texts(self._table.totals), strict=True)
            ]
        self._rooms = [
            min(width + 3 + len(column.currency), WIDEST)
            for width, column in zip(widths, self._table.columns, strict=True)
        ]
        for place, room in enumerate(self._rooms):
            self._page.set_column(place, place, room)
        if sum(self._rooms) > _UPRIGHT:
            self._page.set_landscape()

    def _lines_of_head(self) -> int:
        """Return how many lines the longest heading takes; more than a few are cut."""
        told = zip(self._table.columns, self._rooms, strict=True)
        return min(max(-(-len(heading(column)) // room) for column, room in told), _MOST_HEAD_LINES)
