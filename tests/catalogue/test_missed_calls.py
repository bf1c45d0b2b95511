"""Missed calls of every format: each incoming call that nobody took is a try, and none is lost or made up."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from tests.catalogue.found import DIALECTS, cases_of
from tests.fakes.missed import ALWAYS
from tollbook.store.batch import Batch, Piece, pack
from tollbook.store.ledger import Ledger
from tollbook.store.missed_keeping import MissedState
from tollbook.store.missed_questions import MissedQuestion, missed_entries
from tollbook.store.missed_tables import IS_TRY
from tollbook.store.store import Store

_ALL = msgspec.structs.replace(ALWAYS, span_days=20_000)
"""Cases are of many years."""
_UNLIKE = "SELECT id FROM call WHERE {} AND started_at >= ? EXCEPT SELECT id FROM missed.tries"
_MADE_UP = "SELECT id FROM missed.tries EXCEPT SELECT id FROM call WHERE direction = 'incoming'"


def filled(store: Store, slug: str) -> None:
    """Store the records of all cases of a format, assembled as they would be."""
    for body, case in enumerate(cases_of(DIALECTS[slug]), 1):
        piece = Piece(
            pbx=slug,
            body=body,
            stream=False,
            member=0,
            received_at=case.received_at,
            reading=case.reading,
            rules=case.layout.assembly,
        )
        store.write(Batch(reads=[pack([piece])], entry=body, unfinished={}))


@pytest.mark.parametrize("slug", sorted(DIALECTS))
def test_every_missed_call_of_a_format_is_a_try_of_a_lost_caller(slug: str) -> None:
    with closing(Store(Path(":memory:"))) as store:
        filled(store, slug)
        last = store.rows("SELECT max(started_at) FROM call")[0][0]
        kept = MissedState(store.cursor).bring_up(_ALL, last + timedelta(hours=1))
        assert kept
        found = missed_entries(
            Ledger(store),
            MissedQuestion(since=kept.since, now=last, offsets={}, state="all", limit=10_000),
        )

        assert store.rows(_UNLIKE.format(IS_TRY), [kept.since]) == []
        assert store.rows(_MADE_UP) == []
        assert store.rows("SELECT count(*) FROM missed.tries WHERE entry IS NOT NULL") == [
            (sum(len(each.calls) for each in found.entries),),
        ]
        assert all(each.waited_s >= 0 and each.tries <= len(each.calls) for each in found.entries)
