"""A chart reads the same whatever fonts the machine has that draws it."""

from __future__ import annotations

import re

from tollbook.model.report import ChartKind
from tollbook.render.charts import NARROW, PAGE_INK, WIDE, Plot, Series, chart, draw

HOURS = tuple(f"{hour:02}" for hour in range(24))
CALLS = Series("Calls", (None,) * 9 + (4, 5) + (None,) * 13)
PLOT = Plot(kind=ChartKind.COLUMNS, places=HOURS, series=(CALLS,))


def test_a_narrow_chart_names_every_other_hour_and_a_wide_one_each() -> None:
    wide, narrow = (draw([chart(PLOT, size, PAGE_INK)])[0] for size in (WIDE, NARROW))

    assert re.findall(r">(\d\d)</text>", wide) == list(HOURS)
    assert re.findall(r">(\d\d)</text>", narrow) == list(HOURS[::2])
