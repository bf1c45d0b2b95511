"""What a wallboard shows: its tiles, asked through a ledger that has no more than the board was made for."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from tollbook import clock
from tollbook.engine.runtime import engine
from tollbook.model.dashboard import Tile, Wallboard
from tollbook.model.health import Health
from tollbook.render.charts import Size
from tollbook.reports.figures import Figures
from tollbook.site.people.access import access_of
from tollbook.store import questions
from tollbook.store.filters import read_filter
from tollbook.store.ledger import Ledger
from tollbook.web.calls.parties import named
from tollbook.web.dashboards import tiles
from tollbook.web.dashboards.checks import is_own_sql
from tollbook.web.dashboards.tiles import ShownTile
from tollbook.web.page_context import TROUBLED
from tollbook.web.zones import site_zone

_FEED_ROWS = 6
_WIDTH, _HEIGHT, _BESIDE, _ABOVE, _LOWEST, _SMALLER = 1850, 990, 72, 115, 90, 0.55
_DAY_BEGINS, _NIGHT_BEGINS = 7, 19
SIGNS = {"good": ("✓", "good"), "amber": ("▲", "watch"), "red": ("■", "act")}
"""By level: a sign and a word, so that nobody has to tell colours apart."""


class WallTile(msgspec.Struct, frozen=True, kw_only=True):
    """A tile with what it shows, its span of columns, and its sign and word where it has limits."""

    shown: ShownTile
    span: int
    sign: str = ""
    word: str = ""
    health: list[Health] = []
    latest: list[dict[str, object]] = []


class ShownWall(msgspec.Struct, frozen=True, kw_only=True):
    """A board as it is now: `look` is `day` or `night`, `at` the moment by the clock of the first PBX."""

    board: Wallboard
    look: str
    at: datetime
    tiles: list[WallTile]


def ledger_of_board(board: Wallboard) -> Ledger:
    """Return the calls that a board may show: of those that who made it may see, those of its filter."""
    ledger = engine().ledger(access_of(board.made_by))
    if not board.words:
        return ledger
    return ledger.within(read_filter(board.words), pbxs_of(board) or ())  # what is no call is of no department


def pbxs_of(board: Wallboard) -> tuple[str, ...] | None:
    """Return the PBXs that a board is about; None for all."""
    names = tuple(name.strip() for name in board.words.get("pbx", "").split(",") if name.strip())
    return names or None


def shown(board: Wallboard) -> ShownWall:
    """Return a board with what its tiles show now."""
    figures = tiles.asking(ledger_of_board(board), board.tiles)
    at = clock.now().astimezone(_zone(board))
    return ShownWall(
        board=board,
        look=look_of(board.theme, at.hour),
        at=at,
        tiles=[_tile(board, figures, tile) for tile in board.tiles],
    )


def _zone(board: Wallboard) -> ZoneInfo:
    """Return the zone of the first PBX that a board is about."""
    there = engine().pbxs_of_calls()
    return next((there[name].zone for name in pbxs_of(board) or () if name in there), site_zone())


def _span(board: Wallboard, tile: Tile) -> int:
    """Return how many columns a tile takes."""
    return {"small": 1, "wide": min(2, board.columns), "full": board.columns}[tile.size]


def room_of(board: Wallboard, tile: Tile) -> Size:
    """Return what a chart has on a screen of 1920 by 1080, drawn smaller so that its letters are large."""
    rows, left = 0, 0
    for each in board.tiles:
        span = _span(board, each)
        if span > left:
            rows, left = rows + 1, board.columns
        left -= span
    width = _WIDTH * _span(board, tile) // board.columns - _BESIDE
    height = _HEIGHT // max(rows, 1) - _ABOVE
    return Size(round(width * _SMALLER), max(round(height * _SMALLER), _LOWEST))


def look_of(theme: str, hour: int) -> str:
    """Return how a board looks."""
    if theme != "auto":
        return theme
    return "day" if _DAY_BEGINS <= hour < _NIGHT_BEGINS else "night"


def _tile(board: Wallboard, figures: Figures, tile: Tile) -> WallTile:
    if is_own_sql(tile):  # the report has become that since
        found = ShownTile(tile=tile, title=tile.report, trouble="SQL of one's own cannot hang on a wall")
    else:
        found = tiles.shown(figures, tile, room=room_of(board, tile))
    level = found.figure.level if found.figure else ""
    sign, word = SIGNS.get(level, ("", ""))
    return WallTile(
        shown=found,
        span=_span(board, tile),
        sign=sign,
        word=word,
        health=_health(board) if tile.kind == "pbxs" else [],
        latest=_latest(figures.ledger) if tile.kind == "latest" else [],
    )


def _health(board: Wallboard) -> list[Health]:
    """Return how the board's PBXs are doing, those in trouble first."""
    names = pbxs_of(board)
    found = [each for each in engine().health() if names is None or each.pbx in names]
    return sorted(found, key=lambda each: each.state not in TROUBLED)


def _latest(ledger: Ledger) -> list[dict[str, object]]:
    return list(named(ledger, questions.calls(ledger, questions.CallListing(limit=_FEED_ROWS))))
