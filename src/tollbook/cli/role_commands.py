"""`role`: what people may do. Every site has some roles, and may have others of its own."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from tollbook.cli.exits import say
from tollbook.cli.options import Form, Yes, site_of
from tollbook.cli.output import Columns, OutputFormat, write_list, write_text

role = typer.Typer(help="Manage what people may do.", no_args_is_help=True)

RoleName = Annotated[str, typer.Argument(metavar="NAME", help="The role's name.", show_default=False)]
_ROLE: Columns = {"name": "name", "title": "title", "may": "permissions", "people": "people"}
_PERMISSION: Columns = {"permission": "name", "lets": "title", "needs": "needs"}


@role.command("list")
def list_roles(context: typer.Context, form: Form = OutputFormat.TABLE) -> None:
    """List the roles and what each may do."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "role list") as client:
        write_list(client, "/api/roles", {}, form=form, columns=_ROLE)


@role.command("permissions")
def list_permissions(context: typer.Context, form: Form = OutputFormat.TABLE) -> None:
    """List what a role can be made of."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "role permissions") as client:
        write_list(client, "/api/roles/permissions", {}, form=form, columns=_PERMISSION)


@role.command("set")
def set_role(
    context: typer.Context,
    name: RoleName,
    permissions: Annotated[
        list[str],
        typer.Argument(
            metavar="PERMISSION …", help="What it may do: see `tollbook role permissions`.", show_default=False
        ),
    ],
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="What people call it.")] = "",
) -> None:
    """Make a role of the site, or change what it may do. It counts at once for everybody who has it."""
    from tollbook.cli.client import connect

    given = {"title": title, "permissions": permissions}
    with connect(site_of(context), "role set") as client:
        made = client.send("PUT", _place(name), given)
    write_text(f"{made['name']} may: {made['permissions']}")


@role.command("remove")
def remove(context: typer.Context, name: RoleName, yes: Yes = False) -> None:
    """Remove a role that nobody has."""
    from tollbook.cli.client import connect

    if not yes:
        typer.confirm(f"remove the role {name}?", abort=True, err=True)
    with connect(site_of(context), "role remove") as client:
        gone = client.send("DELETE", _place(name))
    say(f"the role {gone['name']} is gone")


def _place(name: str) -> str:
    return f"/api/roles/{quote(name, safe='') or '%20'}"
