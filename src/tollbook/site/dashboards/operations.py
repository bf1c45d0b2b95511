"""The tiles that a person has on Home: each person's own, seen by nobody else, and gone with the person.

They change nothing of the site, so that the audit has no line of them. Whoever changes them says which version they
saw: what was changed meanwhile, in another window say, is never written over.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from django.contrib.auth.models import User
from django.db import transaction

from tollbook.model.actor import Actor
from tollbook.model.dashboard import Dashboard, Tile, Tiles
from tollbook.model.page_limits import HOME_TILES
from tollbook.model.problem import Misconfigured, NotAllowed, Problem
from tollbook.site.dashboards.models import DashboardRecord

Edit = Callable[[Tiles], Tiles]
"""What becomes of some tiles."""


def dashboard_of(actor: Actor, usual: Tiles) -> Dashboard:
    """Return a person's tiles; the usual ones where they have changed nothing."""
    found = DashboardRecord.objects.filter(person__username=actor.name).first() if actor.kind == "person" else None
    return Dashboard(found.version, found.kept()) if found else Dashboard(0, usual)


@transaction.atomic
def arrange(actor: Actor, version: int, edit: Edit, usual: Tiles) -> Dashboard:
    """Change a person's tiles and return them.

    Raises `Misconfigured` where they are of another version by now, or too many, and whatever `edit` raises.
    """
    person = User.objects.filter(username=actor.name).first() if actor.kind == "person" else None
    if person is None:
        raise NotAllowed(Problem("nothing can be kept for you", "tiles are kept for people who sign in"))
    before = dashboard_of(actor, usual)
    check_version(before.version, version)
    tiles = edit(before.tiles)
    check_number(tiles, HOME_TILES)
    after = Dashboard(before.version + 1, tiles)
    kept = {"version": after.version, "tiles": msgspec.to_builtins(tiles)}
    DashboardRecord.objects.update_or_create(person=person, defaults=kept)
    return after


def check_version(now: int, seen: int) -> None:
    """Raise `Misconfigured` where something was changed since somebody saw it."""
    if now != seen:
        reason = "the tiles were changed in another window meanwhile; here they are as they are now"
        raise Misconfigured(Problem("nothing was changed", reason, help="do it again if it is still wanted"))


def check_number(tiles: tuple[Tile, ...], most: int) -> None:
    """Raise `Misconfigured` where there are too many tiles."""
    if len(tiles) > most:
        raise Misconfigured(Problem("there are too many tiles", f"{most} can be kept", help="remove one first"))
