"""What rules found, as it is kept and told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from tollbook.alerts.call import AlertCall
from tollbook.alerts.compiled import CompiledRule
from tollbook.alerts.contract import CallWindow, EachCall, LinesBusy
from tollbook.alerts.windows import HOUR, SECOND, Peak, Whole, span_of
from tollbook.alerts.words import money
from tollbook.model.alert import AlertFound, AlertLevel
from tollbook.numbering.places import country_name

_TITLES = {"trunk_group": "trunk group", "account": "account code"}
_NEAR_HOURS = 1
_HISTORY_DAYS = 28
"""Unusual use is told of from so many days of calls on."""


class SubjectRows(msgspec.Struct, frozen=True, eq=False):
    """Calls as columns: the subject of each by number, when it ended (or began and ended), and what it counts.

    `subjects` has the values of each number, `names` what they are of. Instants are microseconds since 1970 UTC.
    """

    names: tuple[str, ...]
    subjects: list[tuple[str, ...]]
    of: Whole
    starts: Whole
    ends: Whole
    amounts: Whole
    ids: Sequence[str]


def found_in_call(rule: CompiledRule, call: AlertCall) -> AlertFound:
    """Return what a rule found in a call that it means."""
    looked = rule.looked
    assert isinstance(looked, EachCall)  # noqa: S101 - rules of other forms are never asked
    number = (getattr(call, looked.by) or 0) if looked.by else 0
    parts = {"number": call.number} | ({"cost": cost_told(call.price or 0, call.currency)} if call.price else {})
    return AlertFound(
        rule=rule.rule.id,
        key=call.id,
        level="critical" if looked.critical is not None and number >= looked.critical else "warning",
        at=call.ended_at.replace(tzinfo=UTC),
        pbx=call.pbx,
        text=looked.told(call),
        parts=parts,
        amount=number,
        calls=(call.id,),
    )


def cost_told(micro: int, currency: str) -> str:
    """Return an amount with its currency."""
    return f"{money(micro)} {currency}".strip()


def found_in_windows(rule: CompiledRule, rows: SubjectRows, found: Sequence[Peak]) -> list[AlertFound]:
    """Return what a rule found among the peaks of its windows."""
    looked = rule.looked
    assert isinstance(looked, CallWindow)  # noqa: S101 - as above
    hits = []
    for peak in found:
        named = dict(zip(rows.names, rows.subjects[peak.subject], strict=True))
        at = _instant(peak.at)
        if peak.amount < looked.warning or at.replace(tzinfo=None) < rule.since or not _is_of(rule, named):
            continue
        cost = {"cost": cost_told(peak.amount, named.get("currency", ""))} if looked.measure == "cost" else {}
        hits.append(
            AlertFound(
                rule=rule.rule.id,
                key=key_of(named, peak.span * span_of(looked.window_s * SECOND)),
                level=_level(peak.amount, looked.critical),
                at=at,
                pbx=named.get("pbx", ""),
                text=looked.told(subject_told(named), peak.amount),
                parts=({"number": named["number"]} if "number" in named else {}) | cost,
                amount=peak.amount,
                calls=tuple(rows.ids[row] for row in peak.rows),
            )
        )
    return hits


def found_in_lines(rule: CompiledRule, rows: SubjectRows, found: Sequence[Peak]) -> list[AlertFound]:
    """Return what a rule found among the most lines in use."""
    looked = rule.looked
    assert isinstance(looked, LinesBusy)  # noqa: S101 - as above
    hits = []
    for peak in found:
        named = dict(zip(rows.names, rows.subjects[peak.subject], strict=True))
        at = _instant(peak.at)
        if at.replace(tzinfo=None) < rule.since:
            continue
        hits.append(
            AlertFound(
                rule=rule.rule.id,
                key=key_of(named, peak.span * HOUR),
                level=_level(peak.amount, looked.lines),
                at=at,
                pbx=named.get("pbx", ""),
                text=f"{subject_told(named)}: {peak.amount} of {looked.lines} lines in use at once",
                amount=peak.amount,
                calls=tuple(rows.ids[row] for row in peak.rows),
            )
        )
    return hits


class UsualUse(msgspec.Struct, frozen=True):
    """Calls that a subject had in each hour before a day, by hours since 1970 UTC; and since when there are calls."""

    hours: Mapping[int, int]
    since: datetime | None

    def most(self, hour: int, *, any_hour: bool) -> int:
        """Return the most calls that there were in an hour of the week, or the ones beside it; or in any hour."""
        week = 7 * 24
        near = {(hour + apart) % week for apart in range(-_NEAR_HOURS, _NEAR_HOURS + 1)}
        return max((calls for at, calls in self.hours.items() if any_hour or at % week in near), default=0)


def unusual(named: Mapping[str, str], peak: Peak, usual: UsualUse, looked: tuple[int, int, int]) -> tuple[str, bool]:
    """Return what is unusual about a peak, in words, and whether it is critical; nothing where nothing is.

    `looked` are the least calls, the factor and the weeks.

    >>> usual = UsualUse({0: 2, 168: 3}, datetime(1969, 1, 1))
    >>> unusual({"extension": "101"}, Peak(0, 336, 336 * HOUR, 12, ()), usual, (8, 3, 12))
    ('extension 101: 12 calls in an hour; at this hour of the week it had 3 at most in 12 weeks', False)
    """
    least, factor, weeks = looked
    at = _instant(peak.at).replace(tzinfo=None)
    if usual.since is None or (at - usual.since).days < _HISTORY_DAYS or peak.amount < least:
        return "", False
    country = named.get("country", "")
    most = usual.most(peak.at // HOUR, any_hour=bool(country))
    if peak.amount < factor * most or (most == 0 and peak.amount < least):
        return "", False
    lived = min((at - usual.since).days // 7, weeks)
    to = f" to {country_name(country)}" if country else ""
    whose = f"extension {named['extension']}"
    if most == 0:
        before = f"in {lived} weeks there were none" + ("" if country else " at this hour of the week")
    else:
        when = "in any hour" if country else "at this hour of the week"
        before = f"{when} it had {most} at most in {lived} weeks"
    return f"{whose}: {peak.amount} calls{to} in an hour; {before}", peak.amount >= 2 * factor * max(most, 1)


def subject_told(named: Mapping[str, str]) -> str:
    """Return a subject in words.

    >>> subject_told({"pbx": "front", "extension": "101"}), subject_told({}), subject_told({"number": "030 5550101"})
    ('extension 101', 'all calls', '{number}')
    """
    told = []
    for name, value in named.items():
        if name in ("pbx", "currency"):
            continue
        if name == "number":
            told.append("{number}" if value else "withheld numbers")
        elif name == "country":
            told.append(country_name(value) if value else "no country")
        else:
            told.append(f"{_TITLES.get(name, name)} {value or '(none)'}")
    return ", ".join(told) or "all calls"


def key_of(named: Mapping[str, str], moment: int) -> str:
    """Return what a window is known by: its subject, and the hour or day it lies in."""
    begun = _instant(moment)
    subject = "|".join(f"{name}={value}" for name, value in named.items())
    return f"{subject}@{begun:%Y-%m-%dT%H}"[:300]


def _level(amount: int, critical: int | None) -> AlertLevel:
    return "critical" if critical is not None and amount >= critical else "warning"


def _is_of(rule: CompiledRule, named: Mapping[str, str]) -> bool:
    return all(named[field] in values for field, values in rule.values.items() if field in named)


def _instant(moment: int) -> datetime:
    return datetime.fromtimestamp(moment / SECOND, UTC)
