"""The first page: what is to do, and the tiles that somebody has chosen.

The page is sent with what is at hand: whether all works, the PBXs, the latest calls. Other tiles are loaded afterwards,
each by itself, numbers that stand side by side together. They stand in the page where `whole` is asked for, as by a
browser without scripts.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from tollbook import clock
from tollbook.engine.runtime import engine
from tollbook.model.dashboard import Tile
from tollbook.model.health import Health, State
from tollbook.reports.figures import Figures
from tollbook.site.audit import operations as audit
from tollbook.site.dashboards import operations as dashboards
from tollbook.store import questions
from tollbook.store.ledger import Ledger
from tollbook.web.asking import ledger_of, pbxs_of, recent_of
from tollbook.web.calls.parties import named
from tollbook.web.dashboards import tiles
from tollbook.web.dashboards.checks import is_own_sql
from tollbook.web.dashboards.presets import usual_of
from tollbook.web.page_context import TROUBLED
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import SIGNED_IN, access_of, may, needs
from tollbook.web.zones import site_zone

_FEED_ROWS = 8
_AT_HAND = ("latest", "pbxs")
"""Kinds of tiles that the page is sent with."""


class Day(msgspec.Struct, frozen=True):
    """The day shown, its neighbours (none in the future), and what it is called."""

    on: date
    is_today: bool
    before: date
    after: date | None

    @property
    def iso(self) -> str:
        """The day as addresses and filters write it."""
        return self.on.isoformat()

    @property
    def looked_at(self) -> date | None:
        """The day in the place of today; None where it is today."""
        return None if self.is_today else self.on


class TileRun(msgspec.Struct, frozen=True, kw_only=True):
    """Tiles that are loaded together: numbers that stand side by side, else one. What they show where it is there.

    `numbers` are their ids as the address has them; `is_loaded_once` says that they do not follow the calls.
    """

    tiles: list[tiles.ShownTile]
    numbers: str
    is_there: bool
    is_loaded_once: bool


def _today() -> date:
    return clock.now().astimezone(site_zone()).date()


def _day(text: str) -> Day:
    today = _today()
    try:
        chosen = min(date.fromisoformat(text), today) if text else today
        before = chosen - timedelta(days=1)
    except (ValueError, OverflowError):
        chosen, before = today, today - timedelta(days=1)
    after = chosen + timedelta(days=1) if chosen < today else None
    return Day(on=chosen, is_today=chosen == today, before=before, after=after)


def _overall(health: list[Health]) -> str:
    """Return what can be said of all PBXs in one word: the state of those that are not well, if any."""
    return next((each.state.value for each in health if each.state is not State.WORKING), State.WORKING.value)


def _unplanned(ledger: Ledger) -> list[str]:
    """Return the PBXs that have calls, and no dial plan by which their numbers would mean something."""
    without = [name for name, pbx in engine().pbxs().items() if not pbx.plan]
    called = questions.pbxs_with_calls(ledger) if without else set()
    return [name for name in without if name in called]


@needs(SIGNED_IN)
def home(request: HttpRequest) -> HttpResponse:
    """What is to do, the PBXs, the calls as they arrive, and the other tiles, which are loaded by themselves."""
    day = _day(request.GET.get("day", ""))
    ledger = ledger_of(request)
    health = engine().health() if may(request, "pbxs.see") else []
    last_day = questions.last_day(ledger)
    context = {
        "day": day,
        "since": recent_of(request).position().last,
        "health": health,
        "has_pbxs": bool(engine().pbxs_of_calls()),
        "troubles": [each for each in health if each.state in TROUBLED],
        "overall": _overall(health),
        "last_day": last_day,
        "is_behind": last_day is not None and last_day < day.iso,
        "lag": engine().lag(),
        "notices": engine().notices() if may(request, "system.change") else [],
        "unplanned": _unplanned(ledger) if may(request, "pbxs.change") else [],
        "numbering": [name for name in pbxs_of(request) if engine().numbering(name)],
        **_tiles(request, ledger, day, has_calls=last_day is not None),
    }
    return render(request, "web/home.html", context)


def _tiles(request: HttpRequest, ledger: Ledger, day: Day, *, has_calls: bool) -> dict[str, Any]:
    """Return the tiles; before any call has arrived at all those alone that need none."""
    is_whole = "whole" in request.GET
    kept = _tiles_of(request)
    there = [tile for tile in kept if has_calls or tile.kind in _AT_HAND]
    figures = tiles.asking(ledger, there)
    listing = questions.CallListing(limit=_FEED_ROWS)
    has_feed = any(tile.kind == "latest" for tile in kept)
    return {
        "runs": [_run(figures, list(run), day, is_whole=is_whole) for _, run in groupby(there, _stands_with)],
        "whole": is_whole,
        "has_feed": has_feed,
        "latest": named(ledger, questions.calls(ledger, listing)) if day.is_today and has_feed else [],
    }


def _tiles_of(request: HttpRequest) -> list[Tile]:
    """Return the tiles of whoever asks, without those that they may not see."""
    kept = dashboards.dashboard_of(actor_of(request), usual_of(access_of(request).role)).tiles
    return [tile for tile in kept if tile.kind != "pbxs" or may(request, "pbxs.see")]


def _stands_with(tile: Tile) -> int:
    """Return the same for tiles that are loaded together."""
    return 0 if tile.kind == "measure" else tile.id


def _run(figures: Figures, run: list[Tile], day: Day, *, is_whole: bool) -> TileRun:
    is_there = is_whole or run[0].kind in _AT_HAND
    return TileRun(
        tiles=[tiles.shown(figures, tile, day.looked_at) if is_there else tiles.waits(tile) for tile in run],
        numbers=",".join(str(tile.id) for tile in run),
        is_there=is_there,
        is_loaded_once=not day.is_today or is_own_sql(run[0]),
    )


@needs(SIGNED_IN)
def some_tiles(request: HttpRequest, numbers: str) -> HttpResponse:
    """What some tiles of somebody's show, for the page that was sent without it."""
    there = {str(tile.id): tile for tile in _tiles_of(request)}
    wanted = numbers.split(",")
    if not all(number in there for number in wanted):  # one was removed in another window
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    day = _day(request.GET.get("day", ""))
    asked = [there[number] for number in dict.fromkeys(wanted)]
    figures = tiles.asking(ledger_of(request), asked)
    shown = [tiles.shown(figures, tile, day.looked_at) for tile in asked]
    return render(request, "web/parts/tiles.html", {"shown_tiles": shown})


@needs("system.change")
@require_POST
def notice_done(request: HttpRequest, number: int) -> HttpResponse:
    """Note that somebody has dealt with what was found when the site was opened."""
    if engine().settle_notice(number):
        audit.record(actor_of(request), "notice.done", str(number))
    return redirect("home")
