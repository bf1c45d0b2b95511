"""A table of figures, laid out for a terminal and as Markdown, and the spelling of its figures."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Laid

_NARROWEST = 12
"""Letters of a column of words in a narrow terminal."""


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of ready text under a title; `words` are the columns of words, all others hold figures."""

    title: str
    columns: tuple[str, ...]
    words: frozenset[str]
    rows: Sequence[tuple[str, ...]]
    notes: tuple[str, ...] = ()


def show(table: Table, console: Console) -> None:
    """Print a table and its notes."""
    laid = Laid(title=table.title, title_justify="left", title_style="bold")
    for column in table.columns:
        is_words = column in table.words
        laid.add_column(
            column,
            justify="left" if is_words else "right",
            overflow="fold",
            no_wrap=not is_words,
            min_width=_NARROWEST * is_words,
        )
    for row in table.rows:
        laid.add_row(*map(escape, row))
    console.print()
    console.print(laid)
    for note in table.notes:
        console.print(f"- {note}", style="dim", markup=False, highlight=False)


def markdown(table: Table) -> str:
    r"""Return a table as Markdown, its notes below it.

    >>> print(markdown(Table(title="T", columns=("a", "b"), words=frozenset("a"), rows=[("x|y", "1")])))
    ### T
    <BLANKLINE>
    | a | b |
    |---|--:|
    | x\|y | 1 |
    <BLANKLINE>
    """
    rules = ("---" if column in table.words else "--:" for column in table.columns)
    lines = [f"### {table.title}", "", _line(table.columns), f"|{'|'.join(rules)}|", *map(_line, table.rows), ""]
    if table.notes:
        lines += [*(f"- {note}" for note in table.notes), ""]
    return "\n".join(lines)


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def duration(seconds: float) -> str:
    """Return a duration to three figures, in the unit that reads best.

    >>> duration(0.01234), duration(2.345), duration(75.2)
    ('12.3 ms', '2.35 s', '75.2 s')
    """
    return f"{_three(seconds * 1000)} ms" if seconds < 1 else f"{_three(seconds)} s"


def _three(value: float) -> str:
    return next((f"{value:.{digits}f}" for limit, digits in ((10, 2), (100, 1)) if value < limit), f"{value:.0f}")


def ratio(value: float) -> str:
    """Return how many times as much.

    >>> ratio(0.314), ratio(12.3456)
    ('0.31x', '12.3x')
    """
    return f"{_three(value)}x"


def count(number: float) -> str:
    """Return a whole number with its thousands apart.

    >>> count(1234567.8)
    '1,234,568'
    """
    return f"{number:,.0f}"


def megabytes(size: float) -> str:
    """Return bytes in megabytes of 1,000,000.

    >>> megabytes(123_456_789)
    '123 MB'
    """
    return f"{size / 1e6:,.0f} MB"
