"""What somebody is shown of alerts: only hits of calls in their own ledger, with no more of them than they may see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice

import msgspec
from django.db.models import QuerySet
from django.http import HttpRequest

from tollbook.alerts import known
from tollbook.alerts.telling import masked, told
from tollbook.engine.alerts.past import PastFound
from tollbook.model.access import Access
from tollbook.model.alert import AlertFound, AlertLevel, AlertRule
from tollbook.model.problem import Misconfigured, NotAllowed, NotThere, Problem
from tollbook.plugins import declared
from tollbook.site.alerts import operations
from tollbook.site.alerts.models import AlertHitRecord
from tollbook.store.alert_calls import numbers_shown, visible
from tollbook.store.ledger import EVERYTHING
from tollbook.web.asking import ledger_of
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import access_of

_AT_ONCE = 500
_LOOKED_THROUGH, _COUNTED_AMONG = 20_000, 1_000
"""Hits that are looked through for those that may be seen, the latest ones: on a page, and for the menu."""


class KindOfAlert(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of alert, what it is good for, and its options with their defaults."""

    kind: str
    title: str
    about: str
    options: dict[str, str]


class ShownAlert(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as it is set up, whose it is, and how many of its hits nobody has acknowledged."""

    name: str
    kind: str
    title: str
    enabled: bool
    settings: dict[str, str]
    words: dict[str, str]
    hours: str
    when: str
    holidays: str
    since: datetime
    history_days: int
    muted_until: datetime | None
    digest_m: int
    throttle_m: int
    deliveries: list[str]
    owner: str
    preset: bool
    open_hits: int


class ShownHit(msgspec.Struct, frozen=True, kw_only=True):
    """What an alert found: when it was, when that was found, in words; and who has acknowledged it, with which note."""

    hit: int
    alert: str
    kind: str
    level: AlertLevel
    at: datetime
    found_at: datetime
    pbx: str
    text: str
    calls: list[str]
    told_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str
    note: str


class TriedHit(msgspec.Struct, frozen=True, kw_only=True):
    """What an alert would have told of."""

    level: AlertLevel
    at: datetime
    pbx: str
    text: str
    calls: list[str]


class TriedAlert(msgspec.Struct, frozen=True, kw_only=True):
    """How often an alert would have told of something in some days, of that critical; and the last of it."""

    days: int
    count: int
    critical: int
    found: list[TriedHit]


def kinds_of_alert() -> Iterator[KindOfAlert]:
    """Yield the kinds of alert."""
    for name in known.kinds():
        found = known.find(name)
        options = {each.name: each.setting.default for each in declared(found.options)}
        yield KindOfAlert(kind=name.replace("_", "-"), title=found.title, about=found.about, options=options)


def sees_all(access: Access) -> bool:
    """Say whether somebody sees every call whole: rules of anybody are theirs to look at and to change."""
    return access.is_whole and {"calls.see", "numbers.see", "costs.see"} <= access.permissions


def _is_own(request: HttpRequest, rule: AlertRule) -> bool:
    actor = actor_of(request)
    return (rule.owner.kind, rule.owner.name) == (actor.kind, actor.name)


def rules_of(request: HttpRequest) -> list[AlertRule]:
    """Return the rules that somebody may look at: their own, and all where they see every call."""
    access = access_of(request)
    return [each for each in operations.every() if access.is_whole or _is_own(request, each)]


def rule_of(request: HttpRequest, name: str) -> AlertRule:
    """Return a rule that somebody may look at; raises `NotThere`."""
    found = next((each for each in rules_of(request) if each.name == name), None)
    if found is None:
        raise NotThere(Problem(f"no alert is called {name!r}", "you have no such alert"))
    return found


def changeable(request: HttpRequest, name: str) -> AlertRule:
    """Return a rule that somebody may change; raises `NotThere`, and `NotAllowed` for one that tells of more."""
    found = rule_of(request, name)
    if not _is_own(request, found) and not sees_all(access_of(request)):
        reason = f"it is of {found.owner.name}, and may tell of more than you see"
        raise NotAllowed(Problem(f"the alert {name!r} is not yours", reason, help="set up one of your own"))
    return found


def shown_rule(rule: AlertRule, open_hits: int = 0) -> ShownAlert:
    """Return a rule as it is shown."""
    values = {name: getattr(rule, name) for name in ShownAlert.__struct_fields__ if hasattr(rule, name)}
    values |= {"settings": dict(rule.settings), "words": dict(rule.words), "deliveries": list(rule.deliveries)}
    return ShownAlert(**values | {"owner": rule.owner.name, "title": title_of(rule.kind), "open_hits": open_hits})


def title_of(kind: str) -> str:
    """Return what a kind is called; one that there is no longer by its name."""
    return known.find(kind).title if kind in known.kinds() else kind


def visible_hits(
    request: HttpRequest, rows: QuerySet[AlertHitRecord], most: int = _LOOKED_THROUGH
) -> Iterator[AlertHitRecord]:
    """Yield those hits whose calls somebody may all see, and of the site's state those that they may know.

    For whoever sees some calls only, no more than `most` hits are looked through.
    """
    access = access_of(request)
    rows = rows.exclude(rule__kind__in=[kind for kind in known.kinds() if _is_closed(access, kind)])
    if access.is_whole:
        yield from rows.iterator(_AT_ONCE)
        return
    ledger = ledger_of(request)
    rest = rows.exclude(calls=[])[:most].iterator(_AT_ONCE)
    while some := list(islice(rest, _AT_ONCE)):
        seen = visible(ledger, {call for hit in some for call in hit.calls})
        yield from (hit for hit in some if set(hit.calls) <= seen)


def _is_closed(access: Access, kind: str) -> bool:
    needed = known.find(kind).needs
    return bool(needed) and not access.may(needed)


def shown_hits(request: HttpRequest, hits: Iterable[AlertHitRecord]) -> Iterator[ShownHit]:
    """Yield hits as somebody is shown them; numbers are those that their own ledger shows."""
    access, ledger, rest = access_of(request), ledger_of(request), iter(hits)
    while some := list(islice(rest, _AT_ONCE)):
        calls = {hit.calls[0] for hit in some if hit.calls and "number" in hit.parts}
        seen = None if ledger.scope == EVERYTHING else numbers_shown(ledger, calls)
        yield from (_shown_hit(access, each, seen) for each in some)


def _shown_hit(access: Access, hit: AlertHitRecord, seen: dict[str, str] | None) -> ShownHit:
    """Return a hit; `seen` has the numbers that may be shown by their calls, None where all of them may."""
    parts = hit.parts
    if seen is not None and "number" in parts:
        parts = {**parts, "number": seen.get(hit.calls[0] if hit.calls else "", "") or masked(parts["number"])}
    same = ("at", "found_at", "pbx", "calls", "told_at", "acknowledged_at", "acknowledged_by", "note")
    return ShownHit(
        hit=hit.pk,
        alert=hit.rule.name,
        kind=hit.rule.kind,
        level=msgspec.convert(hit.level, AlertLevel),
        text=_told(access, hit.text, parts),
        **{name: getattr(hit, name) for name in same},
    )


def _told(access: Access, text: str, parts: dict[str, str]) -> str:
    return told(text, parts, numbers="numbers.see" in access.permissions, costs="costs.see" in access.permissions)


def shown_tried(request: HttpRequest, days: int, found: PastFound) -> TriedAlert:
    """Return what was found in the past as it is shown to whoever tried it."""
    hits = [_tried(request, each) for each in found.found]
    return TriedAlert(days=days, count=found.count, critical=found.critical, found=hits)


def _tried(request: HttpRequest, found: AlertFound) -> TriedHit:
    text = _told(access_of(request), found.text, dict(found.parts))
    return TriedHit(level=found.level, at=found.at, pbx=found.pbx, text=text, calls=list(found.calls))


def open_count(request: HttpRequest) -> int:
    """Return how many hits that somebody may see nobody has acknowledged; of very many, among the latest."""
    rows = operations.hits(only_open=True)
    if access_of(request).is_whole and not any(_is_closed(access_of(request), kind) for kind in known.kinds()):
        return rows.count()
    return sum(1 for _ in visible_hits(request, rows, _COUNTED_AMONG))


def acknowledged(request: HttpRequest, hits: Sequence[int], note: str) -> int:
    """Acknowledge those of some hits that somebody may see; return how many were open. Raises `Misconfigured`."""
    if not hits:
        raise Misconfigured(
            Problem("no hit is named", "name hits by their numbers", help="see: tollbook alert history")
        )
    rows = operations.hits(only_open=True).filter(pk__in=list(hits)[:1000])
    seen = [each.pk for each in visible_hits(request, rows)]
    return operations.acknowledge(actor_of(request), seen, note)
