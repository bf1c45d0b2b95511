"""Tiles of Home and of wallboards, how somebody arranges them, and when a figure asks to be looked at.

What always holds: a tile keeps its id however it is moved or changed, and an id that was given once in a set of tiles
is not given again while a later one is there.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec

from tollbook.model.actor import TOLLBOOK, Actor
from tollbook.model.problem import NotThere, Problem

KINDS = {
    "measure": "a number",
    "report": "a report",
    "waiting": "missed callers who wait to be called back",
    "latest": "calls as they arrive",
    "pbxs": "how the PBXs are doing",
}
"""What a tile can be. Those without a report are made from no words but the days."""
SHOWS = {"number": "number", "table": "short table", "chart": "chart"}
SIZES = {"small": "small", "wide": "half the width", "full": "full width"}
WAYS = {"up": "at this or more", "down": "at this or less"}
THEMES = {"auto": "by the clock", "day": "day", "night": "night"}
MOST_COLUMNS = 6
LONGEST_TITLE = 60


class Tile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One tile. `words` are those of a filter, `settings` the parameters of its report.

    `amber` and `red` are values of its measure from which on it asks to be looked at: upwards, or downwards where
    `way` is `down`. Seconds are whole seconds, shares per cent.
    """

    id: int = 0
    kind: str = "report"
    report: str = ""
    measure: str = ""
    shows: str = "table"
    size: str = "wide"
    title: str = ""
    words: dict[str, str] = {}
    settings: dict[str, str] = {}
    amber: Decimal | None = None
    red: Decimal | None = None
    way: str = "up"


Tiles = tuple[Tile, ...]
Level = Literal["", "good", "amber", "red"]
"""How a figure stands to its thresholds; empty where it has none, or where there is no figure."""


def level(tile: Tile, value: float | Decimal | None) -> Level:
    """Return how a value stands.

    >>> level(Tile(amber=Decimal(3), red=Decimal(5)), 4), level(Tile(red=Decimal(80), way="down"), 80)
    ('amber', 'red')
    >>> level(Tile(amber=Decimal(3)), 2), level(Tile(), 2), level(Tile(red=Decimal(1)), None)
    ('good', '', '')
    """
    if value is None or (tile.amber is None and tile.red is None):
        return ""
    for name, limit in (("red", tile.red), ("amber", tile.amber)):
        if limit is not None and (value >= limit if tile.way == "up" else value <= limit):
            return "red" if name == "red" else "amber"
    return "good"


def numbered(tiles: Tiles) -> Tiles:
    """Return tiles with ids from 1 on."""
    return tuple(msgspec.structs.replace(tile, id=number) for number, tile in enumerate(tiles, 1))


def with_tile(tiles: Tiles, tile: Tile) -> Tiles:
    """Return tiles with one more at the end."""
    number = max((each.id for each in tiles), default=0) + 1
    return (*tiles, msgspec.structs.replace(tile, id=number))


def without_tile(tiles: Tiles, number: int) -> Tiles:
    """Return tiles without one; raises `NotThere`."""
    place_of(tiles, number)
    return tuple(each for each in tiles if each.id != number)


def moved(tiles: Tiles, number: int, by: int) -> Tiles:
    """Return tiles with one moved by some places, no further than to an end; raises `NotThere`."""
    place = place_of(tiles, number)
    others = without_tile(tiles, number)
    there = min(max(place + by, 0), len(others))
    return (*others[:there], tiles[place], *others[there:])


def changed(tiles: Tiles, tile: Tile) -> Tiles:
    """Return tiles with another in the place of the one of its id; raises `NotThere`."""
    place = place_of(tiles, tile.id)
    return (*tiles[:place], tile, *tiles[place + 1 :])


def place_of(tiles: Tiles, number: int) -> int:
    """Return where a tile stands; raises `NotThere`."""
    for place, each in enumerate(tiles):
        if each.id == number:
            return place
    raise NotThere(Problem("there is no such tile", "somebody has removed it already"))


class Dashboard(msgspec.Struct, frozen=True):
    """Somebody's tiles of Home. `version` counts their changes: 0 are tiles that nobody has changed yet."""

    version: int
    tiles: Tiles


class Wallboard(msgspec.Struct, frozen=True, kw_only=True):
    """A board for a wall. `words` are a filter that all of it is within, `made_by` who answers for what it shows.

    Instants are in UTC; `ends_at` None: its link holds until it is revoked. Without a link nobody sees it.
    """

    name: str
    title: str
    theme: str = "auto"
    columns: int = 3
    words: dict[str, str] = {}
    tiles: Tiles = ()
    version: int = 1
    made_by: Actor = TOLLBOOK
    has_link: bool = False
    linked_at: datetime | None = None
    ends_at: datetime | None = None
