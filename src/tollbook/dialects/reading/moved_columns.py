"""Puts columns back that a PBX wrote one place too far left.

A layout names them in order. A first cell that is none of the texts that belong there is the second column's, and
the rest follows; nothing is thrown away, and a row that does not look moved stays as it was written.
"""

from __future__ import annotations

import numpy as np

from tollbook.dialects.layout.layout import Moved
from tollbook.dialects.reading.rules import FieldColumns
from tollbook.model.texts import choose


class Mover:
    """Puts one record's moved columns back, in place."""

    def __init__(self, moved: Moved) -> None:
        self._first, self._second, self._last = moved.columns
        self._at_home = frozenset(("", *(text.casefold() for text in moved.unless)))

    def put_back(self, columns: FieldColumns) -> None:
        """Move what stands too far left; common batches have nothing to move and cost one look at the first column."""
        first, second, last = (columns[name] for name in (self._first, self._second, self._last))
        numbers, texts = first.numbered()
        strange = np.array([text.casefold() not in self._at_home for text in texts], np.bool_)[numbers]
        # Without quotes the moved text has spilled over, and the empty cell after it left a comma at the end.
        spilled = strange & (last.lengths > 0) & (last.edges()[1] == ord(","))
        moved = spilled | (strange & (last.lengths == 0))
        if not moved.any():
            return
        rows = np.flatnonzero(spilled)
        rests = [f"{text},{over[:-1]}" for text, over in zip(second[rows], last[rows], strict=True)]
        columns[self._first] = first.without(moved)
        columns[self._second] = choose(moved, first, second)
        columns[self._last] = choose(moved, second, last).replaced(rows, rests)
