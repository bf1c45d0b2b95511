"""Reads standing rejects again with the settings of today, some at a time: there may be millions of them.

They are gone through in the order of their places; those that stay rejects are not met twice.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tollbook.engine.pipeline.bulk import Bulk
from tollbook.engine.pipeline.reading import read_together
from tollbook.model.frame import FORMAT_FAILED, NOT_READ_AGAIN, Frames
from tollbook.model.reading import join_readings
from tollbook.store.retrying import Retried, Stored
from tollbook.store.store import Store

AT_ONCE = 2000
"""Rejects that are read and stored together, each of 64 KiB at most."""
_QUERY = """
SELECT epoch_us(received_at), id, occurrence, pbx, body, member, position, raw FROM reject
WHERE ? IN ('', pbx) AND rule NOT IN (SELECT unnest(?::VARCHAR[]))
AND (pbx, body, member, position, id) > (?, ?::BIGINT, ?::INTEGER, ?::BIGINT, ?::BLOB::UUID)
ORDER BY pbx, body, member, position, id LIMIT ?
"""


class Retry(msgspec.Struct, frozen=True):
    """Of some rejects of a PBX how many became calls, and whether its format failed over any: its name then."""

    pbx: str
    promoted: int
    failed: tuple[str, ...]


def retry(store: Store, bulk: Bulk, pbx: str) -> Iterator[Retry]:
    """Read the standing rejects of one PBX again, or of all, and yield what came of some after the others."""
    last = Stored(bytes(16), 0, "", -(1 << 62), 0, 0, b"")
    while True:
        place = [last.pbx, last.body, last.member, last.position, last.id]
        rows = store.rows(_QUERY, [pbx, list(NOT_READ_AGAIN), *place, AT_ONCE])
        found = [(received_at, Stored(key.bytes, *rest)) for received_at, key, *rest in rows]
        if not found:
            return
        last = found[-1][1]
        yield from _read(store, bulk, found)


def _read(store: Store, bulk: Bulk, found: list[tuple[int, Stored]]) -> Iterator[Retry]:
    for name in dict.fromkeys(reject.pbx for _, reject in found):
        mine = [(received_at, reject) for received_at, reject in found if reject.pbx == name]
        frames = [Frames([reject.raw], [row], received_at) for row, (received_at, reject) in enumerate(mine)]
        whole = join_readings(read_together(frames, [bulk.reader_of(name)] * len(frames)))
        promoted = store.promote(Retried([reject for _, reject in mine], whole, bulk.rules_of(name)))
        failed = any(each.rule == FORMAT_FAILED for each in whole.rejected)
        yield Retry(name, promoted, (name,) if failed else ())
