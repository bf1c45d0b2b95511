"""What somebody may do and whose calls they see: looked up each time by who asks, so that a change counts at once."""

from __future__ import annotations

import msgspec
from django.contrib.auth.models import User
from django.db import transaction

from tollbook import clock
from tollbook.model.access import EVERYTHING_ALLOWED, NOTHING_ALLOWED, SCOPE_WORDS, Access, ScopeLine
from tollbook.model.actor import Actor
from tollbook.model.problem import Misconfigured, NotThere, Problem, nearest
from tollbook.site.audit import operations as audit
from tollbook.site.directory.models import AssignmentRecord, PersonRecord
from tollbook.site.people.models import GroupRecord, PersonAccessRecord, TokenRecord
from tollbook.site.people.roles import Role, role_named

MOST_LINES = 50
_READING = (".see", ".ask")
_ONLY_OF_PEOPLE = frozenset(("people.change", "tokens.change"))
"""What a token never allows: whoever has found one could let themselves in for good."""
_ONLY_IF_SAID = frozenset(("audit.see",))
"""What a token allows only where its role says so."""


def access_of(actor: Actor) -> Access:
    """Return what somebody may do and see; nothing for a person or token that there is no longer."""
    if actor.kind == "person":
        return _of_person(actor.name)
    if actor.kind == "token":
        found = TokenRecord.objects.filter(name=actor.name).first()
        return _of_token(found) if found else NOTHING_ALLOWED
    return EVERYTHING_ALLOWED


def _of_person(name: str) -> Access:
    record = (
        PersonAccessRecord.objects.filter(user__username=name, user__is_active=True).select_related("group").first()
    )
    if record is None:
        return NOTHING_ALLOWED
    holder = record.group or record
    return _made(holder.role, holder.scope, record.telephones_of)


def _of_token(token: TokenRecord) -> Access:
    """Return what a token allows: what its role does, else what a viewer or an administrator does."""
    if token.expires_at and token.expires_at <= clock.now():
        return NOTHING_ALLOWED
    may_change = token.permission == "change"
    made = _made(token.role or ("admin" if may_change else "viewer"), token.scope, None)
    never = _ONLY_OF_PEOPLE if token.role else _ONLY_OF_PEOPLE | _ONLY_IF_SAID
    kept = (each for each in made.permissions - never if may_change or each.endswith(_READING))
    return msgspec.structs.replace(made, permissions=frozenset(kept))


def _made(name: str, scope: list[ScopeLine] | None, telephones_of: int | None) -> Access:
    """Return the access of a role: one for people's own telephones never opens more by having no scope said."""
    try:
        role = role_named(name)
    except NotThere:
        return NOTHING_ALLOWED
    if not role.is_own and telephones_of is None:
        return Access(role=name, permissions=role.permissions, scope=None if scope is None else tuple(scope))
    own = AssignmentRecord.objects.filter(person_id=telephones_of).values_list("id", flat=True) if telephones_of else ()
    lines = None if scope is None and not role.is_own else tuple(scope or ())
    return Access(role=name, permissions=role.permissions, scope=lines, assignments=tuple(own))


class GivenAccess(msgspec.Struct, frozen=True, kw_only=True):
    """A role, a scope as lines of filter words (None: every call), and who in the directory it is, by id.

    Where a `group` is named its role and scope count instead.
    """

    role: str
    scope: tuple[ScopeLine, ...] | None = None
    telephones_of: int | None = None
    group: str = ""


@transaction.atomic
def set_access(actor: Actor, person: User, given: GivenAccess, action: str = "person.role") -> None:
    """Say what a person may do and see; raises `Misconfigured` with every fault, `NotThere` for no such role or group.

    Who is in a group has no role of their own: out of it, they may nothing before they are given one.
    """
    group = _group(given.group)
    role = role_named(group.role if group else given.role)
    if problems := [*scope_problems(given.scope), *_directory_problems(given)]:
        raise Misconfigured(*problems)
    if not group and (problems := _own_problems(role, given)):
        raise Misconfigured(*problems)
    before = PersonAccessRecord.objects.filter(user=person).select_related("group").first()
    own = None if given.scope is None else [dict(line) for line in given.scope]
    after, _ = PersonAccessRecord.objects.update_or_create(
        user=person,
        defaults={
            "role": "" if group else given.role,
            "scope": [] if group else own,
            "telephones_of": given.telephones_of,
            "group": group,
        },
    )
    is_staff = role.name == "admin"
    if person.is_staff != is_staff:
        person.is_staff = is_staff
        person.save(update_fields=["is_staff"])
    told = audit.differences(_told(before), _told(after))
    if told:
        audit.record(actor, action, person.username, told)


def _group(name: str) -> GroupRecord | None:
    if not name:
        return None
    found = GroupRecord.objects.filter(name=name).first()
    if found is None:
        names = GroupRecord.objects.values_list("name", flat=True)
        raise NotThere(Problem(f"no group is called {name!r}", "this site has no such", help=nearest(name, names)))
    return found


def _told(record: PersonAccessRecord | None) -> dict[str, str]:
    """Return what somebody may do and see as the audit has it; nothing before they may anything."""
    if record is None:
        return {}
    if record.group:
        return {"group": record.group.name}
    return {"role": record.role, "scope": told_scope(record.scope)}


def _directory_problems(given: GivenAccess) -> list[Problem]:
    if given.telephones_of is None or PersonRecord.objects.filter(pk=given.telephones_of).exists():
        return []
    return [Problem("there is no such person in the directory", f"nobody has the number {given.telephones_of}")]


def _own_problems(role: Role, given: GivenAccess) -> list[Problem]:
    if role.is_own and given.telephones_of is None and not given.scope:
        reason = f"a {role.title} sees the calls of their own telephones"
        help_ = "say who they are in the directory: --telephones-of NAME"
        return [Problem("it is not said whose telephones are meant", reason, help=help_)]
    return []


def scope_problems(scope: tuple[ScopeLine, ...] | None) -> list[Problem]:
    """Return what is wrong with the words of a scope."""
    if scope is None:
        return []
    if len(scope) > MOST_LINES:
        return [Problem("the scope is too long", f"it has {len(scope)} lines of {MOST_LINES}")]
    return [
        Problem(
            f"a scope cannot be made of {name!r}", f"it takes {', '.join(SCOPE_WORDS)}", help=nearest(name, SCOPE_WORDS)
        )
        for line in scope
        for name in line
        if name not in SCOPE_WORDS
    ]


def told_scope(scope: list[ScopeLine] | tuple[ScopeLine, ...] | None) -> str:
    r"""Return a scope as people write it, a line for each: `department=Sales; pbx=front`.

    >>> told_scope([{"department": "Sales", "pbx": "front"}, {"extension": "101"}])
    'department=Sales; pbx=front\nextension=101'
    """
    if scope is None:
        return "every call"
    return "\n".join("; ".join(f"{name}={text}" for name, text in line.items()) for line in scope) or "no call"


def read_scope(text: str) -> tuple[ScopeLine, ...] | None:
    """Return the scope that a text means, a line for each of its lines; nothing at all is every call.

    Raises `Misconfigured`.

    >>> read_scope("department=Sales; pbx=front")
    ({'department': 'Sales', 'pbx': 'front'},)
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return None
    return tuple(_read_line(line) for line in lines)


def _read_line(line: str) -> dict[str, str]:
    read: dict[str, str] = {}
    for part in line.split(";"):
        name, equals, value = part.partition("=")
        if not equals or not name.strip() or not value.strip():
            help_ = "write department=Sales, or several words with ; between them: department=Sales; pbx=front"
            raise Misconfigured(Problem("the scope cannot be read", f"got {line[:100]!r}", help=help_))
        read[name.strip()] = value.strip()
    return read
