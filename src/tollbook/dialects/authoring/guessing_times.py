"""Which columns hold dates, times of day and durations, told by all of their texts and by the columns beside them.

A text alone does not tell: 09:30 is a time of day or nine and a half minutes, 03/04/26 is in March or in April. What
cannot be told by a whole column either is for a person to say, see `other_orders`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import msgspec

from tollbook.dialects.authoring.guessing_names import name_by
from tollbook.dialects.reading.moments import DAY_S, Count, clock, day_number, days, duration, moment

MOST = 0.8
"""Part of the texts that a form must read: a sample may well hold a line that is broken."""
_DATES = (
    "MM/DD/YYYY", "DD/MM/YYYY", "YYYY-MM-DD", "YYYY/MM/DD", "DD.MM.YYYY", "DD-MM-YYYY", "MM-DD-YYYY", "YYYYMMDD",
    "MM/DD/YY", "DD/MM/YY", "DD.MM.YY", "YY/MM/DD", "DD-MM-YY", "MM-DD-YY", "YY-MM-DD", "MM/DD", "DD/MM", "DD.MM",
)  # fmt: skip
"""Whole years first: `YY` reads four digits, too."""
_ISO = ("YYYY-MM-DDThh:mm:ss", "YYYY-MM-DDThh:mm:ssZ", "YYYY-MM-DDThh:mm:ss.xxxZ")
_MOMENTS = _ISO + tuple(
    f"{date} {time}" for date in _DATES[:12] for time in ("hh:mm:ss", "hh:mm", "hh:mm:sspp", "hh:mmpp")
)
_CLOCKS = ("hh:mm", "hh:mm:ss", "hh:mmpp", "hh:mm:sspp")
_DURATIONS = ("hh:mm'ss", "hh:mm'ss\"", "m'ss", "m'ss\"", "hh:mm.ss", "h:mm.t", "hh:mm:ss", "mm:ss", "S=s")
_READERS: dict[str, tuple[tuple[str, ...], Callable[[str], Count]]] = {
    "moment": (_MOMENTS, moment),
    "date": (_DATES, days),
    "time": (_CLOCKS, clock),
    "duration": (_DURATIONS, duration),
}
_ORDERS = ("MDY", "DMY", "YMD")
_PARTS = re.compile(r"YYYY|YY|MM|DD")
_CLOCK_LIKE = re.compile(r"(\d{1,9}):\d\d(:\d\d)?", re.ASCII)
_LAST_HOUR, _SELDOM = 23, 0.02
"""More than this part of the texts is beyond the last hour where a column is none of times of day."""
_SHORT_H, _SHORT_M = 1, 6
"""Durations are mostly shorter than an hour, and calls shorter than six minutes; times of day are mostly later."""
_NEXT_S = 4 * 3600
"""What follows a time of day by no more than this, in each line, is a later time of the same call."""
_LONG_AGO = day_number(2010, 1, 1)
"""Days before this one are rather another order of day, month and year: lines that somebody pastes are of late."""


def written_as(texts: list[str]) -> tuple[str, str]:
    """Return the kind and form that read most of a column's texts; nothing twice where none does.

    Of several forms of a date that is the one by which the days are of late, and lie closest together.

    >>> written_as(["31/12/25", "01/02/26"]), written_as(["0'05", "1'10"]), written_as(["03/02/2026"])
    (('date', 'DD/MM/YY'), ('duration', "m'ss"), ('date', 'MM/DD/YYYY'))
    >>> written_as(["09:30", "17:45"]), written_as(["9:30", "45:10"]), written_as(["0:45", "2:10", "12:00"])
    (('time', 'hh:mm'), ('duration', 'mm:ss'), ('duration', 'mm:ss'))
    """
    for kind in _READERS:
        fitting = _forms(kind, texts)
        if not fitting or (kind == "time" and (_is_short(texts) or _is_beyond(texts))):
            continue
        reader = _READERS[kind][1]
        dated = kind in ("moment", "date")
        return kind, min(fitting, key=lambda form: _unlikely(kind, reader(form), texts)) if dated else fitting[0]
    return "", ""


def _forms(kind: str, texts: list[str]) -> list[str]:
    forms, reader = _READERS[kind]
    return [form for form in forms if reads_most(reader(form), texts)]


def reads_most(count: Count, texts: list[str]) -> bool:
    """Say whether nearly all texts can be read."""
    return len(read(count, texts)) >= MOST * len(texts)


def read(count: Count, texts: Iterable[str]) -> list[int]:
    """Return what those texts come to that can be read."""
    found = (_read(count, text) for text in texts)
    return [number for number in found if number is not None]


def _read(count: Count, text: str) -> int | None:
    try:
        return count(text)
    except ValueError:
        return None


def _unlikely(kind: str, count: Count, texts: list[str]) -> tuple[int, bool, int]:
    """Return how many texts a form cannot read, whether the others are of long ago, and how far they lie apart."""
    found = read(count, texts) or [0]
    long_ago = _LONG_AGO * (DAY_S if kind == "moment" else 1)
    return len(texts) - len(found), max(found) < long_ago, max(found) - min(found)


def _is_short(texts: list[str]) -> bool:
    """Say whether what may be times of day are rather durations, since most of them are short."""
    found = [match for match in map(_CLOCK_LIKE.fullmatch, texts) if match]
    short = sum(int(match[1]) < (_SHORT_H if match[2] else _SHORT_M) for match in found)
    return len(found) == len(texts) and short * 2 > len(texts)


def _is_beyond(texts: list[str]) -> bool:
    firsts = [int(match[1]) for match in map(_CLOCK_LIKE.fullmatch, texts) if match]
    return sum(first > _LAST_HOUR for first in firsts) > _SELDOM * len(texts)


class SampleColumn(msgspec.Struct):
    """A column of a sample: its label, its texts line by line, the kind and form that it has, and what it is called."""

    label: str
    texts: list[str]
    kind: str = "text"
    form: str = ""
    name: str = ""

    @property
    def filled(self) -> list[str]:
        """The texts of the lines that have one."""
        return [text for text in self.texts if text.strip()]

    def total(self) -> float:
        """Return the mean of a column of durations."""
        values = read(duration(self.form), self.filled)
        return sum(values) / max(len(values), 1)

    def turn(self, kind: str) -> None:
        """Take times of day for durations, or durations for times of day, where they can be such."""
        texts = self.filled
        forms = _forms(kind, texts) if all(map(_CLOCK_LIKE.fullmatch, texts)) else []
        if forms and not (kind == "time" and _is_beyond(texts)):
            self.kind, self.form = kind, forms[0]

    def seconds(self) -> list[int | None]:
        """Return each line's second of the day."""
        count = _READERS[self.kind][1](self.form)
        found = (_read(count, text) for text in self.texts)
        return [None if number is None else number % DAY_S for number in found]


def tell_durations(columns: list[SampleColumn]) -> None:
    """Tell durations from times of day by the other columns of a line: a call has one time of day, beside its date.

    Another one is a duration, unless it follows the first within hours in each line, as the time of answer or end does.
    """
    clocks = [column for column in columns if column.kind in ("time", "duration") and column.filled]
    for column in clocks:
        if name_by(column.label, "duration", column.filled)[0].endswith("_s"):
            column.turn("duration")
    began = _beginning(columns)
    for column in clocks:
        if began and column is not began and column.kind == "time" and not _follows(began, column):
            column.turn("duration")


def _beginning(columns: list[SampleColumn]) -> SampleColumn | None:
    """Return the column that says when a call was; one beside the date may be short times of the night."""
    moments = [column for column in columns if column.kind == "moment"]
    if moments:
        return moments[0]
    dates = [number for number, column in enumerate(columns) if column.kind == "date"]
    beside = [columns[place] for number in dates for place in (number + 1, number - 1) if 0 <= place < len(columns)]
    times = [column for column in [*beside, *columns] if column.kind == "time"]
    if times:
        return times[0]
    for column in beside:
        if column.kind == "duration":
            column.turn("time")
    return next((column for column in beside if column.kind == "time"), None)


def _follows(began: SampleColumn, later: SampleColumn) -> bool:
    pairs = zip(began.seconds(), later.seconds(), strict=True)
    after = [(end - start) % DAY_S <= _NEXT_S for start, end in pairs if start is not None and end is not None]
    return all(after)


def other_orders(kind: str, form: str, texts: list[str]) -> list[str]:
    """Return the forms with day, month and year in another order that read a column as well, to other days of late.

    >>> other_orders("date", "MM/DD/YY", ["03/04/26", "03/12/26"]), other_orders("date", "MM/DD/YY", ["03/31/26"])
    (['DD/MM/YY'], [])
    >>> other_orders("date", "YY-MM-DD", ["26-03-15"]), other_orders("date", "YYYY-MM-DD", ["2026-03-02"])
    (['DD-MM-YY'], [])
    """
    if kind not in ("date", "moment") or not texts:
        return []
    reader = _READERS[kind][1]
    now, days_now = _unlikely(kind, reader(form), texts)[:2], read(reader(form), texts)
    return [
        each
        for each in _turned(form)
        if _unlikely(kind, reader(each), texts)[:2] <= now and read(reader(each), texts) != days_now
    ]


def _turned(form: str) -> list[str]:
    """Return a date's form in each order that PBXs write; with the whole year in front there is one, as with dots."""
    parts = _PARTS.findall(form)
    if "MM" not in parts or "DD" not in parts or parts[0] == "YYYY":
        return []
    orders = _ORDERS if "YY" in parts else _ORDERS[:2]
    turned = [_arranged(form, sorted(parts, key=lambda part: order.index(part[0]))) for order in orders]
    return [each for each in turned if each.partition(" ")[0] in _DATES]


def _arranged(form: str, parts: list[str]) -> str:
    rest = iter(parts)
    return _PARTS.sub(lambda _: next(rest), form)
