"""Looks whether a tile can be shown, before it is kept, and what of people it would show."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from tollbook.model.dashboard import KINDS, LONGEST_TITLE, SHOWS, SIZES, WAYS, Tile, Tiles
from tollbook.model.problem import Misconfigured, Problem, nearest
from tollbook.reports.definition import ReportDefinition
from tollbook.reports.figures import measure_of
from tollbook.reports.known import report, reports
from tollbook.store.filters import ASKED, read_asked
from tollbook.web.reports.asked import own_reports
from tollbook.web.zones import today

LONGEST_WORD = 200
_PEOPLE = {
    "number": "telephone numbers",
    "number_name": "names from the phone book",
    "caller": "telephone numbers",
    "called": "telephone numbers",
    "extension": "extensions",
    "person": "names of people",
    "account_code": "account codes",
    "auth_code": "authorisation codes",
}
"""What columns tell of people, by their names."""
_OF_KINDS = {"waiting": ("telephone numbers", "names of people"), "latest": ("telephone numbers", "names of people")}


def checked(tile: Tile) -> Tile:
    """Return a tile that can be shown; raises `Misconfigured` with every fault."""
    faults = [
        *_one_of("kind", tile.kind, KINDS),
        *_one_of("shows", tile.shows, SHOWS),
        *_one_of("size", tile.size, SIZES),
        *_one_of("way", tile.way, WAYS),
        *_texts(tile),
        *_thresholds(tile),
        *_caught(lambda: read_asked(tile.words, today(tile.words.get("pbx", "")))),
    ]
    if not faults and tile.kind == "measure":
        faults += _caught(lambda: measure_of(None, None, tile.measure))
        faults += [] if tile.shows == "number" else [Problem("a measure alone is a number", f"got {tile.shows!r}")]
    if not faults and tile.kind == "report":
        faults += _caught(lambda: _check_report(tile))
    if faults:
        raise Misconfigured(*faults)
    return tile


def checked_for_wall(tile: Tile) -> Tile:
    """Return a tile that may hang on a wall: nobody knows what SQL of one's own shows of people, and it takes long."""
    if is_own_sql(tile):
        reason = "it may show anything of anybody, and is asked anew with each call"
        raise Misconfigured(Problem("SQL of one's own cannot hang on a wall", reason, help="use rows and measures"))
    return checked(tile)


def is_own_sql(tile: Tile) -> bool:
    """Say whether a tile is made by SQL of one's own, which takes a process for each time."""
    found = reports(own_reports()).get(tile.report) if tile.kind == "report" else None
    return bool(found and found.is_own and found.query)


def definition_of(tile: Tile) -> ReportDefinition:
    """Return what the report of a tile is, its parameters filled in; raises `NotThere` and `Misconfigured`."""
    found = report(tile.report, own_reports())
    return found.filled(found.settings(tile.settings))


def tells_of_people(tile: Tile) -> list[str]:
    """Return what a tile shows of people, in words; nothing for one that only counts."""
    if tile.kind in _OF_KINDS:
        return list(_OF_KINDS[tile.kind])
    if tile.kind != "report" or tile.shows == "number":
        return []
    definition = definition_of(tile)
    columns = (
        *definition.rows,
        definition.columns,
        *definition.list,
        *(name for each in definition.column for name in (each.name, each.word)),
    )
    return list(dict.fromkeys(_PEOPLE[name] for name in columns if name in _PEOPLE))


def people_told_of(tiles: Tiles) -> list[str]:
    """Return what tiles show of people; a tile that cannot be shown any more shows nothing."""
    told: dict[str, None] = {}
    for tile in tiles:
        with suppress(Misconfigured):
            told |= dict.fromkeys(tells_of_people(tile))
    return list(told)


def _check_report(tile: Tile) -> None:
    definition = definition_of(tile)
    if tile.shows == "number":
        measure_of(report(tile.report, own_reports()), definition, tile.measure)
    if tile.shows == "chart" and definition.chart is None:
        help_ = "show it as a table"
        raise Misconfigured(Problem(f"the report {tile.report} has no chart", "none is set up for it", help=help_))


def _one_of(name: str, given: str, known: dict[str, str]) -> list[Problem]:
    if given in known:
        return []
    return [Problem(f"'{name}' must be one of {', '.join(known)}", f"got {given[:40]!r}", help=nearest(given, known))]


def _texts(tile: Tile) -> list[Problem]:
    faults = list[Problem]()
    if len(tile.title) > LONGEST_TITLE or (tile.title and not tile.title.isprintable()):
        faults.append(Problem(f"'title' can have {LONGEST_TITLE} letters", f"got {tile.title[:80]!r}"))
    faults += [
        Problem(f"nothing can be filtered by {word!r}", "unknown", help=nearest(word, ASKED))
        for word in tile.words
        if word not in ASKED
    ]
    faults += [
        Problem(f"'{name}' is too long", f"{len(text)} characters; {LONGEST_WORD} are taken")
        for name, text in (*tile.words.items(), *tile.settings.items())
        if len(text) > LONGEST_WORD
    ]
    return faults


def _thresholds(tile: Tile) -> list[Problem]:
    if tile.amber is None and tile.red is None:
        return []
    if tile.shows != "number" or tile.kind not in ("measure", "report"):
        return [Problem("only a number has limits", "a table or chart has many values", help="show it as a number")]
    if any(limit is not None and not limit.is_finite() for limit in (tile.amber, tile.red)):
        return [Problem("a limit is a number", f"got {tile.amber} and {tile.red}")]
    if tile.amber is None or tile.red is None:
        return []
    if (tile.red < tile.amber) if tile.way == "up" else (tile.red > tile.amber):
        reason = f"amber is {tile.amber}, red {tile.red}, and the alarm goes {tile.way}"
        return [Problem("red must lie beyond amber", reason, help="turn them, or the way")]
    return []


def _caught(check: Callable[[], object]) -> list[Problem]:
    try:
        check()
    except Misconfigured as fault:
        return list(fault.problems)
    return []
