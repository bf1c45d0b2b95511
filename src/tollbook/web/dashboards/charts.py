"""Charts of tiles: drawn elsewhere, and kept by what they show. The same values are not drawn twice."""

from __future__ import annotations

import threading
from collections import OrderedDict

import msgspec
from django.utils.safestring import SafeString, mark_safe

from tollbook.engine.runtime import engine
from tollbook.render.charts import NARROW, PAGE_INK, WIDE, Chart, Plot, Size, chart, draw

_MOST_KEPT = 64
_HALF = Size(520, 230)
_SIZES = {"full": (WIDE, NARROW), "wide": (_HALF, NARROW), "small": (NARROW, NARROW)}


class TileChart(msgspec.Struct, frozen=True):
    """A chart for wide screens, and for narrow ones."""

    wide: SafeString
    narrow: SafeString


class KeptDrawings:
    """The drawings that were asked for last, by their specification; any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._drawn: OrderedDict[str, SafeString] = OrderedDict()

    def drawn(self, charts: list[Chart]) -> list[SafeString]:
        """Return charts as SVG, those that are not there drawn now; raises `JobFailed`."""
        with self._lock:
            there = {each.specification: self._drawn.get(each.specification) for each in charts}
        missing = [each for each in charts if there[each.specification] is None]
        if missing:
            for each, svg in zip(missing, engine().jobs.run(draw, missing), strict=True):
                there[each.specification] = mark_safe(svg)  # noqa: S308 - drawn by Vega, which escapes every text
            self._keep({name: svg for name, svg in there.items() if svg is not None})
        return [there[each.specification] or SafeString() for each in charts]

    def _keep(self, drawn: dict[str, SafeString]) -> None:
        with self._lock:
            for name, svg in drawn.items():
                self._drawn[name] = svg
                self._drawn.move_to_end(name)
            while len(self._drawn) > _MOST_KEPT:
                self._drawn.popitem(last=False)


KEPT = KeptDrawings()


def drawn_chart(plot: Plot, size: str, room: Size | None = None) -> TileChart:
    """Return the chart of a tile of some size, or of a room on a wall; raises `JobFailed`."""
    sizes = (room, NARROW) if room else _SIZES[size]
    wide, narrow = KEPT.drawn([chart(plot, each, PAGE_INK) for each in sizes])
    return TileChart(wide, narrow)
