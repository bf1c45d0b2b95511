"""Groups: people of one role and scope. Who is in a group has what the group gives, and nothing of their own.

`outside` are names of groups where people sign on elsewhere. The first of our groups by rank counts that one of
somebody's groups there is named in.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from django.contrib.auth.models import User
from django.db import transaction

from tollbook.model.access import ScopeLine
from tollbook.model.actor import Actor
from tollbook.model.pbx import NAME
from tollbook.model.problem import Misconfigured, NotAllowed, NotThere, Problem, nearest
from tollbook.site.audit import operations as audit
from tollbook.site.people.access import scope_problems, told_scope
from tollbook.site.people.models import GroupRecord
from tollbook.site.people.roles import roles
from tollbook.site.people.sessions import end_sessions

MOST_OUTSIDE = 100
LONGEST_OUTSIDE = 500
LAST_RANK = 10_000
_ADMIN = "admin"


class GivenGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A group: its role, its scope as lines of filter words (None: every call), and what it is called elsewhere."""

    name: str
    role: str
    scope: tuple[ScopeLine, ...] | None = None
    outside: tuple[str, ...] = ()
    rank: int = 100


def every_group() -> list[GroupRecord]:
    """Return the groups, those of the lowest rank first."""
    return list(GroupRecord.objects.all())


def find_group(name: str) -> GroupRecord:
    """Return a group; raises `NotThere`."""
    found = GroupRecord.objects.filter(name=name).first()
    if found is None:
        names = GroupRecord.objects.values_list("name", flat=True)
        reason = "make it first: tollbook group add"
        raise NotThere(Problem(f"no group is called {name!r}", reason, help=nearest(name, names)))
    return found


def given_group(record: GroupRecord) -> GivenGroup:
    """Return a group as it was given."""
    scope = None if record.scope is None else tuple(record.scope)
    return GivenGroup(name=record.name, role=record.role, scope=scope, outside=tuple(record.outside), rank=record.rank)


@transaction.atomic
def add_group(actor: Actor, given: GivenGroup) -> GroupRecord:
    """Make a group, which has nobody yet; raises `Misconfigured` with every fault."""
    taken = []
    if GroupRecord.objects.filter(name=given.name).exists():
        help_ = "change it by `group set`, or choose another name"
        taken.append(Problem(f"there is a group called {given.name!r} already", "a name is of one group", help=help_))
    kept = _checked(given, taken)
    record = GroupRecord.objects.create(**_values(kept))
    audit.record(actor, "group.add", kept.name, audit.differences({}, _told(kept)))
    return record


@transaction.atomic
def set_group(actor: Actor, given: GivenGroup) -> GroupRecord:
    """Change a group, which signs its people out where they may something else then.

    Raises `NotThere`, `Misconfigured`, or `NotAllowed` where nobody would be an administrator any more.
    """
    record = find_group(given.name)
    before, kept = given_group(record), _checked(given, [])
    GroupRecord.objects.filter(name=kept.name).update(**_values(kept))
    record.refresh_from_db()
    if (before.role, before.scope) != (kept.role, kept.scope):
        had_admin = _has_admin()
        people = User.objects.filter(access__group=record)
        people.update(is_staff=kept.role == _ADMIN)
        check_admin_stays(had_admin=had_admin)
        for person in people:
            end_sessions(person)
    if before != kept:
        audit.record(actor, "group.edit", kept.name, audit.differences(_told(before), _told(kept)))
    return record


@transaction.atomic
def remove_group(actor: Actor, name: str) -> GroupRecord:
    """Remove a group that nobody is in; raises `NotThere`, and `Misconfigured` where somebody is."""
    record = find_group(name)
    held = list(User.objects.filter(access__group=record).values_list("username", flat=True))
    if held:
        reason = f"{', '.join(held[:5])} are in it" if len(held) > 1 else f"{held[0]} is in it"
        help_ = "give them a role of their own first: tollbook person role"
        raise Misconfigured(Problem(f"the group {name!r} is in use", reason, help=help_))
    gone = given_group(record)
    record.delete()
    audit.record(actor, "group.remove", name)
    return GroupRecord(**_values(gone))


def group_of_outside(names: Iterable[str]) -> GroupRecord | None:
    """Return the first group by rank that one of somebody's groups elsewhere is named in.

    Letters count alike, large or small. A group of LDAP is named by its DN, or by the name that begins it.
    """
    held = {name.strip().casefold() for name in names}
    held |= {common_name(name) for name in held if "=" in name}
    return next((each for each in every_group() if held & {name.casefold() for name in each.outside}), None)


def common_name(name: str) -> str:
    """Return the name that a DN begins with.

    >>> common_name("cn=sales,ou=groups,dc=example,dc=com")
    'sales'
    """
    return name.partition(",")[0].partition("=")[2].strip()


def people_in(record: GroupRecord) -> list[str]:
    """Return the names of who is in a group."""
    return list(User.objects.filter(access__group=record).order_by("username").values_list("username", flat=True))


def check_admin_stays(*, had_admin: bool) -> None:
    """Raise `NotAllowed` where a site that had an administrator has none any more."""
    if had_admin and not _has_admin():
        help_ = "let somebody be one first: tollbook person role NAME admin"
        raise NotAllowed(Problem("nobody would be an administrator", "one has to stay", help=help_))


def _has_admin() -> bool:
    return User.objects.filter(is_staff=True, is_active=True).exists()


def _checked(given: GivenGroup, problems: list[Problem]) -> GivenGroup:
    """Return a group as it is kept; raises `Misconfigured` with what is wrong besides some problems."""
    problems += scope_problems(given.scope)
    if not NAME.fullmatch(given.name):
        reason = "a name is 1 to 40 small letters, digits and hyphens, and begins with a letter or digit"
        problems.append(Problem(f"{given.name!r} cannot be a group's name", reason, help="for example 'front-office'"))
    known = roles()
    if given.role not in known:
        help_ = nearest(given.role, known)
        problems.append(Problem(f"no role is called {given.role!r}", f"known are: {', '.join(known)}", help=help_))
    if not 0 <= given.rank <= LAST_RANK:
        problems.append(Problem(f"'rank' must be between 0 and {LAST_RANK}", f"got {given.rank}"))
    outside = tuple(dict.fromkeys(name.strip() for name in given.outside if name.strip()))
    if len(outside) > MOST_OUTSIDE or any(len(name) > LONGEST_OUTSIDE for name in outside):
        reason = f"it takes {MOST_OUTSIDE} names of up to {LONGEST_OUTSIDE} letters"
        problems.append(Problem("there are too many names elsewhere, or one is too long", reason))
    if problems:
        raise Misconfigured(*problems)
    return msgspec.structs.replace(given, outside=outside)


def _values(given: GivenGroup) -> dict[str, object]:
    scope = None if given.scope is None else [dict(line) for line in given.scope]
    return {**msgspec.structs.asdict(given), "scope": scope, "outside": list(given.outside)}


def _told(given: GivenGroup) -> dict[str, str]:
    """Return a group as the audit has it."""
    told = {"role": given.role, "scope": told_scope(given.scope), "rank": str(given.rank)}
    return {**told, "outside": "\n".join(given.outside)}
