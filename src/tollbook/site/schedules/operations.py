"""Setting schedules up: what the API, the command line and the pages do when one is added, changed or removed.

People see and change their own; who may manage people sees and changes all. Every change is checked whole before any
of it is kept; the change and its line in the audit are one transaction.
"""

from __future__ import annotations

from typing import Any

import msgspec
from django.db import transaction
from django.db.models import QuerySet

from tollbook import clock
from tollbook.model.access import Access
from tollbook.model.actor import Actor
from tollbook.model.limits import SCHEDULES
from tollbook.model.problem import Misconfigured, NotThere, Problem, nearest
from tollbook.model.schedule import ReportSchedule, ScheduleRun
from tollbook.schedule.moments import first_after, zone_named
from tollbook.site.audit import operations as audit
from tollbook.site.outbox import operations as outbox
from tollbook.site.schedules.checks import problems_of
from tollbook.site.schedules.models import ScheduleOutputRecord, ScheduleRecord, ScheduleRunRecord

ALL = "people.change"
"""Who may do this sees and changes everybody's."""


class Asker(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and what they may do."""

    actor: Actor
    access: Access

    @property
    def sees_all(self) -> bool:
        """Whether they see everybody's schedules."""
        return self.access.may(ALL) or self.actor.kind in ("command", "program")


def every(asker: Asker) -> list[ReportSchedule]:
    """Return the schedules that somebody may see, by name."""
    return [record.value() for record in _seen(asker)]


def find(asker: Asker, name: str) -> ReportSchedule:
    """Return a schedule; raises `NotThere` also for one of somebody else."""
    return _record(asker, name).value()


def _seen(asker: Asker) -> QuerySet[ScheduleRecord]:
    if asker.sees_all:
        return ScheduleRecord.objects.all()
    return ScheduleRecord.objects.filter(owner_kind=asker.actor.kind, owner=asker.actor.name)


def _record(asker: Asker, name: str) -> ScheduleRecord:
    found = _seen(asker).filter(name=name).first()
    if found:
        return found
    names = _seen(asker).values_list("name", flat=True)
    reason = "this site has no such schedule, or it is somebody else's"
    raise NotThere(Problem(f"no schedule is called {name!r}", reason, help=nearest(name, names)))


def add(asker: Asker, schedule: ReportSchedule) -> ReportSchedule:
    """Keep a new schedule; returns it as kept. Raises `Misconfigured` with every fault."""
    kept = msgspec.structs.replace(schedule, owner=_without_address(asker.actor), paused=False, paused_because="")
    _check(problems_of(kept) + _taken(kept.name) + _one_too_many())
    with transaction.atomic():
        _check(_taken(kept.name))
        record = ScheduleRecord(name=kept.name)
        _write(record, kept)
        audit.record(asker.actor, "schedule.add", kept.name, audit.differences({}, _told(kept)))
        return record.value()


def change(asker: Asker, name: str, schedule: ReportSchedule) -> ReportSchedule:
    """Change a schedule, whose owner and name stay; raises `NotThere`, and `Misconfigured` with every fault."""
    before = find(asker, name)
    kept = msgspec.structs.replace(
        schedule,
        name=name,
        owner=before.owner,
        paused=before.paused,
        paused_because=before.paused_because,
    )
    _check(problems_of(kept))
    with transaction.atomic():
        record = _record(asker, name)
        _write(record, kept)
        audit.record(asker.actor, "schedule.edit", name, audit.differences(_told(before), _told(kept)))
        return record.value()


@transaction.atomic
def pause(asker: Asker, name: str, *, paused: bool) -> ReportSchedule:
    """Let a schedule rest, or go on from now: what was due meanwhile is not made up for. Raises `NotThere`."""
    record = _record(asker, name)
    if record.paused != paused:
        record.paused, record.paused_because = paused, ""
        record.next_at = None if paused else first_after(record.cron, zone_named(record.zone), clock.now())
        record.save()
        audit.record(asker.actor, "schedule.pause" if paused else "schedule.resume", name)
    return record.value()


@transaction.atomic
def remove(asker: Asker, name: str) -> ReportSchedule:
    """Remove a schedule with its history; what waits of it is not sent. Raises `NotThere`."""
    record = _record(asker, name)
    schedule = record.value()
    outbox.cancel("the schedule was removed", topic=schedule.topic)
    record.delete()
    audit.record(asker.actor, "schedule.remove", name)
    return schedule


@transaction.atomic
def run_now(asker: Asker, name: str) -> ScheduleRun:
    """Have a schedule run at once, paused or not; raises `NotThere`."""
    record = _record(asker, name)
    run = ScheduleRunRecord.objects.create(schedule=record, due_at=clock.now(), by_hand=True)
    audit.record(asker.actor, "schedule.run", name)
    return run.value()


def history(asker: Asker, name: str, most: int) -> list[ScheduleRun]:
    """Return the newest runs of a schedule; raises `NotThere`."""
    runs = _record(asker, name).runs.select_related("schedule").prefetch_related("outputs")
    return [run.value() for run in runs[:most]]


def output(asker: Asker, name: str, run: int, place: int) -> tuple[str, str, bytes]:
    """Return a file that a run kept: its name, its type, its bytes; raises `NotThere`."""
    kept = ScheduleOutputRecord.objects.filter(run__schedule=_record(asker, name), run_id=run)[place : place + 1]
    for each in kept:
        return each.name, each.type, bytes(each.content)
    raise NotThere(Problem("there is no such file", "it was deleted after some days, or there never was one"))


def opened(run: int, name: str) -> tuple[str, str, bytes] | None:
    """Return a file that a run kept, for whoever has a link to it; None where it is there no longer."""
    each = ScheduleOutputRecord.objects.filter(run_id=run, name=name).first()
    return (each.name, each.type, bytes(each.content)) if each else None


# ---------------------------------------------------------------- inside


def _without_address(actor: Actor) -> Actor:
    return msgspec.structs.replace(actor, address="")


def _told(schedule: ReportSchedule) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(schedule)
    for name in ("owner", "next_at", "number", "paused", "paused_because"):
        told.pop(name)
    return told


def _write(record: ScheduleRecord, schedule: ReportSchedule) -> None:
    record.owner_kind, record.owner = schedule.owner.kind, schedule.owner.name[:150]
    record.question = msgspec.to_builtins(schedule.question)
    record.sending = msgspec.to_builtins(schedule.sending)
    record.cron, record.zone, record.only_if = schedule.cron, schedule.zone, schedule.only_if
    record.paused, record.paused_because = schedule.paused, schedule.paused_because
    due = first_after(schedule.cron, zone_named(schedule.zone), clock.now())
    record.next_at = None if schedule.paused else due
    record.save()


def _taken(name: str) -> list[Problem]:
    if not ScheduleRecord.objects.filter(name=name).exists():
        return []
    what, hint = f"there is a schedule called {name!r} already", "choose another name"
    return [Problem(what, "a name stands for one schedule", help=hint)]


def _one_too_many() -> list[Problem]:
    if ScheduleRecord.objects.count() < SCHEDULES:
        return []
    return [Problem(f"a site has {SCHEDULES} schedules at most", "remove one first")]


def _check(problems: list[Problem]) -> None:
    if problems:
        raise Misconfigured(*problems)
