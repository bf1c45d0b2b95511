"""The page on which somebody arranges the tiles of their Home."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from tollbook.model.dashboard import SIZES, Tiles
from tollbook.site.dashboards import operations
from tollbook.web.dashboards import arranging
from tollbook.web.dashboards.arranging import Edit, TileSet
from tollbook.web.dashboards.presets import PRESETS, usual_of
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import SIGNED_IN, access_of, needs


def _own(request: HttpRequest) -> TileSet:
    actor, usual = actor_of(request), usual_of(access_of(request).role)
    found = operations.dashboard_of(actor, usual)

    def arrange(version: int, edit: Edit) -> object:
        return operations.arrange(actor, version, edit, usual)

    return TileSet(
        tiles=found.tiles,
        version=found.version,
        address=reverse("dashboard"),
        title="Tiles of Home",
        arrange=arrange,
    )


@needs(SIGNED_IN)
def dashboard(request: HttpRequest) -> HttpResponse:
    """The tiles of Home in their order, and sets of them to begin with."""
    of = _own(request)
    if request.method == "POST":
        preset = PRESETS.get(request.POST.get("preset", ""))
        if preset is None:
            return arranging.step(request, of)
        arranging.apply(request, of, partial(_instead, preset.tiles), f"Home has the tiles of {preset.title} now.")
        return redirect(of.address)
    context = {"of": of, "rows": arranging.rows(of.tiles), "presets": PRESETS, "add": reverse("tile-add")} | {
        "sizes": SIZES
    }
    return render(request, "web/dashboard.html", context)


def _instead(tiles: Tiles, _before: Tiles) -> Tiles:
    return tiles


@needs(SIGNED_IN)
def add(request: HttpRequest) -> HttpResponse:
    """One more tile."""
    return arranging.add(request, _own(request))


@needs(SIGNED_IN)
def change(request: HttpRequest, number: int) -> HttpResponse:
    """Another way of showing a tile."""
    of = _own(request)
    tile = next((each for each in of.tiles if each.id == number), None)
    if tile is None:
        if request.method == "POST":
            messages.error(request, "There is no such tile any more: it was removed in another window.")
            return redirect(of.address)
        raise Http404
    return arranging.change(request, of, tile)
