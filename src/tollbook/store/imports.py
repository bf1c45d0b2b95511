"""What the ledger holds of imports."""

from __future__ import annotations

import msgspec

from tollbook.store.ledger import Ledger
from tollbook.store.questions import Counts
from tollbook.store.unbacked import AWAY

_COUNTED = ("frames", "calls", "duplicates", "skipped", "rejected")
_HELD = """
WITH asked AS (SELECT unnest($bodies::BIGINT[]) AS body), held AS (
  SELECT id, body FROM call SEMI JOIN asked USING (body) WHERE legs IS NULL
  UNION ALL SELECT id, body FROM leg SEMI JOIN asked USING (body)
), elsewhere AS (
  SELECT DISTINCT h.id FROM held h JOIN sighting s ON s.id = h.id AND s.body <> h.body
) SELECT body, count(*), count(*) FILTER (elsewhere.id IS NULL) FROM held LEFT JOIN elsewhere USING (id) GROUP BY body
"""


class HeldRecords(msgspec.Struct, frozen=True):
    """How many records have their place in a body, and how many `alone` of them are in no other body."""

    held: int = 0
    alone: int = 0


def tallied(ledger: Ledger, bodies: list[int]) -> dict[int, Counts]:
    """Return what became of the frames of some bodies, as it was counted while they were stored."""
    query = f"SELECT body, {', '.join(_COUNTED)} FROM tally WHERE body IN (SELECT unnest($bodies::BIGINT[]))"
    rows = ledger.rows(query, {"bodies": bodies})
    return {body: Counts(**dict(zip(_COUNTED, row, strict=True))) for body, *row in rows}


def parted_of(ledger: Ledger, body: int) -> int:
    """Return how many calls, and legs of calls, have parted from their records in a body."""
    rows = " UNION ALL ".join(f"SELECT 1 FROM {table} WHERE body = $away" for table in ("call", "leg"))
    return int(ledger.rows(f"SELECT count(*) FROM ({rows})", {"away": body - AWAY})[0][0])


def held_by(ledger: Ledger, bodies: list[int]) -> dict[int, HeldRecords]:
    """Return what some bodies hold of the ledger; all calls are looked through."""
    rows = ledger.rows(_HELD, {"bodies": bodies}) if bodies else []
    return {body: HeldRecords(*counts) for body, *counts in rows}
