"""The pages of budgets: how all stand, one with its former periods, and setting them up."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from tollbook.engine.runtime import engine
from tollbook.model.budget import Budget
from tollbook.model.problem import NotThere
from tollbook.site.budgets import operations
from tollbook.store.named import offered_names
from tollbook.web.asking import ledger_of
from tollbook.web.budgets.bars import Bar, bar_of
from tollbook.web.budgets.form import BudgetChangeForm, BudgetForm
from tollbook.web.budgets.standing import ShownBudget, ShownPeriod, history, standing
from tollbook.web.budgets.words import KINDS, STATES, days_told
from tollbook.web.directory.answering import FormPage, kept, removed
from tollbook.web.page_context import TROUBLED
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs
from tollbook.web.removing import Removal

_ORDER = ("over", "near", "within")


class DrawnPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """A period with its bar, its days and its state in words."""

    told: ShownPeriod
    bar: Bar
    days: str
    state: str


class DrawnBudget(msgspec.Struct, frozen=True, kw_only=True):
    """A budget, whose it is in words, and its running period where it has begun."""

    told: ShownBudget
    target: str
    period: DrawnPeriod | None


@needs("costs.see")
def budgets(request: HttpRequest) -> HttpResponse:
    """All budgets, those that are over first."""
    drawn = [_drawn(each) for each in standing(request)]
    context = {"budgets": sorted(drawn, key=_urgency), "trouble": _trouble()}
    return render(request, "web/budgets.html", context)


def _trouble() -> str:
    health = engine().budget_watch.health
    return health.message if health.state in TROUBLED else ""


def _urgency(budget: DrawnBudget) -> tuple[int, float, str]:
    running = budget.told.running
    if running is None:
        return len(_ORDER), 0.0, budget.told.name
    return _ORDER.index(running.state), -float(running.percent), budget.told.name


def _drawn(budget: ShownBudget) -> DrawnBudget:
    target = f"{KINDS[budget.kind]} {budget.target}" + (f" of {budget.pbx}" if budget.pbx else "")
    return DrawnBudget(told=budget, target=target, period=_period(budget.running) if budget.running else None)


def _period(period: ShownPeriod) -> DrawnPeriod:
    days = days_told(period.first, period.until)
    return DrawnPeriod(told=period, bar=bar_of(period), days=days, state=STATES[period.state])


@needs("costs.see")
def budget(request: HttpRequest, name: str) -> HttpResponse:
    """One budget: how it stands, and how it stood."""
    try:
        found = history(request, name)
    except NotThere as fault:
        raise Http404 from fault
    periods = [_period(each) for each in found.periods]
    context = {"budget": _drawn(found.budget), "running": periods[:1], "former": periods[1:], "trouble": _trouble()}
    return render(request, "web/budget.html", context)


_TITLE = "Budgets"


@needs("prices.change")
def add(request: HttpRequest) -> HttpResponse:
    """A new budget."""
    names = offered_names(ledger_of(request))
    offers = "\n".join((*names.departments, *names.cost_centres, *names.people))
    page = FormPage(
        title="Set up a budget",
        back=reverse("budgets"),
        back_title=_TITLE,
        save="Set up",
        lead="How much money the calls of somebody may come to in each month or week. It bars no calls.",
        offers=offers,
    )

    def keep(given: dict[str, Any]) -> str:
        return f"The budget {operations.add(actor_of(request), BudgetForm.given(given)).name} is set up."

    return kept(request, BudgetForm(request.POST or None), page, keep)


@needs("prices.change")
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """A budget's amount from a period on, and its rules."""
    found = _found(name)
    page = FormPage(
        title=f"Change the budget {name}",
        back=reverse("budget", args=[name]),
        back_title=name,
        remove=reverse("budget-remove", args=[name]),
    )

    def keep(given: dict[str, Any]) -> str:
        operations.change(actor_of(request), name, BudgetChangeForm.given(given, found))
        return "The budget is changed."

    initial = {"amount": f"{found.amounts[-1].amount:f}", "carry": found.carry, "near": found.near}
    return kept(request, BudgetChangeForm(request.POST or None, initial), page, keep)


@needs("prices.change")
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Ask whether it is meant, then remove a budget."""
    _found(name)
    loss = "What it reached is forgotten with it. Calls and their prices stay as they are."
    back = reverse("budget", args=[name])
    removal = Removal(name=name, loss=loss, list=reverse("budgets"), list_title=_TITLE, back=back)
    return removed(request, removal, lambda: _remove(request, name))


def _remove(request: HttpRequest, name: str) -> None:
    operations.remove(actor_of(request), name)


def _found(name: str) -> Budget:
    try:
        return operations.find(name)
    except NotThere as fault:
        raise Http404 from fault
