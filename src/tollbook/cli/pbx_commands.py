"""`pbx`: add, list, change, remove, test and pause PBXs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from tollbook.cli.completing import formats
from tollbook.cli.exits import Exit, say
from tollbook.cli.options import Form, PbxName, Yes, asked_secret, site_of
from tollbook.cli.output import Columns, OutputFormat, Row, write_list, write_text
from tollbook.cli.pbx_check_command import check
from tollbook.model.fence import Reach
from tollbook.model.health import Tested
from tollbook.model.problem import Misconfigured, Problem
from tollbook.plugins import declared, folders

pbx = typer.Typer(help="Set up PBXs.", no_args_is_help=True)

Settings = Annotated[
    list[str],
    typer.Option(
        "--set",
        metavar="OPTION=VALUE",
        help="Set an option of the source or the dialect, or 'timezone'; repeatable. "
        "'password=-' asks for the password, or reads a line of stdin.",
    ),
]
_KINDS = ", ".join(name.replace("_", "-") for name in folders("tollbook.sources"))
_IMPORT = "import its files: tollbook import FILE --pbx {name}   (or drop them on its page in the browser)"
_FILES = (Reach.READ, Reach.KEY, Reach.WRITE)


def _settings(row: Row) -> str:
    shown = [f"{name}={text}" for name, text in row["settings"].items()]
    return "  ".join([*shown, *(f"{name}=(set)" for name in row["secrets"])])


_PBX: Columns = {
    "name": "name",
    "dialect": "dialect",
    "source": "source",
    "timezone": "timezone",
    "paused": "paused",
    "settings": _settings,
}


@pbx.command("add")
def add(
    context: typer.Context,
    name: PbxName,
    dialect: Annotated[
        str,
        typer.Option(
            metavar="SLUG",
            help="Format of its records; `tollbook pbx kinds` lists them.",
            autocompletion=formats,
        ),
    ],
    source: Annotated[
        str,
        typer.Option(metavar="KIND", help=f"The way its records arrive: {_KINDS}."),
    ],
    settings: Settings = [],  # noqa: B006 - Typer gives each call a list of its own
) -> None:
    """Add a PBX.

    A running server starts to collect its calls at once. A password in a URL is taken out and stored separately.
    """
    from tollbook.cli.client import connect

    given = read_settings(settings, _options_of(source))
    wanted = {"name": name, "dialect": dialect, "source": source, "settings": given}
    with connect(site_of(context), "pbx add") as client:
        added = client.send("POST", "/api/pbxs", wanted)
        running = not client.in_process
    _note(added)
    write_text(f"added {added['name']} ({added['dialect']}, {added['source']}, {added['timezone']})")
    if "timezone" not in given:
        say(f"its clock is taken to be in UTC; if it is not: tollbook pbx edit {name} --set timezone=Europe/London")
    if _is_by_hand(source):
        say(_IMPORT.format(name=name))
    elif not running:
        say("its calls are taken once `tollbook serve` runs")


@pbx.command("list")
def list_pbxs(
    context: typer.Context,
    removed: Annotated[bool, typer.Option("--removed", help="Also list removed PBXs.")] = False,
    form: Form = OutputFormat.TABLE,
) -> None:
    """List the PBXs, without their secrets."""
    from tollbook.cli.client import connect

    words = {"removed": "true"} if removed else {}
    columns = {**_PBX, "removed": "removed"} if removed else _PBX
    with connect(site_of(context), "pbx list") as client:
        write_list(client, "/api/pbxs", words, form=form, columns=columns)


@pbx.command("edit")
def edit(
    context: typer.Context,
    name: PbxName,
    settings: Settings = [],  # noqa: B006 - Typer gives each call a list of its own
    unset: Annotated[
        list[str],
        typer.Option("--unset", metavar="OPTION", help="Remove an option; repeatable."),
    ] = [],  # noqa: B006 - the same
    dialect: Annotated[
        str | None,
        typer.Option(metavar="SLUG", help="New format of its records.", autocompletion=formats),
    ] = None,
    source: Annotated[str | None, typer.Option(metavar="KIND", help="New way its records arrive.")] = None,
) -> None:
    """Change a PBX's settings."""
    from tollbook.cli.client import connect

    if not (settings or unset or dialect or source):
        raise Misconfigured(
            Problem("it is not said what to change", "no option is given", help="--set, --unset, --dialect or --source")
        )
    with connect(site_of(context), "pbx edit") as client:
        options = _options_of(source or client.get(f"/api/pbxs/{_part(name)}", into=dict[str, Any])["source"])
        changed: dict[str, str | None] = {**dict.fromkeys(unset), **read_settings(settings, options)}
        change = {"dialect": dialect, "source": source, "settings": changed}
        _note(client.send("PATCH", f"/api/pbxs/{_part(name)}", change))
    write_text(f"changed {name}")


@pbx.command("remove")
def remove(context: typer.Context, name: PbxName) -> None:
    """Remove a PBX; its calls stay.

    If you add it again under the same name, it continues with them.
    """
    _send(context, "DELETE", name, "")
    write_text(f"removed {name}; its calls stay")


@pbx.command("pause")
def pause(context: typer.Context, name: PbxName) -> None:
    """Pause a PBX until you resume it."""
    _send(context, "POST", name, "/pause")
    write_text(f"paused {name}")


@pbx.command("resume")
def resume(context: typer.Context, name: PbxName) -> None:
    """Resume a paused PBX."""
    _send(context, "POST", name, "/resume")
    write_text(f"resumed {name}")


@pbx.command("test")
def ask_now(
    context: typer.Context,
    name: PbxName,
    yes: Yes = False,
    look_for: Annotated[
        str,
        typer.Option(
            "--for",
            metavar="TIME",
            help="For a PBX that sends on its own: show what arrives for this long, such as 30s.",
        ),
    ] = "",
    raw: Annotated[
        bool,
        typer.Option("--raw", help="With --for: show bytes instead of records."),
    ] = False,
) -> None:
    """Test a PBX: ask it for its records now, or check whether it is connected.

    Reading may clear the PBX's file, so this asks you first. What comes is stored. With `--for`, records of a PBX that
    sends on its own are shown as they arrive. The exit code is 1 if the PBX does not answer properly or is not
    connected.
    """
    from tollbook.cli import arrivals
    from tollbook.cli.client import connect

    seconds = arrivals.read_time(look_for)
    with connect(site_of(context), "pbx test") as client:
        found = client.get(f"/api/pbxs/{_part(name)}", into=dict[str, Any])
        if seconds:
            raise typer.Exit(arrivals.show(client, found, arrivals.ArrivalsWanted(seconds=seconds, raw=raw)))
        _warn(found, yes=yes)
        tested = client.send("POST", f"/api/pbxs/{_part(name)}/test")
    result = Tested(**tested)
    _tell(name, found, result)
    raise typer.Exit(Exit.WELL if result.well else Exit.FOUND)


def _tell(name: str, found: dict[str, Any], result: Tested) -> None:
    """Say what came of a test of a PBX, and what could be done next."""
    write_text(f"{'ok' if result.well else 'failed'}: {result.message}")
    if _is_by_hand(found["source"]):
        say(_IMPORT.format(name=name))
    else:
        write_text(f"{result.bytes_taken} bytes were read and kept")
    if found["stream"] and result.well:
        say(f"`tollbook pbx test {name} --for 30s` shows what it sends")


pbx.command("check")(check)


@pbx.command("kinds")
def kinds(
    words: Annotated[
        str,
        typer.Argument(metavar="[WORDS]", help="Only those whose name or title has these words.", show_default=False),
    ] = "",
) -> None:
    """List dialects and sources, with the options of each."""
    from tollbook.cli.catalogue import described

    lines = list(described(words))
    for line in lines:
        write_text(line)
    if not lines:
        say(f"nothing has {words!r} in its name; without a word all are listed")


def _options_of(source: str) -> type[msgspec.Struct]:
    """Return the options of a kind of source; none for a kind there is not, which the site says."""
    from tollbook.sources import known

    try:
        return known.options_of(source)
    except Misconfigured:
        return msgspec.Struct


def _is_by_hand(source: str) -> bool:
    from tollbook.sources import known

    return known.is_by_hand(source.replace("-", "_"))


def _note(kept: dict[str, Any]) -> None:
    for note in kept["notes"]:
        say(f"note: {note}")


def read_settings(given: list[str], options: type[msgspec.Struct] = msgspec.Struct) -> dict[str, str]:
    """Return `OPTION=VALUE` texts as settings, a password asked for where its value is `-`.

    An option may name a file or folder of this machine: a relative one is meant from here, wherever the server was
    started.
    """
    settings: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            # The text itself is not repeated: it may be a secret with its name forgotten.
            hint = "for example --set url=https://192.0.2.10/cdr --set interval=30s"
            raise Misconfigured(Problem("'--set' must be OPTION=VALUE", "one of them has no '='", help=hint))
        settings[name.strip()] = value
    if settings.get("password") == "-":
        settings["password"] = asked_secret("password of the PBX: ")
    elif "password" in settings:
        say("note: others on this machine may see a password on the command line; --set password=- asks for it")
    files = {
        name for each in declared(options) if each.setting.reach in _FILES for name in (each.name, *each.former_names)
    }
    return {name: str(Path(text).absolute()) if name in files and text else text for name, text in settings.items()}


def _warn(found: dict[str, Any], *, yes: bool) -> None:
    """Say what reading does before anything is read."""
    if not found["clears"]:
        return
    say(f"reading clears the file of {found['name']}: it deletes its records as it hands them over.")
    say("what it gives is kept in this site; any other program that reads it will miss those calls.")
    if yes:
        return
    try:
        typer.confirm("read it now?", abort=True, err=True)
    except EOFError:
        hint = "give --yes to read without being asked"
        raise Misconfigured(Problem("nobody can be asked whether to read", "stdin is at its end", help=hint)) from None


def _send(context: typer.Context, method: str, name: str, rest: str) -> None:
    from tollbook.cli.client import connect

    with connect(site_of(context), "pbx") as client:
        client.send(method, f"/api/pbxs/{_part(name)}{rest}")


def _part(name: str) -> str:
    """Return a name as one part of an address, whatever somebody typed."""
    from urllib.parse import quote

    return quote(name, safe="") or "%20"
