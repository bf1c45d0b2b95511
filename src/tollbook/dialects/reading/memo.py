"""Cells read one by one, with dictionaries that work a value out once.

PBX columns repeat themselves, and a look-up costs a tenth of a parse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

MOST = 100_000
"""Entries after which a memo starts again, so that hostile input cannot fill the memory."""

UNREADABLE = -(1 << 62) - 1
"""Stands in a column of numbers for a cell that is none."""

Value = TypeVar("Value")


class Memo(dict[str, Value]):
    """Maps a cell's text to its value; `work_out` is called for a text not met before and may raise ValueError.

    >>> lengths = Memo(len)
    >>> lengths["four"], len(lengths)
    (4, 1)
    """

    def __init__(self, work_out: Callable[[str], Value]) -> None:
        super().__init__()
        self._work_out = work_out

    def __missing__(self, text: str) -> Value:
        """Work `text` out and keep it."""
        value = self._work_out(text)
        if len(self) >= MOST:
            self.clear()
        self[text] = value
        return value


def read_each(cells: Iterable[str], read: Callable[[str], int]) -> list[int]:
    """Return what each cell counts, `UNREADABLE` for one that `read` refuses with ValueError."""
    numbers = []
    for cell in cells:
        try:
            numbers.append(read(cell))
        except (ValueError, OverflowError):
            numbers.append(UNREADABLE)
    return numbers
