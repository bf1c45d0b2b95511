"""Values of a report as programs read them: ISO 8601, decimal text, nothing rounded."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from tollbook.model.report import ReportColumn, ReportRow, ReportTable, ReportValue, Unit

Plain = str | int | float | None
"""What JSON has a form for."""


def plain(unit: Unit, value: ReportValue) -> Plain:
    """Return a value for programs: money as decimal text, `2026-10` for a month, a clock's half hours as `08:30`.

    A week is the day that it begins with. A number that is none, such as a mean of nothing, is empty.

    >>> (
    ...     plain(Unit.MONTH, date(2026, 10, 1)),
    ...     plain(Unit.QUARTER, date(2026, 10, 1)),
    ...     plain(Unit.AMOUNT, Decimal("1.50")),
    ... )
    ('2026-10', '2026-Q4', '1.50')
    >>> plain(Unit.HALF_HOUR, 17), plain(Unit.WEEKDAY, 1), plain(Unit.MOMENT, datetime(2026, 10, 5, 8, 30))
    ('08:30', 1, '2026-10-05T08:30:00')
    """
    if isinstance(value, date):
        return _date(unit, value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, int) and unit in {Unit.HOUR, Unit.HALF_HOUR}:
        return clock(unit, value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def clock(unit: Unit, place: int) -> str:
    """Return when an hour or half hour of the day begins.

    >>> clock(Unit.HOUR, 9), clock(Unit.HALF_HOUR, 17)
    ('09:00', '08:30')
    """
    minutes = place * 30 if unit == Unit.HALF_HOUR else place * 60
    return f"{minutes // 60:02}:{minutes % 60:02}"


def quarter(day: date) -> int:
    """Return the number of a day's quarter."""
    return (day.month + 2) // 3


def _date(unit: Unit, value: date) -> str:
    if unit == Unit.MONTH:
        return f"{value:%Y-%m}"
    if unit == Unit.QUARTER:
        return f"{value:%Y}-Q{quarter(value)}"
    if unit == Unit.YEAR:
        return f"{value:%Y}"
    if unit == Unit.MOMENT or not isinstance(value, datetime):
        return value.isoformat()
    return value.date().isoformat()


def row_of(columns: Iterable[ReportColumn], row: ReportRow) -> list[Plain]:
    """Return a row for programs."""
    return [plain(column.unit, value) for column, value in zip(columns, row, strict=True)]


def json_bytes(table: ReportTable) -> bytes:
    """Return a report as JSON: what it is about, its columns, and a list for each row.

    A subtotal has with it how many rows stand above it. Days are included on both sides; an open end is null.
    """
    period, columns = table.period, table.columns
    whole = {
        "report": table.report,
        "title": table.title,
        "question": table.question,
        "period": {
            "from": period.first and period.first.isoformat(),
            "to": period.last and period.last.isoformat(),
            "zone": period.zone,
            "words": period.words,
        },
        "filter": table.filter,
        "scope": table.scope,
        "made_at": table.made_at.isoformat().replace("+00:00", "Z"),
        "calls": table.calls,
        "columns": [
            {"name": each.name, "title": each.title, "unit": each.unit, "currency": each.currency} for each in columns
        ],
        "rows": [row_of(columns, row) for row in table.rows],
        "has_others": table.has_others,
        "subtotals": [{"above": at + 1, "values": row_of(columns, row)} for at, row in sorted(table.subtotals.items())],
        "totals": None if table.totals is None else row_of(columns, table.totals),
        "notes": table.notes,
    }
    return json.dumps(whole, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace") + b"\n"
