"""How budgets stand now, as pages and API show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

import msgspec
from django.http import HttpRequest

from tollbook.budgets.evaluating import KnownBudgets, evaluated, seen_budgets
from tollbook.model.budget import Budget, BudgetNote, BudgetPeriod
from tollbook.model.problem import NotThere, Problem, nearest
from tollbook.render.formatting import money
from tollbook.site.budgets import operations
from tollbook.site.directory import operations as directory
from tollbook.web.asking import ledger_of
from tollbook.web.zones import today


class ShownPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """A period of a budget, from a day until before another, in the PBX's own days; amounts are decimals.

    `forecast` is null where none can be made. The moments at which a state was reached, UTC, stay whatever it is now.
    """

    first: date = msgspec.field(name="from")
    until: date
    amount: str
    carried: str
    available: str
    used: str
    left: str
    percent: str
    forecast: str | None
    state: str
    near_reached_at: datetime | None
    over_reached_at: datetime | None
    calls: int
    unpriced: int
    other_currencies: int


class BudgetFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A budget as it is set up; `amount` is what each period has from now on."""

    name: str
    kind: str
    target: str
    pbx: str
    measure: str
    currency: str
    per: str
    begins: int
    since: date
    amount: str
    carry: str
    near: int


class ShownBudget(BudgetFacts, frozen=True, kw_only=True):
    """A budget and how it stands. `running` is null before its first period."""

    running: ShownPeriod | None = None


class BudgetRow(BudgetFacts, frozen=True, kw_only=True):
    """A budget and how it stands in the running period, in one row; before its first period that is empty."""

    first: date | None = msgspec.field(name="from", default=None)
    until: date | None = None
    carried: str | None = None
    available: str | None = None
    used: str | None = None
    left: str | None = None
    percent: str | None = None
    forecast: str | None = None
    state: str | None = None
    near_reached_at: datetime | None = None
    over_reached_at: datetime | None = None
    calls: int | None = None
    unpriced: int | None = None
    other_currencies: int | None = None


class BudgetHistory(msgspec.Struct, frozen=True, kw_only=True):
    """A budget with all of its periods, the latest first."""

    budget: ShownBudget
    periods: list[ShownPeriod]


def standing(request: HttpRequest) -> list[ShownBudget]:
    """Return all budgets as they stand now, for whoever asks."""
    ledger = ledger_of(request)
    known = seen_budgets(ledger, KnownBudgets(operations.every(), directory.owners_alone()))
    budgets = known.budgets
    periods = evaluated(ledger, known.directory, budgets, today)
    reached = _reached(operations.notes())
    return [_shown(each, _periods(each, periods[each.name][-1:], reached)) for each in budgets]


def row_of(budget: ShownBudget) -> BudgetRow:
    """Return a budget in one row."""
    told = {name: getattr(budget, name) for name in BudgetFacts.__struct_fields__}
    of_period = [name for name in ShownPeriod.__struct_fields__ if name != "amount"]
    told |= {name: getattr(budget.running, name, None) for name in of_period}
    return BudgetRow(**told)


def history(request: HttpRequest, name: str) -> BudgetHistory:
    """Return one budget with its periods; raises `NotThere`, also for one that whoever asks may not see."""
    ledger = ledger_of(request)
    known = seen_budgets(ledger, KnownBudgets(operations.every(), directory.owners_alone()))
    budget = next((each for each in known.budgets if each.name == name), None)
    if budget is None:
        help_ = nearest(name, [each.name for each in known.budgets])
        raise NotThere(Problem(f"no budget is called {name!r}", "there is no such budget", help=help_))
    periods = evaluated(ledger, known.directory, [budget], today)[name]
    shown = _periods(budget, periods, _reached(operations.notes(name)))
    return BudgetHistory(budget=_shown(budget, shown), periods=shown[::-1])


_Reached = Mapping[tuple[str, date, str], datetime]


def _reached(notes: Iterable[BudgetNote]) -> _Reached:
    return {(each.budget, each.first, each.state): each.reached_at for each in notes}


def _periods(budget: Budget, periods: Sequence[BudgetPeriod], reached: _Reached) -> list[ShownPeriod]:
    return [
        ShownPeriod(
            first=each.first,
            until=each.until,
            amount=_text(each.amount),
            carried=_text(each.carried),
            available=_text(each.available),
            used=_text(each.use.used),
            left=_text(each.left),
            percent=f"{each.percent:f}",
            forecast=None if each.forecast is None else _text(each.forecast),
            state=each.state,
            near_reached_at=reached.get((budget.name, each.first, "near")),
            over_reached_at=reached.get((budget.name, each.first, "over")),
            calls=each.use.calls,
            unpriced=each.use.unpriced,
            other_currencies=each.use.other_currencies,
        )
        for each in periods
    ]


def facts_of(budget: Budget) -> BudgetFacts:
    """Return a budget as it is set up."""
    told = {name: getattr(budget, name) for name in BudgetFacts.__struct_fields__ if name != "amount"}
    return BudgetFacts(**told, amount=_text(budget.amounts[-1].amount))


def _shown(budget: Budget, periods: Sequence[ShownPeriod]) -> ShownBudget:
    return ShownBudget(**msgspec.structs.asdict(facts_of(budget)), running=periods[-1] if periods else None)


def _text(amount: Decimal) -> str:
    return money(f"{amount:f}")
