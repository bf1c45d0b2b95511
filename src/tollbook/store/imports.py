"""What the ledger holds of imports."""

from __future__ import annotations

import msgspec

from tollbook.store.ledger import Ledger
from tollbook.store.questions import Counts

_COUNTED = ("frames", "calls", "duplicates", "skipped", "rejected")
_HELD = """
WITH asked AS (SELECT unnest($bodies::BIGINT[]) AS body), held AS (
  SELECT id, body FROM call SEMI JOIN asked USING (body) WHERE legs IS NULL
  UNION ALL SELECT id, body FROM leg SEMI JOIN asked USING (body)
), elsewhere AS (
  SELECT DISTINCT h.id FROM held h JOIN sighting s ON s.id = h.id AND s.body <> h.body
) SELECT body, count(*), count(*) FILTER (elsewhere.id IS NULL) FROM held LEFT JOIN elsewhere USING (id) GROUP BY body
"""


class BodyRecords(msgspec.Struct, frozen=True):
    """What became of a body's frames; `held` records have their place in it, `alone` of them are in no other body."""

    counts: Counts = Counts()
    held: int = 0
    alone: int = 0


def records_of(ledger: Ledger, bodies: list[int]) -> dict[int, BodyRecords]:
    """Return what the ledger holds of some bodies."""
    chosen = {"bodies": bodies}
    columns = ", ".join(_COUNTED)
    query = f"SELECT body, {columns} FROM tally WHERE body IN (SELECT unnest($bodies::BIGINT[]))"
    counts = {body: Counts(**dict(zip(_COUNTED, row, strict=True))) for body, *row in ledger.rows(query, chosen)}
    held = {body: (records, alone) for body, records, alone in ledger.rows(_HELD, chosen)}
    return {body: BodyRecords(counts.get(body, Counts()), *held.get(body, (0, 0))) for body in bodies}
