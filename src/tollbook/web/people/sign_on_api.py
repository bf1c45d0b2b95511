"""`/api/sign-on`: how people sign on elsewhere. For commands on the machine, as `/api/people`."""

from __future__ import annotations

from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Schema
from pydantic import ConfigDict, Field

from tollbook.engine.runtime import engine
from tollbook.model.problem import Misconfigured, Problem
from tollbook.site.people import outside, sign_on
from tollbook.web.api.listing import answer
from tollbook.web.api.settings import MOST, Short, Text, without_secrets
from tollbook.web.api.words import WordRouter
from tollbook.web.people.actors import actor_of, check_command
from tollbook.web.people.roles import needs
from tollbook.web.people.sign_on_trying import tried

router = WordRouter(tags=["people"])

_REFUSAL = Problem(
    "only a command on the machine says how people sign on",
    "whoever does could let themselves in as anybody",
    help="use `tollbook sign-on` on the machine, or the page People",
)


class ChangedSignOn(Schema):
    """What to change; a setting that is null is taken away."""

    model_config = ConfigDict(extra="forbid")

    settings: dict[Short, Text | None] = Field(default_factory=dict, max_length=MOST)


class GivenRules(Schema):
    """For which roles a second step is required: none, some, or `*` for all."""

    model_config = ConfigDict(extra="forbid")

    two_steps: list[Short] = Field(max_length=MOST)


class GivenLink(Schema):
    """Who a person is elsewhere: the subject that the issuer knows them by, or the unique id of an entry of LDAP."""

    model_config = ConfigDict(extra="forbid")

    kind: sign_on.SignOnKind
    subject: Annotated[str, Field(max_length=outside.LONGEST_SUBJECT)]


class ShownSignOn(msgspec.Struct, frozen=True, kw_only=True):
    """What is set for a way, without secrets, and where an issuer has to lead back to."""

    settings: dict[str, str]
    secrets: list[str]
    redirect_uri: str


def _shown(kind: str, kept: dict[str, str]) -> dict[str, object]:
    try:
        place = sign_on.redirect_uri() if kind == "oidc" else ""
    except Misconfigured:
        place = ""
    return {**without_secrets(kept, sign_on.secrets_of(kind)), "redirect_uri": place}


@router.get("/sign-on/rules", include_in_schema=False)
@needs("people.change")
def show_rules(request: HttpRequest) -> HttpResponse:
    """Show for which roles a second step is required."""
    check_command(request, _REFUSAL)
    return answer({"two_steps": sign_on.two_step_roles()})


@router.put("/sign-on/rules", include_in_schema=False)
@needs("people.change")
def set_rules(request: HttpRequest, rules: GivenRules) -> HttpResponse:
    """Say for which roles a second step is required."""
    check_command(request, _REFUSAL)
    return answer({"two_steps": sign_on.require_two_steps(actor_of(request), rules.two_steps)})


@router.get("/sign-on/{kind}", include_in_schema=False)
@needs("people.change")
def show_sign_on(request: HttpRequest, kind: sign_on.SignOnKind) -> HttpResponse:
    """Show how people sign on by a way."""
    check_command(request, _REFUSAL)
    return answer(_shown(kind, sign_on.settings_of(kind)))


@router.patch("/sign-on/{kind}", include_in_schema=False)
@needs("people.change")
def change_sign_on(request: HttpRequest, kind: sign_on.SignOnKind, change: ChangedSignOn) -> HttpResponse:
    """Set up how people sign on by a way, or change it."""
    check_command(request, _REFUSAL)
    return answer(_shown(kind, sign_on.change(actor_of(request), kind, change.settings, engine().site.fence)))


@router.post("/sign-on/{kind}/test", include_in_schema=False)
@needs("people.change")
def test_sign_on(request: HttpRequest, kind: sign_on.SignOnKind) -> HttpResponse:
    """Reach the other side, and say what was found."""
    check_command(request, _REFUSAL)
    return answer(tried(kind))


@router.delete("/sign-on/{kind}", include_in_schema=False)
@needs("people.change")
def remove_sign_on(request: HttpRequest, kind: sign_on.SignOnKind) -> HttpResponse:
    """End that people sign on by a way."""
    check_command(request, _REFUSAL)
    return answer(_shown(kind, sign_on.remove(actor_of(request), kind)))


@router.put("/people/{name}/link", include_in_schema=False)
@needs("people.change")
def link_person(request: HttpRequest, name: str, link: GivenLink) -> HttpResponse:
    """Have a person of this site be somebody elsewhere."""
    check_command(request, _REFUSAL)
    found = outside.link(actor_of(request), name, sign_on.issuer_named(link.kind), link.subject)
    return answer({"name": found.username, "issuer": outside.issuer_of(found)})


@router.delete("/people/{name}/link", include_in_schema=False)
@needs("people.change")
def unlink_person(request: HttpRequest, name: str) -> HttpResponse:
    """Have a person sign on nowhere else any more."""
    check_command(request, _REFUSAL)
    return answer({"name": outside.unlink(actor_of(request), name).username, "issuer": ""})
