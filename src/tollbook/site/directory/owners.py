"""Assigning and moving by names: a person by name or mail, a department by its path, a cost centre by its code."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import msgspec
from django.db import transaction
from msgspec import UNSET, UnsetType

from tollbook.model.actor import Actor
from tollbook.model.directory import Assignment
from tollbook.model.problem import Misconfigured, NotThere, Problem
from tollbook.site.directory import assignments, checks
from tollbook.site.directory.models import LONGEST_CODE, CostCentreRecord, DepartmentRecord, PersonRecord
from tollbook.site.directory.names import Names, keep
from tollbook.site.directory.values import DoneMove, NamedAssignment

Said = str | UnsetType | None
_Record = PersonRecord | DepartmentRecord | CostCentreRecord


class Owners(msgspec.Struct, frozen=True, kw_only=True):
    """Whose something is to be, in words; what is not said stays, and None is nobody. New names are made if asked."""

    person: Said = UNSET
    department: Said = UNSET
    cost_centre: Said = UNSET
    create: bool = False


@transaction.atomic
def assign(actor: Actor, wanted: Assignment, owners: Owners) -> NamedAssignment:
    """Keep an assignment to owners by name; raises `NotThere`, and `Misconfigured` with every fault."""
    kept = assignments.keep_assignment(actor, msgspec.structs.replace(wanted, **_ids(owners)))
    return assignments.by_number(kept.id)


@transaction.atomic
def move_person(actor: Actor, name: str, on: date, owners: Owners) -> DoneMove:
    """Move a person by name or mail from a day on; raises `NotThere`, and `Misconfigured` with every fault."""
    moving = msgspec.structs.replace(owners, person=name)
    return assignments.move(actor, assignments.Move(on=on, **_ids(moving)))


def _ids(owners: Owners) -> dict[str, int | None]:
    """Return the ids of those who are named, made now where they are new and that is asked."""
    texts = {field: getattr(owners, field) for field in ("person", "department", "cost_centre")}
    said = {field: checks.tidied(text) if text else None for field, text in texts.items() if text is not UNSET}
    names = Names(people=[person] if (person := said.get("person")) else [])
    if owners.create and (faults := list(_faults(said))):
        raise Misconfigured(*faults)
    found = {field: _record(names, field, text, create=owners.create) for field, text in said.items() if text}
    if problems := [each for each in found.values() if isinstance(each, Problem)]:
        raise NotThere(*problems)
    records = list(found.values())
    keep(
        [each for each in records if isinstance(each, PersonRecord)],
        [each for each in records if isinstance(each, DepartmentRecord)],
        [each for each in records if isinstance(each, CostCentreRecord)],
    )
    made = {field: each.pk for field, each in found.items() if not isinstance(each, Problem)}
    return {field: made.get(field) for field in said}


def _faults(said: dict[str, str | None]) -> Iterator[Problem]:
    yield from checks.text_problems("person", said.get("person") or "")
    yield from checks.path_problems(said.get("department") or "")
    yield from checks.text_problems("cost_centre", said.get("cost_centre") or "", LONGEST_CODE)


def _record(names: Names, field: str, text: str, *, create: bool) -> _Record | Problem:
    known = {"person": names.known_person, "department": names.known_department, "cost_centre": names.known_cost_centre}
    found: _Record | Problem = known[field](text)
    if not create or not isinstance(found, Problem):
        return found
    if field == "person":
        return names.person(text)
    return names.department(checks.path_parts(text)) if field == "department" else names.cost_centre(text)
