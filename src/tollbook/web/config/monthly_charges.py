"""Monthly charges as a text of a set-up. One is the same as another by its name, for whom it is, and its first day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import msgspec
import tomli_w

from tollbook.model.actor import Actor
from tollbook.model.monthly_charge import MonthlyCharge
from tollbook.model.problem import Misconfigured
from tollbook.site.monthly_charges import operations
from tollbook.site.targets import ChargedTarget, mails, resolved
from tollbook.web.config.costs import CostChange, converted

FILE = "monthly-charges.toml"
_KEY = "monthly-charge"
_TERMS = ("amount", "cost", "tax", "part_month")


class WrittenMonthlyCharge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A monthly charge as it is written; a person stands there by mail where there is one."""

    name: str
    kind: str
    target: str
    pbx: str = ""
    amount: str
    cost: str = ""
    currency: str
    tax: str = "0"
    part_month: str = "whole"
    first: date = msgspec.field(name="from")
    last: date | None = msgspec.field(name="to", default=None)


def written() -> dict[str, str]:
    """Return all monthly charges by file name; what there is none of is empty."""
    every = operations.every()
    known = mails(each.target_id for each in every if each.kind == "person")
    told = [msgspec.to_builtins(_written(each, known), builtin_types=(date,)) for each in every]
    return {FILE: tomli_w.dumps({_KEY: told}) if told else ""}


def _written(charge: MonthlyCharge, known: Mapping[int, str]) -> WrittenMonthlyCharge:
    same = {name: getattr(charge, name) for name in ("name", "kind", "pbx", "currency", "part_month", "first", "last")}
    return WrittenMonthlyCharge(
        **same,
        target=(known.get(charge.target_id, "") if charge.kind == "person" else "") or charge.target,
        amount=f"{charge.amount:f}",
        cost="" if charge.cost is None else f"{charge.cost:f}",
        tax=f"{charge.tax:f}",
    )


def apply(actor: Actor, document: Mapping[str, Any]) -> Iterator[CostChange]:
    """Make monthly charges what a text says, and yield what changes; raises `Misconfigured`."""
    charges = converted(FILE, document.get(_KEY, []), list[WrittenMonthlyCharge])
    for each in sorted(charges, key=lambda charge: charge.first):
        yield _applied(actor, each)


def _applied(actor: Actor, wanted: WrittenMonthlyCharge) -> CostChange:
    target = ChargedTarget(kind=wanted.kind, name=wanted.target, pbx=wanted.pbx)
    name = f"{wanted.name} for {target} from {wanted.first}"
    before = next((each for each in operations.every() if _is_same(each, wanted, target)), None)
    terms = {each: getattr(wanted, each) for each in _TERMS}
    if before is None:
        given = operations.GivenMonthlyCharge(
            **terms,
            name=wanted.name,
            target=target,
            currency=wanted.currency,
            first=wanted.first,
            last=wanted.last,
        )
        operations.add(actor, given)
        return CostChange("monthly charge", name, "add")
    change = operations.MonthlyChargeChange(**terms, last=wanted.last, since=wanted.first)
    kept = operations.change(actor, before.id, change)
    return CostChange("monthly charge", name, "same" if kept == before else "change")


def _is_same(charge: MonthlyCharge, wanted: WrittenMonthlyCharge, target: ChargedTarget) -> bool:
    if (charge.name, charge.kind, charge.first, charge.currency) != (
        wanted.name,
        wanted.kind,
        wanted.first,
        wanted.currency,
    ):
        return False
    found = resolved(target)
    if isinstance(found, list):
        raise Misconfigured(*found)
    return (charge.target_id or charge.target, charge.pbx) == (found.id or found.name, found.pbx)
