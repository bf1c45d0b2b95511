"""The directory as the engine and the store know it: whose an extension was from when until when, and names.

Ids are those of the site's tables, and are never given twice.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, get_args

import msgspec

AssignedKind = Literal["extension", "account_code", "auth_code", "ddi", "trunk", "trunk_group"]
"""What can be assigned: a call belongs to whoever its authorisation code is of, else its extension, its DDI, its trunk
or trunk group. Its account code is looked at apart: it says what a call was for, not who made it."""
ASSIGNED_KINDS: tuple[AssignedKind, ...] = get_args(AssignedKind)


class Person(msgspec.Struct, frozen=True):
    """Somebody whose telephone it is."""

    id: int
    name: str


class Department(msgspec.Struct, frozen=True):
    """A part of the organisation; `parent` is the id of the one it belongs to, None at the top."""

    id: int
    name: str
    parent: int | None = None
    company: str = ""


class CostCentre(msgspec.Struct, frozen=True):
    """What calls are charged to."""

    id: int
    code: str
    name: str = ""


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """An extension, code, DDI, trunk or trunk group (`value`) of a PBX (`""`: of any), and whose it was.

    It holds from the beginning of the day `first` until the beginning of `until`, both in the PBX's own wall time; None
    is without end. Of one value no two hold at a time.
    """

    id: int
    kind: AssignedKind
    value: str
    pbx: str = ""
    first: date | None = None
    until: date | None = None
    person: int | None = None
    department: int | None = None
    cost_centre: int | None = None


class PhoneBookEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Whose an outside number is: one of E.164, or with `block` all numbers that begin with it; the longest counts.

    A `private` one is named to nobody but administrators; one that is `unlisted` names nobody and stays a number.
    """

    id: int
    number: str
    name: str
    company: str = ""
    block: bool = False
    private: bool = False
    unlisted: bool = False


class PeopleRead(msgspec.Struct, frozen=True, kw_only=True):
    """How reading people from LDAP goes: every so many seconds by itself (0: never), when last, and what came of it.

    `at` is UTC, ISO 8601 with `Z`. `failed_why` is empty where people were read; then `said` counts what changed, and
    `left_out` the entries with a fault, of which nothing was taken.
    """

    every_s: float = 0.0
    at: str | None = None
    said: str = ""
    left_out: int = 0
    failed_why: str = ""


class Directory(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, as it is at one moment."""

    people: list[Person] = []
    departments: list[Department] = []
    cost_centres: list[CostCentre] = []
    assignments: list[Assignment] = []
    phone_book: list[PhoneBookEntry] = []

    def with_those_below(self, department: int) -> set[int]:
        """Return the ids of a department and of all below it."""
        found = {department}
        while more := {each.id for each in self.departments if each.parent in found} - found:
            found |= more
        return found
