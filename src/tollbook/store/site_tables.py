"""What a centre needs of a site beside its calls: PBXs, directory, phone book, rejects, and how many records came.

Each is handed on whole, and only once it is another than before. Names are kept here and not with the calls, so that
one that is mended is mended in all calls.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from tollbook.model.page_limits import REJECTS_HANDED_ON
from tollbook.model.pbx import Pbx
from tollbook.model.sink import CallFile, SiteTable
from tollbook.store.ledger import Ledger
from tollbook.store.outgoing import fields_of, parquet_options
from tollbook.store.parts import cut_large

PBXS = "site_pbx"
_PBXS = ("name", "timezone", "dialect", "plan")
_OF_A_LEDGER = {
    "owner": "SELECT * FROM main.owner",
    "span": "SELECT * FROM main.span",
    "phone_book": "SELECT * FROM main.phone_book",
    "reject": f"SELECT * FROM main.reject ORDER BY received_at DESC, id LIMIT {REJECTS_HANDED_ON}",
    "put_aside": "SELECT * FROM main.put_aside",
    "tally": """
        SELECT min(body) AS body, pbx, sum(frames)::BIGINT AS frames, sum(calls)::BIGINT AS calls,
          sum(duplicates)::BIGINT AS duplicates, sum(skipped)::BIGINT AS skipped, sum(rejected)::BIGINT AS rejected,
          sum(replayed)::BIGINT AS replayed, min(fresh_from) AS fresh_from
        FROM main.tally GROUP BY pbx""",
    "arrival": "SELECT * FROM main.arrival",
    "skip": "SELECT * FROM main.skip",
}
_TABLES = {**_OF_A_LEDGER, PBXS: f"SELECT {', '.join(f'unnest(${each}::VARCHAR[]) AS {each}' for each in _PBXS)}"}
OF_A_LEDGER = tuple(_OF_A_LEDGER)
"""Those that questions of a ledger read, by the names that they have in the store."""
NAMES = tuple(_TABLES)


class SiteTables:
    """The tables of a site as they are now."""

    def __init__(self, ledger: Ledger, pbxs: Sequence[Pbx]) -> None:
        self._ledger = ledger
        rows = [(each.name, each.timezone, each.dialect, msgspec.json.encode(each.plan).decode()) for each in pbxs]
        self._pbxs = {column: [row[place] for row in rows] for place, column in enumerate(_PBXS)}

    def digest(self, name: str) -> str:
        """Return a digest of a table that changes when any of its rows does."""
        query = f"SELECT count(*) || '-' || coalesce(sum(hash(t)::HUGEINT), 0) FROM ({_TABLES[name]}) t"
        return str(self._ledger.rows(query, self._bound(name))[0][0])

    @contextmanager
    def written(self, name: str, folder: Path, part_bytes: int) -> Iterator[SiteTable]:
        """Give a table as files of Parquet in a folder, which goes with them."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        target = folder / "rows"
        target.mkdir(mode=0o700) if part_bytes else target.touch(mode=0o600)
        place = str(target).replace("'", "''")
        try:
            with self._ledger.cursor() as cursor:
                cursor.execute(f"CREATE TEMP TABLE site_table AS {_TABLES[name]}", self._bound(name))
                fields = fields_of(cursor, "FROM site_table")
                cursor.execute(f"COPY site_table TO '{place}' ({parquet_options(CallFile(part_bytes=part_bytes))})")
                if part_bytes:
                    cut_large(cursor, target, part_bytes)
            parts = sorted(target.iterdir()) if part_bytes else [target]
            yield SiteTable(name=name, fields=fields, parts=tuple(parts))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _bound(self, name: str) -> dict[str, Any]:
        return self._pbxs if name == PBXS else {}
