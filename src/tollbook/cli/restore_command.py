"""`restore`: a site made again from a backup."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tollbook.cli import hosting, logs
from tollbook.cli.exits import say
from tollbook.cli.options import machine_user, site_of
from tollbook.cli.output import progress, write_text
from tollbook.cli.settings_commands import move_into

if TYPE_CHECKING:
    from tollbook.engine.care.manifest import Manifest
    from tollbook.sinks.sql.options import Options


def restore(
    context: typer.Context,
    backup: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="The backup's folder.", exists=True, file_okay=False, show_default=False),
    ],
    toml: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A tollbook.toml in place of the backup's: another database for the settings, or none.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
) -> None:
    """Restore the site from a backup, into a new or empty folder.

    Every file is compared with its checksum. The site continues from there: nothing is fetched from a PBX twice, and a
    webhook asks from which day to continue. Settings that were in PostgreSQL go into the database that tollbook.toml
    names, which must be empty.
    """
    path = site_of(context)
    logs.set_up(quiet=True)
    told = _settings_of(toml or backup / "tollbook.toml")
    made = _put_back(backup.absolute(), path)
    if toml:
        shutil.copyfile(toml, path / "tollbook.toml")
    if told:
        move_into(path, told)
        (path / "site.sqlite").unlink()
    _begin_anew(backup.absolute(), path, made)
    write_text(f"restored {path} from the backup of {made.made_at}: {made.calls} calls")
    say("calls taken since then are not in it; import what you have of that time")
    say("see that no other Tollbook asks the same PBXs, then start this one: `tollbook serve`")


def _settings_of(toml: Path) -> Options | None:
    """Return the empty database that is to have the settings; None where a file has them."""
    from tollbook.engine.fence_file import settings_in

    told = settings_in(toml)
    if told:
        from tollbook.site.moving import refuse_filled

        refuse_filled(told)
    return told


def _put_back(backup: Path, path: Path) -> Manifest:
    from tollbook.engine.care.restore import put_back
    from tollbook.site.database import unknown_changes

    with progress("bytes") as bars:
        bar = bars.add_task("restoring", total=None)
        return put_back(
            backup,
            path,
            unknown_changes,
            lambda done, of: bars.update(bar, total=of, completed=done),
        )


def _begin_anew(backup: Path, path: Path, made: Manifest) -> None:
    """Open what was put back, which brings its tables up to date, and note what was done."""
    from tollbook import clock
    from tollbook.engine.care.restore import begin_anew, give_to_owner
    from tollbook.model.actor import Actor

    with hosting.opened(path, "restore") as site:
        from tollbook.sinks import known
        from tollbook.site.audit import operations as audit
        from tollbook.site.sinks import operations as sinks

        doubted = [sink.name for sink in sinks.every() if not known.overwrites(sink.kind)]
        begin_anew(site, made, clock.now_us(), doubted)
        audit.record(Actor(kind="command", name=machine_user()), "site.restore", str(backup))
    give_to_owner(path)
