"""The pages on which administrators make wallboards, arrange their tiles, and make and revoke the links to them."""

from __future__ import annotations

from typing import Any

import msgspec
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from tollbook import clock
from tollbook.model.dashboard import SIZES, THEMES, Wallboard
from tollbook.model.problem import Misconfigured, NotThere
from tollbook.site.dashboards import wallboards as operations
from tollbook.web.dashboards import arranging
from tollbook.web.dashboards.arranging import Edit, TileSet
from tollbook.web.dashboards.checks import checked_for_wall, people_told_of
from tollbook.web.dashboards.presets import WALLS
from tollbook.web.directory.answering import FormPage, kept, removed
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs
from tollbook.web.removing import Removal
from tollbook.web.wallboards.form import NewWallboardForm, WallboardForm

_TITLE = "Wallboards"
_YEAR_DAYS = 365
_SHOWS = "Whoever has the link sees it, without signing in."


class ListedWallboard(msgspec.Struct, frozen=True):
    """A wallboard in the list, what it shows of people, and whether its link has ended or nobody answers for it."""

    board: Wallboard
    people: str
    is_over: bool
    is_orphaned: bool


def _found(name: str) -> Wallboard:
    try:
        return operations.find(name)
    except NotThere as fault:
        raise Http404 from fault


def _listed(board: Wallboard) -> ListedWallboard:
    is_over = bool(board.ends_at and board.ends_at <= clock.now())
    people = ", ".join(people_told_of(board.tiles))
    return ListedWallboard(board, people, is_over, operations.is_orphaned(board))


@needs("wallboards.change")
def wallboards(request: HttpRequest) -> HttpResponse:
    """All wallboards."""
    return render(request, "web/wallboards.html", {"boards": [_listed(each) for each in operations.every()]})


@needs("wallboards.change")
def add(request: HttpRequest) -> HttpResponse:
    """A new wallboard, with tiles to begin with."""
    lead = "A board of tiles for a screen that nobody signs in at. Its link is made afterwards, when you have seen it."
    page = FormPage(title="Make a wallboard", back=reverse("wallboards"), back_title=_TITLE, save="Make it", lead=lead)

    def keep(given: dict[str, Any]) -> str:
        wanted = WallboardForm.given(given, given["name"], WALLS[given["preset"]].tiles)
        board = operations.add(actor_of(request), wanted, checked_for_wall)
        return f"The wallboard {board.name} is there. It has no link yet."

    return kept(request, NewWallboardForm(request.POST or None), page, keep)


@never_cache
@needs("wallboards.change")
def one(request: HttpRequest, name: str) -> HttpResponse:
    """A wallboard: its link, and its tiles in their order."""
    of = _tiles(request, name)
    if request.method == "POST":
        return arranging.step(request, of)
    return _shown(request, of, name)


def _shown(request: HttpRequest, of: TileSet, name: str, link: str = "") -> HttpResponse:
    listed = _listed(_found(name))
    context = {
        "of": of,
        "rows": arranging.rows(of.tiles),
        "sizes": SIZES,
        "listed": listed,
        "board": listed.board,
        "look": THEMES[listed.board.theme],
        "link": link,
        "days": _YEAR_DAYS,
        "longest": operations.LONGEST_DAYS,
    }
    return render(request, "web/wallboard.html", context)


@needs("wallboards.change")
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """How a wallboard looks, and what it is about."""
    board = _found(name)
    page = FormPage(
        title=f"Change the wallboard {name}",
        back=reverse("wallboard", args=[name]),
        back_title=board.title,
        remove=reverse("wallboard-remove", args=[name]),
    )

    def keep(given: dict[str, Any]) -> str:
        operations.edit(actor_of(request), WallboardForm.given(given, name, board.tiles), checked_for_wall)
        return "The wallboard is changed."

    return kept(request, WallboardForm(request.POST or None, WallboardForm.of(board)), page, keep)


@never_cache
@needs("wallboards.change")
def link(request: HttpRequest, name: str) -> HttpResponse:
    """Make a link; the answer is the only page that ever shows it."""
    _found(name)
    days = request.POST.get("days", "")
    if request.method != "POST":
        return redirect("wallboard", name)
    try:
        number = int(days) if days.isascii() and days.isdigit() and len(days) < 6 else -1  # noqa: PLR2004 - no more
        _, secret = operations.link(actor_of(request), name, number)
    except Misconfigured as fault:
        messages.error(request, f"{fault.problems[0].what}: {fault.problems[0].reason}.")
        return redirect("wallboard", name)
    made = request.build_absolute_uri(reverse("wall", args=[secret]))
    return _shown(request, _tiles(request, name), name, made)


@needs("wallboards.change")
def revoke(request: HttpRequest, name: str) -> HttpResponse:
    """Ask whether it is meant, then let the link to a wallboard open nothing any more."""
    board = _found(name)
    if request.method == "POST":
        operations.revoke(actor_of(request), name)
        messages.success(request, "The link shows nothing any more. Screens that had it open are blank in a moment.")
        return redirect("wallboard", name)
    loss = "Every screen that shows this board goes blank. The board stays, and can be given another link."
    back = reverse("wallboard", args=[name])
    removal = Removal(
        name=f"the link to {board.title}", loss=loss, list=back, list_title=board.title, back=back, word="Revoke"
    )
    return removed(request, removal, lambda: None)


@needs("wallboards.change")
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Ask whether it is meant, then remove a wallboard with its link."""
    _found(name)
    loss = "Its tiles are forgotten, and every screen that shows it goes blank. Calls stay as they are."
    back = reverse("wallboard", args=[name])
    removal = Removal(name=name, loss=loss, list=reverse("wallboards"), list_title=_TITLE, back=back)
    return removed(request, removal, lambda: _remove(request, name))


def _remove(request: HttpRequest, name: str) -> None:
    operations.remove(actor_of(request), name)


@needs("wallboards.change")
def add_tile(request: HttpRequest, name: str) -> HttpResponse:
    """One more tile of a wallboard."""
    return arranging.add(request, _tiles(request, name))


@needs("wallboards.change")
def change_tile(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Another way of showing a tile of a wallboard."""
    of = _tiles(request, name)
    tile = next((each for each in of.tiles if each.id == number), None)
    if tile is None:
        raise Http404
    return arranging.change(request, of, tile)


def _tiles(request: HttpRequest, name: str) -> TileSet:
    board, actor = _found(name), actor_of(request)

    def arrange(version: int, change: Edit) -> object:
        return operations.arrange(actor, name, version, change)

    return TileSet(
        tiles=board.tiles,
        version=board.version,
        address=reverse("wallboard", args=[name]),
        title=board.title,
        arrange=arrange,
        check=checked_for_wall,
        lead=f"{_SHOWS} A tile that lists calls, callers or extensions shows numbers and names to them.",
    )
