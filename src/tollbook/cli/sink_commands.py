"""`sink`: add, list, try, pause, resume, fill and remove the places calls are copied to."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer

from tollbook.cli.completing import names_in
from tollbook.cli.exits import Exit, say
from tollbook.cli.options import Form, site_of
from tollbook.cli.output import Columns, OutputFormat, Row, write_list, write_text
from tollbook.cli.pbx_commands import read_settings
from tollbook.model.problem import Misconfigured, Problem
from tollbook.plugins import folders

sink = typer.Typer(help="Copy calls to a database, files or a webhook.", no_args_is_help=True)

SinkName = Annotated[
    str,
    typer.Argument(metavar="NAME", help="The sink's name.", show_default=False, autocompletion=names_in("sink")),
]
_KINDS = ", ".join(name for name in folders("tollbook.sinks"))


def _settings(row: Row) -> str:
    shown = [f"{name}={text}" for name, text in row["settings"].items()]
    only = [f"only {name}={text}" for name, text in row["filter"].items()]
    return "  ".join([*shown, *(f"{name}=(set)" for name in row["secrets"]), *only])


def _backfill(row: Row) -> str:
    told = row.get("backfill")
    return f"{100 * told['done'] // max(told['of'], 1)} %" if told else ""


def _says(row: Row) -> str:
    message, left_out = row.get("message") or "", row.get("left_out")
    return f"{message}; {len(left_out['columns'])} columns left out, see doctor" if left_out else message


_SINK: Columns = {
    "name": "name",
    "kind": "kind",
    "state": "state",
    "behind": "behind",
    "history": _backfill,
    "sent": "sent",
    "refused": "refused",
    "says": _says,
    "settings": _settings,
}


Settings = Annotated[
    list[str],
    typer.Option(
        "--set",
        metavar="OPTION=VALUE",
        help="Set an option; repeatable. 'password=-' asks for the password, or reads a line of stdin.",
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
    typer.Option("--only", metavar="WORD=VALUE", help="Send only some calls; same filters as `calls`; repeatable."),
]


@sink.command("add")
def add(
    context: typer.Context,
    name: SinkName,
    kind: Annotated[str, typer.Option(metavar="KIND", help=f"Where calls go: {_KINDS}.")],
    settings: Settings = [],  # noqa: B006 - Typer gives each call a list of its own
    columns: Mapping = "tollbook",
    only: Only = [],  # noqa: B006 - the same
    only_test: Annotated[
        bool,
        typer.Option("--test", help="Only test: reach the other side, write nothing, add nothing."),
    ] = False,
) -> None:
    """Add a sink.

    Sends calls from now on; `sink backfill` also sends earlier ones. A password in a URL is taken out and stored
    separately. With `--test` the exit code is 1 if something does not fit.
    """
    from tollbook.cli.client import connect

    kept = read_settings(settings, _options_of(kind))
    wanted = {"name": name, "kind": kind, "settings": kept, "columns": columns, "filter": _words(only)}
    with connect(site_of(context), "sink add") as client:
        if only_test:
            tested = client.send("POST", "/api/sink-test", wanted)
            raise _tested(tested, "; nothing is added")
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
    """Test a sink without sending a call, and list everything that does not fit.

    The exit code is 1 if something does not fit.
    """
    raise _tested(_send(context, name, "POST", "/test"))


def _tested(found: dict[str, Any], besides: str = "") -> typer.Exit:
    """Say what a test found; returns how the command is to end."""
    write_text(f"{'ok' if found['well'] else 'failed'}: {found['message']}{besides if found['well'] else ''}")
    return typer.Exit(Exit.WELL if found["well"] else Exit.FOUND)


@sink.command("pause")
def pause(context: typer.Context, name: SinkName) -> None:
    """Pause a sink. Calls wait until you resume it."""
    _send(context, name, "POST", "/pause")
    write_text(f"paused {name}")


@sink.command("resume")
def resume(
    context: typer.Context,
    name: SinkName,
    resend: Annotated[
        bool,
        typer.Option("--resend", help="Send again what the webhook refused and what was put aside."),
    ] = False,
) -> None:
    """Continue a paused or stopped sink."""
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
    """Send earlier calls to a sink, then continue with new ones.

    You can repeat this at any time: rows are overwritten, not doubled. `sink list` shows the progress.
    """
    told = _send(context, name, "POST", "/backfill", {"from": since})
    write_text(f"{told['behind']} changes are being handed to {name}; `tollbook sink list` says how far it is")


@sink.command("remove")
def remove(context: typer.Context, name: SinkName) -> None:
    """Remove a sink.

    The calls already sent stay where they are.
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
