"""What places ask their centre: to join, to say how they are, what is handed down to them, to leave.

A place shows the token that it was given. None of it is part of the API that people and programs use: both ends are
Tollbook.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja.security import HttpBearer

from tollbook.model.page_limits import JOIN_CODES, JOIN_CODES_OF_ADDRESS, PLACE_HEALTHS
from tollbook.model.place import Heard, JoinCode, PlaceHealth, TakenRecord, WantedPiece
from tollbook.model.problem import Misconfigured, NotAllowed, Problem
from tollbook.site.places import operations as places
from tollbook.site.places.groups import group_named
from tollbook.site.places.models import PlaceRecord
from tollbook.site.places.records import RECORDS
from tollbook.web.api.faults import refused
from tollbook.web.api.listing import answer
from tollbook.web.api.words import WordRouter
from tollbook.web.people.actors import address_of
from tollbook.web.people.attempts import Attempts, network_of, wait_text
from tollbook.web.people.roles import SIGNED_IN, needs
from tollbook.web.places.bundles import BUNDLES

router = WordRouter()

CODES_OF_ADDRESS, CODES_TRIED = Attempts(JOIN_CODES_OF_ADDRESS), Attempts(JOIN_CODES)
HEALTHS = Attempts(PLACE_HEALTHS)
Kind = TypeVar("Kind", bound=msgspec.Struct)
_ANYWHERE = "anywhere"
_EVERY_S, _SOON_S = 60, 5
"""Seconds after which a place tells how it is again; soon, while somebody reads its records."""


class PlaceAuth(HttpBearer):
    """`Authorization: Bearer <token>` of a place that has joined."""

    def authenticate(self, request: HttpRequest, token: str) -> PlaceRecord | None:
        """Return the place that a token is of."""
        del request
        return places.known(token)


@router.post("/places/join", auth=None, include_in_schema=False)
@needs(SIGNED_IN)
def join(request: HttpRequest) -> HttpResponse:
    """Take a place in that has a code; attempts from one address, and from all, are limited."""
    network = network_of(address_of(request))
    wait_s = CODES_OF_ADDRESS.begin(network) or CODES_TRIED.begin(_ANYWHERE)
    if wait_s:
        return refused([Problem("no code is tried just now", wait_text(wait_s))], 429)
    joined = places.join(_read(request, JoinCode).code, address_of(request))
    CODES_OF_ADDRESS.take_back(network)
    CODES_TRIED.take_back(_ANYWHERE)
    return answer(joined, 201)


@router.post("/places/health", auth=PlaceAuth(), include_in_schema=False)
@needs(SIGNED_IN)
def health(request: HttpRequest) -> HttpResponse:
    """Keep how a place says it is."""
    place = _place(request)
    wait_s = HEALTHS.begin(place.name)
    if wait_s:
        return refused([Problem("it is said too often how this place is", f"wait {wait_s} s")], 429)
    places.note_health(place, _read(request, PlaceHealth))
    group, wanted = group_named(place.group), RECORDS.wanted(place.name)
    told = Heard(
        every_s=_SOON_S if RECORDS.is_read(place.name) else _EVERY_S,
        bundle=BUNDLES.of(group.parts).digest,
        version=group.version,
        records=wanted,
    )
    return answer(told)


@router.post("/places/record", auth=PlaceAuth(), include_in_schema=False)
@needs(SIGNED_IN)
def record(request: HttpRequest) -> HttpResponse:
    """Keep a record that a place was asked for."""
    RECORDS.take(_place(request).name, _read(request, TakenRecord))
    return answer({})


@router.post("/places/bundle", auth=PlaceAuth(), include_in_schema=False)
@needs(SIGNED_IN)
def bundle(request: HttpRequest) -> HttpResponse:
    """Return a piece of the set-up that is handed down to a place."""
    made = BUNDLES.of(group_named(_place(request).group).parts)
    return answer(made.piece(_read(request, WantedPiece).number))


@router.post("/places/leave", auth=PlaceAuth(), include_in_schema=False)
@needs(SIGNED_IN)
def leave(request: HttpRequest) -> HttpResponse:
    """Let the token of a place open nothing any more, as it asks itself."""
    places.leave(_place(request), address_of(request))
    return answer({})


def _place(request: HttpRequest) -> PlaceRecord:
    known = getattr(request, "auth", None)
    if not isinstance(known, PlaceRecord):
        raise NotAllowed(Problem("this is for places", "the request is of none"))
    return known


def _read(request: HttpRequest, kind: type[Kind]) -> Kind:
    try:
        return msgspec.json.decode(request.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise Misconfigured(Problem("the body cannot be read", str(fault)[:200], "body")) from fault
