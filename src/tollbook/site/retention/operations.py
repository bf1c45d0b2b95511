"""The policy for how long things are kept, and its runs: which is due, and what each has come to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from django.db import transaction

from tollbook import clock
from tollbook.model.actor import TOLLBOOK, Actor
from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.retention import (
    KINDS,
    LEAST_DAYS,
    MOST_DAYS,
    RetentionCounts,
    RetentionCutoffs,
    RetentionPolicy,
)
from tollbook.site import changed
from tollbook.site.audit import operations as audit
from tollbook.site.retention.models import RetentionPolicyRecord, RetentionRunRecord

_EVERY = timedelta(hours=24)
_LONGEST_REST = timedelta(days=40)
_AGAIN = timedelta(hours=1)
"""From one try to the next after one that failed."""
_KEPT_RUNS = 1000
_LONGEST = 500
_ZONES = timedelta(days=1)
"""A month is over everywhere."""


class RetentionRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run: when it began and ended (UTC; None: it goes on), by which moments, and what it has done."""

    number: int
    began_at: datetime
    ended_at: datetime | None
    cutoffs: RetentionCutoffs
    counts: RetentionCounts
    failure: str = ""


def policy() -> RetentionPolicy:
    """Return how long things are kept; a site where nobody said anything keeps all."""
    found = RetentionPolicyRecord.objects.first()
    return found.value() if found else RetentionPolicy()


def cutoffs_of(wanted: RetentionPolicy, now: datetime) -> RetentionCutoffs:
    """Return what a policy comes to at a moment: days before it, and of calls the first of that month."""
    moments = {
        name: now - timedelta(days=days) if days else None for name, days in msgspec.structs.asdict(wanted).items()
    }
    calls = moments["calls"]
    if calls is not None:
        moments["calls"] = (calls - _ZONES).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return RetentionCutoffs(**moments)


@transaction.atomic
def set_policy(actor: Actor, wanted: RetentionPolicy) -> RetentionPolicy:
    """Keep things for so long from now on; raises `Misconfigured` with every fault. What is gone does not come back."""
    check_policy(wanted)
    before = policy()
    told = {**msgspec.structs.asdict(wanted), "set_at": clock.now()}
    RetentionPolicyRecord.objects.update_or_create(pk=1, defaults=told)
    changes = audit.differences(_told(before), _told(wanted))
    if changes:
        audit.record(actor, "retention.set", "", changes)
        transaction.on_commit(changed.tell)
    return wanted


def check_policy(wanted: RetentionPolicy) -> None:
    """Raise `Misconfigured` with everything that is wrong with a policy."""
    problems = [_out_of_bounds(name, days) for name, days in msgspec.structs.asdict(wanted).items() if days is not None]
    problems += [_too_short(wanted, name, of) for name, of in (("numbers", "records"), ("calls", "records"))]
    problems.append(_too_short(wanted, "calls", "numbers") if wanted.numbers else None)
    if found := [each for each in problems if each]:
        raise Misconfigured(*found)


def _out_of_bounds(name: str, days: int) -> Problem | None:
    if LEAST_DAYS[name] <= days <= MOST_DAYS:
        return None
    reason = f"got {days}: {KINDS[name]} are kept between {LEAST_DAYS[name]} and {MOST_DAYS} days"
    return Problem(f"'{name}' cannot be {days} days", reason, help="or leave it out: then they are kept for ever")


def _too_short(wanted: RetentionPolicy, name: str, of: str) -> Problem | None:
    """Return what is wrong where something goes before, or without, what it would come back from."""
    days, first = getattr(wanted, name), getattr(wanted, of)
    if days is None or (first is not None and first <= days):
        return None
    told = "for ever" if first is None else f"{first} days"
    reason = f"{KINDS[of]} are kept {told}, and have in them what would go after {days} days"
    return Problem(f"'{name}' goes before '{of}'", reason, help=f"set '{of}' to {days} days or fewer")


def _told(wanted: RetentionPolicy) -> dict[str, str]:
    return {name: f"{days} days" if days else "for ever" for name, days in msgspec.structs.asdict(wanted).items()}


# ---------------------------------------------------------------- runs


def due(now: datetime) -> RetentionCutoffs | None:
    """Return what is to go now: a run was asked for, was broken off, or the last one is a day old.

    By the policy of now, also for a run that was broken off.
    """
    wanted = policy()
    last = RetentionRunRecord.objects.first()
    if last and last.ended_at:
        # A run that ended in the future was made by a clock that has been set back since.
        rests = timedelta() <= now - last.ended_at < (_AGAIN if last.failure else _EVERY)
        if rests and not RetentionPolicyRecord.objects.filter(set_at__gt=last.began_at).exists():
            return None
    return None if wanted.keeps_all or leap(now) else cutoffs_of(wanted, now)


def leap(now: datetime) -> timedelta | None:
    """Return how long ago the last run began where that is too long to go on without somebody's word; None elsewhere.

    The machine was off for so long, or its clock runs ahead: then a run would delete what is not old.
    """
    last = RetentionRunRecord.objects.first()
    if last is None or last.ended_at is None or now - last.began_at <= _LONGEST_REST:
        return None
    is_newer = RetentionPolicyRecord.objects.filter(set_at__gt=last.began_at).exists()
    return None if is_newer or policy().keeps_all else now - last.began_at


def kept_since(now: datetime) -> datetime | None:
    """Return the first moment of the calls that are kept, in their PBX's local time; None: all are."""
    wanted, last = policy(), RetentionRunRecord.objects.first()
    is_leap = wanted.calls is not None and last is not None and leap(now)
    moment = (
        msgspec.convert(last.cutoffs, RetentionCutoffs).calls if last and is_leap else cutoffs_of(wanted, now).calls
    )
    return moment.replace(tzinfo=None) if moment else None


@transaction.atomic
def ask(actor: Actor) -> None:
    """Have a run made now; raises `Misconfigured` where everything is kept, or one goes on."""
    wanted = policy()
    if wanted.keeps_all:
        help_ = "set for how long first: `tollbook retention set --records 90`"
        raise Misconfigured(Problem("nothing is to be dropped", "everything is kept for ever", help=help_))
    if RetentionRunRecord.objects.filter(ended_at=None).exists():
        raise Misconfigured(Problem("a run goes on already", "one at a time is made", help="try again when it is done"))
    _begun(cutoffs_of(wanted, clock.now()))
    audit.record(actor, "retention.now")
    transaction.on_commit(changed.tell)


def begin(cutoffs: RetentionCutoffs) -> int:
    """Note that a run begins, or is begun again; return its number."""
    last = RetentionRunRecord.objects.first()
    if last is None or last.ended_at is not None:
        return _begun(cutoffs)
    RetentionRunRecord.objects.filter(pk=last.pk).update(cutoffs=msgspec.to_builtins(cutoffs))
    return int(last.pk)


def _begun(cutoffs: RetentionCutoffs) -> int:
    told = msgspec.to_builtins(cutoffs)
    return int(RetentionRunRecord.objects.create(cutoffs=told, began_at=clock.now()).pk)


@transaction.atomic
def end(number: int, counts: RetentionCounts, failure: str = "") -> None:
    """Note what came of a run, with a line in the audit where anything did."""
    done = {name: count for name, count in msgspec.structs.asdict(counts).items() if count}
    RetentionRunRecord.objects.filter(pk=number).update(
        ended_at=clock.now(), counts=msgspec.to_builtins(counts), failure=failure[:_LONGEST]
    )
    if done.keys() - {"held"} or failure:
        told = {name: ["", str(count)] for name, count in done.items()} | (
            {"failure": ["", failure]} if failure else {}
        )
        audit.record(TOLLBOOK, "retention.run", "", told)
    RetentionRunRecord.objects.filter(pk__lte=number - _KEPT_RUNS).delete()


def runs(limit: int = 20) -> Sequence[RetentionRun]:
    """Return the last runs, newest first."""
    return [
        RetentionRun(
            number=each.pk,
            began_at=each.began_at.astimezone(UTC),
            ended_at=each.ended_at and each.ended_at.astimezone(UTC),
            cutoffs=msgspec.convert(each.cutoffs, RetentionCutoffs),
            counts=msgspec.convert(each.counts, RetentionCounts),
            failure=each.failure,
        )
        for each in RetentionRunRecord.objects.all()[:limit]
    ]
