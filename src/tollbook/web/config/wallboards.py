"""Wallboards as a text of a set-up: each with its tiles in words, without its link."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import tomli_w

from tollbook.model.actor import Actor
from tollbook.model.dashboard import Tiles, Wallboard
from tollbook.site.dashboards import wallboards
from tollbook.web.config.costs import CostChange, converted
from tollbook.web.dashboards.checks import checked_for_wall
from tollbook.web.dashboards.written import tile_in, told

FILE = "wallboards.toml"


class WrittenWallboard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A wallboard as it is written; `filter` are the words that all of it is within."""

    title: str
    theme: str = "auto"
    columns: int = 3
    filter: dict[str, str] = {}
    tiles: list[str] = []


def written() -> dict[str, str]:
    """Return all wallboards by file name; without any it is empty."""
    every = {board.name: msgspec.to_builtins(_written(board)) for board in wallboards.every()}
    return {FILE: tomli_w.dumps(every) if every else ""}


def _written(board: Wallboard) -> WrittenWallboard:
    same = {name: getattr(board, name) for name in ("title", "theme", "columns")}
    return WrittenWallboard(**same, filter=board.words, tiles=[told(tile) for tile in board.tiles])


def apply(actor: Actor, document: Mapping[str, Any]) -> Iterator[CostChange]:
    """Make wallboards what a text says, and yield what changes; raises `Misconfigured`. Links stay as they are."""
    for name, each in converted(FILE, document, dict[str, WrittenWallboard]).items():
        yield _applied(actor, name, each)


def _applied(actor: Actor, name: str, each: WrittenWallboard) -> CostChange:
    before = next((board for board in wallboards.every() if board.name == name), None)
    same = {field: getattr(each, field) for field in ("title", "theme", "columns")}
    tiles = tuple(map(tile_in, each.tiles))
    wanted = Wallboard(name=name, **same, words=each.filter, tiles=tiles)
    if before is None:
        wallboards.add(actor, wanted, checked_for_wall)
        return CostChange("wallboard", name, "add")
    if _without_ids(before.tiles) == tiles:
        wanted = msgspec.structs.replace(wanted, tiles=before.tiles)
    kept = wallboards.edit(actor, wanted, checked_for_wall)
    return CostChange("wallboard", name, "same" if kept.version == before.version else "change")


def _without_ids(tiles: Tiles) -> Tiles:
    return tuple(msgspec.structs.replace(tile, id=0) for tile in tiles)
