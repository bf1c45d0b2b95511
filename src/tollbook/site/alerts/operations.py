"""Setting rules up, muting them, and acknowledging what they found."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import QuerySet

from tollbook import clock
from tollbook.alerts import known
from tollbook.model.actor import Actor
from tollbook.model.alert import AlertRule
from tollbook.model.page_limits import ALERTS
from tollbook.model.pbx import NAME
from tollbook.model.problem import Misconfigured, NotThere, Problem, nearest
from tollbook.site import changed
from tollbook.site.alerts.checks import rule_problems
from tollbook.site.alerts.models import AlertHitRecord, AlertRuleRecord
from tollbook.site.audit import operations as audit

_LONGEST_NOTE = 500
_OFFERED_THROTTLE_M = 60


class GivenAlert(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as somebody writes it down; None is what its kind does by itself."""

    name: str
    kind: str
    settings: dict[str, str] = {}
    words: dict[str, str] = {}
    hours: str = ""
    when: str = "always"
    holidays: str = ""
    history_days: int = 0
    digest_m: int = 0
    throttle_m: int | None = None
    deliveries: tuple[str, ...] = ()
    enabled: bool = True


class AlertChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of a rule; None leaves a thing as it is, and as a value takes a setting or word away."""

    settings: dict[str, str | None] = {}
    words: dict[str, str | None] = {}
    hours: str | None = None
    when: str | None = None
    holidays: str | None = None
    history_days: int | None = None
    digest_m: int | None = None
    throttle_m: int | None = None
    deliveries: tuple[str, ...] | None = None
    enabled: bool | None = None


def every() -> list[AlertRule]:
    """Return all rules by name."""
    return [each.value() for each in AlertRuleRecord.objects.all()]


def find(name: str) -> AlertRule:
    """Return a rule; raises `NotThere`."""
    return found(name).value()


def found(name: str) -> AlertRuleRecord:
    """Return a rule's record; raises `NotThere`."""
    record = AlertRuleRecord.objects.filter(name=name).first()
    if record is None:
        names = AlertRuleRecord.objects.values_list("name", flat=True)
        raise NotThere(Problem(f"no alert is called {name!r}", "there is no such alert", help=nearest(name, names)))
    return record


def draft(actor: Actor, given: GivenAlert) -> AlertRule:
    """Return a rule as it would be kept, of somebody; raises `Misconfigured` with every fault."""
    throttle_m = given.throttle_m
    if throttle_m is None:
        throttle_m = 0 if given.kind in known.kinds() and known.find(given.kind).at_once else _OFFERED_THROTTLE_M
    values = {name: getattr(given, name) for name in given.__struct_fields__} | {"throttle_m": throttle_m}
    values["kind"] = given.kind.replace("-", "_")
    values["settings"] = {name: text for name, text in given.settings.items() if text.strip()}
    values["words"] = {name: text for name, text in given.words.items() if text.strip()}
    rule = AlertRule(id=0, since=clock.now(), owner=_nameless(actor), **values)
    if problems := rule_problems(rule):
        raise Misconfigured(*problems)
    return rule


def _nameless(actor: Actor) -> Actor:
    return msgspec.structs.replace(actor, address="")


@transaction.atomic
def add(actor: Actor, given: GivenAlert) -> AlertRule:
    """Keep a new rule; returns it as kept. Raises `Misconfigured` with every fault."""
    problems = _name_problems(given.name)
    try:
        rule = draft(actor, given)
    except Misconfigured as fault:
        raise Misconfigured(*problems, *fault.problems) from fault
    if problems:
        raise Misconfigured(*problems)
    record = AlertRuleRecord(owner_kind=actor.kind, owner=actor.name)
    return _keep(actor, record, rule, {})


@transaction.atomic
def change(actor: Actor, name: str, wanted: AlertChange) -> AlertRule:
    """Change a rule; whose it is stays. Raises `NotThere`, and `Misconfigured` with every fault."""
    record = found(name)
    before = record.value()
    told = {each: getattr(wanted, each) for each in wanted.__struct_fields__}
    merged = {each: _merged(dict(getattr(before, each)), told.pop(each)) for each in ("settings", "words")}
    given = {each: value for each, value in told.items() if value is not None}
    if given.get("enabled") and not before.enabled:
        given["since"] = clock.now()
    rule = msgspec.structs.replace(before, **given, **merged)
    if problems := rule_problems(rule):
        raise Misconfigured(*problems)
    return before if rule == before else _keep(actor, record, rule, _told(before))


def _merged(before: dict[str, str], wanted: dict[str, str | None]) -> dict[str, str]:
    both = {**before, **wanted}
    return {name: text for name, text in both.items() if text is not None and text.strip()}


def _keep(actor: Actor, record: AlertRuleRecord, rule: AlertRule, before: dict[str, Any]) -> AlertRule:
    action = "alert.edit" if record.pk else "alert.add"
    values = msgspec.structs.asdict(rule)
    for name in ("name", "kind", "hours", "when", "holidays", "since", "history_days", "enabled"):
        setattr(record, name, values[name])
    for name in ("digest_m", "throttle_m"):
        setattr(record, name, values[name])
    record.settings, record.words = dict(rule.settings), dict(rule.words)
    record.deliveries = list(rule.deliveries)
    record.owner_kind, record.owner = rule.owner.kind, rule.owner.name
    record.save()
    kept = record.value()
    audit.record(actor, action, rule.name, audit.differences(before, _told(kept)))
    transaction.on_commit(changed.tell)
    return kept


def _told(rule: AlertRule) -> dict[str, Any]:
    """Return a rule as the audit tells it."""
    told: dict[str, Any] = msgspec.to_builtins(rule)
    return {name: value for name, value in told.items() if name not in ("id", "since", "owner", "name")}


@transaction.atomic
def remove(actor: Actor, name: str) -> None:
    """Forget a rule with all that it found; raises `NotThere`."""
    found(name).delete()
    audit.record(actor, "alert.remove", name)
    transaction.on_commit(changed.tell)


@transaction.atomic
def mute(actor: Actor, name: str, until: datetime | None) -> AlertRule:
    """Let a rule tell of nothing until a moment, or again; it goes on finding. Raises `NotThere`."""
    record = found(name)
    record.muted_until = until
    record.save(update_fields=["muted_until"])
    if until:
        record.hits.filter(tell=True).update(tell=False)
    action, changes = ("alert.mute", {"until": ["", until.isoformat()]}) if until else ("alert.unmute", {})
    audit.record(actor, action, name, changes)
    transaction.on_commit(changed.tell)
    return record.value()


@transaction.atomic
def acknowledge(actor: Actor, hits: Collection[int], text: str) -> int:
    """Note that somebody has seen hits, with a note; return how many were open. Raises `Misconfigured`."""
    if len(text) > _LONGEST_NOTE:
        raise Misconfigured(Problem("the note is too long", f"it has {len(text)} characters of {_LONGEST_NOTE}"))
    chosen = AlertHitRecord.objects.filter(pk__in=list(hits)[:1000], acknowledged_at=None)
    names = sorted(set(chosen.values_list("rule__name", flat=True)))
    count = chosen.update(acknowledged_at=clock.now(), acknowledged_by=actor.name, note=text.strip(), tell=False)
    for name in names:
        audit.record(actor, "alert.acknowledge", name, {"note": ["", text.strip()]} if text.strip() else {})
    return count


def hits(rule: str = "", *, only_open: bool = False) -> QuerySet[AlertHitRecord]:
    """Return what rules found, of one or of all, the latest first."""
    rows = AlertHitRecord.objects.select_related("rule")
    rows = rows.filter(rule__name=rule) if rule else rows
    return rows.filter(acknowledged_at=None) if only_open else rows


def _name_problems(name: str) -> list[Problem]:
    if not NAME.fullmatch(name):
        reason = f"got {name[:60]!r}; it has 1 to 40 small letters, digits and hyphens"
        return [Problem("'name' cannot be an alert's", reason, help="for example 'night-calls'")]
    if AlertRuleRecord.objects.filter(name=name).exists():
        return [Problem("'name' is taken", f"there is an alert called {name!r}", help="choose another name")]
    if AlertRuleRecord.objects.count() >= ALERTS:
        return [Problem("there are too many alerts", f"a site has {ALERTS} at most", help="remove one first")]
    return []
