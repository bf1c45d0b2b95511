"""The runs of schedules, as the engine takes them: each step is one transaction, moved by compare-and-set.

Killed between two steps, a run is where the last one left it, and the next start goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import msgspec
from django.db import transaction
from django.db.models import F, Sum

from tollbook import clock
from tollbook.model.limits import OUTPUT_KEPT_S, OUTPUT_OF_A_RUN, OUTPUT_ROOM
from tollbook.model.message import MessageFile
from tollbook.model.schedule import ReportSchedule, RunState
from tollbook.schedule.moments import first_after, last_until, zone_named
from tollbook.site.schedules.models import ScheduleOutputRecord, ScheduleRecord, ScheduleRunRecord

_MOST_TRIES = 5
_LONGEST = 500
_OVER = (RunState.SENT, RunState.NOTHING, RunState.NOT_ALLOWED, RunState.FAILED)


class ClaimedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run that this process is to make now: of which schedule, for which moment (UTC), and its how many-th try."""

    number: int
    schedule: ReportSchedule
    due_at: datetime
    tries: int

    @property
    def key(self) -> str:
        """What its messages are known by: the same whenever it is made again."""
        return f"schedule-{self.schedule.number}-run-{self.number}"


class RunResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a run ended, what is said of it, for how many recipients, and what of it is kept."""

    state: RunState
    said: str
    messages: int = 0
    outputs: tuple[MessageFile, ...] = ()


def plan_due() -> int:
    """Write a run for each schedule that is due, and set its next moment; return how many. What was missed is one."""
    now, planned = clock.now(), 0
    for record in ScheduleRecord.objects.filter(paused=False, next_at__lte=now):
        zone = zone_named(record.zone)
        due = record.next_at
        if due is None:
            continue
        with transaction.atomic():
            following = first_after(record.cron, zone, now)
            moved = ScheduleRecord.objects.filter(pk=record.pk, next_at=due, paused=False).update(next_at=following)
            if moved:
                stands_for = last_until(record.cron, zone, due, now)
                ScheduleRunRecord.objects.get_or_create(schedule=record, due_at=stands_for)
                planned += 1
    return planned


def claim(process: str) -> ClaimedRun | None:
    """Take the oldest run that waits, for this process alone; None where there is none."""
    waiting = ScheduleRunRecord.objects.filter(state=RunState.WAITING)
    run = waiting.select_related("schedule").order_by("pk").first()
    if run is None:
        return None
    taken = waiting.filter(pk=run.pk).update(state=RunState.MAKING, claimed_by=process, tries=F("tries") + 1)
    if not taken:
        return None
    return ClaimedRun(number=run.pk, schedule=run.schedule.value(), due_at=run.due_at, tries=run.tries + 1)


@transaction.atomic
def finish(number: int, process: str, hand_over: Callable[[], RunResult]) -> bool:
    """Hand a run's messages over and note how it ended, both or neither; return whether it was this process's."""
    mine = ScheduleRunRecord.objects.filter(pk=number, state=RunState.MAKING, claimed_by=process)
    if not mine.select_for_update().exists():
        return False
    result = hand_over()
    told = {"state": result.state, "said": result.said[:_LONGEST], "messages": result.messages}
    mine.update(claimed_by="", made_at=clock.now(), **told)
    _keep(number, result.outputs)
    return True


def _keep(run: int, outputs: Iterable[MessageFile]) -> None:
    used = ScheduleOutputRecord.objects.aggregate(used=Sum(_length()))["used"] or 0
    room = min(OUTPUT_OF_A_RUN, OUTPUT_ROOM - used)
    for each in outputs:
        if len(each.content) <= room:
            room -= len(each.content)
            kept = {"name": each.name[:200], "type": each.type[:100], "content": each.content}
            ScheduleOutputRecord.objects.create(run_id=run, **kept)


def _length() -> object:
    from django.db.models.functions import Length

    return Length("content")


def put_back(number: int, process: str, reason: str) -> bool:
    """Let a run wait again that failed; one that was tried often enough has failed. Return whether it waits."""
    mine = ScheduleRunRecord.objects.filter(pk=number, state=RunState.MAKING, claimed_by=process)
    again = mine.filter(tries__lt=_MOST_TRIES).update(state=RunState.WAITING, claimed_by="", said=reason[:_LONGEST])
    if not again:
        mine.update(state=RunState.FAILED, claimed_by="", said=reason[:_LONGEST], made_at=clock.now())
    return again > 0


def pause_for(schedule: ReportSchedule, reason: str) -> None:
    """Pause a schedule that cannot go on, and say why."""
    told = {"paused": True, "paused_because": reason[:300], "next_at": None}
    ScheduleRecord.objects.filter(pk=schedule.number).update(**told)


def release(process: str) -> int:
    """Let wait again what a process that is no more was making; return how much. For the start of one."""
    left = ScheduleRunRecord.objects.filter(state=RunState.MAKING).exclude(claimed_by=process)
    return left.update(state=RunState.WAITING, claimed_by="")


def tidy() -> int:
    """Delete what runs kept, and runs, when they are old; return how many files."""
    before = clock.now() - timedelta(seconds=OUTPUT_KEPT_S)
    ScheduleRunRecord.objects.filter(state__in=_OVER, made_at__lt=before - timedelta(days=365)).delete()
    return ScheduleOutputRecord.objects.filter(run__made_at__lt=before).delete()[0]
