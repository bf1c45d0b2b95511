"""The kinds of field a layout may name, as readers of whole columns.

A reader takes the cells of one column and returns their values, or raises `Unreadable` for the first that is none.
Adding a kind is adding a row to `KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tollbook.dialects.localtime import WallTimes
from tollbook.dialects.memo import Memo

Cells = list[str]
ReadColumn = Callable[[Cells], Any]


_DIGITS = 9
"""Most digits of a duration: nine of seconds are 31 years."""


class Unreadable(Exception):
    """A cell that its field kind cannot read; carries the kind's own account of what it expected."""

    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.expected = expected


def _whole(cell: str) -> int:
    text = cell.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise ValueError(cell)
    return int(text)


def _text() -> ReadColumn:
    return lambda cells: list(map(str.strip, cells))


def _seconds() -> ReadColumn:
    known = Memo(_whole)
    return lambda cells: np.array([known[cell] for cell in cells], np.int64)


def _wall_time() -> ReadColumn:
    return WallTimes().read


def _wall_time_or_empty() -> ReadColumn:
    return WallTimes().read_or_never


KINDS: dict[str, tuple[Callable[[], ReadColumn], str]] = {
    "text": (_text, "text"),
    "seconds": (_seconds, "a whole number of seconds"),
    "wall-time": (_wall_time, "a date and time, year first, such as 2016-06-09 16:38:49"),
    "wall-time-or-empty": (_wall_time_or_empty, "a date and time, year first, or nothing"),
}


def column_reader(kind: str) -> ReadColumn:
    """Return a reader for a kind of field; its faults come as `Unreadable`."""
    make, expected = KINDS[kind]
    read = make()

    def guarded(cells: Cells) -> Any:  # noqa: ANN401 - a list or an array, by the kind
        try:
            return read(cells)
        except (ValueError, KeyError, OverflowError) as fault:
            raise Unreadable(expected) from fault

    return guarded
