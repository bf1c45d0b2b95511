"""Tables as files: JSON, JSON lines, CSV and XLSX, in pieces that are made while the rows are read.

A long table is never held whole: rows are pulled a few hundred at a time. Columns are fields with their headings, which
only files for spreadsheets have. A text that begins like a formula has an apostrophe before it in CSV, as everywhere
(`model.spreadsheets`); in a workbook it is a text.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import Any

import msgspec

from tollbook.model.spreadsheets import cell
from tollbook.render.cells import Pieces, Row, amount, is_amount, is_moment
from tollbook.render.xlsx import xlsx_pieces

Columns = Mapping[str, str]
"""Fields with their headings."""
_ROWS_AT_ONCE = 500
_encoder = msgspec.json.Encoder()


class TableFormat(msgspec.Struct, frozen=True):
    """One way to write a table: its media type, and what yields the file in pieces of columns and rows."""

    content_type: str
    write: Callable[[Columns, Iterable[Row]], Pieces]


class CsvStyle(msgspec.Struct, frozen=True, kw_only=True):
    """How a CSV file is written: its separator, the sign in decimal numbers, and whether it is for a spreadsheet.

    For a spreadsheet it begins with a byte order mark, without which Excel takes UTF-8 for something else, and times
    have a blank in place of T, without which it takes them for text.
    """

    separator: str = ","
    decimal: str = "."
    spreadsheet: bool = False


PLAIN = "plain"
CSV_STYLES = {
    PLAIN: CsvStyle(),
    "comma": CsvStyle(spreadsheet=True),
    "semicolon": CsvStyle(separator=";", decimal=",", spreadsheet=True),
    "semicolon-point": CsvStyle(separator=";", spreadsheet=True),
    "tab": CsvStyle(separator="\t", spreadsheet=True),
}
"""By name. Excel takes commas where numbers have a point, and semicolons where they have a comma."""


def json_pieces(_columns: Columns, rows: Iterable[Row]) -> Pieces:
    """Yield a JSON array, one object a line."""
    before = b"["
    for some in _some_at_once(rows):
        yield before + b",\n".join(map(_encoder.encode, some))
        before = b",\n"
    yield b"[]\n" if before == b"[" else b"]\n"


def json_lines(_columns: Columns, rows: Iterable[Row]) -> Pieces:
    """Yield one JSON object a line."""
    yield from map(_encoder.encode_lines, _some_at_once(rows))


def csv_pieces(style: CsvStyle, columns: Columns, rows: Iterable[Row]) -> Pieces:
    """Yield a CSV file in UTF-8, headings first; lines end in CR LF (RFC 4180)."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=style.separator)
    writer.writerow(columns.values())
    ways = [(name, _way(name, style)) for name in columns]
    before = codecs.BOM_UTF8 if style.spreadsheet else b""
    for some in _some_at_once(rows):
        writer.writerows([cell(way(row[name]) if way else row[name]) for name, way in ways] for row in some)
        yield before + buffer.getvalue().encode()
        before = b""
        buffer.seek(0)
        buffer.truncate()
    yield before + buffer.getvalue().encode()


def _way(name: str, style: CsvStyle) -> Callable[[Any], Any] | None:
    """Return how a column's values are written otherwise; None where they stay as they are."""
    if style.spreadsheet and is_moment(name):
        return lambda value: value and value.replace("T", " ").removesuffix("Z")
    if style.decimal != "." and is_amount(name):
        return lambda value: str(value).replace(".", style.decimal) if value and amount(value) is not None else value
    return None


def csv_format(style: CsvStyle) -> TableFormat:
    """Return CSV in a style."""
    return TableFormat("text/csv; charset=utf-8", partial(csv_pieces, style))


FORMATS = {
    "json": TableFormat("application/json", json_pieces),
    "ndjson": TableFormat("application/x-ndjson", json_lines),
    "csv": csv_format(CSV_STYLES[PLAIN]),
    "xlsx": TableFormat("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx_pieces),
}


def _some_at_once(rows: Iterable[Row]) -> Iterator[list[Row]]:
    source = iter(rows)
    while some := list(islice(source, _ROWS_AT_ONCE)):
        yield some
