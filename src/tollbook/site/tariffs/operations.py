"""Adding tariffs, assigning them to lines, and pricing calls again: what API, commands and pages do.

What is added or assigned prices the calls from that moment on. Calls before keep their price until somebody has them
priced again, from one day until another, which can be taken back. Calls that never had a tariff get the first one's.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import transaction

from tollbook.clock import now_us
from tollbook.model.actor import Actor
from tollbook.model.pricing import PriceRun, Pricing, TariffRule
from tollbook.model.problem import Misconfigured, NotThere, Problem, nearest
from tollbook.rating.lists.comparing import Comparison, compare
from tollbook.rating.tariff import Tariff
from tollbook.rating.tariff_text import TariffText, read_tariff
from tollbook.site import changed
from tollbook.site.audit import operations as audit
from tollbook.site.tariffs.files import NAME, TariffFolder
from tollbook.site.tariffs.models import PriceRunRecord, TariffRuleRecord

NEW = 0
_MOST_CHANGES = 1000
"""Rates that are listed one by one; all are counted."""
DIRECTIONS = ("outgoing", "incoming", "internal", "transit")


class GivenVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a tariff to add: its texts, and from which day it is valid where the document does not say."""

    tariff: str
    document: TariffText
    prices: TariffText | None = None
    first: str = ""


class AddedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version that was added, or would be: its name, and what is otherwise than in the version before."""

    tariff: str
    name: str
    before: str
    rates: int
    changes: Comparison
    warnings: tuple[str, ...]


class PreparedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version that is without fault and could be added: as it was given, what it changes, and the one before it."""

    given: GivenVersion
    added: AddedVersion
    tariff: Tariff
    before: Tariff | None


class PricedAgain(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody had priced again: from one day until before another, empty is always; and when it was asked."""

    first: str
    until: str
    made_at: datetime


def pricing() -> Pricing:
    """Return what prices the calls of the site."""
    return Pricing(tuple(_run(record) for record in PriceRunRecord.objects.all()))


def _run(record: PriceRunRecord) -> PriceRun:
    run = msgspec.convert(record.prices, PriceRun)
    return msgspec.structs.replace(run, first=record.first, until=record.until)


def rules() -> list[TariffRule]:
    """Return which tariffs are assigned to which lines."""
    return [record.value() for record in TariffRuleRecord.objects.all()]


def add(actor: Actor, folder: TariffFolder, given: GivenVersion, *, dry_run: bool = False) -> AddedVersion:
    """Add a version; returns what it changes. Raises `Misconfigured` with every fault, and then nothing is added."""
    prepared = prepare(folder, given)
    if not dry_run:
        keep(actor, folder, prepared)
    return prepared.added


def prepare(folder: TariffFolder, given: GivenVersion) -> PreparedVersion:
    """Return what a version would change, and nothing is added. Raises `Misconfigured` with every fault."""
    problems = _name_problems(given.tariff)
    try:
        tariff = read_tariff(given.document, given.prices)
    except Misconfigured as fault:
        raise Misconfigured(*problems, *fault.problems) from fault
    day = _day(given, tariff, problems)
    if problems:
        raise Misconfigured(*problems)
    versions = folder.versions(given.tariff)
    same = next((each for each in versions if each.digest == tariff.digest), None)
    if same:
        raise Misconfigured(
            Problem(f"{given.tariff} {same.name} says the same", "it is there already", help="nothing is left to do")
        )
    before = [each for each in versions if not each.fault and each.valid_from[:10] <= day]
    earlier = folder.find(before[-1].digest) if before else None
    added = AddedVersion(
        tariff=given.tariff,
        name=folder.next_name(given.tariff, day),
        before=before[-1].name if before else "",
        rates=len(tariff.rates),
        changes=_shortened(compare(earlier.rates if earlier else (), tariff.rates)),
        warnings=tuple(_warnings(tariff, earlier)),
    )
    return PreparedVersion(given=given, added=added, tariff=tariff, before=earlier)


def keep(actor: Actor, folder: TariffFolder, prepared: PreparedVersion) -> None:
    """Add a version that was prepared; raises `Misconfigured` where another one was added in between."""
    given, added = prepared.given, prepared.added
    with folder.adding:
        if folder.next_name(added.tariff, added.name[:10]) != added.name:
            reason = f"{added.tariff} {added.name} is another one, added just now"
            raise Misconfigured(Problem("the version is not kept", reason, help="look at it again"))
        folder.write(added.tariff, added.name, given.document.text, given.prices.text if given.prices else "")
    folder.remember(added.tariff, added.name, prepared.tariff)
    with transaction.atomic():
        audit.record(actor, "tariff.add", f"{added.tariff} {added.name}")
        take_into_use(folder)


def _name_problems(name: str) -> list[Problem]:
    if NAME.fullmatch(name):
        return []
    reason = "it has 1 to 40 small letters, digits and hyphens, and begins with a letter or digit"
    return [Problem(f"{name!r} cannot be a tariff's name", reason, help="for example 'carrier-a'")]


def _day(given: GivenVersion, tariff: Tariff, problems: list[Problem]) -> str:
    """Return the day from which a version is valid, in ISO 8601."""
    said = tariff.valid_from.date().isoformat() if tariff.valid_from else ""
    if said and given.first and given.first != said:
        reason = f"the document says valid_from = {said}"
        problems.append(Problem(f"it cannot be valid from {given.first}", reason, help="leave one out"))
    day = said or given.first or _now().date().isoformat()
    try:
        return datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC).date().isoformat()
    except ValueError:
        problems.append(Problem(f"{day!r} is no day", "it is none of the calendar", help="a day is written 2026-01-31"))
        return day


def _shortened(comparison: Comparison) -> Comparison:
    return msgspec.structs.replace(comparison, changes=comparison.changes[:_MOST_CHANGES])


def _warnings(tariff: Tariff, before: Tariff | None) -> list[str]:
    if before and before.currency != tariff.currency:
        return [f"prices were in {before.currency}, and are in {tariff.currency} now"]
    return []


# ---------------------------------------------------------------- assigning


@transaction.atomic
def assign(actor: Actor, folder: TariffFolder, rule: TariffRule) -> TariffRule:
    """Let a tariff price the calls of lines from now on; returns the rule as kept. Raises `Misconfigured`."""
    versions = folder.versions(rule.tariff) if NAME.fullmatch(rule.tariff) else []
    problems = [] if versions else [_unknown_tariff(folder, rule.tariff)]
    if rule.direction and rule.direction not in DIRECTIONS:
        hint = nearest(rule.direction, DIRECTIONS)
        problems.append(Problem(f"{rule.direction!r} is no direction", "calls go one of four ways", help=hint))
    if rule.first and rule.until and rule.first >= rule.until:
        problems.append(
            Problem(
                "the tariff would count for no day", f"{rule.first} is not before {rule.until}", help="give a later end"
            )
        )
    if problems:
        raise Misconfigured(*problems)
    values: dict[str, Any] = msgspec.structs.asdict(rule)
    values.pop("id")
    if TariffRuleRecord.objects.filter(**values).exists():
        raise Misconfigured(
            Problem(
                f"{rule.tariff} is assigned to these calls already",
                "twice would change nothing",
                help="nothing is left to do",
            )
        )
    record = TariffRuleRecord.objects.create(**values)
    audit.record(actor, "tariff.assign", rule.tariff, audit.differences({}, values))
    take_into_use(folder)
    return record.value()


def _unknown_tariff(folder: TariffFolder, tariff: str) -> Problem:
    known = {each.tariff for each in folder.versions()}
    return Problem(f"no tariff is called {tariff!r}", "this site has no such tariff", help=nearest(tariff, known))


@transaction.atomic
def unassign(actor: Actor, folder: TariffFolder, number: int) -> TariffRule:
    """Take a rule away: calls from now on are priced without it; raises `NotThere`."""
    record = TariffRuleRecord.objects.filter(pk=number).first()
    if record is None:
        raise NotThere(
            Problem(
                f"no tariff is assigned by the number {number}",
                "it was taken away, or never was",
                help="`tollbook tariff rules` shows the numbers",
            )
        )
    rule = record.value()
    record.delete()
    values = msgspec.structs.asdict(rule)
    audit.record(actor, "tariff.unassign", rule.tariff, audit.differences(values, {}))
    take_into_use(folder)
    return rule


# ---------------------------------------------------------------- what counts


def take_into_use(folder: TariffFolder) -> None:
    """Let calls from now on be priced by what is there now, inside the caller's transaction."""
    now = _present(folder)
    last = PriceRunRecord.objects.filter(until="").last()
    if last is None and now.rules:
        _add_run(now)
    elif last is not None and msgspec.convert(last.prices, PriceRun) != now:
        _add_run(now, first=_now().isoformat(timespec="seconds"))
    transaction.on_commit(changed.tell)


def _present(folder: TariffFolder) -> PriceRun:
    assigned = rules()
    used = {rule.tariff for rule in assigned}
    versions = [each.in_use() for each in folder.versions() if each.tariff in used and not each.fault]
    return PriceRun(rules=tuple(assigned), versions=tuple(versions))


def _add_run(run: PriceRun, *, first: str = "", until: str = "", asked: bool = False) -> None:
    prices = msgspec.to_builtins(run)
    PriceRunRecord.objects.create(first=first, until=until, asked=asked, prices=prices)


@transaction.atomic
def price_again(actor: Actor, folder: TariffFolder, first: str, until: str) -> None:
    """Price calls from one day until before another by what is there now; empty is always."""
    if first and until and first >= until:
        raise Misconfigured(
            Problem("no call would be priced", f"{first} is not before {until}", help="give a later end")
        )
    _add_run(_present(folder), first=first, until=until, asked=True)
    audit.record(actor, "tariff.price-again", f"{first or 'the first call'} to {until or 'the last'}")
    transaction.on_commit(changed.tell)


def last_priced_again() -> PricedAgain | None:
    """Return what `price_as_before` would take back; None where nothing was priced again."""
    last = PriceRunRecord.objects.filter(asked=True).last()
    return PricedAgain(first=last.first, until=last.until, made_at=last.made_at) if last else None


@transaction.atomic
def price_as_before(actor: Actor) -> None:
    """Take back what was priced again last; raises `NotThere`."""
    last = PriceRunRecord.objects.filter(asked=True).last()
    if last is None:
        raise NotThere(
            Problem("there is nothing to take back", "no calls were priced again", help="nothing is left to do")
        )
    audit.record(actor, "tariff.price-as-before", str(last))
    last.delete()
    transaction.on_commit(changed.tell)


def _now() -> datetime:
    return datetime.fromtimestamp(now_us() // 1_000_000, UTC)
