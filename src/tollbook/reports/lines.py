"""Lines in use: the calls that held one, fetched for the exact sweep of `tollbook.sizing.in_use`."""

from __future__ import annotations

from tollbook.sizing.in_use import Instants, in_order
from tollbook.store.filters import Where
from tollbook.store.ledger import Ledger


def held(ledger: Ledger, where: Where) -> tuple[Instants, Instants]:
    """Return when calls began and ended that held a line: seconds since 1970, each in order."""
    chosen = f"{where.sql} AND trunk <> '' AND total_s > 0"
    found = ledger.columns(f"SELECT epoch(started_at)::BIGINT AS began, total_s FROM call WHERE {chosen}", where.values)
    return in_order(found["began"], found["total_s"])
