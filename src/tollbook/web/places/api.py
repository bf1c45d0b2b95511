"""`/api/places`: the places of this centre."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from msgspec.structs import asdict
from ninja import Schema
from pydantic import ConfigDict, Field

from tollbook.model.place import PlaceHealth
from tollbook.site.places import groups
from tollbook.site.places import operations as places
from tollbook.site.places.models import PlaceRecord
from tollbook.site.places.standing import PlaceStanding, health_of
from tollbook.web.api.listing import answer, listed
from tollbook.web.api.shapes import answers, lists
from tollbook.web.api.words import WordRouter
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs
from tollbook.web.places.shown import ShownPlaceGroup, shown_group, shown_groups, standing, standings

router = WordRouter(tags=["places"])
PlaceName = Annotated[str, Field(max_length=60)]


class NewPlace(Schema):
    """A place that may join, and the group that it belongs to."""

    model_config = ConfigDict(extra="forbid")

    name: PlaceName
    group: PlaceName = ""


class ChangedPlace(Schema):
    """The group that a place is to belong to."""

    model_config = ConfigDict(extra="forbid")

    group: PlaceName


class WantedGroup(Schema):
    """What places of a group should have: parts of the set-up, and a version of Tollbook (empty: any).

    What is null is left as it is.
    """

    model_config = ConfigDict(extra="forbid")

    parts: Annotated[list[PlaceName], Field(max_length=20)] | None = None
    version: Annotated[str, Field(max_length=40)] | None = None


class ShownPlace(PlaceStanding, frozen=True, kw_only=True):
    """A place, how it stands, and what it told last; `health` is null until it has told something."""

    health: PlaceHealth | None


@router.get("/places", summary="List the places", openapi_extra=lists(PlaceStanding))
@needs("system.see")
def list_places(request: HttpRequest) -> HttpResponseBase:
    """List the places that may join or have joined, those that need somebody first."""
    rows = map(_row, standings())
    return listed(request, PlaceStanding.__struct_fields__, rows)


def _row(shown: PlaceStanding) -> dict[str, Any]:
    return dict(msgspec.to_builtins(shown))


@router.post("/places", summary="Let a place join", openapi_extra=answers(places.AddedPlace, 201))
@needs("system.change")
def add_place(request: HttpRequest, place: NewPlace) -> HttpResponse:
    """Let a place join; the answer has its code, which is shown this once and is good for a day."""
    return answer(places.add(actor_of(request), place.name, place.group), 201)


@router.get("/places/{name}", summary="One place", openapi_extra=answers(ShownPlace))
@needs("system.see")
def show_place(request: HttpRequest, name: str) -> HttpResponse:
    """Return one place and what it told last: its PBXs and its sinks."""
    return answer(_shown(places.find(name)))


def _shown(place: PlaceRecord) -> ShownPlace:
    return ShownPlace(**asdict(standing(place)), health=health_of(place))


@router.post("/places/{name}/code", summary="Another join code", openapi_extra=answers(places.AddedPlace, 201))
@needs("system.change")
def another_code(request: HttpRequest, name: str) -> HttpResponse:
    """Return another code for a place that is to join, or to join again; codes of before open nothing."""
    return answer(places.renew_code(actor_of(request), name), 201)


@router.delete("/places/{name}", summary="Remove a place", openapi_extra=answers(PlaceStanding))
@needs("system.change")
def remove_place(request: HttpRequest, name: str) -> HttpResponse:
    """Know a place no longer; what it sent to sinks stays where it is."""
    gone = standing(places.find(name))
    places.remove(actor_of(request), name)
    return answer(gone)


@router.patch("/places/{name}", summary="Change a place", openapi_extra=answers(ShownPlace))
@needs("system.change")
def edit_place(request: HttpRequest, name: str, change: ChangedPlace) -> HttpResponse:
    """Let a place belong to another group, whose set-up is handed down to it from then on."""
    return answer(_shown(groups.move(actor_of(request), name, change.group)))


@router.get("/place-groups", summary="List the groups of places", openapi_extra=lists(ShownPlaceGroup))
@needs("system.see")
def list_groups(request: HttpRequest) -> HttpResponseBase:
    """List the groups of places, and what is handed down to each."""
    return listed(request, ShownPlaceGroup.__struct_fields__, map(asdict, shown_groups()))


@router.put("/place-groups/{name}", summary="Say what places should have", openapi_extra=answers(ShownPlaceGroup))
@needs("system.change")
def set_group(request: HttpRequest, name: str, wanted: WantedGroup) -> HttpResponse:
    """Say what of this site's set-up the places of a group take over, and which version they should have."""
    with transaction.atomic():
        if wanted.parts is not None:
            groups.hand_down(actor_of(request), name, wanted.parts)
        if wanted.version is not None:
            groups.want_version(actor_of(request), name, wanted.version)
    return answer(shown_group(name, sum(each.group == name for each in places.every())))
