"""Lost callers whom nobody has called back in time, as alerts tell of them."""

from __future__ import annotations

from datetime import UTC

from tollbook.model.alert import AlertFound, AlertRule
from tollbook.store.ledger import Ledger
from tollbook.store.missed_questions import CallFacts, MissedEntry, call_facts, missed_entries
from tollbook.web.missed.asked import AskedMissed, question
from tollbook.web.missed.readiness import readiness

_MOST = 500
"""Of one rule at a time; the others are told of the next time."""
_CALLS = 20


def overdue(ledger: Ledger, rule: AlertRule) -> list[AlertFound]:
    """Return those whom a rule means who are overdue since it is on.

    None while calls are still to be read: one of them may be the one by which somebody called back.
    """
    if readiness().behind:
        return []
    asked = question(AskedMissed(words=dict(rule.words)), _MOST)
    since = rule.since.astimezone(UTC).replace(tzinfo=None)
    entries = [
        each for each in missed_entries(ledger, asked).entries if each.is_over and each.due_at and each.due_at >= since
    ]
    facts = call_facts(ledger, [(each.calls[-1], each.last_at) for each in entries])
    return [_found(rule, each, facts[each.calls[-1]]) for each in entries if each.calls[-1] in facts]


def _found(rule: AlertRule, entry: MissedEntry, facts: CallFacts) -> AlertFound:
    """Return what is told of an entry; its key has the time it was due, since a later try makes it due again."""
    due = entry.due_at
    assert due is not None  # noqa: S101 - whoever is overdue was due
    named = f"{facts.name} ({{number}})" if facts.name else "{number}"
    tried = "once" if entry.tries == 1 else f"{entry.tries} times"
    will = entry.follow_up.claimed_by if entry.follow_up and not entry.follow_up.done_at else ""
    claimed = f"; {will} said they would" if will else ""
    times = f"tried {tried}, last at {entry.last_local:%H:%M}, and was due at {entry.due_local:%H:%M}"
    return AlertFound(
        rule=rule.id,
        key=f"overdue {entry.id} {due:%Y-%m-%dT%H:%M}",
        level="warning",
        at=due.replace(tzinfo=UTC),
        pbx=entry.pbx,
        text=f"nobody has called back {named}, who {times}{claimed}",
        parts={"number": facts.number or facts.caller},
        amount=entry.tries,
        calls=tuple(str(each) for each in reversed(entry.calls[-_CALLS:])),
    )
