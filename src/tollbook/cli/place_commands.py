"""`place`: the places of a centre; `join` and `leave`: this site's own way to one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tollbook.cli.completing import names_in
from tollbook.cli.exits import Exit, say
from tollbook.cli.options import AnswerForm, Form, site_of
from tollbook.cli.output import AnswerFormat, Columns, OutputFormat, Row, write_list, write_text
from tollbook.model.place import PARTS
from tollbook.model.problem import Misconfigured, Problem

place = typer.Typer(help="Have other sites on one page: each joins as a place.", no_args_is_help=True)

PlaceName = Annotated[
    str,
    typer.Argument(metavar="NAME", help="The place's name.", show_default=False, autocompletion=names_in("place")),
]
GroupName = Annotated[str, typer.Argument(metavar="GROUP", help="A group of places, such as 'all'.")]
_AUTHORITY = 100_000
_GROUP: Columns = {
    "name": "name",
    "places": "places",
    "handed down": lambda row: ", ".join(row["parts"]),
    "version": "version",
    "says": "fault",
}


def _gigabytes(row: Row) -> str:
    return f"{row['disk_free'] / 1e9:.1f} GB" if row["disk_size"] else ""


def _version(row: Row) -> str:
    return f"{row['version']} ({row['wanted']} wanted)" if row["wanted"] else row["version"]


_PLACE: Columns = {
    "name": "name",
    "group": "group",
    "state": "state",
    "last heard": "heard_at",
    "last record": "last_record_at",
    "behind": "behind",
    "version": _version,
    "disk free": _gigabytes,
    "rejects": "rejects",
    "set-up": "set_up",
    "says": lambda row: "; ".join(row["troubles"]),
}


@place.command("add")
def add(
    context: typer.Context,
    name: PlaceName,
    group: Annotated[str, typer.Option("--group", metavar="GROUP", help="The group it belongs to.")] = "",
) -> None:
    """Let a site join as a place, and print the code for it. The code works once, within a day."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "place add") as client:
        _tell_code(client.send("POST", "/api/places", {"name": name, "group": group}))


@place.command("code")
def code(context: typer.Context, name: PlaceName) -> None:
    """Print another code for a place: the last one is over, or the site has to join again."""
    _tell_code(_send(context, name, "POST", "/code"))


def _tell_code(added: dict[str, Any]) -> None:
    write_text(added["code"])
    say(f"at {added['name']}, until {added['code_ends_at'][:16]} UTC: tollbook join https://… CODE")


@place.command("list")
def list_places(context: typer.Context, form: Form = OutputFormat.TABLE) -> None:
    """List the places, those that need somebody first."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "place list") as client:
        write_list(client, "/api/places", {}, form=form, columns=_PLACE)


@place.command("show")
def show(context: typer.Context, name: PlaceName, form: AnswerForm = AnswerFormat.TEXT) -> None:
    """Show one place: how it stands, and each of its PBXs and sinks.

    The exit code is 1 if something is wrong with it.
    """
    import msgspec

    told = _send(context, name, "GET", "")
    if form is AnswerFormat.JSON:
        write_text(msgspec.json.encode(told).decode())
    else:
        _write_place(told)
    raise typer.Exit(Exit.FOUND if told["troubles"] else Exit.WELL)


def _write_place(told: dict[str, Any]) -> None:
    for heading, field in _PLACE.items():
        text = field(told) if callable(field) else told[field]
        write_text(f"{heading}: {'-' if text in (None, '') else text}")
    health = told["health"] or {"pbxs": [], "sinks": []}
    for each in health["pbxs"]:
        write_text(f"PBX {each['name']}: {each['state']}: {each['message']}")
    for each in health["sinks"]:
        write_text(f"sink {each['name']}: {each['state']}, {each['behind']} behind: {each['message']}")


@place.command("move")
def move(context: typer.Context, name: PlaceName, group: GroupName) -> None:
    """Let a place belong to another group."""
    moved = _send(context, name, "PATCH", "", {"group": group})
    write_text(f"{moved['name']} belongs to the group {moved['group']}")


@place.command("groups")
def groups(context: typer.Context, form: Form = OutputFormat.TABLE) -> None:
    """List the groups of places, and what is handed down to each."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "place groups") as client:
        write_list(client, "/api/place-groups", {}, form=form, columns=_GROUP)


@place.command("hand-down")
def hand_down(
    context: typer.Context,
    group: GroupName,
    parts: Annotated[
        list[str] | None,
        typer.Argument(metavar="PART…", help=f"{', '.join(PARTS)}; none of them: nothing is handed down any more."),
    ] = None,
) -> None:
    """Hand parts of this site's set-up down to the places of a group; they take them over by themselves."""
    told = _set_group(context, group, {"parts": parts or []})
    write_text(f"handed down to the group {told['name']}: {', '.join(told['parts']) or 'nothing'}")
    if told["fault"]:
        say(f"it cannot be handed down: {told['fault']}")
        raise typer.Exit(Exit.FOUND)


@place.command("want-version")
def want_version(
    context: typer.Context,
    group: GroupName,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Such as 1.4.0; '' for any.")],
) -> None:
    """Say which version of Tollbook the places of a group should have.

    A place brings it by its own update command, if its owner has set one; else it is only shown who has another.
    """
    told = _set_group(context, group, {"version": version})
    write_text(f"wanted of the group {told['name']}: {told['version'] or 'any version'}")


def _set_group(context: typer.Context, group: str, value: dict[str, Any]) -> dict[str, Any]:
    from urllib.parse import quote

    from tollbook.cli.client import connect

    with connect(site_of(context), "place") as client:
        return client.send("PUT", f"/api/place-groups/{quote(group, safe='') or '%20'}", value)


@place.command("remove")
def remove(context: typer.Context, name: PlaceName) -> None:
    """Remove a place; its token stops working at once. What it has sent to sinks stays where it is."""
    _send(context, name, "DELETE", "")
    write_text(f"removed {name}")


def join(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="The centre's address, such as https://tollbook.example.")],
    code: Annotated[
        str, typer.Argument(metavar="CODE", help="The code that the centre gave; '-' reads it from stdin.")
    ],
    authority: Annotated[
        Path | None,
        typer.Option("--ca-file", metavar="FILE", help="The authority to trust for the centre's certificate (PEM)."),
    ] = None,
    no_set_up: Annotated[
        bool, typer.Option("--no-set-up", help="Take over nothing that the centre hands down.")
    ] = False,
) -> None:
    """Join a centre as one of its places: it is told each minute how this site is doing.

    It may hand down formats, tariffs, dial plans and the directory, and nothing else.
    """
    from tollbook.cli.client import connect
    from tollbook.cli.options import asked_secret

    typed = asked_secret("Code: ") if code == "-" else code
    wanted = {"url": url, "code": typed, "authority": _read(authority), "takes_set_up": not no_set_up}
    with connect(site_of(context), "join") as client:
        joined = client.send("POST", "/api/centre", wanted)
        running = not client.in_process
    write_text(f"joined {joined['url']} as {joined['place']}")
    if not running:
        say("it is told how this site is doing once `tollbook serve` runs")


def leave(context: typer.Context) -> None:
    """Leave the centre: it is told nothing more of this site."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "leave") as client:
        left = client.send("DELETE", "/api/centre")
    write_text(f"left {left['url']}")
    if left["untold"]:
        say(f"the centre does not know it yet ({left['untold']}); remove the place {left['place']} there")


def _read(authority: Path | None) -> str:
    if authority is None:
        return ""
    try:
        with authority.open("rb") as file:
            return file.read(_AUTHORITY).decode("ascii")
    except (OSError, UnicodeDecodeError) as fault:
        reason = getattr(fault, "strerror", None) or "it is no text"
        raise Misconfigured(Problem("'--ca-file' cannot be read", reason, str(authority))) from fault


def _send(context: typer.Context, name: str, method: str, rest: str, value: object = None) -> dict[str, Any]:
    from urllib.parse import quote

    from tollbook.cli.client import connect

    path = f"/api/places/{quote(name, safe='') or '%20'}{rest}"
    with connect(site_of(context), "place") as client:
        if method == "GET":
            return client.get(path, into=dict[str, Any])
        return client.send(method, path, value)
