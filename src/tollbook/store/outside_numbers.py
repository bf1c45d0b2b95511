"""The distinct outside numbers of rows that are about to be stored, and which of them each row has.

Rows are compared by the views of their texts (see `arrow`), which are equal just where the texts are, once one that is
too long for its view is given by a number. So no string is made but of each distinct number, and DuckDB joins nothing.
"""

from __future__ import annotations

from itertools import starmap

import numpy as np
import numpy.typing as npt

from tollbook.model.outcome import Direction
from tollbook.model.texts import INLINE, Places, texts_of
from tollbook.store.arrow import Table

NumberKey = tuple[str, str, str, str]
"""PBX, trunk group, side and text of a number."""
_Views = npt.NDArray[np.int32]
_LENGTH, _TEXT, _PLACE = 0, slice(1, None), 3
"""Where a view has the length of its text, the text, and, for one that is too long, its place among the letters."""
_SIDES = {Direction.INCOMING.value: "calling", Direction.INTERNAL.value: "internal"}
_INCOMING = texts_of([Direction.INCOMING.value]).views()
_SPREAD = np.cumprod(np.full(10, 0x9E3779B97F4A7C15, np.uint64))


class OutsideNumbers:
    """The distinct numbers of tables, in the order in which they are met."""

    def __init__(self) -> None:
        self._numbers: dict[NumberKey, int] = {}
        self._long: dict[bytes, int] = {}
        """The texts that are too long for a view, of all tables, each with its number."""
        self._met: dict[bytes, int] = {}
        """The places of numbers by the views of their texts: most of a table's numbers were met in one before."""

    @property
    def keys(self) -> list[NumberKey]:
        """All numbers."""
        return list(self._numbers)

    def of(self, rows: Table) -> Places:
        """Return, for each row of a table, the place of its number among all."""
        columns = _numbers_of(rows, self._long)
        words = np.hstack([np.ascontiguousarray(each).view(np.uint64) for each in columns])
        firsts, places = _numbered(words)
        distinct = words[firsts].view(f"V{words.shape[1] * words.itemsize}").ravel().tolist()
        unmet = [place for place, each in enumerate(distinct) if each not in self._met]
        texts = (_strings(each[firsts[unmet]], list(self._long)) for each in columns)
        for place, key in zip(unmet, starmap(_key, zip(*texts, strict=True)), strict=True):
            self._met[distinct[place]] = self._numbers.setdefault(key, len(self._numbers))
        return np.array([self._met[each] for each in distinct], np.int64)[places]


def _numbers_of(rows: Table, long: dict[bytes, int]) -> tuple[_Views, ...]:
    """Return the columns that a number is made of: PBX, trunk group, direction, and the text of its side."""
    pbx, group, direction, caller, called = (
        _comparable(rows, name, long) for name in ("pbx", "trunk_group", "direction", "caller", "called")
    )
    return pbx, group, direction, np.where((direction == _INCOMING).all(axis=1)[:, None], caller, called)


def _key(pbx: str, group: str, direction: str, text: str) -> NumberKey:
    return pbx, group, _SIDES.get(direction, "called"), text


def _comparable(rows: Table, name: str, long: dict[bytes, int]) -> _Views:
    """Return a column's views with the numbers of long texts for their places; views of nothing where it is lacking."""
    column = next((each for each in rows.columns if each.name == name), None)
    if column is None:
        return np.zeros((rows.rows, 4), np.int32)
    views: _Views = column.values
    pointing = np.flatnonzero(views[:, _LENGTH] > INLINE)
    if len(pointing):
        letters = rows.letters[column.letters].data
        spans = zip(views[pointing, _PLACE].tolist(), views[pointing, _LENGTH].tolist(), strict=True)
        views = views.copy()
        views[pointing, _PLACE] = [long.setdefault(bytes(letters[at : at + length]), len(long)) for at, length in spans]
    return views


def _numbered(words: npt.NDArray[np.uint64]) -> tuple[Places, Places]:
    """Return the first of each distinct rows, and each row's place among these."""
    # The sums of two different rows may be equal, so that each row is compared with the one it was taken for.
    sums = (words * _SPREAD[: words.shape[1]]).sum(axis=1)
    _, firsts, places = np.unique(sums, return_index=True, return_inverse=True)
    if not (words[firsts[places]] == words).all():
        _, firsts, places = np.unique(words, axis=0, return_index=True, return_inverse=True)
    return firsts, places


def _strings(views: _Views, long: list[bytes]) -> list[str]:
    """Return the texts of views whose long texts are numbered."""
    held = np.ascontiguousarray(views[:, _TEXT])
    return [
        str(long[number] if length > INLINE else text.tobytes()[:length], "utf-8")
        for length, number, text in zip(views[:, _LENGTH].tolist(), views[:, _PLACE].tolist(), held, strict=True)
    ]
