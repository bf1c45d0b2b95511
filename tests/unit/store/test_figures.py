"""The figures of the first page: what is counted, and between which moments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fakes.calls import NOON, Made, calls_of
from tollbook.model.frame import Rejected, Skipped
from tollbook.model.reading import Reading
from tollbook.model.rules import Rules
from tollbook.store import questions
from tollbook.store.batch import Batch, Piece, Replayed, pack
from tollbook.store.filters import read_asked
from tollbook.store.imports import tallied
from tollbook.store.ledger import Ledger
from tollbook.store.questions import CallRate, Counts
from tollbook.store.store import Store

LINKED = Rules(same=("linked_id",), within_s=60)
NOW = datetime.fromtimestamp(NOON, UTC)
WAITING = read_asked({"called-back": "no"}, NOW.date())
HOUR_S, WEEK_S = 3600, 7 * 86_400


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(Store(Path(":memory:"))) as opened:
        yield opened


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return Ledger(store)


def put(store: Store, *made: Made, pbx: str = "hts", body: int = 1) -> None:
    reading = Reading(
        calls_of(*made),
        [Skipped(b"-", 900, "a line")],
        [Rejected(raw=b"?", offset=number, reason="unread") for number in (901, 902)],
    )
    replay = Replayed(records=4, fresh_from=50)
    piece = Piece(
        pbx=pbx,
        body=body,
        stream=False,
        member=0,
        received_at=0,
        reading=reading,
        rules=LINKED,
        replay=replay,
    )
    store.write(Batch(reads=[pack([piece])], entry=body, unfinished={}))


def test_of_a_pbx_calls_are_told_apart_from_further_records_and_of_a_body_records_are_counted(
    store: Store,
    ledger: Ledger,
) -> None:
    alone = {"linked_id": "", "raw": b"alone", "started_at": NOON - 5}
    put(store, {"linked_id": "x"}, {"linked_id": "x", "offset": 70}, alone)
    put(store, alone, body=2)
    put(store, pbx="other", body=3)

    assert questions.counts_by_pbx(ledger) == {
        "hts": Counts(
            frames=18,
            calls=2,
            further_legs=1,
            duplicates=3,
            skipped=2,
            rejected=2,
            replayed=8,
            last_call_at="2023-11-14T22:13:20Z",
        ),
        "other": Counts(frames=7, skipped=1, rejected=2, replayed=4),
    }
    counts = tallied(ledger, [1, 2, 9])
    assert counts[1] == Counts(frames=10, calls=3, skipped=1, rejected=2)
    assert counts[2] == Counts(frames=8, duplicates=3, skipped=1)
    assert set(counts) == {1, 2}


def test_a_pbx_whose_rejects_are_all_read_now_has_none(store: Store, ledger: Ledger) -> None:
    put(store, {})
    with store.cursor() as cursor:
        cursor.execute("DELETE FROM reject")

    assert questions.counts_by_pbx(ledger)["hts"].rejected == 0


@pytest.mark.parametrize(("before_s", "counted"), [(-1, 0), (0, 1), (HOUR_S - 1, 1), (HOUR_S, 0)])
def test_the_last_hour_is_sixty_minutes_up_to_now(store: Store, ledger: Ledger, before_s: int, counted: int) -> None:
    put(store, {"started_at": NOON - before_s})

    assert questions.usual_rate(ledger, "hts", NOW).calls == counted


@pytest.mark.parametrize(
    ("weeks", "usual"),
    [((), None), ((1,), 1), ((1, 1, 1, 2), 2), ((4,), 0), ((4, 3, 3), 0.5), ((4, 3, 3, 2), 1), ((5,), None)],
)
def test_what_is_usual_is_the_middle_of_the_same_hour_of_up_to_four_weeks(
    store: Store,
    ledger: Ledger,
    weeks: tuple[int, ...],
    usual: float | None,
) -> None:
    put(store, *({"started_at": NOON - week * WEEK_S, "offset": number} for number, week in enumerate((*weeks, 0))))

    assert questions.usual_rate(ledger, "hts", NOW) == CallRate(calls=1, usual=usual)


def test_a_week_counts_whose_end_is_when_the_first_call_began(store: Store, ledger: Ledger) -> None:
    put(store, {"started_at": NOON - WEEK_S + 1}, {"started_at": NOON})
    put(store, {"started_at": NOON - WEEK_S}, {"started_at": NOON}, pbx="other", body=2)

    assert questions.usual_rates(ledger, NOW + timedelta()) == {
        "hts": CallRate(calls=1),
        "other": CallRate(calls=1, usual=1),
    }


def test_the_latest_missed_are_listed_first_as_many_as_are_asked_for(
    store: Store,
    ledger: Ledger,
) -> None:
    tried = [("101", "5550101", 0), ("102", "5550102", 1), ("102", "5550101", 2), ("103", "5550103", 3)]
    put(
        store,
        *({"extension": who, "caller": caller, "started_at": NOON + at, "talk_s": at} for who, caller, at in tried),
        {"extension": "103", "caller": "5550103", "started_at": NOON + 4, "outcome": "answered", "talk_s": 9},
    )

    missed = [(each["caller"], each["tries"]) for each in questions.missed_callers(ledger, WAITING)]
    assert missed == [("5550101", 2), ("5550102", 1)]
    (first,) = questions.missed_callers(ledger, WAITING, most=1)
    (key,) = store.rows("SELECT id::VARCHAR FROM call WHERE started_at = make_timestamp(?)", [(NOON + 2) * 1_000_000])[
        0
    ]
    assert first == {
        "id": key,
        "pbx": "hts",
        "caller": "5550101",
        "tries": 2,
        "last_local": "2023-11-14T22:13:22",
        "extension": "102",
        "number_e164": None,
        "number_name": None,
    }


def test_eight_are_listed_where_nobody_says_how_many(store: Store, ledger: Ledger) -> None:
    put(store, *({"extension": f"10{number}", "caller": f"555010{number}"} for number in range(9)))

    assert len(questions.missed_callers(ledger, WAITING)) == 8
