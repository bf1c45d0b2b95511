"""Whether a PBX's dates can be right: no record is of a call that has not been yet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from tollbook.dialects.known import Catalogue
from tollbook.model.pbx import Pbx
from tollbook.store.store import Store

_AHEAD = timedelta(days=1)
"""How far a clock may be ahead before it is worth a word."""
_AFTER = """
SELECT pbx, count(*), strftime(max(started_local), '%Y-%m-%d') FROM call WHERE started_at > ? GROUP BY pbx
"""


class Doubt(msgspec.Struct, frozen=True):
    """What is odd about a PBX's dates, and what to do about it."""

    what: str
    help: str


def doubts(store: Store, pbxs: Iterable[Pbx], catalogue: Catalogue, now: datetime) -> dict[str, Doubt]:
    """Return the PBXs whose calls begin more than a day after `now` (aware), by name.

    Where a format writes day and month in an order that a person sets, that is the first thing to look at: of a date
    read the wrong way round about half lie ahead.
    """
    after = (now + _AHEAD).astimezone(UTC).replace(tzinfo=None)
    found = {pbx: (int(count), latest) for pbx, count, latest in store.rows(_AFTER, [after])}
    layouts = catalogue.layouts()
    return {
        pbx.name: _doubt(pbx, *found[pbx.name], ordered="date-order" in layouts[pbx.dialect].option)
        for pbx in pbxs
        if pbx.name in found and pbx.dialect in layouts
    }


def _doubt(pbx: Pbx, count: int, latest: str, *, ordered: bool) -> Doubt:
    calls = f"{count} call{'s' if count > 1 else ''}"
    what = f"{calls} would have begun in the future, the last on {latest}"
    if ordered:
        how = f"tollbook pbx edit {pbx.name} --set date-order=…"
        return Doubt(what, f"day and month may stand in another order: {how}")
    return Doubt(what, "set the clock of the PBX, or its time zone here")
