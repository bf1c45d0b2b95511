"""The calls under the names of the AGG logger."""

from contextlib import closing
from datetime import datetime, time
from pathlib import Path

from tests.fakes.calls import calls_of
from tollbook.model.reading import Reading
from tollbook.store.batch import Batch, Piece, pack
from tollbook.store.store import Store

AGG_ROW = {
    "ACC": "77",
    "DIRECTION": "outgoing",
    "EXT": "101",
    "CALLER_PHONE": "5550101",
    "TRUNK": "4",
    "FLAG1": "DAHDI/4-1",
    "DIALED_PHONE": "5550142",
    "FLAG4": "Dial",
    "FLAG2": "one",
    "FLAG3": "two",
    "CALL_TIME": datetime(2026, 3, 2, 9, 15),  # noqa: DTZ001 - as the PBX's clock showed it
    "TOTAL_DURATION_S": 3670,
    "CALL_DURATION_S": 3661,
    "CALL_DURATION": time(1, 1, 1),
    "RING": time(0, 0, 9),
    "CALL_TYPE": "ANSWERED",
    "FLAG5": "1772442900.1",
}
"""What stands in the queries and spreadsheets of those who had the AGG logger: none of it may change."""


def test_a_call_stands_under_the_names_that_users_of_agg_know() -> None:
    call = calls_of(
        {
            "account_code": "77", "direction": "outgoing", "extension": "101", "caller": "5550101", "trunk": "4",
            "device": "DAHDI/4-1", "called": "5550142", "feature": "Dial", "option1": "one", "option2": "two",
            "started_at": 1_772_442_900, "ring_s": 9, "talk_s": 3661, "outcome": "answered", "status": "ANSWERED",
            "call_id": "1772442900.1",
        },
    )  # fmt: skip
    piece = Piece(pbx="hts", body=1, stream=True, member=0, received_at=0, reading=Reading(call, [], []))

    with closing(Store(Path(":memory:"))) as store:
        store.write(Batch(reads=[pack([piece])], entry=1, unfinished={}))
        rows = store.rows(f"SELECT {', '.join(AGG_ROW)} FROM calls_agg")  # noqa: S608 - names that stand above
        names = {name.upper() for (name,) in store.rows("SELECT column_name FROM (DESCRIBE calls_agg)")}

    assert dict(zip(AGG_ROW, rows[0], strict=True)) == AGG_ROW
    assert names == set(AGG_ROW)
