"""What the site itself knows of one outside number or of one person of the directory, and the site without it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Q, QuerySet

from tollbook import clock
from tollbook.model.actor import Actor
from tollbook.model.problem import Misconfigured, NotThere, Problem
from tollbook.site import changed
from tollbook.site.alerts.models import AlertHitRecord
from tollbook.site.audit import operations as audit
from tollbook.site.directory.models import AssignmentRecord, MoveRecord, PersonRecord, PhoneBookRecord
from tollbook.site.missed.models import FollowUpRecord
from tollbook.site.notes.models import NoteRecord
from tollbook.site.retention.models import ErasureRecord

_AT_ONCE = 500
_SHOWN = 4
"""Digits of a number that the audit shows."""


class SiteKnows(msgspec.Struct, frozen=True, kw_only=True):
    """What there is of a number or a person, each as rows of texts, in `site.sqlite`."""

    phone_book: list[dict[str, Any]] = []
    people: list[dict[str, Any]] = []
    assignments: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    follow_ups: list[dict[str, Any]] = []
    alerts: list[dict[str, Any]] = []


def _some(calls: Sequence[str]) -> Iterator[list[str]]:
    for first in range(0, len(calls), _AT_ONCE):
        yield list(calls[first : first + _AT_ONCE])


def _hits(calls: Collection[str], digits: Sequence[str]) -> QuerySet[AlertHitRecord]:
    """Return what alerts found that is about any of these calls, or has the digits in its text or key."""
    texts = Q(pk__in=[])
    for each in digits:
        texts |= Q(text__contains=each) | Q(key__contains=each)
    known = set(calls)
    about = [pk for pk, those in AlertHitRecord.objects.values_list("pk", "calls") if known.intersection(those)]
    return AlertHitRecord.objects.filter(texts | Q(pk__in=about))


def _entries(numbers: Collection[str]) -> QuerySet[PhoneBookRecord]:
    return PhoneBookRecord.objects.filter(number__in=numbers, block=False)


def _rows(found: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [dict(each) for each in found]


def of_number(numbers: Collection[str], calls: Sequence[str], digits: Sequence[str]) -> SiteKnows:
    """Return what is known of a number: its entry in the phone book, and what hangs on its calls."""
    notes: list[dict[str, Any]] = []
    follow_ups: list[dict[str, Any]] = []
    for some in _some(calls):
        notes += _rows(NoteRecord.objects.filter(call__in=some).values("call", "text", "author", "at"))
        follow_ups += _rows(
            FollowUpRecord.objects.filter(call__in=some).values("call", "missed_at", "done_how", "note")
        )
    return SiteKnows(
        phone_book=_rows(_entries(numbers).values("number", "name", "company")),
        notes=notes,
        follow_ups=follow_ups,
        alerts=_rows(_hits(calls, digits).values("at", "text")),
    )


def of_person(name: str) -> SiteKnows:
    """Return what the directory knows of a person; raises `NotThere`, and `Misconfigured` where several are meant."""
    person = _person(name)
    assigned = AssignmentRecord.objects.filter(person=person)
    told = PersonRecord.objects.filter(pk=person.pk)
    return SiteKnows(
        people=_rows(told.values("name", "mail", "note", "valid_from", "valid_until")),
        assignments=_rows(assigned.values("kind", "value", "pbx", "first", "until", "department__name")),
    )


def _person(name: str) -> PersonRecord:
    found = list(PersonRecord.objects.filter(Q(name__iexact=name) | Q(mail__iexact=name))[:2])
    if not found:
        raise NotThere(
            Problem(f"the directory has nobody called {name!r}", "the name, or a mail address, is looked for")
        )
    if len(found) > 1:
        raise Misconfigured(Problem(f"several people are called {name!r}", "so nobody is meant", help="give the mail"))
    return found[0]


@transaction.atomic
def note_erasure(actor: Actor, number: str, bodies: Sequence[int]) -> int:
    """Note, before anything is removed, which bodies are to be dropped; returns the number of that note."""
    what = f"{number[:_SHOWN]}…"
    audit.record(actor, "personal-data.erase", what)
    return int(ErasureRecord.objects.create(at=clock.now(), what=what, bodies=list(bodies)).pk)


@transaction.atomic
def erase_number(numbers: Collection[str], calls: Sequence[str], digits: Sequence[str]) -> None:
    """Remove a number from the phone book, and what alerts found and people did about its calls, but their notes."""
    _entries(numbers).delete()
    _hits(calls, digits).delete()
    for some in _some(calls):
        FollowUpRecord.objects.filter(call__in=some).delete()
    transaction.on_commit(changed.tell)


@transaction.atomic
def erase_person(actor: Actor, name: str) -> int:
    """Remove a person from the directory: their calls stay with the department, as nobody's; return the assignments."""
    person = _person(name)
    mine = AssignmentRecord.objects.filter(person=person)
    count = mine.filter(department=None, cost_centre=None).delete()[0] + mine.update(person=None)
    MoveRecord.objects.filter(name=person.name).delete()
    person.delete()
    audit.record(actor, "personal-data.erase", "a person of the directory")
    transaction.on_commit(changed.tell)
    return count


def bodies_to_drop() -> list[int]:
    """Return the bodies that are still to be dropped."""
    return sorted({body for bodies in ErasureRecord.objects.values_list("bodies", flat=True) for body in bodies})


@transaction.atomic
def note_dropped(bodies: Collection[int]) -> None:
    """Note that bodies are dropped."""
    for each in ErasureRecord.objects.exclude(bodies=[]):
        each.bodies = [body for body in each.bodies if body not in bodies]
        each.save(update_fields=["bodies"])


def note_looked(actor: Actor, action: str, what: str) -> None:
    """Write down that somebody asked what is known, or took it along."""
    audit.record(actor, action, what)


def told_of(number: str, person: str) -> str:
    """Return of whom it is as the audit has it: a number cut, a person by name."""
    return person or f"{number[:_SHOWN]}…"
