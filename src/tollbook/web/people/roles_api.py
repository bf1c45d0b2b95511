"""`/api/roles`: what people may do. For commands on the machine, as `/api/people`."""

from __future__ import annotations

from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from msgspec.structs import asdict
from ninja import Schema
from pydantic import ConfigDict, Field

from tollbook.model.access import PERMISSIONS
from tollbook.model.problem import Problem
from tollbook.site.people import operations, roles
from tollbook.web.api.listing import answer, listed
from tollbook.web.api.shapes import lists
from tollbook.web.api.words import WordRouter
from tollbook.web.people.actors import actor_of, check_command
from tollbook.web.people.roles import needs

router = WordRouter(tags=["people"])

_REFUSAL = Problem(
    "only a command on the machine manages roles here",
    "whoever sets a role could let themselves do anything",
    help="use `tollbook role` on the machine",
)


class GivenRole(Schema):
    """What a role is called, and what it may do."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(max_length=60)] = ""
    permissions: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=100)]


class ShownRole(msgspec.Struct, frozen=True, kw_only=True):
    """A role: what it may do, by names with blanks between them, and how many people have it themselves."""

    name: str
    title: str
    permissions: str
    people: int


class ShownPermission(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a role may allow, and what else that needs."""

    name: str
    title: str
    needs: str


@router.get("/roles", include_in_schema=False, openapi_extra=lists(ShownRole))
@needs("people.change")
def list_roles(request: HttpRequest) -> HttpResponseBase:
    """List the roles, those that every site has first."""
    check_command(request, _REFUSAL)
    return listed(request, ShownRole.__struct_fields__, (asdict(_shown(each)) for each in roles.roles().values()))


@router.get("/roles/permissions", include_in_schema=False, openapi_extra=lists(ShownPermission))
@needs("people.change")
def list_permissions(request: HttpRequest) -> HttpResponseBase:
    """List what a role can be made of."""
    check_command(request, _REFUSAL)
    told = (
        {
            "name": name,
            "title": each.title,
            "needs": ", ".join(filter(None, ("every call" * each.whole_site, "numbers.see" * each.whole_numbers))),
        }
        for name, each in PERMISSIONS.items()
    )
    return listed(request, ShownPermission.__struct_fields__, told)


@router.put("/roles/{name}", include_in_schema=False)
@needs("people.change")
def set_role(request: HttpRequest, name: str, role: GivenRole) -> HttpResponse:
    """Make a role of the site, or change it."""
    check_command(request, _REFUSAL)
    return answer(_shown(roles.set_role_of_site(actor_of(request), name, role.title, role.permissions)))


@router.delete("/roles/{name}", include_in_schema=False)
@needs("people.change")
def remove_role(request: HttpRequest, name: str) -> HttpResponse:
    """Remove a role that nobody has."""
    check_command(request, _REFUSAL)
    return answer(_shown(roles.remove_role_of_site(actor_of(request), name)))


def _shown(role: roles.Role) -> ShownRole:
    known = [name for name in PERMISSIONS if name in role.permissions]
    count = operations.people_of_role(role.name)
    return ShownRole(name=role.name, title=role.title, permissions=" ".join(known), people=count)
