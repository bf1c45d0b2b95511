"""A site's own roles, and its groups with their roles and scopes, as a text of a set-up. People are no part of it.

Whoever applies it has to be one who may say what people may do: else a set-up could give what its text says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import tomli_w

from tollbook.model.access import ScopeLine
from tollbook.model.actor import Actor
from tollbook.model.problem import NotAllowed, Problem
from tollbook.site.audit import operations as audit
from tollbook.site.people import groups, roles
from tollbook.site.people.access import access_of
from tollbook.site.people.groups import GivenGroup
from tollbook.web.config.costs import CostChange, converted

FILE = "roles.toml"


class WrittenRole(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role of the site as it is written."""

    title: str
    permissions: list[str]


class WrittenGroup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A group as it is written; without a `scope` it sees every call, with an empty one none."""

    role: str
    scope: list[ScopeLine] | None = None
    outside: list[str] = []
    rank: int = 100


class WrittenRoles(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Roles and groups by their names."""

    role: dict[str, WrittenRole] = {}
    group: dict[str, WrittenGroup] = {}


def written() -> dict[str, str]:
    """Return the site's own roles and its groups by file name; without any it is empty."""
    told = msgspec.to_builtins(WrittenRoles(role=_roles(), group=_groups()))
    return {FILE: tomli_w.dumps(told) if told else ""}


def _roles() -> dict[str, WrittenRole]:
    own = (each for each in roles.roles().values() if not each.is_usual)
    return {each.name: WrittenRole(title=each.title, permissions=sorted(each.permissions)) for each in own}


def _groups() -> dict[str, WrittenGroup]:
    return {
        each.name: WrittenGroup(role=each.role, scope=each.scope, outside=list(each.outside), rank=each.rank)
        for each in groups.every_group()
    }


def apply(actor: Actor, document: Mapping[str, Any]) -> Iterator[CostChange]:
    """Make roles and groups what a text says, and yield what changes; raises `Misconfigured`."""
    wanted = converted(FILE, document, WrittenRoles)
    may = access_of(actor).may("people.change")
    for change in (*_each_role(actor, wanted), *_each_group(actor, wanted)):
        if change.becomes != "same" and not may:
            help_ = "have it applied by somebody who may say what people may do, or leave this file out"
            raise NotAllowed(Problem(f"the {change.what} {change.name} is not yours to change", FILE, help=help_))
        yield change


def _each_role(actor: Actor, wanted: WrittenRoles) -> Iterator[CostChange]:
    known = _roles()
    for name, each in wanted.role.items():
        differs = _differs(known.get(name), each)
        if differs:
            roles.set_role_of_site(actor, name, each.title, each.permissions)
        yield _change("role", name, differs, is_new=name not in known)


def _each_group(actor: Actor, wanted: WrittenRoles) -> Iterator[CostChange]:
    known = _groups()
    for name, each in wanted.group.items():
        differs = _differs(known.get(name), each)
        scope = None if each.scope is None else tuple(each.scope)
        given = GivenGroup(name=name, role=each.role, scope=scope, outside=tuple(each.outside), rank=each.rank)
        if name not in known:
            groups.add_group(actor, given)
        elif differs:
            groups.set_group(actor, given)
        yield _change("group", name, differs, is_new=name not in known)


def _differs(before: WrittenRole | WrittenGroup | None, after: WrittenRole | WrittenGroup) -> dict[str, list[str]]:
    was: dict[str, Any] = _flat(before) if before else {}
    return audit.differences(was, _flat(after))


def _flat(each: WrittenRole | WrittenGroup) -> dict[str, Any]:
    """Return what is written as the audit compares it: lists in one line, an empty scope beside none."""
    told = msgspec.structs.asdict(each)
    return {
        name: " ".join(sorted(map(_in_line, value))) or "nothing" if isinstance(value, list) else value
        for name, value in told.items()
    }


def _in_line(value: str | ScopeLine) -> str:
    return value if isinstance(value, str) else "; ".join(f"{word}={text}" for word, text in value.items())


def _change(what: str, name: str, differs: dict[str, list[str]], *, is_new: bool) -> CostChange:
    return CostChange(what, name, "add" if is_new else "change" if differs else "same", differs)
