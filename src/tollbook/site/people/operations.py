"""Who may sign in, and in which role."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from tollbook.model.actor import Actor
from tollbook.model.problem import Misconfigured, NotAllowed, NotThere, Problem, nearest
from tollbook.site.audit import operations as audit
from tollbook.site.people.access import GivenAccess, set_access
from tollbook.site.people.models import PersonAccessRecord
from tollbook.site.people.roles import roles
from tollbook.site.people.sessions import end_sessions


def users_exist() -> bool:
    """Say whether anybody can sign in."""
    return User.objects.exists()


@transaction.atomic
def add_person(actor: Actor, name: str, password: str, given: GivenAccess) -> User:
    """Let a person sign in; raises `Misconfigured` when the name is taken or the password will not do."""
    problems = []
    if not name or User.objects.filter(username__iexact=name).exists():
        problems.append(
            Problem(f"{name!r} cannot be a person's name", "it is empty or taken already", help="choose another")
        )
    known = roles()
    if given.role not in known and not given.group:
        help_ = nearest(given.role, known)
        problems.append(Problem(f"no role is called {given.role!r}", f"known are: {', '.join(known)}", help=help_))
    try:
        User.username_validator(name)
        validate_password(password, User(username=name))
    except ValidationError as fault:
        problems += [Problem("the name or password will not do", message) for message in fault.messages]
    if problems:
        raise Misconfigured(*problems)
    added = User.objects.create_user(name, password=password)
    set_access(actor, added, given, "person.add")
    return added


@transaction.atomic
def add_first_admin(actor: Actor, name: str, password: str) -> User:
    """Add the first administrator of a site; raises `Misconfigured` as `add_person`, and where there is somebody."""
    if users_exist():
        raise Misconfigured(Problem("there is an administrator already", "this is for a site that has nobody"))
    return add_person(actor, name, password, GivenAccess(role="admin"))


@transaction.atomic
def remove_person(actor: Actor, number: int) -> str:
    """Take a person's access away and return their name; raises `NotThere`.

    Nobody removes themselves or the last administrator (`NotAllowed`).
    """
    gone = User.objects.filter(pk=number).first()
    if gone is None:
        raise NotThere(Problem("there is no such person", "somebody has removed them already"))
    if actor.kind == "person" and gone.username == actor.name:
        raise NotAllowed(Problem("you cannot remove yourself", "one administrator has to stay", help="another can"))
    _check_not_last(gone)
    gone.delete()
    audit.record(actor, "person.remove", gone.username)
    return gone.username


def every() -> list[User]:
    """Return everybody who may sign in, by name."""
    return list(User.objects.order_by("username"))


def find(name: str) -> User:
    """Return a person, however their name is spelt; raises `NotThere`."""
    found = User.objects.filter(username__iexact=name).first()
    if found is None:
        names = User.objects.values_list("username", flat=True)
        raise NotThere(Problem(f"nobody is called {name!r}", "this site has no such person", help=nearest(name, names)))
    return found


@transaction.atomic
def set_password(actor: Actor, name: str, password: str) -> User:
    """Give a person another password, which signs them out everywhere.

    Raises `NotThere`, and `Misconfigured` for one that will not do.
    """
    person = find(name)
    try:
        validate_password(password, person)
    except ValidationError as fault:
        raise Misconfigured(*(Problem("the password will not do", text) for text in fault.messages)) from fault
    person.set_password(password)
    person.save(update_fields=["password"])
    end_sessions(person)
    audit.record(actor, "person.password", person.username)
    return person


@transaction.atomic
def change_access(actor: Actor, name: str, given: GivenAccess) -> User:
    """Let a person do and see more or less, which signs them out everywhere.

    Raises `NotThere`, `Misconfigured`, or `NotAllowed` for the last administrator.
    """
    person = find(name)
    was_last = _is_last(person)
    set_access(actor, person, given, "person.group" if given.group else "person.role")
    if was_last and not person.is_staff:
        raise NotAllowed(_last(person))
    end_sessions(person)
    return person


def given_access(person: User) -> GivenAccess:
    """Return what a person was given: a group, or a role and a scope of their own."""
    record = PersonAccessRecord.objects.filter(user=person).select_related("group").first()
    if record is None:
        return GivenAccess(role="", scope=())
    if record.group:
        return GivenAccess(role="", telephones_of=record.telephones_of, group=record.group.name)
    scope = None if record.scope is None else tuple(record.scope)
    return GivenAccess(role=record.role, scope=scope, telephones_of=record.telephones_of)


def people_of_role(name: str) -> int:
    """Return how many people have a role themselves."""
    return PersonAccessRecord.objects.filter(role=name, group=None).count()


def role_of(person: User) -> str:
    """Return the role of a person, which is that of their group where they are in one."""
    record = PersonAccessRecord.objects.filter(user=person).select_related("group").first()
    return "" if record is None else (record.group or record).role


def _check_not_last(person: User) -> None:
    """Raise `NotAllowed` where nobody else is an administrator."""
    if _is_last(person):
        raise NotAllowed(_last(person))


def _is_last(person: User) -> bool:
    return person.is_staff and not User.objects.filter(is_staff=True, is_active=True).exclude(pk=person.pk).exists()


def _last(person: User) -> Problem:
    reason = "one administrator has to stay"
    help_ = "let somebody else be one first: tollbook person role NAME admin"
    return Problem(f"{person.username} is the last administrator", reason, help=help_)
