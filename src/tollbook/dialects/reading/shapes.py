"""What stands where in a line, as a mask: how a record of fixed columns is told from a heading.

In a mask `9` is a digit, `#` a digit or a blank, `A` a letter, `X` anything but a blank and `?` anything; every other
sign is itself, and so is any sign behind a backslash. A line is as if followed by blanks. Tabs are no blanks: what
stands behind one has no fixed place.
"""

from __future__ import annotations

import re
import string

import numpy as np
import numpy.typing as npt

from tollbook.dialects.reading.cells import Lines

_CLASSES = {
    "9": string.digits,
    "#": string.digits + " ",
    "A": string.ascii_letters,
    "X": "".join(map(chr, range(33, 127))),
    "?": "".join(map(chr, range(32, 127))),
}
_SIGN = re.compile(r"\\?.", re.DOTALL)
_BLANK = ord(" ")


class LineShape:
    r"""One mask.

    >>> LineShape("99/99 A?").fits("12/31 x")
    True
    >>> LineShape("99/99").fits("12-31"), LineShape(r"K\A").fits("KB")
    (False, False)
    """

    def __init__(self, mask: str) -> None:
        signs = _SIGN.findall(mask)
        self._width = len(signs)
        self._asked = [place for place, sign in enumerate(signs) if sign != "?"]
        self._signs = [_CLASSES.get(signs[place]) or signs[place][-1] for place in self._asked]
        self._allowed = np.zeros((len(self._asked), 256), np.bool_)
        for row, allowed in enumerate(self._signs):
            for sign in allowed:
                self._allowed[row, ord(sign) & 0xFF] = True

    def fit(self, lines: Lines) -> npt.NDArray[np.bool_]:
        """Say which lines of printable ASCII have this shape."""
        fits = np.zeros(len(lines.starts), np.bool_)
        if not len(lines.data):
            return fits
        rows, starts, lengths = np.arange(len(fits)), lines.starts, lines.ends - lines.starts
        last = len(lines.data) - 1
        for row, place in enumerate(self._asked):
            signs = lines.data[np.minimum(starts + place, last)]
            right = self._allowed[row][np.where(place < lengths, signs, _BLANK)]
            if not right.all():  # only lines that may still fit are looked at further
                rows, starts, lengths = rows[right], starts[right], lengths[right]
        fits[rows] = True
        return fits

    def fits(self, text: str) -> bool:
        """Say whether a text has this shape."""
        long = text.ljust(self._width)
        return all(long[place] in allowed for place, allowed in zip(self._asked, self._signs, strict=True))
