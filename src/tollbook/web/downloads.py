"""A listing as a file, written while it is read: CSV for spreadsheets, JSON for programs."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

import msgspec

from tollbook.model.spreadsheets import cell

_ROWS_A_PIECE = 2000


class _Line:
    """A file for `csv.writer` that hands each line back."""

    def write(self, text: str) -> str:
        """Return the line instead of keeping it."""
        return text


def csv_pieces(names: list[str], rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield a CSV file in pieces, headings first."""
    writer = csv.writer(_Line())
    lines = (writer.writerow([cell(row[name]) for name in names]) for row in rows)
    yield from _joined(chain([writer.writerow(names)], lines))


def json_pieces(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield a JSON array in pieces, one object a line."""
    encode = msgspec.json.Encoder().encode
    marks = chain(["[\n"], iter(lambda: ",\n", None))
    lines = (mark + encode(row).decode() for mark, row in zip(marks, rows, strict=False))
    first = next(lines, "[")
    yield from _joined(chain([first], lines, ["\n]\n"]))


def _joined(lines: Iterator[str]) -> Iterator[str]:
    """Gather lines into pieces, so that a long file is not sent line by line."""
    while piece := "".join(islice(lines, _ROWS_A_PIECE)):
        yield piece
