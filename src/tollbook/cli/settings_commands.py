"""`settings`: where a site has its settings."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tollbook.cli import hosting, logs
from tollbook.cli.exits import Busy, say
from tollbook.cli.options import machine_user, site_of
from tollbook.cli.output import write_text
from tollbook.model.problem import Misconfigured, Problem

if TYPE_CHECKING:
    from tollbook.sinks.sql.options import Options

MOVED = "site.sqlite.moved"
settings = typer.Typer(help="Where the site keeps its settings.", no_args_is_help=True)


@settings.command()
def move(context: typer.Context) -> None:
    """Move the settings from site.sqlite into PostgreSQL.

    Stop the server first, and name an empty database as [settings] in tollbook.toml. All of it is moved, or nothing.
    """
    path = site_of(context)
    logs.set_up(quiet=True)
    told = _told(path)
    rows = _moved(path, told)
    (path / "site.sqlite").replace(path / MOVED)
    with hosting.opened(path, "settings move"):
        from tollbook.model.actor import Actor
        from tollbook.site.audit import operations as audit

        audit.record(Actor(kind="command", name=machine_user()), "site.settings_moved", told.url)
    write_text(f"moved {rows} rows into {told.url}")
    say(f"what was there before is kept as {path / MOVED}; it holds passwords: remove it once all is well")


def _told(path: Path) -> Options:
    """Return which database settings are to be moved into; raises `Misconfigured` where there is nothing to be done."""
    from tollbook.engine.fence_file import read_settings
    from tollbook.model.fence import FILE

    hosting.check_site(path)
    told = read_settings(path)
    if told is None:
        help_ = f"write [settings] with url, username and password-file into {path / FILE}"
        raise Misconfigured(Problem("no database is named", f"{FILE} has no [settings]", str(path / FILE), help_))
    if not (path / "site.sqlite").exists():
        raise Misconfigured(Problem("there is nothing to move", "the folder has no site.sqlite", str(path)))
    return told


def _moved(path: Path, told: Options) -> int:
    from tollbook.engine.site import SiteBusy, locked

    try:
        with locked(path, "settings move"):
            return move_into(path, told)
    except SiteBusy as fault:
        raise Busy(f"{fault}; stop it first") from fault


def move_into(path: Path, told: Options) -> int:
    """Move a site's file of settings into the database that its `tollbook.toml` names; return how many rows it had."""
    os.environ["TOLLBOOK_SITE"] = str(path)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tollbook.web.settings")
    import django

    django.setup()
    from django.db import connections

    from tollbook.site.moving import move_into_postgresql, refuse_filled

    refuse_filled(told)
    try:
        return move_into_postgresql(path)
    finally:
        with suppress(Exception):
            connections.close_all()
