"""Tables as files: JSON, JSON lines and CSV, in pieces that are made while the rows are read.

A long table is never held whole: rows are pulled a few hundred at a time. The CSV is for spreadsheets: a text in it
that begins like a formula has an apostrophe before it, as everywhere (`model.spreadsheets`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec

from tollbook.model.spreadsheets import cell

Row = Mapping[str, Any]
Pieces = Iterator[bytes]

_ROWS_AT_ONCE = 500
_encoder = msgspec.json.Encoder()


class TableFormat(msgspec.Struct, frozen=True):
    """One way to write a table: its media type, and what yields the file in pieces of columns' names and rows."""

    content_type: str
    write: Callable[[Sequence[str], Iterable[Row]], Pieces]


def json_pieces(_names: Sequence[str], rows: Iterable[Row]) -> Pieces:
    """Yield a JSON array, one object a line."""
    before = b"["
    for some in _some_at_once(rows):
        yield before + b",\n".join(map(_encoder.encode, some))
        before = b",\n"
    yield b"[]\n" if before == b"[" else b"]\n"


def json_lines(_names: Sequence[str], rows: Iterable[Row]) -> Pieces:
    """Yield one JSON object a line."""
    yield from map(_encoder.encode_lines, _some_at_once(rows))


def csv_pieces(names: Sequence[str], rows: Iterable[Row]) -> Pieces:
    """Yield a CSV file in UTF-8, names first; lines end in CR LF (RFC 4180)."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(names)
    for some in _some_at_once(rows):
        writer.writerows([cell(row[name]) for name in names] for row in some)
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue().encode()


FORMATS = {
    "json": TableFormat("application/json", json_pieces),
    "ndjson": TableFormat("application/x-ndjson", json_lines),
    "csv": TableFormat("text/csv; charset=utf-8", csv_pieces),
}


def _some_at_once(rows: Iterable[Row]) -> Iterator[list[Row]]:
    source = iter(rows)
    while some := list(islice(source, _ROWS_AT_ONCE)):
        yield some
