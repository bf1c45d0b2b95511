"""Puts columns back that a PBX wrote one place too far left.

A layout names them in order. A first cell that is none of the texts that belong there is the second column's, and
the rest follows; nothing is thrown away, and a row that does not look moved stays as it was written.
"""

from __future__ import annotations

from typing import Any

from tollbook.dialects.layout import Moved


class Mover:
    """Puts one record's moved columns back, in place."""

    def __init__(self, moved: Moved) -> None:
        self._first, self._second, self._last = moved.columns
        self._at_home = frozenset(("", *(text.casefold() for text in moved.unless)))

    def put_back(self, columns: dict[str, list[Any]]) -> None:
        """Move what stands too far left; common batches have nothing to move and cost one look at each cell."""
        first, second, last = columns[self._first], columns[self._second], columns[self._last]
        strangers = {text for text in set(first) if text.casefold() not in self._at_home}
        if not strangers:
            return
        for row, text in enumerate(first):
            # Without quotes the moved text has spilled over, and the empty cell after it left a comma at the end.
            if text in strangers and (not last[row] or last[row].endswith(",")):
                rest = f"{second[row]},{last[row][:-1]}" if last[row] else second[row]
                first[row], second[row], last[row] = "", text, rest
