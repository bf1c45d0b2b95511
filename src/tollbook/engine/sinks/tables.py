"""Hands a site's tables to a sink, each once it is another than the one that the sink has."""

from __future__ import annotations

from tollbook.clock import monotonic_s
from tollbook.engine.changes.following import ConsumerSite
from tollbook.sinks.contract import TableTaker
from tollbook.store.site_tables import NAMES, SiteTables

_LOOK_S = 30.0
"""The least time between two looks: reckoning a digest reads the table."""
_SELDOM, _SELDOM_S = frozenset(("tally", "arrival", "skip")), 600.0
"""Counts change with every record: they are looked at more seldom, so that hundreds of sites do not fill a server."""


class HandedTables:
    """What one connection of a sink was handed."""

    def __init__(self, site: ConsumerSite, name: str, sink: TableTaker) -> None:
        self._site, self._sink = site, sink
        self._folder = site.folder / f"{name}.tables"
        self._there: dict[str, str] = {}
        self._looked_s, self._counted_s = monotonic_s() - _LOOK_S, monotonic_s() - _SELDOM_S

    def look(self) -> None:
        """Hand on whatever has changed; raises `Unavailable`."""
        if monotonic_s() - self._looked_s < _LOOK_S:
            return
        tables = SiteTables(self._site.ledger, self._site.pbxs())
        counts = monotonic_s() - self._counted_s >= _SELDOM_S
        for name in NAMES:
            if name in _SELDOM and not counts:
                continue
            now = tables.digest(name)
            if self._there.get(name) != now:
                with tables.written(name, self._folder, self._sink.file.part_bytes) as table:
                    self._sink.take_table(table)
                self._there[name] = now
        self._looked_s = monotonic_s()
        if counts:
            self._counted_s = self._looked_s
