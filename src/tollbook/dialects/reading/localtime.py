"""PBX wall time to instants.

A PBX writes the time of its own clock, without a zone. Twice a year that is not enough: an hour comes twice (fold)
or never (gap). Where the record also carries the instant, as Asterisk's unique id does, that decides; otherwise the
earlier reading of a fold is taken, and a time in a gap is read with the offset that held before it.

Wall times travel as seconds since 1970-01-01 00:00 of the same wall clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from tollbook.dialects.reading.memo import UNREADABLE, Memo, read_each
from tollbook.dialects.reading.moments import YEARS
from tollbook.model.call import NEVER, Numbers
from tollbook.model.texts import FEW, Texts

_DAY = re.compile(r"\s*(\d{4})([-/.])(\d{1,2})\2(\d{1,2})[ T]+", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTER_S = 900
_TOGETHER = 24
"""Quarter hours that are looked up at once: no zone changes its clock twice within six hours, so that one that shows
the same at both ends of them, whichever reading is taken, has not changed it."""
_HOURS, _SIXTY = range(24), range(60)
_YEARS = YEARS
"""What a clock that was ever set can show; beyond, adding a duration could leave the calendar."""
_TOO_LATE = int(datetime(_YEARS.stop, 1, 1, tzinfo=UTC).timestamp())


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


_ISO = "2026-01-31 23:59:59"
_NUMBERS = [place for place, sign in enumerate(_ISO) if sign.isdigit()]
_SIGNS = [(4, b"-"), (7, b"-"), (10, b" T"), (13, b":"), (16, b":")]
_ZERO, _NINE = ord("0"), 9
_MONTHS = np.arange(f"{_YEARS.start}-01", f"{_YEARS.stop}-01", dtype="datetime64[M]")
_FIRST_DAYS = _MONTHS.astype("datetime64[D]").astype(np.int64)
_DAYS = (_MONTHS + 1).astype("datetime64[D]").astype(np.int64) - _FIRST_DAYS
_DAY_S, _MONTHS_A_YEAR = 86_400, 12


class WallTimes:
    """Reads year-first date and time columns: `2016-06-09 16:38:49`, `2016/6/9 16:38:49`.

    Cells in the ISO form are read together, digit by digit; any other by itself, with a memo for days and one for times
    of day, since those repeat and whole moments do not.
    """

    def __init__(self) -> None:
        self._days = Memo(_day)
        self._clocks = Memo(_clock)

    def read(self, cells: Texts) -> Numbers:
        """Return each cell's wall time in seconds, `UNREADABLE` for one that is none."""
        if len(cells) <= FEW:
            return np.array(read_each(cells, self._one), np.int64)
        iso = cells.lengths == len(_ISO)
        walls = np.full(len(cells), UNREADABLE, np.int64)
        walls[iso] = _iso(cells[iso])
        others = np.flatnonzero(walls == UNREADABLE)
        walls[others] = read_each(cells[others], self._one)
        return walls

    def read_or_never(self, cells: Texts) -> Numbers:
        """Return each cell's wall time in seconds, `NEVER` for an empty cell."""
        there = cells.lengths > 0
        if there.all():
            return self.read(cells)
        walls = np.full(len(cells), NEVER, np.int64)
        walls[there] = self.read(cells[there])
        return walls

    def _one(self, cell: str) -> int:
        """Read a cell that is not in the ISO form, such as one whose day or hour is not padded to two digits."""
        text = cell.strip().replace("T", " ")
        clock = text.rpartition(" ")[2]
        return self._days[text[: len(text) - len(clock)]] + self._clocks[clock]


def _iso(cells: Texts) -> Numbers:
    """Read cells as long as an ISO wall time; `UNREADABLE` stands for one that is none."""
    signs = cells.letters.windows(f"V{len(_ISO)}")[cells.starts].view(np.uint8).reshape(-1, len(_ISO)).T
    digits = np.ascontiguousarray(signs) - _ZERO  # what is below a zero comes out far above nine
    right = (digits[_NUMBERS] <= _NINE).all(axis=0)
    for place, allowed in _SIGNS:
        right &= (signs[place] == allowed[0]) | (signs[place] == allowed[-1])
    century, year, month, day, hour, minute, second = (
        digits[place].astype(np.int64) * 10 + digits[place + 1] for place in (0, 2, 5, 8, 11, 14, 17)
    )
    months = (century * 100 + year - _YEARS.start) * _MONTHS_A_YEAR + month - 1
    right &= (month >= 1) & (month <= _MONTHS_A_YEAR) & (months >= 0) & (months < len(_MONTHS))
    months[~right] = 0
    right &= (day >= 1) & (day <= _DAYS[months])
    right &= (hour < _HOURS.stop) & (minute < _SIXTY.stop) & (second < _SIXTY.stop)
    walls: Numbers = (_FIRST_DAYS[months] + day - 1) * _DAY_S + hour * 3600 + minute * 60 + second
    walls[~right] = UNREADABLE
    return walls


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
        self._of_utc: dict[int, int] = {}

    def __missing__(self, quarter: int) -> int | None:
        """Look the quarter hour up in the zone's rules and keep it."""
        first = quarter - quarter % _TOGETHER
        only = self._only(first, _TOGETHER)
        if only is not None:
            self.update(dict.fromkeys(range(first, first + _TOGETHER), only))
            return only
        found = self[quarter] = self._only(quarter, 1)
        return found

    def _only(self, quarter: int, count: int) -> int | None:
        """Return the one offset of some quarter hours in a row; None where there are several."""
        moments = (quarter * _QUARTER_S, (quarter + count) * _QUARTER_S - 1)
        offsets = {self.at(moment, fold) for moment in moments for fold in (0, 1)}
        return offsets.pop() if len(offsets) == 1 else None

    def at(self, wall: int, fold: int) -> int:
        """Return the offset of one wall time, read as the first (`fold` 0) or second time it comes."""
        moment = (_EPOCH.replace(tzinfo=None) + timedelta(seconds=wall)).replace(tzinfo=self._zone, fold=fold)
        offset = moment.utcoffset()
        return int(offset.total_seconds()) if offset else 0

    def instants(self, walls: Numbers, hints: Callable[[], Iterable[int | None]]) -> Numbers:
        """Return the UTC second of each wall time; a hint (an instant close to it) decides folds and gaps."""
        quarters, places = _distinct(walls // _QUARTER_S)
        offsets = [self[each] for each in quarters.tolist()]
        if None not in offsets:
            return walls - np.array(offsets, np.int64)[places]
        instants = [
            wall - offset if offset is not None else self._nearest(wall, hint)
            for wall, offset, hint in zip(walls.tolist(), (offsets[place] for place in places), hints(), strict=True)
        ]
        return np.array(instants, np.int64)

    def locals(self, instants: Numbers) -> Numbers:
        """Return the wall time of each UTC second; zones change their offsets on quarter hours of UTC."""
        quarters, places = _distinct(instants // _QUARTER_S)
        known = self._of_utc
        for quarter in [each for each in quarters.tolist() if each not in known]:
            known[quarter] = self._utc_offset(quarter)
        offsets = [known[each] for each in quarters.tolist()]
        return instants + np.array(offsets, np.int64)[places]

    def _utc_offset(self, quarter: int) -> int:
        moment = _EPOCH + timedelta(seconds=quarter * _QUARTER_S)
        offset = moment.astimezone(self._zone).utcoffset()
        return int(offset.total_seconds()) if offset else 0

    def _nearest(self, wall: int, hint: int | None) -> int:
        first, second = wall - self.at(wall, 0), wall - self.at(wall, 1)
        if hint is None or abs(first - hint) <= abs(second - hint):
            return first
        return second
