"""`config`: write the set-up of a site as texts, and apply such texts to a site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tollbook.cli.exits import CommandRefused, Exit, say
from tollbook.cli.options import Yes, site_of
from tollbook.cli.output import write_text
from tollbook.model.problem import Misconfigured, Problem

config = typer.Typer(help="Write the set-up as text files, and apply such files to a site.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the files.", file_okay=False)]


@config.command("export")
def export(
    context: typer.Context,
    folder: Folder,
    secrets: Annotated[bool, typer.Option("--with-secrets", help="Write passwords, too.")] = False,
) -> None:
    """Write PBXs, sinks, directory, formats, tariffs, budgets, alerts, schedules, roles and more into a folder."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "config export") as client:
        told = client.send("POST", "/api/config/export", {"secrets": secrets})
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, text in told["files"].items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text(text, "utf-8", newline="\n")
        write_text(str(path))


@config.command("apply")
def apply(
    context: typer.Context,
    folder: Folder,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    yes: Yes = False,
) -> None:
    """Make the site what the files of a folder say, whole or not at all; what they do not name is left alone."""
    from tollbook.cli.client import connect

    files = _read(folder)
    with connect(site_of(context), "config apply") as client:
        told = client.send("POST", "/api/config", {"files": files, "dry_run": True})
        for change in told["changes"]:
            _show(change)
        if not told["changes"]:
            say(f"nothing to change: all {told['same']} things are as the files say")
            return
        if dry_run:
            say(f"nothing was changed; {told['same']} things are the same")
            return
        if not yes and not typer.confirm("Apply these changes?", err=True):
            raise CommandRefused(
                [Problem("nothing was changed", "it was not agreed to", help="answer y, or give --yes")], Exit.WRONG
            )
        client.send("POST", "/api/config", {"files": files})
    say(f"applied: {len(told['changes'])} changes, {told['same']} things are the same")


def _read(folder: Path) -> dict[str, str]:
    paths = [
        *sorted(folder.glob("*.toml")),
        *sorted(folder.glob("*.csv")),
        *sorted(folder.glob("dialects/*/dialect.toml")),
        *sorted(folder.glob("tariffs/*/*.toml")),
        *sorted(folder.glob("tariffs/*/*.csv")),
    ]
    if not paths:
        hint = "write one with `tollbook config export`"
        raise Misconfigured(Problem("there is no set-up", "the folder has none of its files", str(folder), hint))
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8-sig") for path in paths}


def _show(change: dict[str, Any]) -> None:
    write_text(f"{change['becomes']} {change['what']} {change['name']}")
    for field, (before, after) in change["differs"].items():
        write_text(f"  {field}: {before or '-'} → {after or '-'}")
