"""Tables as XLSX, for Excel and LibreOffice: times are times, numbers are numbers, and no text is ever a formula.

The workbook is written row by row into temporary files (XlsxWriter's constant memory), since its parts can be put
together only when the last row is known; then it is handed out in pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from tempfile import TemporaryFile
from threading import BoundedSemaphore
from typing import IO, Any

import msgspec

from tollbook.model.page_limits import XLSX_AT_ONCE, XLSX_ROWS
from tollbook.model.problem import Misconfigured, Problem
from tollbook.render.cells import Pieces, Row, amount, is_amount, is_moment

_PIECE = 1 << 16
_PLACES, _PATIENCE_S = BoundedSemaphore(XLSX_AT_ONCE), 60.0
LONGEST = 32_767
"""Characters that a cell of Excel can hold."""
FIRST_YEAR = 1900
"""Excel knows no time before; one stays text."""
WIDEST, _MEASURED = 40, 1000
"""The widest column, in characters, and the rows from which on widths are measured no more."""
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "default_date_format": "yyyy-mm-dd hh:mm:ss",
}


def xlsx_pieces(columns: Mapping[str, str], rows: Iterable[Row]) -> Pieces:
    """Yield a workbook with one sheet, headings first; raises `Misconfigured` for more rows than are taken."""
    with TemporaryFile() as file:
        with workbook(file) as book:
            _write(book, columns, rows)
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece


@contextmanager
def workbook(file: IO[bytes]) -> Iterator[Any]:
    """Lend XlsxWriter's workbook for a file, whose cells are written row by row; raises `Misconfigured`."""
    # Only whoever wants a workbook waits for the module.
    from xlsxwriter import Workbook

    if not _PLACES.acquire(timeout=_PATIENCE_S):
        raise Misconfigured(Problem("no workbook can be made now", "others are being made", help="try again soon"))
    try:
        book = Workbook(file, _OPTIONS)
        try:
            yield book
        finally:
            # Its temporary files are closed by nothing else, also where the rows broke off.
            book.close()
    finally:
        _PLACES.release()


class _Sheet(msgspec.Struct):
    """The sheet being written, and how wide its columns have to be."""

    page: Any
    widths: list[int]

    def fill(self, columns: Mapping[str, str], rows: Iterable[Row]) -> int:
        """Write the rows below the headings and return how many there were."""
        last = 0
        for last, row in enumerate(rows, 1):
            if last > XLSX_ROWS:
                raise too_many()
            for column, name in enumerate(columns):
                self.put(last, column, name, row[name])
        return last

    def put(self, row: int, column: int, name: str, value: Any) -> None:  # noqa: ANN401 - any column's value
        """Write a value as what it is; an empty one is no cell."""
        if value is None or value == "":
            return
        if row < _MEASURED:
            self.widths[column] = max(self.widths[column], len(str(value)))
        if isinstance(value, int | float):
            self.page.write_number(row, column, value)
        elif is_moment(name) and (moment := _moment(value)):
            self.page.write_datetime(row, column, moment)
        elif is_amount(name) and (number := amount(value)) is not None:
            self.page.write_number(row, column, float(number))
        else:
            self.page.write_string(row, column, str(value)[:LONGEST])


def _write(book: Any, columns: Mapping[str, str], rows: Iterable[Row]) -> None:  # noqa: ANN401 - XlsxWriter has no types
    bold = book.add_format({"bold": True})
    sheet = _Sheet(book.add_worksheet("Tollbook"), [len(heading) for heading in columns.values()])
    sheet.page.freeze_panes(1, 0)
    for column, heading in enumerate(columns.values()):
        sheet.page.write_string(0, column, heading, bold)
    last = sheet.fill(columns, rows)
    for column, width in enumerate(sheet.widths):
        sheet.page.set_column(column, column, min(width + 2, WIDEST))
    sheet.page.autofilter(0, 0, last, max(len(columns) - 1, 0))


def column_cells(column: int, first: int, last: int) -> str:
    """Return the cells of a column, from one row to another, both counted from 0, as formulas name them."""
    from xlsxwriter.utility import xl_range

    return str(xl_range(first, column, last, column))


def too_many() -> Misconfigured:
    """Return what is said of a list that is too long for a workbook."""
    what = f"a workbook takes {XLSX_ROWS:,} rows"
    return Misconfigured(Problem(what, "the list has more", help="narrow the filter, or take CSV, which has no limit"))


def _moment(text: str) -> datetime | None:
    moment = datetime.fromisoformat(text.removesuffix("Z"))
    return moment if moment.year >= FIRST_YEAR else None
