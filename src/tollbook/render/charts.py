"""Draws charts as SVG, to stand in a page or on paper.

A page's colours are CSS variables, which the drawing program passes through, so one drawing serves light and dark; on
paper they are fixed. The SVG carries no style attribute or element, which the content policy would refuse.

The drawing program takes some 90 MB for as long as its process lasts: `draw` belongs into a process of its own.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import msgspec

from tollbook.model.report import ChartKind

Part = dict[str, Any]


class Size(msgspec.Struct, frozen=True):
    """The room for a drawing, in CSS pixels at its natural width."""

    width: int
    height: int


WIDE = Size(880, 210)
NARROW = Size(340, 190)
SMALL = Size(96, 20)
"""Of a sparkline, in a cell of a table."""


class Ink(msgspec.Struct, frozen=True, kw_only=True):
    """What a drawing is made with: the colours of its series, of its words and lines, and its letters."""

    series: tuple[str, ...]
    words: str
    grid: str
    axis: str
    font: str


COLOURS = {"incoming": "#17857a", "outgoing": "#3d6fc4", "transit": "#8a5bb5", "amber": "#b5722e", "rose": "#b04a6a"}
"""The colours of series on white, by the names that a page's variables have after `--chart-`."""
DARK_COLOURS = {
    "incoming": "#45b8a8",
    "outgoing": "#7fa6ea",
    "transit": "#b793dd",
    "amber": "#e0a565",
    "rose": "#e58aa6",
}
"""The same on black."""
PAGE_INK = Ink(
    series=tuple(f"var(--chart-{name})" for name in COLOURS),
    words="var(--ink-soft)",
    grid="var(--rule)",
    axis="var(--rule-strong)",
    font="system-ui, sans-serif",
)
PAPER_INK = Ink(series=tuple(COLOURS.values()), words="#55635f", grid="#dbe2df", axis="#b4c0bb", font="Noto Sans")
_IDS = re.compile(r"(?<=[\"#])clip\d+(?=[\")])")
_MARK = re.compile(r'<path aria-label="(\d+:\d+)"([^>]*?)/>')
_ARIA = re.compile(r' (?:aria-label|aria-roledescription|role)="[^"]*"')
_MOST_POINTS = 120
"""Points of a line that can be pointed at: more would lie one upon another."""


class Series(msgspec.Struct, frozen=True):
    """Values of one colour, one for each place along the chart; None where there is none.

    `told` is what each says when it is pointed at, `links` where it leads when it is clicked; both may be empty.
    """

    title: str
    values: tuple[float | None, ...]
    told: tuple[str, ...] = ()
    links: tuple[str, ...] = ()

    def first(self, most: int) -> Series:
        """Return the series at the first places alone."""
        return Series(self.title, self.values[:most], self.told[:most], self.links[:most])


class Plot(msgspec.Struct, frozen=True, kw_only=True):
    """What a chart shows: the places along it by their titles, and the values at each.

    `axis` is what Vega writes beside the values, as properties of its axis. A heat map has a row for each series.
    """

    kind: ChartKind
    places: tuple[str, ...]
    series: tuple[Series, ...]
    axis: Part = {}


class Chart(msgspec.Struct, frozen=True):
    """A chart to draw: the Vega-Lite specification as JSON, data and size in it.

    `marks` are what its marks say and where they lead, by the name that a mark has in the specification.
    """

    specification: str
    size: Size
    marks: dict[str, tuple[str, str]] = {}


def chart(plot: Plot, size: Size, ink: Ink) -> Chart:
    """Return a chart of what is plotted; how high bars that lie are together follows from how many there are."""
    if plot.kind == ChartKind.BARS:
        size = Size(size.width, 40 + 20 * max(len(plot.places), 1))
    elif plot.kind == ChartKind.HEAT:
        size = Size(size.width, 40 + 22 * max(len(plot.series), 1))
    marks = dict(_marks(plot))
    whole = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "background": None,
        "padding": {"left": 0, "right": 0, "top": 6, "bottom": 4},
        "autosize": {"type": "fit", "contains": "padding"},
        "width": size.width,
        "height": size.height,
        "data": {"values": _data(plot)},
        **_named(_drawn_as(plot, size, ink), plot, marks),
        "config": _config(ink) | {"aria": bool(marks)},
    }
    return Chart(json.dumps(whole), size, marks)


def draw(charts: list[Chart]) -> list[str]:
    """Return charts as SVG. The page's style sheet sets the size; a screen reader is given the table beside it."""
    import vl_convert

    return [_fit_for_page(vl_convert.vegalite_to_svg(each.specification), each) for each in charts]


def _fit_for_page(drawn: str, of: Chart) -> str:
    """Return a drawing without its size, whose ids are no other drawing's: they are counted in each process."""
    known: dict[str, str] = {}
    own = zlib.crc32(of.specification.encode())
    sized = f'width="{of.size.width}" height="{of.size.height}" '
    plain = drawn.replace(sized, 'aria-hidden="true" focusable="false" ', 1)
    plain = _ARIA.sub("", _MARK.sub(lambda found: _speaking(found, of.marks), plain))
    return _IDS.sub(lambda found: known.setdefault(found[0], f"clip{own:x}-{len(known)}"), plain)


def _speaking(found: re.Match[str], marks: dict[str, tuple[str, str]]) -> str:
    """Return a mark that says what it is when it is pointed at, and leads somewhere; the tab key passes it by.

    The drawing program knows no more than the mark's name: it would make an address of another machine of a link.
    """
    told, link = marks.get(found[1], ("", ""))
    mark = f"<path{found[2]}><title>{escape(told)}</title></path>"
    return f'<a href="{escape(link)}" tabindex="-1">{mark}</a>' if link else mark


def sparkline(values: Sequence[float | None], size: Size = SMALL) -> str:
    """Return a small line of values in the colour of the text around it, as SVG; gaps where there are none.

    >>> sparkline([1, 3, None, 2], Size(30, 10))[-69:]
    '<path d="M1 9L10.33 1M29 5" fill="none" stroke="currentColor"/></svg>'
    """
    known = [value for value in values if value is not None]
    low, high = min(known, default=0), max(known, default=0)
    step, rise = (size.width - 2) / max(len(values) - 1, 1), (size.height - 2) / ((high - low) or 1)
    path, pen = "", "M"
    for place, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        path += f"{pen}{round(1 + place * step, 2):g} {round(size.height - 1 - (value - low) * rise, 2):g}"
        pen = "L"
    shape = f'viewBox="0 0 {size.width} {size.height}" width="{size.width}" height="{size.height}"'
    line = f'<path d="{path}" fill="none" stroke="currentColor"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {shape} aria-hidden="true" focusable="false">{line}</svg>'


def _data(plot: Plot) -> list[Part]:
    """Return the values one by one; a place is named by its number, since two may have one title."""
    return [
        {"place": place, "series": number, "value": value, "mark": f"{number}:{place}"}
        for number, series in enumerate(plot.series)
        for place, value in enumerate(series.values)
    ]


def _marks(plot: Plot) -> Iterable[tuple[str, tuple[str, str]]]:
    for number, series in enumerate(plot.series):
        links = series.links or ("",) * len(series.told)
        for place, (told, link) in enumerate(zip(series.told, links, strict=True)):
            yield f"{number}:{place}", (told, link)


def _named(drawn: Part, plot: Plot, marks: dict[str, tuple[str, str]]) -> Part:
    """Return how a chart is drawn, with marks that have names where they say something."""
    if not marks:
        return drawn
    if plot.kind == ChartKind.LINE and 1 < len(plot.places) <= _MOST_POINTS:
        drawn = {**drawn, "mark": {**drawn["mark"], "point": {"opacity": 0, "size": 200}}}
    return {**drawn, "encoding": {**drawn["encoding"], "description": {"field": "mark"}}}


def _drawn_as(plot: Plot, size: Size, ink: Ink) -> Part:
    along, value = _along(plot, size), {"field": "value", "type": "quantitative"}
    colour = {"field": "series", "type": "ordinal", "legend": None, "scale": _colours(plot, ink)}
    plain = {"title": None, "ticks": False, "labelPadding": 7}
    upward = {**value, "axis": {**plain, "tickCount": 4, "domain": False, **plot.axis}}
    if plot.kind == ChartKind.HEAT:
        rows = {
            "field": "series",
            "type": "ordinal",
            "axis": {**plain, "labelExpr": _titles(each.title for each in plot.series), "domain": False},
        }
        depth = {**value, "legend": None, "scale": {"range": [0.06, 1]}}
        fill = {"value": ink.series[0]}
        return {"mark": {"type": "rect"}, "encoding": {"x": along, "y": rows, "color": fill, "fillOpacity": depth}}
    if plot.kind == ChartKind.LINE:
        mark = {"type": "line", "strokeWidth": 2, "point": len(plot.places) == 1}
        return {"mark": mark, "encoding": {"x": along, "y": upward, "color": colour}}
    sides = ("y", "x") if plot.kind == ChartKind.BARS else ("x", "y")
    encoding = {sides[0]: along, sides[1]: {**upward, "stack": "zero"}, "color": colour}
    order = {"field": "series", "type": "quantitative"}
    return {"mark": {"type": "bar", "cornerRadiusEnd": 1.5}, "encoding": {**encoding, "order": order}}


_LONGEST = 60
"""Characters of a title in a drawing."""
_LETTER, _APART, _BESIDE, _LONGEST_ALONG = 7, 6, 60, 24
"""Pixels of a letter, between two titles, and of what stands beside a chart; letters that a title along it has."""
_PADDING = {ChartKind.LINE: (1, 0.1), ChartKind.HEAT: (0.04, 0)}
"""What of a place's breadth is left free between two of them, and at the ends."""


def _along(plot: Plot, size: Size) -> Part:
    """Return the axis that has the places.

    Which titles stand is reckoned here: the drawing program would measure each by the letters of its own machine, and
    take a quarter of a minute over some thousands.
    """
    bars = plot.kind == ChartKind.BARS
    room = _LETTER * min(max(map(len, plot.places), default=1), _LONGEST_ALONG) + _APART
    every = 1 if bars else -(-len(plot.places) * room // (size.width - _BESIDE))
    axis = {
        "title": None,
        "labelAngle": 0,
        "ticks": False,
        "labelPadding": 7,
        "labelExpr": _titles(plot.places),
        "labelLimit": size.width * 2 // 5 if bars else _LETTER * _LONGEST_ALONG,
        "labelOverlap": False,
        "values": list(range(0, len(plot.places), every)),
    }
    inner, outer = _PADDING.get(plot.kind, (0.28, 0.14))
    scale = {"domain": list(range(len(plot.places))), "paddingInner": inner, "paddingOuter": outer}
    return {"field": "place", "type": "ordinal", "scale": scale, "axis": axis}


def _titles(titles: Iterable[str]) -> str:
    return f"({json.dumps([each[:_LONGEST] for each in titles])})[datum.value]"


def _colours(plot: Plot, ink: Ink) -> Part:
    numbers = list(range(len(plot.series)))
    return {"domain": numbers, "range": [ink.series[number % len(ink.series)] for number in numbers]}


def _config(ink: Ink) -> Part:
    axis = {"labelColor": ink.words, "labelFontSize": 12, "gridColor": ink.grid, "domainColor": ink.axis}
    return {"font": ink.font, "view": {"stroke": None}, "axis": axis}
