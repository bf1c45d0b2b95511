"""Who makes a request, for the audit."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.models import User
from django.http import HttpRequest

from tollbook import clock
from tollbook.model.actor import Actor
from tollbook.model.problem import NotAllowed, Problem
from tollbook.site.audit import operations as audit
from tollbook.site.people.models import TokenRecord
from tollbook.site.people.sessions import BEGUN

OWNER = "owner"
"""What the API knows a holder of the site's own token as."""
USER_HEADER = "Tollbook-User"
"""Who gave a command on the machine; believed of a holder of the site's own token alone."""
_LONGEST_NAME, _LONGEST_PROGRAM = 150, 200


def person(request: HttpRequest) -> User:
    """Return who is signed in; only for requests of pages behind the sign-in."""
    return cast("User", request.user)


def address_of(request: HttpRequest) -> str:
    """Return the address that a request came from; nothing for one within this process."""
    return str(request.META.get("REMOTE_ADDR") or "")


def actor_of(request: HttpRequest) -> Actor:
    """Return who makes a request; only for those that were let in."""
    address, known = address_of(request), getattr(request, "auth", None)
    if isinstance(known, TokenRecord):
        return Actor(kind="token", name=known.name, address=address)
    if known == OWNER:
        name = request.headers.get(USER_HEADER, "")[:_LONGEST_NAME]
        return Actor(kind="command", name=name or OWNER, address=address)
    return Actor(kind="person", name=person(request).get_username(), address=address)


def check_command(request: HttpRequest, refusal: Problem) -> None:
    """Raise `NotAllowed` with a problem for whoever asks otherwise than by a command on the machine."""
    if getattr(request, "auth", None) != OWNER:
        raise NotAllowed(refusal)


def note_sign_in(request: HttpRequest, user: User, **_more: object) -> None:
    """Note in the audit, and in the session, that a person has signed in."""
    name = user.get_username()
    program = request.headers.get("User-Agent", "")[:_LONGEST_PROGRAM]
    told = {"at": int(clock.now().timestamp()), "address": address_of(request), "program": program}
    request.session[BEGUN] = told
    audit.record(Actor(kind="person", name=name, address=address_of(request)), "person.sign-in")
