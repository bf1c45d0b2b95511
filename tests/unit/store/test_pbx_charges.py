"""What a PBX reckons itself stands beside what calls cost, and amounts of different currencies are never mixed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from tests.fakes.rating import a_tariff
from tests.unit.store.test_pricing import BERLIN, PLAIN, called, prices_by, put
from tollbook.store import pricing
from tollbook.store.filters import ALL, Where, read_filter
from tollbook.store.ledger import Ledger, Scope
from tollbook.store.pbx_charges import ChargesCompared, charges_compared
from tollbook.store.store import Store

MUNICH = "0089230025"


@pytest.fixture
def store() -> Iterator[Store]:
    """A PBX that writes charges in some ways, and one that writes none."""
    with closing(Store(Path(":memory:"))) as opened:
        opened.renumber("hts", BERLIN)
        opened.reprice("hts", prices_by(opened, a_tariff(PLAIN)), "Europe/Berlin")
        put(
            opened,
            called(MUNICH, 60, charge="0,06", units=1),
            called(MUNICH, 61, charge="0.10", units=2),
            called(MUNICH, 600, charge=" 1 ", units=9),
            called(MUNICH, 62, charge="0.50", currency="CHF"),
            called(MUNICH, 63, charge="1.234,50"),
            called(MUNICH, 64),
            called("00033142685300", 60, charge="0.30"),
        )
        put(opened, called(MUNICH), body=2, pbx="other")
        yield opened
        pricing.take_back(opened)


def compared(store: Store, where: Where = ALL, most: int = 20) -> ChargesCompared:
    return charges_compared(Ledger(store), where, most)


def test_sums_are_of_the_calls_that_have_both(store: Store) -> None:
    plain, priced, unknown = compared(store).comparisons

    assert (plain.pbx, plain.pbx_currency, plain.currency) == ("hts", "CHF", "EUR")
    assert (plain.both, plain.difference) == (1, None)
    assert (priced.pbx_currency, priced.currency, priced.calls, priced.both, priced.equal) == (None, "EUR", 5, 3, 1)
    assert (priced.pbx_charge, priced.price, priced.difference) == (Decimal("1.16"), Decimal("0.78"), Decimal("-0.38"))
    assert (priced.only_ours, priced.only_ours_price, priced.unreadable) == (2, Decimal("0.24"), 1)
    assert (priced.pbx_units, priced.price_of_units) == (12, Decimal("0.78"))
    assert (unknown.currency, unknown.only_pbx, unknown.only_pbx_charge) == (None, 1, Decimal("0.3"))


def test_calls_that_differ_most_come_first_and_those_of_another_currency_not_at_all(store: Store) -> None:
    found = compared(store).differ_most

    assert [(each.talk_s, each.difference) for each in found] == [(600, Decimal("-0.4")), (61, Decimal("0.02"))]
    assert len(compared(store, most=1).differ_most) == 1


def test_a_pbx_that_writes_no_charges_is_not_in_it(store: Store) -> None:
    assert {each.pbx for each in compared(store).comparisons} == {"hts"}
    assert compared(store, read_filter({"pbx": "other"})) == ChargesCompared(comparisons=[], differ_most=[])


def test_only_what_may_be_seen_is_in_it(store: Store) -> None:
    long = Ledger(store, Scope(calls=Where("talk_s > $most", {"most": 100})))

    assert [each.talk_s for each in charges_compared(long, ALL, 20).differ_most] == [600]
    assert [each.calls for each in charges_compared(long, ALL, 20).comparisons] == [1]
