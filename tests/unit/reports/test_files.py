"""Every report of the catalogue says the same in each kind of file: what is on the screen is what is sent."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.fakes.offices import office
from tests.unit.render.test_report_formats import from_sheet, made, read_back, sheet_of
from tests.unit.render.test_report_pdf import rows_of, squeezed
from tests.unit.reports.test_catalogue import ran
from tollbook.model.report import NUMERIC, ReportRow, ReportTable, Unit
from tollbook.render.reports.shown import heading, lines
from tollbook.reports.known import reports
from tollbook.store.store import Store

LONG = 1000


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with office() as opened:
        yield opened


def figures(table: ReportTable, row: ReportRow | None) -> list[float | None]:
    """Return the numbers of a line, as far as a float holds them."""
    told = zip(table.columns, row or (None,) * len(table.columns), strict=True)
    return [None if value in (None, "") else float(value) for column, value in told if column.unit in NUMERIC]  # type: ignore[arg-type] # numbers


def numbers_of(table: ReportTable, row: Sequence[Any], read: Callable[[Unit, Any], Any]) -> list[float | None]:
    """Return the numbers of a line as a file has them."""
    told = zip(table.columns, row, strict=True)
    found = [read(column.unit, value) for column, value in told if column.unit in NUMERIC]
    return [None if value is None else float(value) for value in found]


@pytest.mark.parametrize("slug", sorted(reports()))
def test_rows_and_totals_are_the_same_in_every_kind_of_file(store: Store, slug: str, tmp_path: Path) -> None:
    table = ran(store, slug)
    every = [*table.rows, *([table.totals] if table.totals else [])]
    expected = [pytest.approx(figures(table, row), abs=1e-6) for row in every]

    read = json.loads(made("json", table))
    rows = [*read["rows"], *([read["totals"]] if table.totals else [])]
    assert [numbers_of(table, row, read_back) for row in rows] == expected

    written = list(csv.reader(io.StringIO(made("csv", table).decode(), newline="")))[1:]
    assert [numbers_of(table, row, read_back) for row in written] == expected[: len(table.rows)]

    sheet = sheet_of(made("xlsx", table), values=True)
    top = sheet.index(tuple(map(heading, table.columns))) + 1
    for line, row in zip(lines(table), sheet[top:], strict=False):
        if line.row is not None:
            in_sheet = numbers_of(table, row, from_sheet)
            assert in_sheet == pytest.approx(figures(table, table.rows[line.row]), abs=0.051)  # a tenth of a second
        elif line.kind == "total":
            assert numbers_of(table, row, from_sheet) == pytest.approx(figures(table, table.totals), abs=0.051)

    tmp_path.joinpath("report.parquet").write_bytes(made("parquet", table))
    with duckdb.connect() as database:
        found = database.execute("SELECT * FROM read_parquet(?)", [str(tmp_path / "report.parquet")]).fetchall()
    assert [figures(table, row) for row in found] == expected[: len(table.rows)]

    printed = [squeezed("".join(line.texts)) for line in lines(table)]
    is_long = len(printed) > LONG  # then a page is set column by column, and the totals alone stand in one line
    assert rows_of(table, made("pdf", table)) == (printed[-1:] if is_long else printed)
