"""A pattern's matches by what lines look like: of lines that it cannot tell apart, one is matched."""

from __future__ import annotations

from functools import partial
from itertools import count, repeat

import numpy as np
import numpy.typing as npt

from tollbook.dialects.layout.patterns import Pattern, spans
from tollbook.model.texts import Places

Rows = npt.NDArray[np.intp]
_MOST_BYTES = 1 << 20
"""Bytes of the shapes kept from one batch to the next; more are given up, so that hostile lines fill no memory."""
_ALL_SIGNS = bytes(range(256))
_UNCLAIMED, _BEYOND_ASCII = 0, 1


class _Shapes(dict[bytes, int]):
    """Maps shapes to rows of places, and matches one that was not met before; threads may share it."""

    def __init__(self, pattern: Pattern, numbers: list[int]) -> None:
        super().__init__()
        self._pattern = pattern
        self._numbers = numbers
        self._rows = count(_BEYOND_ASCII + 1)
        self._found: dict[int, list[int]] = {}
        self._nowhere = [0] * 2 * len(numbers)
        self._table = np.zeros((_BEYOND_ASCII + 1, len(self._nowhere)), np.int64)
        self.bytes = 0

    def __missing__(self, shape: bytes) -> int:
        """Match a shape, and keep where its groups are."""
        self.bytes += len(shape)
        row = self._matched(shape)
        self[shape] = row  # only now, when its places are there
        return row

    def _matched(self, shape: bytes) -> int:
        if not shape.isascii():
            return _BEYOND_ASCII
        match = self._pattern.match(shape.decode("ascii"))
        if match is None:
            return _UNCLAIMED
        found = spans(match, self._pattern.groups)
        row = next(self._rows)
        self._found[row] = [max(place, 0) for number in self._numbers for place in found[number]]
        return row

    def table(self, last: int) -> Places:
        """Return the places, row by row, at least up to a row that was given out."""
        table = self._table
        if last >= len(table):
            rows = range(len(table), last + 1)
            whole = all(row in self._found for row in rows)  # another thread may be about to say where one is
            more = [self._found.get(row, self._nowhere) for row in rows]
            table = np.concatenate((table, np.array(more, np.int64)))
            if whole:
                self._table = table
        return table


class MatchedShapes:
    """The places of a pattern's groups in lines.

    `numbers` are the groups wanted. `classes` are those of `sign_classes`; with None each line is a shape of its own.
    """

    def __init__(self, pattern: Pattern, numbers: list[int], classes: bytes | None) -> None:
        self._new = partial(_Shapes, pattern, numbers)
        self._classes = classes or _ALL_SIGNS
        self._shapes = self._new()

    def __len__(self) -> int:
        """Return how many shapes are kept."""
        return len(self._shapes)

    def places(self, raws: list[bytes]) -> tuple[Rows, list[int], Places, Places]:
        """Return the lines that match, those not of ASCII, and where each group begins and ends in its line.

        Places are counted from the line's beginning, a row for each group; a group that took no part is empty there.
        """
        shapes = self._shapes
        seen = map(bytes.translate, raws, repeat(self._classes))
        numbers = np.fromiter(map(shapes.__getitem__, seen), np.intp, len(raws))
        rows = np.flatnonzero(numbers > _BEYOND_ASCII)
        others: list[int] = np.flatnonzero(numbers == _BEYOND_ASCII).tolist()
        found = shapes.table(int(numbers.max(initial=0)))[numbers[rows]].T
        if shapes.bytes > _MOST_BYTES:
            self._shapes = self._new()
        return rows, others, found[0::2], found[1::2]
