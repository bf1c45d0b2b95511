"""Whose a value was when: assigning, moving, undoing a move, and the days on which it was nobody's.

Of one value no two assignments hold at a time; one of any PBX stands against those of each. Whoever moves keeps the
calls of before where they were: what holds on the day of the move ends there, and goes on as a new assignment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from msgspec import UNSET, UnsetType

from tollbook import clock
from tollbook.model.actor import Actor
from tollbook.model.directory import Assignment
from tollbook.model.problem import Misconfigured, NotThere, Problem
from tollbook.site.audit import operations as audit
from tollbook.site.directory import checks
from tollbook.site.directory.models import (
    AssignmentRecord,
    CostCentreRecord,
    DepartmentRecord,
    MoveRecord,
    PersonRecord,
)
from tollbook.site.directory.names import DepartmentPaths
from tollbook.site.directory.operations import found, note
from tollbook.site.directory.searching import holding_on
from tollbook.site.directory.values import NEW, DoneMove, Gap, NamedAssignment
from tollbook.site.pbxs import operations as pbxs

NOTHING = Assignment(id=NEW, kind="extension", value="")
"""What a new assignment begins as."""
_FIELDS = ("kind", "value", "pbx", "first", "until", "person_id", "department_id", "cost_centre_id")


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """Who or what moves, from the day `on`: a person with all that is theirs then, or one assignment.

    What is not said stays; None is none.
    """

    on: date
    person: int | None = None
    assignment: int | None = None
    department: int | UnsetType | None = UNSET
    cost_centre: int | UnsetType | None = UNSET


def assignments(wanted: Q | None = None) -> Iterator[NamedAssignment]:
    """Yield assignments in words, by kind, value, PBX and day."""
    return all_in_words(AssignmentRecord.objects.filter(wanted or Q()))


def all_in_words(records: QuerySet[AssignmentRecord]) -> Iterator[NamedAssignment]:
    """Yield assignments in words, with whom they are to."""
    paths = DepartmentPaths()
    return (in_words(each, paths) for each in with_owners(records))


def with_owners(records: QuerySet[AssignmentRecord]) -> QuerySet[AssignmentRecord]:
    """Return assignments with whom they are to."""
    return records.select_related("person", "department", "cost_centre")


def in_words(record: AssignmentRecord, paths: DepartmentPaths) -> NamedAssignment:
    """Return an assignment in words."""
    person, department, cost_centre = record.person, record.department, record.cost_centre
    return NamedAssignment(
        id=record.pk,
        kind=record.kind,
        value=record.value,
        pbx=record.pbx,
        name=person.name if person else "",
        mail=person.mail if person else "",
        department=paths.of(record.department_id),
        cost_centre=cost_centre.code if cost_centre else "",
        company=department.company if department else "",
        first=record.first,
        until=record.until,
    )


def said(record: AssignmentRecord) -> str:
    """Say in a few words what is assigned to whom, and when.

    >>> said(AssignmentRecord(kind="extension", value="107", pbx="", person=PersonRecord(name="Anna Berg")))
    'extension 107 of any PBX, always: Anna Berg'
    """
    owners = [str(each) for each in (record.person, record.department, record.cost_centre) if each]
    days = [f"from {record.first}"] * bool(record.first) + [f"until {record.until}"] * bool(record.until)
    place = f"PBX {record.pbx}" if record.pbx else "any PBX"
    return f"{record} of {place}, {' '.join(days) or 'always'}: {', '.join(owners)}"


@transaction.atomic
def keep_assignment(actor: Actor, wanted: Assignment) -> Assignment:
    """Add an assignment, or with an id change one; raises `NotThere`, and `Misconfigured` with every fault.

    One that would hold at the same time as another of the same value is refused, and both are named.
    """
    record = found(AssignmentRecord, wanted.id) if wanted.id else AssignmentRecord()
    before = _kept(record) if wanted.id else {}
    record.kind, record.value, record.pbx = wanted.kind, checks.tidied(wanted.value), wanted.pbx
    record.first, record.until = wanted.first, wanted.until
    record.person = found(PersonRecord, wanted.person) if wanted.person else None
    record.department = found(DepartmentRecord, wanted.department) if wanted.department else None
    record.cost_centre = found(CostCentreRecord, wanted.cost_centre) if wanted.cost_centre else None
    faults = [
        *checks.kind_problems(record.kind),
        *checks.value_problems(record.kind, record.value),
        *checks.span_problems(record.first, record.until),
    ]
    if not (record.person or record.department or record.cost_centre):
        faults.append(
            Problem(
                "the assignment is to nobody",
                "it needs somebody that calls are counted for",
                help="name a person, a department or a cost centre",
            )
        )
    faults = faults or list(_overlaps(record))
    if faults:
        raise Misconfigured(*faults)
    pbxs.check_known(record.pbx)
    record.save()
    note(
        actor,
        "directory.assignment-edit" if wanted.id else "directory.assign",
        said(record),
        audit.differences(before, _kept(record)),
    )
    return record.as_value()


def _overlaps(record: AssignmentRecord) -> Iterator[Problem]:
    """Yield a problem for each assignment that would hold at the same time."""
    same = Q(kind=record.kind, value=record.value) & (Q(pbx__in=("", record.pbx)) if record.pbx else Q())
    later = Q(first__isnull=True) | Q(first__lt=record.until) if record.until else Q()
    earlier = Q(until__isnull=True) | Q(until__gt=record.first) if record.first else Q()
    others = AssignmentRecord.objects.filter(same & later & earlier).exclude(pk=record.pk)
    return (overlap(said(record), said(each)) for each in with_owners(others))


def overlap(one: str, other: str) -> Problem:
    """Return the problem that two assignments hold at a time."""
    help_ = "end the earlier one on the day on which the later one begins"
    return Problem("of one value no two assignments hold at a time", f"{one}, and {other}", help=help_)


@transaction.atomic
def remove_assignment(actor: Actor, number: int) -> None:
    """Remove an assignment, as if it had never been; raises `NotThere`. One that was right is ended instead."""
    record = found(AssignmentRecord, number)
    told, before = said(record), _kept(record)
    record.delete()
    note(actor, "directory.assignment-remove", told, audit.differences(before, {}))


@transaction.atomic
def move(actor: Actor, wanted: Move) -> DoneMove:
    """Move somebody to another department or cost centre from a day on; raises `NotThere`, `Misconfigured`.

    What is theirs on that day ends there and goes on as a new assignment; what begins later stays as it is.
    """
    name, holding = _moving(wanted)
    target = {
        f"{field}_id": id_
        for field, id_ in (("department", wanted.department), ("cost_centre", wanted.cost_centre))
        if id_ is not UNSET
    }
    if wanted.department:
        found(DepartmentRecord, wanted.department)
    if wanted.cost_centre:
        found(CostCentreRecord, wanted.cost_centre)
    moving = [each for each in holding if any(getattr(each, field) != id_ for field, id_ in target.items())]
    if not moving:
        reason = f"nothing of theirs is assigned on {wanted.on}" if not holding else "they are there already"
        raise Misconfigured(Problem(f"{name} cannot be moved on {wanted.on}", reason))
    before, after = {}, {}
    for record in moving:
        before[str(record.pk)] = _kept(record)
        for each in _moved(record, wanted.on, target):
            after[str(each.pk)] = _kept(each)
    done = MoveRecord.objects.create(name=name[:150], on=wanted.on, before=before, after=after, moved_at=clock.now())
    note(actor, "directory.move", f"{name}, {wanted.on}", audit.differences(before, after))
    return _done(done)


def _moving(wanted: Move) -> tuple[str, list[AssignmentRecord]]:
    """Return who moves, and those of their assignments that hold on the day."""
    holds = holding_on(wanted.on)
    if wanted.assignment is not None:
        record = found(AssignmentRecord, wanted.assignment)
        return str(record), list(AssignmentRecord.objects.filter(holds, pk=record.pk))
    person = found(PersonRecord, wanted.person or 0)
    return str(person), list(AssignmentRecord.objects.filter(holds, person=person))


def _moved(record: AssignmentRecord, on: date, target: dict[str, Any]) -> Iterator[AssignmentRecord]:
    """Yield what becomes of an assignment: it and what follows it, or it alone where it begins on that very day."""
    going_on = record
    if record.first != on:
        going_on = AssignmentRecord(**{field: getattr(record, field) for field in _FIELDS})
        going_on.first = on
        record.until = on
        record.save()
        yield record
    for field, id_ in target.items():
        setattr(going_on, field, id_)
    if not (going_on.person_id or going_on.department_id or going_on.cost_centre_id):
        raise Misconfigured(Problem(f"{record} would be nobody's", "it has no other owner", help="end it instead"))
    going_on.save()
    yield going_on


@transaction.atomic
def undo_move(actor: Actor, number: int) -> DoneMove:
    """Make everything as it was before a move; raises `NotThere`, and `Misconfigured` where it was changed since."""
    done = found(MoveRecord, number)
    if done.undone_at:
        raise Misconfigured(
            Problem(
                f"the move {number} is undone already", f"since {done.undone_at:%Y-%m-%d}", help="nothing is left to do"
            )
        )
    records = AssignmentRecord.objects.in_bulk([int(id_) for id_ in done.after])
    changed_since = [id_ for id_, kept in done.after.items() if _kept(records.get(int(id_))) != kept]
    if changed_since:
        reason = f"its assignments were changed since: {', '.join(changed_since)}"
        raise Misconfigured(Problem(f"the move {number} cannot be undone", reason, help="undo the later move first"))
    for kept in done.before.values():
        for table, field in ((DepartmentRecord, "department_id"), (CostCentreRecord, "cost_centre_id")):
            if kept[field] is not None:
                found(table, kept[field])
    for record in records.values():
        kept = done.before.get(str(record.pk))
        if kept is None:
            record.delete()
        else:
            AssignmentRecord.objects.filter(pk=record.pk).update(**kept)
    done.undone_at = clock.now()
    done.save()
    note(actor, "directory.move-undo", f"{done.name}, {done.on}", audit.differences(done.after, done.before))
    return _done(done)


def moves() -> Iterator[DoneMove]:
    """Yield all moves, newest first."""
    return map(_done, MoveRecord.objects.all())


def last_move() -> DoneMove | None:
    """Return the last move that is not undone."""
    record = MoveRecord.objects.filter(undone_at=None).first()
    return _done(record) if record else None


def _done(record: MoveRecord) -> DoneMove:
    return DoneMove(
        id=record.pk,
        name=record.name,
        on=record.on,
        assignments=sorted(int(id_) for id_ in {**record.before, **record.after}),
        moved_at=record.moved_at,
        undone_at=record.undone_at,
    )


def gaps(kind: str = "", value: str = "") -> Iterator[Gap]:
    """Yield the days on which a value was nobody's, between two spans in which it was somebody's.

    Where something is assigned at any PBX, that fills the gaps of each.
    """
    asked = {name: text for name, text in (("kind", kind), ("value", value)) if text}
    records = AssignmentRecord.objects.filter(_may_have_gaps(), **asked).order_by("kind", "value")
    for (of_kind, of_value), group in groupby(records.iterator(), key=lambda each: (each.kind, each.value)):
        spans = list(group)
        anywhere = list(_between(each for each in spans if not each.pbx))
        for pbx in sorted({each.pbx for each in spans}):
            here = _between(each for each in spans if each.pbx in ("", pbx))
            for first, until in here:
                if not pbx or (first, until) not in anywhere:
                    days = (until - first).days
                    yield Gap(kind=of_kind, value=of_value, pbx=pbx, first=first, until=until, days=days)


def _may_have_gaps() -> Exists:
    """Return that of the value of an assignment one ends, and another begins later, but none on that very day."""
    same = AssignmentRecord.objects.filter(kind=OuterRef("kind"), value=OuterRef("value"))
    here = Q(pbx="") | Q(pbx=OuterRef("pbx"))
    later, following = same.filter(first__gt=OuterRef("until")), same.filter(here, first=OuterRef("until"))
    return Exists(same.filter(Exists(later), ~Exists(following), until__isnull=False))


def _between(spans: Iterable[AssignmentRecord]) -> Iterator[tuple[date, date]]:
    covered: date | None = None
    for each in sorted(spans, key=lambda each: each.first or date.min):
        if covered and each.first and covered < each.first:
            yield covered, each.first
        covered = each.until


def _kept(record: AssignmentRecord | None) -> dict[str, Any]:
    """Return the fields of an assignment as JSON can hold them; none of one that is not there."""
    return {name: msgspec.to_builtins(getattr(record, name)) for name in _FIELDS} if record else {}


def by_number(number: int) -> NamedAssignment:
    """Return one assignment in words; raises `NotThere`."""
    named = next(assignments(Q(pk=number)), None)
    if named is None:
        raise NotThere(
            Problem(
                f"there is no assignment {number}",
                "it was removed, or never was",
                help="`tollbook directory list` shows them",
            )
        )
    return named
