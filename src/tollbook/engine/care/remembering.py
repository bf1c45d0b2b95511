"""Lets each file of a site remember how far the others are, every few seconds in which something has changed."""

from __future__ import annotations

import threading

import duckdb

from tollbook.engine.care.restored import standing
from tollbook.engine.site import Site
from tollbook.journal import Damaged

_EVERY_S = 10.0


class Remembering:
    """`start` it once, `stop` it once. Closing the site notes the last of it."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="high water", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        noted: object = None
        while not self._stopping.wait(_EVERY_S):
            try:
                if standing(self._site) != noted:
                    self._site.remember()
                    noted = standing(self._site)
            except (Damaged, duckdb.Error):
                continue  # whoever reads the file for its contents says what is wrong with it
