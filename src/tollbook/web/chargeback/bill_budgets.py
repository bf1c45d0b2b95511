"""How budgets stood that the calls of a phone bill count in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from tollbook.budgets.evaluating import evaluated
from tollbook.chargeback.itemised import BillAsked
from tollbook.chargeback.phone_bill import plain_amount
from tollbook.model.budget import Budget, BudgetPeriod
from tollbook.model.directory import Assignment, Directory
from tollbook.model.phone_bill import BilledBudget
from tollbook.site.budgets import operations
from tollbook.store.ledger import Ledger
from tollbook.web.zones import today

_DAY = timedelta(days=1)
Told = Callable[[int], list[BilledBudget]]
"""Returns the budgets of a person by their id; of 0 those of the whole bill."""


def billed_budgets(ledger: Ledger, directory: Directory, asked: BillAsked) -> Told:
    """Return what tells of whoever a bill is of how their budgets stood in the periods that fall into its days.

    The bill as a whole has those of what it is of; of a person also those of their extensions, cost centres and
    departments, of a department those of its cost centres. The sections of a department have those of their person.
    """
    held = [each for each in directory.assignments if _is_held(each, asked)]
    wanted = [each for each in operations.every() if any(_counts(each, one) for one in held) or _is_of(each, asked)]
    periods = evaluated(ledger, directory, wanted, today)

    def told(person: int) -> list[BilledBudget]:
        own = [each for each in held if each.person == person]
        some = [each for each in wanted if any(_counts(each, one) for one in own) and _is_personal(each)]
        if not person:
            some = [each for each in wanted if asked.kind != "department" or not _is_personal(each)]
        found = [row for each in some for row in _rows(each, periods[each.name], asked)]
        return sorted(found, key=lambda row: (row.name, row.first))

    return told


def _is_held(each: Assignment, asked: BillAsked) -> bool:
    if (each.first or date.min) >= asked.days.until or (each.until or date.max) <= asked.days.first:
        return False
    if asked.kind == "extension":
        return False
    return getattr(each, asked.kind) in {whom.id for whom in asked.whom}


def _is_of(budget: Budget, asked: BillAsked) -> bool:
    """Say whether a budget is of just those that a bill is of."""
    if budget.kind != asked.kind:
        return False
    if asked.kind == "extension":
        return any((budget.target, budget.pbx) == (whom.extension, whom.pbx) for whom in asked.whom)
    return budget.target_id in {whom.id for whom in asked.whom}


def _counts(budget: Budget, held: Assignment) -> bool:
    """Say whether calls that belong to somebody by an assignment count in a budget."""
    if budget.kind == "extension":
        return (held.kind, held.value) == ("extension", budget.target) and held.pbx in ("", budget.pbx)
    if budget.kind in ("person", "department", "cost_centre"):
        return bool(budget.target_id) and getattr(held, budget.kind) == budget.target_id
    return False


def _is_personal(budget: Budget) -> bool:
    return budget.kind in ("person", "extension")


def _rows(budget: Budget, periods: Sequence[BudgetPeriod], asked: BillAsked) -> Iterator[BilledBudget]:
    for each in periods:
        if each.first < asked.days.until and asked.days.first < each.until:
            yield BilledBudget(
                name=budget.name,
                whose=f"{budget.kind.replace('_', ' ')} {budget.target}",
                first=each.first,
                last=each.until - _DAY,
                currency=budget.currency,
                available=plain_amount(each.available),
                used=plain_amount(each.use.used),
                left=plain_amount(each.left),
                percent=each.percent,
                state=each.state,
            )
