"""What rules find in the state of the site: its troubles, PBXs that are silent, and budgets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from tollbook.alerts.compiled import CompiledRule
from tollbook.alerts.contract import SiteState
from tollbook.engine.care.doctor import Finding
from tollbook.model.alert import AlertFound
from tollbook.model.budget import BudgetNote
from tollbook.model.health import Health, State

_NUMBER = re.compile(r"\d+")
_NAMED = frozenset(("places",))
"""Topics whose findings begin with a name: its numbers are part of it, and of no figure that changes."""
_ILL = frozenset((State.NOT_REACHABLE, State.NEEDS_ATTENTION))


class SiteSeen(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the site at a moment: what was found wrong, and how PBXs are doing."""

    findings: Sequence[Finding] = ()
    healths: Sequence[Health] = ()
    rejects: Mapping[str, int] = {}
    """How many records of each PBX could not be read in the last hour."""
    now: datetime


def standing(rules: Iterable[CompiledRule], seen: SiteSeen) -> list[AlertFound]:
    """Return the troubles that stand for some rules; the key of each says what it is about and holds no numbers."""
    return [found for rule in rules for found in _of_rule(rule, seen)]


def _of_rule(rule: CompiledRule, seen: SiteSeen) -> Iterator[AlertFound]:
    looked = rule.looked
    assert isinstance(looked, SiteState)  # noqa: S101 - rules over calls are evaluated elsewhere
    pbxs = rule.values.get("pbx")
    for finding in seen.findings:
        if finding.topic in looked.topics and (not pbxs or not finding.pbx or finding.pbx in pbxs):
            subject = finding.what.partition(":")[0]
            subject = subject if finding.topic in _NAMED else _NUMBER.sub("#", subject)
            told = f"{finding.what}" + (f" ({finding.help})" if finding.help else "")
            yield _found(rule, f"{finding.topic} {subject}", told, (seen.now, finding.pbx))
    for pbx, count in seen.rejects.items():
        if looked.rejects and count >= looked.rejects and (not pbxs or pbx in pbxs):
            told = f"PBX {pbx}: {count} records could not be read in the last hour"
            yield _found(rule, f"rejects {pbx}", told, (seen.now, pbx))
    if looked.silent_s:
        for health in seen.healths:
            told = _silence(health, looked.silent_s)
            if told and (not pbxs or health.pbx in pbxs):
                yield _found(rule, f"silent {health.pbx}", told, (seen.now, health.pbx))


def _silence(health: Health, longest_s: int) -> str:
    if health.state is State.PAUSED:
        return ""
    if health.state in _ILL:
        return f"PBX {health.pbx} {health.state.words}: {health.message}"
    if health.silent_s is not None and health.silent_s >= longest_s:
        return f"PBX {health.pbx} has sent no record since {health.last_record_at}"
    return ""


def _found(rule: CompiledRule, key: str, told: str, when: tuple[datetime, str]) -> AlertFound:
    now, pbx = when
    return AlertFound(rule=rule.rule.id, key=key, level="critical", at=now, pbx=pbx, text=told)


def reached(rules: Iterable[CompiledRule], notes: Sequence[BudgetNote]) -> list[AlertFound]:
    """Return the states of budgets that were reached since rules are on."""
    return [
        AlertFound(
            rule=rule.rule.id,
            key=f"{note.budget} {note.first} {note.state}",
            level="critical" if note.state == "over" else "warning",
            at=note.reached_at,
            text=f"the budget {note.budget} that began on {note.first} is {_STATES[note.state]}",
        )
        for rule in rules
        for note in notes
        if note.reached_at >= rule.rule.since
    ]


_STATES = {"within": "within", "near": "near its end", "over": "over"}
