"""`/api/people`: who may sign in. For commands on the machine; in a browser administrators have the page *People*."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from msgspec.structs import asdict
from ninja import Schema
from pydantic import ConfigDict, Field

from tollbook.engine.runtime import engine
from tollbook.model.problem import Problem
from tollbook.site.people import invitations, operations, second_step
from tollbook.web.api.listing import answer, listed
from tollbook.web.api.shapes import lists
from tollbook.web.api.words import WordRouter
from tollbook.web.people.actors import actor_of, check_command
from tollbook.web.people.giving import checked_access, told_access
from tollbook.web.people.roles import needs

router = WordRouter(tags=["people"])

_REFUSAL = Problem(
    "only a command on the machine manages people here",
    "whoever sets a password could sign in as anybody",
    help="use `tollbook person` on the machine, or the page People",
)
Name = Annotated[str, Field(max_length=150)]
Password = Annotated[str, Field(max_length=1000)]


ScopeText = Annotated[str, Field(max_length=4000)]


class NewPerson(Schema):
    """A person to let in, in a role; `scope` is lines of filter words, empty for every call.

    `telephones_of` is who they are in the directory, by name or mail. A `group` counts instead of role and scope.
    """

    model_config = ConfigDict(extra="forbid")

    name: Name
    password: Password
    role: Name = "viewer"
    scope: ScopeText = ""
    telephones_of: Name = ""
    group: Name = ""


class InvitedPerson(Schema):
    """A person to invite by mail, who chooses a password by a link; else as a person who is let in."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    mail: Annotated[str, Field(max_length=254)]
    role: Name = "viewer"
    scope: ScopeText = ""
    telephones_of: Name = ""
    group: Name = ""


class ChangedPerson(Schema):
    """What to change about a person; what is null stays. Who is given a role leaves their group."""

    model_config = ConfigDict(extra="forbid")

    password: Password | None = None
    role: Name | None = None
    scope: ScopeText | None = None
    telephones_of: Name | None = None
    group: Name | None = None
    mail: Annotated[str, Field(max_length=254)] | None = None
    second_step: Literal["off"] | None = None


class ShownPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A person who may sign in: since when, and when they last did (UTC, ISO 8601 with `Z`; None: never)."""

    name: str
    role: str
    scope: str
    telephones_of: str
    group: str
    mail: str
    second_step: bool
    added_at: str
    last_at: str | None


@router.get("/people", include_in_schema=False, openapi_extra=lists(ShownPerson))
@needs("people.change")
def list_people(request: HttpRequest) -> HttpResponseBase:
    """List everybody by name."""
    check_command(request, _REFUSAL)
    return listed(request, ShownPerson.__struct_fields__, (asdict(_shown(each)) for each in operations.every()))


@router.post("/people", include_in_schema=False)
@needs("people.change")
def add(request: HttpRequest, person: NewPerson) -> HttpResponse:
    """Let a person sign in."""
    check_command(request, _REFUSAL)
    given = checked_access(person.role, person.scope, person.telephones_of, person.group)
    return answer(_shown(operations.add_person(actor_of(request), person.name, person.password, given)), 201)


@router.post("/people/invitations", include_in_schema=False)
@needs("people.change")
def invite(request: HttpRequest, person: InvitedPerson) -> HttpResponse:
    """Mail somebody a link by which they choose a password."""
    check_command(request, _REFUSAL)
    given = checked_access(person.role, person.scope, person.telephones_of, person.group)
    sent = invitations.invite(actor_of(request), person.name, person.mail, given)
    engine().outbox.put(sent.message, sent.destination, [sent.recipient])
    return answer(_shown(operations.find(person.name)), 201)


@router.patch("/people/{name}", include_in_schema=False)
@needs("people.change")
def edit(request: HttpRequest, name: str, change: ChangedPerson) -> HttpResponse:
    """Give a person another role or password."""
    check_command(request, _REFUSAL)
    actor = actor_of(request)
    parts = ("role", "scope", "telephones_of", "group")
    given = {part: text for part in parts if (text := getattr(change, part)) is not None}
    if given:
        before = asdict(told_access(operations.find(name)))
        if "role" in given or "scope" in given:
            before["group"] = ""
        operations.change_access(actor, name, checked_access(**{**before, **given}))
    if change.second_step == "off":
        second_step.switch_off(actor, operations.find(name))
    if change.mail is not None:
        invitations.set_mail(actor, name, change.mail)
    if change.password is not None:
        operations.set_password(actor, name, change.password)
    return answer(_shown(operations.find(name)))


@router.delete("/people/{name}", include_in_schema=False)
@needs("people.change")
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Take a person's access away."""
    check_command(request, _REFUSAL)
    found = operations.find(name)
    operations.remove_person(actor_of(request), found.pk)
    return answer(_shown(found))


def _shown(person: User) -> ShownPerson:
    last, told = person.last_login, told_access(person)
    return ShownPerson(
        name=person.username,
        role=told.role,
        scope=told.scope,
        telephones_of=told.telephones_of,
        group=told.group,
        mail=person.email,
        second_step=second_step.is_on(person),
        added_at=person.date_joined.isoformat(timespec="seconds").replace("+00:00", "Z"),
        last_at=last.isoformat(timespec="seconds").replace("+00:00", "Z") if last else None,
    )
