"""`files`: what was asked for with `--background`, how far it is, and fetching it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tollbook.cli.exits import CommandRefused, Exit, say
from tollbook.cli.options import Form, site_of
from tollbook.cli.output import Columns, OutputFormat, Row, write_list, write_text
from tollbook.cli.writing_files import write_to
from tollbook.model.problem import Problem
from tollbook.render.formatting import amount

if TYPE_CHECKING:
    from tollbook.cli.client import Client

files = typer.Typer(no_args_is_help=True, help="Files of reports that are made in the background.")
Key = Annotated[str, typer.Argument(metavar="FILE", help="The file, by its key in `files list`.", show_default=False)]
_LOOK_S = 0.5
_UNDER_WAY = ("waiting", "making")


def _state(row: Row) -> str:
    if row["state"] == "making":
        return f"making, {int(100 * row['part'])} %"
    if row["state"] == "ready" and not row["open"]:
        return "ready, not handed out"
    return f"{row['state']}: {row['reason']}" if row["reason"] else str(row["state"])


_LISTED: Columns = {
    "file": "file",
    "title": "title",
    "format": "format",
    "asked by": "asked_by",
    "asked at": "asked_at",
    "state": _state,
    "size": lambda row: amount(row["size"]) if row["size"] else "",
    "deleted at": lambda row: row["expires_at"] or "",
}


@files.command("list")
def list_files(context: typer.Context, form: Form = OutputFormat.TABLE) -> None:
    """List the files that are made or ready."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "files list") as client:
        write_list(client, "/api/files", {}, form=form, columns=_LISTED)


@files.command("get")
def get(
    context: typer.Context,
    file: Key,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", dir_okay=False, metavar="FILE", help="The file to write; else its own name."),
    ] = None,
) -> None:
    """Fetch a file; one that is still being made is waited for."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "files get") as client:
        there = _awaited(client, file)
        write_to(client.pieces(f"/api/files/{file}/content"), output or Path(there["name"]))


@files.command("cancel")
def cancel(context: typer.Context, file: Key) -> None:
    """Give a file up that is still to be made."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "files cancel") as client:
        there = client.send("POST", f"/api/files/{file}/cancel")
    say(f"{there['title']}: {there['state']}")


@files.command("remove")
def remove(context: typer.Context, file: Key) -> None:
    """Remove a file."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "files remove") as client:
        there = client.send("DELETE", f"/api/files/{file}")
    say(f"the file of {there['title']} is removed")


def ask_in_background(client: Client, wanted: dict[str, Any]) -> None:
    """Have a file made and print its key. While no server runs it is made at once: nobody else would go on with it."""
    there = client.send("POST", "/api/files", wanted)
    if client.in_process:
        there = _awaited(client, there["file"])
    write_text(there["file"])
    say(f"fetch it with: tollbook files get {there['file']}")


def _awaited(client: Client, file: str) -> dict[str, Any]:
    """Wait until a file is there; raises `CommandRefused` for one that came to nothing."""
    there = client.get(f"/api/files/{file}", into=dict[str, Any])
    while there["state"] in _UNDER_WAY:
        time.sleep(_LOOK_S)
        there = client.get(f"/api/files/{file}", into=dict[str, Any])
    if there["state"] != "ready":
        reason = there["reason"] or "somebody did not want it any more"
        raise CommandRefused([Problem(f"the file {there['state']}", reason, help="ask for it again")], Exit.OUTSIDE)
    return there
