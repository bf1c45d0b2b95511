"""Putting tiles in order, the same for Home and for wallboards; every step is a form, so that it needs no scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from tollbook.model.dashboard import SHOWS, SIZES, Tile, Tiles, changed, moved, place_of, with_tile, without_tile
from tollbook.model.problem import Misconfigured
from tollbook.web.dashboards.checks import checked, people_told_of
from tollbook.web.dashboards.form import TileForm
from tollbook.web.dashboards.tiles import title_of
from tollbook.web.directory.answering import FormPage, kept
from tollbook.web.reports.shown import words_of_page

Edit = Callable[[Tiles], Tiles]


class TileSet(msgspec.Struct, frozen=True, kw_only=True):
    """Tiles that somebody arranges: where, as they saw them, and how a change of theirs is kept."""

    tiles: Tiles
    version: int
    address: str
    title: str
    arrange: Callable[[int, Edit], object]
    lead: str = ""
    check: Callable[[Tile], Tile] = checked


class ArrangedTile(msgspec.Struct, frozen=True, kw_only=True):
    """A tile in the list of them: what it is called, what it is, and what it shows of people."""

    tile: Tile
    title: str
    about: str
    people: str
    is_first: bool
    is_last: bool


def rows(tiles: Tiles) -> list[ArrangedTile]:
    """Return tiles as the list of them shows them."""
    last = len(tiles) - 1
    return [
        ArrangedTile(
            tile=tile,
            title=title_of(tile),
            about=_about(tile),
            people=", ".join(people_told_of((tile,))),
            is_first=place == 0,
            is_last=place == last,
        )
        for place, tile in enumerate(tiles)
    ]


def _about(tile: Tile) -> str:
    shows = SHOWS[tile.shows] if tile.kind in ("measure", "report") else ""
    words = [text.replace("-", " ") if name == "period" else f"{name}={text}" for name, text in tile.words.items()]
    limits = [f"{name} {value:f}" for name in ("amber", "red") if (value := getattr(tile, name)) is not None]
    return ", ".join(filter(None, (shows, *words, *limits)))


def step(request: HttpRequest, of: TileSet) -> HttpResponse:
    """Do one step that a form asks for: `up`, `down`, `remove`, or a size; say what came of it, and show the page."""
    number, do = _number(request, "tile"), request.POST.get("do", "")
    edits: dict[str, tuple[Edit, str]] = {
        "up": (lambda tiles: moved(tiles, number, -1), ""),
        "down": (lambda tiles: moved(tiles, number, 1), ""),
        "remove": (lambda tiles: without_tile(tiles, number), "The tile is removed."),
        **{size: (_resized(number, size), "") for size in SIZES},
    }
    if do not in edits:
        return redirect(of.address)
    edit, told = edits[do]
    apply(request, of, edit, told)
    return redirect(f"{of.address}#tile-{number}")


def apply(request: HttpRequest, of: TileSet, edit: Edit, told: str) -> None:
    """Keep a change, or say why nothing was changed."""
    try:
        of.arrange(_number(request, "version"), edit)
    except Misconfigured as fault:
        for problem in fault.problems:
            messages.error(request, f"{problem.what[:1].upper()}{problem.what[1:]}: {problem.reason}.")
    else:
        if told:
            messages.success(request, told)


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1  # noqa: PLR2004 - no more digits


def _resized(number: int, size: str) -> Edit:
    def edit(tiles: Tiles) -> Tiles:
        return changed(tiles, msgspec.structs.replace(tiles[place_of(tiles, number)], size=size))

    return edit


def add(request: HttpRequest, of: TileSet) -> HttpResponse:
    """A form for one more tile; an address may name a report, with its filter."""
    page = FormPage(title="Add a tile", back=of.address, back_title=of.title, save="Add", lead=of.lead)

    def keep(given: dict[str, Any]) -> str:
        tile = of.check(TileForm.given(given))
        of.arrange(of.version, lambda tiles: with_tile(tiles, tile))
        return f"{title_of(tile)} is added."

    return kept(request, TileForm(request.POST or None, TileForm.asked(words_of_page(request.GET))), page, keep)


def change(request: HttpRequest, of: TileSet, tile: Tile) -> HttpResponse:
    """A form for a tile that there is."""
    page = FormPage(title=f"Change {title_of(tile)}", back=of.address, back_title=of.title, lead=of.lead)

    def keep(given: dict[str, Any]) -> str:
        wanted = of.check(TileForm.given(given, tile.id))
        of.arrange(given["version"] or 0, lambda tiles: changed(tiles, wanted))
        return f"{title_of(wanted)} is changed."

    initial = {**TileForm.of(tile), "version": of.version}
    return kept(request, TileForm(request.POST or None, initial), page, keep)
