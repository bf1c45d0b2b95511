"""`backup` and `backup-plan`: copies of the whole site, made now or by the running server."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tollbook.cli.exits import Exit, say
from tollbook.cli.options import site_of
from tollbook.cli.output import progress, write_text
from tollbook.model.problem import Problem

if TYPE_CHECKING:
    from tollbook.cli.client import Client
    from tollbook.model.backup import BackupState

_LOOK_S = 0.1

backup_plan = typer.Typer(help="Let the server make backups automatically.", no_args_is_help=True)


def backup(
    context: typer.Context,
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="The backup's folder; new or empty.", show_default=False),
    ],
) -> None:
    """Back up the whole site into a folder.

    The server may be running; then it writes the backup, and calls keep coming in. The backup is checked at the end. It
    contains every password of the site.
    """
    from tollbook.cli.client import connect

    into = folder.absolute()
    with connect(site_of(context), "backup") as client:
        client.send("POST", "/api/backup", {"folder": str(into)})
        made = _waited(client)
    if made.asked_failure:
        from tollbook.cli.exits import CommandRefused

        raise CommandRefused(
            [Problem("no backup was made", made.asked_failure, str(into), "mend that, then try again")], Exit.OUTSIDE
        )
    write_text(f"backed up into {into}: {_amount(made.asked_bytes)}, checked")


def _waited(client: Client) -> BackupState:
    from tollbook.model.backup import BackupState

    with progress("bytes") as bars:
        bar = bars.add_task("backing up", total=None)
        while not (state := client.get("/api/backup", into=BackupState)).asked_done:
            bars.update(bar, total=state.of or None, completed=min(state.done, state.of))
            time.sleep(_LOOK_S)
    return state


@backup_plan.command("set")
def set_plan(
    context: typer.Context,
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="A folder on another disk, for the backups.", show_default=False),
    ],
    every: Annotated[int, typer.Option("--every", metavar="HOURS", help="Hours between two backups.")] = 24,
    keep: Annotated[int, typer.Option("--keep", metavar="N", help="How many to keep; older ones are deleted.")] = 14,
) -> None:
    """Plan automatic backups.

    The first one is made at once. `doctor`, `status` and the metrics report a backup that fails.
    """
    from tollbook.cli.client import connect

    wanted = {"folder": str(folder.absolute()), "every_h": every, "keep": keep}
    with connect(site_of(context), "backup-plan set") as client:
        client.send("PUT", "/api/backup/plan", wanted)
        running = not client.in_process
    write_text(f"a backup goes into {folder.absolute()} every {every} h, and {keep} are kept")
    if not running:
        say("the first one is made once `tollbook serve` runs")


@backup_plan.command("show")
def show(context: typer.Context) -> None:
    """Show the plan and the state of the backups.

    The exit code is 1 if the last one failed or is overdue.
    """
    from tollbook.cli.client import connect
    from tollbook.model.backup import BackupState

    with connect(site_of(context), "backup-plan show") as client:
        state = client.get("/api/backup", into=BackupState)
    for line in _told(state):
        write_text(line)
    raise typer.Exit(Exit.FOUND if state.failed_why or state.overdue else Exit.WELL)


def _told(state: BackupState) -> list[str]:
    if state.plan is None:
        return ["no backups are planned; `tollbook backup-plan set DIR` plans them"]
    told = [f"a backup goes into {state.plan.folder} every {state.plan.every_h} h, and {state.plan.keep} are kept"]
    newest = f"{state.last_at}, {_amount(state.last_bytes)}: {state.last_folder}" if state.last_at else "none yet"
    told.append(f"newest: {newest}{' (too long ago)' if state.overdue else ''}")
    if state.running:
        told.append(f"   now: {state.running} is being filled")
    if state.failed_why:
        told.append(f"failed: {state.failed_at}: {state.failed_why}")
    return told


@backup_plan.command("off")
def off(context: typer.Context) -> None:
    """Stop automatic backups. Existing ones stay."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "backup-plan off") as client:
        ended: dict[str, Any] = client.send("DELETE", "/api/backup/plan")
    write_text(f"no more backups go into {ended['folder']}; those that are there stay")


def _amount(size: int) -> str:
    """Return a number of bytes as people read it.

    >>> _amount(999), _amount(76_193_792)
    ('1 kB', '76.2 MB')
    """
    return f"{size / 1e6:,.1f} MB" if size >= 100_000 else f"{-(-size // 1000)} kB"  # noqa: PLR2004 - a tenth of a megabyte
