"""The limits on what comes in are those that the reference tells: a changed one is seen by whoever reads it."""

from __future__ import annotations

import re
from pathlib import Path

from tollbook.model import page_limits, sharing_limits
from tollbook.model.limits import WAYS

PAGE = (Path(__file__).parents[3] / "src/tollbook/manual/reference/limits.md").read_text()
SIZES = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
ROW = re.compile(r"^\| (.*) \| ([\d,]+) (\S+(?: \S+)*?) \| (.*) \|$", re.MULTILINE)


def told() -> list[tuple[str, int, str, str]]:
    """Return the rows of the page's tables, sizes in bytes."""
    rows = [(on, int(number.replace(",", "")), unit, beyond) for on, number, unit, beyond in ROW.findall(PAGE)]
    return [
        (on, number * SIZES.get(unit, 1), "bytes" if unit in SIZES else unit, beyond)
        for on, number, unit, beyond in rows
    ]


def test_every_limit_is_the_one_that_the_reference_tells() -> None:
    assert sharing_limits.SHARED_FILES > 1
    assert page_limits.SMALL_BODY < page_limits.LARGEST_BODY
    assert [(each.on, each.value, each.unit, each.beyond) for way in WAYS for each in way.limits] == told()


def test_the_ways_in_are_told_in_their_order() -> None:
    assert [way.title for way in WAYS] == re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
