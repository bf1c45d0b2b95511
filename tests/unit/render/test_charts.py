"""A chart reads the same whatever fonts the machine has that draws it."""

from __future__ import annotations

import re

from tollbook.render.charts import NARROW, WIDE, calls_by_hour, draw

HOURS = ((9, "incoming", 4), (10, "outgoing", 5))


def test_a_narrow_chart_names_every_other_hour_and_a_wide_one_each() -> None:
    wide, narrow = (draw([calls_by_hour(HOURS, size)])[0] for size in (WIDE, NARROW))

    assert re.findall(r">(\d\d)</text>", wide) == [f"{hour:02}" for hour in range(24)]
    assert re.findall(r">(\d\d)</text>", narrow) == [f"{hour:02}" for hour in range(0, 24, 2)]
