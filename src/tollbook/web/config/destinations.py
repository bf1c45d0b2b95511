"""Destinations as a text of a set-up: as what they are set up, without passwords unless these are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import tomli_w

from tollbook.engine.runtime import engine
from tollbook.model.actor import Actor
from tollbook.model.message import MessageDestination
from tollbook.model.problem import Misconfigured, Problem
from tollbook.site.audit import operations as audit
from tollbook.site.destinations import operations
from tollbook.site.destinations.checks import secret_names
from tollbook.web.config.costs import CostChange, converted

FILE = "destinations.toml"


class WrittenDestination(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A destination as it is written."""

    kind: str
    settings: dict[str, str] = {}
    paused: bool = False


def written(*, secrets: bool) -> dict[str, str]:
    """Return all destinations by file name; without any it is empty."""
    every = {each.name: msgspec.to_builtins(_written(each, secrets=secrets)) for each in operations.every()}
    return {FILE: tomli_w.dumps(every) if every else ""}


def _written(each: MessageDestination, *, secrets: bool) -> WrittenDestination:
    hidden = set() if secrets else secret_names(each)
    settings = {name: text for name, text in each.settings.items() if name not in hidden}
    return WrittenDestination(kind=each.kind, settings=settings, paused=each.paused)


def apply(actor: Actor, document: Mapping[str, Any]) -> Iterator[CostChange]:
    """Make destinations what a text says, and yield what changes; raises `Misconfigured`. Secrets left out stay."""
    for name, each in converted(FILE, document, dict[str, WrittenDestination]).items():
        wanted = MessageDestination(name=name, kind=each.kind, settings=each.settings, paused=each.paused)
        yield _applied(actor, operations.tidied(wanted))


def _applied(actor: Actor, wanted: MessageDestination) -> CostChange:
    reach, secret = engine().outbox.in_reach, secret_names(wanted)
    before = next((each for each in operations.every() if each.name == wanted.name), None)
    if before is None:
        operations.add(actor, wanted, reach)
        return CostChange("destination", wanted.name, "add", _differs(None, wanted, secret))
    if before.kind != wanted.kind:
        reason = f"it is of kind {before.kind}"
        raise Misconfigured(Problem(f"{wanted.name} cannot become {wanted.kind}", reason, help="remove it first"))
    kept = {name: text for name, text in before.settings.items() if name in secret}
    wanted = msgspec.structs.replace(wanted, settings={**kept, **wanted.settings})
    if before.settings != wanted.settings:
        gone = dict.fromkeys(before.settings.keys() - wanted.settings.keys())
        operations.edit(actor, wanted.name, {**gone, **wanted.settings}, reach)
    if before.paused != wanted.paused:
        operations.pause(actor, wanted.name, paused=wanted.paused)
    differs = _differs(before, wanted, secret)
    return CostChange("destination", wanted.name, "change" if differs else "same", differs)


def _differs(before: MessageDestination | None, after: MessageDestination, secret: set[str]) -> dict[str, list[str]]:
    was: dict[str, Any] = msgspec.to_builtins(before) if before else {}
    return audit.differences(was, msgspec.to_builtins(after), secret)
