"""A report says the same in every kind of file: its rows, its totals, and nothing that harms whoever opens it."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import openpyxl  # type: ignore[import-untyped] # it ships no types
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.fakes import reports
from tollbook.engine.jobs import Jobs
from tollbook.model.problem import Misconfigured
from tollbook.model.report import ChartKind, ReportChart, ReportColumn, ReportRow, ReportTable, ReportValue, Unit
from tollbook.model.spreadsheets import cell
from tollbook.render.reports.formats import REPORT_FORMATS, ReportOptions, file_name, report_file
from tollbook.render.reports.shown import WEEKDAYS, legible, lines
from tollbook.render.reports.workbook import xlsx_bytes
from tollbook.render.tables import CSV_STYLES

MADE_BY_HAND = (
    reports.every_unit(),
    reports.hostile(),
    reports.by_department(),
    reports.trend(),
    reports.heat_map(),
    reports.empty(),
)
VALUES: dict[Unit, st.SearchStrategy[ReportValue]] = {
    Unit.TEXT: st.text(max_size=40),
    Unit.COUNT: st.integers(0, 10**12),
    Unit.SECONDS: st.integers(0, 10**8),
    Unit.AMOUNT: st.decimals(-(10**6), 10**6, places=4),
    Unit.SHARE: st.integers(0, 1000).map(lambda part: part / 1000),
    Unit.NUMBER: st.integers(-(10**6), 10**6).map(lambda part: part / 8),
    Unit.DAY: st.dates(date(1990, 1, 1), date(2100, 1, 1)),
    Unit.HOUR: st.integers(0, 23),
    Unit.HALF_HOUR: st.integers(0, 47),
    Unit.WEEKDAY: st.integers(1, 7),
    Unit.MOMENT: st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(microsecond=0)),  # noqa: DTZ001 - of the PBX
}
VALUES |= {
    Unit.WEEK: VALUES[Unit.DAY],
    Unit.MONTH: st.builds(lambda day: day.replace(day=1), VALUES[Unit.DAY]),
    Unit.QUARTER: st.builds(lambda day: day.replace(month=day.month // 4 * 3 + 1, day=1), VALUES[Unit.DAY]),
    Unit.YEAR: st.builds(lambda day: day.replace(month=1, day=1), VALUES[Unit.DAY]),
}
MEASURES = frozenset((Unit.COUNT, Unit.SECONDS, Unit.AMOUNT, Unit.SHARE, Unit.NUMBER))


def values(unit: Unit) -> st.SearchStrategy[ReportValue]:
    return st.none() | VALUES[unit]


@st.composite
def tables(draw: st.DrawFn) -> ReportTable:
    """A report of one to six columns, with totals that are the sums of its measures."""
    units = [Unit.TEXT, *draw(st.lists(st.sampled_from(list(Unit)), max_size=5))]
    rows = draw(st.lists(st.tuples(*map(values, units)), min_size=1, max_size=8))
    totals = tuple(
        sum(row[place] or 0 for row in rows) if unit in MEASURES else None for place, unit in enumerate(units)
    )
    columns = tuple(
        ReportColumn(name=f"c{place}", title=f"Column {place}", unit=unit, is_measure=unit in MEASURES)
        for place, unit in enumerate(units)
    )
    return replace(reports.every_unit(), columns=columns, rows=list(rows), totals=totals, has_others=False)


def made(name: str, table: ReportTable, style: str = "plain") -> bytes:
    return report_file(name, table, ReportOptions(csv=CSV_STYLES[style]))


def read_back(unit: Unit, value: object) -> ReportValue:
    """Return what JSON or plain CSV wrote as what it was."""
    if value is None or (value == "" and unit != Unit.TEXT):
        return None
    read = _READ.get(unit)
    return read(value) if read else str(value)


def _clock(half_hours: int) -> Callable[[str], int]:
    return lambda text: (int(text[:2]) * 60 + int(text[3:])) // (60 // half_hours)


_READ: dict[Unit, Callable[[Any], ReportValue]] = {
    Unit.COUNT: int,
    Unit.SECONDS: float,
    Unit.AMOUNT: Decimal,
    Unit.SHARE: float,
    Unit.NUMBER: float,
    Unit.DAY: date.fromisoformat,
    Unit.WEEK: date.fromisoformat,
    Unit.MONTH: lambda text: date.fromisoformat(f"{text}-01"),
    Unit.QUARTER: lambda text: date(int(text[:4]), int(text[-1]) * 3 - 2, 1),
    Unit.YEAR: lambda text: date(int(text), 1, 1),
    Unit.HOUR: _clock(1),
    Unit.HALF_HOUR: _clock(2),
    Unit.WEEKDAY: int,
    Unit.MOMENT: datetime.fromisoformat,
}


def rows_read(table: ReportTable, rows: list[list[Any]]) -> list[ReportRow]:
    units = [column.unit for column in table.columns]
    return [tuple(read_back(*each) for each in zip(units, row, strict=True)) for row in rows]


@given(tables())
def test_json_has_every_value_and_total_as_it_was(table: ReportTable) -> None:
    read = json.loads(made("json", table))

    assert rows_read(table, read["rows"]) == table.rows
    assert rows_read(table, [read["totals"]]) == [table.totals]


@given(tables())
def test_plain_csv_is_the_names_of_the_columns_and_the_rows_and_nothing_else(table: ReportTable) -> None:
    named, *rows = csv.reader(io.StringIO(made("csv", table).decode(), newline=""))
    texts = [place for place, column in enumerate(table.columns) if column.unit == Unit.TEXT]
    expected = [tuple(cell(v) if place in texts else v for place, v in enumerate(row)) for row in table.rows]

    assert named == [column.name for column in table.columns]
    assert rows_read(table, rows) == expected


@given(tables())
def test_a_spreadsheet_gets_csv_with_the_totals_below_the_rows(table: ReportTable) -> None:
    written = list(
        csv.reader(io.StringIO(made("csv", table, "semicolon").decode("utf-8-sig"), newline=""), delimiter=";")
    )
    below = written[written.index([column.title for column in table.columns]) + 1 :]
    amounts = [place for place, column in enumerate(table.columns) if column.unit == Unit.AMOUNT]

    assert below[len(table.rows)][0] == "Total"
    assert len(below) == len(table.rows) + 3
    for place in amounts:
        assert [Decimal(row[place].replace(",", ".")) for row in below[: len(table.rows)] if row[place]] == [
            row[place] for row in table.rows if row[place] is not None
        ]
        assert Decimal(below[len(table.rows)][place].replace(",", ".")) == (table.totals or ())[place]


def sheet_of(data: bytes, *, values: bool) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=values)
    return list(book["Report"].iter_rows(values_only=True))


def from_sheet(unit: Unit, value: object) -> ReportValue:
    """Return a cell of a workbook as what it was."""
    assert value is None or isinstance(value, str | int | float | datetime | time | timedelta)
    from_cell = _FROM_SHEET.get(unit)
    return from_cell(value) if from_cell and value is not None else value  # type: ignore[return-value] # as it was


_FROM_SHEET: dict[Unit, Callable[[Any], ReportValue]] = {
    Unit.SECONDS: lambda value: round(value / timedelta(seconds=1), 1),
    Unit.AMOUNT: lambda value: round(Decimal(repr(float(value))), 4),
    Unit.DAY: datetime.date,
    Unit.WEEK: datetime.date,
    Unit.MONTH: datetime.date,
    Unit.QUARTER: lambda text: date(int(text[3:]), int(text[1]) * 3 - 2, 1),
    Unit.YEAR: datetime.date,
    Unit.HOUR: lambda value: value.hour,
    Unit.HALF_HOUR: lambda value: value.hour * 2 + value.minute // 30,
    Unit.WEEKDAY: lambda text: WEEKDAYS.index(text) + 1,
}


@settings(max_examples=30)
@given(tables())
def test_a_workbook_has_each_value_as_what_it_is_and_formulas_that_come_to_our_totals(table: ReportTable) -> None:
    data = made("xlsx", table)
    shown, formulas = sheet_of(data, values=True), sheet_of(data, values=False)
    top = shown.index(tuple(column.title for column in table.columns)) + 1
    units = [column.unit for column in table.columns]
    rows = [tuple(map(from_sheet, units, row)) for row in shown[top : top + len(table.rows)]]
    expected = [tuple(legible(v) or None if isinstance(v, str) else v for v in row) for row in table.rows]

    assert rows == expected
    for place, unit in enumerate(units):
        if unit in MEASURES:
            assert from_sheet(unit, shown[top + len(rows)][place]) == pytest.approx((table.totals or ())[place])
            is_sum = str(formulas[top + len(rows)][place]).startswith("=SUM(")
            assert is_sum == (unit != Unit.SHARE)


@settings(max_examples=15)
@given(tables())
def test_parquet_has_each_value_in_a_type_of_its_own_and_the_totals_beside(table: ReportTable) -> None:
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file, duckdb.connect() as database:
        Path(file.name).write_bytes(made("parquet", table))
        rows = database.execute("SELECT * FROM read_parquet(?)", [file.name]).fetchall()
        told = "SELECT value FROM parquet_kv_metadata(?) WHERE key = 'tollbook'"
        found = database.execute(told, [file.name]).fetchone()

    assert rows == table.rows
    assert found
    assert rows_read(table, [json.loads(found[0])["totals"]]) == [table.totals]


class _Cells(HTMLParser):
    """The texts of a table's rows, and every element that is there."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.elements: set[str] = set()
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on") or name in {"src", "href"}]
        self._in_cell |= tag in {"td", "th"}
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_cell &= tag not in {"td", "th"}

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.rows[-1][-1] += data


@pytest.mark.parametrize("table", MADE_BY_HAND, ids=lambda table: table.report)
def test_a_page_has_the_lines_as_they_are_read_and_no_element_that_is_not_ours(table: ReportTable) -> None:
    page = _Cells()
    page.feed(made("html", table).decode())
    ours = "html head meta title style body main h1 p dl dt dd figure figcaption ul li div svg g path text rect line "
    ours += "clippath defs table thead tbody tr th td bdi footer"

    assert page.rows[1:] == [list(line.texts) for line in lines(table)]
    assert page.elements <= set(ours.split())


@pytest.mark.parametrize("table", MADE_BY_HAND, ids=lambda table: table.report)
def test_no_text_of_a_workbook_is_a_formula(table: ReportTable) -> None:
    book = openpyxl.load_workbook(io.BytesIO(made("xlsx", table)))
    cells = [each.value for page in book for row in page.iter_rows() for each in row if each.data_type == "f"]

    assert [text for text in cells if not re.fullmatch(r"=(SUM\(|SUBTOTAL\(9,)[A-Z]+\d+:[A-Z]+\d+\)", text)] == []


def test_a_subtotal_is_a_formula_and_the_total_counts_no_row_twice() -> None:
    rows = sheet_of(made("xlsx", reports.by_department()), values=False)
    formulas = [row[2] for row in rows if str(row[2]).startswith("=")]

    assert formulas == [
        "=SUBTOTAL(9,C7:C14)",
        "=SUBTOTAL(9,C16:C23)",
        "=SUBTOTAL(9,C25:C32)",
        "=SUBTOTAL(9,C7:C33)",
    ]


def test_what_does_not_add_up_is_a_value_in_a_workbook() -> None:
    table = reports.by_department()
    totals = (None, None, 2000, *(table.totals or ())[3:])
    rows = sheet_of(xlsx_bytes(replace(table, totals=totals)), values=False)

    assert [row[2] for row in rows if str(row[0]).endswith("otal")] == [360, 368, 376, 2000]


def test_a_number_with_more_digits_than_a_workbook_keeps_is_a_text() -> None:
    rows = sheet_of(made("xlsx", reports.hostile()), values=True)

    assert [row for row in rows if row[0] == "64 digits"] == [
        ("64 digits", "9" * 64, "277777777:46:40", "9" * 60 + ".1234")
    ]


@pytest.mark.parametrize("name", REPORT_FORMATS)
def test_every_kind_of_file_is_made_in_a_process_of_its_own(name: str, jobs: Jobs) -> None:
    assert jobs.run(report_file, name, reports.by_department())


@pytest.fixture(scope="module")
def jobs() -> Iterator[Jobs]:
    found = Jobs()
    yield found
    found.stop()


def test_a_report_that_is_too_long_for_a_kind_of_file_is_refused_and_told_what_to_do() -> None:
    table = reports.by_department()
    long = replace(table, rows=table.rows[:1] * 50_001, chart=None)

    with pytest.raises(Misconfigured) as refused:
        report_file("pdf", long)
    assert str(refused.value.problems[0]).splitlines()[:2] == [
        "error: a report as PDF takes 50,000 rows",
        " reason: this one has 50,001",
    ]
    assert report_file("csv", long)


def test_people_read_what_a_row_without_a_value_is_called_and_programs_read_nothing() -> None:
    table = reports.by_department()
    columns = (replace(table.columns[0], none="no department"), *table.columns[1:])
    rows = [(None, *row[1:]) for row in table.rows[:2]]
    nameless = replace(
        table,
        columns=columns,
        rows=rows,
        subtotals={},
        chart=ReportChart(kind=ChartKind.BARS, x="department", y=("calls",)),
    )

    assert [row[0] for row in sheet_of(made("xlsx", nameless), values=True)].count("no department") == 2
    assert made("csv", nameless, "comma").count(b"no department") == 2
    assert made("html", nameless).count(b">no department<") == 2
    assert made("html", nameless).count(">no department · 101<".encode()) == 2
    assert [row[0] for row in json.loads(made("json", nameless))["rows"]] == [None, None]


def test_amounts_of_a_workbook_have_their_currency() -> None:
    book = openpyxl.load_workbook(io.BytesIO(made("xlsx", reports.by_department())))

    assert book["Report"]["E7"].number_format == "#,##0.00 [$EUR]"


def test_a_file_is_called_by_its_report_and_days() -> None:
    assert file_name("xlsx", reports.by_department()) == "by-department-2026-10-01-2026-10-31.xlsx"
    assert file_name("pdf", replace(reports.empty(), report="../etc/passwd")) == "etc-passwd-2026-10-01-2026-10-31.pdf"
