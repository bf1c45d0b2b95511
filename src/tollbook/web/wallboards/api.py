"""`/api/wallboards`: boards for a wall, and the links that open them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from msgspec.structs import asdict
from ninja import Schema
from pydantic import ConfigDict, Field

from tollbook import clock
from tollbook.model.dashboard import Wallboard
from tollbook.model.page_limits import WALL_TILES
from tollbook.model.problem import Misconfigured, Problem, nearest
from tollbook.site.dashboards import wallboards
from tollbook.web.api.listing import answer, listed
from tollbook.web.api.settings import Name, Short
from tollbook.web.api.shapes import answers, lists
from tollbook.web.api.words import WordRouter
from tollbook.web.dashboards.checks import checked_for_wall, people_told_of
from tollbook.web.dashboards.presets import WALLS
from tollbook.web.dashboards.written import tile_in, told
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs

router = WordRouter(tags=["wallboards"])


class WantedWallboard(Schema):
    """A wallboard to make. `tiles` are written in words, as `missed amber=3 red=5`; without any it has those of a set.

    `filter` are words of the list of calls: no tile shows more than these.
    """

    model_config = ConfigDict(extra="forbid")

    name: Name
    title: Short = ""
    theme: Short = "auto"
    columns: Annotated[int, Field(ge=1, le=100)] = 3
    filter: Annotated[dict[str, Annotated[str, Field(max_length=1000)]], Field(max_length=50, default_factory=dict)]
    tiles: Annotated[list[Annotated[str, Field(max_length=2000)]], Field(max_length=WALL_TILES, default_factory=list)]
    preset: Short = "reception"


class WantedWallboardLink(Schema):
    """A link to make: it ends after some days; 0: never."""

    model_config = ConfigDict(extra="forbid")

    days: Annotated[int, Field(ge=0, le=wallboards.LONGEST_DAYS)] = 365


class WallboardFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A wallboard, without what opens it. Instants are UTC, ISO 8601 with `Z`; `shows_people` is what it tells of them.

    `linked_at` is null where it has no link, `ends_at` where its link never ends; `over` says that it has ended,
    `orphaned` that it opens nothing since whoever made it may see no calls any more.
    """

    name: str
    title: str
    theme: str
    columns: int
    filter: dict[str, str]
    tiles: list[str]
    shows_people: list[str]
    made_by: str
    linked_at: str | None
    ends_at: str | None
    over: bool
    orphaned: bool


class MadeWallboardLink(WallboardFacts, frozen=True, kw_only=True):
    """A wallboard whose link was just made: `path` is where the server shows it, and is told this once."""

    path: str


def facts_of(board: Wallboard) -> WallboardFacts:
    """Return what may be known of a wallboard."""
    return WallboardFacts(
        **{name: getattr(board, name) for name in ("name", "title", "theme", "columns")},
        filter=board.words,
        tiles=[told(tile) for tile in board.tiles],
        shows_people=people_told_of(board.tiles),
        made_by=board.made_by.name,
        linked_at=_instant(board.linked_at),
        ends_at=_instant(board.ends_at),
        over=bool(board.ends_at and board.ends_at <= clock.now()),
        orphaned=wallboards.is_orphaned(board),
    )


def _instant(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z") if moment else None


@router.get("/wallboards", summary="List the wallboards", openapi_extra=lists(WallboardFacts))
@needs("wallboards.change")
def list_wallboards(request: HttpRequest) -> HttpResponseBase:
    """List the wallboards by name; what opens them is not among it."""
    found = (asdict(facts_of(each)) for each in wallboards.every())
    return listed(request, WallboardFacts.__struct_fields__, found)


@router.post("/wallboards", summary="Make a wallboard", openapi_extra=answers(WallboardFacts))
@needs("wallboards.change")
def add_wallboard(request: HttpRequest, wallboard: WantedWallboard) -> HttpResponse:
    """Make a wallboard; it has no link yet."""
    return answer(facts_of(wallboards.add(actor_of(request), wanted_board(wallboard), checked_for_wall)))


def wanted_board(wanted: WantedWallboard) -> Wallboard:
    """Return the board that is wanted; raises `Misconfigured`."""
    if wanted.preset not in WALLS:
        reason = f"got {wanted.preset!r}"
        help_ = nearest(wanted.preset, WALLS)
        raise Misconfigured(Problem(f"'preset' must be one of {', '.join(WALLS)}", reason, help=help_))
    same: dict[str, Any] = {name: getattr(wanted, name) for name in ("name", "theme", "columns")}
    title = " ".join(wanted.title.split()) or wanted.name.capitalize()
    tiles = tuple(map(tile_in, wanted.tiles)) or WALLS[wanted.preset].tiles
    return Wallboard(**same, title=title, words=dict(wanted.filter), tiles=tiles)


@router.get("/wallboards/{name}", summary="A wallboard", openapi_extra=answers(WallboardFacts))
@needs("wallboards.change")
def show_wallboard(request: HttpRequest, name: str) -> HttpResponse:
    """Return a wallboard."""
    del request
    return answer(facts_of(wallboards.find(name)))


@router.delete("/wallboards/{name}", summary="Remove a wallboard", openapi_extra=answers(WallboardFacts))
@needs("wallboards.change")
def remove_wallboard(request: HttpRequest, name: str) -> HttpResponse:
    """Remove a wallboard; its link shows nothing any more."""
    return answer(facts_of(wallboards.remove(actor_of(request), name)))


@router.post("/wallboards/{name}/link", summary="Make a link to it", openapi_extra=answers(MadeWallboardLink))
@needs("wallboards.change")
def link_wallboard(request: HttpRequest, name: str, link: WantedWallboardLink) -> HttpResponse:
    """Make a link to a wallboard, told in this answer and never again; the one before shows nothing any more."""
    board, secret = wallboards.link(actor_of(request), name, link.days)
    return answer(MadeWallboardLink(**asdict(facts_of(board)), path=reverse("wall", args=[secret])))


@router.delete("/wallboards/{name}/link", summary="Revoke the link to it", openapi_extra=answers(WallboardFacts))
@needs("wallboards.change")
def revoke_wallboard(request: HttpRequest, name: str) -> HttpResponse:
    """Let the link to a wallboard show nothing any more; the board stays."""
    return answer(facts_of(wallboards.revoke(actor_of(request), name)))
