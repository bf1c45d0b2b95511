"""Price lists as files: every way of writing text and spreadsheets gives the same rows, hostile ones are refused."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tollbook.model import limits
from tollbook.model.problem import Misconfigured
from tollbook.site.tariffs import list_files
from tollbook.site.tariffs.list_files import read_list
from tollbook.site.tariffs.workbook import text

ROWS = [["Ziel", "Vorwahl", "Preis"], ["Österreich", "43", "0,05"], ["Deutschland", "49", "0,01"]]


def as_text(separator: str) -> str:
    return "".join(separator.join(cells) + "\r\n" for cells in ROWS)


def write_workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for line, cells in enumerate(rows):
                for place, cell in enumerate(cells):
                    sheet.write(line, place, cell, *([day] if isinstance(cell, date) else []))
    return path


def cells_of(path: Path, sheet: str = "") -> list[list[str]]:
    return [list(row.cells) for row in read_list(path, sheet).rows]


@pytest.mark.parametrize("separator", [";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_rows_are_the_same_in_every_encoding_and_with_every_separator(
    tmp_path: Path,
    separator: str,
    encoding: str,
) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(as_text(separator).encode(encoding))

    assert cells_of(path) == ROWS


def test_a_separator_may_be_said_in_the_first_line_and_commas_stand_in_quotes(tmp_path: Path) -> None:
    said, quoted = tmp_path / "said.csv", tmp_path / "quoted.csv"
    said.write_text("sep=|\n" + as_text("|"))
    quoted.write_text('Prefix,Rate\n"7400;7401","0.05"\n"4477, 4478",0.06\n')

    assert cells_of(said)[1:] == ROWS
    assert cells_of(quoted) == [["Prefix", "Rate"], ["7400;7401", "0.05"], ["4477, 4478", "0.06"]]


def test_blanks_of_every_kind_and_breaks_within_cells_are_read_and_lines_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text('Prefix;Rate\n"7400\n7401";1\u00a0234,50\n\ufeff49;\u00a00,05\u202f\n')

    rows = read_list(path).rows

    assert [(row.line, row.cells) for row in rows] == [
        (1, ("Prefix", "Rate")),
        (2, ("7400\n7401", "1 234,50")),
        (4, ("49", "0,05")),
    ]


def test_cells_of_a_workbook_are_as_a_person_sees_them(tmp_path: Path) -> None:
    path = write_workbook(
        tmp_path / "list.xlsx",
        {"Rates": [["Code", "Rate", "From"], [49, 0.1 + 0.2, date(2026, 1, 31)]]},
    )

    assert cells_of(path) == [["Code", "Rate", "From"], ["49", "0.3", "2026-01-31"]]
    assert [text(number) for number in (5e-05, 1.5, 2520000000.0, 1.23e20)] == [
        "0.00005",
        "1.5",
        "2520000000",
        "1.23e+20",
    ]


def test_lines_of_a_workbook_are_those_of_its_sheet(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "list.xlsx", {"Rates": [[], [], ["Code", "Rate"], [], ["49", "0.1"]]})

    assert [(row.line, row.cells) for row in read_list(path).rows if any(row.cells)] == [
        (3, ("Code", "Rate")),
        (5, ("49", "0.1")),
    ]


def test_of_several_sheets_one_is_asked_for(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "list.xlsx", {"Cover": [["Hello"]], "Rates": ROWS})

    asked = read_list(path)

    assert (asked.asks_sheet, asked.sheets, asked.rows) == (True, ["Cover", "Rates"], [])
    assert cells_of(path, "Rates") == ROWS
    with pytest.raises(Misconfigured, match="did you mean 'Rates'"):
        read_list(path, "Rate")


def test_a_zip_of_one_file_is_that_file(tmp_path: Path) -> None:
    book = write_workbook(tmp_path / "list.xlsx", {"Rates": ROWS})
    for name, data in {"list.csv": as_text(";").encode(), "list.xlsx": book.read_bytes()}.items():
        with zipfile.ZipFile(tmp_path / "list.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, data)

        assert cells_of(tmp_path / "list.zip") == ROWS


def refusal(path: Path) -> str:
    with pytest.raises(Misconfigured) as refused:
        read_list(path)
    return str(refused.value)


def test_a_zip_of_several_files_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "list.zip", "w") as archive:
        archive.writestr("a.csv", "1")
        archive.writestr("b.csv", "1")

    assert "it holds 2 files" in refusal(tmp_path / "list.zip")


def test_what_only_begins_like_a_workbook_is_refused(tmp_path: Path) -> None:
    for begins in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        (tmp_path / "list.xlsx").write_bytes(begins + b"\x00" * 600)

        assert "the price list cannot be read" in refusal(tmp_path / "list.xlsx")


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "list.csv").open("wb") as file:
        file.truncate(limits.LIST_FILE + 1)

    assert "it has more than 128 MiB" in refusal(tmp_path / "list.csv")


def test_a_cell_that_is_too_long_is_refused(tmp_path: Path) -> None:
    for length in (limits.LIST_CELL + 1, 2 * limits.LIST_CELL):
        (tmp_path / "list.csv").write_text(f"49;{'1' * length}\n")

        assert str(limits.LIST_CELL) in refusal(tmp_path / "list.csv")


def test_more_rows_columns_or_text_than_are_taken_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "list.csv"
    path.write_text("49;0.1\n" * 11)
    for name, value, told in (
        ("LIST_ROWS", 10, "it has more than 10 rows"),
        ("LIST_COLUMNS", 1, "line 1 has more than 1 columns"),
        ("LIST_TEXT", 50, "its cells have more than 50 characters"),
    ):
        with monkeypatch.context() as changed:
            changed.setattr(list_files, name, value)

            assert told in refusal(path)


def test_a_workbook_that_would_unpack_to_more_than_is_taken_is_refused(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "bomb.xlsx", {"Rates": ROWS})
    data = bytearray(path.read_bytes())
    size_of_first = data.index(b"PK\x01\x02") + 24
    data[size_of_first : size_of_first + 4] = (limits.LIST_UNPACKED + 1).to_bytes(4, "little")
    path.write_bytes(data)

    assert f"it unpacks to more than {limits.LIST_UNPACKED >> 20} MiB" in refusal(path)


def test_the_text_of_a_zip_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "list.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("list.csv", bytes(limits.LIST_FILE + 1))

    assert f"it unpacks to more than {limits.LIST_FILE >> 20} MiB" in refusal(tmp_path / "list.zip")


def test_a_workbook_that_lies_about_its_size_ends_its_own_process_alone(tmp_path: Path) -> None:
    """Two cells at opposite corners would make a table of seventeen thousand million."""
    sheet = '<c r="{0}"><v>1</v></c>'
    path = write_workbook(tmp_path / "list.xlsx", {"Rates": [["49"]]})
    with zipfile.ZipFile(path) as book, zipfile.ZipFile(tmp_path / "corners.xlsx", "w") as corners:
        for name in book.namelist():
            data = book.read(name)
            if name == "xl/worksheets/sheet1.xml":
                begin, end = data.split(b"<sheetData>")[0], data.split(b"</sheetData>")[1]
                rows = f'<row r="1">{sheet.format("A1")}</row><row r="1048576">{sheet.format("XFD1048576")}</row>'
                data = begin + b"<sheetData>" + rows.encode() + b"</sheetData>" + end
            corners.writestr(name, data)

    assert "MiB of memory" in refusal(tmp_path / "corners.xlsx")
