"""`sign-on`: how people sign on elsewhere, and for whom a second step is required."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tollbook.cli.exits import Exit, say
from tollbook.cli.options import Yes, site_of
from tollbook.cli.output import write_table, write_text
from tollbook.cli.pbx_commands import read_settings

sign_on = typer.Typer(help="Say how people sign on elsewhere.", no_args_is_help=True)
oidc = typer.Typer(help="Have people sign on at an OpenID Connect issuer.", no_args_is_help=True)
ldap = typer.Typer(help="Have people sign in by the LDAP server of the directory.", no_args_is_help=True)
sign_on.add_typer(oidc, name="oidc")
sign_on.add_typer(ldap, name="ldap")

Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="OPTION=VALUE",
        help="Set an option; repeatable. An empty value takes it away. A secret given as '-' is asked for.",
    ),
]


@oidc.command("set")
def set_oidc(context: typer.Context, settings: Settings = None) -> None:
    """Set up the issuer, or change it. `tollbook guide sign-on` describes the options."""
    from tollbook.site.people.oidc.options import OidcOptions

    given = {name: text or None for name, text in read_settings(settings or [], OidcOptions).items()}
    told = _change(context, "oidc", given)
    write_text(f"people sign on at {told['settings']['issuer']}")
    write_text(f"redirect URI to enter there: {told['redirect_uri']}")
    say("to see whether it answers: tollbook sign-on oidc test")


@oidc.command("show")
def show_oidc(context: typer.Context) -> None:
    """Show how the issuer is set up, without its secret."""
    _show(context, "oidc")


@oidc.command("test")
def test_oidc(context: typer.Context) -> None:
    """Reach the issuer and read its keys. The exit code is 1 if that fails."""
    _test(context, "oidc")


@oidc.command("remove")
def remove_oidc(context: typer.Context, yes: Yes = False) -> None:
    """Let nobody sign on at the issuer any more."""
    _remove(context, "oidc", yes=yes)


@ldap.command("set")
def set_ldap(context: typer.Context, settings: Settings = None) -> None:
    """Have people sign in by the LDAP server of the directory, or change how: see `tollbook directory ldap set`."""
    from tollbook.site.people.ldap.options import LdapSignOnOptions

    given = {name: text or None for name, text in read_settings(settings or [], LdapSignOnOptions).items()}
    _change(context, "ldap", given)
    write_text("people sign in by the LDAP server of the directory")
    say("to see whether it answers: tollbook sign-on ldap test")


@ldap.command("show")
def show_ldap(context: typer.Context) -> None:
    """Show how people sign in by LDAP."""
    _show(context, "ldap")


@ldap.command("test")
def test_ldap(context: typer.Context) -> None:
    """Reach the LDAP server and search it. The exit code is 1 if that fails."""
    _test(context, "ldap")


@ldap.command("remove")
def remove_ldap(context: typer.Context, yes: Yes = False) -> None:
    """Let nobody sign in by LDAP any more."""
    _remove(context, "ldap", yes=yes)


@sign_on.command("two-steps")
def two_steps(
    context: typer.Context,
    roles: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ROLE …", help="Roles that must; 'all' is everybody, 'none' nobody.", show_default=False
        ),
    ] = None,
) -> None:
    """Show or say for which roles a second step of signing in is required."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "sign-on two-steps") as client:
        if not roles:
            told = client.send("GET", "/api/sign-on/rules")
        else:
            wanted = [] if roles == ["none"] else ["*" if name == "all" else name for name in roles]
            told = client.send("PUT", "/api/sign-on/rules", {"two_steps": wanted})
    required = told["two_steps"]
    write_text(f"a second step is required of {'everybody' if '*' in required else ', '.join(required) or 'nobody'}")


def _change(context: typer.Context, kind: str, given: dict[str, str | None]) -> dict[str, Any]:
    from tollbook.cli.client import connect

    with connect(site_of(context), f"sign-on {kind} set") as client:
        return dict(client.send("PATCH", f"/api/sign-on/{kind}", {"settings": given}))


def _show(context: typer.Context, kind: str) -> None:
    from tollbook.cli.client import connect

    with connect(site_of(context), f"sign-on {kind} show") as client:
        told = client.send("GET", f"/api/sign-on/{kind}")
    rows = [{"option": name, "value": text} for name, text in told["settings"].items()]
    rows += [{"option": name, "value": "set, not shown"} for name in told["secrets"]]
    if told["redirect_uri"]:
        rows.append({"option": "redirect URI", "value": told["redirect_uri"]})
    write_table(rows, {"option": "option", "value": "value"})


def _test(context: typer.Context, kind: str) -> None:
    from tollbook.cli.client import connect

    with connect(site_of(context), f"sign-on {kind} test") as client:
        told = client.send("POST", f"/api/sign-on/{kind}/test")
    write_text(told["message"])
    raise typer.Exit(Exit.WELL if told["well"] else Exit.FOUND)


def _remove(context: typer.Context, kind: str, *, yes: bool) -> None:
    from tollbook.cli.client import connect

    if not yes:
        typer.confirm("let nobody sign on that way any more?", abort=True, err=True)
    with connect(site_of(context), f"sign-on {kind} remove") as client:
        client.send("DELETE", f"/api/sign-on/{kind}")
    say("nobody signs on that way any more; who did keeps their name here")
