"""What bundles make of a preview's prices: calls are gone through in order, from when all bundles were filled at once.

What others have taken counts too: calls before those that are asked about, and such as the asker may not see.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import duckdb

from tollbook.rating.bundles import BundleUse
from tollbook.store import bundling
from tollbook.store.numbering import usable_plans
from tollbook.store.pricing import STORED, Pricer, PricingInUse, fields
from tollbook.store.pricing_many import Versions, price_by
from tollbook.store.registering import put_rows
from tollbook.store.schema import PRICED

_Connection = duckdb.DuckDBPyConnection
_TYPES = ("BIGINT", *PRICED.values())
_MADE = ", ".join(f"{name} {kind}" for name, kind in zip(("place", *PRICED), _TYPES, strict=True))
_CHOSEN = f"""
CREATE OR REPLACE TEMP TABLE to_price AS
SELECT t.rowid AS place, {bundling.BEGAN} AS began, {fields(STORED)} FROM call t
WHERE t.rowid >= ? AND t.rowid < ? AND {bundling.BEGAN} >= ? AND {bundling.BEGAN} <= ?
  AND t.pbx IN (SELECT unnest(?::VARCHAR[]))
"""
_AROUND = f"""
SELECT c.id, coalesce(c.extension, '') AS extension, r.*, {", ".join(f"p.{name} AS stored_{name}" for name in PRICED)}
FROM to_price r JOIN priced p ON p.place = r.place JOIN call c ON c.rowid = r.place
WHERE p.tariff IN (SELECT unnest(?::VARCHAR[]))
"""
MERGED = f"""
CREATE OR REPLACE TEMP TABLE priced AS
SELECT {", ".join(("place", *PRICED))} FROM priced ANTI JOIN bundled USING (place)
UNION ALL SELECT {", ".join(("place", *PRICED))} FROM bundled SEMI JOIN to_price USING (place)
"""
"""Puts the prices of calls that take from bundles in the place of those they have without."""


class BundledCalls:
    """Prices calls whose versions have bundles, by something, with versions at work; `check` may raise."""

    def __init__(
        self,
        cursor: _Connection,
        in_use: dict[str, PricingInUse],
        versions: Versions,
        check: Callable[[], None],
    ) -> None:
        self._cursor, self._in_use, self._versions, self._check = cursor, in_use, versions, check
        self._known = bundling.VersionsInUse(in_use)

    def price(self, first: datetime, last: datetime, rows_at_once: int) -> bool:
        """Fill the temporary table `bundled` with prices of calls between two moments; False where there are none."""
        bundled = self._known.bundled
        if not bundled:
            return False
        bundles = [bundle for some in bundled.values() for bundle in some]
        span = (bundling.all_filled_before(bundles, first).replace(tzinfo=None), last)
        self._gather(span, list(bundled), rows_at_once)
        pricer, use = Pricer(self._in_use, usable_plans(self._cursor, list(self._in_use))), BundleUse()
        self._cursor.execute(f"CREATE OR REPLACE TEMP TABLE bundled ({_MADE})")
        for rows in bundling.pages(self._cursor, bundling.choose(self._cursor, pricer, self._known)):
            self._check()
            found = bundling.settled(rows, pricer, self._known, use)
            put_rows(self._cursor, "bundled", [(place, *now) for place, stored, now in found if now != stored], _TYPES)
        return True

    def _gather(self, span: tuple[datetime, datetime], labels: list[str], rows_at_once: int) -> None:
        """Put calls into the table `around`, priced as if there were no bundles."""
        (last,) = self._cursor.execute("SELECT coalesce(max(rowid), -1) FROM call").fetchall()[0]
        into = "CREATE OR REPLACE TEMP TABLE around AS"
        for begin in range(0, max(last, 0) + 1, rows_at_once):
            self._check()
            self._cursor.execute(_CHOSEN, [begin, begin + rows_at_once, *span, list(self._in_use)])
            price_by(self._cursor, self._in_use, self._versions)
            self._cursor.execute(f"{into} {_AROUND}", [labels])
            into = "INSERT INTO around"
