"""What rules find among calls that have changed.

Rules are kept by what their owners may see: each such ledger is asked once for the changes, once more for words that
only it understands, and once for each group of windows that a change can concern. No rule and no call is asked for by
itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from tollbook.alerts.call import AlertCall
from tollbook.alerts.compiled import CompiledRule, RuleIndex, compiled
from tollbook.alerts.contract import EachCall, Narrowing
from tollbook.alerts.finding import found_in_call
from tollbook.clock import monotonic_s
from tollbook.engine.alerts.groups import WindowGroup, evaluated_group, group_of, stretch_of
from tollbook.model.access import Access
from tollbook.model.alert import AlertFound, OwnedRule
from tollbook.model.problem import Misconfigured
from tollbook.store.alert_calls import ChangesAsked, calls_meant, first_calls, ids_meant, legs_of, where_of
from tollbook.store.filters import Where
from tollbook.store.ledger import Ledger

_REMEMBERED_S = 600.0
_Pair = tuple[CompiledRule, AlertCall]


class ScopedRules:
    """The rules of those who may see the same."""

    def __init__(self, ledger: Ledger, rules: Sequence[CompiledRule]) -> None:
        self.ledger, self.rules = ledger, rules
        self._index = RuleIndex(each for each in rules if each.is_of_calls)
        self._groups = {each.rule.id: group_of(each) for each in rules if _looks_at_windows(each)}
        self._asks = any(each.is_of_calls for each in rules)
        self.looked_at = 0
        """Calls that had changed when it was asked last."""
        self._first: Mapping[str, datetime] = {}
        self._first_read_s = float("-inf")

    def found(self, asked: ChangesAsked) -> list[AlertFound]:
        """Return what the rules find among calls that have changed."""
        calls = calls_meant(self.ledger, asked.where) if self._asks else []
        self.looked_at = len(calls)
        pairs = [(rule, call) for call in calls for rule in self._index.concerned(call)]
        pairs = self._loud(self._meant(pairs, asked))
        alone = [(rule, call) for rule, call in pairs if isinstance(rule.looked, EachCall)]
        return [*self._in_calls(alone), *self._in_windows(pairs)]

    def _meant(self, pairs: list[_Pair], asked: ChangesAsked) -> list[_Pair]:
        """Return those pairs in which the call is meant by the words that only the ledger understands, too."""
        lefts = {rule.left for rule, _ in pairs if rule.left}
        meant = {left: ids_meant(self.ledger, _both(asked, left)) for left in lefts}
        return [(rule, call) for rule, call in pairs if not rule.left or call.id in meant[rule.left]]

    def _loud(self, pairs: list[_Pair]) -> list[_Pair]:
        """Return those pairs for whose PBX there is enough history."""
        if not any(rule.rule.history_days for rule, _ in pairs):
            return pairs
        if monotonic_s() - self._first_read_s > _REMEMBERED_S:
            self._first, self._first_read_s = first_calls(self.ledger), monotonic_s()
        return [(rule, call) for rule, call in pairs if not rule.is_quiet(call.pbx, call.ended_at, self._first)]

    def _in_calls(self, pairs: list[_Pair]) -> list[AlertFound]:
        legs = legs_of(self.ledger, {call.id for _, call in pairs if call.legs > 1})
        found = (found_in_call(rule, call) for rule, call in pairs)
        return [msgspec.structs.replace(each, was=legs.get(each.key, ())) for each in found]

    def _in_windows(self, pairs: list[_Pair]) -> list[AlertFound]:
        concerned: dict[WindowGroup, tuple[dict[int, CompiledRule], dict[str, AlertCall]]] = {}
        for rule, call in pairs:
            group = self._groups.get(rule.rule.id)
            if group is not None:
                rules, calls = concerned.setdefault(group, ({}, {}))
                rules[rule.rule.id], calls[call.id] = rule, call
        return [
            hit
            for group, (rules, calls) in concerned.items()
            for hit in evaluated_group(
                self.ledger, group, list(rules.values()), stretch_of(group, list(calls.values()))
            )
        ]


def _looks_at_windows(rule: CompiledRule) -> bool:
    return rule.is_of_calls and not isinstance(rule.looked, EachCall)


def _both(asked: ChangesAsked, left: tuple[tuple[str, str], ...]) -> Where:
    where = where_of(Narrowing(), left)
    return where.and_(asked.where.sql, **asked.where.values)


def scoped(rules: Iterable[OwnedRule], ledger_of: Callable[[Access], Ledger]) -> list[tuple[Access, ScopedRules]]:
    """Return rules that are on, by what their owners may see; those that cannot be read are left out."""
    known: dict[bytes, tuple[Access, list[CompiledRule]]] = {}
    for each in rules:
        if not each.rule.enabled:
            continue
        try:
            ready = compiled(each.rule)
        except (Misconfigured, ValueError):
            continue
        key = msgspec.json.encode(each.access, order="deterministic")
        known.setdefault(key, (each.access, []))[1].append(ready)
    return [(access, ScopedRules(ledger_of(access), some)) for access, some in known.values()]
