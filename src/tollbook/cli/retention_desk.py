"""What the thread of retention reads and keeps in the settings database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connections

from tollbook import clock
from tollbook.engine.engine import Engine
from tollbook.model.retention import RetentionCounts, RetentionCutoffs
from tollbook.site.notes import operations as notes
from tollbook.site.retention import forgetting, personal
from tollbook.site.retention import operations as retention


@contextmanager
def _connected() -> Iterator[None]:
    try:
        yield
    finally:
        connections.close_all()


class RetentionRuns:
    """The settings database, as retention asks it. Each call is one transaction at most."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @staticmethod
    def due() -> RetentionCutoffs | None:
        """Return what is to go now; None where nothing is due."""
        with _connected():
            return retention.due(clock.now())

    @staticmethod
    def kept_since() -> datetime | None:
        """Return the first moment of the calls that are kept, in their PBX's local time; None: all are."""
        with _connected():
            return retention.kept_since(clock.now())

    @staticmethod
    def waits() -> str:
        """Return why no run is made until somebody says so; nothing where runs go on."""
        with _connected():
            leap = retention.leap(clock.now())
        return f"the last run of retention began {leap.days} days ago by the machine's clock" if leap else ""

    @staticmethod
    def begin(cutoffs: RetentionCutoffs) -> int:
        """Note that a run begins, and return its number."""
        with _connected():
            return retention.begin(cutoffs)

    @staticmethod
    def end(number: int, counts: RetentionCounts, failure: str = "") -> None:
        """Note what came of a run."""
        with _connected():
            retention.end(number, counts, failure)

    def forget_notes(self, calls: list[str]) -> int:
        """Delete what is noted on calls; return of how many."""
        with _connected():
            count = forgetting.forget_notes(calls)
            self._engine.copy_notes(notes.every())
        return count

    @staticmethod
    def forget(cutoffs: RetentionCutoffs) -> tuple[int, int]:
        """Delete old history and old looks; return how many of each."""
        with _connected():
            return forgetting.forget(cutoffs)

    @staticmethod
    def bodies_to_drop() -> list[int]:
        """Return the bodies that have in them what somebody wanted removed."""
        with _connected():
            return personal.bodies_to_drop()

    @staticmethod
    def dropped(bodies: list[int]) -> None:
        """Note that bodies are dropped."""
        with _connected():
            personal.note_dropped(bodies)

    @staticmethod
    def old(cutoffs: RetentionCutoffs) -> tuple[int, int]:
        """Count old history and old looks."""
        with _connected():
            return forgetting.old(cutoffs)
