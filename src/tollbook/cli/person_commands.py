"""`person`: who may sign in. A password is typed at the terminal or read from stdin, and never a word of a command."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from tollbook.cli.exits import say
from tollbook.cli.options import Form, Yes, asked_secret, site_of
from tollbook.cli.output import Columns, OutputFormat, write_list, write_text
from tollbook.model.problem import Misconfigured, Problem

person = typer.Typer(help="Manage who can sign in.", no_args_is_help=True)

PersonName = Annotated[str, typer.Argument(metavar="NAME", help="The person's name.", show_default=False)]
_ROLES = "admin, manager, reception, person, technician, auditor, viewer, or one of the site: see `tollbook role list`."
_PERSON: Columns = {
    "name": "name",
    "role": "role",
    "group": "group",
    "sees": "scope",
    "telephones of": "telephones_of",
    "two steps": "second_step",
    "added": "added_at",
    "last sign-in": "last_at",
}
Scope = Annotated[
    list[str],
    typer.Option(
        "--scope",
        metavar="WORDS",
        help="Calls that are seen: 'department=Sales', or several words with ; between them. Repeat for more.",
    ),
]
TelephonesOf = Annotated[
    str, typer.Option("--telephones-of", metavar="NAME", help="Who it is in the directory, by name or mail.")
]


@person.command("add")
def add(
    context: typer.Context,
    name: PersonName,
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help=_ROLES)] = "viewer",
    scope: Scope = [],  # noqa: B006 - typer reads it, and never changes it
    telephones_of: TelephonesOf = "",
    group: Annotated[
        str, typer.Option("--group", metavar="GROUP", help="Group whose role and scope count instead.")
    ] = "",
) -> None:
    """Let someone sign in. Asks for the password, or reads a line of stdin."""
    from tollbook.cli.client import connect

    access = {"role": role, "scope": "\n".join(scope), "telephones_of": telephones_of, "group": group}
    given = {"name": name, "password": _asked(name), **access}
    with connect(site_of(context), "person add") as client:
        made = client.send("POST", "/api/people", given)
    write_text(f"{made['name']} may sign in as {made['role']}")


@person.command("list")
def list_people(context: typer.Context, form: Form = OutputFormat.TABLE) -> None:
    """List who can sign in."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "person list") as client:
        write_list(client, "/api/people", {}, form=form, columns=_PERSON)


@person.command("password")
def password(context: typer.Context, name: PersonName) -> None:
    """Set someone's password, and sign them out everywhere.

    Asks for it, or reads a line of stdin.
    """
    from tollbook.cli.client import connect

    given = {"password": _asked(name)}
    with connect(site_of(context), "person password") as client:
        made = client.send("PATCH", _place(name), given)
    write_text(f"{made['name']} has another password, and is signed out everywhere")


@person.command("role")
def role(
    context: typer.Context,
    name: PersonName,
    role: Annotated[str, typer.Argument(metavar="ROLE", help=_ROLES, show_default=False)],
    scope: Scope = [],  # noqa: B006 - typer reads it, and never changes it
    telephones_of: TelephonesOf = "",
) -> None:
    """Change someone's role and what they see, and sign them out everywhere.

    Without a scope they see every call that the role lets them see.
    """
    from tollbook.cli.client import connect

    given = {"role": role, "scope": "\n".join(scope), "telephones_of": telephones_of}
    with connect(site_of(context), "person role") as client:
        made = client.send("PATCH", _place(name), given)
    sees = made["scope"].replace("\n", ", or ") or ("their own telephones" if made["telephones_of"] else "every call")
    write_text(f"{made['name']} is {made['role']} now and sees {sees}")


@person.command("group")
def group(
    context: typer.Context,
    name: PersonName,
    group: Annotated[str, typer.Argument(metavar="GROUP", help="The group's name.", show_default=False)],
) -> None:
    """Put someone into a group, whose role and scope count from then on, and sign them out everywhere.

    `tollbook person role` takes them out of it again.
    """
    from tollbook.cli.client import connect

    with connect(site_of(context), "person group") as client:
        made = client.send("PATCH", _place(name), {"group": group})
    sees = made["scope"].replace("\n", ", or ") or "every call"
    write_text(f"{made['name']} is in {made['group']} now: {made['role']}, sees {sees}")


@person.command("invite")
def invite(
    context: typer.Context,
    name: PersonName,
    mail: Annotated[str, typer.Option("--mail", metavar="ADDRESS", help="Where the link goes.", show_default=False)],
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help=_ROLES)] = "viewer",
    scope: Scope = [],  # noqa: B006 - typer reads it, and never changes it
    group: Annotated[
        str, typer.Option("--group", metavar="GROUP", help="Group whose role and scope count instead.")
    ] = "",
) -> None:
    """Mail someone a link by which they choose a password. It works once, for 3 days; again sends another."""
    from tollbook.cli.client import connect

    given = {"name": name, "mail": mail, "role": role, "scope": "\n".join(scope), "group": group}
    with connect(site_of(context), "person invite") as client:
        made = client.send("POST", "/api/people/invitations", given)
    write_text(f"a mail to {made['mail']} is on its way; {made['name']} may sign in as {made['role']} then")


@person.command("mail")
def mail(
    context: typer.Context,
    name: PersonName,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Mail address; '' for none.", show_default=False)],
) -> None:
    """Say where mails to someone go, such as a link for a forgotten password."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "person mail") as client:
        made = client.send("PATCH", _place(name), {"mail": address})
    write_text(f"mails to {made['name']} go to {made['mail'] or 'nowhere'}")


@person.command("link")
def link(
    context: typer.Context,
    name: PersonName,
    subject: Annotated[
        str, typer.Argument(metavar="SUBJECT", help="What the issuer knows them by.", show_default=False)
    ],
    kind: Annotated[str, typer.Option("--by", metavar="WAY", help="oidc, or ldap (its unique id).")] = "oidc",
) -> None:
    """Let someone sign on elsewhere as who they are here. They keep the role or group that you gave them."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "person link") as client:
        made = client.send("PUT", f"{_place(name)}/link", {"kind": kind, "subject": subject})
    write_text(f"{made['name']} signs on at {made['issuer']} from now on")


@person.command("unlink")
def unlink(context: typer.Context, name: PersonName) -> None:
    """Take away that someone signs on elsewhere, and sign them out everywhere."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "person unlink") as client:
        made = client.send("DELETE", f"{_place(name)}/link")
    write_text(f"{made['name']} signs on nowhere else any more")


@person.command("second-step-off")
def second_step_off(context: typer.Context, name: PersonName) -> None:
    """Let someone sign in without the second step, who has lost their telephone and their recovery codes."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "person second-step-off") as client:
        made = client.send("PATCH", _place(name), {"second_step": "off"})
    write_text(f"{made['name']} signs in by the password alone")


@person.command("remove")
def remove(context: typer.Context, name: PersonName, yes: Yes = False) -> None:
    """Remove someone's access. What they did stays in the audit."""
    from tollbook.cli.client import connect

    if not yes:
        typer.confirm(f"take the access of {name} away?", abort=True, err=True)
    with connect(site_of(context), "person remove") as client:
        gone = client.send("DELETE", _place(name))
    say(f"{gone['name']} can no longer sign in")


def _place(name: str) -> str:
    return f"/api/people/{quote(name, safe='') or '%20'}"


def _asked(name: str) -> str:
    """Return a password that was typed twice alike, or came by stdin; raises `Misconfigured` for one that is none."""
    given = asked_secret(f"password of {name}: ", again="once more: ")
    if not given:
        hint = f"type it, or hand it over: tollbook person password {name} < FILE"
        raise Misconfigured(Problem("no password was given", "stdin holds none in its first line", help=hint))
    return given
