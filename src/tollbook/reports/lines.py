"""Lines in use: the calls that held one, fetched to be counted exactly by `tollbook.sizing.by_second`."""

from __future__ import annotations

from tollbook.sizing.by_second import HeldLines
from tollbook.store.filters import Where
from tollbook.store.ledger import Ledger


def held(ledger: Ledger, where: Where) -> HeldLines | None:
    """Return when calls began that held a line, and for how long; None where there are none."""
    chosen = f"{where.sql} AND trunk <> '' AND total_s > 0"
    found = ledger.columns(f"SELECT epoch(started_at)::BIGINT AS began, total_s FROM call WHERE {chosen}", where.values)
    return HeldLines(found["began"], found["total_s"]) if len(found["began"]) else None
