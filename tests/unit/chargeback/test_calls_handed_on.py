"""Calls that were handed on, in statements and budgets: whoever talked is charged a part, and parts add up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.fakes.rating import a_tariff
from tests.unit.budgets.test_use import DIRECTORY, PARIS, a_budget
from tests.unit.store.test_call_shares import leg, put
from tests.unit.store.test_pricing import BERLIN, prices_by
from tollbook.budgets.evaluating import evaluated
from tollbook.chargeback.lines import STATEMENT_BY, ChargedTo, StatementAsked, StatementBy, StatementDays, totals
from tollbook.chargeback.statement import StatementBasis, by_destination, statement
from tollbook.store import pricing
from tollbook.store.ledger import Ledger
from tollbook.store.store import Store

JANUARY = StatementDays(date(2026, 1, 1), date(2026, 2, 1))
BASIS = StatementBasis(directory=DIRECTORY, tax_of=lambda _: Decimal(19))
TARIFF = """
title = "A cent a second"
currency = "EUR"
zone = "Europe/Berlin"

[[rate]]
to = "DE"
price = "0.01"
per_s = 1
"""


@pytest.fixture
def store() -> Iterator[Store]:
    """One call of 101 alone, one that 101 handed to 102, and one of those without a price."""
    with closing(Store(Path(":memory:"))) as opened:
        opened.renumber("hts", BERLIN)
        opened.copy_directory(DIRECTORY)
        opened.reprice("hts", prices_by(opened, a_tariff(TARIFF)), "Europe/Berlin")
        put(
            opened,
            leg("101", 100, linked_id="alone"),
            leg("101", 60),
            leg("102", 140, 60),
            leg("101", 10, number=PARIS, linked_id="unpriced"),
            leg("102", 10, 10, number=PARIS, linked_id="unpriced"),
        )
        yield opened
        pricing.take_back(opened)


def told(store: Store, by: StatementBy) -> list[tuple[object, ...]]:
    lines = statement(Ledger(store), BASIS, by, JANUARY)
    return [(each.whom, each.currency, each.calls, each.unpriced, each.talk_s, each.price) for each in lines]


@pytest.mark.parametrize(
    ("by", "first", "second"),
    [
        ("extension", ChargedTo(pbx="hts", extension="101"), ChargedTo(pbx="hts", extension="102")),
        ("person", ChargedTo(1), ChargedTo(2)),
        ("department", ChargedTo(1), ChargedTo(2)),
    ],
)
def test_each_is_charged_what_they_talked_and_a_call_is_counted_once(
    store: Store,
    by: StatementBy,
    first: ChargedTo,
    second: ChargedTo,
) -> None:
    assert told(store, by) == [
        (first, "", 1, 1, 10, Decimal(0)),
        (first, "EUR", 2, 0, 160, Decimal("1.6")),
        (second, "", 0, 0, 10, Decimal(0)),
        (second, "EUR", 0, 0, 140, Decimal("1.4")),
    ]


def test_parts_that_are_charged_to_one_cost_centre_are_one_line(store: Store) -> None:
    assert told(store, "cost_centre") == [
        (ChargedTo(2), "", 1, 1, 20, Decimal(0)),
        (ChargedTo(2), "EUR", 2, 0, 300, Decimal(3)),
    ]


@pytest.mark.parametrize("by", STATEMENT_BY)
def test_lines_add_up_to_the_calls(store: Store, by: StatementBy) -> None:
    query = """SELECT if(price IS NULL, '', 'EUR'), count(*), sum(talk_s), coalesce(sum(price), 0) FROM call GROUP BY 1
      ORDER BY 1"""
    lines = totals(statement(Ledger(store), BASIS, by, JANUARY))

    assert [(each.currency, each.calls, each.talk_s, each.price) for each in lines] == store.rows(query)


@pytest.mark.parametrize("by", STATEMENT_BY)
def test_the_tax_in_a_price_is_that_of_its_parts(store: Store, by: StatementBy) -> None:
    (_, euros) = totals(statement(Ledger(store), BASIS, by, JANUARY))

    assert (euros.price_tax, euros.tax_unknown) == (Decimal("0.478991596639"), 0)


def test_a_line_by_destination_comes_to_what_the_line_does(store: Store) -> None:
    asked = StatementAsked("person", JANUARY)

    germany, _ = by_destination(Ledger(store), BASIS, asked, ChargedTo(2))

    assert (germany.country, germany.line.price, germany.line.talk_s) == ("DE", Decimal("1.4"), 140)


def test_a_budget_is_used_by_what_its_own_have_talked(store: Store) -> None:
    budgets = [
        a_budget("extension", "102", pbx="hts"),
        a_budget("person", "Anna Berg", 1),
        a_budget("department", "Sales", 1),
        a_budget("trunk", "CO1", pbx="hts"),
    ]

    found = evaluated(Ledger(store), DIRECTORY, budgets, lambda _: date(2026, 1, 31))

    used = {name: (periods[-1].use.used, periods[-1].use.calls) for name, periods in found.items()}
    assert used == {
        "extension-102": (Decimal("1.4"), 0),
        "person-Anna Berg": (Decimal("1.6"), 2),
        "department-Sales": (Decimal(3), 2),
        "trunk-CO1": (Decimal(3), 2),
    }
