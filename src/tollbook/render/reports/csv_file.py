"""A report as CSV: for programs its rows alone, for spreadsheets as it is read, with head, totals and foot.

A program that adds a column up must not meet the sum in it, so the plain style has the names of columns and their rows
and nothing else; JSON has the totals too. Numbers of spreadsheets keep what they are worth, without thousands apart.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import Decimal

from tollbook.model.report import ReportRow, ReportTable, ReportValue, Unit
from tollbook.model.spreadsheets import cell
from tollbook.render.reports.plain import plain, row_of
from tollbook.render.reports.shown import heading, named_rows, subtotal_texts, total_texts, weekday
from tollbook.render.reports.told import head
from tollbook.render.tables import CsvStyle


def csv_bytes(table: ReportTable, style: CsvStyle) -> bytes:
    """Return a report as CSV in UTF-8; lines end in CR LF (RFC 4180)."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=style.separator)
    lines = _read(table, style) if style.spreadsheet else _plain(table)
    writer.writerows(lines)
    return buffer.getvalue().encode("utf-8-sig" if style.spreadsheet else "utf-8", "replace")


def _plain(table: ReportTable) -> Iterator[list[object]]:
    yield [column.name for column in table.columns]
    for row in table.rows:
        plain_row = row_of(table.columns, row)
        yield [cell(value) if isinstance(value, str) else text for value, text in zip(row, plain_row, strict=True)]


def _read(table: ReportTable, style: CsvStyle) -> Iterator[list[str]]:
    about = [[table.title], [table.question], *([name, text] for name, text in head(table)), []]
    yield from (list(map(cell, line)) for line in about if line != [""])
    yield [cell(heading(column)) for column in table.columns]
    units = [column.unit for column in table.columns]
    for place, row in enumerate(named_rows(table)):
        yield [*_texts(units, row, style)]
        if below := table.subtotals.get(place):
            yield [*subtotal_texts(table, below, _texts(units, below, style))]
    if table.totals is not None:
        yield [*total_texts(table, _texts(units, table.totals, style))]
    yield from ([cell(note)] if note else [] for note in ("", *table.notes) if table.notes)


def _texts(units: list[Unit], row: ReportRow, style: CsvStyle) -> tuple[str, ...]:
    return tuple(_text(unit, value, style.decimal) for unit, value in zip(units, row, strict=True))


def _text(unit: Unit, value: ReportValue, decimal: str) -> str:
    """Return a value such that a spreadsheet takes it for what it is, of which a duration needs its hours.

    >>> from datetime import datetime
    >>> _text(Unit.SECONDS, 558, "."), _text(Unit.SHARE, 0.384, ","), _text(Unit.MOMENT, datetime(2026, 10, 5, 8), ".")
    ('0:09:18', '38,4%', '2026-10-05 08:00:00')
    >>> _text(Unit.AMOUNT, Decimal("-12.50"), ","), _text(Unit.COUNT, 1234, ","), _text(Unit.TEXT, "-12.50", ",")
    ('-12,50', '1234', "'-12.50")
    """
    found = plain(unit, value)
    if found is None or isinstance(value, str):
        return str(cell(found))
    if unit == Unit.WEEKDAY:
        return weekday(value)
    if isinstance(value, int | float | Decimal):
        if unit == Unit.SECONDS:
            return hours_told(value)
        if unit == Unit.SHARE:
            found = f"{round(value * 100, 2)}%"
        return str(found).replace(".", decimal)
    return str(found).replace("T", " ") if unit == Unit.MOMENT else str(found)


def hours_told(seconds: float | Decimal) -> str:
    """Return a duration with its hours, minutes and seconds.

    >>> hours_told(-61), hours_told(360_000)
    ('-0:01:01', '100:00:00')
    """
    whole = abs(round(seconds))
    return f"{'-' if seconds < 0 else ''}{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
