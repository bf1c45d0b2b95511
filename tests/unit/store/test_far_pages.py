"""A page far on in a list is the same whether found near where it begins or by sorting everything before it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest

from tests.fakes.calls import NOON, calls_of
from tollbook.model.reading import Reading
from tollbook.store import far_pages, questions
from tollbook.store.batch import Batch, Piece, pack
from tollbook.store.filters import ALL, Where
from tollbook.store.ledger import EVERYTHING, Ledger, Scope
from tollbook.store.questions import CallListing
from tollbook.store.store import Store

CALLS, HOUR_S = 300, 3600
OF_101 = Where("extension = $of", {"of": "101"})


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Calls of twelve days, of which two thirds had no talk, and some began at the same moment."""
    folder: Path = tmp_path_factory.mktemp("store")
    made = (
        {
            "started_at": NOON + number // 2 * 2 * HOUR_S,
            "call_id": str(number),
            "talk_s": 0 if number % 3 else number % 7,
            "extension": str(100 + number % 4),
            "caller": f"55501{number % 50:02}",
        }
        for number in range(CALLS)
    )
    reading = Reading(calls_of(*made), [], [])
    with closing(Store(folder / "calls.duckdb")) as store:
        piece = Piece(pbx="hts", body=1, stream=True, member=0, received_at=0, reading=reading)
        store.write(Batch(reads=[pack([piece])], entry=1, unfinished={}))
        yield store


@pytest.mark.parametrize("scope", [EVERYTHING, Scope(calls=Where("caller <> $x", {"x": "5550101"}))])
@pytest.mark.parametrize("where", [ALL, OF_101])
@pytest.mark.parametrize(
    ("order", "many"),
    [
        *product(["-started_at", "talk_s", "caller"], [1, far_pages.MANY]),
        *(
            pytest.param(*each, marks=pytest.mark.slow)
            for each in product(["started_at", "-talk_s", "-extension"], [1, far_pages.MANY])
        ),
    ],
)
def test_every_page_is_the_same_as_of_the_whole_list(  # noqa: PLR0917 - the parameters of the test
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    scope: Scope,
    where: Where,
    order: str,
    many: int,
) -> None:
    ledger = Ledger(store, scope)
    whole = [call["id"] for call in questions.calls(ledger, CallListing(where=where, order=order))]
    monkeypatch.setattr(far_pages, "FAR", 1)
    monkeypatch.setattr(far_pages, "MANY", many)

    for offset in range(0, len(whole) + 20, 17):
        listing = CallListing(where=where, order=order, limit=17, offset=offset)
        assert [call["id"] for call in questions.calls(ledger, listing)] == whole[offset : offset + 17]


def test_a_page_far_on_leaves_out_few_calls(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(far_pages, "FAR", 1)
    monkeypatch.setattr(far_pages, "MANY", 1)
    ledger = Ledger(store)

    for order in ("-started_at", "started_at", "talk_s", "caller"):
        asked = far_pages.Stretch(where=ALL, order=order, offset=150, limit=10)
        assert far_pages.near(ledger, asked).offset < 24


def test_a_near_page_is_asked_for_as_it_is(store: Store) -> None:
    asked = far_pages.Stretch(where=ALL, order="talk_s", offset=far_pages.FAR - 1, limit=10)

    assert far_pages.near(Ledger(store), asked) is asked
