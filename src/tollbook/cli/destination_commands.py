"""`destination`: where reports and alerts are sent, and what became of each."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import msgspec
import typer

from tollbook.cli.completing import names_in
from tollbook.cli.exits import Exit, say
from tollbook.cli.options import Form, site_of
from tollbook.cli.output import Columns, OutputFormat, Row, write_list, write_text
from tollbook.cli.pbx_commands import read_settings
from tollbook.model.problem import Misconfigured
from tollbook.plugins import folders

destination = typer.Typer(help="Say where reports and alerts are sent, and look at what was.", no_args_is_help=True)

DestinationName = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="The destination's name.",
        show_default=False,
        autocompletion=names_in("destination"),
    ),
]
_KINDS = ", ".join(name for name in folders("tollbook.delivery"))
Settings = Annotated[
    list[str],
    typer.Option(
        "--set",
        metavar="OPTION=VALUE",
        help="Set an option; repeatable. 'password=-' asks for the password, or reads a line of stdin.",
    ),
]
TestedRecipient = Annotated[str, typer.Option("--to", metavar="ADDRESS", help="Send a test message to this address.")]


def _settings(row: Row) -> str:
    shown = [f"{name}={text}" for name, text in row["settings"].items()]
    return "  ".join([*shown, *(f"{name}=(set)" for name in row["secrets"])])


_DESTINATION: Columns = {
    "name": "name",
    "kind": "kind",
    "state": "state",
    "waiting": "waiting",
    "sent": "sent",
    "not taken": "refused",
    "says": lambda row: row.get("message") or "",
    "settings": _settings,
}
_ENTRY: Columns = {
    "number": "number",
    "made": "made_at",
    "destination": "destination",
    "to": "recipient",
    "state": "state",
    "tries": "tries",
    "subject": "subject",
    "answer": "reason",
}


@destination.command("add")
def add(
    context: typer.Context,
    name: DestinationName,
    kind: Annotated[str, typer.Option(metavar="KIND", help=f"How messages leave: {_KINDS}.")],
    settings: Settings = [],  # noqa: B006 - Typer gives each call a list of its own
    only_test: Annotated[bool, typer.Option("--test", help="Only test: keep nothing.")] = False,
    recipient: TestedRecipient = "",
) -> None:
    """Add a destination.

    It is reached once there is something to send; `destination test` tries it now. With `--test` the exit code is 1 if
    the other side does not take it.
    """
    from tollbook.cli.client import connect

    kept = read_settings(settings, _options_of(kind))
    wanted = {"name": name, "kind": kind, "settings": kept}
    with connect(site_of(context), "destination add") as client:
        if only_test:
            raise _tested(client.send("POST", "/api/destination-test", {**wanted, "recipient": recipient}))
        added = client.send("POST", "/api/destinations", wanted)
    write_text(f"added {added['name']} ({added['kind']})")
    say(f"`tollbook destination test {name}` tries it now")


def _options_of(kind: str) -> type[msgspec.Struct]:
    """Return the options of a kind; none for a kind that cannot be used, which the site says."""
    from tollbook.delivery import known

    try:
        return known.options_of(kind)
    except Misconfigured:
        return msgspec.Struct


@destination.command("list")
def list_destinations(context: typer.Context, form: Form = OutputFormat.TABLE) -> None:
    """List the destinations, without their secrets, and how they are doing."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "destination list") as client:
        write_list(client, "/api/destinations", {}, form=form, columns=_DESTINATION)


@destination.command("edit")
def edit(
    context: typer.Context,
    name: DestinationName,
    settings: Settings = [],  # noqa: B006 - Typer gives each call a list of its own
    unset: Annotated[
        list[str],
        typer.Option("--unset", metavar="OPTION", help="Take an option away; repeatable."),
    ] = [],  # noqa: B006 - the same
) -> None:
    """Change a destination's options."""
    change: dict[str, str | None] = {**read_settings(settings), **dict.fromkeys(unset)}
    _send(context, name, ("PATCH", ""), {"settings": change})
    write_text(f"changed {name}")


@destination.command("test")
def try_now(context: typer.Context, name: DestinationName, recipient: TestedRecipient = "") -> None:
    """Send a test message; a mail server without `--to` is only asked whether it would take one.

    The exit code is 1 if it was not taken.
    """
    raise _tested(_send(context, name, ("POST", "/test"), {"recipient": recipient}))


def _tested(found: dict[str, Any]) -> typer.Exit:
    write_text(f"{'ok' if found['well'] else 'failed'}: {found['message']}")
    return typer.Exit(Exit.WELL if found["well"] else Exit.FOUND)


@destination.command("pause")
def pause(context: typer.Context, name: DestinationName) -> None:
    """Pause a destination. Messages wait until you resume it."""
    _send(context, name, ("POST", "/pause"))
    write_text(f"paused {name}")


@destination.command("resume")
def resume(context: typer.Context, name: DestinationName) -> None:
    """Continue a paused destination."""
    _send(context, name, ("POST", "/resume"))
    write_text(f"resumed {name}")


@destination.command("remove")
def remove(context: typer.Context, name: DestinationName) -> None:
    """Remove a destination. What waits for it is cancelled."""
    _send(context, name, ("DELETE", ""))
    write_text(f"removed {name}; what waited for it is cancelled")


@destination.command("outbox")
def outbox(
    context: typer.Context,
    name: Annotated[str, typer.Option("--destination", metavar="NAME", help="Only to this destination.")] = "",
    topic: Annotated[str, typer.Option(metavar="TOPIC", help="Only of this topic.")] = "",
    state: Annotated[str, typer.Option(metavar="STATE", help="Only in this state, such as 'given up'.")] = "",
    form: Form = OutputFormat.TABLE,
) -> None:
    """List what was sent, and what waits, once per recipient."""
    from tollbook.cli.client import connect

    asked = {"destination": name, "topic": topic, "state": state}
    words = {word: text for word, text in asked.items() if text}
    with connect(site_of(context), "destination outbox") as client:
        write_list(client, "/api/outbox", words, form=form, columns=_ENTRY)


@destination.command("again")
def again(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Its number in `destination outbox`.", min=0)],
) -> None:
    """Send a message once more that was refused or given up."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "destination again") as client:
        client.send("POST", f"/api/outbox/{number}/again")
    write_text(f"message {number} is sent again")


@destination.command("address")
def address(
    context: typer.Context,
    url: Annotated[
        str | None,
        typer.Argument(metavar="[URL]", help="Such as https://calls.example.com; '' for none.", show_default=False),
    ] = None,
) -> None:
    """Show or set the address under which recipients reach the pages: links in messages lead there."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "destination address") as client:
        if url is None:
            kept = client.send("GET", "/api/pages-address")["address"]
        else:
            kept = client.send("PUT", "/api/pages-address", {"address": url})["address"]
    write_text(f"links in messages lead to {kept}" if kept else "messages carry no links")


def _send(
    context: typer.Context,
    name: str,
    way: tuple[str, str],
    body: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Ask the API about a destination: `way` is a method, and what follows its name in the address."""
    from tollbook.cli.client import connect

    method, rest = way
    with connect(site_of(context), "destination") as client:
        return client.send(method, f"/api/destinations/{quote(name, safe='') or '%20'}{rest}", body)
