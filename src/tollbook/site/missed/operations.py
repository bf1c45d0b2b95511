"""Claiming entries of missed calls, setting them aside, and what the site has set for them.

Whoever calls says by which calls an entry is known, and has looked that the actor may see them. There is one follow-up
for an entry; of two people who claim it at once the second is told who was first. Each change and its line in the
audit are one transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db import transaction

from tollbook import clock
from tollbook.model.actor import Actor
from tollbook.model.missed import LONGEST_NOTE, DoneHow, FollowUp, MissedSettings
from tollbook.model.opening_hours import LONGEST, open_minutes
from tollbook.model.problem import Misconfigured, Problem
from tollbook.rating.bands import holidays_of
from tollbook.site import changed
from tollbook.site.audit import operations as audit
from tollbook.site.missed.models import FollowUpRecord, MissedSettingRecord

_ONLY = 1
"""The number of the one row of settings."""
_KEPT_DAYS = 400
_A_YEAR = 2026
"""Any for which it is tried whether somebody's holidays are known."""
_EARLIER = timedelta(days=1)
"""How much before a state's first moment a followed call may have begun: clocks of PBXs are ahead of UTC."""


class FollowedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of missed calls as a follow-up means it: its calls, and when the first of them began (UTC)."""

    calls: Collection[UUID]
    id: UUID
    missed_at: datetime


def follow_ups(since: datetime) -> list[FollowUp]:
    """Return what was said of calls that began since a moment (UTC), that of the latest call last."""
    found = FollowUpRecord.objects.filter(missed_at__gte=since - _EARLIER).order_by("missed_at", "pk")
    names = FollowUp.__struct_fields__
    return [FollowUp(**dict(zip(names, row, strict=True))) for row in found.values_list(*names)]


@transaction.atomic
def claim(actor: Actor, entry: FollowedEntry) -> FollowUp:
    """Note that somebody will call; raises `Misconfigured` where another one has said so."""
    follow_up = _follow_up(entry)
    if follow_up.claimed_by and follow_up.claimed_by != actor.name and _is_claimed(follow_up):
        reason = f"{follow_up.claimed_by} has said so since {follow_up.claimed_at:%Y-%m-%d %H:%M} UTC"
        raise Misconfigured(Problem("somebody else will call", reason, help="let them release it first, or release it"))
    follow_up.claimed_by, follow_up.claimed_at = actor.name[:150], clock.now()
    return _keep(actor, "missed.claim", follow_up)


@transaction.atomic
def release(actor: Actor, entry: FollowedEntry) -> FollowUp:
    """Note that whoever said so will not call after all."""
    follow_up = _follow_up(entry)
    follow_up.claimed_by, follow_up.claimed_at = "", None
    return _keep(actor, "missed.release", follow_up)


@transaction.atomic
def set_aside(actor: Actor, entry: FollowedEntry, how: DoneHow, note: str) -> FollowUp:
    """Note that an entry is done; a later try of the same caller opens it again. Raises `Misconfigured`."""
    follow_up = _done(actor, entry, how, _checked_note(note))
    return _keep(actor, "missed.called" if how == "called" else "missed.set-aside", follow_up)


@transaction.atomic
def set_many_aside(actor: Actor, entries: Collection[FollowedEntry], how: DoneHow, note: str) -> None:
    """Note that entries are done, with one note and one line in the audit; raises `Misconfigured`."""
    note = _checked_note(note)
    for entry in entries:
        _done(actor, entry, how, note).save()
    changes = {str(entry.id): ["", how] for entry in entries} | ({"note": ["", note]} if note else {})
    audit.record(actor, "missed.many", f"{len(entries)} missed calls", changes)


def _checked_note(text: str) -> str:
    note = " ".join(text.split())
    if len(note) > LONGEST_NOTE:
        raise Misconfigured(Problem(f"'note' must have {LONGEST_NOTE} letters at most", f"got {len(note)}"))
    return note


def _done(actor: Actor, entry: FollowedEntry, how: DoneHow, note: str) -> FollowUpRecord:
    follow_up = _follow_up(entry)
    follow_up.done_by, follow_up.done_at, follow_up.done_how, follow_up.note = actor.name[:150], clock.now(), how, note
    return follow_up


@transaction.atomic
def reopen(actor: Actor, entry: FollowedEntry) -> FollowUp:
    """Note that an entry is not done after all; what was noted stays."""
    follow_up = _follow_up(entry)
    if follow_up.done_at is None:
        reason = "nobody has said that it is done"
        raise Misconfigured(Problem("this entry cannot be opened again", reason, help="one called back stays done"))
    follow_up.done_by, follow_up.done_at, follow_up.done_how = "", None, ""
    return _keep(actor, "missed.reopen", follow_up)


def _follow_up(entry: FollowedEntry) -> FollowUpRecord:
    found = FollowUpRecord.objects.filter(call__in=list(entry.calls)).order_by("missed_at", "pk").last()
    return found or FollowUpRecord(call=entry.id, missed_at=entry.missed_at)


def _is_claimed(follow_up: FollowUpRecord) -> bool:
    """Say whether a claim stands: one from before the entry was done does not."""
    return follow_up.claimed_at is not None and (follow_up.done_at is None or follow_up.claimed_at > follow_up.done_at)


def _keep(actor: Actor, action: str, follow_up: FollowUpRecord) -> FollowUp:
    before = FollowUpRecord.objects.filter(pk=follow_up.pk).first() if follow_up.pk else None
    follow_up.save()
    changes = audit.differences(_told(before) if before else {}, _told(follow_up))
    audit.record(actor, action, str(follow_up.call), changes)
    FollowUpRecord.objects.filter(missed_at__lt=clock.now() - timedelta(days=_KEPT_DAYS)).delete()
    return follow_up.value()


def _told(follow_up: FollowUpRecord) -> dict[str, str]:
    return {name: getattr(follow_up, name) for name in ("claimed_by", "done_by", "done_how", "note")}


# ---------------------------------------------------------------- settings


def settings() -> MissedSettings:
    """Return what the site has set."""
    found = MissedSettingRecord.objects.first()
    return found.value() if found else MissedSettings()


def _holiday_problems(region: str) -> list[Problem]:
    try:
        if region:
            holidays_of(region, _A_YEAR)
    except LookupError as fault:
        return [Problem("'holidays' are not known", str(fault.args[0])[:300], help="such as DE-BY, GB-ENG or US")]
    return []


@transaction.atomic
def change_settings(actor: Actor, wanted: MissedSettings) -> MissedSettings:
    """Keep what the site sets; raises `Misconfigured` with every fault."""
    tidy = {"open": " ".join(wanted.open.split()), "holidays": wanted.holidays.strip().upper()}
    wanted = msgspec.structs.replace(wanted, **tidy)
    problems = wanted.problems + _holiday_problems(wanted.holidays)
    if len(wanted.open) > LONGEST:
        problems.append(Problem(f"'open' must have {LONGEST} letters at most", f"got {len(wanted.open)}"))
    try:
        open_minutes(wanted.open)
    except Misconfigured as fault:
        problems += fault.problems
    if problems:
        raise Misconfigured(*problems)
    before = settings()
    if wanted != before:
        MissedSettingRecord.objects.update_or_create(pk=_ONLY, defaults=msgspec.structs.asdict(wanted))
        audit.record(actor, "missed.settings", "", audit.differences(*map(msgspec.structs.asdict, (before, wanted))))
        transaction.on_commit(changed.tell)
    return wanted
