"""A tile in words, as `missed shows=number period=today amber=3`: for commands, and for the filter of its form."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from tollbook.model.dashboard import KINDS, Tile
from tollbook.model.problem import Misconfigured, Problem
from tollbook.reports.breakdown import offered
from tollbook.web.reports.asked import SETTING

_OWN = ("shows", "size", "title", "measure", "way")


def words_in(text: str) -> dict[str, str]:
    """Return what `name=value` words say; raises `Misconfigured`."""
    words: dict[str, str] = {}
    for piece in _pieces(text):
        name, sign, value = piece.partition("=")
        if not sign or not name:
            raise Misconfigured(Problem("a word is given as name=value", f"got {piece[:60]!r}"))
        words[name] = value
    return words


def in_words(words: Mapping[str, str]) -> str:
    """Return words as `words_in` reads them."""
    return " ".join(shlex.quote(f"{name}={value}") for name, value in words.items())


def tile_in(text: str) -> Tile:
    """Return the tile that a text describes; raises `Misconfigured`. What the words mean is looked at later."""
    first, _, rest = text.strip().partition(" ")
    words = words_in(rest)
    is_measure = first not in KINDS and first in offered() and "shows" not in words
    kind = first if first in KINDS and first not in ("measure", "report") else "measure" if is_measure else "report"
    own = {name: words.pop(name) for name in _OWN if name in words}
    if is_measure:
        own = {"measure": first, "shows": "number", "size": "small", **own}
    limits = {name: limit(name, words.pop(name)) for name in ("amber", "red") if name in words}
    return Tile(kind=kind, report=first if kind == "report" else "", **own, **limits, **divided(words))  # type: ignore[arg-type] # each by its name


def told(tile: Tile) -> str:
    """Return a tile as `tile_in` reads it."""
    is_measure = tile.kind == "measure"
    usual = {"shows": "table", "size": "small" if is_measure else "wide", "title": "", "measure": "", "way": "up"}
    own = {name: getattr(tile, name) for name, text in usual.items() if getattr(tile, name) != text}
    for name in ("shows", "measure") if is_measure else ():
        own.pop(name, None)
    limits = {name: f"{value:f}" for name in ("amber", "red") if (value := getattr(tile, name)) is not None}
    settings = {f"{SETTING}{name}": text for name, text in tile.settings.items()}
    first = tile.measure if is_measure else tile.report or tile.kind
    return f"{first} {in_words({**own, **limits, **tile.words, **settings})}".strip()


def divided(words: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return filter words, and parameters of a report apart, which are given as `set-NAME`."""
    settings = {name.removeprefix(SETTING): text for name, text in words.items() if name.startswith(SETTING)}
    return {
        "words": {name: text for name, text in words.items() if not name.startswith(SETTING)},
        "settings": {name.replace("-", "_"): text for name, text in settings.items()},
    }


def limit(name: str, text: str) -> Decimal | None:
    """Return a limit; raises `Misconfigured` for what is no number."""
    if not text.strip():
        return None
    try:
        return Decimal(text.strip().removesuffix("%").strip())
    except InvalidOperation:
        reason = f"got {text[:40]!r}"
        raise Misconfigured(Problem(f"'{name}' must be a number", reason, help="seconds; shares in per cent")) from None


def _pieces(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as fault:
        raise Misconfigured(Problem("the words cannot be read", f"{fault}: {text[:60]!r}")) from None
