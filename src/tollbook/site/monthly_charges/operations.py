"""Setting monthly charges up, changing, ending and removing them.

What was charged stays: other terms count from a day on, where the charge of before ends and a new one goes on. So a
statement of a month that is over says the same tomorrow. Each change and its line in the audit are one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from django.db import transaction
from msgspec import UNSET, UnsetType

from tollbook.model.actor import Actor
from tollbook.model.money import currency_problems, read_amount
from tollbook.model.monthly_charge import CHARGED_KINDS, PART_MONTHS, MonthlyCharge
from tollbook.model.page_limits import MONTHLY_CHARGES
from tollbook.model.problem import Misconfigured, NotThere, Problem, nearest
from tollbook.site import changed
from tollbook.site.audit import operations as audit
from tollbook.site.directory import checks
from tollbook.site.monthly_charges.models import LONGEST_NAME, MonthlyChargeRecord
from tollbook.site.targets import ChargedTarget, named, resolved

_EARLIEST = date(2000, 1, 1)
_WHOLE = 100
_DAY = timedelta(days=1)
_TERMS = ("amount", "cost", "tax", "part_month")


class GivenMonthlyCharge(msgspec.Struct, frozen=True, kw_only=True):
    """A monthly charge as somebody writes it down: for whom by name, amounts as texts; `cost` empty is the amount."""

    name: str
    target: ChargedTarget
    amount: str
    cost: str = ""
    currency: str
    tax: str = "0"
    part_month: str = "whole"
    first: date
    last: date | None = None


class MonthlyChargeChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change; None leaves a thing as it is, and so does a `last` that is not said.

    Amounts, tax and what becomes of a part of a month count from the day `since` on.
    """

    name: str | None = None
    last: date | UnsetType | None = UNSET
    since: date
    amount: str | None = None
    cost: str | None = None
    tax: str | None = None
    part_month: str | None = None


def every() -> list[MonthlyCharge]:
    """Return all monthly charges by name and target, with what their targets are called now."""
    records = list(MonthlyChargeRecord.objects.all())
    names = {
        kind: named(kind, [each.target_id for each in records if each.kind == kind])
        for kind in {each.kind for each in records if each.target_id}
    }
    return [each.value(names.get(each.kind, {}).get(each.target_id, each.target)) for each in records]


def find(number: int) -> MonthlyCharge:
    """Return a monthly charge; raises `NotThere`."""
    record = _found(number)
    names = named(record.kind, [record.target_id]) if record.target_id else {}
    return record.value(names.get(record.target_id, record.target))


def _found(number: int) -> MonthlyChargeRecord:
    record = MonthlyChargeRecord.objects.filter(pk=number).first()
    if record is None:
        raise NotThere(
            Problem(
                f"no monthly charge has the number {number}",
                "it was removed, or never was",
                help="`tollbook monthly-charge list` shows their numbers",
            ),
        )
    return record


@transaction.atomic
def add(actor: Actor, given: GivenMonthlyCharge) -> MonthlyCharge:
    """Keep a new monthly charge; returns it as kept. Raises `Misconfigured` with every fault."""
    problems = [*_kind_problems(given.target.kind), *currency_problems(given.currency), *_count_problems()]
    target = resolved(given.target) if given.target.kind in CHARGED_KINDS else []
    problems += target if isinstance(target, list) else []
    told: dict[str, Any] = {
        "name": checks.tidied(given.name),
        "currency": given.currency,
        "from": given.first,
        "to": given.last,
    }
    told |= _terms({name: getattr(given, name) for name in _TERMS}, problems)
    problems += [*checks.text_problems("name", told["name"], LONGEST_NAME, needed=True), *_day_problems(given)]
    if problems or isinstance(target, list):
        raise Misconfigured(*problems)
    told |= {"id": 0, "kind": target.kind, "target": target.name, "target_id": target.id, "pbx": target.pbx}
    return _keep(actor, "monthly-charge.add", None, msgspec.convert(told, MonthlyCharge))


@transaction.atomic
def change(actor: Actor, number: int, wanted: MonthlyChargeChange) -> MonthlyCharge:
    """Change a monthly charge; returns the one that is valid from then on, which has a new number where terms differ.

    Raises `NotThere`, and `Misconfigured` with every fault.
    """
    before = find(number)
    problems = list[Problem]()
    name = before.name if wanted.name is None else checks.tidied(wanted.name)
    problems += checks.text_problems("name", name, LONGEST_NAME, needed=True)
    last = before.last if wanted.last is UNSET else wanted.last
    said = {each: text for each in _TERMS if (text := getattr(wanted, each)) is not None}
    kept = msgspec.structs.replace(before, name=name, last=last, **_terms(said, problems))
    problems += _day_problems(kept)
    is_new = [getattr(before, each) for each in _TERMS] != [getattr(kept, each) for each in _TERMS]
    if is_new and last and wanted.since > last:
        problems.append(Problem("'from' must not be after its last day", f"got {wanted.since}; it ends on {last}"))
    if problems:
        raise Misconfigured(*problems)
    if kept == before:
        return before
    if not is_new or wanted.since <= before.first:
        return _keep(actor, "monthly-charge.edit", before, kept)
    MonthlyChargeRecord.objects.filter(pk=number).update(last=wanted.since - _DAY)
    return _keep(actor, "monthly-charge.edit", before, msgspec.structs.replace(kept, id=0, first=wanted.since))


@transaction.atomic
def remove(actor: Actor, number: int) -> MonthlyCharge:
    """Forget a monthly charge, in statements of the past, too; raises `NotThere`."""
    charge = find(number)
    MonthlyChargeRecord.objects.filter(pk=number).delete()
    audit.record(actor, "monthly-charge.remove", _called(charge))
    transaction.on_commit(changed.tell)
    return charge


def _keep(actor: Actor, action: str, before: MonthlyCharge | None, charge: MonthlyCharge) -> MonthlyCharge:
    """Write a charge down, under a new number where it has none; raises `Misconfigured` where it is there twice."""
    if found := list(_overlapping(charge)):
        raise Misconfigured(*found)
    values = {name: getattr(charge, name) for name in charge.__struct_fields__ if name != "id"}
    texts = {name: "" if values[name] is None else f"{values[name]:f}" for name in ("amount", "cost", "tax")}
    record = MonthlyChargeRecord(pk=charge.id or None, **{**values, **texts})
    record.save()
    was = msgspec.to_builtins(before) if before else {}
    now = msgspec.to_builtins(charge)
    for told in (was, now):
        told.pop("target_id", None)
        told.pop("id", None)
    audit.record(actor, action, _called(charge), audit.differences(was, now))
    transaction.on_commit(changed.tell)
    return msgspec.structs.replace(charge, id=record.pk)


def _called(charge: MonthlyCharge) -> str:
    return f"{charge.name} for {ChargedTarget(kind=charge.kind, name=charge.target, pbx=charge.pbx)}"


def _overlapping(charge: MonthlyCharge) -> Iterator[Problem]:
    """Yield what of the same name is charged for the same target already, on some of its days."""
    same = MonthlyChargeRecord.objects.filter(kind=charge.kind, target_id=charge.target_id, pbx=charge.pbx)
    for record in same.exclude(pk=charge.id):
        other = record.value(record.target)
        is_for_same = bool(charge.target_id) or other.target == charge.target
        is_same = is_for_same and other.name.casefold() == charge.name.casefold()
        if is_same and charge.first < other.until and other.first < charge.until:
            days = f"from {other.first}" + (f" to {other.last}" if other.last else " on")
            yield Problem(
                f"'name' {charge.name!r} is charged for {charge.target} already",
                f"number {other.id} is valid {days}",
                help=f"end or change number {other.id}, or choose another name",
            )


def _terms(said: dict[str, str], problems: list[Problem]) -> dict[str, Any]:
    """Return amounts and rules that were said, read; notes what is wrong with them."""
    told: dict[str, Any] = {}
    if "amount" in said:
        told["amount"] = read_amount("amount", said["amount"], problems)
    if "cost" in said:
        told["cost"] = read_amount("cost", said["cost"], problems) if said["cost"].strip() else None
    if "tax" in said:
        told["tax"] = read_amount("tax", said["tax"] or "0", problems)
        if told["tax"] > _WHOLE:
            problems.append(Problem("'tax' must be 0 to 100", f"got {said['tax']}", help="in percent, such as 19"))
    if "part_month" in said:
        told["part_month"] = said["part_month"]
        if said["part_month"] not in PART_MONTHS:
            what = f"'part_month' must be one of {', '.join(PART_MONTHS)}"
            problems.append(Problem(what, f"got {said['part_month']!r}", help=nearest(said["part_month"], PART_MONTHS)))
    if told.get("amount") == Decimal(0) and not told.get("cost"):
        problems.append(Problem("'amount' must be more than nothing", "nothing is charged, and nothing paid"))
    return told


def _kind_problems(kind: str) -> Iterable[Problem]:
    if kind not in CHARGED_KINDS:
        yield Problem(
            f"'kind' must be one of {', '.join(CHARGED_KINDS)}",
            f"got {kind!r}",
            help=nearest(kind, CHARGED_KINDS),
        )


def _count_problems() -> Iterable[Problem]:
    if MonthlyChargeRecord.objects.count() >= MONTHLY_CHARGES:
        yield Problem("there are too many monthly charges", f"a site has {MONTHLY_CHARGES} at most")


def _day_problems(charge: GivenMonthlyCharge | MonthlyCharge) -> Iterable[Problem]:
    if charge.first < _EARLIEST:
        yield Problem(f"'from' must not be before {_EARLIEST}", f"got {charge.first}")
    if charge.last and charge.last < charge.first:
        yield Problem("'to' must not be before its first day", f"got {charge.last}; it begins on {charge.first}")
