"""Hands the rows of long tables over to another process, by a file and a thousand at a time.

One piece of a hundred thousand rows would be made without a pause, and every page would wait for it.
"""

from __future__ import annotations

import pickle
from pathlib import Path

import msgspec

from tollbook.model.report import ReportRow, ReportTable

_AT_ONCE = 1000


def put_rows(table: ReportTable, path: Path) -> ReportTable:
    """Write the rows of a table into a file that nobody else reads; returns the table without them."""
    path.touch(0o600)
    with path.open("wb") as file:
        for begin in range(0, len(table.rows), _AT_ONCE):
            pickle.dump(table.rows[begin : begin + _AT_ONCE], file, pickle.HIGHEST_PROTOCOL)
    return msgspec.structs.replace(table, rows=[], drills=())


def with_rows(table: ReportTable, path: Path) -> ReportTable:
    """Return a table with the rows of a file, which is removed."""
    rows: list[ReportRow] = []
    with path.open("rb") as file:
        while file.peek(1):
            rows += pickle.load(file)  # noqa: S301 - this very program has written it
    path.unlink()
    return msgspec.structs.replace(table, rows=rows)
