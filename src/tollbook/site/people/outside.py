"""People who sign on elsewhere: who they are here, and what their groups there give them.

Somebody is known by issuer and subject, never by a mail or a name: those may be given to another person there. A person
whom an administrator has linked keeps what they were given; everybody else gets, at each sign-on, the first of our
groups by rank that one of theirs is named in, and without one is not let in.
"""

from __future__ import annotations

import re

import msgspec
from django.contrib.auth.models import User
from django.db import transaction

from tollbook.model.actor import TOLLBOOK, Actor
from tollbook.model.problem import Misconfigured, NotAllowed, NotThere, Problem
from tollbook.site.audit import operations as audit
from tollbook.site.directory.models import PersonRecord
from tollbook.site.people.access import GivenAccess, set_access
from tollbook.site.people.groups import find_group, group_of_outside
from tollbook.site.people.models import GroupRecord, OutsidePersonRecord, PersonAccessRecord
from tollbook.site.people.operations import find
from tollbook.site.people.sessions import end_sessions

LONGEST_SUBJECT = 255
LDAP = "ldap"
"""What stands for the issuer of who signs on by LDAP: their subject is the unique id of their entry."""
_LONGEST_NAME = 150
_NOT_IN_NAMES = re.compile(r"[^\w.@+-]+")


class PersonElsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody as they signed on elsewhere. `mail` is one that was verified there, else empty."""

    issuer: str
    subject: str
    name: str
    mail: str = ""
    groups: tuple[str, ...] = ()


class SignOnRules(msgspec.Struct, frozen=True, kw_only=True):
    """Whether somebody who comes for the first time is let in, and the group of those whose groups are none of ours."""

    makes_people: bool = True
    fallback_group: str = ""


@transaction.atomic
def person_of(who: PersonElsewhere, rules: SignOnRules) -> User:
    """Return who somebody is here, with what their groups give them; raises `NotAllowed` for who is not let in."""
    if not 0 < len(who.subject) <= LONGEST_SUBJECT:
        raise NotAllowed(Problem("you cannot be told from others", "the other side does not say who you are"))
    known = OutsidePersonRecord.objects.filter(issuer=who.issuer, subject=who.subject).select_related("user").first()
    if known is None:
        return _first_time(who, rules)
    if not known.user.is_active:
        raise NotAllowed(Problem("you are not let in", "an administrator has locked you out here"))
    if known.follows:
        _follow(known.user, _group(who, rules), who.mail)
    return known.user


@transaction.atomic
def link(actor: Actor, name: str, issuer: str, subject: str) -> User:
    """Have a person of this site be somebody elsewhere, who keeps what they may do here; raises `Misconfigured`."""
    person = find(name)
    other = OutsidePersonRecord.objects.filter(issuer=issuer, subject=subject).select_related("user").first()
    if not 0 < len(subject) <= LONGEST_SUBJECT:
        raise Misconfigured(Problem("this cannot be a subject", f"it has 1 to {LONGEST_SUBJECT} characters"))
    if other and other.user != person:
        reason = "one subject of an issuer is one person"
        raise Misconfigured(Problem(f"this subject is {other.user.username} already", reason))
    OutsidePersonRecord.objects.update_or_create(
        issuer=issuer, subject=subject, defaults={"user": person, "follows": False}
    )
    audit.record(actor, "person.link", person.username, {"subject": ["", subject]})
    return person


@transaction.atomic
def unlink(actor: Actor, name: str) -> User:
    """Have a person sign on nowhere else any more, and sign them out; raises `NotThere` where they do not."""
    person = find(name)
    gone, _ = OutsidePersonRecord.objects.filter(user=person).delete()
    if not gone:
        raise NotThere(Problem(f"{person.username} signs on nowhere else", "there is nothing to take away"))
    end_sessions(person)
    audit.record(actor, "person.unlink", person.username)
    return person


def issuer_of(person: User) -> str:
    """Return where a person signs on, `ldap` or the address of an issuer; empty where it is here alone."""
    found = OutsidePersonRecord.objects.filter(user=person).first()
    return found.issuer if found else ""


def issuers() -> dict[int, str]:
    """Return where people sign on, by the number of the person."""
    return dict(OutsidePersonRecord.objects.values_list("user_id", "issuer"))


def _group(who: PersonElsewhere, rules: SignOnRules) -> GroupRecord:
    found = group_of_outside(who.groups)
    if found is None and rules.fallback_group:
        found = find_group(rules.fallback_group)
    if found is None:
        reason = "none of your groups there is one that may sign in here"
        help_ = "ask an administrator of Tollbook to name one of your groups in a group here"
        raise NotAllowed(Problem("you are not let in", reason, help=help_))
    return found


def _first_time(who: PersonElsewhere, rules: SignOnRules) -> User:
    """Let somebody in who comes for the first time."""
    if not rules.makes_people:
        reason = "nobody is let in here by their first sign-on alone"
        help_ = f"ask an administrator: tollbook person link NAME {who.subject!r}"
        raise NotAllowed(Problem("you are not known here yet", reason, help=help_))
    group = _group(who, rules)
    person = User.objects.create_user(_free_name(who.name or who.mail.partition("@")[0]), email=who.mail)
    OutsidePersonRecord.objects.create(user=person, issuer=who.issuer, subject=who.subject)
    given = GivenAccess(role="", group=group.name, telephones_of=_in_directory(who.mail))
    set_access(TOLLBOOK, person, given, "person.add")
    return person


def _follow(person: User, group: GroupRecord, mail: str) -> None:
    """Give a person the group that they have by now; another one signs them out wherever they are signed in."""
    held = PersonAccessRecord.objects.filter(user=person).first()
    if held is None or held.group_id != group.pk:
        given = GivenAccess(role="", group=group.name, telephones_of=held.telephones_of if held else None)
        set_access(TOLLBOOK, person, given, "person.group")
        end_sessions(person)
    if mail and person.email != mail:
        person.email = mail
        person.save(update_fields=["email"])


def _in_directory(mail: str) -> int | None:
    """Return who has a mail in the directory, if just one person has."""
    found = list(PersonRecord.objects.filter(mail__iexact=mail).values_list("pk", flat=True)[:2]) if mail else []
    return found[0] if len(found) == 1 else None


def _free_name(wanted: str) -> str:
    """Return a name that nobody has here: the one that is wanted, else with a number behind it."""
    plain = _NOT_IN_NAMES.sub("-", wanted).strip("-")[: _LONGEST_NAME - 10] or "person"
    taken = {
        name.casefold() for name in User.objects.filter(username__istartswith=plain).values_list("username", flat=True)
    }
    tried = (plain, *(f"{plain}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in tried if name.casefold() not in taken)
