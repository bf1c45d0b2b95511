"""A site whose calls are old: what is dropped, masked and deleted is done step by step, as often as a test wants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from tollbook import clock
from tollbook.engine.engine import Engine
from tollbook.model.retention import RetentionCounts, RetentionCutoffs

AFTER_ALL = datetime(2024, 2, 1, tzinfo=UTC)
"""The month after that in which all records of `tests.fakes.records` began."""


class QuietDesk:
    """The desk of a site that keeps nothing else of calls."""

    def due(self) -> RetentionCutoffs | None:
        return None

    def kept_since(self) -> datetime | None:
        return None

    def waits(self) -> str:
        return ""

    def begin(self, cutoffs: RetentionCutoffs) -> int:
        del cutoffs
        return 1

    def end(self, number: int, counts: RetentionCounts, failure: str = "") -> None:
        del number, counts, failure

    def forget_notes(self, calls: list[str]) -> int:
        return len(calls)

    def forget(self, cutoffs: RetentionCutoffs) -> tuple[int, int]:
        del cutoffs
        return 0, 0

    def bodies_to_drop(self) -> list[int]:
        return []

    def dropped(self, bodies: list[int]) -> None:
        del bodies

    def old(self, cutoffs: RetentionCutoffs) -> tuple[int, int]:
        del cutoffs
        return 0, 0


def cutoffs(*, records: bool = True, numbers: bool = False, calls: datetime | None = None) -> RetentionCutoffs:
    """Return moments by which all records there are, are too old."""
    over = clock.now() + timedelta(hours=1)
    return (
        RetentionCutoffs(records=over, numbers=over if numbers else None, calls=calls)
        if records
        else (RetentionCutoffs(calls=calls))
    )


def run(engine: Engine, wanted: RetentionCutoffs, most_steps: int = 1 << 30) -> RetentionCounts:
    """Run it, or only its first steps, as if it had been killed there; return what was done."""
    *_, done = islice(engine.retention.steps(QuietDesk(), wanted), most_steps)
    return done


def bytes_of(site: Path, name: str = "journal.sqlite") -> bytes:
    """Return all bytes of a file of a site, none where there is none."""
    return (site / name).read_bytes() if (site / name).exists() else b""
