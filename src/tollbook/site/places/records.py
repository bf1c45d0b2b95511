"""Records of calls that people at a centre want to read: they lie at the places, which bring them as they call.

What was brought is remembered for a while, in memory alone: it is the place's, and is asked for again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

import msgspec

from tollbook.clock import monotonic_s
from tollbook.model.page_limits import RECORDS_OF_A_PLACE, RECORDS_REMEMBERED
from tollbook.model.place import PlacedRecord, TakenRecord, WantedRecord

_READ_S, _KEPT_S = 120.0, 3600.0
"""How long a place is said to be read after somebody asked, and how long a record is remembered."""


class _AskedRecord(msgspec.Struct):
    """A record that was asked for: its number, when, and what came; None before anything has."""

    number: int
    asked_s: float
    raw: bytes | None = None


class PlaceRecords:
    """The records of all places. For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: OrderedDict[tuple[str, PlacedRecord], _AskedRecord] = OrderedDict()
        self._read_s: dict[str, float] = {}
        self._number = 0

    def ask(self, place: str, where: PlacedRecord) -> bytes | None:
        """Return a record of a place, empty where the place has none; None until it has come."""
        now_s = monotonic_s()
        with self._lock:
            self._read_s[place] = now_s
            found = self._asked.get((place, where))
            if found is None or now_s - found.asked_s > _KEPT_S:
                self._number += 1
                found = self._asked[place, where] = _AskedRecord(self._number, now_s)
            self._asked.move_to_end((place, where))
            while len(self._asked) > RECORDS_REMEMBERED:
                self._asked.popitem(last=False)
            return found.raw

    def wanted(self, place: str) -> list[WantedRecord]:
        """Return some of the records that a place is to bring."""
        with self._lock:
            return [
                WantedRecord(number=asked.number, record=where)
                for (of, where), asked in self._asked.items()
                if of == place and asked.raw is None
            ][:RECORDS_OF_A_PLACE]

    def is_read(self, place: str) -> bool:
        """Say whether somebody has asked for records of a place just now."""
        with self._lock:
            return monotonic_s() - self._read_s.get(place, -_READ_S) < _READ_S

    def take(self, place: str, taken: TakenRecord) -> None:
        """Keep what a place has brought; what it was not asked for is let go."""
        with self._lock:
            for (of, _), asked in self._asked.items():
                if of == place and asked.number == taken.number:
                    asked.raw = taken.raw


RECORDS = PlaceRecords()
"""Those of this process."""
