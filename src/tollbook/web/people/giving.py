"""What a person may do and see, as it is typed, and as it is shown again."""

from __future__ import annotations

import msgspec
from django.contrib.auth.models import User

from tollbook.model.access import ScopeLine
from tollbook.model.problem import Misconfigured, Problem, nearest
from tollbook.site.directory.models import PersonRecord
from tollbook.site.people import operations
from tollbook.site.people.access import GivenAccess, read_scope, told_scope
from tollbook.site.people.groups import find_group
from tollbook.store.filters import read_filter


class ToldAccess(msgspec.Struct, frozen=True, kw_only=True):
    """A role, a scope as lines of filter words (empty: every call), who in the directory it is, and in which group.

    In a group the role and scope are its own.
    """

    role: str
    scope: str
    telephones_of: str
    group: str = ""


def checked_access(role: str, scope: str, telephones_of: str, group: str = "") -> GivenAccess:
    """Return what was typed; raises `Misconfigured` for a scope that is no filter, or nobody of the directory.

    Where a group is named the role and the scope are not looked at.
    """
    who = _in_directory(telephones_of.strip())
    if group:
        return GivenAccess(role="", telephones_of=who, group=group)
    return GivenAccess(role=role.strip(), scope=checked_scope(scope), telephones_of=who)


def checked_scope(text: str) -> tuple[ScopeLine, ...] | None:
    """Return the scope that was typed; raises `Misconfigured` for one that is no filter."""
    lines = read_scope(text)
    for number, line in enumerate(lines or (), 1):
        read_filter(dict(line), f"line {number} of the scope")
    return lines


def _in_directory(name: str) -> int | None:
    if not name:
        return None
    found = list(PersonRecord.objects.filter(name__iexact=name)) or list(PersonRecord.objects.filter(mail__iexact=name))
    if len(found) > 1:
        help_ = "give the mail of the one who is meant"
        raise Misconfigured(
            Problem(f"several people are called {name!r}", "the directory has more than one", help=help_)
        )
    if not found:
        names = PersonRecord.objects.values_list("name", flat=True)
        raise Misconfigured(
            Problem(f"the directory has nobody called {name!r}", "it is no name or mail", help=nearest(name, names))
        )
    return int(found[0].pk)


def told_access(person: User) -> ToldAccess:
    """Return what a person may do and see, as it would be typed."""
    given = operations.given_access(person)
    whose = PersonRecord.objects.filter(pk=given.telephones_of).first() if given.telephones_of else None
    known_as = "" if whose is None else (whose.mail or whose.name)
    held = find_group(given.group) if given.group else given
    return ToldAccess(
        role=held.role,
        scope="" if held.scope is None else told_scope(held.scope),
        telephones_of=known_as,
        group=given.group,
    )
