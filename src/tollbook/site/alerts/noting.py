"""Keeps what rules found together with how far the calls were looked at: both or neither.

A hit is known by its rule and key. Found again it is not told of again, whatever was done with it meanwhile; it only
grows, and one that becomes critical is told of once more. A call that is known by another record than before, since a
late one came, stays the same hit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec
from django.db import transaction

from tollbook.model.alert import LEVELS, AlertFound, AlertPosition
from tollbook.site.alerts.models import AlertHitRecord, AlertPositionRecord, AlertRuleRecord, AlertStandingRecord

_AT_ONCE = 500
"""Values of one statement; SQLite takes some thousands."""
_LONGEST = 1000
KEPT_DAYS = 400
"""Hits are kept for so long."""
_GROWING = ("level", "at", "text", "parts", "amount", "calls", "key", "tell", "acknowledged_at")


class PositionMoved(Exception):
    """Somebody else has moved the position meanwhile."""


class HitsNoted(msgspec.Struct, frozen=True):
    """How many hits are new, and how many have become critical."""

    new: int = 0
    raised: int = 0


def position() -> AlertPosition | None:
    """Return how far the calls have been looked at; None before they ever were."""
    found = AlertPositionRecord.objects.first()
    return AlertPosition(found.epoch, found.change) if found else None


@transaction.atomic
def note(found: Sequence[AlertFound], before: AlertPosition | None, after: AlertPosition, now: datetime) -> HitsNoted:
    """Keep what was found, and the position; raises `PositionMoved`, and then keeps nothing."""
    if position() != before:
        raise PositionMoved
    AlertPositionRecord.objects.update_or_create(pk=1, defaults={"epoch": after.epoch, "change": after.change})
    return _keep(found, now)


@transaction.atomic
def note_states(found: Sequence[AlertFound], rules: Iterable[int], now: datetime) -> HitsNoted:
    """Keep troubles of the site that were not there when it was last looked, and forget those that are no more.

    `found` are all that stand for these rules; the `key` of each is its subject.
    """
    standing = {(each.rule_id, each.subject) for each in AlertStandingRecord.objects.filter(rule__in=list(rules))}
    there = {(each.rule, each.key[:300]) for each in found}
    for rule, subject in standing - there:
        AlertStandingRecord.objects.filter(rule=rule, subject=subject).delete()
    new = [each for each in found if (each.rule, each.key[:300]) not in standing]
    known = set(AlertRuleRecord.objects.filter(pk__in={each.rule for each in new}).values_list("pk", flat=True))
    AlertStandingRecord.objects.bulk_create(
        (AlertStandingRecord(rule_id=each.rule, subject=each.key[:300]) for each in new if each.rule in known),
    )
    dated = [msgspec.structs.replace(each, key=f"{each.key[:250]}@{now:%Y-%m-%dT%H:%M:%S.%f}") for each in new]
    return _keep(dated, now)


@transaction.atomic
def note_once(found: Sequence[AlertFound], now: datetime) -> HitsNoted:
    """Keep what is known by its key and hangs on no position: states of budgets."""
    return _keep(found, now)


def forget_old(now: datetime) -> int:
    """Let go of hits that are old; return how many."""
    return AlertHitRecord.objects.filter(found_at__lt=now - timedelta(days=KEPT_DAYS)).delete()[0]


def _keep(found: Sequence[AlertFound], now: datetime) -> HitsNoted:
    last = {(each.rule, each.key): each for each in found}
    if not last:
        return HitsNoted()
    rules = AlertRuleRecord.objects.in_bulk({rule for rule, _ in last})
    known = _known(list(last.values()))
    new, grown = [], []
    raised = 0
    for (rule, key), each in last.items():
        if rule not in rules:
            continue
        hit = next((known[rule, it] for it in (key, *each.was) if (rule, it) in known), None)
        if hit is None:
            new.append(_record(each, rules[rule], now))
        elif _grow(hit, each, rules[rule], now):
            raised += hit.tell
            grown.append(hit)
    AlertHitRecord.objects.bulk_create(new, batch_size=_AT_ONCE)
    AlertHitRecord.objects.bulk_update(grown, _GROWING, batch_size=100)
    return HitsNoted(len(new), raised)


def _known(found: Sequence[AlertFound]) -> dict[tuple[int, str], AlertHitRecord]:
    """Return the hits that are there already, by rule and key; those of earlier records of a call, too."""
    keys = sorted({key for each in found for key in (each.key, *each.was)})
    rules = {each.rule for each in found}
    hits = (
        hit
        for first in range(0, len(keys), _AT_ONCE)
        for hit in AlertHitRecord.objects.filter(key__in=keys[first : first + _AT_ONCE])
    )
    return {(hit.rule_id, hit.key): hit for hit in hits if hit.rule_id in rules}


def _record(found: AlertFound, rule: AlertRuleRecord, now: datetime) -> AlertHitRecord:
    return AlertHitRecord(
        rule=rule,
        key=found.key,
        level=found.level,
        at=found.at,
        found_at=now,
        pbx=found.pbx,
        text=found.text[:_LONGEST],
        parts=dict(found.parts),
        amount=found.amount,
        calls=list(found.calls),
        tell=_tells(rule, now),
    )


def _tells(rule: AlertRuleRecord, now: datetime) -> bool:
    return bool(rule.deliveries) and (rule.muted_until is None or rule.muted_until <= now)


def _grow(hit: AlertHitRecord, found: AlertFound, rule: AlertRuleRecord, now: datetime) -> bool:
    """Let a hit be what was found now, where that is more; return whether it changed. One that is critical stays so."""
    higher = LEVELS.index(found.level) > LEVELS.index(hit.level)
    if not higher and found.amount <= hit.amount and hit.key == found.key:
        return False
    if higher:
        hit.level = found.level
        hit.tell = _tells(rule, now)
        hit.acknowledged_at = None
    if found.amount >= hit.amount:
        hit.at, hit.amount, hit.text = found.at, found.amount, found.text[:_LONGEST]
        hit.parts, hit.calls = dict(found.parts), list(found.calls)
    hit.key = found.key
    return True
