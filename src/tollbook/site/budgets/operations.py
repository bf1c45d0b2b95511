"""Setting budgets up, changing and removing them, and noting the states that they reach.

An amount counts from a period on: what a period before had to spend is never changed. Each change and its line in the
audit are one transaction, and whoever subscribed is told afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from django.db import transaction

from tollbook.model.actor import Actor
from tollbook.model.budget import Budget, BudgetAmount, BudgetNote, Carry
from tollbook.model.money import currency_problems, read_amount
from tollbook.model.page_limits import BUDGETS
from tollbook.model.pbx import NAME
from tollbook.model.problem import Misconfigured, NotThere, Problem, nearest
from tollbook.site import changed
from tollbook.site.audit import operations as audit
from tollbook.site.budgets.models import BudgetNoteRecord, BudgetRecord
from tollbook.site.targets import ChargedTarget, named, resolved

_EARLIEST = date(2000, 1, 1)
_LAST_DAY = {"month": 28, "week": 7}
_WHOLE = 100


class GivenBudget(msgspec.Struct, frozen=True, kw_only=True):
    """A budget as somebody writes it down: whose by name, and amounts as texts, each with the day it counts from."""

    name: str
    target: ChargedTarget
    measure: str = "price"
    currency: str = ""
    per: str = "month"
    begins: int = 1
    since: date
    amounts: tuple[tuple[date, str], ...]
    carry: str = "nothing"
    near: int = 80


class BudgetChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of a budget; None leaves a thing as it is. `amount` counts from the period of a day on."""

    amount: tuple[date, str] | None = None
    carry: str | None = None
    near: int | None = None


def every() -> list[Budget]:
    """Return all budgets by name, with what their targets are called now."""
    records = list(BudgetRecord.objects.all())
    names = {
        kind: named(kind, [each.target_id for each in records if each.kind == kind])
        for kind in {each.kind for each in records if each.target_id}
    }
    return [each.value(names.get(each.kind, {}).get(each.target_id, each.target)) for each in records]


def find(name: str) -> Budget:
    """Return a budget; raises `NotThere`."""
    return _value(_found(name))


def _found(name: str) -> BudgetRecord:
    found = BudgetRecord.objects.filter(name=name).first()
    if found is None:
        names = BudgetRecord.objects.values_list("name", flat=True)
        raise NotThere(Problem(f"no budget is called {name!r}", "there is no such budget", help=nearest(name, names)))
    return found


def _value(record: BudgetRecord) -> Budget:
    names = named(record.kind, [record.target_id]) if record.target_id else {}
    return record.value(names.get(record.target_id, record.target))


@transaction.atomic
def add(actor: Actor, given: GivenBudget) -> Budget:
    """Keep a new budget; returns it as kept. Raises `Misconfigured` with every fault."""
    problems = [*_name_problems(given.name), *_choice_problems(given), *currency_problems(given.currency)]
    target = resolved(given.target)
    problems += target if isinstance(target, list) else []
    amounts = [BudgetAmount(day, _amount(text, problems)) for day, text in given.amounts]
    problems += _rule_problems(given.carry, given.near)
    if problems or isinstance(target, list):
        raise Misconfigured(*problems)
    told = {name: getattr(given, name) for name in ("name", "measure", "currency", "per", "begins", "since")}
    told |= {"carry": given.carry, "near": given.near, "amounts": sorted(amounts, key=lambda each: each.first)}
    told |= {"kind": target.kind, "target": target.name, "target_id": target.id, "pbx": target.pbx}
    return _keep(actor, "budget.add", None, msgspec.convert(told, Budget))


@transaction.atomic
def change(actor: Actor, name: str, wanted: BudgetChange) -> Budget:
    """Change a budget; returns it as kept. Raises `NotThere`, and `Misconfigured` with every fault."""
    before = find(name)
    problems = list[Problem]()
    amounts = before.amounts
    if wanted.amount:
        day = max(before.recurring.begun(wanted.amount[0]), before.recurring.begun(before.since))
        new = BudgetAmount(day, _amount(wanted.amount[1], problems))
        amounts = (*(each for each in amounts if each.first < day), new)
    carry = before.carry if wanted.carry is None else wanted.carry
    near = before.near if wanted.near is None else wanted.near
    problems += _rule_problems(carry, near)
    if problems:
        raise Misconfigured(*problems)
    kept = msgspec.structs.replace(before, amounts=amounts, carry=msgspec.convert(carry, Carry), near=near)
    return before if kept == before else _keep(actor, "budget.edit", before, kept)


@transaction.atomic
def remove(actor: Actor, name: str) -> Budget:
    """Forget a budget and the states that it reached; raises `NotThere`."""
    record = _found(name)
    budget = _value(record)
    record.delete()
    audit.record(actor, "budget.remove", name)
    transaction.on_commit(changed.tell)
    return budget


def _keep(actor: Actor, action: str, before: Budget | None, budget: Budget) -> Budget:
    values: dict[str, Any] = {each: getattr(budget, each) for each in budget.__struct_fields__}
    name, amounts = values.pop("name"), msgspec.to_builtins(budget.amounts)
    BudgetRecord.objects.update_or_create(name=name, defaults={**values, "amounts": amounts})
    audit.record(actor, action, name, audit.differences(_told(before) if before else {}, _told(budget)))
    transaction.on_commit(changed.tell)
    return budget


def _told(budget: Budget) -> dict[str, Any]:
    """Return a budget as the audit tells it: its amounts by the days from which they count."""
    told: dict[str, Any] = msgspec.to_builtins(budget)
    del told["target_id"]
    return {**told, "amounts": {f"from {each.first}": f"{each.amount:f}" for each in budget.amounts}}


def _name_problems(name: str) -> list[Problem]:
    if not NAME.fullmatch(name):
        reason = f"got {name[:60]!r}; it has 1 to 40 small letters, digits and hyphens"
        return [Problem("'name' cannot be a budget's", reason, help="for example 'sales'")]
    if BudgetRecord.objects.filter(name=name).exists():
        return [Problem("'name' is taken", f"there is a budget called {name!r}", help="choose another name")]
    if BudgetRecord.objects.count() >= BUDGETS:
        return [Problem("there are too many budgets", f"a site has {BUDGETS} at most", help="remove one first")]
    return []


def _choice_problems(given: GivenBudget) -> list[Problem]:
    problems = [
        Problem(f"'{field}' must be one of {', '.join(choices)}", f"got {text!r}", help=nearest(text, choices))
        for field, text, choices in (
            ("measure", given.measure, ("price", "cost")),
            ("per", given.per, tuple(_LAST_DAY)),
        )
        if text not in choices
    ]
    last = _LAST_DAY.get(given.per, max(_LAST_DAY.values()))
    if not 1 <= given.begins <= last:
        reason = f"got {given.begins}; a {given.per} begins on day 1 to {last}"
        problems.append(Problem("'begins' must be a day that there always is", reason))
    if given.since < _EARLIEST:
        problems.append(Problem(f"'since' must not be before {_EARLIEST}", f"got {given.since}"))
    return problems


def _rule_problems(carry: str, near: int) -> list[Problem]:
    problems = []
    if carry not in ("nothing", "rest"):
        reason = f"got {carry!r}"
        problems.append(
            Problem("'carry' must be one of nothing, rest", reason, help=nearest(carry, ("nothing", "rest"))),
        )
    if not 1 <= near <= _WHOLE:
        problems.append(Problem("'near' must be 1 to 100", f"got {near}", help="a percentage of what is available"))
    return problems


def _amount(text: str, problems: list[Problem]) -> Decimal:
    before = len(problems)
    amount = read_amount("amount", text, problems)
    if len(problems) == before and not amount:
        problems.append(Problem("'amount' must be more than nothing", f"got {text}"))
    return amount


# ---------------------------------------------------------------- reached states


def notes(budget: str = "") -> list[BudgetNote]:
    """Return which states were reached, of a budget or of all; earliest first."""
    found = BudgetNoteRecord.objects.select_related("budget")
    return [each.value(each.budget.name) for each in (found.filter(budget__name=budget) if budget else found)]


@transaction.atomic
def note_reached(reached: Iterable[BudgetNote]) -> list[BudgetNote]:
    """Note states that were reached; returns those that had not been noted. Of a budget that is no more none is."""
    numbers = dict(BudgetRecord.objects.values_list("name", "pk"))
    known = set(BudgetNoteRecord.objects.values_list("budget_id", "first", "state"))
    new = [
        each
        for each in reached
        if each.budget in numbers and (numbers[each.budget], each.first, each.state) not in known
    ]
    BudgetNoteRecord.objects.bulk_create(
        BudgetNoteRecord(
            budget_id=numbers[each.budget],
            first=each.first,
            state=each.state,
            reached_at=each.reached_at,
            used=f"{each.used:f}",
            available=f"{each.available:f}",
        )
        for each in new
    )
    return new
