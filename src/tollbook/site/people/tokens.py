"""Tokens for programs: each has a name, a permission and an end, and only its digest is kept.

A token is shown once, when it is made. The permission `read` lets it look and change nothing. What it may look at or
change is what a role may, else what a viewer or an administrator may; a scope keeps it to some calls. No token may make
tokens or let people in: that is the owner's.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from django.db import transaction
from msgspec import Meta

from tollbook import clock
from tollbook.model.actor import Actor
from tollbook.model.pbx import NAME
from tollbook.model.problem import Misconfigured, NotThere, Problem, nearest
from tollbook.site.audit import operations as audit
from tollbook.site.people.access import GivenAccess, scope_problems, told_scope
from tollbook.site.people.models import TokenRecord
from tollbook.site.people.roles import role_named

PERMISSIONS = ("read", "change")
LONGEST_DAYS = 3650
_PREFIX = "tollbook_"
"""So that a scanner for lost secrets knows one."""


class KnownToken(msgspec.Struct, frozen=True, kw_only=True):
    """What may be known of a token: everything but itself. Instants are UTC, ISO 8601 with `Z`; None: it never ends."""

    name: str
    permission: Annotated[str, Meta(extra_json_schema={"enum": list(PERMISSIONS)})]
    role: str
    scope: str
    added_at: str
    ends_at: str | None
    over: bool


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def known(token: str) -> TokenRecord | None:
    """Return what is known of a token; None for one that there is not, or that has ended."""
    if not token.startswith(_PREFIX):
        return None
    found = TokenRecord.objects.filter(digest=_digest(token)).first()
    if found is None or (found.expires_at and found.expires_at <= clock.now()):
        return None
    return found


def every() -> list[TokenRecord]:
    """Return every token by name, ended ones too."""
    return list(TokenRecord.objects.all())


class AskedToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token to make: for how many days (0: it never ends), and what of calls it may see.

    Without a role it may what a viewer may, or an administrator where it may change.
    """

    name: str
    permission: str = "read"
    days: int = 0
    access: GivenAccess = GivenAccess(role="")


@transaction.atomic
def make(actor: Actor, asked: AskedToken) -> tuple[TokenRecord, str]:
    """Make a token; return what is kept of it, and the token itself. Raises `Misconfigured`, `NotThere` for no role."""
    name, permission, days, access = asked.name, asked.permission, asked.days, asked.access
    problems = [*scope_problems(access.scope)]
    if access.role:
        role_named(access.role)
    if not NAME.fullmatch(name):
        reason = "a name is 1 to 40 small letters, digits and hyphens, and begins with a letter or digit"
        problems.append(Problem(f"{name!r} cannot be a token's name", reason, help="for example 'wallboard'"))
    if permission not in PERMISSIONS:
        problems.append(Problem(f"no permission is called {permission!r}", f"known are: {', '.join(PERMISSIONS)}"))
    if not 0 <= days <= LONGEST_DAYS:
        problems.append(Problem(f"'days' must be between 0 and {LONGEST_DAYS}", f"got {days}", help="0: it never ends"))
    if TokenRecord.objects.filter(name=name).exists():
        problems.append(
            Problem(
                f"there is a token called {name!r} already",
                "a name stands for one token",
                help="remove that one first, or choose another name",
            )
        )
    if problems:
        raise Misconfigured(*problems)
    token = _PREFIX + secrets.token_urlsafe(32)
    ends = clock.now() + timedelta(days=days) if days else None
    kept = TokenRecord.objects.create(
        name=name,
        digest=_digest(token),
        permission=permission,
        role=access.role,
        scope=None if access.scope is None else [dict(line) for line in access.scope],
        expires_at=ends,
    )
    told = {"permission": permission, "role": access.role, "scope": told_scope(access.scope)}
    told["days"] = str(days or "never ends")
    audit.record(actor, "token.make", name, {each: ["", text] for each, text in told.items() if text})
    return kept, token


@transaction.atomic
def remove(actor: Actor, name: str) -> KnownToken:
    """Let a token open nothing any more; returns what was known of it. Raises `NotThere`."""
    found = TokenRecord.objects.filter(name=name).first()
    if found is None:
        names = TokenRecord.objects.values_list("name", flat=True)
        raise NotThere(Problem(f"no token is called {name!r}", "there is no such token", help=nearest(name, names)))
    told = shown(found)
    found.delete()
    audit.record(actor, "token.remove", name)
    return told


def shown(token: TokenRecord) -> KnownToken:
    """Return a token as it may be shown."""
    return KnownToken(
        name=token.name,
        permission=token.permission,
        role=token.role,
        scope="" if token.scope is None else told_scope(token.scope),
        added_at=_instant(token.added_at),
        ends_at=_instant(token.expires_at) if token.expires_at else None,
        over=bool(token.expires_at and token.expires_at <= clock.now()),
    )


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
