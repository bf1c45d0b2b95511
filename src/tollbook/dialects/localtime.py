"""PBX wall time to instants.

A PBX writes the time of its own clock, without a zone. Twice a year that is not enough: an hour comes twice (fold)
or never (gap). Where the record also carries the instant, as Asterisk's unique id does, that decides; otherwise the
earlier reading of a fold is taken, and a time in a gap is read with the offset that held before it.

Wall times travel as seconds since 1970-01-01 00:00 of the same wall clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from tollbook.dialects.memo import Memo
from tollbook.model.call import NEVER, Numbers

_DAY = re.compile(r"\s*(\d{4})([-/.])(\d{1,2})\2(\d{1,2})[ T]+", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTER_S = 900
_HOURS, _SIXTY = range(24), range(60)
_YEARS = range(1970, 2200)
"""What a clock that was ever set can show; beyond, adding a duration could leave the calendar."""
_EARLIEST, _TOO_LATE = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (_YEARS.start, _YEARS.stop))


def _day(text: str) -> int:
    match = _DAY.fullmatch(text)
    if not match or int(match[1]) not in _YEARS:
        raise ValueError(text)
    year, _, month, day = match.groups()
    return int((datetime(int(year), int(month), int(day), tzinfo=UTC) - _EPOCH).total_seconds())


def _clock(text: str) -> int:
    match = _CLOCK.fullmatch(text)
    hour, minute, second = map(int, match.groups()) if match else (24, 0, 0)
    if hour not in _HOURS or minute not in _SIXTY or second not in _SIXTY:
        raise ValueError(text)
    return hour * 3600 + minute * 60 + second


_ISO = len("2026-01-31 23:59:59")


class WallTimes:
    """Reads year-first date and time columns: `2016-06-09 16:38:49`, `2016/6/9 16:38:49`.

    A column wholly in the ISO form is read by NumPy at a twentieth of the cost; any other cell by cell, with a memo for
    days and one for times of day, since those repeat and whole moments do not.
    """

    def __init__(self) -> None:
        self._days = Memo(_day)
        self._clocks = Memo(_clock)

    def read(self, cells: list[str]) -> Numbers:
        """Return each cell's wall time in seconds; raises ValueError for one that is none."""
        if set(map(len, cells)) == {_ISO} and "".join(cells).count(":") == 2 * len(cells):  # NumPy would read zones too
            with suppress(ValueError):
                walls = np.array(cells, dtype="datetime64[s]").astype(np.int64)
                if walls.min() >= _EARLIEST and walls.max() < _TOO_LATE:
                    return walls
        return np.array([self._one(cell) for cell in cells], np.int64)

    def read_or_never(self, cells: list[str]) -> Numbers:
        """Return each cell's wall time in seconds, `NEVER` for an empty cell."""
        if "" not in cells:
            return self.read(cells)
        there = [row for row, cell in enumerate(cells) if cell]
        walls = np.full(len(cells), NEVER, np.int64)
        if there:
            walls[there] = self.read([cells[row] for row in there])
        return walls

    def _one(self, cell: str) -> int:
        """Read a cell whose day or hour is not padded to two digits."""
        text = cell.strip().replace("T", " ")
        clock = text.rpartition(" ")[2]
        return self._days[text[: len(text) - len(clock)]] + self._clocks[clock]


def _distinct(quarters: Numbers) -> tuple[Numbers, Numbers]:
    """Return numbers among which all of a column are, and each one's place there; dense columns need no sorting."""
    first, last = int(quarters.min(initial=_TOO_LATE)), int(quarters.max(initial=0))
    if 0 <= last - first <= len(quarters):
        return np.arange(first, last + 1), quarters - first
    values, places = np.unique(quarters, return_inverse=True)
    return values, places


class ZoneOffsets(dict[int, "int | None"]):
    """Seconds a zone is ahead of UTC, by quarter hour of its wall clock; None where a fold or gap leaves a choice."""

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__()
        self._zone = zone

    def __missing__(self, quarter: int) -> int | None:
        """Look the quarter hour up in the zone's rules and keep it."""
        first = quarter * _QUARTER_S
        offsets = {self.at(moment, fold) for moment in (first, first + _QUARTER_S - 1) for fold in (0, 1)}
        only = offsets.pop() if len(offsets) == 1 else None
        self[quarter] = only
        return only

    def at(self, wall: int, fold: int) -> int:
        """Return the offset of one wall time, read as the first (`fold` 0) or second time it comes."""
        moment = (_EPOCH.replace(tzinfo=None) + timedelta(seconds=wall)).replace(tzinfo=self._zone, fold=fold)
        offset = moment.utcoffset()
        return int(offset.total_seconds()) if offset else 0

    def instants(self, walls: Numbers, hints: Callable[[], Iterable[int | None]]) -> Numbers:
        """Return the UTC second of each wall time; a hint (an instant close to it) decides folds and gaps."""
        quarters, places = _distinct(walls // _QUARTER_S)
        offsets = [self[int(quarter)] for quarter in quarters]
        if None not in offsets:
            return walls - np.array(offsets, np.int64)[places]
        instants = [
            wall - offset if offset is not None else self._nearest(wall, hint)
            for wall, offset, hint in zip(walls.tolist(), (offsets[place] for place in places), hints(), strict=True)
        ]
        return np.array(instants, np.int64)

    def _nearest(self, wall: int, hint: int | None) -> int:
        first, second = wall - self.at(wall, 0), wall - self.at(wall, 1)
        if hint is None or abs(first - hint) <= abs(second - hint):
            return first
        return second
