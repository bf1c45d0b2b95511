"""`wallboard`: boards for a screen on a wall, and the links that open them without a sign-in."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tollbook.cli.exits import CommandRefused, Exit, say
from tollbook.cli.options import Form, Yes, site_of
from tollbook.cli.output import Columns, OutputFormat, Row, write_list, write_text
from tollbook.model.problem import Misconfigured, Problem

wallboard = typer.Typer(help="Make boards for a wall, opened by a link.", no_args_is_help=True)

BoardName = Annotated[str, typer.Argument(metavar="NAME", help="The wallboard's name.", show_default=False)]
Days = Annotated[int, typer.Option(metavar="N", help="Days until the link ends; 0: never.")]
_ORPHANED = (
    "{name} opens nothing: {made_by}, who made it, may see no calls any more; "
    "take it over with a link of your own: tollbook wallboard link {name}"
)


def _end(row: Row) -> str:
    if row["orphaned"]:
        return "opens nothing"
    return "ended" if row["over"] else str(row["ends_at"] or "")[:10]


_BOARD: Columns = {
    "name": "name",
    "title": "title",
    "tiles": lambda row: str(len(row["tiles"])),
    "shows of people": lambda row: ", ".join(row["shows_people"]) or "nothing",
    "link since": lambda row: str(row["linked_at"] or "no link")[:10],
    "ends": _end,
}


@wallboard.command("add")
def add(
    context: typer.Context,
    name: BoardName,
    title: Annotated[str, typer.Option(metavar="TEXT", help="Stands on the wall; else its name.")] = "",
    tile: Annotated[
        list[str] | None,
        typer.Option(metavar="WORDS", help="A tile, such as 'missed amber=3 red=5'. Can be given several times."),
    ] = None,
    preset: Annotated[
        str, typer.Option(metavar="SET", help="Without --tile: 'reception', 'calls', 'technician' or 'empty'.")
    ] = "reception",
    theme: Annotated[str, typer.Option(metavar="auto|day|night", help="How it looks.")] = "auto",
    columns: Annotated[int, typer.Option(metavar="N", help="Columns, 1 to 6.")] = 3,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="WORD=VALUE", help="No tile shows more: pbx=hq. Can be given several times."),
    ] = None,
    days: Days = 365,
) -> None:
    """Make a wallboard and a link to it, and print the link. It is shown only once."""
    from tollbook.cli.client import connect

    given: dict[str, Any] = {"name": name, "title": title, "theme": theme, "columns": columns, "preset": preset}
    given |= {"tiles": tile or [], "filter": dict(map(_pair, only or []))}
    with connect(site_of(context), "wallboard add") as client:
        client.send("POST", "/api/wallboards", given)
        made = client.send("POST", f"/api/wallboards/{name}/link", {"days": days})
    _tell(context, made)


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise Misconfigured(Problem("'--only' takes WORD=VALUE", f"got {text[:60]!r}", help="such as --only pbx=hq"))
    return name, value


def _tell(context: typer.Context, made: dict[str, Any]) -> None:
    """Print a link that was just made; where a server listens, with its address."""
    from tollbook.cli import address

    there = address.read(site_of(context))
    write_text(f"{there.url if there else ''}{made['path']}")
    shows = ", ".join(made["shows_people"])
    until = made["ends_at"] or "it is revoked"
    say(f"whoever has this link sees {made['name']} without signing in, until {until}")
    say(f"it shows {shows}" if shows else "it only counts: it shows no number and no name of anybody")


@wallboard.command("list")
def list_wallboards(context: typer.Context, form: Form = OutputFormat.TABLE) -> None:
    """List wallboards, without their links."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "wallboard list") as client:
        orphaned = [row for row in client.rows("/api/wallboards", {}) if row["orphaned"]]
        count = write_list(client, "/api/wallboards", {}, form=form, columns=_BOARD)
    for row in orphaned:
        say(_ORPHANED.format_map(row))
    if form is OutputFormat.TABLE and not count:
        say("there is no wallboard yet: tollbook wallboard add NAME")


@wallboard.command("link")
def link(context: typer.Context, name: BoardName, days: Days = 365) -> None:
    """Make another link to a wallboard and print it. The one before shows nothing any more."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "wallboard link") as client:
        made = client.send("POST", f"/api/wallboards/{name}/link", {"days": days})
    _tell(context, made)


@wallboard.command("revoke")
def revoke(context: typer.Context, name: BoardName) -> None:
    """Let the link to a wallboard show nothing any more. The board stays."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "wallboard revoke") as client:
        client.send("DELETE", f"/api/wallboards/{name}/link")
    write_text(f"revoked the link to {name}")


@wallboard.command("remove")
def remove(context: typer.Context, name: BoardName, yes: Yes = False) -> None:
    """Remove a wallboard with its link."""
    from tollbook.cli.client import connect

    if not yes and not typer.confirm(f"Remove the wallboard {name}?", err=True):
        raise CommandRefused(
            [Problem("nothing was changed", "it was not agreed to", help="answer y, or give --yes")], Exit.WRONG
        )
    with connect(site_of(context), "wallboard remove") as client:
        client.send("DELETE", f"/api/wallboards/{name}")
    write_text(f"removed {name}")
