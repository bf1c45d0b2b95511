"""The kinds of field a layout may name, as readers of whole columns.

A reader takes the cells of one column and returns their values: texts, or numbers with `UNREADABLE` for those that are
none. Columns repeat themselves, so a cell's text is read once for all the rows that have it.
Adding a kind is adding a row to `KINDS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

import msgspec
import numpy as np
import numpy.typing as npt

from tollbook.dialects.layout.layout import Column
from tollbook.dialects.reading.localtime import WallTimes
from tollbook.dialects.reading.memo import Memo, read_each
from tollbook.dialects.reading.moments import Count, clock, days, duration, first_of, moment, ordered
from tollbook.dialects.reading.plain_times import ReadPlain, plain_reader
from tollbook.dialects.reading.row_zones import ZONE_KIND
from tollbook.model.call import NEVER, Numbers
from tollbook.model.limits import LONGEST_NUMBER
from tollbook.model.texts import FEW, Texts, texts_of

ReadColumn = Callable[[Texts], Texts | Numbers]

UNSET = NEVER + 1
"""A date or time that the PBX did not know: the moment of arrival is taken."""
_ZERO, _NINE = ord("0"), 9
_AMOUNT = re.compile(r"([^\d.,+-]*)([\d.,+-]*\d)([^\d.,+-]*)", re.ASCII)
_CENTS = 2
_NO_TIME = re.compile(r"-1(\d{9})?", re.ASCII)
"""Durations that were reckoned from nothing: Asterisk's -1, and minus the epoch, which FreeSWITCH writes for a leg that
was hung up before it was up. Any other negative number is a fault."""


class FieldKind(msgspec.Struct, frozen=True):
    """A kind of field: what makes a reader for a column, given an order of month and day; and what its cells hold."""

    make: Callable[[Column, str], ReadColumn]
    expected: str
    is_text: bool = False
    forms: Callable[[str], Count] | None = None


def _whole(cell: str) -> int:
    text = cell.strip()
    if _NO_TIME.fullmatch(text):
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
        raise ValueError(cell)
    return int(text)


def _text(column: Column, _order: str) -> ReadColumn:
    if not column.replace:
        return Texts.stripped
    signs = str.maketrans(column.replace)

    def read(cells: Texts) -> Texts:
        numbers, texts = cells.stripped().numbered()
        return texts_of([text.translate(signs) for text in texts], cells.letters)[numbers]

    return read


def _seconds(column: Column, _order: str) -> ReadColumn:
    known = Memo(lambda cell: 0 if column.empty and not cell.strip() else _whole(cell))

    def read(cells: Texts) -> Numbers:
        if len(cells) <= FEW:
            return np.array(read_each(cells, known.__getitem__), np.int64)
        numbers, plain = _digits(cells)
        others = np.flatnonzero(~plain)
        numbers[others] = read_each(cells[others], known.__getitem__)
        return numbers

    return read


def _digits(cells: Texts) -> tuple[Numbers, npt.NDArray[np.bool_]]:
    """Return what cells of digits count, and which are such cells, of no more digits than are allowed."""
    lengths = cells.lengths
    numbers, plain = np.zeros(len(cells), np.int64), (lengths > 0) & (lengths <= LONGEST_NUMBER)
    data = np.frombuffer(cells.letters.data, np.uint8)
    for place in range(min(int(lengths.max(initial=0)), LONGEST_NUMBER)):
        there = place < lengths
        digits = data[cells.starts + place] - _ZERO  # what is below a zero comes out far above nine
        plain &= (digits <= _NINE) | ~there
        numbers = np.where(there, numbers * 10 + digits, numbers)
    return numbers, plain


def _wall_time(column: Column, _order: str) -> ReadColumn:
    return WallTimes().read_or_never if column.empty else WallTimes().read


def _formed(count: Callable[[str], Count], nothing: int, unset: int = UNSET) -> Callable[[Column, str], ReadColumn]:
    """Return what makes readers of a kind whose cells are written in a form.

    An empty cell stands for `nothing`; one that says that the PBX's clock was lost, for `unset`.
    """

    def make(column: Column, order: str) -> ReadColumn:
        one = first_of([count(ordered(form, order)) for form in column.form])
        signs = str.maketrans(column.replace)

        def work_out(cell: str) -> int:
            text = cell.translate(signs).strip()
            if text in column.unset:
                return unset
            return nothing if column.empty and not text else one(text)

        read = _by_text(work_out)
        digits = column.replace or any(map(str.isdigit, "".join(column.unset)))
        plain = None if digits else plain_reader(column.kind, ordered(column.form[0], order))
        return _plainly(plain, read) if plain else read

    return make


def _plainly(plain: ReadPlain, read: Callable[[Texts], Numbers]) -> ReadColumn:
    """Return what reads the plain cells of a column all at once, and the others one by one."""

    def read_column(cells: Texts) -> Numbers:
        if len(cells) <= FEW:
            return read(cells)
        numbers, there = plain(cells)
        others = np.flatnonzero(~there)
        if len(others):
            numbers[others] = read(cells[others])
        return numbers

    return read_column


def _by_text(work_out: Count) -> Callable[[Texts], Numbers]:
    known = Memo(work_out)

    def read(cells: Texts) -> Numbers:
        if len(cells) <= FEW:
            return np.array(read_each(cells, known.__getitem__), np.int64)
        numbers, texts = cells.numbered()
        return np.array(read_each(texts, known.__getitem__), np.int64)[numbers]

    return read


def _epoch(unit: int) -> Callable[[Column, str], ReadColumn]:
    def make(column: Column, _order: str) -> ReadColumn:
        def work_out(cell: str) -> int:
            digits = cell.strip().partition(".")[0]
            if column.empty and digits in ("", "0"):
                return NEVER
            if not (digits.isascii() and digits.isdigit() and 0 < int(digits) // unit < _LAST_SECOND):
                raise ValueError(cell)
            return int(digits) // unit

        return _by_text(work_out)

    return make


_LAST_SECOND = 7_258_118_400
"""The first second of 2200."""


def _money(_column: Column, _order: str) -> ReadColumn:
    def read(cells: Texts) -> Texts:
        numbers, texts = cells.stripped().numbered()
        return texts_of([amount(text)[0] for text in texts], cells.letters)[numbers]

    return read


def amount(text: str) -> tuple[str, str]:
    """Return an amount as decimal text, and its currency; nothing twice for a text that is no amount.

    >>> amount("00560.00EUR"), amount("$1,200.50"), amount("0,35"), amount("free")
    (('560.00', 'EUR'), ('1200.50', '$'), ('0.35', ''), ('', ''))
    """
    found = _AMOUNT.fullmatch(text.replace(" ", ""))
    if not found:
        return "", ""
    before, digits, after = found.groups()
    place = max(digits.rfind("."), digits.rfind(","))
    # A lone comma with three digits after it divides thousands; any other last sign is the decimal one.
    thousands = place >= 0 and digits[place] == "," and len(digits) - place - 1 > _CENTS
    whole, cents = (digits, "") if thousands or place < 0 else (digits[:place], digits[place + 1 :])
    plain = whole.replace(",", "").replace(".", "") + (f".{cents}" if cents else "")
    try:
        return str(Decimal(plain)), before or after
    except InvalidOperation:
        return "", ""


def currencies(cells: Texts) -> Texts:
    """Return the currency in each amount of a column."""
    numbers, texts = cells.stripped().numbered()
    return texts_of([amount(text)[1] for text in texts], cells.letters)[numbers]


KINDS: dict[str, FieldKind] = {
    "text": FieldKind(_text, "text", is_text=True),
    "money": FieldKind(_money, "an amount, with or without its currency", is_text=True),
    ZONE_KIND: FieldKind(_text, "the name of a time zone such as America/Chicago", is_text=True),
    "seconds": FieldKind(_seconds, "a whole number of seconds"),
    "number": FieldKind(_seconds, "a whole number"),
    "wall-time": FieldKind(_wall_time, "a date and time, year first, such as 2016-06-09 16:38:49"),
    "date": FieldKind(_formed(days, NEVER), "a date", forms=days),
    "time": FieldKind(_formed(clock, NEVER), "a time of day", forms=clock),
    "moment": FieldKind(_formed(moment, NEVER), "a date and time", forms=moment),
    "duration": FieldKind(_formed(duration, 0, unset=0), "a duration", forms=duration),
    "epoch": FieldKind(_epoch(1), "seconds since 1970 UTC"),
    "epoch-ms": FieldKind(_epoch(1000), "milliseconds since 1970 UTC"),
}


def column_reader(column: Column, order: str = "") -> ReadColumn:
    """Return a reader for a column; `order` is that of month and day, where the PBX is set to one."""
    return KINDS[column.kind].make(column, order)


def expected(column: Column) -> str:
    """Say what a cell of a column holds."""
    kind = KINDS[column.kind]
    shown = f" written {' or '.join(column.form)}" if column.form else ""
    shown += f" that fits {column.match}" if column.match else ""
    return f"{kind.expected}{shown}" + (", or nothing" if column.empty else "")
