"""Reads a carrier's price list into rows of text: CSV as it is met, a spreadsheet, or a zip that holds one of them.

Every size has a limit, named where it is reached. Spreadsheets and archives are read by a process of their own
(`workbook`), which has its share of memory and time and harms nothing when it needs more.
"""

from __future__ import annotations

import csv
import io
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from stat import S_ISREG
from typing import IO

import msgspec

from tollbook.model.limits import (
    LIST_CELL,
    LIST_COLUMNS,
    LIST_FILE,
    LIST_MEMORY,
    LIST_ROWS,
    LIST_S,
    LIST_TEXT,
)
from tollbook.model.problem import Misconfigured, Problem, nearest
from tollbook.model.spreadsheets import decoded
from tollbook.rating.lists.headings import ListRow
from tollbook.site.tariffs import workbook
from tollbook.site.tariffs.workbook import BookMessage

_SEPARATORS = ";\t|,"
"""The one that comes first counts where two fit as well: a comma may stand in amounts."""
_SAMPLE = 200
_PACKED = (b"PK\x03\x04", b"PK\x05\x06")
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ODD_BLANKS = str.maketrans({"\u00a0": " ", "\u2007": " ", "\u202f": " ", "\u200b": "", "\ufeff": "", "\r": ""})


class ListFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file's rows. Of several sheets one has to be chosen: `sheets` are their names, and without one no rows."""

    rows: list[ListRow] = []
    sheets: list[str] = []
    sheet: str = ""

    @property
    def asks_sheet(self) -> bool:
        """Whether one of several sheets has to be chosen."""
        return len(self.sheets) > 1 and not self.sheet


def read_list(path: Path, sheet: str = "") -> ListFile:
    """Return the rows of a file; raises `Misconfigured` for one that is empty or cannot be read within the limits."""
    found = _found(path, sheet)
    if not found.asks_sheet and not any(any(row.cells) for row in found.rows):
        what = f"the sheet {found.sheet!r}" if found.sheet else "the file"
        raise _refused(path, f"{what} is empty", "see that the carrier's file was saved whole")
    return found


def _found(path: Path, sheet: str) -> ListFile:
    try:
        looked = path.stat()
        if not S_ISREG(looked.st_mode):
            raise _refused(path, "it is no plain file", "name a CSV or XLSX file")
        if looked.st_size > LIST_FILE:
            raise _refused(path, f"it has more than {LIST_FILE >> 20} MiB", "leave out what is no price list")
        with path.open("rb") as file:
            begins = file.read(8)
            if begins.startswith((*_PACKED, _OLD_WORKBOOK)):
                return _read_workbook(path, sheet)
            file.seek(0)
            return ListFile(rows=rows_of_text(file.read(), path))
    except OSError as fault:
        raise _refused(path, fault.strerror or str(fault), "") from fault


def rows_of_text(data: bytes, path: Path) -> list[ListRow]:
    """Return the rows of text in any of the usual encodings, with any of the usual separators."""
    text = decoded(data)
    if "\0" in text:
        raise _refused(path, "it is no text", "save it as CSV")
    separator = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        return list(_within_limits(_numbered(reader), path))
    except csv.Error as fault:
        reason = f"{fault} in line {reader.line_num + 1}; a cell may have {LIST_CELL} characters"
        raise _refused(path, reason, "a quotation mark may be missing") from fault


def _numbered(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows with the line in which each begins."""
    line = 1
    for cells in reader:
        yield line, cells
        line = getattr(reader, "line_num", line) + 1


def _within_limits(rows: Iterable[tuple[int, list[str]]], path: Path) -> Iterator[ListRow]:
    """Yield rows as they are compared, as long as there are not too many."""
    total = 0
    for count, (line, cells) in enumerate(rows, 1):
        size = sum(map(len, cells))
        total += size
        if count > LIST_ROWS:
            raise _refused(path, f"it has more than {LIST_ROWS} rows", "divide it")
        if len(cells) > LIST_COLUMNS and any(cells[LIST_COLUMNS:]):
            raise _refused(path, f"line {line} has more than {LIST_COLUMNS} columns", "")
        if size > LIST_CELL and max(map(len, cells)) > LIST_CELL:
            raise _refused(path, f"a cell in line {line} has more than {LIST_CELL} characters", "")
        if total > LIST_TEXT:
            raise _refused(path, f"its cells have more than {LIST_TEXT} characters", "divide it")
        yield ListRow(line, tuple([_tidied(cell) for cell in cells[:LIST_COLUMNS]]))


def _tidied(cell: str) -> str:
    return cell.strip() if cell.isascii() and "\r" not in cell else cell.translate(_ODD_BLANKS).strip()


def _separator(text: str) -> str:
    """Return what separates cells: with it most rows have equally many, two at least."""
    first = text[:6].casefold()
    if first.startswith("sep=") and first[4:5]:
        return text[4]
    fits = {each: _evenness(text, each) for each in _SEPARATORS}
    return max(_SEPARATORS, key=lambda each: fits[each])


def _evenness(text: str, separator: str) -> float:
    """Return the share of rows at the beginning that have as many cells as most have."""
    reader = csv.reader(io.StringIO(text[: _SAMPLE * 1000], newline=""), delimiter=separator)
    try:
        sizes = [len(cells) for cells in islice(reader, _SAMPLE) if any(cells)]
    except csv.Error:
        return 0
    several = [size for size in sizes if size > 1]
    return max((several.count(size) for size in set(several)), default=0) / max(len(sizes), 1)


# ---------------------------------------------------------------- spreadsheets


def _read_workbook(path: Path, sheet: str) -> ListFile:
    command = [sys.executable, "-I", "-m", workbook.__name__, str(path.absolute()), sheet]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own module
        try:
            found = _received(process.stdout, path, sheet) if process.stdout else None
        finally:
            process.kill()
    if found is None:
        raise _refused(path, _why_ended(process.returncode), "save the sheet with the prices alone, as CSV or XLSX")
    return found


def _received(stream: IO[bytes], path: Path, sheet: str) -> ListFile | None:
    """Return what the process says of a workbook; nothing where it ended in the middle."""
    messages = _messages(stream)
    try:
        head = next(messages)
        if head.refused:
            raise _refused(path, head.refused, "")
        if head.text:
            return ListFile(rows=rows_of_text(head.text, path))
        if sheet and sheet not in head.sheets:
            problem = f"there is no sheet {sheet!r}", "a sheet is named as in the file", path.name
            raise Misconfigured(Problem(*problem, nearest(sheet, head.sheets)))
        rows = _within_limits(_sheet_rows(messages), path)
        return ListFile(rows=list(rows), sheets=head.sheets, sheet=head.sheet)
    except (StopIteration, EOFError):
        return None


def _sheet_rows(messages: Iterator[BookMessage]) -> Iterator[tuple[int, list[str]]]:
    for message in messages:
        if message.end:
            return
        yield from message.rows
    raise EOFError


def _messages(stream: IO[bytes]) -> Iterator[BookMessage]:
    """Yield what comes from the process: the size of each message stands before it."""
    while size := int.from_bytes(stream.read(4)):
        if size > LIST_TEXT:
            raise EOFError
        yield msgspec.msgpack.decode(stream.read(size), type=BookMessage)


def _why_ended(code: int) -> str:
    if code == -signal.SIGXCPU:
        return f"reading it takes more than {LIST_S} s"
    return f"it is damaged, or reading it takes more than {LIST_MEMORY >> 20} MiB of memory or {LIST_S} s"


def _refused(path: Path, reason: str, help_: str) -> Misconfigured:
    return Misconfigured(Problem("the price list cannot be read", reason, path.name, help_))
