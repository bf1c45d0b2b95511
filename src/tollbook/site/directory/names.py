"""Finds people, departments and cost centres by what they are called, and notes those that are not there yet.

A mail belongs to one person. Without one, a name means the person without a mail of that name, or else the only one who
has it. Large and small letters are the same. What is new is a record that is not saved: `keep` saves those in use.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db import models

from tollbook.model.problem import Problem, nearest
from tollbook.site.directory.checks import path_parts
from tollbook.site.directory.models import CostCentreRecord, DepartmentRecord, PersonRecord
from tollbook.site.directory.searching import called

Path = tuple[str, ...]


def folded(path: Path) -> Path:
    """Return a path as it is compared."""
    return tuple(part.casefold() for part in path)


_DEPARTMENTS = DepartmentRecord.objects


def is_new(record: models.Model) -> bool:
    """Say whether a record is not saved yet."""
    return record._state.adding  # noqa: SLF001 - Django's documented word for it


class DepartmentPaths:
    """Where each department is: its own name behind the names of those above it."""

    def __init__(self) -> None:
        self._above = {id_: (name, parent) for id_, name, parent in _DEPARTMENTS.values_list("pk", "name", "parent_id")}

    def parts(self, id_: int) -> Path:
        """Return the path of a department, the topmost name first."""
        parts = list[str]()
        at: int | None = id_
        while at is not None:
            name, at = self._above[at]
            parts.append(name)
        return tuple(reversed(parts))

    def of(self, id_: int | None) -> str:
        """Return the path of a department as a text; that of None is empty."""
        return " / ".join(self.parts(id_)) if id_ is not None else ""

    def by_id(self) -> dict[int, str]:
        """Return all paths, each as a text."""
        return {id_: self.of(id_) for id_ in self._above}


class Names:
    """The names of the directory as they are now; raises nothing, and saves nothing before `keep`.

    It knows everybody, or of the people just those who have one of some names or mails: there may be very many.
    """

    def __init__(self, people: Collection[str] | None = None) -> None:
        self._by_mail: dict[str, PersonRecord] = {}
        self._by_name: dict[str, list[PersonRecord]] = {}
        for person in PersonRecord.objects.all() if people is None else called(people):
            self._note_person(person)
        self._paths = DepartmentPaths()
        self._departments = {folded(self._paths.parts(record.pk)): record for record in _DEPARTMENTS.all()}
        self._cost_centres = {record.code.casefold(): record for record in CostCentreRecord.objects.all()}

    def _note_person(self, person: PersonRecord) -> None:
        if person.mail:
            self._by_mail[person.mail.casefold()] = person
        self._by_name.setdefault(person.name.casefold(), []).append(person)

    def person(self, name: str, mail: str = "") -> PersonRecord | Problem:
        """Return who is meant, a new record where there is nobody, or why that cannot be told."""
        alike = self._by_name.get(name.casefold(), [])
        if mail:
            found = self._by_mail.get(mail.casefold()) or next((each for each in alike if not each.mail), None)
        else:
            found = next((each for each in alike if not each.mail), None)
            if found is None and len(alike) > 1:
                return Problem(f"{len(alike)} people are called {name!r}", "their mails tell them apart", help="mail")
            found = found or (alike[0] if alike else None)
        if found is None:
            found = PersonRecord(name=name, mail=mail)
            self._note_person(found)
        elif mail and not found.mail and is_new(found):
            found.mail = mail
            self._by_mail[mail.casefold()] = found
        return found

    def department(self, path: Path) -> DepartmentRecord:
        """Return a department by its path; a new record, as are those above it, where there is none."""
        found = self._departments.get(folded(path))
        if found is None:
            parent = self.department(path[:-1]) if path[:-1] else None
            found = self._departments[folded(path)] = DepartmentRecord(name=path[-1], parent=parent)
        return found

    def new_paths(self, path: Path) -> list[str]:
        """Return the paths of a department and of those above it, as far as they are new."""
        parts = [path[:depth] for depth in range(1, len(path) + 1)]
        return [" / ".join(part) for part in parts if is_new(self.department(part))]

    def cost_centre(self, code: str) -> CostCentreRecord:
        """Return a cost centre by its code; a new record where there is none."""
        found = self._cost_centres.get(code.casefold())
        if found is None:
            found = self._cost_centres[code.casefold()] = CostCentreRecord(code=code)
        return found

    def known_person(self, name: str) -> PersonRecord | Problem:
        """Return a person by name or mail, or what to say where there is none."""
        found = self._by_mail.get(name.casefold()) or self.person(name)
        if isinstance(found, PersonRecord) and is_new(found):
            known = PersonRecord.objects.values_list("name", flat=True)
            return Problem(f"nobody is called {name!r}", "the directory has no such person", help=nearest(name, known))
        return found

    def known_department(self, path: str) -> DepartmentRecord | Problem:
        """Return a department by its path, or what to say where there is none."""
        found = self._departments.get(folded(path_parts(path)))
        return found or Problem(
            f"no department is called {path!r}",
            "the directory has none",
            help=nearest(path, self._paths.by_id().values()),
        )

    def known_cost_centre(self, code: str) -> CostCentreRecord | Problem:
        """Return a cost centre by its code, or what to say where there is none."""
        known = [each.code for each in self._cost_centres.values()]
        found = self._cost_centres.get(code.casefold())
        return found or Problem(f"no cost centre is {code!r}", "the directory has none", help=nearest(code, known))


def keep(
    people: Iterable[PersonRecord],
    departments: Iterable[DepartmentRecord],
    cost: Iterable[CostCentreRecord],
) -> None:
    """Save records that are new, of departments those above them first."""
    PersonRecord.objects.bulk_create({id(each): each for each in people if is_new(each)}.values())
    for department in departments:
        _keep_department(department)
    CostCentreRecord.objects.bulk_create({id(each): each for each in cost if is_new(each)}.values())


def _keep_department(department: DepartmentRecord) -> None:
    if not is_new(department):
        return
    if department.parent:
        _keep_department(department.parent)
    department.save()
