"""Tiles to begin with: what Home has until somebody changes it, by the work of their role."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from tollbook.model.dashboard import Tile, Tiles, numbered

_TODAY = {"period": "today"}
_MONTH = {"period": "this-month"}


class Preset(msgspec.Struct, frozen=True):
    """A set of tiles by what it is called, and for whom it is."""

    title: str
    help: str
    tiles: Tiles


def _numbers(words: dict[str, str], *names: str) -> Tiles:
    return tuple(Tile(kind="measure", measure=name, shows="number", size="small", words=words) for name in names)


def _chart(slug: str, words: dict[str, str], size: str = "wide") -> Tile:
    return Tile(report=slug, shows="chart", size=size, words=words)


def _table(slug: str, words: dict[str, str], size: str = "wide", **settings: str) -> Tile:
    return Tile(report=slug, shows="table", size=size, words=words, settings=settings)


_WAITING, _LATEST, _PBXS = (Tile(kind=kind, shows="table") for kind in ("waiting", "latest", "pbxs"))
PRESETS = {
    "usual": Preset(
        "Everything at a glance",
        "the calls of the day, who waits to be called back, and how the PBXs are doing",
        numbered(
            (
                *_numbers(_TODAY, "calls", "incoming", "outgoing", "missed", "answered_share", "talk"),
                _chart("by-hour", _TODAY, "full"),
                _WAITING,
                _table("top-extensions", _TODAY),
                _PBXS,
                _LATEST,
            )
        ),
    ),
    "manager": Preset(
        "Manager",
        "the month: how much is telephoned, what it costs, and who does it",
        numbered(
            (
                *_numbers(_MONTH, "calls", "incoming", "answered_share", "missed", "cost", "price"),
                _chart("by-day", {"period": "last-30-days"}, "full"),
                _table("by-department", _MONTH),
                _table("cost-by-destination", _MONTH),
                _table("top-extensions", _MONTH),
                _table("dearest-calls", _MONTH),
            )
        ),
    ),
    "reception": Preset(
        "Reception",
        "today: how callers are answered, and who waits to be called back",
        numbered(
            (
                *_numbers(_TODAY, "incoming", "missed", "answered_share", "answer_average", "wait_longest", "outgoing"),
                _WAITING,
                _LATEST,
                _chart("by-half-hour", _TODAY, "full"),
                _table("by-ddi", _TODAY),
                _PBXS,
            )
        ),
    ),
    "technician": Preset(
        "Technician",
        "PBXs, lines, and what could not be read",
        numbered(
            (
                _PBXS,
                _LATEST,
                *_numbers(_TODAY, "calls", "outgoing_success", "busy", "failed"),
                *_numbers({"period": "last-7-days"}, "failed", "calls"),
                _chart("lines-in-use", {"period": "last-7-days"}, "full"),
                _table("by-trunk", {"period": "last-7-days"}),
                _table("unreadable-records", {}),
                _table("silences", {"period": "last-7-days"}),
                _table("silent-trunks", {"period": "last-7-days"}),
            )
        ),
    ),
}
USUAL = PRESETS["usual"].tiles


def usual_of(role: str) -> Tiles:
    """Return what Home has of whoever has a role and changed nothing: the set of that name, where there is one."""
    return PRESETS[role].tiles if role in PRESETS else USUAL


def _watched(name: str, amber: int, red: int, way: str = "up") -> Tile:
    return Tile(
        kind="measure",
        measure=name,
        shows="number",
        size="small",
        words=_TODAY,
        amber=Decimal(amber),
        red=Decimal(red),
        way=way,
    )


WALLS = {
    "reception": Preset(
        "Reception",
        "how callers are answered today, with limits; neither numbers nor names",
        numbered(
            (
                *_numbers(_TODAY, "incoming"),
                _watched("missed", 5, 10),
                _watched("answered_share", 90, 80, "down"),
                _watched("answer_average", 20, 30),
                _watched("wait_longest", 60, 120),
                *_numbers(_TODAY, "outgoing"),
                _chart("by-hour", _TODAY, "full"),
            )
        ),
    ),
    "calls": Preset(
        "Calls of the day",
        "how much is telephoned today; neither numbers nor names",
        numbered((*_numbers(_TODAY, "calls", "incoming", "outgoing"), _chart("by-hour", _TODAY, "full"))),
    ),
    "technician": Preset(
        "PBXs and lines",
        "how the PBXs are doing, and how many lines are in use; names of PBXs",
        numbered(
            (_PBXS, *_numbers(_TODAY, "calls"), _watched("failed", 3, 10), _chart("lines-in-use", _TODAY, "full"))
        ),
    ),
    "empty": Preset("No tile yet", "to be put together tile by tile", ()),
}
