"""What a tile shows: a figure beside that of the days before, a short table, or a chart, each asked for by itself.

A tile that cannot be shown says why, and no other is harmed by it. What is shown is asked through the ledger that is
given: of whoever looks, or of whoever made a wallboard.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from urllib.parse import urlencode

import msgspec
import structlog
from django.urls import reverse

from tollbook.engine.jobs import JobFailed
from tollbook.model.dashboard import Level, Tile, level
from tollbook.model.problem import Misconfigured, Unavailable
from tollbook.model.report import ReportTable, Unit
from tollbook.render.charts import Size
from tollbook.render.formatting import duration, talk
from tollbook.render.reports.plotting import ReportPlot, report_plot
from tollbook.render.reports.shown import NOTHING, value_shown
from tollbook.reports.definition import Report
from tollbook.reports.figures import Figure, Figures
from tollbook.reports.known import report, reports
from tollbook.reports.running import run
from tollbook.reports.vocabulary import measures
from tollbook.store.ledger import Ledger
from tollbook.web.dashboards.charts import TileChart, drawn_chart
from tollbook.web.dashboards.waiting import WaitingCallers, waiting_callers
from tollbook.web.reports.asked import SETTING, asked_run, own_reports
from tollbook.web.reports.shown import ReportPageLine, page_lines

_log = structlog.get_logger()
_ROWS = {"small": 5, "wide": 8, "full": 12}
_WALL_ROWS = 5
"""Of large letters there are few lines."""
_COLUMNS = {"small": 2, "wide": 4, "full": 8}
_TITLES = {"waiting": "Missed, not called back", "latest": "Calls as they arrive", "pbxs": "PBXs"}
_OUR_FAULT = "this could not be shown by a fault of Tollbook; its log says more"
_CHART_ROWS = 31
_TIMES = 9.5
"""From this growth on it is told as how many times as much."""
_MOST = "most"
"""The parameter of reports that says how many rows they have."""


class ShownFigure(msgspec.Struct, frozen=True, kw_only=True):
    """A figure in words: the value, how it changed and against which days, and where its calls are listed."""

    value: str
    unit: str = ""
    change: str = ""
    before: str = ""
    days: str = ""
    days_before: str = ""
    calls: str = ""
    note: str = ""
    level: Level = ""
    limits: str = ""


class ShownTable(msgspec.Struct, frozen=True, kw_only=True):
    """The first lines and columns of a report's table; `left` is how many rows are not among them."""

    headings: list[tuple[str, bool]]
    lines: list[ReportPageLine]
    left: int = 0


class ShownTile(msgspec.Struct, frozen=True, kw_only=True):
    """A tile with what it shows: one of the parts, or what is wrong with it."""

    tile: Tile
    title: str
    address: str = ""
    days: str = ""
    figure: ShownFigure | None = None
    table: ShownTable | None = None
    plot: ReportPlot | None = None
    chart: TileChart | None = None
    waiting: WaitingCallers | None = None
    trouble: str = ""


def words_of(tile: Tile, day: date | None) -> dict[str, str]:
    """Return the filter words of a tile; one that is about today is about another day where that is looked at."""
    words = dict(tile.words)
    if tile.kind != "report" and not {"period", "from", "to"} & words.keys():
        words["period"] = "today"
    if day is not None and words.get("period") == "today":
        del words["period"]
        words |= {"from": day.isoformat(), "to": day.isoformat()}
    return words


def title_of(tile: Tile) -> str:
    """Return what a tile is called: by itself, its measure or its report."""
    if tile.title:
        return tile.title
    if tile.kind not in ("measure", "report"):
        return _TITLES[tile.kind]
    if tile.measure in measures() and (tile.kind == "measure" or tile.shows == "number"):
        return measures()[tile.measure].title
    found = reports(own_reports()).get(tile.report)
    return str(found.document["title"]) if found else tile.report


def address_of(tile: Tile, day: date | None) -> str:
    """Return the address of the report that a tile is made from; of a measure that of its hours or days."""
    words = words_of(tile, day)
    if tile.kind == "report":
        settings = {f"{SETTING}{name}": text for name, text in tile.settings.items()}
        return f"{reverse('report', args=[tile.report])}?{urlencode({**words, **settings})}"
    if tile.kind == "measure":
        is_day = words.get("period") in ("today", "yesterday") or words.get("from", "-") == words.get("to")
        asked = {"rows": "hour" if is_day else "day", "measures": tile.measure, **words}
        return f"{reverse('report-explore')}?{urlencode(asked)}"
    if tile.kind == "waiting":
        is_recent = "period" in words
        return f"{reverse('missed')}?{urlencode(words)}" if is_recent else _not_called_back(words)
    return reverse("pbxs") if tile.kind == "pbxs" else reverse("calls")


def _not_called_back(words: dict[str, str]) -> str:
    """Return the list of missed calls of days that the list of missed callers may not look back to."""
    return f"{reverse('calls')}?{urlencode({**words, 'called-back': 'no'})}"


def waits(tile: Tile) -> ShownTile:
    """Return a tile that shows nothing yet."""
    return ShownTile(tile=tile, title=title_of(tile))


def asking(ledger: Ledger, tiles: Iterable[Tile]) -> Figures:
    """Return what asks for what tiles show that stand together: as few questions as there can be."""
    return Figures(ledger, (tile.measure for tile in tiles if tile.kind == "measure"))


def shown(figures: Figures, tile: Tile, day: date | None = None, room: Size | None = None) -> ShownTile:
    """Return what a tile shows, or what is wrong with it; `room` is what a chart has where it hangs on a wall."""
    told = ShownTile(tile=tile, title=title_of(tile), days=_days(tile, day))
    try:
        told = msgspec.structs.replace(told, address=address_of(tile, day), **_parts(figures, tile, day, room))
    except Misconfigured as fault:
        problem = fault.problems[0]
        return msgspec.structs.replace(told, trouble=f"{problem.what}: {problem.reason}")
    except Unavailable as fault:
        return msgspec.structs.replace(told, trouble=str(fault))
    except Exception:  # noqa: BLE001 - a fault of ours in one tile takes no other with it
        _log.exception("a tile could not be shown", kind=tile.kind, report=tile.report, measure=tile.measure)
        return msgspec.structs.replace(told, trouble=_OUR_FAULT)
    return told


def _days(tile: Tile, day: date | None) -> str:
    words = words_of(tile, day)
    if tile.kind in ("latest", "pbxs"):
        return ""
    if day is not None and words.get("from") == words.get("to") == day.isoformat():
        return ""  # the page says which day it is
    if {"from", "to"} & words.keys():
        return " to ".join(dict.fromkeys(words[name] for name in ("from", "to") if name in words))
    period = words.get("period", "")
    found = reports(own_reports()).get(tile.report) if tile.kind == "report" and not period else None
    return (period or str(found.document.get("period", "") if found else "")).replace("-", " ")


def _parts(figures: Figures, tile: Tile, day: date | None, room: Size | None) -> dict[str, Any]:
    words = words_of(tile, day)
    most = _WALL_ROWS if room else _ROWS[tile.size]
    if tile.kind == "waiting":
        return {"waiting": waiting_callers(figures.ledger, words, most)}
    if tile.kind not in ("measure", "report"):
        return {}
    found = report(tile.report, own_reports()) if tile.kind == "report" else None
    if tile.shows == "number" or found is None:
        return {"figure": _figure(tile, figures.of(found, tile.measure, asked_run(words, tile.settings)))}
    settings = dict(tile.settings)
    if tile.shows == "table" and _MOST in found.parameters:
        settings.setdefault(_MOST, str(most))
    table = run(figures.ledger, _trimmed(found, tile), asked_run(words, settings))
    if tile.shows == "chart":
        return {"table": _table(table, _CHART_ROWS, _COLUMNS["full"]), **_drawn(table, tile, room)}
    return {"table": _table(table, most, _COLUMNS[tile.size])}


def _trimmed(found: Report, tile: Tile) -> Report:
    """Return a report that asks for no more measures than a tile shows; one that is no breakdown stays as it is."""
    definition = found.filled(found.settings(tile.settings))
    if not definition.measures or definition.columns:
        return found
    drawn = definition.chart.y if definition.chart and tile.shows == "chart" else ()
    room = max(_COLUMNS[tile.size] - len(definition.rows), 1)
    needed = {*(drawn or definition.measures[:room]), definition.order.removeprefix("-")}
    kept = [name for name in definition.measures if name in needed]
    more = {} if tile.shows == "chart" else {"chart": None}
    return msgspec.structs.replace(found, document={**found.document, "measures": kept, "share": [], **more})


def _drawn(table: ReportTable, tile: Tile, room: Size | None) -> dict[str, Any]:
    plot = report_plot(table)
    if plot is None:
        return {}
    try:
        return {"plot": plot, "chart": drawn_chart(plot.plot, tile.size, room)}
    except JobFailed as fault:
        return {"plot": plot, "trouble": f"The chart could not be drawn: {fault}"}


def _figure(tile: Tile, found: Figure) -> ShownFigure:
    unit = found.measure.unit
    scaled = found.value * 100 if unit is Unit.SHARE and found.value is not None else found.value
    return ShownFigure(
        value=_told(found, found.value),
        unit=found.currency,
        change=_change(found),
        before=_told(found, found.before) if found.before is not None else "",
        days=found.days,
        days_before=found.days_before,
        calls="" if found.calls is None else f"{reverse('calls')}?{urlencode(found.calls)}",
        note=found.note,
        level=level(tile, scaled),
        limits=_limits(tile),
    )


def _told(found: Figure, value: Any) -> str:  # noqa: ANN401 - a value of any measure
    if value is None:
        return NOTHING
    unit, measure = found.measure.unit, found.measure
    if unit is Unit.SECONDS:
        adds = measure.adds_up
        return talk(round(value)) if adds else duration(round(value))
    if unit in (Unit.AMOUNT, Unit.NUMBER):
        return f"{value:,.2f}"
    return value_shown(unit, value)


def _change(found: Figure) -> str:
    r"""Return by how much a figure changed, with its sign; a difference of shares in percentage points."""
    change = found.change
    if change is None:
        return ""
    if found.measure.unit is Unit.SHARE:
        return f"{change * 100:+.1f} points"
    if change >= _TIMES:
        return f"×{change + 1:,.0f}"  # noqa: RUF001 - the sign of times
    return f"{change * 100:+,.0f} %"


def _limits(tile: Tile) -> str:
    """Return from when on a figure asks to be looked at, in words."""
    way = "from" if tile.way == "up" else "down to"
    limits = (("watch", tile.amber), ("act", tile.red))
    return ", ".join(f"{name} {way} {limit:f}" for name, limit in limits if limit is not None)


def _table(table: ReportTable, most_rows: int, most_columns: int) -> ShownTable:
    """Return the beginning of a table: its first dimensions, and as many measures as there is room for."""
    told = [place for place, column in enumerate(table.columns) if not column.is_measure]
    measured = [place for place, column in enumerate(table.columns) if column.is_measure]
    room = max(most_columns - len(told), 1) if measured else 0
    kept = sorted((*told[: most_columns - min(room, len(measured))], *measured[:room]))
    rows = len(table.rows) - table.has_others
    headings, lines = page_lines(table)
    chosen = [line for line in lines if line.kind == "row"][:most_rows]
    return ShownTable(
        headings=[headings[place] for place in kept],
        lines=[ReportPageLine(line.kind, [line.cells[place] for place in kept]) for line in chosen],
        left=max(rows - most_rows, 0) or int(table.has_others),
    )
