"""What the shell is offered where a name is to be typed: formats, PBXs and sinks.

Names are read from the site's settings without the site being opened: a completion waits for no server, and where
nothing can be read nothing is offered.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import typer

_NAMES = {
    "destination": "SELECT name FROM destination ORDER BY name",
    "pbx": "SELECT name FROM pbx WHERE NOT removed ORDER BY name",
    "place": "SELECT name FROM place ORDER BY name",
    "schedule": "SELECT name FROM schedule ORDER BY name",
    "sink": "SELECT name FROM sink ORDER BY name",
}


def formats(context: typer.Context, incomplete: str) -> list[str]:
    """Return the formats that begin so, the site's own among them."""
    from tollbook.plugins import folders

    own = _site(context) / "dialects"
    names = {*folders("tollbook.dialects.catalogue"), *(each.name for each in own.glob("*/"))}
    return sorted(name for each in names if (name := each.replace("_", "-")).startswith(incomplete))


def names_in(table: str) -> Callable[[typer.Context, str], list[str]]:
    """Return what offers the names of PBXs, sinks or destinations that begin so."""

    def names(context: typer.Context, incomplete: str) -> list[str]:
        file = _site(context) / "site.sqlite"
        try:
            with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as settings:
                return [name for (name,) in settings.execute(_NAMES[table]) if name.startswith(incomplete)]
        except sqlite3.Error:
            return []

    return names


def _site(context: typer.Context) -> Path:
    return Path(context.find_root().params.get("site") or os.environ.get("TOLLBOOK_SITE") or ".")
