"""Wallboards: boards of tiles that a link opens without a sign-in, and shows nothing else.

The link holds a secret of 256 bits, shown once, of which only a digest is kept. Making another link ends the one
before; revoking ends it and keeps the board. Who made the board last answers for what it shows: it sees no more than
they do, and is not opened at all while they may see no calls. Whoever then changes it or makes a link takes it over.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
from django.db import transaction

from tollbook import clock
from tollbook.model.actor import Actor
from tollbook.model.dashboard import LONGEST_TITLE, MOST_COLUMNS, THEMES, Tile, Wallboard, numbered
from tollbook.model.page_limits import WALL_TILES, WALLBOARDS
from tollbook.model.pbx import NAME
from tollbook.model.problem import Misconfigured, NotThere, Problem, nearest
from tollbook.site.audit import operations as audit
from tollbook.site.dashboards.models import WallboardRecord
from tollbook.site.dashboards.operations import Edit, check_number, check_version
from tollbook.site.people.access import access_of
from tollbook.store.filters import WORDS, read_filter

LONGEST_DAYS = 3650
_TOLD = ("title", "theme", "columns", "words")
Check = Callable[[Tile], Tile]
"""Returns a tile that can be shown, or raises `Misconfigured`: what reports there are is known above."""


def every() -> list[Wallboard]:
    """Return all wallboards by name."""
    return [each.value() for each in WallboardRecord.objects.all()]


def find(name: str) -> Wallboard:
    """Return a wallboard; raises `NotThere`."""
    return _found(name).value()


def opened(secret: str) -> Wallboard | None:
    """Return the wallboard that a link's secret opens now; None for one that never did, or that is to open nothing.

    That is one that is revoked, has ended, or whose maker is not there any more.
    """
    found = WallboardRecord.objects.filter(digest=_digest(secret)).first()
    if found is None or (found.expires_at and found.expires_at <= clock.now()):
        return None
    board = found.value()
    return None if is_orphaned(board) else board


def is_orphaned(board: Wallboard) -> bool:
    """Say whether whoever made a board last is removed, paused, or may see no calls any more."""
    return "calls.see" not in access_of(board.made_by).permissions


@transaction.atomic
def add(actor: Actor, wanted: Wallboard, check: Check) -> Wallboard:
    """Keep a new wallboard, which has no link yet; raises `Misconfigured` with every fault."""
    problems = [*_problems(wanted)]
    if not NAME.fullmatch(wanted.name):
        reason = "a name is 1 to 40 small letters, digits and hyphens, and begins with a letter or digit"
        problems.append(
            Problem(f"{wanted.name[:60]!r} cannot be a wallboard's name", reason, help="such as 'reception'")
        )
    elif WallboardRecord.objects.filter(name=wanted.name).exists():
        problems.append(Problem(f"there is a wallboard called {wanted.name!r} already", "choose another name"))
    if WallboardRecord.objects.count() >= WALLBOARDS:
        problems.append(Problem("there are too many wallboards", f"{WALLBOARDS} can be kept", help="remove one"))
    if problems:
        raise Misconfigured(*problems)
    board = msgspec.structs.replace(wanted, tiles=numbered(tuple(map(check, wanted.tiles))))
    record = WallboardRecord(name=board.name, **_kept(actor, board))
    record.save(force_insert=True)
    audit.record(actor, "wallboard.add", board.name, audit.differences({}, _told(board)))
    return record.value()


@transaction.atomic
def edit(actor: Actor, wanted: Wallboard, check: Check) -> Wallboard:
    """Make a wallboard of a name what is wanted; raises `NotThere` and `Misconfigured`."""
    record = _found(wanted.name)
    before = record.value()
    if problems := _problems(wanted):
        raise Misconfigured(*problems)
    tiles = tuple(map(check, wanted.tiles))
    if any(not tile.id for tile in tiles):
        tiles = numbered(tiles)
    return _changed(actor, record, before, msgspec.structs.replace(wanted, tiles=tiles))


@transaction.atomic
def arrange(actor: Actor, name: str, version: int, change: Edit) -> Wallboard:
    """Change the tiles of a wallboard; raises `NotThere`, and `Misconfigured` where they were changed meanwhile."""
    record = _found(name)
    before = record.value()
    check_version(before.version, version)
    tiles = change(before.tiles)
    check_number(tiles, WALL_TILES)
    return _changed(actor, record, before, msgspec.structs.replace(before, tiles=tiles))


@transaction.atomic
def link(actor: Actor, name: str, days: int) -> tuple[Wallboard, str]:
    """Make a link that ends after some days (0: never), in the place of the one before; return board and secret."""
    record = _found(name)
    if not 0 <= days <= LONGEST_DAYS:
        reason = f"got {days}"
        raise Misconfigured(Problem(f"'days' must be between 0 and {LONGEST_DAYS}", reason, help="0: it never ends"))
    _take_over(actor, record)
    secret = secrets.token_urlsafe(32)
    record.digest, record.linked_at = _digest(secret), clock.now()
    record.expires_at = clock.now() + timedelta(days=days) if days else None
    record.save(update_fields=["digest", "linked_at", "expires_at"])
    audit.record(actor, "wallboard.link", name, {"days": ["", str(days or "never ends")]})
    return record.value(), secret


@transaction.atomic
def revoke(actor: Actor, name: str) -> Wallboard:
    """Let the link to a wallboard open nothing any more; raises `NotThere`."""
    record = _found(name)
    if record.digest:
        record.digest, record.linked_at, record.expires_at = "", None, None
        record.save(update_fields=["digest", "linked_at", "expires_at"])
        audit.record(actor, "wallboard.revoke", name)
    return record.value()


@transaction.atomic
def remove(actor: Actor, name: str) -> Wallboard:
    """Forget a wallboard and its link; raises `NotThere`."""
    record = _found(name)
    board = record.value()
    record.delete()
    audit.record(actor, "wallboard.remove", name)
    return board


def _take_over(actor: Actor, record: WallboardRecord) -> None:
    """Let a board whose maker is not there any more show what whoever now answers for it may see."""
    before = record.value()
    if is_orphaned(before):
        record.made_by, record.made_by_kind = actor.name, actor.kind
        record.save(update_fields=["made_by", "made_by_kind"])
        audit.record(actor, "wallboard.edit", record.name, {"made by": [before.made_by.name, actor.name]})


def _changed(actor: Actor, record: WallboardRecord, before: Wallboard, after: Wallboard) -> Wallboard:
    _take_over(actor, record)
    differs = audit.differences(_told(before), _told(after))
    if not differs:
        return record.value()
    for name, value in _kept(actor, after).items():
        setattr(record, name, value)
    record.version = before.version + 1
    record.save()
    audit.record(actor, "wallboard.edit", record.name, differs)
    return record.value()


def _kept(actor: Actor, board: Wallboard) -> dict[str, Any]:
    told: dict[str, Any] = {name: getattr(board, name) for name in _TOLD}
    tiles = msgspec.to_builtins(board.tiles)
    return {**told, "tiles": tiles, "made_by": actor.name, "made_by_kind": actor.kind}


def _told(board: Wallboard) -> dict[str, Any]:
    """Return a board as the audit tells it: each tile by its place."""
    tiles = {str(place): msgspec.json.encode(tile).decode() for place, tile in enumerate(board.tiles, 1)}
    return {**{name: getattr(board, name) for name in _TOLD}, "tile": tiles}


def _problems(board: Wallboard) -> list[Problem]:
    problems = list[Problem]()
    if not (board.title.strip() and len(board.title) <= LONGEST_TITLE and board.title.isprintable()):
        problems.append(Problem(f"'title' must have 1 to {LONGEST_TITLE} letters", f"got {board.title[:80]!r}"))
    if board.theme not in THEMES:
        problems.append(Problem(f"'theme' must be one of {', '.join(THEMES)}", f"got {board.theme!r}"))
    if not 1 <= board.columns <= MOST_COLUMNS:
        problems.append(Problem(f"'columns' must be between 1 and {MOST_COLUMNS}", f"got {board.columns}"))
    if len(board.tiles) > WALL_TILES:
        problems.append(Problem("there are too many tiles", f"{WALL_TILES} can be kept"))
    problems += [
        Problem(f"a wallboard cannot be narrowed by {word!r}", "unknown", help=nearest(word, WORDS))
        for word in board.words
        if word not in WORDS
    ]
    try:
        read_filter(board.words)
    except Misconfigured as fault:
        problems += fault.problems
    return problems


def _found(name: str) -> WallboardRecord:
    found = WallboardRecord.objects.filter(name=name).first()
    if found is None:
        names = WallboardRecord.objects.values_list("name", flat=True)
        raise NotThere(Problem(f"no wallboard is called {name!r}", "there is none", help=nearest(name, names)))
    return found


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
