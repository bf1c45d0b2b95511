"""Moments by the clock of a zone that each record names itself, as providers with customers in many places write them.

What always holds: a text that names no zone means that of the PBX, so that nothing raises, whatever a rule has given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, partial
from itertools import compress
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import numpy.typing as npt

from tollbook.dialects.layout.layout import Layout
from tollbook.dialects.reading.localtime import ZoneOffsets
from tollbook.dialects.reading.rules import FieldColumns
from tollbook.model.call import Numbers

ZONE_KIND = "zone"
"""The kind of a column that names the zone."""
Hints = Callable[[], Iterable["int | None"]]


@cache
def zone_names() -> frozenset[str]:
    """Return the names of all zones; by them, no text of a record is ever looked for as a file."""
    return frozenset(available_timezones())


class RowZones:
    """The offsets of some records, each in a zone of its own: `places` say which of the `zones` is whose."""

    def __init__(self, places: Numbers, zones: list[ZoneOffsets]) -> None:
        self._places = places
        self._zones = zones

    def instants(self, walls: Numbers, hints: Hints) -> Numbers:
        """Return the UTC second of each wall time; a hint (an instant close to it) decides folds and gaps."""
        found = np.zeros(len(walls), np.int64)
        for number, zone in enumerate(self._zones):
            mine = self._places == number
            found[mine] = zone.instants(walls[mine], partial(_of_rows, hints, mine))
        return found

    def locals(self, instants: Numbers) -> Numbers:
        """Return the wall time of each UTC second."""
        found = np.zeros(len(instants), np.int64)
        for number, zone in enumerate(self._zones):
            mine = self._places == number
            found[mine] = zone.locals(instants[mine])
        return found


def _of_rows(hints: Hints, mine: npt.NDArray[np.bool_]) -> Iterable[int | None]:
    return compress(hints(), mine.tolist())


class ZoneColumns:
    """Finds the zone of each record in the column that names it; a zone's rules are looked up once."""

    def __init__(self, layout: Layout, own: ZoneOffsets) -> None:
        columns = [column for record in layout.record for column in record.columns]
        self._names = [column.name for column in columns if column.kind == ZONE_KIND]
        self._own = own
        self._known: dict[str, ZoneOffsets] = {}

    def offsets(self, fields: FieldColumns) -> ZoneOffsets | RowZones:
        """Return the offsets of some records: the PBX's own, where they name no zone."""
        name = next((name for name in self._names if name in fields), None)
        if name is None:
            return self._own
        places, zones = fields.numbered(name)
        return RowZones(places.astype(np.int64), [self._offsets(zone) for zone in zones])

    def _offsets(self, zone: str) -> ZoneOffsets:
        if zone not in zone_names():
            return self._own
        found = self._known.get(zone)
        if found is None:
            found = self._known[zone] = ZoneOffsets(ZoneInfo(zone))
        return found
