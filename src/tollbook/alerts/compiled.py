"""Rules made ready to be looked for: what they mean by values of a call's fields, and what only the ledger can say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from tollbook.alerts.call import AlertCall
from tollbook.alerts.contract import CallWindow, EachCall, Looked, Narrowing, SiteState, UnusualUse
from tollbook.alerts.hours import OfficeHours, read_hours
from tollbook.alerts.known import looked_for
from tollbook.model.alert import AlertRule

FIELDS = {
    "extension": "extension",
    "account": "account",
    "trunk": "trunk",
    "trunk-group": "trunk_group",
    "country": "country",
    "kind": "kind",
    "reach": "reach",
    "direction": "direction",
    "pbx": "pbx",
}
"""Filter words that mean values of a field of a call. Others only the ledger understands."""
_TELLING = ("extension", "account", "trunk", "trunk_group", "country", "kind", "reach", "missed", "pbx", "direction")
"""Fields by which rules are found, those first that tell most calls apart."""
_EVERY = ("", "")


class CompiledRule(msgspec.Struct, frozen=True, eq=False):
    """A rule, what it looks for, its hours; the values of fields that its words mean, and the words that are left."""

    rule: AlertRule
    looked: Looked
    hours: OfficeHours
    values: dict[str, frozenset[str]]
    left: tuple[tuple[str, str], ...]
    since: datetime
    """As the store has instants: UTC, naive."""

    @property
    def narrow(self) -> Narrowing:
        """Which calls can be meant."""
        return Narrowing() if isinstance(self.looked, SiteState) else _narrow_of(self.looked)

    @property
    def is_of_calls(self) -> bool:
        """Whether it is evaluated over calls."""
        return not isinstance(self.looked, SiteState)

    def may_mean(self, call: AlertCall) -> bool:
        """Say whether a call can be meant by all that is known of it here."""
        return (
            call.ended_at >= self.since
            and all(getattr(call, field) in values for field, values in self.values.items())
            and self.narrow.fits(call)
            and self.hours.meant(call.started_local)
        )

    def is_quiet(self, pbx: str, at: datetime, first_calls: Mapping[str, datetime]) -> bool:
        """Say whether a PBX had not calls for long enough at a moment."""
        days = self.rule.history_days
        if not days:
            return False
        first = first_calls.get(pbx) if pbx else min(first_calls.values(), default=None)
        return first is None or at < first + timedelta(days=days)


def _narrow_of(looked: Looked) -> Narrowing:
    if isinstance(looked, EachCall | CallWindow | UnusualUse):
        return looked.narrow
    return Narrowing()


def compiled(rule: AlertRule) -> CompiledRule:
    """Return a rule made ready; raises `Misconfigured` for settings, and ValueError for hours, that cannot be."""
    values: dict[str, frozenset[str]] = {}
    left = []
    for word, text in sorted(rule.words.items()):
        means = _values(word, text)
        if means is None:
            left.append((word, text))
        else:
            values[FIELDS[word]] = means
    looked = looked_for(rule.kind, dict(rule.settings))
    hours = read_hours(rule.hours, rule.when, rule.holidays)
    since = rule.since.astimezone(UTC).replace(tzinfo=None)
    return CompiledRule(rule, looked, hours, values, tuple(left), since)


def _values(word: str, text: str) -> frozenset[str] | None:
    """Return the values that a word's text means; None where the ledger has to say.

    >>> sorted(_values("extension", "101, 102") or ()), _values("extension", "-"), _values("person", "Anna Berg")
    (['101', '102'], None, None)
    """
    if word not in FIELDS or text.strip() == "-":
        return None
    if text.startswith("="):
        return frozenset((text[1:].strip(),))
    words = [each.strip() for each in text.split(",") if each.strip()]
    if "-" in words:
        return None
    return frozenset(each.upper() for each in words) if word == "country" else frozenset(words)


class RuleIndex:
    """Rules by the field and value that tells most: of ten thousand, those that a call can concern are few."""

    def __init__(self, rules: Iterable[CompiledRule]) -> None:
        self._by: dict[tuple[str, object], list[CompiledRule]] = {}
        for each in rules:
            for key in _keys(each):
                self._by.setdefault(key, []).append(each)
        self._fields = [field for field in _TELLING if any(name == field for name, _ in self._by)]

    def concerned(self, call: AlertCall) -> list[CompiledRule]:
        """Return the rules that a call can be meant by."""
        known = self._by
        found = [rule for field in self._fields for rule in known.get((field, getattr(call, field)), ())]
        return [rule for rule in (*found, *known.get(_EVERY, ())) if rule.may_mean(call)]


def _keys(rule: CompiledRule) -> Sequence[tuple[str, object]]:
    """Return where a rule is found: at each value of its most telling field."""
    equal: dict[str, Iterable[object]] = {**dict(rule.narrow.equal), **rule.values}
    for field in _TELLING:
        if field in equal:
            return [(field, value) for value in equal[field]]
    return [_EVERY]
