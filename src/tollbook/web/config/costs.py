"""What calls cost, as texts of a set-up: versions of tariffs, which calls they price, and budgets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import date
from pathlib import PurePosixPath
from typing import Any

import msgspec
import tomli_w

from tollbook.engine.runtime import engine
from tollbook.model.actor import Actor
from tollbook.model.budget import Budget
from tollbook.model.pricing import TariffRule
from tollbook.model.problem import Misconfigured, Problem
from tollbook.rating.tariff_text import TariffText, read_tariff
from tollbook.site.budgets import operations as budgets
from tollbook.site.targets import ChargedTarget, mails, resolved
from tollbook.site.tariffs import operations as tariffs
from tollbook.site.tariffs.files import NAME

TARIFFS, RULES, BUDGETS = "tariffs", "tariff-rules.toml", "budgets.toml"
_PARTS = 3
"""Of the name of a tariff's file: tariffs/carrier-a/2026-01-01.toml."""


class WrittenRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which calls a tariff prices, as it is written."""

    tariff: str
    pbx: str = ""
    trunk: str = ""
    trunk_group: str = ""
    direction: str = ""
    first: date | None = msgspec.field(name="from", default=None)
    until: date | None = None


class WrittenAmount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much there is from a day on, as it is written."""

    first: date = msgspec.field(name="from")
    amount: str


class WrittenBudget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A budget as it is written; a person stands there by mail where there is one."""

    kind: str
    target: str
    pbx: str = ""
    measure: str = "price"
    currency: str
    per: str = "month"
    begins: int = 1
    since: date
    carry: str = "nothing"
    near: int = 80
    amounts: tuple[WrittenAmount, ...]


class CostChange(msgspec.Struct, frozen=True):
    """What becomes of a thing: `add`, `change` or `same`; where it is told, what differs as `[before, after]`."""

    what: str
    name: str
    becomes: str
    differs: dict[str, list[str]] = {}


def written() -> dict[str, str]:
    """Return tariffs, their assignments and budgets by file name; what there is none of is empty."""
    every = budgets.every()
    known = mails(each.target_id for each in every if each.kind == "person")
    told = {each.name: msgspec.to_builtins(_written_budget(each, known)) for each in every}
    return {**tariff_texts(), BUDGETS: tomli_w.dumps(told) if told else ""}


def tariff_texts() -> dict[str, str]:
    """Return tariffs and their assignments by file name."""
    rules = [
        WrittenRule(**{name: getattr(each, name) for name in WrittenRule.__struct_fields__}) for each in tariffs.rules()
    ]
    return {**dict(_tariff_texts()), RULES: rules_text(rules)}


def rules_text(rules: Iterable[WrittenRule]) -> str:
    """Return assignments of tariffs as they are written; nothing where there are none."""
    return "\n".join(f"[[rule]]\n{tomli_w.dumps(msgspec.to_builtins(each))}" for each in rules)


def _tariff_texts() -> Iterator[tuple[str, str]]:
    folder = engine().tariffs
    for version in folder.versions():
        if version.fault:
            continue
        _, document, prices = folder.texts(version.tariff, version.name)
        yield f"{TARIFFS}/{version.tariff}/{version.name}.toml", document
        yield f"{TARIFFS}/{version.tariff}/{version.name}.csv", prices


def _written_budget(budget: Budget, known: Mapping[int, str]) -> WrittenBudget:
    same = {
        name: getattr(budget, name) for name in WrittenBudget.__struct_fields__ if name not in ("target", "amounts")
    }
    target = known.get(budget.target_id, "") if budget.kind == "person" else ""
    amounts = tuple(WrittenAmount(each.first, f"{each.amount:f}") for each in budget.amounts)
    return WrittenBudget(**same, target=target or budget.target, amounts=amounts)


def is_of_tariff(name: str) -> bool:
    """Say whether a file is one of a version of a tariff."""
    path = PurePosixPath(name)
    parts = path.parts
    fits = len(parts) == _PARTS and parts[0] == TARIFFS and path.suffix in (".toml", ".csv")
    return fits and bool(NAME.fullmatch(parts[1]))


def apply(
    actor: Actor,
    files: Mapping[str, str],
    documents: Mapping[str, Mapping[str, Any]],
    undo: ExitStack | None,
) -> Iterator[CostChange]:
    """Make the site what texts say, and yield what changes; raises `Misconfigured`.

    `undo` is told how files that were written are taken away again; without one nothing is kept of versions.
    """
    new = set[str]()
    for name in sorted(each for each in files if is_of_tariff(each) and each.endswith(".toml")):
        change = _version(actor, files, name, undo)
        new |= {PurePosixPath(name).parent.name} if change.becomes == "add" else set()
        yield change
    for rule in converted(RULES, documents[RULES].get("rule", []), list[WrittenRule]):
        yield _rule(actor, rule, new if undo is None else set())
    for name, budget in converted(BUDGETS, documents[BUDGETS], dict[str, WrittenBudget]).items():
        yield _budget(actor, name, budget)


def converted(file: str, told: object, kind: Any) -> Any:  # noqa: ANN401 - what msgspec makes of it
    """Return what stands in a file as a value; raises `Misconfigured`."""
    try:
        return msgspec.convert(told, kind)
    except msgspec.ValidationError as fault:
        help_ = "`tollbook config export` shows how it is written"
        raise Misconfigured(Problem(f"{file} cannot be read", str(fault), file, help_)) from fault


def _version(actor: Actor, files: Mapping[str, str], name: str, undo: ExitStack | None) -> CostChange:
    path = PurePosixPath(name)
    tariff, label = path.parent.name, path.stem
    prices = files.get(str(path.with_suffix(".csv")), "")
    document = TariffText(files[name], name)
    given = tariffs.GivenVersion(
        tariff=tariff,
        document=document,
        prices=TariffText(prices, str(path.with_suffix(".csv"))) if prices else None,
        first=label[:10],
    )
    digest = read_tariff(document, given.prices).digest
    if any(each.digest == digest for each in engine().tariffs.versions(tariff)):
        return CostChange("tariff", f"{tariff} {label}", "same")
    added = tariffs.add(actor, engine().tariffs, given, dry_run=undo is None)
    if undo is not None:
        undo.callback(engine().tariffs.discard, tariff, added.name)
    return CostChange("tariff", f"{tariff} {label}", "add")


def _rule(actor: Actor, written_rule: WrittenRule, to_come: set[str]) -> CostChange:
    wanted = {name: getattr(written_rule, name) for name in WrittenRule.__struct_fields__}
    name = " ".join(filter(None, (wanted["tariff"], wanted["pbx"], wanted["trunk"], wanted["direction"])))
    rule = TariffRule(id=tariffs.NEW, **wanted)
    if any(msgspec.structs.replace(each, id=tariffs.NEW) == rule for each in tariffs.rules()):
        return CostChange("assignment of the tariff", name, "same")
    if rule.tariff not in to_come:
        tariffs.assign(actor, engine().tariffs, rule)
    return CostChange("assignment of the tariff", name, "add")


def _budget(actor: Actor, name: str, wanted: WrittenBudget) -> CostChange:
    before = next((each for each in budgets.every() if each.name == name), None)
    target = ChargedTarget(kind=wanted.kind, name=wanted.target, pbx=wanted.pbx)
    if before is None:
        same = {
            each: getattr(wanted, each) for each in ("measure", "currency", "per", "begins", "since", "carry", "near")
        }
        amounts = tuple((each.first, each.amount) for each in wanted.amounts)
        budgets.add(actor, budgets.GivenBudget(**same, name=name, target=target, amounts=amounts))
        return CostChange("budget", name, "add")
    found = resolved(target)
    if isinstance(found, list):
        raise Misconfigured(*found)
    is_same = [
        getattr(before, each) == getattr(wanted, each) for each in ("measure", "currency", "per", "begins", "since")
    ]
    if not all(is_same) or (found.kind, found.id or found.name, found.pbx) != _of(before):
        reason = "for whom it is, its periods and its currency stay as they are"
        raise Misconfigured(Problem(f"the budget {name} cannot become another", reason, BUDGETS, "remove it first"))
    amounts = tuple((each.first, f"{each.amount:f}") for each in before.amounts)
    if (tuple((each.first, each.amount) for each in wanted.amounts), wanted.carry, wanted.near) == (
        amounts,
        before.carry,
        before.near,
    ):
        return CostChange("budget", name, "same")
    for each in wanted.amounts:
        change = budgets.BudgetChange(amount=(each.first, each.amount), carry=wanted.carry, near=wanted.near)
        budgets.change(actor, name, change)
    return CostChange("budget", name, "change")


def _of(budget: Budget) -> tuple[str, int | str, str]:
    return budget.kind, budget.target_id or budget.target, budget.pbx
