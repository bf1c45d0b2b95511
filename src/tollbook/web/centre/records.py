"""Records of this site that somebody at its centre wants to read."""

from __future__ import annotations

import msgspec

from tollbook.engine.engine import Engine
from tollbook.model.page_limits import RECORD_OF_A_PLACE
from tollbook.model.place import TakenRecord, WantedRecord
from tollbook.store.questions import has_record


def record_of_site(engine: Engine, wanted: WantedRecord) -> TakenRecord:
    """Return a record as the PBX wrote it: only what is that of a call, and no other part of the journal."""
    where = msgspec.structs.asdict(wanted.record)
    if not has_record(engine.site.ledger(), where):
        return TakenRecord(number=wanted.number)
    return TakenRecord(number=wanted.number, raw=engine.raw_of(where)[:RECORD_OF_A_PLACE])
