"""What a rule would have found before it was set up: the same evaluation, over the calls that are there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from tollbook.alerts.compiled import CompiledRule, compiled
from tollbook.alerts.contract import EachCall, SiteState
from tollbook.alerts.finding import found_in_call
from tollbook.engine.alerts.groups import WindowStretch, evaluated_group, group_of, whole_spans
from tollbook.model.alert import AlertFound, AlertRule
from tollbook.model.page_limits import ALERT_TRIED
from tollbook.model.problem import Misconfigured, Problem
from tollbook.store.alert_calls import count_meant, first_calls, stream_calls, where_of
from tollbook.store.ledger import Ledger

MOST_SHOWN = 100
"""Hits that are returned, the last ones."""
MOST_DAYS = 366


class PastFound(msgspec.Struct, frozen=True):
    """How often a rule would have told of something, of that critical; and the last of it, latest first."""

    count: int
    critical: int
    found: list[AlertFound]


def tried(ledger: Ledger, rule: AlertRule, now: datetime, days: int) -> PastFound:
    """Return what a rule would have found in the days before a moment; raises `Misconfigured` where it cannot be tried.

    That a rule is quiet before there is enough history is left out: whoever tries it wants to see.
    """
    if not 1 <= days <= MOST_DAYS:
        raise Misconfigured(Problem(f"'days' must be 1 to {MOST_DAYS}", f"got {days}"))
    begun = now - timedelta(days=days)
    ready = compiled(msgspec.structs.replace(rule, since=begun))
    if isinstance(ready.looked, SiteState):
        reason = "what the site found in the past is not kept"
        raise Misconfigured(Problem(f"alerts of the kind {rule.kind} cannot be tried on the past", reason))
    first, until = (each.astimezone(UTC).replace(tzinfo=None) for each in (begun, now))
    _check_size(ledger, ready, first, until)
    if isinstance(ready.looked, EachCall):
        return _counted(_in_calls(ledger, ready, first, until))
    if not first_calls(ledger):
        return PastFound(0, 0, [])
    group = group_of(ready)
    whole = WindowStretch(whole_spans(group, first), until)
    found = evaluated_group(ledger, group, [ready], whole)
    return _counted(iter(sorted(found, key=lambda each: each.at, reverse=True)))


def _check_size(ledger: Ledger, rule: CompiledRule, first: datetime, until: datetime) -> None:
    """Raise `Misconfigured` for more calls than are looked at while somebody waits."""
    where = where_of(rule.narrow, tuple(rule.rule.words.items()))
    where = where.and_("ended_at >= $first AND ended_at < $until", first=first, until=until)
    calls = count_meant(ledger, where)
    if calls > ALERT_TRIED:
        reason = f"{calls:,} calls can be meant, and {ALERT_TRIED:,} are looked at"
        raise Misconfigured(Problem("too many calls to be tried on", reason, help="fewer days, or narrower words"))


def _in_calls(ledger: Ledger, rule: CompiledRule, first: datetime, until: datetime) -> Iterator[AlertFound]:
    where = where_of(rule.narrow, tuple(rule.rule.words.items()))
    where = where.and_("ended_at >= $first AND ended_at < $until", first=first, until=until)
    return (found_in_call(rule, call) for call in stream_calls(ledger, where) if rule.hours.meant(call.started_local))


def _counted(found: Iterator[AlertFound]) -> PastFound:
    count = critical = 0
    shown: list[AlertFound] = []
    for each in found:
        count += 1
        critical += each.level == "critical"
        if len(shown) < MOST_SHOWN:
            shown.append(each)
    return PastFound(count, critical, shown)
