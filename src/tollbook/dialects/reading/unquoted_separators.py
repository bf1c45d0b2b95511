"""Rows whose unquoted text holds separators, put together again where it is known which columns may hold such text.

A row may have fields too many and still a number of fields that belongs, so it is told by its cells: it has spilled
over where a column does not hold what it must. Fields are joined until every column does. What always holds: a row that
can be put together in more ways than one is left as it is, for a name in the wrong place is worse than a reject.
"""

from __future__ import annotations

from itertools import combinations_with_replacement

import msgspec
import numpy as np

from tollbook.dialects.layout.layout import Record
from tollbook.dialects.layout.patterns import Pattern, compiled
from tollbook.dialects.reading.cells import Cells, csv_rows, with_rows
from tollbook.model.limits import SPILLED
from tollbook.model.texts import Texts


class Spills(msgspec.Struct, frozen=True):
    """Which columns may hold separators, what others must hold, and how many fields there are at least and at most."""

    into: list[int]
    musts: list[tuple[int, Pattern]]
    fewest: int
    width: int
    separator: str

    def spilled(self, cells: Cells) -> list[int]:
        """Return the records of which a cell does not hold what it must."""
        bad = np.zeros(len(cells), np.bool_)
        for number, pattern in self.musts:
            bad |= ~_held(cells.column(number), pattern)
        found: list[int] = np.flatnonzero(bad).tolist()
        return found

    def mended(self, row: list[str]) -> list[str]:
        """Return a row put together again, or nothing where it cannot be done, or in more ways than one."""
        if len(row) > self.width + 1 + SPILLED:
            return []
        for count in range(1, SPILLED + 1):
            ways = [self._joined(row, chosen) for chosen in combinations_with_replacement(self.into, count)]
            fitting = [way for way in ways if self._fits(way)]
            if fitting:
                return self._filled(fitting[0]) if len(fitting) == 1 else []
        return []

    def _joined(self, row: list[str], chosen: tuple[int, ...]) -> list[str]:
        """Return a row in which each column chosen takes one more field, as often as it is chosen."""
        fields = [*row]
        for place in chosen:
            fields[place : place + 2] = [self.separator.join(fields[place : place + 2])]
        return fields

    def _fits(self, fields: list[str]) -> bool:
        closed = len(fields) == self.width + 1 and not fields[-1]  # a separator after the last field, too
        if not (self.fewest <= len(fields) <= self.width or closed):
            return False
        whole = self._filled(fields)
        return all(pattern.search(whole[number].strip()) for number, pattern in self.musts)

    def _filled(self, fields: list[str]) -> list[str]:
        return [*fields, *[""] * self.width][: self.width]


def spills_of(record: Record, *, trusted: bool) -> Spills | None:
    """Return what a record says of text that spills over, or None where it says nothing."""
    if record.surplus is None or not record.surplus.into:
        return None
    names = [column.name for column in record.columns]
    return Spills(
        into=[names.index(name) for name in record.surplus.into],
        musts=[
            (number, compiled(column.match, trusted=trusted))
            for number, column in enumerate(record.columns)
            if column.match
        ],
        fewest=record.fewest or len(record.columns),
        width=len(record.columns),
        separator=record.separator,
    )


def mend(cells: Cells, texts: dict[int, str], spills: Spills) -> Cells:
    """Return cells in which the records that have spilled over are put together, of their texts by place."""
    rows = csv_rows(list(texts.values()), spills.separator)
    found = {place: spills.mended(row) for place, row in zip(texts, rows, strict=True)}
    mended = {place: row for place, row in found.items() if row}
    if not mended:
        return cells
    kept = ~np.isin(cells.rows, list(mended))
    whole = Cells(cells.letters, cells.starts[:, kept], cells.ends[:, kept], cells.rows[kept], [])
    misfits = [misfit for misfit in cells.misfits if misfit[0] not in mended]
    return with_rows(whole, np.array(list(mended), np.intp), [text for row in mended.values() for text in row], misfits)


def _held(cells: Texts, pattern: Pattern) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Say which cells hold what a pattern asks for."""
    places, texts = cells.stripped().numbered()
    return np.array([bool(pattern.search(text)) for text in texts], np.bool_)[places]
