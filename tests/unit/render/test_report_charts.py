"""What a report draws: its rows in their order, at their values, in colours of the page or of paper."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from tests.fakes import reports
from tollbook.model.report import ChartKind, ReportChart, ReportColumn, ReportTable, Unit
from tollbook.render.charts import (
    NARROW,
    PAGE_INK,
    PAPER_INK,
    WIDE,
    Chart,
    Ink,
    Plot,
    Series,
    Size,
    chart,
    draw,
    sparkline,
)
from tollbook.render.reports.plotting import ReportPlot, report_plot

SVG = "{http://www.w3.org/2000/svg}"
CHARTED = (
    reports.by_department(),
    reports.trend(),
    reports.trend(ChartKind.COLUMNS),
    reports.heat_map(),
    reports.hostile(),
)


def plotted(table: ReportTable) -> ReportPlot:
    found = report_plot(table)
    assert found
    return found


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_a_drawing_is_well_formed_and_has_no_style_script_or_link(size: Size) -> None:
    for drawn in draw([chart(plotted(table).plot, size, PAGE_INK) for table in CHARTED]):
        root = ET.fromstring(drawn)  # noqa: S314 - our own drawing
        names = {each.tag.rpartition("}")[2] for each in root.iter()}
        attributes = {name for each in root.iter() for name in each.attrib}

        assert names <= {"svg", "g", "path", "text", "rect", "line", "defs", "clipPath", "title"}
        assert not {name for name in attributes if name == "style" or name.startswith("on") or name.endswith("href")}


def marks_of(drawn: str) -> list[tuple[str, str]]:
    """Return what each mark says and where it leads, as a browser reads it."""
    root = ET.fromstring(drawn)  # noqa: S314 - our own drawing
    leads = {id(path): each.get("href", "") for each in root.iter(f"{SVG}a") for path in each}
    return [(str(path[0].text), leads.get(id(path), "")) for path in root.iter(f"{SVG}path") if len(path)]


def test_a_mark_says_what_it_stands_for_and_leads_to_the_calls_of_its_row() -> None:
    table = reports.by_department()
    addresses = [f"/calls/?of={number}&<b>" for number, _ in enumerate(table.rows)]
    found = report_plot(table, addresses)
    assert found
    (drawn,) = draw([chart(found.plot, WIDE, PAGE_INK)])
    marks = marks_of(drawn)

    assert [leads for _, leads in marks[: len(found.plot.places)]] == addresses[: len(found.plot.places)]
    assert all(text.startswith(found.plot.places[0]) for text, leads in marks if leads == addresses[0])
    assert drawn.count("<a ") == drawn.count('tabindex="-1"') == len(marks)
    assert "aria-label" not in drawn


@pytest.mark.parametrize("table", CHARTED)
def test_every_value_that_is_drawn_says_what_it_is(table: ReportTable) -> None:
    plot = plotted(table).plot
    (drawn,) = draw([chart(plot, WIDE, PAGE_INK)])
    told = [text for series in plot.series for text, value in zip(series.told, series.values, strict=True) if value]

    assert set(told) <= {text for text, _ in marks_of(drawn)}


def test_bars_are_as_long_as_their_values_in_the_order_of_the_rows() -> None:
    plot = Plot(kind=ChartKind.BARS, places=("a", "b", "c"), series=(Series("calls", (1, 4, 2)),))
    (drawn,) = draw([chart(plot, WIDE, PAPER_INK)])
    widths = [float(width) for width in re.findall(r'class="background" aria-hidden="true" d="M0,0L([\d.]+),0C', drawn)]

    assert re.findall(r">([abc])</text>", drawn) == ["a", "b", "c"]
    assert [round(width / min(widths)) for width in widths] == [1, 4, 2]


@pytest.mark.parametrize(("ink", "colour"), [(PAGE_INK, "var(--chart-incoming)"), (PAPER_INK, "#17857a")])
def test_colours_are_those_of_the_page_or_of_paper(ink: Ink, colour: str) -> None:
    (drawn,) = draw([chart(plotted(reports.trend()).plot, WIDE, ink)])

    assert colour in drawn
    assert ("var(" in drawn) == (ink is PAGE_INK)


def test_series_are_those_that_a_column_divides_the_rows_into() -> None:
    found = plotted(reports.trend())

    assert found.plot.places[:2] == ("January 2026", "February 2026")
    assert [(series.title, series.values[1]) for series in found.plot.series] == [
        ("incoming", 200),
        ("outgoing", 290),
        ("internal", 380),
    ]
    assert found.has_legend
    assert found.caption == "Calls by Month and Direction"


def test_long_times_are_drawn_in_minutes_or_hours() -> None:
    table = reports.by_department()
    rows = [(*row[:3], 36_000, row[4]) for row in table.rows]

    assert plotted(table).plot.series[0].values[0] == pytest.approx(607 / 60)
    assert plotted(table).caption == "Talk time by Extension, in min"
    assert plotted(replace(table, rows=rows)).plot.series[0].values[0] == 10
    assert plotted(replace(table, rows=rows)).caption == "Talk time by Extension, in h"


def test_rows_that_one_name_does_not_tell_apart_have_all_their_names() -> None:
    table = replace(reports.by_department(), chart=ReportChart(kind=ChartKind.BARS, x="department", y=("talk",)))
    found = plotted(table)

    assert found.plot.places[:2] == ("Sales · 101", "Sales · 102")
    assert len(set(found.plot.places)) == len(table.rows)
    assert found.caption == "Talk time by Department and Extension, in min"


def test_a_chart_leaves_out_all_others_and_says_what_else_it_leaves_out() -> None:
    table = reports.by_department()
    rows = [("Sales", f"{place}", place, 60, Decimal(1)) for place in range(100)]
    found = plotted(replace(table, rows=rows, subtotals={}, has_others=True))

    assert found.left_out == "The chart shows the first 30 of 99 places."
    assert len(found.plot.places) == 30


def test_a_line_of_thousands_of_places_is_drawn_with_as_many_titles_as_fit() -> None:
    places = tuple(f"2026-09-01 {place:05}" for place in range(3000))
    plot = Plot(kind=ChartKind.LINE, places=places, series=(Series("lines", tuple(map(float, range(3000)))),))
    (drawn,) = draw([chart(plot, WIDE, PAPER_INK)])

    assert re.findall(r">2026-09-01 (\d+)</text>", drawn) == [f"{place:05}" for place in range(0, 3000, 432)]
    assert len(drawn) < 100_000


def test_a_report_that_found_nothing_has_no_chart() -> None:
    assert report_plot(replace(reports.trend(), rows=[])) is None


def test_a_sparkline_rises_where_its_values_do_and_breaks_where_there_are_none() -> None:
    path = re.search(r'd="([^"]+)"', sparkline([1, 2, 4, None, 0, 0]))
    assert path
    heights = [float(height) for height in re.findall(r"[ML][\d.]+ ([\d.]+)", path[1])]

    assert path[1].count("M") == 2
    assert [above > below for above, below in pairwise(heights[:3])] == [True, True]
    assert heights[3] == heights[4] == 19


def test_drawings_of_one_page_share_no_id_and_are_the_same_each_time() -> None:
    asked: list[Chart] = [
        chart(plotted(table).plot, size, PAPER_INK) for table in CHARTED[:2] for size in (WIDE, NARROW)
    ]
    drawn = draw(asked)
    ids = [set(re.findall(r'id="([^"]+)"', each)) for each in drawn]
    used = [set(re.findall(r"url\(#([^)]+)\)", each)) for each in drawn]

    assert drawn == draw(asked)
    assert sum(map(len, ids)) == len(set().union(*ids))
    assert used == ids


@pytest.mark.parametrize(("unit", "places"), [(Unit.HOUR, 24), (Unit.HALF_HOUR, 48)])
def test_a_clock_has_a_place_for_each_of_its_hours_called_in_or_not(unit: Unit, places: int) -> None:
    columns = (
        ReportColumn(name="hour", title="Hour", unit=unit),
        ReportColumn(name="calls", title="Calls", unit=Unit.COUNT, is_measure=True),
    )
    asked = ReportChart(kind=ChartKind.COLUMNS, x="hour", y=("calls",))
    table = replace(reports.trend(), columns=columns, rows=[(9, 4), (11, 5)], has_others=False, chart=asked)

    plot = plotted(table).plot

    assert len(plot.places) == places
    assert [(hour, value) for hour, value in enumerate(plot.series[0].values) if value] == [(9, 4), (11, 5)]
