"""`/api/groups`: people of one role and scope. For commands on the machine, as `/api/people`."""

from __future__ import annotations

from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from msgspec.structs import asdict
from ninja import Schema
from pydantic import ConfigDict, Field

from tollbook.model.problem import Problem
from tollbook.site.people import groups
from tollbook.site.people.access import told_scope
from tollbook.site.people.models import GroupRecord
from tollbook.web.api.listing import answer, listed
from tollbook.web.api.shapes import lists
from tollbook.web.api.words import WordRouter
from tollbook.web.people.actors import actor_of, check_command
from tollbook.web.people.giving import checked_scope
from tollbook.web.people.roles import needs

router = WordRouter(tags=["people"])

_REFUSAL = Problem(
    "only a command on the machine manages groups here",
    "whoever sets a group could let themselves do anything",
    help="use `tollbook group` on the machine, or the page People",
)
Name = Annotated[str, Field(max_length=40)]
OutsideName = Annotated[str, Field(max_length=groups.LONGEST_OUTSIDE)]


class NewGroup(Schema):
    """A group: `scope` is lines of filter words, empty for every call; `outside` what it is called elsewhere."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    role: Name
    scope: Annotated[str, Field(max_length=4000)] = ""
    outside: list[OutsideName] = Field(default_factory=list, max_length=1000)
    rank: int = 100


class ChangedGroup(Schema):
    """What to change about a group; what is null stays."""

    model_config = ConfigDict(extra="forbid")

    role: Name | None = None
    scope: Annotated[str, Field(max_length=4000)] | None = None
    outside: Annotated[list[OutsideName], Field(max_length=1000)] | None = None
    rank: int | None = None


class ShownGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A group, and the names of who is in it."""

    name: str
    role: str
    scope: str
    outside: list[str]
    rank: int
    people: list[str]


@router.get("/groups", include_in_schema=False, openapi_extra=lists(ShownGroup))
@needs("people.change")
def list_groups(request: HttpRequest) -> HttpResponseBase:
    """List the groups, those of the lowest rank first."""
    check_command(request, _REFUSAL)
    return listed(request, ShownGroup.__struct_fields__, (asdict(_shown(each)) for each in groups.every_group()))


@router.post("/groups", include_in_schema=False)
@needs("people.change")
def add_group(request: HttpRequest, group: NewGroup) -> HttpResponse:
    """Make a group."""
    check_command(request, _REFUSAL)
    given = groups.GivenGroup(
        name=group.name,
        role=group.role,
        scope=checked_scope(group.scope),
        outside=tuple(group.outside),
        rank=group.rank,
    )
    return answer(_shown(groups.add_group(actor_of(request), given)), 201)


@router.patch("/groups/{name}", include_in_schema=False)
@needs("people.change")
def set_group(request: HttpRequest, name: str, change: ChangedGroup) -> HttpResponse:
    """Change a group."""
    check_command(request, _REFUSAL)
    before = groups.given_group(groups.find_group(name))
    given = groups.GivenGroup(
        name=name,
        role=before.role if change.role is None else change.role,
        scope=before.scope if change.scope is None else checked_scope(change.scope),
        outside=before.outside if change.outside is None else tuple(change.outside),
        rank=before.rank if change.rank is None else change.rank,
    )
    return answer(_shown(groups.set_group(actor_of(request), given)))


@router.delete("/groups/{name}", include_in_schema=False)
@needs("people.change")
def remove_group(request: HttpRequest, name: str) -> HttpResponse:
    """Remove a group that nobody is in."""
    check_command(request, _REFUSAL)
    found = _shown(groups.find_group(name))
    groups.remove_group(actor_of(request), name)
    return answer(found)


def _shown(record: GroupRecord) -> ShownGroup:
    return ShownGroup(
        name=record.name,
        role=record.role,
        scope="" if record.scope is None else told_scope(record.scope),
        outside=record.outside,
        rank=record.rank,
        people=groups.people_in(record),
    )
