"""Budgets: how much money calls of somebody may come to in each month or week, and how that stands."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal, get_args

import msgspec

from tollbook.model.recurring import Recurring

BudgetKind = Literal["extension", "person", "department", "cost_centre", "account_code", "trunk"]
"""What calls of which a budget is for."""
BUDGET_KINDS: tuple[BudgetKind, ...] = get_args(BudgetKind)
OF_DIRECTORY: tuple[BudgetKind, ...] = ("person", "department", "cost_centre")
"""Those that are named by an id of the directory."""
OF_PBX: tuple[BudgetKind, ...] = ("extension", "trunk")
"""Those that are one PBX's."""
Measure = Literal["price", "cost"]
"""What is counted of a call: its price, with mark-up, or what it costs."""
BudgetPer = Literal["month", "week"]
Carry = Literal["nothing", "rest"]
"""What goes over into the next period: nothing, or what is left."""
BudgetState = Literal["within", "near", "over"]
STATES: tuple[BudgetState, ...] = get_args(BudgetState)
"""From well to ill; only the last two are reached."""


class BudgetAmount(msgspec.Struct, frozen=True):
    """How much there is for each period that begins on a day or later."""

    first: date = msgspec.field(name="from")
    amount: Decimal


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """How much money the calls of a target may come to in each period.

    `target` is an extension, trunk or account code of a PBX (of an account code, empty is any PBX), or what the
    directory calls the person, department or cost centre `target_id`; a department is meant with those below it.
    Periods begin on the day `begins` of the month or week (1 is Monday), the first of them is the one with the day
    `since`. `amounts` are in the order of their days. Near is from `near` percent of what is available on.
    """

    name: str
    kind: BudgetKind
    target: str
    target_id: int = 0
    pbx: str = ""
    measure: Measure = "price"
    currency: str
    per: BudgetPer = "month"
    begins: int = 1
    since: date
    amounts: tuple[BudgetAmount, ...]
    carry: Carry = "nothing"
    near: int = 80

    @property
    def recurring(self) -> Recurring:
        """Its periods."""
        return Recurring(self.per, self.begins)

    def amount_of(self, first: date) -> Decimal:
        """Return how much there is for the period that begins on a day; of days before the first amount, that."""
        found = self.amounts[0].amount
        for each in self.amounts:
            if each.first <= first:
                found = each.amount
        return found


class PeriodUse(msgspec.Struct, frozen=True, kw_only=True):
    """What the calls of a period come to, and how many there are.

    `unpriced` should have a price and have none; those of `other_currencies` have one. Neither is in `used`.
    `used_before` is what was used before today.
    """

    used: Decimal = Decimal(0)
    used_before: Decimal = Decimal(0)
    calls: int = 0
    unpriced: int = 0
    other_currencies: int = 0


class BudgetPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """How a budget stood, or stands, in a period of its own: from the day `first` until before the day `until`.

    `available` is `amount` and what was `carried` over together; `left` falls below nothing where more was used.
    `forecast` is what will have been used at the end if it goes on as until yesterday; None where that is not known.
    """

    first: date = msgspec.field(name="from")
    until: date
    amount: Decimal
    carried: Decimal
    available: Decimal
    use: PeriodUse
    left: Decimal
    percent: Decimal
    forecast: Decimal | None
    state: BudgetState


class BudgetNote(msgspec.Struct, frozen=True, kw_only=True):
    """That a budget reached a state in the period that begins on a day, when that was found (UTC), and at what use."""

    budget: str
    first: date = msgspec.field(name="from")
    state: BudgetState
    reached_at: datetime
    used: Decimal
    available: Decimal
