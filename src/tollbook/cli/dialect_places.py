"""Which dialects a command is about: those that come with Tollbook, and those in a folder of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer

from tollbook import clock
from tollbook.cli.exits import say
from tollbook.cli.options import Given
from tollbook.model.pbx import Pbx, zone_problems
from tollbook.model.problem import Misconfigured, Problem
from tollbook.plugins import unknown_settings

if TYPE_CHECKING:
    from tollbook.dialects.known import Catalogue
    from tollbook.dialects.layout.layout import Layout

OwnFolder = Annotated[
    Path | None,
    typer.Option("--folder", metavar="DIR", help="Folder of your own dialects; default: in the site."),
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The dialect.", show_default=False)]
Sample = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="A file of records, or an archive; - is stdin.", show_default=False),
]
_OURS = ("timezone", "received")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a PBX is set to for a trial, and when its records are taken to have arrived."""

    pbx: Pbx
    received_at: int


def own_folder(context: typer.Context, given: Path | None) -> Path | None:
    """Return the folder of dialects of one's own: the one given, else the site's, else none."""
    if given:
        return given.absolute()
    known = context.find_object(Given)
    return known.site.absolute() / "dialects" if known and known.site else None


def catalogue_of(context: typer.Context, folder: Path | None) -> Catalogue:
    """Return the dialects there are; says what is wrong with those that cannot be used."""
    from tollbook.dialects.known import Catalogue

    own = own_folder(context, folder)
    if folder and own and not own.is_dir():
        raise Misconfigured(Problem(f"there is no folder {str(folder)!r}", "it is to hold folders of dialects"))
    catalogue = Catalogue(own)
    for problem in catalogue.problems():
        say(f"{problem}\n")
    return catalogue


def settings_of(slug: str, layout: Layout, given: Mapping[str, str]) -> Settings:
    """Return what a PBX is set to; raises `Misconfigured` with every fault of the settings."""
    from tollbook.site.pbxs.checks import choice_problems

    where = f"dialect {slug}"
    timezone = given.get("timezone", "UTC")
    problems = [*zone_problems(timezone), *unknown_settings({*layout.option, *_OURS}, dict(given), where)]
    for name, option in layout.option.items():
        problems += choice_problems(name, option, given, where)
    received, fault = _received(given.get("received", ""), timezone if not zone_problems(timezone) else "UTC")
    if problems or fault:
        raise Misconfigured(*problems, *fault)
    chosen = {name: text for name, text in given.items() if name not in _OURS}
    pbx = Pbx(name="sample", dialect=slug, source="", timezone=timezone, settings=chosen)
    return Settings(pbx=pbx, received_at=received)


def _received(text: str, timezone: str) -> tuple[int, list[Problem]]:
    """Return when records arrived, microseconds since 1970; now unless it is said."""
    from datetime import datetime

    try:
        moment = datetime.fromisoformat(text) if text else clock.now()
    except ValueError:
        hint = "it decides the year of dates without one"
        return 0, [Problem("'received' must be a time such as 2026-03-02T12:00:00", f"got {text!r}", help=hint)]
    aware = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))
    return int(aware.timestamp()) * 1_000_000, []
