"""Reads the whole journal once a day, a little at a time while nothing else is to do, and finds what is damaged.

Bytes that lie on a disk for years can change; nobody would know before a rebuild, when the backup that still has them
may be gone. Entries that an earlier version wrote without a checksum are given one on the way.
"""

from __future__ import annotations

import structlog

from tollbook.clock import monotonic_s
from tollbook.journal import Damaged, Journal

_log = structlog.get_logger()
_EVERY_S = 24 * 3600.0
_MOST_TOLD = 1000


class Scrub:
    """Call `step` while idle; `damaged` says by entry what was found."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._at = 0
        self._next_s = monotonic_s()
        self.damaged: dict[int, str] = {}

    def step(self) -> bool:
        """Look at some entries; return whether there are more to look at now."""
        if monotonic_s() < self._next_s:
            return False
        if self._journal.add_sums():
            return True
        if self._look():
            return True
        self._at, self._next_s = 0, monotonic_s() + _EVERY_S
        return False

    def finish(self) -> dict[int, str]:
        """Look at every entry now; return by entry what is damaged."""
        self._at = 0
        while self._look():
            pass
        return self.damaged

    def _look(self) -> bool:
        try:
            entries = self._journal.entries(self._at)
        except Damaged as fault:
            self._found(self._at, str(fault))
            return False
        for entry in entries:
            if entry.damage:
                self._found(entry.id, entry.damage)
            self._at = entry.id
        return bool(entries)

    def _found(self, entry: int, damage: str) -> None:
        if entry not in self.damaged and len(self.damaged) < _MOST_TOLD:
            self.damaged[entry] = damage
            _log.error("a part of the journal is damaged: put it back from a backup", reason=damage)
