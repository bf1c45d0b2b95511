"""Old calls in the store: what they lose, what they keep, and that nothing prices or numbers them again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.store.test_bundling import HOUR, LONDON, MINUTES, MUNICH, priced_by, rows
from tests.unit.store.test_pricing import BEGUN, BERLIN, called, put
from tollbook.store import pricing, retention
from tollbook.store.ledger import Ledger
from tollbook.store.price_questions import explained_price
from tollbook.store.store import Store


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(Store(Path(":memory:"))) as opened:
        opened.renumber("hts", BERLIN)
        yield opened
        pricing.take_back(opened)


def mask_before(store: Store, moment: datetime) -> None:
    """Let calls part from their records and lose digits that began before a moment."""
    before = moment.astimezone(UTC).replace(tzinfo=None)
    while store.transaction(partial(retention.part, before=before)):
        pass
    done = False
    while not done:
        _, done = store.transaction(partial(retention.mask, before=before))


def test_a_new_price_list_leaves_masked_calls_and_goes_on_with_the_bundle_they_took_from(store: Store) -> None:
    priced_by(store, MINUTES)
    put(store, called(MUNICH, 420, BEGUN), called(MUNICH, 300, BEGUN + 2 * HOUR), called(LONDON, 60, BEGUN + 3 * HOUR))
    mask_before(store, BEGUN + HOUR)

    priced_by(store, MINUTES.replace("0.06", "0.12"))

    assert rows(store) == [
        (Decimal(0), 0, "ten minutes", 420),
        (Decimal("0.25"), 120, "ten minutes", 180),
        (Decimal("0.6"), 60, None, None),
    ]
    assert store.rows("SELECT called FROM call ORDER BY started_at LIMIT 1") == [(MUNICH[:-3] + "•••",)]


def test_a_masked_call_is_explained_by_the_price_it_had(store: Store) -> None:
    priced_by(store, MINUTES)
    put(store, called(LONDON, 60, BEGUN))
    mask_before(store, BEGUN + HOUR)

    (key,) = store.rows("SELECT id::VARCHAR FROM call")[0]
    told = explained_price(Ledger(store), key)

    assert told is not None
    assert (told.price, told.currency) == ("0.6", "EUR")
    assert "lost its last digits" in told.explanation[0]


def test_another_dial_plan_leaves_masked_calls_as_they_are(store: Store) -> None:
    put(store, called(MUNICH, 420, BEGUN), called(LONDON, 60, BEGUN + 2 * HOUR))
    mask_before(store, BEGUN + HOUR)
    before = store.rows("SELECT number_e164, number_country, number_kind FROM call ORDER BY started_at")

    store.renumber("hts", {"": {"country": "AT"}})

    after = store.rows("SELECT number_e164, number_country, number_kind FROM call ORDER BY started_at")
    assert after[0] == before[0]
    assert after[1] != before[1]


def test_a_call_that_comes_late_is_masked_by_the_next_run(store: Store) -> None:
    put(store, called(MUNICH, 420, BEGUN))
    mask_before(store, BEGUN + 9 * HOUR)
    put(store, called(LONDON, 60, BEGUN - HOUR))
    mask_before(store, BEGUN + 10 * HOUR)

    assert all(number.endswith("•••") for (number,) in store.rows("SELECT called FROM call"))


@given(st.lists(st.tuples(st.integers(0, 200), st.booleans()), min_size=1, max_size=12), st.integers(0, 200))
def test_whatever_is_masked_counts_seconds_and_prices_stay(calls: list[tuple[int, bool]], hours: int) -> None:
    with closing(Store(Path(":memory:"))) as store:
        store.renumber("hts", BERLIN)
        priced_by(store, MINUTES)
        made = [
            called(LONDON if far else MUNICH, 60 + place, BEGUN + at * HOUR) for place, (at, far) in enumerate(calls)
        ]
        put(store, *made)
        totals = (
            "SELECT number_country, number_kind, started_at::DATE, count(*), sum(talk_s), sum(cost), sum(price), "
            "sum(bundle_taken) FROM call GROUP BY ALL ORDER BY ALL"
        )
        before = store.rows(totals)
        mask_before(store, BEGUN + hours * HOUR)
        mask_before(store, BEGUN + (hours + 3) * HOUR)

        assert store.rows(totals) == before
        old = (BEGUN + (hours + 3) * HOUR).astimezone(UTC).replace(tzinfo=None)
        shown = store.rows("SELECT started_at, called FROM call")
        assert all(number.endswith("•••") == (at < old) for at, number in shown)
        pricing.take_back(store)


def test_months_are_deleted_whole_and_the_rest_stays(store: Store) -> None:
    put(store, *(called(LONDON, 60, BEGUN + timedelta(days=7 * week)) for week in range(12)))
    first = (BEGUN + timedelta(days=35)).replace(day=1, hour=0, minute=0, tzinfo=None)
    young = store.rows("SELECT count(*) FROM call WHERE started_local >= ?", [first])[0][0]

    assert store.transaction(partial(retention.delete, before=first)) == 12 - young
    assert store.rows("SELECT count(*), count(*) FILTER (started_local < ?) FROM call", [first]) == [(young, 0)]
    assert store.transaction(partial(retention.delete, before=first)) == 0
