"""PBX wall time to instants.

A PBX writes the time of its own clock, without a zone. Twice a year that is not enough: an hour comes twice (fold)
or never (gap). Where the record also carries the instant, as Asterisk's unique id does, that decides; otherwise the
earlier reading of a fold is taken, and a time in a gap is read with the offset that held before it.

Wall times travel as seconds since 1970-01-01 00:00 of the same wall clock.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tollbook.dialects.memo import Memo

_MINUTE = re.compile(r"\s*(\d{4})([-/.])(\d{1,2})\2(\d{1,2})[ T]+(\d{1,2}):(\d{1,2})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTER_S = 900
_SECOND = {f"{second:02}": second for second in range(60)}


def _minute(text: str) -> int:
    match = _MINUTE.fullmatch(text)
    if not match:
        raise ValueError(text)
    year, _, month, day, hour, minute = match.groups()
    moment = datetime(int(year), int(month), int(day), int(hour), int(minute), tzinfo=UTC)
    return int((moment - _EPOCH).total_seconds())


class WallTimes:
    """Reads year-first date and time columns: `2016-06-09 16:38:49`, `2016/6/9 16:38:49`."""

    def __init__(self) -> None:
        self._minutes = Memo(_minute)

    def read(self, cells: list[str]) -> list[int]:
        """Return each cell's wall time in seconds; raises ValueError or KeyError for one that is none."""
        minutes, second = self._minutes, _SECOND
        return [minutes[cell[:-3]] + second[cell[-2:]] if cell[-3:-2] == ":" else _refuse(cell) for cell in cells]

    def read_or_none(self, cells: list[str]) -> list[int | None]:
        """Return each cell's wall time in seconds, None for an empty cell."""
        minutes, second = self._minutes, _SECOND
        return [
            (minutes[cell[:-3]] + second[cell[-2:]] if cell[-3:-2] == ":" else _refuse(cell)) if cell else None
            for cell in cells
        ]


def _refuse(cell: str) -> int:
    raise ValueError(cell)


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

    def instants(self, walls: list[int], hints: list[int | None]) -> list[int]:
        """Return the UTC second of each wall time; a hint (an instant close to it) decides folds and gaps."""
        offsets = [self[wall // _QUARTER_S] for wall in walls]
        if None not in offsets:
            return [wall - offset for wall, offset in zip(walls, offsets, strict=True) if offset is not None]
        return [
            wall - offset if offset is not None else self._nearest(wall, hint)
            for wall, offset, hint in zip(walls, offsets, hints, strict=True)
        ]

    def _nearest(self, wall: int, hint: int | None) -> int:
        first, second = wall - self.at(wall, 0), wall - self.at(wall, 1)
        if hint is None or abs(first - hint) <= abs(second - hint):
            return first
        return second
