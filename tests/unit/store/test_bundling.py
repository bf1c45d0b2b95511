"""Bundles over several calls: used up in the order in which calls began, whatever the order in which they came."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.calls import Made
from tests.fakes.rating import a_tariff
from tests.unit.store.test_pricing import BEGUN, BERLIN, called, prices_by, put
from tollbook.model.pricing import Pricing
from tollbook.numbering.plans import read_plans
from tollbook.rating.bands import BandCalendar
from tollbook.rating.bundles import BundleUse, Sharing, kept
from tollbook.rating.charging import Rateable, Rater
from tollbook.rating.rates import destination
from tollbook.rating.tariff import Tariff
from tollbook.store import bundling, pricing, pricing_many
from tollbook.store.ledger import Ledger
from tollbook.store.price_questions import explained_price
from tollbook.store.store import Store

MINUTES = """
title = "With minutes"
currency = "EUR"
zone = "Europe/Berlin"

[[rate]]
to = "+4989"
price = "0.06"
connect_fee = "0.01"

[[rate]]
to = "*"
price = "0.60"

[[bundle]]
name = "ten minutes"
to = ["+4989"]
seconds = 600
"""
MUNICH, LONDON = "0089230025", "000442079460135"
HOUR = timedelta(hours=1)
COLUMNS = "SELECT price, billed_s, bundle, bundle_taken FROM calls ORDER BY started_at, position"
Row = tuple[Decimal | None, int | None, str | None, Decimal | None]


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(Store(Path(":memory:"))) as opened:
        opened.renumber("hts", BERLIN)
        yield opened
        pricing.take_back(opened)


def priced_by(store: Store, text: str) -> Pricing:
    prices = prices_by(store, a_tariff(text))
    store.reprice("hts", prices, "Europe/Berlin")
    return prices


def rows(store: Store) -> list[Row]:
    return store.rows(COLUMNS)


def test_free_minutes_are_used_up_in_mid_call_and_filled_again_with_the_month(store: Store) -> None:
    priced_by(store, MINUTES)

    put(
        store,
        called(MUNICH, 420, BEGUN),
        called(LONDON, 60, BEGUN + HOUR),
        called(MUNICH, 300, BEGUN + 2 * HOUR),
        called(MUNICH, 60, BEGUN + 3 * HOUR),
        called(MUNICH, 60, BEGUN + timedelta(days=30)),
    )

    assert rows(store) == [
        (Decimal(0), 0, "ten minutes", 420),
        (Decimal("0.6"), 60, None, None),
        (Decimal("0.13"), 120, "ten minutes", 180),
        (Decimal("0.07"), 60, None, None),
        (Decimal(0), 0, "ten minutes", 60),
    ]


def test_a_call_that_comes_late_takes_from_the_bundle_what_later_ones_had_had(store: Store) -> None:
    priced_by(store, MINUTES)
    put(store, called(MUNICH, 420, BEGUN + HOUR), called(MUNICH, 120, BEGUN + 2 * HOUR))
    before = dict(store.rows("SELECT position, meaning FROM call"))

    put(store, called(MUNICH, 300, BEGUN), body=2)

    assert rows(store) == [
        (Decimal(0), 0, "ten minutes", 300),
        (Decimal("0.13"), 120, "ten minutes", 300),
        (Decimal("0.13"), 120, None, None),
    ]
    after = dict(store.rows("SELECT position, meaning FROM call WHERE body = 1"))
    assert min(after.values()) > max(before.values())


def test_pricing_again_by_the_same_changes_nothing(store: Store) -> None:
    prices = priced_by(store, MINUTES)
    put(store, *(called(MUNICH, 100, BEGUN + number * HOUR) for number in range(400)))
    before = store.rows("SELECT *  FROM call ORDER BY id")

    assert store.reprice("hts", prices, "Europe/Berlin") == 0

    assert store.rows("SELECT * FROM call ORDER BY id") == before
    assert [row[3] for row in rows(store)][:7] == [100, 100, 100, 100, 100, 100, None]


@pytest.mark.parametrize(
    ("shared_by", "taken"),
    [
        ("extension", [400, 400, 200, None]),
        ("trunk", [400, 200, 400, 200]),
        ("pbx", [400, 200, None, None]),
        ("site", [400, 200, None, None]),
    ],
)
def test_a_bundle_is_shared_by_those_that_the_tariff_says(
    store: Store,
    shared_by: str,
    taken: list[int | None],
) -> None:
    priced_by(store, MINUTES + f'shared_by = "{shared_by}"\n')

    put(
        store,
        called(MUNICH, 400, BEGUN, extension="101", trunk="CO1"),
        called(MUNICH, 400, BEGUN + HOUR, extension="102", trunk="CO1"),
        called(MUNICH, 400, BEGUN + 2 * HOUR, extension="101", trunk="CO2"),
        called(MUNICH, 400, BEGUN + 3 * HOUR, extension="101", trunk="CO2"),
    )

    assert [row[3] for row in rows(store)] == taken


def test_a_bundle_of_the_site_is_used_up_by_all_its_pbxs(store: Store) -> None:
    store.renumber("other", BERLIN)
    prices = priced_by(store, MINUTES + 'shared_by = "site"\n')
    store.reprice("other", prices, "Europe/Berlin")
    put(store, called(MUNICH, 400, BEGUN + HOUR))

    put(store, called(MUNICH, 400, BEGUN), body=2, pbx="other")
    assert [row[3] for row in rows(store)] == [400, 200]

    store.reprice("other", Pricing(), "Europe/Berlin")
    assert [row[3] for row in rows(store)] == [None, 400]


def test_calls_that_are_made_again_otherwise_give_back_what_they_took(store: Store) -> None:
    priced_by(store, MINUTES)
    put(store, called(MUNICH, 500, BEGUN), body=1)
    put(store, called(MUNICH, 300, BEGUN + HOUR), body=2)
    assert [row[3] for row in rows(store)] == [500, 100]

    with store._lock:  # noqa: SLF001 - as a rebuild does it, inside a transaction of the store
        store.transaction(lambda connection: _take_out_of(connection, 1))

    assert [row[3] for row in rows(store)] == [300]


def _take_out_of(connection: object, body: int) -> None:
    bundling.mark_taken_out(connection, "t.body = ?", [body])  # type: ignore[arg-type]
    connection.execute("DELETE FROM call WHERE body = ?", [body])  # type: ignore[attr-defined]


def test_a_call_that_comes_late_counts_beyond_the_period_of_its_bundle_where_others_overlap_it(store: Store) -> None:
    by_the_month = '\n[[bundle]]\nname = "from {0}"\nto = ["*"]\ncalls = 1\nfrom = {0}\n'
    prices = priced_by(store, RATES + by_the_month.format(1) + by_the_month.format(15))
    days = (28, 32, 44, 45, 58, 60, 72, 87)
    put(store, *(called(MUNICH, 60, BEGUN + timedelta(days=day - 5)) for day in days))

    put(store, called(MUNICH, 60, BEGUN - timedelta(days=3)), body=2)

    one, other = "from 1", "from 15"
    assert [row[2] for row in rows(store)] == [one, other, one, None, None, other, one, None, other]
    assert store.reprice("hts", prices, "Europe/Berlin") == 0


@pytest.mark.parametrize("count", [2, pricing_many.FEW + 1])
def test_a_call_keeps_no_price_by_a_bundle_of_a_version_that_is_there_no_longer(store: Store, count: int) -> None:
    prices = priced_by(store, MINUTES)
    put(store, *(called(MUNICH, 200, BEGUN + number * HOUR) for number in range(count)))

    pricing.take_back(store)
    pricing.lend(store, lambda _digest: None)

    assert store.reprice("hts", prices, "Europe/Berlin") == count
    assert set(rows(store)) == {(None, None, None, None)}
    assert store.rows("SELECT DISTINCT unpriced_because FROM calls") == [(pricing.GONE,)]


def test_bundles_of_two_versions_that_hold_something_else_are_two(store: Store) -> None:
    seconds = MINUTES + 'per = "year"\nfrom = 60\n'
    versions = a_tariff(seconds), a_tariff(seconds.replace("seconds = 600", "calls = 600"))
    store.reprice("hts", prices_by(store, *versions), "Europe/Berlin")

    put(store, called(MUNICH, 600, BEGUN + timedelta(days=359)), called(MUNICH, 60, BEGUN + timedelta(days=361)))

    assert [row[3] for row in rows(store)] == [600, 1]


def test_a_price_says_what_earlier_calls_had_left_of_a_bundle(store: Store) -> None:
    priced_by(store, MINUTES)
    put(store, called(MUNICH, 420, BEGUN), called(MUNICH, 300, BEGUN + HOUR), called(MUNICH, 60, BEGUN + 2 * HOUR))
    keys = [str(key) for (key,) in store.rows("SELECT id FROM calls ORDER BY started_at")]

    told = [found.explanation for key in keys if (found := explained_price(Ledger(store), key))]

    holds = "The bundle ten minutes holds 600 s for the trunk from 2026-01-01 on; earlier calls took"
    assert told[0][1:3] == [f"{holds} 0 s.", told[0][2]]
    assert "The bundle ten minutes gives 420 s." in told[0]
    assert told[1][1] == f"{holds} 420 s."
    assert "The bundle ten minutes gives 180 s." in told[1]
    assert told[2][1] == f"{holds} 600 s."
    assert told[2][-1] == "Together 0.07 EUR."


@pytest.mark.parametrize("broken", ["settled", "choose"])
def test_a_fault_over_bundles_keeps_no_call_from_being_stored(
    store: Store,
    broken: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prices = priced_by(store, MINUTES)

    def fails(*_given: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(bundling, broken, fails)
        put(store, called(MUNICH, 60, BEGUN))
    assert [row[0] for row in rows(store)] == [Decimal("0.07")]

    assert store.reprice("hts", prices, "Europe/Berlin") == 1
    assert [row[3] for row in rows(store)] == [60]


# ---------------------------------------------------------------- any order

SOME_BUNDLES = """
[[bundle]]
name = "minutes"
to = ["+4989", "GB"]
seconds = 3000
increment_s = 60
per = "{per}"
shared_by = "{shared_by}"

[[bundle]]
name = "calls"
to = ["GB"]
calls = 3
fee = "0.02"
per = "week"
shared_by = "extension"

[[bundle]]
name = "money"
to = ["*"]
amount = "0.07"
per = "day"
"""
RATES = """
title = "Many"
currency = "EUR"
zone = "Europe/Berlin"

[[rate]]
to = "*"
price = "0.10"
per_s = 77
connect_fee = "0.01"
maximum = "1.00"
"""
TOLD = (
    "SELECT started_at, called, trunk, extension, talk_s, price, bundle, bundle_taken FROM calls "
    "ORDER BY started_at, id"
)
SPAN_S = 40 * 86_400


@st.composite
def some_calls(draw: st.DrawFn) -> list[Made]:
    seeds = draw(st.lists(st.integers(0, 2**32), min_size=20, max_size=60))
    return [a_call(random.Random(seed)) for seed in seeds]


def a_call(chance: random.Random) -> Made:
    return called(
        chance.choice((MUNICH, LONDON, "0030123456")),
        chance.choice((0, 1, 59, 60, 61, 600, chance.randrange(4000))),
        BEGUN + timedelta(seconds=chance.choice((0, 86_400, chance.randrange(SPAN_S)))),
        extension=chance.choice(("101", "102", "")),
        trunk=chance.choice(("CO1", "CO2")),
    )


@settings(max_examples=15, deadline=None)
@given(
    calls=some_calls(),
    order=st.randoms(use_true_random=False),
    shared_by=st.sampled_from(("trunk", "pbx", "site", "extension")),
    per=st.sampled_from(("day", "week", "month", "year")),
)
def test_the_order_in_which_calls_come_changes_nothing(
    calls: list[Made],
    order: random.Random,
    shared_by: str,
    per: str,
) -> None:
    tariff = a_tariff(RATES + SOME_BUNDLES.format(per=per, shared_by=shared_by))
    numbered = [{**call, "offset": 100 * place} for place, call in enumerate(calls)]
    told = []
    for shuffled in (False, True):
        with closing(Store(Path(":memory:"))) as opened:
            opened.renumber("hts", BERLIN)
            opened.reprice("hts", prices_by(opened, tariff), "Europe/Berlin")
            if shuffled:
                order.shuffle(numbered)
            batches = [numbered[first : first + 7] for first in range(0, len(numbered), 7)] if shuffled else [numbered]
            for batch in batches:
                put(opened, *batch)
            told.append(opened.rows(TOLD))
            assert opened.reprice("hts", prices_by(opened, tariff), "Europe/Berlin") == 0
            if not shuffled:
                assert told[0] == one_after_another(opened, tariff)
            pricing.take_back(opened)

    assert told[0] == told[1]


def one_after_another(store: Store, tariff: Tariff) -> list[tuple[object, ...]]:
    """Return the same, reckoned without the store's ways."""
    rater = Rater(tariff, BandCalendar(tariff, ZoneInfo("Europe/Berlin")))
    plans, use, found = read_plans(BERLIN, "here"), BundleUse(), []
    for row in store.rows(TOLD):
        began, number, trunk, extension, talk_s, *_ = row
        call = Rateable(
            number=destination(plans.number(number, calling=False, trunk_group="")),
            started_at=began.replace(tzinfo=UTC),
            talk_s=Decimal(talk_s),
            total_s=Decimal(talk_s),
        )
        whose, day = Sharing("hts", trunk or "", extension or ""), rater.day(call.started_at)
        charge = rater.charge(call, use.left(tariff.bundles, whose, day))
        bundle = next((each for each in tariff.bundles if each.name == charge.bundle), None)
        if bundle:
            use.take(bundle, whose, day, kept(charge.taken))
        found.append((*row[:5], charge.amount, *((bundle.name, kept(charge.taken)) if bundle else (None, None))))
    return found
