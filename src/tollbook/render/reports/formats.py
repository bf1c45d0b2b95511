"""The kinds of files that a report can be had as, for everybody who hands one on: page, API, command line, mail."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from tollbook.model.page_limits import HTML_ROWS, PDF_ROWS, XLSX_ROWS
from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.report import ReportTable
from tollbook.render.reports.csv_file import csv_bytes
from tollbook.render.reports.html_file import html_bytes
from tollbook.render.reports.parquet import parquet_bytes
from tollbook.render.reports.pdf import pdf_bytes
from tollbook.render.reports.plain import json_bytes
from tollbook.render.reports.sheets import Paper
from tollbook.render.reports.told import shown_bytes
from tollbook.render.reports.workbook import Tells, nobody, xlsx_bytes
from tollbook.render.tables import CSV_STYLES, PLAIN, CsvStyle


class ReportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody may choose about a file; `tell` is told what part of it is made, where that can be known.

    `logo` is a PNG for the head of a PDF.
    """

    csv: CsvStyle = CSV_STYLES[PLAIN]
    paper: Paper = Paper.A4
    tell: Tells = nobody
    logo: bytes = b""


class ReportFormat(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of file: its media type, how its name ends, and what makes it.

    A server has one that is heavy made in a process of its own, by `report_file`; `most` is how many rows one takes.
    """

    media_type: str
    ending: str
    make: Callable[[ReportTable, ReportOptions], bytes]
    is_heavy: bool = False
    most: int | None = None


REPORT_FORMATS = {
    "json": ReportFormat(media_type="application/json", ending="json", make=lambda table, _: json_bytes(table)),
    "shown": ReportFormat(
        media_type="application/json",
        ending="json",
        make=lambda table, _: shown_bytes(table),
    ),
    "csv": ReportFormat(
        media_type="text/csv; charset=utf-8",
        ending="csv",
        make=lambda table, options: csv_bytes(table, options.csv),
    ),
    "xlsx": ReportFormat(
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ending="xlsx",
        make=lambda table, options: xlsx_bytes(table, options.tell),
        is_heavy=True,
        most=XLSX_ROWS,
    ),
    "pdf": ReportFormat(
        media_type="application/pdf",
        ending="pdf",
        make=lambda table, options: pdf_bytes(table, options.paper, options.logo),
        is_heavy=True,
        most=PDF_ROWS,
    ),
    "html": ReportFormat(
        media_type="text/html; charset=utf-8",
        ending="html",
        make=lambda table, _: html_bytes(table),
        is_heavy=True,
        most=HTML_ROWS,
    ),
    "parquet": ReportFormat(
        media_type="application/vnd.apache.parquet",
        ending="parquet",
        make=lambda table, _: parquet_bytes(table),
    ),
}


def report_file(name: str, table: ReportTable, options: ReportOptions = ReportOptions()) -> bytes:  # noqa: B008 - frozen
    """Return a report as a file of a kind; raises `Misconfigured` where it is too long for that kind."""
    refuse_too_long(name, table)
    return REPORT_FORMATS[name].make(table, options)


def refuse_too_long(name: str, table: ReportTable) -> None:
    """Raise `Misconfigured` where a report has more rows than a kind of file takes."""
    most = REPORT_FORMATS[name].most
    if most is not None and len(table.rows) > most:
        what, why = f"a report as {name.upper()} takes {most:,} rows", f"this one has {len(table.rows):,}"
        raise Misconfigured(Problem(what, why, help="narrow the filter, or take CSV, which has no limit"))


def file_name(name: str, table: ReportTable) -> str:
    """Return what a file of a kind is called.

    >>> from datetime import UTC, date, datetime
    >>> from tollbook.model.report import ReportPeriod
    >>> october = ReportPeriod(first=date(2026, 10, 1), last=date(2026, 10, 31))
    >>> made_at = datetime(2026, 11, 1, tzinfo=UTC)
    >>> table = ReportTable(report="by-hour", title="", period=october, made_at=made_at, columns=(), rows=[])
    >>> file_name("pdf", table)
    'by-hour-2026-10-01-2026-10-31.pdf'
    """
    days = [str(day) for day in (table.period.first, table.period.last) if day]
    slug = re.sub(r"[^A-Za-z0-9_-]+", "-", table.report).strip("-") or "report"
    return f"{'-'.join((slug, *days))}.{REPORT_FORMATS[name].ending}"
