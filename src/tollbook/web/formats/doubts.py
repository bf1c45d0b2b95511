"""Dates of a sample that do not tell in which order day, month and year stand, for a person to say."""

from __future__ import annotations

from calendar import month_name
from datetime import date, timedelta

import msgspec

from tollbook.dialects.authoring.guessing_times import other_orders
from tollbook.dialects.reading.moments import DAY_S, YEARLESS, days, moment


class DateReading(msgspec.Struct, frozen=True):
    """A form of a date, and the day that it makes of a text."""

    form: str
    day: str


class DateDoubt(msgspec.Struct, frozen=True):
    """A column of dates: its number from 0, one of its texts, how that is read, and how it can be read as well."""

    number: int
    text: str
    now: DateReading
    others: list[DateReading]


def doubt_of(number: int, kind: str, form: str, texts: list[str]) -> DateDoubt | None:
    """Return what a column does not tell; the text shown is one that the other orders read otherwise.

    >>> doubt_of(0, "date", "DD/MM", ["03/03", "03/04"]).now, doubt_of(0, "date", "DD/MM", ["31/03"])
    (DateReading(form='DD/MM', day='3 April'), None)
    """
    others = other_orders(kind, form, texts)
    told = next((text for text in texts if len({_day(kind, each, text) for each in (form, *others)} - {""}) > 1), "")
    if not told:
        return None
    readings = [DateReading(each, _day(kind, each, told)) for each in (form, *others)]
    return DateDoubt(number, told, readings[0], [each for each in readings[1:] if each.day])


def _day(kind: str, form: str, text: str) -> str:
    """Return a day in words; nothing for a text that the form does not read."""
    try:
        number = days(form)(text) if kind == "date" else moment(form)(text) // DAY_S
    except ValueError:
        return ""
    if "Y" not in form:
        month, day = divmod(-number, YEARLESS)
        return f"{day} {month_name[month]}"
    found = date(1970, 1, 1) + timedelta(days=number)
    return f"{found.day} {month_name[found.month]} {found.year}"
