"""How a report lies on paper: which way the sheet is turned, how large its letters are, how wide each column is.

Widths are reckoned from what letters of the font take on the average, and rounded up: a column is rather too wide than
that a number does not fit. Lengths are points, but where a name ends in `_em`: those are in sizes of a letter.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from enum import StrEnum
from heapq import nlargest

import msgspec


class Paper(StrEnum):
    """A size of paper, by the name that typst has for it."""

    A4 = "a4"
    LETTER = "us-letter"


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """How a table lies on paper: its columns with the space around their texts."""

    paper: Paper
    is_turned: bool
    size: float
    widths: tuple[float, ...]

    @property
    def room(self) -> tuple[float, float]:
        """How wide and high a page is within its margins."""
        sides = SIDES[self.paper][::-1] if self.is_turned else SIDES[self.paper]
        return sides[0] - 2 * MARGIN, sides[1] - 2.3 * MARGIN


SIDES = {Paper.A4: (595.28, 841.89), Paper.LETTER: (612.0, 792.0)}
MARGIN = 36.0
SPACE_EM = 1.0
"""What stands free beside the texts of a column."""
ROW_EM = 1.62
"""From one row of a long table to the next."""
_SIZES = (9.0, 8.5, 8.0, 7.5, 7.0, 6.5)
_LEAST_UPRIGHT = 8.0
"""Letters that are to be smaller have a sheet turned first."""
_LONGEST_EM, _SHORTEST_EM = 24.0, 6.0
"""The most that a text is given in a line, and the least where there is little room."""
_WIDE, _NARROW = "mwMW%@—…", "ijl.,:;|!'I ()[]-/\xa0"
_CUT = "…"


class ColumnTexts(msgspec.Struct, frozen=True):
    """What a column has to show: its heading, its texts, and whether these may be broken or cut."""

    heading: str
    texts: Sequence[str]
    is_prose: bool


def sheet_for(columns: Sequence[ColumnTexts], paper: Paper) -> Sheet:
    """Return how a table lies: upright if it fits in, else turned, else with smaller letters and narrower texts."""
    natural = [_natural_em(column) for column in columns]
    upright = [(False, size) for size in _SIZES if size >= _LEAST_UPRIGHT]
    for is_turned, size in (*upright, *((True, size) for size in _SIZES)):
        fitting = Sheet(paper=paper, is_turned=is_turned, size=size, widths=tuple(each * size for each in natural))
        if sum(fitting.widths) <= fitting.room[0]:
            return fitting
    size, room = _SIZES[-1], Sheet(paper=paper, is_turned=True, size=1, widths=()).room[0]
    fixed = sum(each for each, column in zip(natural, columns, strict=True) if not column.is_prose)
    prose = sum(natural) - fixed
    part = max((room / size - fixed) / prose, 0) if prose else 1
    narrowed = [
        max(each * part, min(each, _SHORTEST_EM)) if column.is_prose else each
        for each, column in zip(natural, columns, strict=True)
    ]
    size = min(size, room / sum(narrowed))
    return Sheet(paper=paper, is_turned=True, size=size, widths=tuple(each * size for each in narrowed))


def _natural_em(column: ColumnTexts) -> float:
    longest = nlargest(20, {column.heading, *column.texts}, key=len)
    found = max(width_em(text) for text in longest) + SPACE_EM
    return min(found, _LONGEST_EM) if column.is_prose else found


def width_em(text: str) -> float:
    """Return how wide a text is, rather too much than too little.

    >>> round(width_em("1,234.50"), 2), round(width_em("王小明"), 2), width_em("mmm") > width_em("lll")
    (4.35, 3.15, True)
    """
    return sum(map(_letter_em, text)) * 1.05


def _letter_em(letter: str) -> float:
    if letter in _NARROW:
        return 0.33
    if letter.isascii():
        return 0.95 if letter in _WIDE else 0.68 if letter.isupper() else 0.58
    if unicodedata.combining(letter):
        return 0
    return 1.0 if unicodedata.east_asian_width(letter) in "WF" else 0.72


def cut(text: str, room_em: float) -> str:
    """Return a text that is no wider than there is room, cut and marked where it has to be.

    >>> cut("Zoë", 5), cut("a text that goes on", 5)
    ('Zoë', 'a text…')
    """
    if len(text) <= room_em or width_em(text) <= room_em:
        return text
    kept, left = 0, room_em / 1.05 - _letter_em(_CUT)
    for letter in text:
        left -= _letter_em(letter)
        if left < 0:
            break
        kept += 1
    return text[:kept].rstrip() + _CUT


def breakable(text: str, room_em: float) -> str:
    """Return a text whose words that are wider than there is room may be broken anywhere."""
    if len(text) <= room_em:
        return text
    return " ".join(_broken(word) if width_em(word) > room_em else word for word in text.split(" "))


def _broken(letters: Iterable[str]) -> str:
    return "\u200b".join(letters)
