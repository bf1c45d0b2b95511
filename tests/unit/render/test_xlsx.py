"""A workbook holds times, numbers and texts as such, and nothing that a spreadsheet would execute."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.model.problem import Misconfigured
from tollbook.render import xlsx
from tollbook.render.tables import FORMATS

_NS = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
COLUMNS = {"started_local": "Started", "called": "To", "talk_s": "Talk (s)", "pbx_charge": "Charge"}
CALL = {"started_local": "2026-11-28T13:29:10", "called": "0012345", "talk_s": 65, "pbx_charge": "12.50"}


def workbook(rows: list[dict[str, Any]], columns: dict[str, str] = COLUMNS) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(FORMATS["xlsx"].write(columns, rows))))


def sheet(rows: list[dict[str, Any]], columns: dict[str, str] = COLUMNS) -> ET.Element:
    return ET.fromstring(workbook(rows, columns).read("xl/worksheets/sheet1.xml"))  # noqa: S314 - our own file


def cells(rows: list[dict[str, Any]], columns: dict[str, str] = COLUMNS) -> list[tuple[str, str, str]]:
    """Return each cell's place, type (n: number, inlineStr: text) and contents."""
    found = sheet(rows, columns).iterfind(".//x:c", _NS)
    return [(each.attrib["r"], each.attrib.get("t", "n"), "".join(each.itertext())) for each in found]


def test_each_value_has_its_type_and_an_empty_one_no_cell() -> None:
    empty = dict.fromkeys(COLUMNS)

    assert cells([CALL, empty, {**empty, "pbx_charge": "free"}])[4:] == [
        ("A2", "n", "46354.5619212963"),
        ("B2", "inlineStr", "0012345"),
        ("C2", "n", "65"),
        ("D2", "n", "12.5"),
        ("D4", "inlineStr", "free"),
    ]


def test_headings_stay_in_sight_and_columns_are_as_wide_as_they_need() -> None:
    page = sheet([CALL])
    pane, widths = page.find(".//x:pane", _NS), [each.attrib for each in page.iterfind(".//x:col", _NS)]

    assert pane is not None
    assert (pane.attrib["ySplit"], pane.attrib["state"]) == ("1", "frozen")
    assert [float(each["width"]) > len(heading) for each, heading in zip(widths, COLUMNS.values(), strict=True)]
    assert float(widths[0]["width"]) > len("2026-11-28 13:29:10")


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+44", "-1", "http://example.com", "=cmd|' /C calc'!A0", "{=1}"])
def test_no_text_of_a_pbx_is_a_formula_or_a_link(text: str) -> None:
    page = workbook([{**CALL, "called": text}]).read("xl/worksheets/sheet1.xml").decode()

    assert ("B2", "inlineStr", text) in cells([{**CALL, "called": text}])
    assert not re.search(r"<f[ >]|<hyperlink", page)


@given(st.text(max_size=20))
def test_whatever_stands_in_a_text_the_workbook_can_be_read(text: str) -> None:
    clean = "".join(each for each in text if each.isprintable())
    found = {place: contents for place, _, contents in cells([{**CALL, "called": text}])}

    assert found.get("B2", "") == text or text != clean


def test_a_time_before_excels_first_is_a_text() -> None:
    assert ("A2", "inlineStr", "1899-12-31T00:00:00") in cells([{**CALL, "started_local": "1899-12-31T00:00:00"}])


def test_a_text_longer_than_a_cell_is_cut() -> None:
    assert len(cells([{**CALL, "called": "x" * 40_000}])[5][2]) == 32_767


def test_a_table_without_rows_has_its_headings() -> None:
    assert [contents for _, _, contents in cells([])] == list(COLUMNS.values())


def test_more_rows_than_a_workbook_takes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "XLSX_ROWS", 2)

    assert len(cells([CALL] * 2)) == 12
    with pytest.raises(Misconfigured, match="a workbook takes 2 rows"):
        cells([CALL] * 3)
    assert len(cells([CALL])) == 8
