"""What of a table fits a terminal: texts are broken between words, numbers and names never are.

Where there is no room for all, columns that the table can do without are left out, one after another; where that does
not do, each row is written as a block of lines.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

GAP = 2
"""Blanks between two columns."""
_PROSE, _NARROWEST = 24, 24
"""A cell with blanks and more letters than this is broken between words; such a column keeps this much room."""


class TextColumn(msgspec.Struct, frozen=True):
    """A column as it is printed: its title and the text of each row."""

    title: str
    texts: list[str]

    @property
    def is_prose(self) -> bool:
        """Whether its texts may be broken between words."""
        return any(len(text) > _PROSE and " " in text for text in self.texts)

    @property
    def room(self) -> int:
        """The fewest columns of a terminal that it can do with."""
        longest = max(map(len, self.texts), default=0)
        if self.is_prose:
            words = (len(word) for text in self.texts for word in text.split())
            longest = min(longest, max(_NARROWEST, *words))
        return max(longest, len(self.title))


def fitting(columns: Sequence[TextColumn], width: int, spare: Sequence[str]) -> list[TextColumn] | None:
    """Return the columns that fit side by side, those in `spare` given up in that order; None where they do not.

    >>> three = [TextColumn("a", ["12345"]), TextColumn("b", ["1"]), TextColumn("c", ["123"])]
    >>> [each.title for each in fitting(three, 10, ["b"])], fitting(three, 9, ["b"])
    (['a', 'c'], None)
    """
    left, given_up = list(columns), list(spare)
    while _width(left) > width:
        gone = next((title for title in given_up if any(each.title == title for each in left)), None)
        if gone is None:
            return None
        given_up.remove(gone)
        left = [each for each in left if each.title != gone]
    return left


def _width(columns: Sequence[TextColumn]) -> int:
    return sum(each.room for each in columns) + GAP * (len(columns) - 1)


def blocks(columns: Sequence[TextColumn]) -> list[str]:
    r"""Return each row as lines of its own, a title and a text on each; what is empty has none.

    >>> blocks([TextColumn("caller", ["101", ""]), TextColumn("to", ["5550100", "102"])])
    ['caller  101\nto      5550100', 'to      102']
    """
    titles = max((len(each.title) for each in columns), default=0) + GAP
    rows = range(max((len(each.texts) for each in columns), default=0))
    return [
        "\n".join(f"{each.title:<{titles}}{each.texts[row]}" for each in columns if each.texts[row]) for row in rows
    ]
