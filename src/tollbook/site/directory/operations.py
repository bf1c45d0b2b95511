"""Keeping people, departments, cost centres and the phone book: what API, commands and pages do.

A value with the id `NEW` is added, another takes the place of the one of its id. Each change and its line in the audit
are one transaction, and whoever subscribed is told afterwards. What something else hangs on is not removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec
from django.db import models, transaction

from tollbook.model.actor import Actor
from tollbook.model.directory import Assignment, CostCentre, Department, Directory, Person, PhoneBookEntry
from tollbook.model.problem import Misconfigured, NotThere, Problem
from tollbook.numbering.plan import DialPlan
from tollbook.site import changed
from tollbook.site.audit import operations as audit
from tollbook.site.directory import checks
from tollbook.site.directory.models import (
    LONGEST_CODE,
    LONGEST_NOTE,
    AssignmentRecord,
    CostCentreRecord,
    DepartmentRecord,
    PersonRecord,
    PhoneBookRecord,
)
from tollbook.site.directory.names import DepartmentPaths
from tollbook.site.directory.searching import alike
from tollbook.site.directory.values import KnownDepartment, KnownNumber, KnownPerson

Record = TypeVar("Record", bound=models.Model)
Value = TypeVar("Value", bound=msgspec.Struct)
_SHOWN = 5


def snapshot() -> Directory:
    """Return the whole directory as it is now."""
    return Directory(
        people=_every(PersonRecord, Person),
        departments=_every(DepartmentRecord, Department),
        cost_centres=_every(CostCentreRecord, CostCentre),
        assignments=_every(AssignmentRecord, Assignment),
        phone_book=_every(PhoneBookRecord, PhoneBookEntry),
    )


def owners_alone() -> Directory:
    """Return what says whose calls are: the directory without names and outside numbers, but for departments."""
    return Directory(
        departments=_every(DepartmentRecord, Department),
        assignments=_every(AssignmentRecord, Assignment),
    )


def _every(table: type[models.Model], kind: type[Value]) -> list[Value]:
    """Return a table as values with its columns' names; without records, as each change asks for ten thousands."""
    rows = table._default_manager.order_by("pk").values(*kind.__struct_fields__)  # noqa: SLF001 - Django's own name for it
    return [kind(**row) for row in rows]


def people() -> Iterator[KnownPerson]:
    """Yield all people by name."""
    return (each.value() for each in PersonRecord.objects.all())


def departments() -> list[KnownDepartment]:
    """Return all departments by path, each behind the one it belongs to."""
    paths = DepartmentPaths()
    found = [each.value(paths.of(each.pk)) for each in DepartmentRecord.objects.all()]
    return sorted(found, key=lambda each: checks.path_parts(each.path))


def department(number: int) -> KnownDepartment:
    """Return a department; raises `NotThere`."""
    return found(DepartmentRecord, number).value(DepartmentPaths().of(number))


def cost_centres() -> Iterator[CostCentre]:
    """Yield all cost centres by code."""
    return (each.value() for each in CostCentreRecord.objects.all())


def phone_book() -> Iterator[KnownNumber]:
    """Yield the phone book by number."""
    return (each.value() for each in PhoneBookRecord.objects.all())


def found(table: type[Record], number: int) -> Record:
    """Return a record by its id; raises `NotThere`."""
    record: Record | None = table._default_manager.filter(pk=number).first()  # noqa: SLF001 - Django's own name for it
    if record is None:
        reason = "it was removed, or never was"
        raise NotThere(Problem(f"there is no {table._meta.verbose_name} {number}", reason))  # noqa: SLF001 - the same
    return record


@transaction.atomic
def keep_person(actor: Actor, person: KnownPerson) -> KnownPerson:
    """Add a person, or change one; raises `NotThere`, and `Misconfigured` with every fault."""
    person = _with(
        person,
        name=checks.tidied(person.name),
        mail=checks.tidied(person.mail),
        note="\n".join(person.note.strip().splitlines()),
    )
    record = found(PersonRecord, person.id) if person.id else PersonRecord()
    others = alike(person.name, person.mail).exclude(pk=record.pk)
    faults = [
        *checks.text_problems("name", person.name, needed=True),
        *checks.mail_problems(person.mail),
        *checks.text_problems("note", "".join(person.note.split("\n")), LONGEST_NOTE),
        *checks.span_problems(person.valid_from, person.valid_until),
    ]
    reason = "a mail, and a name without one, are of one person"
    faults += [Problem(f"there is {each} already", reason) for each in others]
    _refuse(faults)
    before = record.value() if person.id else None
    _save(record, person)
    return _noted(actor, "person", before, record.value())


@transaction.atomic
def remove_person(actor: Actor, number: int) -> None:
    """Remove a person to whom nothing is assigned, nor was; raises `NotThere`, `Misconfigured`."""
    record = found(PersonRecord, number)
    _refuse(_hanging(str(record), assignments=AssignmentRecord.objects.filter(person=record)))
    _removed(actor, "person", record, str(record))


@transaction.atomic
def keep_department(actor: Actor, department: KnownDepartment) -> KnownDepartment:
    """Add a department, or change it or the one it belongs to; `path` is not read.

    Raises `NotThere`, and `Misconfigured` with every fault: a department is never below itself.
    """
    department = _with(department, name=checks.tidied(department.name), company=checks.tidied(department.company))
    record = found(DepartmentRecord, department.id) if department.id else DepartmentRecord()
    before = record.value(DepartmentPaths().of(record.pk)) if department.id else None
    faults = [
        *checks.department_name_problems(department.name),
        *checks.text_problems("company", department.company),
        *checks.span_problems(department.valid_from, department.valid_until),
        *_parent_problems(department),
    ]
    beside = DepartmentRecord.objects.filter(parent=department.parent).exclude(pk=record.pk)
    if any(each.name.casefold() == department.name.casefold() for each in beside):
        faults.append(
            Problem(
                f"there is a department {department.name!r} already",
                "it belongs to the same one",
                help="choose another name",
            )
        )
    _refuse(faults)
    _save(record, department, parent_id=department.parent)
    return _noted(actor, "department", before, record.value(DepartmentPaths().of(record.pk)))


def _parent_problems(department: KnownDepartment) -> list[Problem]:
    """Return what is wrong with where a department belongs to: it must be there, not below it, and not too deep."""
    parents = dict(DepartmentRecord.objects.values_list("pk", "parent_id"))
    if department.parent is None:
        above: list[int] = []
    elif department.parent not in parents:
        return [Problem(f"there is no department {department.parent}", "nothing can belong to it")]
    else:
        above = list(_upwards(parents, department.parent))
    if department.id and department.id in above:
        help_ = "move that one out first"
        return [
            Problem(f"{department.name!r} would be below itself", "what it is to belong to is part of it", help=help_),
        ]
    below = max((_depth_below(parents, each, department.id) for each in parents if department.id), default=0)
    if len(above) + 1 + below > checks.DEEPEST:
        return [Problem("the tree of departments is too deep", f"{checks.DEEPEST} below one another are taken")]
    return []


def _upwards(parents: Mapping[int, int | None], number: int | None) -> Iterator[int]:
    while number is not None:
        yield number
        number = parents[number]


def _depth_below(parents: Mapping[int, int | None], number: int, top: int) -> int:
    """Return how far a department is below another; 0 where it is not."""
    way = list(_upwards(parents, number))
    return way.index(top) if top in way else 0


@transaction.atomic
def remove_department(actor: Actor, number: int) -> None:
    """Remove a department on which nothing hangs; raises `NotThere`, and `Misconfigured` that names what does."""
    record = found(DepartmentRecord, number)
    path = DepartmentPaths().of(number)
    below = DepartmentRecord.objects.filter(parent=record)
    _refuse(_hanging(path, departments=below, assignments=AssignmentRecord.objects.filter(department=record)))
    _removed(actor, "department", record, path)


@transaction.atomic
def keep_cost_centre(actor: Actor, cost_centre: CostCentre) -> CostCentre:
    """Add a cost centre, or change one; raises `NotThere`, and `Misconfigured` with every fault."""
    wanted = CostCentre(cost_centre.id, checks.tidied(cost_centre.code), checks.tidied(cost_centre.name))
    record = found(CostCentreRecord, wanted.id) if wanted.id else CostCentreRecord()
    faults = checks.text_problems("code", wanted.code, LONGEST_CODE, needed=True)
    faults += checks.text_problems("name", wanted.name)
    others = CostCentreRecord.objects.exclude(pk=record.pk).values_list("code", flat=True)
    if wanted.code.casefold() in map(str.casefold, others):
        faults.append(
            Problem(f"there is a cost centre {wanted.code!r} already", "a code is of one", help="choose another code")
        )
    _refuse(faults)
    before = record.value() if wanted.id else None
    _save(record, wanted)
    return _noted(actor, "cost-centre", before, record.value())


@transaction.atomic
def remove_cost_centre(actor: Actor, number: int) -> None:
    """Remove a cost centre to which nothing is charged; raises `NotThere`, `Misconfigured`."""
    record = found(CostCentreRecord, number)
    charged = AssignmentRecord.objects.filter(cost_centre=record)
    _refuse(_hanging(record.code, assignments=charged))
    _removed(actor, "cost-centre", record, record.code)


@transaction.atomic
def keep_number(actor: Actor, entry: KnownNumber, plan: DialPlan) -> KnownNumber:
    """Add an entry of the phone book, or change one; `plan` says what a number means that has no country code.

    Raises `NotThere`, and `Misconfigured` with every fault.
    """
    record = found(PhoneBookRecord, entry.id) if entry.id else PhoneBookRecord()
    before = record.value() if entry.id else None
    entry = tidied_number(entry)
    faults = number_problems(entry)
    try:
        entry = _with(entry, number=checks.read_number(entry.number, plan))
    except ValueError as fault:
        faults.append(Problem(f"'number' cannot be {entry.number[:80]!r}", str(fault)))
    number, star, _ = entry.number.partition("*")
    if PhoneBookRecord.objects.filter(number=number, block=bool(star)).exclude(pk=record.pk).exists():
        faults.append(
            Problem(f"{entry.number} is in the phone book already", "a number is of one", help="change that entry")
        )
    _refuse(faults)
    _save(record, entry, number=number, block=bool(star), tags=list(entry.tags))
    return _noted(actor, "number", before, record.value())


def tidied_number(entry: KnownNumber) -> KnownNumber:
    """Return an entry with its texts tidied; no tag stands there twice."""
    tags = tuple(dict.fromkeys(filter(None, map(checks.tidied, entry.tags))))
    return _with(entry, name=checks.tidied(entry.name), company=checks.tidied(entry.company), tags=tags)


def number_problems(entry: KnownNumber) -> list[Problem]:
    """Return what is wrong with an entry of the phone book, but for its number."""
    return [
        *checks.text_problems("name", entry.name, needed=not entry.company),
        *checks.text_problems("company", entry.company),
        *checks.tags_problems(entry.tags),
    ]


@transaction.atomic
def remove_number(actor: Actor, number: int) -> None:
    """Remove an entry of the phone book; raises `NotThere`."""
    record = found(PhoneBookRecord, number)
    _removed(actor, "number", record, str(record))


def _with(value: Value, **changes: object) -> Value:
    return msgspec.structs.replace(value, **changes)


def _refuse(faults: Iterable[Problem]) -> None:
    if problems := list(faults):
        raise Misconfigured(*problems)


def _hanging(name: str, **kinds: models.QuerySet[Any]) -> list[Problem]:
    """Return a problem where something hangs on what is to be removed, and name it."""
    said = []
    for kind, records in kinds.items():
        some = [str(each) for each in records[: _SHOWN + 1]]
        if some:
            more = f" and {records.count() - _SHOWN} more" if len(some) > _SHOWN else ""
            said.append(f"{kind}: {', '.join(some[:_SHOWN])}{more}")
    help_ = "end it instead (`valid_until`), so that earlier calls stay where they are; or remove those first"
    return [Problem(f"{name} cannot be removed", "; ".join(said), help=help_)] if said else []


def _save(record: models.Model, value: msgspec.Struct, **beside: object) -> None:
    """Put the fields of a value into a record, those `beside` in the form that the table has."""
    columns = {field.attname for field in record._meta.concrete_fields} - {"id"}  # noqa: SLF001 - Django's own name for it
    for name, given in {**msgspec.structs.asdict(value), **beside}.items():
        if name in columns:
            setattr(record, name, given)
    record.save()


def note(actor: Actor, action: str, name: str, changes: Mapping[str, list[str]] | None = None) -> None:
    """Write down what was done to the directory, and tell whoever subscribed once it is kept."""
    audit.record(actor, action, name, changes)
    transaction.on_commit(changed.tell)


def _noted(actor: Actor, subject: str, before: Value | None, after: Value) -> Value:
    was, now = ({} if each is None else msgspec.structs.asdict(each) for each in (before, after))
    name = next(now[field] for field in ("path", "number", "code", "name") if now.get(field))
    note(actor, f"directory.{subject}-{'edit' if before else 'add'}", name, audit.differences(was, now))
    return after


def _removed(actor: Actor, subject: str, record: models.Model, name: str) -> None:
    record.delete()
    note(actor, f"directory.{subject}-remove", name)
