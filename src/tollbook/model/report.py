"""A report that has been run: what was asked, the table that answers it, and what a reader has to know about it.

Whatever shows a report (page, PDF, workbook, CSV, JSON, mail) is made from this one value, so that what is on the
screen is what is sent.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

ReportValue = str | int | float | Decimal | date | datetime | None
"""A value of a report; None is an empty cell."""
ReportRow = tuple[ReportValue, ...]


class Unit(StrEnum):
    """What the values of a column are. How they are written, aligned and totalled follows from it."""

    TEXT = "text"
    COUNT = "count"
    SECONDS = "seconds"
    """Whole or broken seconds."""
    AMOUNT = "amount"
    """Money as a Decimal; the currency stands at the column."""
    SHARE = "share"
    """Part of a whole, from 0 to 1; shown in per cent."""
    NUMBER = "number"
    DAY = "day"
    """A date; week, month, quarter and year hold the first day of theirs."""
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    HOUR = "hour"
    """0 to 23, by the clock of the PBX."""
    HALF_HOUR = "half-hour"
    """0 to 47: 17 is half past eight."""
    WEEKDAY = "weekday"
    """1 is Monday."""
    MOMENT = "moment"
    """Date and time by the clock of the PBX, without a zone."""


NUMERIC = frozenset((Unit.COUNT, Unit.SECONDS, Unit.AMOUNT, Unit.SHARE, Unit.NUMBER))
"""Units that stand to the right."""


class ReportColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A column: its title and what its values are. `meaning` is the definition, with the formula of a measure.

    An amount has its currency, empty where there is none or where a column of the table tells it. `none` is what a row
    is called that has no value here, such as `no department`. `of_one` says that amounts are those of one call or one
    minute each: of these small ones are shown to more places than are paid.
    """

    name: str
    title: str
    unit: Unit = Unit.TEXT
    meaning: str = ""
    currency: str = ""
    none: str = ""
    is_measure: bool = False
    of_one: bool = False


class ReportPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """The days that a report is about, by the clock of its PBXs: `last` is included, None is an open end.

    `words` is what people call them, such as `October 2026`; `zone` the IANA name of the zone, several with commas.
    """

    first: date | None = None
    last: date | None = None
    words: str = ""
    zone: str = ""


class ChartKind(StrEnum):
    """How a chart shows its values."""

    BARS = "bars"
    """Bars that lie, one a row, longest name first readable."""
    COLUMNS = "columns"
    """Bars that stand, for things in order of time."""
    LINE = "line"
    HEAT = "heat"
    """Cells, darker where there is more: two columns are its sides."""


class ReportChart(msgspec.Struct, frozen=True, kw_only=True):
    """A chart of a report by the names of its columns: along `x`, the height of `y`; `by` divides into colours.

    With a heat map `by` is its other side.
    """

    kind: ChartKind
    x: str
    y: tuple[str, ...]
    by: str = ""


class ReportTable(msgspec.Struct, frozen=True, kw_only=True):
    """A report with its answer.

    `filter` has the words that calls were chosen by, as they were given; `scope` says whose calls were looked at,
    empty where it was all; `made_at` is an instant in UTC; `calls` is how many calls the answer was made from.
    `rows` have a value for each column. The last one is what the others come to together where `has_others` is set.
    `subtotals` stand below rows, by the place of the row above; their first values say of what. `totals` are over all
    calls of the report, whatever was left out of the rows. `notes` are sentences for the foot.
    `drills` has for each row the filter words that choose its calls, or None where none do.
    """

    report: str
    title: str
    question: str = ""
    period: ReportPeriod = ReportPeriod()
    filter: dict[str, str] = {}
    scope: str = ""
    made_at: datetime
    calls: int = 0
    columns: tuple[ReportColumn, ...]
    rows: list[ReportRow]
    has_others: bool = False
    subtotals: dict[int, ReportRow] = {}
    totals: ReportRow | None = None
    notes: tuple[str, ...] = ()
    chart: ReportChart | None = None
    drills: tuple[dict[str, str] | None, ...] = ()
