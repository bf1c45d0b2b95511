"""Who may sign in: administrators, who change things, and viewers, who look at calls."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from tollbook.model.actor import Actor
from tollbook.model.problem import Misconfigured, NotAllowed, NotThere, Problem
from tollbook.site.audit import operations as audit

ROLES = {"viewer": "look at calls", "admin": "look at calls, change PBXs and people"}


def users_exist() -> bool:
    """Say whether anybody can sign in."""
    return User.objects.exists()


@transaction.atomic
def add_person(actor: Actor, name: str, password: str, role: str) -> User:
    """Let a person sign in; raises `Misconfigured` when the name is taken or the password will not do."""
    problems = []
    if not name or User.objects.filter(username__iexact=name).exists():
        problems.append(Problem(f"{name!r} cannot be a person's name", "it is empty or taken already"))
    if role not in ROLES:
        problems.append(Problem(f"no role is called {role!r}", f"known are: {', '.join(ROLES)}"))
    try:
        User.username_validator(name)
        validate_password(password, User(username=name))
    except ValidationError as fault:
        problems += [Problem("the name or password will not do", message) for message in fault.messages]
    if problems:
        raise Misconfigured(*problems)
    added = User.objects.create_user(name, password=password, is_staff=role == "admin")
    audit.record(actor, "person.add", name, {"role": ["", role]})
    return added


@transaction.atomic
def add_first_admin(actor: Actor, name: str, password: str) -> User:
    """Add the first administrator of a site; raises `Misconfigured` as `add_person`, and where there is somebody."""
    if users_exist():
        raise Misconfigured(Problem("there is an administrator already", "this is for a site that has nobody"))
    return add_person(actor, name, password, "admin")


@transaction.atomic
def remove_person(actor: Actor, number: int) -> str:
    """Take a person's access away and return their name; raises `NotThere`.

    Nobody removes themselves (`NotAllowed`), so one administrator always stays.
    """
    gone = User.objects.filter(pk=number).first()
    if gone is None:
        raise NotThere(Problem("there is no such person", "somebody has removed them already"))
    if actor.kind == "person" and gone.username == actor.name:
        raise NotAllowed(Problem("you cannot remove yourself", "one administrator has to stay", help="another can"))
    gone.delete()
    audit.record(actor, "person.remove", gone.username)
    return gone.username
