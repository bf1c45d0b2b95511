"""`note`: what people write on calls."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from tollbook.cli.exits import say
from tollbook.cli.options import site_of
from tollbook.cli.output import write_text

note = typer.Typer(help="Write notes and tags on calls.", no_args_is_help=True)

CallId = Annotated[str, typer.Argument(metavar="CALL", help="The id of the call.", show_default=False)]


@note.command("show")
def show(context: typer.Context, call: CallId) -> None:
    """Show what is noted on a call."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "note show") as client:
        _tell(client.send("GET", f"{_place(call)}/notes"))


@note.command("write")
def write(
    context: typer.Context,
    call: CallId,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to write.", show_default=False)],
) -> None:
    """Write a note on a call."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "note write") as client:
        _tell(client.send("POST", f"{_place(call)}/notes", {"text": text}))


@note.command("remove")
def remove(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Of the note, as `note show` tells it.")],
) -> None:
    """Remove a note."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "note remove") as client:
        client.send("DELETE", f"/api/notes/{number}")
    say(f"the note {number} is gone")


@note.command("tag")
def tag(
    context: typer.Context,
    call: CallId,
    tags: Annotated[list[str] | None, typer.Argument(metavar="TAG …", help="Its tags; none takes all away.")] = None,
) -> None:
    """Have a call bear these tags, and no others."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "note tag") as client:
        _tell(client.send("PUT", f"{_place(call)}/tags", {"tags": tags or []}))


@note.command("private")
def private(
    context: typer.Context,
    call: CallId,
    off: Annotated[bool, typer.Option("--off", help="It was not private.")] = False,
) -> None:
    """Say that a call was private: its number is hidden from all but its person and administrators."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "note private") as client:
        _tell(client.send("PUT", f"{_place(call)}/private", {"private": not off}))


def _place(call: str) -> str:
    return f"/api/calls/{quote(call, safe='') or '%20'}"


def _tell(found: dict[str, Any]) -> None:
    for each in found["notes"]:
        write_text(f"{each['id']}  {each['at'][:16].replace('T', ' ')}  {each['author']}: {each['text']}")
    if found["tags"]:
        write_text(f"tags: {', '.join(found['tags'])}")
    if found["private"]:
        write_text("private")
    if not (found["notes"] or found["tags"] or found["private"]):
        say("nothing is noted on this call")
