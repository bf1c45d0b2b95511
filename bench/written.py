"""The page that keeps the figures: they stand under one heading of it, and all else in it is left alone."""

from __future__ import annotations

from collections.abc import Sequence

from bench.tables import Table, markdown

HEADING = "## Figures"
_NEW_PAGE = "# Performance\n\n"


def figures(told: Sequence[str], tables: Sequence[Table]) -> str:
    """Return the section: what was measured on, then the tables."""
    lines = [HEADING, "", *(f"- {line}" for line in told), "", *map(markdown, tables)]
    return "\n".join(lines).rstrip("\n") + "\n"


def with_figures(page: str, section: str) -> str:
    r"""Return a page with the section in place of the one it had, or at its end.

    >>> with_figures("# P\n\n## Figures\n\nold\n\n## Notes\n", "## Figures\n\nnew\n")
    '# P\n\n## Figures\n\nnew\n\n## Notes\n'
    >>> with_figures("# P\n", "## Figures\n")
    '# P\n\n## Figures\n'
    """
    before, had, rest = (page or _NEW_PAGE).partition(f"{HEADING}\n")
    _, mark, after = rest.partition("\n## ")
    head = before if had else before.rstrip("\n") + "\n\n"
    return head + section + (f"\n## {after}" if mark else "")
