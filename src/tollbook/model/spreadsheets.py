"""What stands in a cell of a CSV file for spreadsheets: one rule for downloads, API, commands and sinks.

A caller chooses what arrives as a number, and a spreadsheet runs a cell that begins like a formula.
"""

from __future__ import annotations

from typing import Any

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def cell(value: Any) -> Any:  # noqa: ANN401 - any column's value
    """Return a cell that no spreadsheet takes for a formula.

    >>> cell("=1+1"), cell("*69"), cell(5), cell(None)
    ("'=1+1", '*69', 5, '')
    """
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return "" if value is None else value
