"""How many of some records the store does not have: what an import would add, without adding it.

Records are collected as the keys of their texts, in tables of a connection of its own, which go to the disk where they
are many. What a key comes to is reckoned as `writing` does: the n-th record of one text in a file is another call.
"""

from __future__ import annotations

import msgspec
import numpy as np

from tollbook.store.arrow import INTEGER, KEY, Column
from tollbook.store.batch import Packed, PackedReading
from tollbook.store.ledger import Ledger
from tollbook.store.registering import joined

_TABLES = ("fresh_call", "fresh_leg", "fresh_reject")
_RECORDS = "SELECT id FROM call WHERE legs IS NULL UNION ALL SELECT id FROM leg"
_FRESH = """
WITH counted AS (SELECT base, count(*) AS times FROM {table} GROUP BY base, member), ids AS (
  SELECT base AS id FROM counted
  UNION SELECT (base::UHUGEINT + nth::UHUGEINT)::UUID FROM (
    SELECT base, unnest(range(1, times)) AS nth FROM counted WHERE times > 1
  )
) SELECT count(*) FROM ids ANTI JOIN ({there}) USING (id)
"""


class FreshCounts(msgspec.Struct, frozen=True):
    """How many calls' records and how many rejects are not in the store."""

    calls: int
    rejects: int


class FreshRecords:
    """Records of one file, as they are read; `close` it when done."""

    def __init__(self, ledger: Ledger) -> None:
        self._cursor = ledger.cursor()
        for table in _TABLES:
            self._cursor.execute(f"CREATE TEMP TABLE {table} (base UUID, member INTEGER)")

    def add(self, read: PackedReading) -> None:
        """Take records in."""
        self._add("fresh_call", read.calls)
        self._add("fresh_reject", read.rejects)
        for legs in read.legs:
            self._add("fresh_leg", legs.packed)

    def count(self) -> FreshCounts:
        """Say how many of them the store does not have."""
        calls = sum(self._count(table, _RECORDS) for table in ("fresh_call", "fresh_leg"))
        return FreshCounts(calls, self._count("fresh_reject", "SELECT id FROM reject"))

    def close(self) -> None:
        """Let them go."""
        self._cursor.close()

    def _add(self, table: str, packed: Packed) -> None:
        if packed.rows:
            _, members = packed.places()
            columns: dict[str, Column] = {"base": (KEY, packed.base), "member": (INTEGER, np.asarray(members))}
            joined(self._cursor, columns, f"INSERT INTO {table} SELECT base::UUID, member FROM keys", [])

    def _count(self, table: str, there: str) -> int:
        return int(self._cursor.execute(_FRESH.format(table=table, there=there)).fetchall()[0][0])
