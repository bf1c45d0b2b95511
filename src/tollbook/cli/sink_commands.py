"""`sink`: add, list, try, pause, resume, fill and remove the places calls are copied to."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer

from tollbook.cli.exits import Exit, say
from tollbook.cli.options import Form, site_of
from tollbook.cli.output import Columns, OutputFormat, Row, write_list, write_text
from tollbook.cli.pbx_commands import read_settings
from tollbook.model.problem import Misconfigured, Problem
from tollbook.plugins import folders

sink = typer.Typer(help="Copy calls to a database, to files or to a webhook, as they are stored.", no_args_is_help=True)

SinkName = Annotated[str, typer.Argument(metavar="NAME", help="The sink's name.", show_default=False)]
_KINDS = ", ".join(name for name in folders("tollbook.sinks"))


def _settings(row: Row) -> str:
    shown = [f"{name}={text}" for name, text in row["settings"].items()]
    only = [f"only {name}={text}" for name, text in row["filter"].items()]
    return "  ".join([*shown, *(f"{name}=(set)" for name in row["secrets"]), *only])


def _backfill(row: Row) -> str:
    told = row.get("backfill")
    return f"{100 * told['done'] // max(told['of'], 1)} %" if told else ""


_SINK: Columns = {
    "name": "name",
    "kind": "kind",
    "state": "state",
    "behind": "behind",
    "history": _backfill,
    "sent": "sent",
    "refused": "refused",
    "says": "message",
    "settings": _settings,
}


Settings = Annotated[
    list[str],
    typer.Option(
        "--set",
        metavar="OPTION=VALUE",
        help="Set an option of the kind; repeatable. 'password=-' asks for the password, or reads a line of stdin.",
    ),
]
Mapping = Annotated[
    str,
    typer.Option(
        metavar="COLUMNS",
        help="'tollbook', 'agg' (the names that users of the AGG logger have), or columns of your own: "
        "\"id; CALL_TIME = started_local; SITE = 'Main'\".",
    ),
]
Only = Annotated[
    list[str],
    typer.Option("--only", metavar="WORD=VALUE", help="Only some calls, as `calls` filters them; repeatable."),
]


@sink.command("add")
def add(
    context: typer.Context,
    name: SinkName,
    kind: Annotated[str, typer.Option(metavar="KIND", help=f"Where calls go: {_KINDS}.")],
    settings: Settings = [],  # noqa: B006 - Typer gives each call a list of its own
    columns: Mapping = "tollbook",
    only: Only = [],  # noqa: B006 - the same
) -> None:
    """Add a sink.

    It is handed the calls that come from now on; `sink backfill` hands it those before. Credentials in a URL are taken
    out of it and kept apart.
    """
    from tollbook.cli.client import connect

    kept = read_settings(settings, _options_of(kind))
    wanted = {"name": name, "kind": kind, "settings": kept, "columns": columns, "filter": _words(only)}
    with connect(site_of(context), "sink add") as client:
        added = client.send("POST", "/api/sinks", wanted)
        running = not client.in_process
    write_text(f"added {added['name']} ({added['kind']})")
    if kind != "file":
        say(f"calls from now on go there; `tollbook sink backfill {name}` sends those before, too")
    if not running:
        say("calls are handed on once `tollbook serve` runs")


def _options_of(kind: str) -> type[msgspec.Struct]:
    """Return the options of a kind of sink; none for a kind that cannot be used, which the site says."""
    from tollbook.sinks import known

    try:
        return known.options_of(kind)
    except Misconfigured:
        return msgspec.Struct


@sink.command("list")
def list_sinks(context: typer.Context, form: Form = OutputFormat.TABLE) -> None:
    """List the sinks, without their secrets, and how they are doing."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "sink list") as client:
        write_list(client, "/api/sinks", {}, form=form, columns=_SINK)


@sink.command("test")
def test(context: typer.Context, name: SinkName) -> None:
    """Reach a sink without handing it a call, and say everything that does not fit.

    Leaves with exit code 1 when something does not.
    """
    tested = _send(context, name, "POST", "/test")
    write_text(f"{'ok' if tested['well'] else 'failed'}: {tested['message']}")
    raise typer.Exit(Exit.WELL if tested["well"] else Exit.FOUND)


@sink.command("pause")
def pause(context: typer.Context, name: SinkName) -> None:
    """Hand nothing to a sink until it is resumed."""
    _send(context, name, "POST", "/pause")
    write_text(f"paused {name}")


@sink.command("resume")
def resume(
    context: typer.Context,
    name: SinkName,
    resend: Annotated[
        bool,
        typer.Option("--resend", help="Send again what a webhook refused and was put aside."),
    ] = False,
) -> None:
    """Go on with a sink where it stood."""
    _send(context, name, "POST", "/resume")
    write_text(f"resumed {name}")
    if resend:
        told = _send(context, name, "POST", "/resend")
        write_text(f"{told['taken']} deliveries were taken, {told['left']} are left")
        raise typer.Exit(Exit.FOUND if told["left"] else Exit.WELL)


@sink.command("backfill")
def backfill(
    context: typer.Context,
    name: SinkName,
    since: Annotated[str, typer.Option("--from", metavar="DAY", help="Only calls from this day on, PBX time.")] = "",
) -> None:
    """Hand a sink the history, then go on with what is new.

    A table is overwritten by key, so this may be done again at any time. `sink list` says how far it is.
    """
    told = _send(context, name, "POST", "/backfill", {"from": since})
    write_text(f"{told['behind']} changes are being handed to {name}; `tollbook sink list` says how far it is")


@sink.command("remove")
def remove(context: typer.Context, name: SinkName) -> None:
    """Hand nothing more to a sink.

    What it was handed stays where it is.
    """
    _send(context, name, "DELETE", "")
    write_text(f"removed {name}; what it was handed stays where it is")


def _words(given: list[str]) -> dict[str, str]:
    words = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            hint = "for example --only direction=outgoing --only trunk=3"
            raise Misconfigured(Problem("'--only' must be WORD=VALUE", f"got {text!r}", help=hint))
        words[name.strip()] = value
    return words


def _send(
    context: typer.Context,
    name: str,
    method: str,
    rest: str,
    words: dict[str, str] | None = None,
) -> dict[str, Any]:
    from urllib.parse import quote

    from tollbook.cli.client import connect

    with connect(site_of(context), "sink") as client:
        return client.send(method, f"/api/sinks/{quote(name, safe='') or '%20'}{rest}", words=words)
