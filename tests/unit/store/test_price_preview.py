"""What calls would cost is what they do cost once they are priced so, and nothing is changed by asking."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.rating import a_tariff
from tests.unit.rating.test_properties import rich_tariffs
from tests.unit.store.test_pricing import BEGUN, BERLIN, PLAIN, called, prices_by, put
from tollbook.model.pricing import Pricing
from tollbook.rating.tariff import Bundle, Tariff
from tollbook.store import price_preview, pricing
from tollbook.store.filters import ALL, Where, read_filter
from tollbook.store.ledger import Ledger, Scope
from tollbook.store.price_preview import AskedPreview, PricePreview, preview
from tollbook.store.store import Store

ZONES = {"hts": "Europe/Berlin"}
DEARER = PLAIN.replace("0.06", "0.07") + '\n[[rate]]\nto = "FR"\nprice = "0.30"\n'
TOTALS = """
SELECT price_currency, count(*), sum(price), sum(cost) FROM call WHERE price IS NOT NULL GROUP BY 1 ORDER BY 1
"""


@pytest.fixture
def store() -> Iterator[Store]:
    """A PBX with a tariff and calls to München, London, Paris, and the inside."""
    with closing(Store(Path(":memory:"))) as opened:
        opened.renumber("hts", BERLIN)
        opened.reprice("hts", prices_by(opened, a_tariff(PLAIN)), "Europe/Berlin")
        put(
            opened,
            called("0089230025", 600),
            called("000442079460135", 30),
            called("00033142685300", 60),
            called("00033142685300", 0, outcome="unanswered"),
            {"direction": "internal", "caller": "101", "called": "102", "talk_s": 60},
        )
        yield opened
        pricing.take_back(opened)


def would_be(store: Store, tariff: Tariff) -> Pricing:
    """Return prices by a tariff that the site does not have."""
    made = prices_by(store, tariff)
    prices_by(store, a_tariff(PLAIN))
    return made


def asked(store: Store, text: str, where: Where = ALL, *, most: int = 20) -> AskedPreview:
    tariff = a_tariff(text)
    return AskedPreview(
        where=where, pricing=would_be(store, tariff), zones=ZONES, tariffs={tariff.digest: tariff}, most=most
    )


def test_old_and_new_amounts_stand_side_by_side_by_destination(store: Store) -> None:
    found = preview(Ledger(store), asked(store, DEARER))

    assert [(each.country, each.currency, each.calls, each.old, each.new) for each in found.destinations] == [
        ("DE", "EUR", 1, Decimal("0.6"), Decimal("0.7")),
        ("FR", "EUR", 2, Decimal(0), Decimal("0.3")),
        ("GB", "EUR", 1, Decimal("0.11"), Decimal("0.11")),
    ]
    assert (found.calls, found.changed, found.dearer, found.becoming_priced) == (4, 2, 1, 1)
    assert (found.becoming_unpriced, found.unpriced, found.unpriced_because) == (0, 0, [])
    assert [(each.called, each.difference) for each in found.changed_most] == [("0089230025", Decimal("0.1"))]


def test_calls_that_lose_their_price_are_counted_with_the_reason(store: Store) -> None:
    found = preview(Ledger(store), asked(store, PLAIN.replace('to = "GB"', 'to = "IT"')))

    assert (found.becoming_unpriced, found.unpriced) == (1, 2)
    assert [(each.because, each.calls) for each in found.unpriced_because] == [
        ("the tariff has no rate for this destination", 2),
    ]


def test_currencies_are_never_added_up(store: Store) -> None:
    found = preview(Ledger(store), asked(store, DEARER.replace("EUR", "CHF")))

    totals = {each.currency: (each.old, each.new) for each in found.totals}
    assert totals == {"EUR": (Decimal("0.71"), Decimal(0)), "CHF": (Decimal(0), Decimal("1.11"))}
    assert {each.difference for each in found.changed_most} == {None}


def test_nothing_is_changed_and_calls_that_come_meanwhile_are_not_in_it(store: Store) -> None:
    before = store.rows("SELECT hash(c) FROM call c ORDER BY ALL")
    told = msgspec.structs.replace(asked(store, DEARER), check=lambda: put(store, called("0089230025"), body=9))

    found = preview(Ledger(store), told)

    assert found.calls == 4
    assert {*before} < {*store.rows("SELECT hash(c) FROM call c ORDER BY ALL")}
    assert len(store.rows("SELECT id FROM call")) == 6


def test_only_calls_that_are_asked_for_and_may_be_seen_are_in_it(store: Store) -> None:
    of_london = Ledger(store, Scope(calls=Where("number_country = $country", {"country": "GB"})))

    assert [each.country for each in preview(of_london, asked(store, DEARER)).destinations] == ["GB"]
    of_munich = asked(store, DEARER, read_filter({"country": "DE"}))
    assert [each.country for each in preview(Ledger(store), of_munich).destinations] == ["DE"]
    later = asked(store, DEARER, read_filter({"from": "2027-01-01"}))
    assert preview(Ledger(store), later) == PricePreview(
        calls=0, changed=0, dearer=0, cheaper=0, becoming_priced=0, becoming_unpriced=0, unpriced=0, totals=[],
        destinations=[], departments=[], changed_most=[], unpriced_because=[],
    )  # fmt: skip


def test_a_pbx_that_would_have_no_tariff_has_no_prices_then(store: Store) -> None:
    nothing = msgspec.structs.replace(asked(store, DEARER), pricing=Pricing())

    found = preview(Ledger(store), nothing)

    assert (found.becoming_unpriced, found.unpriced) == (3, 4)
    assert [each.because for each in found.unpriced_because] == ["no tariff is assigned to this line"]


def test_lots_make_no_difference(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = preview(Ledger(store), asked(store, DEARER, most=1))
    monkeypatch.setattr(price_preview, "ROWS_AT_ONCE", 1)

    assert preview(Ledger(store), asked(store, DEARER, most=1)) == at_once


@pytest.fixture(scope="module")
def shared() -> Iterator[Store]:
    """Calls of a year to two countries, some of them unanswered."""
    with closing(Store(Path(":memory:"))) as opened:
        opened.renumber("hts", BERLIN)
        numbers = ("0089230025", "000442079460135", "00033142685300")
        put(
            opened,
            *(
                called(
                    numbers[number % 3],
                    number * 37 % 4000,
                    BEGUN + timedelta(hours=number * 23),
                    outcome="unanswered" if number % 9 == 1 else "answered",
                )
                for number in range(400)
            ),
        )
        yield opened
        pricing.take_back(opened)


BUNDLES = (
    Bundle(name="minutes", to=("+4989",), seconds=9000, increment_s=60),
    Bundle(name="money", to=("*",), amount=Decimal(3), per="week", shared_by="pbx"),
)


def test_what_earlier_calls_take_from_a_bundle_counts_though_they_are_not_asked_about(store: Store) -> None:
    bundle = '\n[[bundle]]\nname = "minutes"\nto = ["+4989"]\nseconds = 900\n'
    put(store, called("0089230025", 600, BEGUN + timedelta(days=3)), body=2)

    found = preview(Ledger(store), asked(store, PLAIN + bundle, read_filter({"from": "2026-01-07"})))

    assert [(each.calls, each.old, each.new) for each in found.destinations] == [(1, Decimal("0.6"), Decimal("0.3"))]


def test_calls_of_earlier_periods_count_where_one_bundle_has_them_take_from_another(store: Store) -> None:
    by_the_month = '\n[[bundle]]\nname = "from {0}"\nto = ["+4989"]\ncalls = 1\nfrom = {0}\n'
    tariff = PLAIN + by_the_month.format(1) + by_the_month.format(15)
    put(store, *(called("0089230025", 60, BEGUN + timedelta(days=days)) for days in (15, 28, 39)), body=2)

    found = preview(Ledger(store), asked(store, tariff, read_filter({"from": "2026-02-13"})))

    assert [(each.calls, each.old, each.new) for each in found.totals] == [(1, Decimal("0.06"), Decimal("0.06"))]


def _with_digest(tariff: Tariff) -> Tariff:
    """Return a tariff whose digest no other one has: made-up ones have any."""
    return msgspec.structs.replace(tariff, digest=hashlib.blake2b(repr(tariff).encode()).hexdigest())


@settings(max_examples=15)
@given(
    before=rich_tariffs(),
    after=rich_tariffs(),
    way=st.tuples(st.sampled_from(((), BUNDLES)), st.sampled_from([150, 10_000])),
)
def test_new_totals_are_those_after_the_calls_are_priced_so(
    shared: Store,
    before: Tariff,
    after: Tariff,
    way: tuple[tuple[Bundle, ...], int],
) -> None:
    bundles, lot = way
    before, after = _with_digest(before), _with_digest(msgspec.structs.replace(after, bundles=bundles))
    shared.reprice("hts", prices_by(shared, before), "Europe/Berlin")
    old = shared.rows(TOTALS)
    prices = prices_by(shared, before, after)
    told = AskedPreview(where=ALL, pricing=prices, zones=ZONES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(price_preview, "ROWS_AT_ONCE", lot)
        found = preview(Ledger(shared), told)
    changed = shared.reprice("hts", prices, "Europe/Berlin")

    sums = {each.currency: each for each in found.totals}
    for rows, price, cost in ((old, "old", "old_cost"), (shared.rows(TOTALS), "new", "new_cost")):
        for currency, _, of_price, of_cost in rows:
            assert (getattr(sums[currency], price), getattr(sums[currency], cost)) == (of_price, of_cost)
    assert found.changed <= changed
