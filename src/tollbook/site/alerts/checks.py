"""What is wrong with a rule of alerts."""

from __future__ import annotations

from collections.abc import Iterable

from tollbook.alerts import known
from tollbook.alerts.contract import CallWindow, Looked
from tollbook.alerts.hours import read_hours
from tollbook.model.alert import WHENS, AlertRule
from tollbook.model.problem import Misconfigured, NotThere, Problem, nearest
from tollbook.site.destinations import operations as destinations
from tollbook.site.destinations.checks import recipient_problems
from tollbook.store.filters import WORDS, read_filter

_NO_WORDS = ("from", "to", "unpriced")
ALERT_WORDS = tuple(name for name in WORDS if name not in _NO_WORDS)
"""Filter words of rules: all but days."""
_MOST_M = 7 * 1440
_MOST_DAYS = 365
_MOST_DELIVERIES = 20


def rule_problems(rule: AlertRule) -> list[Problem]:
    """Return every fault of a rule."""
    problems = [*_kind_problems(rule), *_word_problems(rule), *_hour_problems(rule), *_telling_problems(rule)]
    if not 0 <= rule.history_days <= _MOST_DAYS:
        problems.append(Problem(f"'history-days' must be 0 to {_MOST_DAYS}", f"got {rule.history_days}"))
    return problems


def _kind_problems(rule: AlertRule) -> list[Problem]:
    if rule.kind not in known.kinds():
        names = known.kinds()
        return [
            Problem(
                f"no kind of alert is called {rule.kind!r}",
                f"known are: {', '.join(names)}",
                help=nearest(rule.kind, names),
            )
        ]
    try:
        looked = known.looked_for(rule.kind, dict(rule.settings))
    except Misconfigured as fault:
        return list(fault.problems)
    return _level_problems(looked)


def _level_problems(looked: Looked) -> list[Problem]:
    if isinstance(looked, CallWindow) and looked.critical is not None and looked.critical < looked.warning:
        reason = "it would be critical before it is a warning"
        return [Problem("'critical' must not be less than the other level", reason)]
    return []


def _word_problems(rule: AlertRule) -> list[Problem]:
    problems = [
        Problem(
            f"an alert cannot be narrowed by {name!r}",
            f"it takes {', '.join(ALERT_WORDS)}",
            help=nearest(name, ALERT_WORDS),
        )
        for name in rule.words
        if name not in ALERT_WORDS
    ]
    try:
        read_filter(dict(rule.words))
    except Misconfigured as fault:
        problems += fault.problems
    return problems


def _hour_problems(rule: AlertRule) -> list[Problem]:
    if rule.when not in WHENS:
        return [
            Problem(f"'when' must be one of {', '.join(WHENS)}", f"got {rule.when!r}", help=nearest(rule.when, WHENS))
        ]
    try:
        read_hours(rule.hours, rule.when)
    except ValueError as fault:
        return [Problem(f"'hours' must be {fault}", f"got {rule.hours[:60]!r}")]
    try:
        read_hours(rule.hours, rule.when, rule.holidays)
    except ValueError as fault:
        return [Problem(f"'holidays' must be {fault}", f"got {rule.holidays[:60]!r}")]
    return []


def _telling_problems(rule: AlertRule) -> list[Problem]:
    problems = [
        Problem(f"'{name}' must be 0 to {_MOST_M} minutes", f"got {minutes}")
        for name, minutes in (("digest", rule.digest_m), ("throttle", rule.throttle_m))
        if not 0 <= minutes <= _MOST_M
    ]
    if len(rule.deliveries) > _MOST_DELIVERIES:
        problems.append(Problem(f"a message goes to {_MOST_DELIVERIES} at most", f"got {len(rule.deliveries)}"))
        return problems
    for name, recipients in recipients_of(rule.deliveries).items():
        try:
            problems += recipient_problems(destinations.find(name), recipients)
        except NotThere as fault:
            problems += fault.problems
    return problems


def recipients_of(deliveries: Iterable[str]) -> dict[str, list[str]]:
    """Return whom messages go to, by destination: `office:anna@example.org` is Anna's mail, `hook` leads somewhere.

    >>> recipients_of(["office:anna@example.org", "office:ben@example.org", "hook"])
    {'office': ['anna@example.org', 'ben@example.org'], 'hook': []}
    """
    found: dict[str, list[str]] = {}
    for each in deliveries:
        name, _, recipient = each.partition(":")
        recipients = found.setdefault(name.strip(), [])
        recipients += [recipient.strip()] if recipient.strip() else []
    return found
