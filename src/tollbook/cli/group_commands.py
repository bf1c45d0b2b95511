"""`group`: people of one role and scope, by the names of their groups where they sign on elsewhere, too."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from tollbook.cli.exits import say
from tollbook.cli.options import Form, Yes, site_of
from tollbook.cli.output import Columns, OutputFormat, write_list, write_text

group = typer.Typer(help="Manage groups of people with one role and scope.", no_args_is_help=True)

GroupName = Annotated[str, typer.Argument(metavar="NAME", help="The group's name.", show_default=False)]
_ROLES = "What its people may do: see `tollbook role list`."
_SCOPE = "Calls that its people see: 'department=Sales', or several words with ; between them. Repeat for more."
_OUTSIDE = "What it is called where people sign on elsewhere: a group's name, or its DN at LDAP. Repeat for more."
_RANK = "Of several groups of a person elsewhere the one of the lowest rank counts."
_GROUP: Columns = {
    "name": "name",
    "role": "role",
    "sees": "scope",
    "rank": "rank",
    "elsewhere": lambda row: "; ".join(row["outside"]),
    "people": lambda row: ", ".join(row["people"]),
}


@group.command("list")
def list_groups(context: typer.Context, form: Form = OutputFormat.TABLE) -> None:
    """List the groups and who is in them."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "group list") as client:
        write_list(client, "/api/groups", {}, form=form, columns=_GROUP)


@group.command("add")
def add(
    context: typer.Context,
    name: GroupName,
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help=_ROLES)] = "viewer",
    scope: Annotated[list[str], typer.Option("--scope", metavar="WORDS", help=_SCOPE)] = [],  # noqa: B006 - typer reads it, and never changes it
    outside: Annotated[list[str], typer.Option("--outside", metavar="NAME", help=_OUTSIDE)] = [],  # noqa: B006 - the same
    rank: Annotated[int, typer.Option("--rank", help=_RANK)] = 100,
) -> None:
    """Make a group. Put people into it by `tollbook person group`."""
    from tollbook.cli.client import connect

    given = {"name": name, "role": role, "scope": "\n".join(scope), "outside": outside, "rank": rank}
    with connect(site_of(context), "group add") as client:
        made = client.send("POST", "/api/groups", given)
    write_text(_told(made))


@group.command("set")
def set_(
    context: typer.Context,
    name: GroupName,
    role: Annotated[str | None, typer.Option("--role", metavar="ROLE", help=_ROLES)] = None,
    scope: Annotated[list[str] | None, typer.Option("--scope", metavar="WORDS", help=_SCOPE)] = None,
    outside: Annotated[list[str] | None, typer.Option("--outside", metavar="NAME", help=_OUTSIDE)] = None,
    rank: Annotated[int | None, typer.Option("--rank", help=_RANK)] = None,
) -> None:
    """Change a group. Another role or scope counts at once, and signs its people out.

    What is not said stays. `--scope ''` is every call, `--outside ''` no name elsewhere.
    """
    from tollbook.cli.client import connect

    given: dict[str, Any] = {"role": role, "rank": rank}
    given["scope"] = "\n".join(scope) if scope else None
    given["outside"] = outside or None
    sent = {part: value for part, value in given.items() if value is not None}
    with connect(site_of(context), "group set") as client:
        made = client.send("PATCH", _place(name), sent)
    write_text(_told(made))


@group.command("remove")
def remove(context: typer.Context, name: GroupName, yes: Yes = False) -> None:
    """Remove a group that nobody is in."""
    from tollbook.cli.client import connect

    if not yes:
        typer.confirm(f"remove the group {name}?", abort=True, err=True)
    with connect(site_of(context), "group remove") as client:
        gone = client.send("DELETE", _place(name))
    say(f"the group {gone['name']} is gone")


def _told(made: dict[str, Any]) -> str:
    sees = made["scope"].replace("\n", ", or ") or "every call"
    elsewhere = f"; elsewhere it is {', '.join(made['outside'])}" if made["outside"] else ""
    return f"who is in {made['name']} is {made['role']} and sees {sees}{elsewhere}"


def _place(name: str) -> str:
    return f"/api/groups/{quote(name, safe='') or '%20'}"
