"""Reads a table as spreadsheets write it, and says of each row what is wrong and what it would change.

Separated by semicolons, commas or tabs; UTF-8, UTF-16 or Latin-1, with a byte order mark or without; the heading in any
order and case; empty lines count for nothing. Every fault has its line and column, so that all can be mended at once.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Literal

import msgspec

from tollbook.model.page_limits import DIRECTORY_FILE, DIRECTORY_ROWS
from tollbook.model.problem import Problem, nearest
from tollbook.model.spreadsheets import decoded
from tollbook.site.directory.checks import tidied

_SEPARATORS = "\t;,"
_UNREADABLE = "\N{REPLACEMENT CHARACTER}"
_OTHER_NAMES = {
    "cost_center": "cost_centre", "e_mail": "mail", "email": "mail", "extension": "value", "ext": "value",
}  # fmt: skip
ChangeKind = Literal["new", "changed", "ended", "unchanged"]


class CsvFault(msgspec.Struct, frozen=True):
    """One fault of a file: where it stands, what is wrong, why, and what to do. The heading is the first line."""

    line: int
    column: str
    what: str
    reason: str = ""
    help: str = ""


class RowChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a row of a file would change, in words; `before` is what is there now."""

    line: int
    change: ChangeKind
    what: str
    before: str = ""


class ImportPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What a file would change, or has changed: rows by what becomes of them, what is new beside, and every fault.

    `left_out` counts the rows that have a fault; `changes` lists those that change something.
    """

    applied: bool
    rows: int
    new: int
    changed: int
    ended: int
    unchanged: int
    left_out: int
    people: list[str] = []
    departments: list[str] = []
    cost_centres: list[str] = []
    changes: list[RowChange]
    faults: list[CsvFault]


class CsvRow(msgspec.Struct, frozen=True):
    """A row: its line, and its cells by column; a column that the file has not is empty."""

    line: int
    cells: dict[str, str]


class CsvTable(msgspec.Struct, frozen=True):
    """The rows of a file, and what is wrong with it before any row is looked at."""

    rows: list[CsvRow]
    faults: list[CsvFault]


def faults_of(line: int, column: str, problems: Iterable[Problem]) -> list[CsvFault]:
    """Return problems as faults of a cell."""
    return [CsvFault(line, column, each.what, each.reason, each.help) for each in problems]


def as_cells(value: msgspec.Struct, columns: Iterable[str]) -> dict[str, str]:
    """Return a value as a row of such a file: nothing is empty, flags are yes or no, several texts have semicolons."""
    told = msgspec.to_builtins(value)
    return {name: _cell(told[name]) for name in columns}


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "; ".join(value) if isinstance(value, list | tuple) else str(value or "")


def previewed(table: CsvTable, changes: list[RowChange], faults: list[CsvFault], *, applied: bool) -> ImportPreview:
    """Return what becomes of a file's rows."""
    counts = Counter(each.change for each in changes)
    return ImportPreview(
        applied=applied,
        rows=len(table.rows),
        left_out=len(table.rows) - len(changes),
        changes=[each for each in changes if each.change != "unchanged"],
        faults=sorted(table.faults + faults, key=lambda each: (each.line, each.column)),
        new=counts["new"],
        changed=counts["changed"],
        ended=counts["ended"],
        unchanged=counts["unchanged"],
    )


def read_table(data: bytes, columns: Collection[str], needed: Collection[str]) -> CsvTable:
    """Return the rows of a file that may have some columns, and must have those that are needed."""
    if len(data) > DIRECTORY_FILE:
        return CsvTable([], [CsvFault(1, "", "the file is too large", f"{DIRECTORY_FILE >> 20} MiB are taken")])
    text = decoded(data)
    lines = _lines(text, _separator(text))
    line, heading = next(lines, (1, []))
    names = [_column(cell, columns) for cell in heading]
    faults = list(_heading_faults(names, line, columns, needed))
    lacking = any(name not in names for name in needed)
    rows = [] if lacking else list(_rows(lines, names, faults))
    if len(rows) > DIRECTORY_ROWS:
        return CsvTable([], [CsvFault(1, "", "the file has too many rows", f"{DIRECTORY_ROWS} are taken")])
    return CsvTable(rows, faults)


def _lines(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines that hold something, each with its number; one that a quotation mark spoils is the last."""
    reader, is_first = csv.reader(io.StringIO(text, newline=""), delimiter=separator), True
    while True:
        line = reader.line_num + 1
        try:
            cells = [tidied(cell) for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error:
            yield line, [_UNREADABLE]
            return
        if any(cells) and not (is_first and cells[0].startswith("sep=")):
            yield line, cells
        is_first = is_first and not any(cells)


def _separator(text: str) -> str:
    """Return what separates the cells of the heading, which has more of that than of anything else."""
    heading = next((line for line in text.splitlines() if line.strip(_SEPARATORS + ' "')), "")
    if heading.startswith("sep=") and heading[4:5] in _SEPARATORS:
        return heading[4:5] or ","
    return max(_SEPARATORS, key=heading.count) if any(each in heading for each in _SEPARATORS) else ","


def _column(cell: str, columns: Collection[str]) -> str:
    name = cell.casefold().replace(" ", "_").replace("-", "_")
    other = _OTHER_NAMES.get(name, name)
    return other if other in columns else name


def _heading_faults(
    names: list[str],
    line: int,
    columns: Collection[str],
    needed: Collection[str],
) -> Iterator[CsvFault]:
    for number, name in enumerate(names):
        if name and name not in columns:
            yield CsvFault(
                line,
                name[:80],
                "there is no such column",
                "nothing is read from it",
                nearest(name, columns),
            )
        if name and name in names[:number]:
            yield CsvFault(line, name[:80], "the column stands there twice", "the first one is read")
    for name in needed:
        if name not in names:
            yield CsvFault(line, name, "the column is missing", "no row can be read without it", ",".join(columns))


def _rows(lines: Iterable[tuple[int, list[str]]], names: list[str], faults: list[CsvFault]) -> Iterator[CsvRow]:
    """Yield the rows that can be read as a row; of others the fault is noted, and they have no cells."""
    for line, cells in lines:
        odd = next((each for each in cells if _UNREADABLE in each), None)
        if odd is not None:
            reason = "it is cut, or in another encoding than the rest, or lacks a quotation mark"
            faults.append(CsvFault(line, "", "the row cannot be read", reason, "save it as CSV in UTF-8"))
        elif any(cells[len(names) :]):
            reason = f"{len(cells)} cells; the heading has {len(names)}"
            faults.append(CsvFault(line, "", "the row has more cells than the heading", reason))
        else:
            first_ones = dict(
                zip(reversed(names), reversed(cells[: len(names)] + [""] * (len(names) - len(cells))), strict=False),
            )
            yield CsvRow(line, first_ones)
            continue
        yield CsvRow(line, {})
