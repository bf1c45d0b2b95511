"""`directory ldap`: people and their extensions from LDAP or Active Directory."""

from __future__ import annotations

from typing import Annotated

import typer

from tollbook.cli.exits import Exit, say
from tollbook.cli.options import site_of
from tollbook.cli.output import write_table, write_text
from tollbook.cli.pbx_commands import read_settings

ldap = typer.Typer(help="Take people and their extensions from LDAP or Active Directory.", no_args_is_help=True)

_PERSON = {"name": "name", "mail": "mail", "extension": "extension", "department": "department", "dn": "dn"}
_CHANGE = {"change": "change", "is": "what", "was": "before"}
_FAULT = {"entry": "dn", "fault": "what", "why": "reason"}


@ldap.command("set")
def set_(
    context: typer.Context,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="OPTION=VALUE",
            help="Set an option; repeatable. An empty value takes it away. 'password=-' asks for the password.",
        ),
    ] = None,
    every: Annotated[
        str | None,
        typer.Option(metavar="1d", help="How often the server reads LDAP by itself, as --set every=1d; never: ''."),
    ] = None,
) -> None:
    """Set up the LDAP server, or change it. `tollbook guide directory` describes the options."""
    from tollbook.cli.client import connect
    from tollbook.site.directory.ldap.options import LdapOptions

    told_every = [] if every is None else [f"every={every}"]
    given = {name: text or None for name, text in read_settings([*(settings or []), *told_every], LdapOptions).items()}
    with connect(site_of(context), "directory ldap set") as client:
        told = client.send("PATCH", "/api/directory/ldap", {"settings": given})
    write_text(f"people are read from {told['settings']['url']}")
    say("to see what is found there: tollbook directory ldap try")


@ldap.command("show")
def show(context: typer.Context) -> None:
    """Show how the LDAP server is set up, without its password."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "directory ldap show") as client:
        told = client.send("GET", "/api/directory/ldap")
    read = told["read"]
    if read["at"]:
        left = f"; {read['left_out']} with a fault were left out" if read["left_out"] else ""
        write_text(f"read at {read['at']}: {read['failed_why'] or read['said'] + left}")
    rows = [{"option": name, "value": text} for name, text in told["settings"].items()]
    write_table(
        [*rows, *({"option": name, "value": "set, not shown"} for name in told["secrets"])],
        {"option": "option", "value": "value"},
    )


@ldap.command("try")
def try_(context: typer.Context) -> None:
    """Read people from LDAP and show the first ten as they are understood. Changes nothing."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "directory ldap try") as client:
        told = client.send("POST", "/api/directory/ldap/try")
    if told["first"]:
        write_table(told["first"], _PERSON)
    write_text(f"{told['entries']} people are found")


@ldap.command("run")
def run(
    context: typer.Context,
    dry: Annotated[bool, typer.Option("--dry-run", help="Show what would change; change nothing.")] = False,
    leave_out: Annotated[bool, typer.Option("--leave-out", help="Leave out entries with a fault.")] = False,
) -> None:
    """Make the directory say what LDAP says, from today on, by the clock of the PBX.

    An entry with a fault changes nothing at all unless you `--leave-out` those. The exit code is 1 if there are faults.
    """
    from tollbook.cli.client import connect

    words = {"apply": str(not dry).lower(), "leave_out": str(leave_out).lower()}
    with connect(site_of(context), "directory ldap run") as client:
        told = client.send("POST", "/api/directory/ldap/run", words=words)
    for rows, columns in ((told["changes"], _CHANGE), (told["faults"], _FAULT)):
        if rows:
            write_table(rows, columns, spare=("was",))
    counted = ", ".join(f"{told[kind]} {kind}" for kind in ("new", "changed", "ended", "unchanged"))
    write_text(f"{told['entries']} entries: {counted}, {len(told['faults'])} faults")
    if not told["applied"]:
        say("nothing was changed, as this was a dry run" if dry else "nothing was changed; mend it, or --leave-out")
    raise typer.Exit(Exit.FOUND if told["faults"] else Exit.WELL)
