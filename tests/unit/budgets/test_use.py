"""What calls come to in the periods of budgets of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.rating import a_tariff
from tests.unit.store.test_pricing import BERLIN, called, prices_by, put
from tollbook.budgets.evaluating import evaluated
from tollbook.model.budget import Budget, BudgetAmount, BudgetPeriod
from tollbook.model.directory import Assignment, CostCentre, Department, Directory, Person
from tollbook.store import pricing
from tollbook.store.filters import Where
from tollbook.store.ledger import Ledger, Scope
from tollbook.store.store import Store

TARIFF = """
title = "One a call"
currency = "EUR"
zone = "Europe/Berlin"

[[rate]]
to = "DE"
price = "0"
connect_fee = "1"

[markup]
percent = "50"
"""
MUNICH, PARIS = "0089230025", "00033142685300"
TODAY = date(2026, 2, 10)
DIRECTORY = Directory(
    people=[Person(1, "Anna Berg"), Person(2, "Ben Cole")],
    departments=[Department(1, "Sales"), Department(2, "North", parent=1), Department(3, "Help desk")],
    cost_centres=[CostCentre(1, "4711"), CostCentre(2, "100")],
    assignments=[
        Assignment(id=1, kind="extension", value="101", person=1, department=1, cost_centre=2),
        Assignment(id=2, kind="extension", value="102", person=2, department=2, cost_centre=2),
        Assignment(id=3, kind="extension", value="103", department=3),
        Assignment(id=4, kind="account_code", value="77", cost_centre=1),
    ],
)


@pytest.fixture
def store() -> Iterator[Store]:
    """Calls of January and February, those to Paris without a price."""
    with closing(Store(Path(":memory:"))) as opened:
        opened.renumber("hts", BERLIN)
        opened.copy_directory(DIRECTORY)
        opened.reprice("hts", prices_by(opened, a_tariff(TARIFF)), "Europe/Berlin")
        put(
            opened,
            call(1, 31, "101"),
            call(2, 1, "101", trunk="CO1"),
            call(2, 2, "101", PARIS),
            call(2, 10, "102", account_code="77"),
            call(2, 10, "102"),
            call(2, 11, "103"),
        )
        yield opened
        pricing.take_back(opened)


def call(month: int, day: int, extension: str, number: str = MUNICH, **other: object) -> dict[str, Any]:
    begun = datetime(2026, month, day, 9, tzinfo=UTC)
    local = int(datetime(2026, month, day, 23, 59, tzinfo=UTC).timestamp())
    return {**called(number, begun=begun), "extension": extension, "caller": extension, "started_local": local, **other}


def a_budget(kind: str, target: str, target_id: int = 0, **other: Any) -> Budget:  # noqa: ANN401 - fields of it
    given = {"measure": "cost", "currency": "EUR", "since": date(2026, 1, 1), **other}
    amounts = (BudgetAmount(date(2026, 1, 1), Decimal(4)),)
    return Budget(name=f"{kind}-{target}", kind=kind, target=target, target_id=target_id, amounts=amounts, **given)  # type: ignore[arg-type] # a kind


def stand(store: Store, *budgets: Budget, scope: Scope | None = None) -> dict[str, list[BudgetPeriod]]:
    ledger = Ledger(store, scope) if scope else Ledger(store)
    return evaluated(ledger, DIRECTORY, budgets, lambda _: TODAY)


def test_calls_count_in_the_period_of_their_day_by_the_clock_of_the_pbx(store: Store) -> None:
    (periods,) = stand(store, a_budget("extension", "101", pbx="hts")).values()

    assert [(each.use.used, each.use.calls, each.use.unpriced) for each in periods] == [
        (Decimal(1), 1, 0),
        (Decimal(1), 1, 1),
    ]


@pytest.mark.parametrize(
    ("budget", "used"),
    [
        (a_budget("extension", "101", pbx="hts"), 1),
        (a_budget("extension", "101", pbx="other"), 0),
        (a_budget("trunk", "CO1", pbx="hts"), 1),
        (a_budget("account_code", "77"), 1),
        (a_budget("account_code", "77", pbx="other"), 0),
        (a_budget("person", "Ben Cole", 2), 2),
        (a_budget("department", "Sales", 1), 3),
        (a_budget("department", "Sales / North", 2), 2),
        (a_budget("department", "Help desk", 3), 1),
        (a_budget("cost_centre", "4711", 1), 1),
        (a_budget("cost_centre", "100", 2), 2),
    ],
    ids=lambda each: each.name if isinstance(each, Budget) else None,
)
def test_a_budget_counts_the_calls_of_its_target(store: Store, budget: Budget, used: int) -> None:
    assert stand(store, budget)[budget.name][-1].use.used == used


def test_price_and_cost_are_counted_by_what_the_budget_says_and_calls_of_today_are_told_apart(store: Store) -> None:
    person = a_budget("person", "Ben Cole", 2, measure="price")
    use = stand(store, person)[person.name][-1].use

    assert (use.used, use.used_before) == (Decimal(3), Decimal(0))


def test_calls_of_other_currencies_and_unpriced_ones_are_counted_beside_and_never_added(store: Store) -> None:
    foreign = a_budget("department", "Sales", 1, currency="GBP")
    use = stand(store, foreign)[foreign.name][-1].use

    assert (use.used, use.calls, use.unpriced, use.other_currencies) == (Decimal(0), 0, 1, 3)


def test_many_budgets_asked_at_once_stand_as_each_does_alone(store: Store) -> None:
    some = [
        a_budget("extension", "101", pbx="hts"),
        a_budget("extension", "102", pbx="hts", per="week", carry="rest"),
        a_budget("person", "Anna Berg", 1),
        a_budget("department", "Sales", 1, begins=15),
        a_budget("department", "Sales / North", 2, measure="price"),
    ]

    assert stand(store, *some) == {each.name: stand(store, each)[each.name] for each in some}


def test_nobody_is_told_of_calls_that_they_may_not_see(store: Store) -> None:
    scope = Scope(calls=Where("extension = $extension", {"extension": "102"}))
    sales = a_budget("department", "Sales", 1)

    assert stand(store, sales, scope=scope)[sales.name][-1].use.used == 2
