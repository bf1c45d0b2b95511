"""Lines in use: the calls that held one, fetched for the exact sweep of `tollbook.sizing.in_use`."""

from __future__ import annotations

import numpy as np

from tollbook.sizing.in_use import Instants
from tollbook.store.filters import Where
from tollbook.store.ledger import Ledger


def held(ledger: Ledger, where: Where) -> tuple[Instants, Instants]:
    """Return when calls began and ended that held a line: seconds since 1970, each in order."""
    query = (
        "SELECT epoch(started_at)::BIGINT AS began, epoch(started_at)::BIGINT + total_s AS ended FROM call "
        f"WHERE {where.sql} AND trunk <> '' AND total_s > 0"
    )
    found = ledger.columns(query, where.values)
    return np.sort(found["began"]), np.sort(found["ended"])
