"""Reads the rows of a bill: finds its heading, asks what the file does not say, and reads the calls.

Nothing is guessed where two readings give different calls. A row that cannot be read is told with its line, and harms
no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from tollbook.model.problem import Misconfigured, Problem, nearest
from tollbook.rating.bills.bill_form import COLUMN_NAMES, BillForm, Spelling
from tollbook.rating.bills.bill_questions import BillCells, asked_of
from tollbook.rating.bills.matching import BilledCall
from tollbook.rating.lists.amounts import amount_in, date_in
from tollbook.rating.lists.asking import OpenQuestion, Understood
from tollbook.rating.lists.column_names import bare_name, plain_name
from tollbook.rating.lists.headings import ListRow
from tollbook.rating.lists.words import is_total, price_meaning

_LOOKED_AT = 100
_ENOUGH = 3
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d+)?)? ?([AaPp][Mm])?(?: ?(Z|UTC|GMT|[+-]\d\d:?\d\d))?$")
_HIDDEN = re.compile(r"[xX*]+$")
_NUMBER_SIGNS = re.compile(r"[ ()./-]+")
_LONGEST_S = 10 * 86_400
_YEARS = range(1971, 2200)
_MOST = 10**12
_NOON, _HOURS = 12, 24


class BillLine(msgspec.Struct, frozen=True, kw_only=True):
    """A call as a row of the bill has it. `price` is None where the row has none; `started` is as it is written."""

    line: int
    number: str
    started: str
    call: BilledCall
    price: Decimal | None


class UnreadLine(msgspec.Struct, frozen=True):
    """A row that is no call that can be read, and why."""

    line: int
    reason: str
    text: str


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """A bill as it was read. While there are `questions` there are no lines."""

    form: BillForm
    lines: list[BillLine] = []
    unread: list[UnreadLine] = []
    totals: int = 0
    understood: list[Understood] = []
    questions: list[OpenQuestion] = []


def read_bill(rows: Sequence[ListRow], form: BillForm, spelling: Spelling) -> Bill:
    """Return the calls of a bill, or what has to be answered first; raises `Misconfigured` for a column not there."""
    body, places, names = _layout(rows, form)
    data = [row for row in rows[body:] if any(row.cells)]
    totals = [row for row in data if is_total(row.cells)]
    data = [row for row in data if not is_total(row.cells)]
    asked = asked_of(BillCells(data, places, names), form, spelling)
    if asked.questions:
        return Bill(form=asked.form, understood=asked.understood, questions=asked.questions)
    reader = _LineReader(asked.form, places, spelling)
    read = [reader.read(place, row) for place, row in enumerate(data)]
    return Bill(
        form=asked.form,
        lines=[each for each in read if isinstance(each, BillLine)],
        unread=[each for each in read if isinstance(each, UnreadLine)],
        totals=len(totals),
        understood=asked.understood,
    )


# ---------------------------------------------------------------- the heading


def _layout(rows: Sequence[ListRow], form: BillForm) -> tuple[int, dict[str, int], list[str]]:
    """Return where the rows of calls begin, the place of each kind of column, and the names of all."""
    heads = range(min(len(rows), _LOOKED_AT))
    best = max(heads, key=lambda place: (len(_places(rows[place].cells, form)), -place), default=-1)
    found = _places(rows[best].cells, form) if best >= 0 else {}
    by_number = all(name.startswith("#") for name in form.columns.values())
    has_heading = best >= 0 and len(_places(rows[best].cells, BillForm())) >= _ENOUGH
    if form.columns and by_number and not has_heading:
        return (
            0,
            found,
            [f"#{number + 1}" for number in range(max((len(row.cells) for row in rows[:_LOOKED_AT]), default=0))],
        )
    names = [" ".join(cell.split()) for cell in rows[best].cells] if best >= 0 else []
    problems = [
        Problem(
            f"the column '{name}' is not there",
            f"the columns are: {', '.join(filter(None, names))[:300] or 'none'}",
            help=f"{nearest(name, filter(None, names))}; column.{role}=…",
        )
        for role, name in form.columns.items()
        if role not in found
    ]
    if problems:
        raise Misconfigured(*problems)
    return best + 1, found, names


def _places(cells: Sequence[str], form: BillForm) -> dict[str, int]:
    """Return the place of each kind of column that a row names, each place once: those that are given first."""
    plain = [plain_name(cell) for cell in cells]
    found: dict[str, int] = {}
    for role, name in form.columns.items():
        number = int(name[1:]) - 1 if re.fullmatch(r"#[1-9]\d{0,2}", name) else -1
        place = (
            number if 0 <= number < len(cells) else plain.index(plain_name(name)) if plain_name(name) in plain else -1
        )
        if place >= 0:
            found[role] = place
    for role, known in COLUMN_NAMES.items():
        if role not in found:
            fitting = [
                (known.index(name), place)
                for place, cell in enumerate(cells)
                for name in (plain[place], bare_name(cell))
                if name in known
            ]
            free = [each for each in sorted(fitting) if each[1] not in found.values()]
            found |= {role: free[0][1]} if free else {}
    if "time" not in found and "date" in found:
        found["time"] = found.pop("date")  # one column of both, called by the day
    return found


# ---------------------------------------------------------------- rows


class _Unreadable(Exception):
    """Why a row cannot be read."""


class _LineReader:
    """Reads rows by a form in which all is known."""

    def __init__(self, form: BillForm, places: dict[str, int], spelling: Spelling) -> None:
        self._form, self._places, self._spelling = form, places, spelling
        self._zone = ZoneInfo(form.zone or "UTC")
        self._mark: Literal["point", "comma"] = "comma" if form.decimal == "comma" else "point"
        self._numbers: dict[str, tuple[str, int]] = {}

    def read(self, place: int, row: ListRow) -> BillLine | UnreadLine:
        """Return a row as a call, or why it is none."""
        cells = {role: row.cells[at] if at < len(row.cells) else "" for role, at in self._places.items()}
        try:
            number, hidden = self._number(cells["number"])
            return BillLine(
                line=row.line,
                number=cells["number"],
                started=" ".join(filter(None, (cells.get("date", ""), cells["time"]))),
                price=self._price(cells["price"]),
                call=BilledCall(
                    place=place,
                    number=number,
                    hidden=hidden,
                    moments=self._moments(cells.get("date", ""), cells["time"]),
                    seconds=seconds_of(cells["duration"], self._form.duration, self._mark),
                ),
            )
        except _Unreadable as why:
            return UnreadLine(row.line, str(why), " | ".join(filter(None, row.cells))[:200])

    def _number(self, cell: str) -> tuple[str, int]:
        if cell not in self._numbers:
            self._numbers[cell] = self._number_of(cell)
        return self._numbers[cell]

    def _number_of(self, cell: str) -> tuple[str, int]:
        plain = _NUMBER_SIGNS.sub("", cell)
        hidden = _HIDDEN.search(plain)
        count = len(hidden[0]) if hidden else 0
        shown = plain[: len(plain) - count]
        if not shown.removeprefix("+").strip("#*").isdecimal():
            raise _Unreadable(f"{cell[:60]!r} is no number" if cell else "the number is missing")
        # Hidden digits are made up to find out what stands before them, and taken off again.
        whole = self._spelling(f"{shown}{'0' * count}", self._form.number)
        return (whole[: len(whole) - count] if whole else shown, count)

    def _price(self, cell: str) -> Decimal | None:
        if not cell:
            return None
        if price_meaning(cell) == "free":
            return Decimal(0)
        amount = amount_in(cell.removeprefix("-"), self._mark)
        if amount is None or amount >= _MOST:
            raise _Unreadable(f"{cell[:60]!r} is no amount")
        return -amount if cell.startswith("-") else amount

    def _moments(self, day: str, cell: str) -> tuple[int, ...]:
        text = f"{day} {cell}".strip()
        found = _CLOCK.search(text)
        begins = date_in(text[: found.start()].strip(" T,") if found else "", self._form.date_order)
        if not found or begins is None or begins.year not in _YEARS:
            raise _Unreadable(f"{text[:60]!r} is no time" if text else "the time is missing")
        clock = _clock(int(found[1]), int(found[2]), int(found[3] or 0), (found[4] or "").lower())
        return tuple(_moments_of(begins, clock, self._zone, found[5] or ""))


def _clock(hours: int, minutes: int, seconds: int, half: str) -> time:
    if half:
        hours = hours % _NOON + (_NOON if half == "pm" else 0)
    try:
        return time(hours, minutes, seconds)
    except ValueError:
        raise _Unreadable(f"{hours}:{minutes:02}:{seconds:02} is no time of day") from None


def _moments_of(day: date, clock: time, zone: ZoneInfo, offset: str) -> Iterator[int]:
    """Yield the moments of a time on the clock: two where the clock goes back over it."""
    if offset:
        sign = "+00:00" if offset in ("Z", "UTC", "GMT") else offset
        yield int(datetime.fromisoformat(f"{day}T{clock}{sign}").timestamp())
        return
    moments = {int(datetime.combine(day, clock, zone).replace(fold=fold).timestamp()) for fold in (0, 1)}
    yield from sorted(moments)


def seconds_of(cell: str, form: str, mark: Literal["point", "comma"]) -> int:
    """Return the seconds of a length; raises an error for what is none.

    >>> seconds_of("1:02:03", "", "point"), seconds_of("2:03", "m:s", "point"), seconds_of("1,5", "minutes", "comma")
    (3723, 123, 90)
    """
    parts = cell.split(":")
    if all(part.strip().isdecimal() for part in parts) and 1 < len(parts) <= len("hms"):
        numbers = [int(part) for part in parts]
        units = (3600, 60, 1) if len(parts) == len("hms") else (3600, 60) if form == "h:m" else (60, 1)
        seconds = Decimal(sum(number * unit for number, unit in zip(numbers, units, strict=True)))
    else:
        plain = re.sub(r" ?(s|sec|sek|seg|min|m)\.?$", "", cell, flags=re.IGNORECASE)
        amount = amount_in(plain, mark)
        if amount is None:
            raise _Unreadable(f"{cell[:60]!r} is no length" if cell else "the length is missing")
        seconds = amount * 60 if form == "minutes" else amount
    if seconds > _LONGEST_S:
        raise _Unreadable(f"{cell[:60]!r} is longer than a call can be")
    return int(seconds.to_integral_value("ROUND_HALF_UP"))
