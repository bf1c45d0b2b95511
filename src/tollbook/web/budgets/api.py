"""`/api/budgets`: budgets, how they stand, and setting them up."""

from __future__ import annotations

from datetime import date

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Schema
from pydantic import ConfigDict, Field

from tollbook.model.budget import BudgetKind
from tollbook.site.budgets import operations
from tollbook.site.targets import ChargedTarget
from tollbook.web.api.listing import answer, listed
from tollbook.web.api.settings import Name, Short
from tollbook.web.api.shapes import answers, lists
from tollbook.web.api.words import WordRouter
from tollbook.web.budgets.standing import BudgetFacts, BudgetHistory, BudgetRow, facts_of, history, row_of, standing
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs
from tollbook.web.zones import today

router = WordRouter(tags=["budgets"])


class WantedBudget(Schema):
    """A budget: for whom, how much per month or week, and from which period on; the running one where none is said.

    `target` is an extension, trunk or account code, a person's name or mail, a department's path, a cost centre's code.
    """

    model_config = ConfigDict(extra="forbid")

    name: Name
    kind: BudgetKind
    target: str = Field(max_length=600)
    pbx: Name = ""
    amount: Short
    currency: Short
    measure: Short = "price"
    per: Short = "month"
    begins: int = 1
    since: date | None = None
    carry: Short = "nothing"
    near: int = 80


class WantedBudgetChange(Schema):
    """What to change of a budget. An amount counts from the period of the day `from` on, else from the running one."""

    model_config = ConfigDict(extra="forbid")

    amount: Short | None = None
    first: date | None = Field(default=None, alias="from")
    carry: Short | None = None
    near: int | None = None


@router.get("/budgets", summary="List budgets as they stand", openapi_extra=lists(BudgetRow))
@needs("costs.see")
def list_budgets(request: HttpRequest) -> HttpResponseBase:
    """List budgets, and how each stands in the running period."""
    rows = (msgspec.to_builtins(row_of(each)) for each in standing(request))
    return listed(request, BudgetRow.__struct_encode_fields__, rows)


@router.post("/budgets", summary="Set up a budget", openapi_extra=answers(BudgetFacts))
@needs("prices.change")
def add_budget(request: HttpRequest, budget: WantedBudget) -> HttpResponse:
    """Set up a budget; its use is counted from its first period on, calls that are there already included."""
    kept = operations.add(actor_of(request), given_budget(budget))
    return answer(facts_of(kept))


def given_budget(budget: WantedBudget) -> operations.GivenBudget:
    """Return a budget as it is to be set up; without a day, from the running period on."""
    since = budget.since or today(budget.pbx)
    return operations.GivenBudget(
        name=budget.name,
        target=ChargedTarget(kind=budget.kind, name=budget.target, pbx=budget.pbx),
        measure=budget.measure,
        currency=budget.currency,
        per=budget.per,
        begins=budget.begins,
        since=since,
        amounts=((since, budget.amount),),
        carry=budget.carry,
        near=budget.near,
    )


@router.get("/budgets/{name}", summary="A budget with all periods", openapi_extra=answers(BudgetHistory))
@needs("costs.see")
def show_budget(request: HttpRequest, name: str) -> HttpResponse:
    """Return a budget and how it stood in each period, the running one first."""
    return answer(history(request, name))


@router.patch("/budgets/{name}", summary="Change a budget", openapi_extra=answers(BudgetFacts))
@needs("prices.change")
def change_budget(request: HttpRequest, name: str, change: WantedBudgetChange) -> HttpResponse:
    """Change the amount from a period on, what is carried over, or from when on it is near."""
    day = change.first or today(operations.find(name).pbx)
    amount = None if change.amount is None else (day, change.amount)
    wanted = operations.BudgetChange(amount=amount, carry=change.carry, near=change.near)
    return answer(facts_of(operations.change(actor_of(request), name, wanted)))


@router.delete("/budgets/{name}", summary="Remove a budget", openapi_extra=answers(BudgetFacts))
@needs("prices.change")
def remove_budget(request: HttpRequest, name: str) -> HttpResponse:
    """Remove a budget with the states that it reached; calls stay as they are."""
    return answer(facts_of(operations.remove(actor_of(request), name)))
