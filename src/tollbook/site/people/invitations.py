"""Links by mail that let somebody choose a password: an invitation, or another password for one that was forgotten.

A link is a signed text (Django's signing) with the person's number and a digest of what a sign-in or another password
changes: so it is good once, and until it ends. It is kept nowhere but in the outbox until it is sent, and in no log.
"""

from __future__ import annotations

import hmac
import uuid
from datetime import timedelta

import msgspec
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.crypto import salted_hmac

from tollbook.model.actor import Actor
from tollbook.model.message import DeliveryMessage
from tollbook.model.problem import Misconfigured, NotAllowed, Problem
from tollbook.site.audit import operations as audit
from tollbook.site.destinations import operations as destinations
from tollbook.site.people.access import GivenAccess, set_access
from tollbook.site.people.models import OutsidePersonRecord
from tollbook.site.people.operations import find
from tollbook.site.people.sessions import end_sessions

INVITATION = timedelta(days=3)
RESET = timedelta(hours=1)
_SALT = "tollbook.people.link"
_LONGEST_LINK, _LONGEST_MAIL = 500, 254
PLACE = "/welcome/"
"""Where links lead, behind the address of the pages."""


class MailedLink(msgspec.Struct, frozen=True, kw_only=True):
    """A message with a link, and which destination takes it to whom."""

    message: DeliveryMessage
    destination: str
    recipient: str


def mail_problems() -> list[Problem]:
    """Return why no link can be sent: without a mail server, or an address of the pages."""
    problems = []
    if not mail_destination():
        help_ = "add one: Set-up, Deliveries, or tollbook destination add NAME --kind mail"
        problems.append(Problem("no mail can be sent", "this site has no destination for mail", help=help_))
    if not destinations.pages_address():
        help_ = "set it: Set-up, Deliveries, or tollbook destination address https://…"
        problems.append(Problem("links lead nowhere", "the pages have no public address yet", help=help_))
    return problems


def mail_destination() -> str:
    """Return the first destination by name that sends mail and is not paused; empty where there is none."""
    return next((each.name for each in destinations.every() if each.kind == "mail" and not each.paused), "")


@transaction.atomic
def invite(actor: Actor, name: str, mail: str, given: GivenAccess) -> MailedLink:
    """Let somebody in who chooses a password by a link, and return what is mailed; again for who has none yet.

    A link of before is good no more. Raises `Misconfigured` with every fault.
    """
    person = User.objects.filter(username__iexact=name).first()
    problems = [*mail_problems(), *_address_problems(mail)]
    if person and (person.has_usable_password() or OutsidePersonRecord.objects.filter(user=person).exists()):
        problems.append(Problem(f"{name!r} cannot be invited", "somebody has this name and signs in already"))
    try:
        User.username_validator(name)
    except ValidationError as fault:
        problems += [Problem(f"{name!r} cannot be a person's name", text) for text in fault.messages]
    if problems:
        raise Misconfigured(*problems)
    is_new = person is None
    person = person or User.objects.create_user(name)
    person.email = mail
    person.set_unusable_password()
    person.save()
    set_access(actor, person, given, "person.add" if is_new else "person.role")
    audit.record(actor, "person.invite", person.username)
    return _mailed(person, "invite")


def forgotten(typed: str) -> MailedLink | None:
    """Return what is mailed to somebody who has forgotten their password; None where nothing is.

    Somebody is meant by their name or mail. Who signs on elsewhere has no password here, and gets none.
    """
    found = User.objects.filter(is_active=True, username__iexact=typed) or User.objects.filter(
        is_active=True, email__iexact=typed
    )
    people = [each for each in found[:2] if each.email and each.has_usable_password()] if typed else []
    if len(people) != 1 or mail_problems():
        return None
    return _mailed(people[0], "reset")


def person_of_link(link: str) -> User | None:
    """Return who a link is of; None for one that is none, was used, or has ended."""
    if len(link) > _LONGEST_LINK:
        return None
    try:
        told = signing.loads(link, salt=_SALT, max_age=INVITATION)
        ended = told["for"] == "reset" and not _is_young(link)
        person = User.objects.filter(pk=told["user"], is_active=True).first()
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return None
    if person is None or ended or not hmac.compare_digest(str(told["state"]), _state(person)):
        return None
    return person


@transaction.atomic
def choose_password(actor: Actor, link: str, password: str) -> User:
    """Give whom a link is of a password, which ends the link and every session.

    Raises `NotAllowed` for a link that opens nothing, `Misconfigured` for a password that will not do.
    """
    person = person_of_link(link)
    if person is None:
        reason = "it was used already, or its time is over"
        raise NotAllowed(Problem("this link opens nothing", reason, help="ask for another one"))
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
def set_mail(actor: Actor, name: str, mail: str) -> User:
    """Say to which address mails to a person go, empty for none; raises `Misconfigured`, `NotThere`."""
    person = find(name)
    problems = _address_problems(mail) if mail else []
    if problems:
        raise Misconfigured(*problems)
    before, person.email = person.email, mail
    person.save(update_fields=["email"])
    if before != mail:
        audit.record(actor, "person.mail", person.username, {"mail": [before, mail]})
    return person


def _is_young(link: str) -> bool:
    try:
        signing.loads(link, salt=_SALT, max_age=RESET)
    except signing.BadSignature:
        return False
    return True


def _address_problems(mail: str) -> list[Problem]:
    try:
        validate_email(mail)
    except ValidationError:
        return [Problem(f"{mail[:100]!r} cannot be a mail address", "it is none", help="such as maria@example.com")]
    if not mail.isascii() or len(mail) > _LONGEST_MAIL:
        return [Problem(f"{mail[:100]!r} cannot be a mail address", "it is too long, or has letters that mail lacks")]
    return []


def _state(person: User) -> str:
    """Return a digest of what a password or a sign-in changes."""
    text = f"{person.pk} {person.password} {person.last_login} {person.email}"
    return salted_hmac(_SALT, text, algorithm="sha256").hexdigest()[:32]


def _mailed(person: User, purpose: str) -> MailedLink:
    link = signing.dumps({"user": person.pk, "for": purpose, "state": _state(person)}, salt=_SALT)
    address = f"{destinations.pages_address()}{PLACE}{link}/"
    is_new = purpose == "invite"
    begin = "You are invited to Tollbook" if is_new else "Somebody, probably you, asked for another password"
    lasts = "for 3 days" if is_new else "for an hour"
    text = (
        f"{begin}. Your name there is {person.username}.\n\nChoose a password here:\n{address}\n\n"
        f"The link works once, {lasts}. If you did not expect this mail, do nothing.\n"
    )
    subject = "Your invitation to Tollbook" if is_new else "Another password for Tollbook"
    message = DeliveryMessage(key=f"person-{uuid.uuid4().hex}", subject=subject, text=text, topic="people")
    return MailedLink(message=message, destination=mail_destination(), recipient=person.email)
