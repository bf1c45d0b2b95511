"""The directory as pages, API and files have it: names in words beside the ids, and what can be said of each."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from tollbook.model.directory import ASSIGNED_KINDS, AssignedKind

NEW = 0
"""The id of what has none yet."""


def read_kind(text: str) -> AssignedKind:
    """Return a kind of what can be assigned; raises `ValueError`."""
    if text not in ASSIGNED_KINDS:
        raise ValueError(f"one of {', '.join(ASSIGNED_KINDS)}")
    return text


class KnownPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A person and everything that was noted of them."""

    id: int = NEW
    name: str
    mail: str = ""
    note: str = ""
    valid_from: date | None = None
    valid_until: date | None = None


class KnownDepartment(msgspec.Struct, frozen=True, kw_only=True):
    """A department; `path` names those above it as well, `Sales / North`."""

    id: int = NEW
    name: str
    path: str = ""
    parent: int | None = None
    company: str = ""
    valid_from: date | None = None
    valid_until: date | None = None


class KnownNumber(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the phone book; `number` is E.164, or of a block how its numbers begin, with a `*` behind."""

    id: int = NEW
    number: str
    name: str
    company: str = ""
    tags: tuple[str, ...] = ()
    private: bool = False
    unlisted: bool = False


class NamedAssignment(msgspec.Struct, frozen=True, kw_only=True):
    """An assignment in words, as a file has it: `department` is a path, `cost_centre` a code.

    It holds from the beginning of the day `from` until that of `until`, in the PBX's wall time.
    """

    id: int = NEW
    kind: str
    value: str
    pbx: str = ""
    name: str = ""
    mail: str = ""
    department: str = ""
    cost_centre: str = ""
    company: str = ""
    first: date | None = msgspec.field(default=None, name="from")
    until: date | None = None


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Days on which a value was nobody's, though it was somebody's before and after; `until` is not one of them."""

    kind: str
    value: str
    pbx: str
    first: date = msgspec.field(name="from")
    until: date
    days: int


class DoneMove(msgspec.Struct, frozen=True, kw_only=True):
    """A move: who, from which day on, and the ids of the assignments it ended, made or changed."""

    id: int
    name: str
    on: date
    assignments: list[int]
    moved_at: datetime
    undone_at: datetime | None = None
