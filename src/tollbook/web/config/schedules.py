"""Schedules as a text of a set-up: each by its name, without what it sent.

Whose a schedule is stays; a new one is of whoever applies it. Somebody who sees their own alone writes out and changes
those alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import tomli_w

from tollbook.model.actor import Actor
from tollbook.model.schedule import ReportSchedule
from tollbook.site.audit import operations as audit
from tollbook.site.people.access import access_of
from tollbook.site.schedules import operations
from tollbook.site.schedules.operations import Asker
from tollbook.web.config.costs import CostChange, converted
from tollbook.web.schedules import asked
from tollbook.web.schedules.asked import WrittenSchedule

FILE = "schedules.toml"


class ScheduleText(WrittenSchedule, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A schedule as it is written; its name stands above it."""

    name: str = ""
    paused: bool = False


def written(actor: Actor) -> dict[str, str]:
    """Return the schedules that somebody may see by file name; without any it is empty."""
    every = {each.name: msgspec.to_builtins(_text(each)) for each in operations.every(_asker(actor))}
    return {FILE: tomli_w.dumps(every) if every else ""}


def _asker(actor: Actor) -> Asker:
    return Asker(actor=actor, access=access_of(actor))


def _text(schedule: ReportSchedule) -> ScheduleText:
    same = msgspec.structs.asdict(asked.written(schedule)) | {"name": ""}
    return ScheduleText(**same, paused=schedule.paused)


def apply(actor: Actor, document: Mapping[str, Any]) -> Iterator[CostChange]:
    """Make schedules what a text says, and yield what changes; raises `Misconfigured`."""
    for name, each in converted(FILE, document, dict[str, ScheduleText]).items():
        yield _applied(_asker(actor), msgspec.structs.replace(each, name=name))


def _applied(asker: Asker, text: ScheduleText) -> CostChange:
    wanted = msgspec.structs.replace(asked.schedule_of(asker.actor, text), paused=text.paused)
    before = next((each for each in operations.every(asker) if each.name == wanted.name), None)
    was = msgspec.structs.asdict(_text(before)) if before else {}
    differs = audit.differences(was, msgspec.structs.asdict(_text(wanted)))
    if before is None:
        operations.add(asker, wanted)
    elif differs:
        operations.change(asker, wanted.name, wanted)
    if text.paused != bool(before and before.paused):
        operations.pause(asker, wanted.name, paused=text.paused)
    becomes = "add" if before is None else "change" if differs else "same"
    return CostChange("schedule", wanted.name, becomes, differs)
