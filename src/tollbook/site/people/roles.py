"""Roles: those that every site has, and a site's own. Each is a set of permissions."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from functools import cache
from importlib.resources import files

import msgspec
from django.db import transaction

from tollbook.model.access import PERMISSIONS
from tollbook.model.actor import Actor
from tollbook.model.pbx import NAME
from tollbook.model.problem import Misconfigured, NotThere, Problem, nearest
from tollbook.site.audit import operations as audit
from tollbook.site.people.models import GroupRecord, PersonAccessRecord, RoleRecord, TokenRecord

_EVERY = "*"


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody may do; `is_own` where they see the calls of their own telephones unless something else is said."""

    name: str
    title: str
    about: str
    permissions: frozenset[str]
    is_own: bool = False
    is_usual: bool = True


@cache
def usual_roles() -> dict[str, Role]:
    """Return the roles that every site has, by name."""
    told = tomllib.loads(files(__package__).joinpath("roles.toml").read_text("utf-8"))
    return {
        name: Role(
            name=name,
            title=each["title"],
            about=each["about"],
            permissions=frozenset(PERMISSIONS if _EVERY in each["permissions"] else each["permissions"]),
            is_own=each.get("own", False),
        )
        for name, each in told.items()
    }


def roles() -> dict[str, Role]:
    """Return all roles by name, those of the site behind the usual ones."""
    return {**usual_roles(), **{each.name: _own(each) for each in RoleRecord.objects.all()}}


def role_named(name: str) -> Role:
    """Return a role; raises `NotThere`."""
    found = usual_roles().get(name)
    if found is None:
        record = RoleRecord.objects.filter(name=name).first()
        if record is None:
            known = roles()
            reason = f"known are: {', '.join(known)}"
            raise NotThere(Problem(f"no role is called {name!r}", reason, help=nearest(name, known)))
        found = _own(record)
    return found


def _own(record: RoleRecord) -> Role:
    permissions = frozenset(record.permissions) & frozenset(PERMISSIONS)
    return Role(name=record.name, title=record.title, about="", permissions=permissions, is_usual=False)


@transaction.atomic
def set_role_of_site(actor: Actor, name: str, title: str, permissions: Collection[str]) -> Role:
    """Make a role of the site, or change what it may do; raises `Misconfigured` with every fault."""
    problems = []
    if not NAME.fullmatch(name):
        reason = "a name is 1 to 40 small letters, digits and hyphens, and begins with a letter or digit"
        problems.append(Problem(f"{name!r} cannot be a role's name", reason, help="for example 'night-desk'"))
    if name in usual_roles():
        problems.append(Problem(f"the role {name!r} cannot be changed", "every site has it", help="make another"))
    for each in permissions:
        if each not in PERMISSIONS:
            help_ = nearest(each, PERMISSIONS) or f"known are: {', '.join(PERMISSIONS)}"
            problems.append(Problem(f"no permission is called {each!r}", "it allows nothing", help=help_))
    if not permissions:
        problems.append(Problem("the role may do nothing", "it has no permissions", help="calls.see is the least"))
    if problems:
        raise Misconfigured(*problems)
    before = RoleRecord.objects.filter(name=name).first()
    was = " ".join(sorted(before.permissions)) if before else ""
    wanted = sorted(set(permissions))
    kept, _ = RoleRecord.objects.update_or_create(
        name=name, defaults={"title": title.strip() or name, "permissions": wanted}
    )
    audit.record(actor, "role.set", name, {"permissions": [was, " ".join(wanted)]})
    return _own(kept)


@transaction.atomic
def remove_role_of_site(actor: Actor, name: str) -> Role:
    """Remove a role that nobody has; raises `NotThere`, and `Misconfigured` where somebody has it."""
    gone = role_named(name)
    if gone.is_usual:
        raise Misconfigured(Problem(f"the role {name!r} cannot be removed", "every site has it"))
    held = [each.user.username for each in PersonAccessRecord.objects.filter(role=name).select_related("user")]
    held += [each.name for each in GroupRecord.objects.filter(role=name)]
    held += [each.name for each in TokenRecord.objects.filter(role=name)]
    if held:
        reason = f"{', '.join(held[:5])} have it" if len(held) > 1 else f"{held[0]} has it"
        raise Misconfigured(Problem(f"the role {name!r} is in use", reason, help="give them another first"))
    RoleRecord.objects.filter(name=name).delete()
    audit.record(actor, "role.remove", name)
    return gone
