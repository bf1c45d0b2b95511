"""Records of a simulated office as bytes, for tests that need a few that are all different."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from tollbook import clock
from tollbook.simulator.history import rows
from tollbook.simulator.office import Office
from tollbook.simulator.row import CallRow, Style, UniqueId, write

START = datetime(2024, 1, 8, 14, tzinfo=UTC)


@lru_cache
def some_rows(count: int, seed: int = 1) -> tuple[CallRow, ...]:
    """Return records of calls, no two alike, each with a destination."""
    made = rows(Office(seed=seed), start=START, end=START + timedelta(hours=8), calls=count * 2)
    return tuple(row for row in made if row.destination_channel)[:count]


def some_lines(count: int, style: Style | None = None, seed: int = 1) -> list[bytes]:
    """Return the same as lines, each with its line end."""
    return [write(row, style or Style()) for row in some_rows(count, seed)]


def lines_of_yesterday(count: int) -> list[bytes]:
    """Return lines of an office's calls of yesterday, no two alike."""
    start = (clock.now() - timedelta(days=1)).replace(hour=14, minute=0, second=0, microsecond=0)
    made = rows(Office(seed=1), start=start, end=start + timedelta(hours=8), calls=count * 2)
    return [write(row, Style()) for row in made if row.destination_channel][:count]


def without_end(lines: list[bytes]) -> list[bytes]:
    """Return lines as the records that are cut out of them."""
    return [line.rstrip(b"\r\n") for line in lines]


BARE_IDS = Style(unique_id=UniqueId.BARE)
