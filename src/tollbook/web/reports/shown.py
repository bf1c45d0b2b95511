"""A report as a page shows it: lines with the way to their calls, its form, and its files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.http import QueryDict
from django.urls import reverse

from tollbook.model.page_limits import SMALL_ROWS
from tollbook.model.periods import PERIODS
from tollbook.model.report import ReportColumn, ReportTable, Unit
from tollbook.render.reports.formats import REPORT_FORMATS, file_name
from tollbook.render.reports.plotting import ReportPlot, report_plot
from tollbook.render.reports.shown import LineKind, heading, lines, stands_right, value_shown
from tollbook.render.reports.told import head
from tollbook.reports.definition import ReportParameter
from tollbook.reports.running import ReportRun
from tollbook.reports.trends import RowTrends
from tollbook.store.filters import ASKED
from tollbook.web.api.words import LONGEST_TEXT
from tollbook.web.reports.asked import SETTING
from tollbook.web.reports.plots import keep

MOST_LINES = 500
"""Lines that a page shows; the files have all."""
FILES = (
    ("pdf", "PDF"),
    ("xlsx", "Excel (XLSX)"),
    ("csv", "CSV"),
    ("html", "HTML"),
    ("parquet", "Parquet"),
    ("json", "JSON"),
)


class ReportPageCell(msgspec.Struct, frozen=True):
    """A cell: its text, the title of its column for narrow screens, its class for the style sheet, its address."""

    text: str
    title: str
    style: str
    address: str = ""


class DrawnTrend(msgspec.Struct, frozen=True):
    """A small line beside a row: its points, and what it shows in words."""

    points: str
    title: str


class ReportPageLine(msgspec.Struct, frozen=True):
    """A line of the table by its kind: row, others, subtotal or total."""

    kind: str
    cells: list[ReportPageCell]
    trend: DrawnTrend | None = None


class ReportPageParameter(msgspec.Struct, frozen=True):
    """A parameter as the form asks for it."""

    name: str
    value: str
    told: ReportParameter


class ReportPage(msgspec.Struct, frozen=True, kw_only=True):
    """What a page has of a report that was run; by `kept_plot` its chart has what it shows.

    Of a long report `files` has none: `forms` are the kinds of files that are made of it by its `words`. `trend` heads
    the small lines, which stand behind so many columns; 0 where there are none.
    """

    table: ReportTable
    head: list[tuple[str, str]]
    headings: list[tuple[str, bool]]
    rows: list[ReportPageLine]
    totals: list[ReportPageLine]
    is_cut: bool
    plot: ReportPlot | None
    kept_plot: str
    files: list[tuple[str, str, str]]
    forms: list[tuple[str, str]]
    trend: str
    trend_after: int
    words: str
    meanings: list[tuple[str, str]]


def shown(table: ReportTable, api: str, words: Mapping[str, Any], went: RowTrends | None = None) -> ReportPage:
    """Return what a page shows of a report; its files come from an address of the API by the same words."""
    headings, every = page_lines(table, went)
    rows = list(islice(every, MOST_LINES + 1))
    totals = [line for line in (*rows, *every) if line.kind == LineKind.TOTAL]
    rows = [line for line in rows if line.kind != LineKind.TOTAL]
    plot, query = plotted(table), urlencode(words, doseq=True)
    is_small = len(table.rows) <= SMALL_ROWS
    named = {column.meaning: heading(column) for column in table.columns if column.meaning}
    return ReportPage(
        table=table,
        head=head(table),
        headings=headings,
        rows=rows[:MOST_LINES],
        totals=totals,
        is_cut=len(table.rows) > MOST_LINES,
        plot=plot,
        kept_plot=keep(plot.plot) if plot else "",
        files=[
            (title, f"{api}?{urlencode({**words, 'format': name}, doseq=True)}", file_name(name, table))
            for name, title in FILES
            if name in REPORT_FORMATS and is_small
        ],
        forms=[] if is_small else [each for each in FILES if each[0] in REPORT_FORMATS],
        trend=f"{went.title} by {went.by}" if went else "",
        trend_after=next((place for place, each in enumerate(table.columns, 1) if each.is_measure), 0) if went else 0,
        words=query,
        meanings=[(title, meaning) for meaning, title in named.items() if any(c.is_measure for c in table.columns)],
    )


def plotted(table: ReportTable) -> ReportPlot | None:
    """Return what is drawn of a report, each row with the way to its calls."""
    return report_plot(table, [_address(drill) for drill in table.drills])


def page_lines(
    table: ReportTable, went: RowTrends | None = None
) -> tuple[list[tuple[str, bool]], Iterator[ReportPageLine]]:
    """Return the headings of a table, each with whether it stands right, and its lines."""
    headings = [(heading(column), stands_right(column)) for column in table.columns]
    every = (
        ReportPageLine(line.kind.value, _cells(table, line.texts, line.row), _drawn(went, line.row))
        for line in lines(table)
    )
    return headings, every


def _drawn(went: RowTrends | None, row: int | None) -> DrawnTrend | None:
    """Return the line of a row, from left to right in a room of 100 by 20."""
    if went is None or row is None or row >= len(went.values):
        return None
    values = went.values[row]
    top, step = max(*values, 1), 100 / max(len(values) - 1, 1)
    points = " ".join(f"{step * place:.4g},{18 - 16 * value / top:.3g}" for place, value in enumerate(values))
    most = went.begins[values.index(max(values))]
    named = value_shown(Unit(went.by), most)
    title = f"{went.title} by {went.by}: {min(values):,} to {max(values):,}, most {named}, at last {values[-1]:,}"
    return DrawnTrend(points, title)


def _cells(table: ReportTable, texts: tuple[str, ...], row: int | None) -> list[ReportPageCell]:
    drill = table.drills[row] if row is not None and row < len(table.drills) else None
    address = _address(drill)
    cells = []
    for place, (column, text) in enumerate(zip(table.columns, texts, strict=True)):
        leads = address if place == 0 else ""
        cells.append(ReportPageCell(text, heading(column), _style(column), leads))
    return cells


def _style(column: ReportColumn) -> str:
    """Return the class of a column's cells: a number, a time that no line may break, or nothing of the kind."""
    if stands_right(column):
        return "number"
    return "" if column.unit is Unit.TEXT else "when"


def _address(drill: Mapping[str, str] | None) -> str:
    """Return the address of the calls behind a row, or of the one call that it is; none where no words choose them."""
    if drill is None:
        return ""
    if set(drill) == {"id"}:
        return reverse("call", args=[drill["id"]])
    return f"{reverse('calls')}?{urlencode(drill)}"


def words_of_page(query: QueryDict) -> dict[str, Any]:
    """Return the words of a page's address, those given several times with commas; long ones are cut."""
    return {
        name: ",".join(filter(None, map(str.strip, query.getlist(name))))[:LONGEST_TEXT]
        for name in query
        if any(map(str.strip, query.getlist(name)))
    }


def settings_of_page(words: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters that a page's address gives."""
    return {name.removeprefix(SETTING): text for name, text in words.items() if name.startswith(SETTING)}


def parameters(known: Mapping[str, ReportParameter], given: Mapping[str, str]) -> list[ReportPageParameter]:
    """Return the fields of parameters with what they are now."""
    return [ReportPageParameter(name, given.get(name) or each.default, each) for name, each in known.items()]


def periods(words: Mapping[str, str], chosen: str) -> list[tuple[str, str, bool]]:
    """Return the periods with where they lead to, and which is shown."""
    others = {name: text for name, text in words.items() if name not in ("from", "to", "period")}
    return [
        (name.replace("-", " ").capitalize(), f"?{urlencode({**others, 'period': name})}", name == chosen)
        for name in PERIODS
    ]


def asked_words(run: ReportRun) -> dict[str, str]:
    """Return the filter words of a run."""
    return {name: text for name, text in run.words.items() if name in ASKED}
