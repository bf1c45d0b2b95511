"""A report as people read it: one line after another, each a text a column, the same on page, paper and terminal.

Amounts are shown as they are paid, in cents of their currency; below one unit of it those of single calls to more
places, where they need them. The rows of a column have equally many decimal places, so that their points stand below
one another. What is no number of its unit, such as the word for all others, is shown as it is. Control characters,
which telephones and callers can send, are shown as their pictures, and characters that turn the direction of what
follows are left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum

import msgspec

from tollbook.model.money import minor_units
from tollbook.model.report import NUMERIC, ReportColumn, ReportRow, ReportTable, ReportValue, Unit
from tollbook.render.formatting import duration
from tollbook.render.reports.plain import clock, quarter

NOTHING = "\N{EN DASH}"
"""Where a number would stand and there is none."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_PLACES, _SMALL_PLACES, _MOST_PLACES = 2, 4, 6
"""Decimal places of other numbers than amounts, of small amounts, and of the smallest."""
_EXACT = Context(prec=200)
_TURNING = dict.fromkeys((0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF))
_CONTROL = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421} | dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
_BROKEN = {0x2028: 0x2424, 0x2029: 0x2424} | dict.fromkeys((*range(0xD800, 0xE000), 0xFFFE, 0xFFFF), 0xFFFD)
"""What is no text to XML: the drawing program ends its process over it."""
_UNSEEN = _CONTROL | _TURNING | _BROKEN

Shower = Callable[[ReportValue], str]


class LineKind(StrEnum):
    """What a line of a report is."""

    ROW = "row"
    OTHERS = "others"
    SUBTOTAL = "subtotal"
    TOTAL = "total"


class ReportLine(msgspec.Struct, frozen=True):
    """A line of a report: what it is, a text for each column, and the place of its row, None where it is a total."""

    kind: LineKind
    texts: tuple[str, ...]
    row: int | None = None


def legible(text: str) -> str:
    r"""Return a text of which all can be seen, in a line.

    >>> legible("a\x1b[2J\x7f"), legible("one\ntwo"), legible("abc\u202edef")
    ('a␛[2J␡', 'one␊two', 'abcdef')
    """
    return text if text.isprintable() else text.translate(_UNSEEN)


def heading(column: ReportColumn) -> str:
    """Return the title of a column, with the currency of its amounts."""
    return legible(f"{column.title} ({column.currency})" if column.currency else column.title)


def lines(table: ReportTable) -> Iterator[ReportLine]:
    """Yield the rows of a report with the subtotals below them, and its totals."""
    showers, of_totals = showers_of(table), showers_of(table, of_totals=True)
    last = len(table.rows) - 1
    for place, row in enumerate(named_rows(table)):
        kind = LineKind.OTHERS if table.has_others and place == last else LineKind.ROW
        yield ReportLine(kind, _texts(showers, row), place)
        if below := table.subtotals.get(place):
            yield ReportLine(LineKind.SUBTOTAL, subtotal_texts(table, below, _texts(showers, below)))
    if table.totals is not None:
        yield ReportLine(LineKind.TOTAL, total_texts(table, _texts(of_totals, table.totals)))


def named_rows(table: ReportTable) -> Iterator[ReportRow]:
    """Yield the rows with what each is called where it has no value; what all others are called stands there."""
    names = [column.none or None for column in table.columns]
    last = len(table.rows) - 1
    for place, row in enumerate(table.rows):
        is_others = table.has_others and place == last
        if is_others or None not in row:
            yield row
        else:
            yield tuple(name if value is None else value for name, value in zip(names, row, strict=True))


def namer(table: ReportTable, place: int) -> Shower:
    """Return what names rows by a column."""
    show, none = shower(table, place), table.columns[place].none
    return lambda value: none if none and value is None else show(value)


def total_texts(table: ReportTable, texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the texts of the totals, which say what they are where there is room before the first measure."""
    has_room = table.totals is not None and not table.columns[0].is_measure and table.totals[0] is None
    return ("Total", *texts[1:]) if has_room else texts


def subtotal_texts(table: ReportTable, row: ReportRow, texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the texts of a subtotal; the last one that says of what it is says also that it is one."""
    texts = (row[0] is None and table.columns[0].none and (table.columns[0].none, *texts[1:])) or texts
    named = [place for place, column in enumerate(table.columns) if not column.is_measure and texts[place]]
    last = named[-1] if named else -1
    return tuple(f"{text}, total" if place == last else text for place, text in enumerate(texts))


def showers_of(table: ReportTable, *, of_totals: bool = False) -> list[Shower]:
    """Return what writes the values of each column for people, in rows or in totals."""
    return [shower(table, place, of_totals=of_totals) for place in range(len(table.columns))]


def shower(table: ReportTable, place: int, *, of_totals: bool = False) -> Shower:
    """Return what writes the values of a column for people."""
    unit = table.columns[place].unit
    if unit in {Unit.AMOUNT, Unit.NUMBER}:
        places = decimal_places(table, place, of_totals=of_totals)
        return lambda value: _number(value, places)
    return _SHOWERS[unit]


def decimal_places(table: ReportTable, place: int, *, of_totals: bool = False) -> int:
    """Return how many decimal places the amounts or numbers of a column are shown with, in rows or in totals."""
    column = table.columns[place]
    rows = (table.totals or (),) if of_totals else (*table.rows, *table.subtotals.values())
    values = [row[place] for row in rows if row]
    if column.unit == Unit.AMOUNT:
        paid = minor_units(column.currency)
        return max((paid, *(_places_of_small(value) for value in values)) if column.of_one else (paid,))
    return min(max(map(_places, (row[place] for row in (*table.rows, table.totals or ()) if row)), default=0), _PLACES)


def _places_of_small(value: ReportValue) -> int:
    """Return how many places an amount below one needs: four at most, more only where it begins behind these.

    >>> [_places_of_small(Decimal(text)) for text in ("1.2345", "0.0125", "0.98765432", "0.0000123", "0")]
    [0, 4, 4, 6, 0]
    """
    is_small = isinstance(value, Decimal) and value.is_finite() and 0 < abs(value) < 1
    begins = -value.adjusted() if is_small else 0  # type: ignore[union-attr] # a Decimal by now
    return min(_places(value), max(_SMALL_PLACES, begins + 1), _MOST_PLACES) if is_small else 0


def _places(value: ReportValue) -> int:
    """Return how many decimal places a value needs.

    >>> _places(Decimal("1.5000")), _places(Decimal("1E+3")), _places(0.125), _places(7)
    (1, 0, 3, 0)
    """
    if isinstance(value, float) and math.isfinite(value):
        value = Decimal(repr(value))
    if not isinstance(value, Decimal) or not value.is_finite():
        return 0
    return len(f"{value:f}".partition(".")[2].rstrip("0"))


def _texts(showers: list[Shower], row: ReportRow) -> tuple[str, ...]:
    return tuple(show(value) for show, value in zip(showers, row, strict=True))


def _text(value: ReportValue) -> str:
    return "" if value is None else legible(str(value))


def _number(value: ReportValue, places: int = 0) -> str:
    """Return a number with its thousands apart.

    >>> _number(Decimal("1234.5"), 2), _number(1234567), _number(-0.5, 1), _number("others"), _number(None) == NOTHING
    ('1,234.50', '1,234,567', '-0.5', 'others', True)
    """
    if value is None or (isinstance(value, float | Decimal) and not math.isfinite(value)):
        return NOTHING
    if isinstance(value, Decimal):
        value = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _EXACT) or Decimal(0)
    if isinstance(value, int | float | Decimal):
        return f"{value:,.{places}f}" if places or not isinstance(value, int) else f"{value:,}"
    return _text(value)


def _seconds(value: ReportValue) -> str:
    """Return a duration; one below zero is a difference.

    >>> _seconds(558), _seconds(-61), _seconds(12.6), _seconds(360_000)
    ('9:18', '-1:01', '0:13', '100:00:00')
    """
    if value is None or not isinstance(value, int | float | Decimal) or not math.isfinite(value):
        return _number(value)
    whole = round(value)
    return f"{'-' if whole < 0 else ''}{duration(abs(whole))}"


def _share(value: ReportValue) -> str:
    r"""Return a share in per cent.

    >>> _share(0.384), _share(1), _share(None) == NOTHING
    ('38.4\xa0%', '100.0\xa0%', True)
    """
    if isinstance(value, int | float | Decimal) and math.isfinite(value):
        return f"{value * 100:,.1f}\xa0%"
    return _number(value)


def _day(value: ReportValue) -> str:
    return value.isoformat()[:10] if isinstance(value, date) else _text(value)


def _week(value: ReportValue) -> str:
    """Return a week by its first day, whichever day of the week that is.

    >>> _week(date(2026, 10, 5))
    'week of 2026-10-05'
    """
    return f"week of {_day(value)}" if isinstance(value, date) else _text(value)


def _month(value: ReportValue) -> str:
    return f"{_MONTHS[value.month - 1]} {value.year}" if isinstance(value, date) else _text(value)


def _quarter(value: ReportValue) -> str:
    return f"Q{quarter(value)} {value.year}" if isinstance(value, date) else _text(value)


def _year(value: ReportValue) -> str:
    return str(value.year) if isinstance(value, date) else _text(value)


def _hour(value: ReportValue) -> str:
    return clock(Unit.HOUR, value) if isinstance(value, int) else _text(value)


def _half_hour(value: ReportValue) -> str:
    return clock(Unit.HALF_HOUR, value) if isinstance(value, int) else _text(value)


def weekday(value: ReportValue) -> str:
    """Return the name of a day of the week, 1 for Monday."""
    return WEEKDAYS[value - 1] if isinstance(value, int) and 1 <= value <= len(WEEKDAYS) else _text(value)


def _moment(value: ReportValue) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else _text(value)


_SHOWERS: dict[Unit, Shower] = {
    Unit.TEXT: _text,
    Unit.COUNT: _number,
    Unit.SECONDS: _seconds,
    Unit.SHARE: _share,
    Unit.DAY: _day,
    Unit.WEEK: _week,
    Unit.MONTH: _month,
    Unit.QUARTER: _quarter,
    Unit.YEAR: _year,
    Unit.HOUR: _hour,
    Unit.HALF_HOUR: _half_hour,
    Unit.WEEKDAY: weekday,
    Unit.MOMENT: _moment,
}


def value_shown(unit: Unit, value: ReportValue) -> str:
    """Return a value that is no amount as people read it, by itself."""
    return _SHOWERS[unit](value)


def stands_right(column: ReportColumn) -> bool:
    """Say whether the values of a column stand to the right."""
    return column.unit in NUMERIC
