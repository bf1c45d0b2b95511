"""`token`: make, list and remove what programs open the API with."""

from __future__ import annotations

from typing import Annotated

import typer

from tollbook.cli.exits import say
from tollbook.cli.options import Form, site_of
from tollbook.cli.output import Columns, OutputFormat, write_list, write_text

token = typer.Typer(help="Manage API tokens for programs.", no_args_is_help=True)

TokenName = Annotated[str, typer.Argument(metavar="NAME", help="The token's name.", show_default=False)]
_TOKEN: Columns = {
    "name": "name",
    "permission": "permission",
    "role": "role",
    "sees": "scope",
    "made": "added_at",
    "ends": "ends_at",
    "over": "over",
}


@token.command("add")
def add(
    context: typer.Context,
    name: TokenName,
    permission: Annotated[
        str,
        typer.Option(
            "--permission",
            metavar="WORD",
            help="'read', or 'change' to also change PBXs and sinks.",
        ),
    ] = "read",
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help="No more than this role may.")] = "",
    scope: Annotated[
        list[str],
        typer.Option("--scope", metavar="WORDS", help="Calls that it sees: 'department=Sales'. Repeat for more."),
    ] = [],  # noqa: B006 - typer reads it, and never changes it
    days: Annotated[int, typer.Option(metavar="N", help="Days until it expires; 0: never.")] = 365,
) -> None:
    """Create a token and print it. It is shown only once."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "token add") as client:
        access = {"permission": permission, "role": role, "scope": "\n".join(scope)}
        made = client.send("POST", "/api/tokens", {"name": name, "days": days, **access})
    write_text(made["token"])
    until = made["ends_at"] or "it is removed"
    say(f"{name} may {made['permission']} until {until}; send it as 'Authorization: Bearer …'")


@token.command("list")
def list_tokens(context: typer.Context, form: Form = OutputFormat.TABLE) -> None:
    """List the tokens, without their secrets."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "token list") as client:
        write_list(client, "/api/tokens", {}, form=form, columns=_TOKEN)


@token.command("remove")
def remove(context: typer.Context, name: TokenName) -> None:
    """Remove a token; it stops working at once."""
    from urllib.parse import quote

    from tollbook.cli.client import connect

    with connect(site_of(context), "token remove") as client:
        client.send("DELETE", f"/api/tokens/{quote(name, safe='') or '%20'}")
    write_text(f"removed {name}")
