"""What is available, left and to be expected of a budget, period by period."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.budgets.reckoning import forecast, periods_of, reckoned, state_of
from tollbook.model.budget import STATES, Budget, BudgetAmount, PeriodUse

BEGUN = date(2026, 1, 1)
HUNDRED = BudgetAmount(BEGUN, Decimal(100))
MONTHLY = Budget(
    name="sales",
    kind="department",
    target="Sales",
    target_id=1,
    currency="EUR",
    since=BEGUN,
    amounts=(HUNDRED,),
)
CARRYING = msgspec.structs.replace(MONTHLY, carry="rest")
amounts = st.decimals(0, 10**9, places=6)


def by_month(*used: str) -> dict[date, PeriodUse]:
    return {date(2026, month, 1): PeriodUse(used=Decimal(each)) for month, each in enumerate(used, 1)}


def test_each_month_has_its_amount_and_a_day_of_todays_month_is_in_the_last_period() -> None:
    periods = reckoned(MONTHLY, by_month("30", "120"), date(2026, 3, 10))

    assert [(each.first, each.until) for each in periods] == [
        (date(2026, 1, 1), date(2026, 2, 1)),
        (date(2026, 2, 1), date(2026, 3, 1)),
        (date(2026, 3, 1), date(2026, 4, 1)),
    ]
    assert [(each.available, each.left, each.state) for each in periods] == [
        (Decimal(100), Decimal(70), "within"),
        (Decimal(100), Decimal(-20), "over"),
        (Decimal(100), Decimal(100), "within"),
    ]


def test_what_is_left_is_carried_over_and_what_was_used_beyond_is_not_missing_in_the_next_period() -> None:
    periods = reckoned(CARRYING, by_month("30", "200", "10"), date(2026, 4, 10))

    assert [each.available for each in periods] == [Decimal(100), Decimal(170), Decimal(100), Decimal(190)]
    assert [each.carried for each in periods] == [Decimal(0), Decimal(70), Decimal(0), Decimal(90)]


def test_a_new_amount_counts_from_its_period_on() -> None:
    more = BudgetAmount(date(2026, 2, 1), Decimal(150))
    periods = reckoned(msgspec.structs.replace(MONTHLY, amounts=(HUNDRED, more)), {}, date(2026, 3, 1))

    assert [each.amount for each in periods] == [Decimal(100), Decimal(150), Decimal(150)]


def test_a_budget_that_has_not_begun_has_no_period() -> None:
    assert periods_of(MONTHLY, date(2025, 12, 31)) == []
    assert periods_of(msgspec.structs.replace(MONTHLY, begins=15), BEGUN) == [(date(2025, 12, 15), date(2026, 1, 15))]


@pytest.mark.parametrize(
    ("today", "expected"),
    [(date(2026, 4, 1), None), (date(2026, 4, 2), "300.00"), (date(2026, 4, 30), "12"), (date(2026, 5, 1), None)],
)
def test_the_forecast_goes_on_as_on_the_days_before_today(today: date, expected: str | None) -> None:
    use = PeriodUse(used=Decimal(12), used_before=Decimal(10))
    told = forecast(use, date(2026, 4, 1), date(2026, 5, 1), today)

    assert told == (None if expected is None else Decimal(expected))


@given(amounts, amounts, st.decimals("0.01", 10**9, places=2), st.integers(1, 100))
def test_a_state_never_becomes_better_with_more_use(
    used: Decimal,
    more: Decimal,
    available: Decimal,
    near: int,
) -> None:
    before, after = state_of(used, available, near), state_of(used + more, available, near)

    assert STATES.index(before) <= STATES.index(after)


@given(st.lists(amounts, min_size=1, max_size=30), st.sampled_from(["month", "week"]), st.integers(1, 7))
def test_what_is_carried_over_is_what_a_plain_replay_comes_to(used: list[Decimal], per: str, begins: int) -> None:
    budget = msgspec.structs.replace(CARRYING, per=per, begins=begins)
    days = [BEGUN + timedelta(days=number) for number in range(len(used))]
    uses: dict[date, PeriodUse] = {}
    for day, each in zip(days, used, strict=True):
        first = budget.recurring.begun(day)
        uses[first] = PeriodUse(used=uses.get(first, PeriodUse()).used + each)

    rest = Decimal(0)
    for period in reckoned(budget, uses, days[-1]):
        assert period.carried == rest
        spent = sum(
            (each for day, each in zip(days, used, strict=True) if period.first <= day < period.until),
            Decimal(0),
        )
        assert period.left == 100 + rest - spent == period.available - period.use.used
        rest = max(100 + rest - spent, Decimal(0))


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 400), st.sampled_from(["month", "week"]))
def test_periods_follow_one_another_and_the_last_has_today(since: date, days: int, per: str) -> None:
    today = since + timedelta(days=days)
    found = periods_of(msgspec.structs.replace(MONTHLY, per=per, begins=3, since=since), today)

    assert found[0][0] <= since < found[0][1]
    assert found[-1][0] <= today < found[-1][1]
    assert all(before[1] == after[0] for before, after in pairwise(found))
