"""The body of a report's mail: HTML and plain text say the same, nothing in a name becomes markup."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec

from tollbook.model.report import ChartKind, ReportChart, ReportColumn, ReportPeriod, ReportTable, Unit
from tollbook.render.reports.mail import ROWS, mailed, picture

COLUMNS = (
    ReportColumn(name="department", title="Department"),
    ReportColumn(name="calls", title="Calls", unit=Unit.COUNT, is_measure=True),
)
TABLE = ReportTable(
    report="by-department",
    title="Calls by department",
    period=ReportPeriod(first=date(2026, 11, 1), last=date(2026, 11, 30), words="November 2026"),
    made_at=datetime(2026, 12, 1, 6, tzinfo=UTC),
    columns=COLUMNS,
    rows=[("Sales & <b>more</b>", 12), ("Legal\r\nBcc: x@example.com", 3)],
    totals=(None, 15),
    chart=ReportChart(kind=ChartKind.BARS, x="department", y=("calls",)),
)


def test_html_and_text_have_every_row_and_the_total() -> None:
    body = mailed(TABLE, has_picture=False)
    for text in ("12", "15", "November 2026", "Calls by department"):
        assert text in body.text
        assert text in body.html
    assert "Sales & <b>more</b>" in body.text
    assert "Sales &amp; &lt;b&gt;more&lt;/b&gt;" in body.html
    assert "\nBcc:" not in body.text
    assert "<img" not in body.html


def test_a_picture_is_shown_with_what_it_says_in_words() -> None:
    body = mailed(TABLE, has_picture=True)
    assert '<img src="cid:chart" alt="' in body.html
    assert body.said


def test_a_long_report_is_cut_and_says_so_with_its_total() -> None:
    many = msgspec.structs.replace(TABLE, rows=[(f"Department {number}", 1) for number in range(500)], chart=None)
    body = mailed(many, has_picture=False, link="https://calls.example.com/x?a=1&b=2")
    assert f"There are 500 rows; the first {ROWS} are shown." in body.text
    assert "Department 59" in body.html
    assert "Department 60" not in body.html
    assert "Total" in body.text
    assert 'href="https://calls.example.com/x?a=1&amp;b=2"' in body.html


def test_an_empty_report_says_that_there_is_nothing() -> None:
    body = mailed(msgspec.structs.replace(TABLE, rows=[], totals=None), has_picture=False)
    assert "There is nothing in this period." in body.text
    assert "There is nothing in this period." in body.html


def test_the_chart_is_a_picture_and_there_is_none_without_a_chart() -> None:
    drawn = picture(TABLE)
    assert drawn.startswith(b"\x89PNG\r\n")
    assert int.from_bytes(drawn[16:20], "big") > 900
    assert picture(msgspec.structs.replace(TABLE, chart=None)) == b""
