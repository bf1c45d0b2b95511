"""Alerts as a text of a set-up: each by its name, without what it found.

Whose an alert is stays; a new one is of whoever applies it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import tomli_w

from tollbook.model.actor import Actor
from tollbook.model.alert import AlertRule
from tollbook.site.alerts import operations
from tollbook.site.audit import operations as audit
from tollbook.web.config.costs import CostChange, converted

FILE = "alerts.toml"
_SAME = ("kind", "hours", "when", "holidays", "history_days", "digest_m", "throttle_m", "enabled")


class WrittenAlert(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An alert as it is written; `digest_m` and `throttle_m` are minutes."""

    kind: str
    settings: dict[str, str] = {}
    words: dict[str, str] = {}
    hours: str = ""
    when: str = "always"
    holidays: str = ""
    history_days: int = 0
    digest_m: int = 0
    throttle_m: int = 60
    deliveries: list[str] = []
    enabled: bool = True


def written() -> dict[str, str]:
    """Return all alerts by file name; without any it is empty."""
    every = {rule.name: msgspec.to_builtins(_written(rule)) for rule in operations.every()}
    return {FILE: tomli_w.dumps(every) if every else ""}


def _written(rule: AlertRule) -> WrittenAlert:
    same = {name: getattr(rule, name) for name in _SAME}
    settings, words = dict(rule.settings), dict(rule.words)
    return WrittenAlert(**same, settings=settings, words=words, deliveries=list(rule.deliveries))


def apply(actor: Actor, document: Mapping[str, Any]) -> Iterator[CostChange]:
    """Make alerts what a text says, and yield what changes; raises `Misconfigured`."""
    for name, each in converted(FILE, document, dict[str, WrittenAlert]).items():
        yield _applied(actor, name, each)


def _applied(actor: Actor, name: str, each: WrittenAlert) -> CostChange:
    before = next((rule for rule in operations.every() if rule.name == name), None)
    told = {field: getattr(each, field) for field in _SAME} | {"deliveries": tuple(each.deliveries)}
    if before is not None and before.kind != each.kind.replace("-", "_"):
        operations.remove(actor, name)
        before = None
    if before is None:
        given = operations.GivenAlert(name=name, settings=each.settings, words=each.words, **told)
        return CostChange("alert", name, "add", _differs(None, operations.add(actor, given)))
    del told["kind"]
    settings: dict[str, str | None] = {**dict.fromkeys(before.settings), **each.settings}
    words: dict[str, str | None] = {**dict.fromkeys(before.words), **each.words}
    kept = operations.change(actor, name, operations.AlertChange(settings=settings, words=words, **told))
    return CostChange("alert", name, "same" if kept == before else "change", _differs(before, kept))


def _differs(before: AlertRule | None, after: AlertRule) -> dict[str, list[str]]:
    was = msgspec.structs.asdict(_written(before)) if before else {}
    return audit.differences(was, msgspec.structs.asdict(_written(after)))
