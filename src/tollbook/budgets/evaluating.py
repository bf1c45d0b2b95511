"""How budgets stand, all of a kind found out by one question."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date

import msgspec

from tollbook.budgets.by_name import AssignmentsByName
from tollbook.budgets.reckoning import periods_of, reckoned
from tollbook.budgets.use import AskedBudget, BudgetQuestion, BudgetSpan, used
from tollbook.model.budget import BUDGET_KINDS, OF_DIRECTORY, Budget, BudgetPeriod
from tollbook.model.directory import Directory
from tollbook.store.covering import covers
from tollbook.store.ledger import Ledger

Today = Callable[[str], date]
"""What day it is by the clock of a PBX; where none is named, by that of the site."""


class KnownBudgets(msgspec.Struct, frozen=True):
    """The budgets of a site, and what says whose calls are."""

    budgets: Sequence[Budget] = ()
    directory: Directory = Directory()


def seen_budgets(ledger: Ledger, known: KnownBudgets) -> KnownBudgets:
    """Return those budgets of whose targets a ledger has the calls: all for whoever sees every call."""

    def is_seen(budget: Budget) -> bool:
        target = budget.target_id if budget.kind in OF_DIRECTORY else (budget.target, budget.pbx)
        return covers(ledger, known.directory, budget.kind, target)

    return KnownBudgets([each for each in known.budgets if is_seen(each)], known.directory)


def evaluated(
    ledger: Ledger,
    directory: Directory,
    budgets: Sequence[Budget],
    today: Today,
) -> dict[str, list[BudgetPeriod]]:
    """Return how each period of each budget stands, by the names of budgets, the latest period last.

    A budget whose first period is still to come has none.
    """
    days = {pbx: today(pbx) for pbx in {each.pbx for each in budgets}}
    known: _Assignments | AssignmentsByName
    known = _Assignments(directory) if ledger.is_of_this_site else AssignmentsByName(ledger, directory)
    charged = known.charged
    found = dict[str, list[BudgetPeriod]]()
    for kind in BUDGET_KINDS:
        some = [each for each in budgets if each.kind == kind]
        whose = known if some and kind in OF_DIRECTORY else None
        asked = [
            AskedBudget(
                number=number,
                measure=each.measure,
                currency=each.currency,
                pbx=each.pbx,
                value=each.target,
                assignments=whose.of(each) if whose else (),
            )
            for number, each in enumerate(some)
        ]
        periods = [
            BudgetSpan(number, first, until, days[each.pbx])
            for number, each in enumerate(some)
            for first, until in periods_of(each, days[each.pbx])
        ]
        uses = used(ledger, BudgetQuestion(kind=kind, budgets=asked, periods=periods, charged=charged))
        for number, each in enumerate(some):
            found[each.name] = reckoned(each, uses.get(number, {}), days[each.pbx])
    return found


class _Assignments:
    """Which assignments are whose."""

    def __init__(self, directory: Directory) -> None:
        self.charged = [each.id for each in directory.assignments if each.cost_centre]
        self._people: dict[int, list[int]] = {}
        self._departments: dict[int, list[int]] = {}
        self._cost_centres: dict[int, list[int]] = {}
        for each in directory.assignments:
            for number, by in (
                (each.person, self._people),
                (each.department, self._departments),
                (each.cost_centre, self._cost_centres),
            ):
                if number:
                    by.setdefault(number, []).append(each.id)
        self._below: dict[int, list[int]] = {}
        for department in directory.departments:
            if department.parent:
                self._below.setdefault(department.parent, []).append(department.id)

    def of(self, budget: Budget) -> list[int]:
        if budget.kind == "department":
            return [each for number in self._with_below(budget.target_id) for each in self._departments.get(number, ())]
        by = self._people if budget.kind == "person" else self._cost_centres
        return by.get(budget.target_id, [])

    def _with_below(self, number: int) -> Iterator[int]:
        yield number
        for each in self._below.get(number, ()):
            yield from self._with_below(each)
