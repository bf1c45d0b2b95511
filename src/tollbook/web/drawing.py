"""Draws a Vega-Lite chart as SVG to stand in a page.

Colours are CSS variables, which the drawing program passes through, so one drawing serves light and dark. The SVG
carries no style attribute or element, which the content policy would refuse. Drawings are kept by their values.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources

import msgspec
from django.utils.safestring import SafeString, mark_safe

from tollbook.model.call import Direction


class Size(msgspec.Struct, frozen=True):
    """The room for a drawing, in CSS pixels at its natural width."""

    width: int
    height: int


WIDE = Size(880, 210)
NARROW = Size(340, 190)

Row = dict[str, str | int]
Hours = tuple[tuple[int, str, int], ...]
"""(hour, direction, calls)."""


@lru_cache(maxsize=64)
def calls_by_hour(hours: Hours, size: Size) -> SafeString:
    """Return the day's calls by hour and direction; every hour has its place, called in or not."""
    order = {each.value: place for place, each in enumerate(Direction)}
    rows: list[Row] = [
        {"hour": f"{hour:02}", "direction": direction, "calls": calls, "order": order.get(direction, len(order))}
        for hour, direction, calls in hours
    ]
    empty: list[Row] = [{"hour": f"{hour:02}", "direction": "incoming", "calls": 0, "order": 0} for hour in range(24)]
    return _drawn("calls-by-hour", {"values": [*empty, *rows]}, size)


def _drawn(chart: str, data: dict[str, list[Row]], size: Size) -> SafeString:
    import vl_convert

    text = resources.files("tollbook.web").joinpath("charts", f"{chart}.vl.json").read_text("utf-8")
    spec = json.loads(text) | {"data": data, "width": size.width, "height": size.height}
    drawing = vl_convert.vegalite_to_svg(json.dumps(spec))
    # The page's style sheet sets the size; for a reader the table beside the drawing says the same.
    return mark_safe(  # noqa: S308 - drawn from numbers and our own words
        drawing.replace(f'width="{size.width}" height="{size.height}" ', 'aria-hidden="true" focusable="false" ', 1),
    )
