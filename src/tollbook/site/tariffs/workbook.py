"""Reads a spreadsheet, or a zip that holds one file, in a process of its own: `python -m … FILE SHEET`.

A spreadsheet is an archive that may unpack to anything: the process takes no more memory and time than it is allowed,
and whoever started it sees that it ended. It writes messages of msgpack to stdout, each behind its size in four bytes:
what there is, then rows as pairs of line and cells, then the end.
"""

from __future__ import annotations

import io
import resource
import sys
import zipfile
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

import msgspec
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from tollbook.model.limits import ARCHIVE_MEMBERS, LIST_FILE, LIST_MEMORY, LIST_S, LIST_UNPACKED

_WORKBOOKS = ("xl/", "content.xml")
"""What a zip has that is a spreadsheet."""
_ROWS_AT_ONCE = 2000
_EXACT = 10**15


class BookMessage(msgspec.Struct, omit_defaults=True):
    """What the process says: why a file is refused, the text of a zip, or the sheets, rows and the end."""

    refused: str = ""
    text: bytes = b""
    sheets: list[str] = []
    sheet: str = ""
    rows: list[tuple[int, list[str]]] = []
    end: bool = False


class NotUnpacked(Exception):
    """The file is not read; the text says why."""


def main(path: str, sheet: str) -> None:
    """Write what a file holds to stdout."""
    resource.setrlimit(resource.RLIMIT_AS, (LIST_MEMORY, LIST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (LIST_S, LIST_S + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        for message in messages(Path(path).read_bytes(), sheet):
            send(message)
    except (NotUnpacked, CalamineError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as fault:
        send(BookMessage(refused=str(fault) or type(fault).__name__))


def send(message: BookMessage) -> None:
    """Write one message."""
    packed = msgspec.msgpack.encode(message)
    sys.stdout.buffer.write(len(packed).to_bytes(4) + packed)


def messages(data: bytes, sheet: str) -> Iterator[BookMessage]:
    """Yield what a file holds: the text of one in a zip, or sheets and the rows of the one that is chosen."""
    if data.startswith(b"PK"):
        data = unpacked(data)
        if not data.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
            yield BookMessage(text=data)
            return
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    names = [
        each.name
        for each in book.sheets_metadata
        if each.typ == SheetTypeEnum.WorkSheet and each.visible == SheetVisibleEnum.Visible
    ]
    chosen = sheet if sheet in names else names[0] if len(names) == 1 else ""
    yield BookMessage(sheets=names, sheet=chosen)
    if chosen:
        rows = rows_of(book.get_sheet_by_name(chosen))
        while some := list(islice(rows, _ROWS_AT_ONCE)):
            yield BookMessage(rows=some)
    yield BookMessage(end=True)


def unpacked(data: bytes) -> bytes:
    """Return a spreadsheet as it is, or the one file of a zip."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [each for each in archive.infolist() if not each.is_dir()]
        if len(members) > ARCHIVE_MEMBERS:
            raise NotUnpacked(f"it holds more than {ARCHIVE_MEMBERS} files")
        if sum(each.file_size for each in members) > LIST_UNPACKED:
            raise NotUnpacked(f"it unpacks to more than {LIST_UNPACKED >> 20} MiB")
        if any(each.filename.startswith(_WORKBOOKS) for each in members):
            return data
        if len(members) != 1:
            raise NotUnpacked(f"it holds {len(members)} files, and it is not said which of them is the price list")
        with archive.open(members[0]) as member:
            held = member.read(LIST_FILE + 1)
    if len(held) > LIST_FILE:
        raise NotUnpacked(f"it unpacks to more than {LIST_FILE >> 20} MiB")
    return unpacked(held) if held.startswith(b"PK") and _is_workbook(held) else held


def _is_workbook(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return any(name.startswith(_WORKBOOKS) for name in archive.namelist()[:ARCHIVE_MEMBERS])


def rows_of(sheet: CalamineSheet) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a sheet with their numbers; empty cells at the end of a row are none."""
    for line, cells in enumerate(sheet.iter_rows(), 1):
        texts = [text(cell) for cell in cells]
        while texts and not texts[-1]:
            texts.pop()
        yield line, texts


def text(cell: object) -> str:
    """Return a cell as a person sees it: 49 of a number 49.0, and an amount with the digits that are exact.

    >>> text(49.0), text(0.1 + 0.2), text(5e-05), text(datetime(2026, 1, 1))
    ('49', '0.3', '0.00005', '2026-01-01 00:00:00')
    """
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < _EXACT else _amount(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    return str(cell)


def _amount(number: float) -> str:
    """Return fifteen digits, which is what a spreadsheet keeps; larger numbers stay as they are rounded."""
    exact = f"{number:.15g}"
    if "e-" not in exact:
        return exact
    digits, _, power = exact.partition("e-")
    places = len(digits.partition(".")[2]) + int(power)
    return f"{number:.{places}f}"


if __name__ == "__main__":
    main(*sys.argv[1:3])
