"""Charts of pages: drawn elsewhere, kept by what they show, and loaded after the page where they are not there yet.

Meanwhile the page shows the one that was drawn of the same day before, if any, so that a chart that grows with the
day's calls does not flicker.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

import msgspec
from django.utils.safestring import SafeString, mark_safe

from tollbook.engine.runtime import engine
from tollbook.render.charts import NARROW, WIDE, Hours, calls_by_hour, draw

_MOST_KEPT = 64

Drawn = tuple[SafeString, SafeString]
"""A chart for wide screens, and for narrow ones."""


class ShownChart(msgspec.Struct, frozen=True):
    """What a page shows of a day's chart: one drawn already, whether it is the newest, and what names its values."""

    chart: Drawn | None
    is_newest: bool
    name: str


class KeptCharts:
    """The latest drawings, by the day and the values that they show; any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._charts: OrderedDict[str, tuple[Hours, Drawn]] = OrderedDict()

    def of(self, day: str) -> tuple[Hours, Drawn] | None:
        """Return the last chart that was drawn of a day."""
        with self._lock:
            return self._charts.get(day)

    def keep(self, day: str, hours: Hours, chart: Drawn) -> None:
        """Keep a chart in place of the one before."""
        with self._lock:
            self._charts[day] = (hours, chart)
            self._charts.move_to_end(day)
            while len(self._charts) > _MOST_KEPT:
                self._charts.popitem(last=False)


KEPT = KeptCharts()


def shown(day: str, hours: Hours) -> ShownChart:
    """Return what is there of the chart of a day (ISO 8601) at once."""
    there = KEPT.of(day)
    name = hashlib.sha256(repr((day, hours)).encode()).hexdigest()[:16]
    return ShownChart(there[1] if there else None, bool(there and there[0] == hours), name)


def drawn(day: str, hours: Hours) -> Drawn:
    """Return the chart of a day's calls; raises `JobFailed`."""
    there = KEPT.of(day)
    if there and there[0] == hours:
        return there[1]
    wide, narrow = engine().jobs.run(draw, [calls_by_hour(hours, size) for size in (WIDE, NARROW)])
    chart = mark_safe(wide), mark_safe(narrow)  # noqa: S308 - drawn from numbers and our own words
    KEPT.keep(day, hours, chart)
    return chart
