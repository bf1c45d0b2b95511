"""Which hits are to be told of now, and that they were.

Of a rule there is one message for whatever it found since the last: at once, or once its digest is over, and no sooner
after the last message than its throttle says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec
from django.db import transaction
from django.db.models import Max, Min, Q

from tollbook.model.access import Access
from tollbook.model.alert import AlertRule
from tollbook.site.alerts.models import AlertHitRecord, AlertRuleRecord
from tollbook.site.people.access import access_of

_LONGEST_FAULT = 500


class AlertTold(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule is to tell of, the latest first, and what its owner may see now; `key` is the message's."""

    rule: AlertRule
    access: Access
    hits: Sequence[AlertHitRecord]
    key: str


Sender = Callable[[AlertTold], str]
"""Puts a message into the outbox; returns why it could not, or nothing."""


def due(now: datetime) -> list[int]:
    """Return the rules that have something to tell of now."""
    waiting = AlertHitRecord.objects.filter(tell=True).values("rule").annotate(first=Min("found_at")).order_by("rule")
    first = {each["rule"]: each["first"] for each in waiting}
    rules = AlertRuleRecord.objects.filter(pk__in=list(first)).filter(Q(muted_until=None) | Q(muted_until__lte=now))
    return [rule.pk for rule in rules if _due_at(rule, first[rule.pk]) <= now]


def _due_at(rule: AlertRuleRecord, first: datetime) -> datetime:
    digested = first + timedelta(minutes=rule.digest_m)
    return max(digested, rule.told_at + timedelta(minutes=rule.throttle_m)) if rule.told_at else digested


@transaction.atomic
def tell(number: int, now: datetime, send: Sender) -> bool:
    """Put a rule's message into the outbox and note its hits as told, both or neither; return whether there was one.

    Where it cannot be put there, the hits stay listed, and the rule says why.
    """
    record = AlertRuleRecord.objects.filter(pk=number).first()
    hits = list(AlertHitRecord.objects.filter(rule=number, tell=True).order_by("-at", "-pk")) if record else []
    if record is None or not hits:
        return False
    rule = record.value()
    access = access_of(rule.owner)
    last = AlertHitRecord.objects.filter(rule=number).aggregate(last=Max("pk"))["last"]
    told = AlertTold(rule=rule, access=access, hits=hits, key=f"alert-{number}-{last}-{now:%Y%m%dT%H%M%S.%f}")
    fault = send(told) if "calls.see" in access.permissions else "its owner may see no calls any more"
    AlertHitRecord.objects.filter(rule=number, tell=True).update(tell=False, told_at=None if fault else now)
    record.told_at, record.fault = now, fault[:_LONGEST_FAULT]
    record.save(update_fields=["told_at", "fault"])
    return True
