"""Draws a Vega-Lite chart as SVG to stand in a page.

Colours are CSS variables, which the drawing program passes through, so one drawing serves light and dark. The SVG
carries no style attribute or element, which the content policy would refuse.

The drawing program takes some 90 MB for as long as its process lasts: `draw` belongs into a process of its own.
"""

from __future__ import annotations

import json
from importlib import resources

import msgspec

from tollbook.model.outcome import Direction

Row = dict[str, str | int]
Hours = tuple[tuple[int, str, int], ...]
"""(hour, direction, calls)."""


class Size(msgspec.Struct, frozen=True):
    """The room for a drawing, in CSS pixels at its natural width."""

    width: int
    height: int


WIDE = Size(880, 210)
NARROW = Size(340, 190)


class Chart(msgspec.Struct, frozen=True):
    """A chart to draw: the Vega-Lite specification as JSON, data and size in it."""

    specification: str
    size: Size


def calls_by_hour(hours: Hours, size: Size) -> Chart:
    """Return the chart of a day's calls by hour and direction; every hour has its place, called in or not."""
    order = {each.value: place for place, each in enumerate(Direction)}
    rows: list[Row] = [
        {"hour": f"{hour:02}", "direction": direction, "calls": calls, "order": order.get(direction, len(order))}
        for hour, direction, calls in hours
    ]
    empty: list[Row] = [{"hour": f"{hour:02}", "direction": "incoming", "calls": 0, "order": 0} for hour in range(24)]
    return _chart("calls-by-hour", [*empty, *rows], size)


def _chart(name: str, rows: list[Row], size: Size) -> Chart:
    text = resources.files("tollbook.render").joinpath("vega", f"{name}.vl.json").read_text("utf-8")
    whole = json.loads(text) | {"data": {"values": rows}, "width": size.width, "height": size.height}
    return Chart(json.dumps(whole), size)


def draw(charts: list[Chart]) -> list[str]:
    """Return charts as SVG. The page's style sheet sets the size; a screen reader is given the table beside it."""
    import vl_convert

    return [
        vl_convert.vegalite_to_svg(chart.specification).replace(
            f'width="{chart.size.width}" height="{chart.size.height}" ',
            'aria-hidden="true" focusable="false" ',
            1,
        )
        for chart in charts
    ]
