"""`init`, `serve`, `status`, `doctor` and `rebuild`: the site as a whole."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from tollbook.cli import hosting, logs
from tollbook.cli.encryption import Encryption
from tollbook.cli.exits import Exit, say
from tollbook.cli.heaps import keep_few_heaps
from tollbook.cli.options import Form, machine_user, site_of
from tollbook.cli.output import Columns, OutputFormat, Row, progress, write_json, write_pieces, write_table, write_text
from tollbook.cli.serving import Listen, Serving, read_listen, serve_site, stopping_in_order

_LOOK_S = 0.1
_WRONG = frozenset(("not-reachable", "needs-attention", "not-readable", "no-room"))


def init(
    context: typer.Context,
    admin: Annotated[str, typer.Option(metavar="NAME", help="Name of the first administrator.")] = "admin",
    password_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="File with the administrator's password."),
    ] = None,
) -> None:
    """Create a site.

    Creates the folder, the databases and the first administrator. Prints the administrator's password once, unless you
    give one.
    """
    path = site_of(context)
    logs.set_up(quiet=True)
    with hosting.opened(path, "init"):
        for line in first_admin(path, admin, password_file):
            write_text(line)


def first_admin(path: Path, name: str, password_file: Path | None) -> list[str]:
    """Make the first administrator of a site held open; returns what to tell."""
    import secrets

    from tollbook.model.actor import Actor
    from tollbook.site.people.operations import add_first_admin, users_exist

    if users_exist():
        return [f"{path} is a site already, and somebody can sign in; nothing was changed"]
    given = password_file.read_text("utf-8").rstrip("\r\n") if password_file else ""
    password = given or secrets.token_urlsafe(12)
    add_first_admin(Actor(kind="command", name=machine_user()), name, password)
    (path / "setup-code").unlink(missing_ok=True)
    kept = f"password: as in {password_file}" if given else f"password: {password}   (shown only now)"
    return [f"made the site {path}", f"    name: {name}", kept]


def serve(
    context: typer.Context,
    listen: Listen = "127.0.0.1:8470",
    tls_certificate: Annotated[
        Path | None,
        typer.Option(metavar="FILE", dir_okay=False, help="Use TLS with this certificate and its chain (PEM)."),
    ] = None,
    tls_key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", dir_okay=False, help="The certificate's key (PEM), if it is in another file."),
    ] = None,
    behind_proxy: Annotated[
        bool,
        typer.Option(
            "--behind-proxy",
            help="There is a proxy with TLS in front: do not warn about unencrypted passwords.",
        ),
    ] = False,
) -> None:
    """Run the server: collect calls, serve the pages and the API.

    Runs until you stop it. Creates the site if it does not exist. The first page then asks for the code printed here.
    """
    path = site_of(context)
    host, port = read_listen(listen)
    logs.set_up(quiet=False)
    keep_few_heaps()
    encryption = Encryption(certificate=tls_certificate, key=tls_key, behind_proxy=behind_proxy)
    with stopping_in_order() as stop_asked:
        serve_site(Serving(site=path, host=host, port=port, stop_asked=stop_asked, encryption=encryption))


_NOTED = (("replayed", "replayed"), ("resets", "broken off"), ("refused", "refused"))


def _noted(row: Row) -> str:
    """Return what has happened to a stream now and then; mostly nothing."""
    return ", ".join(f"{row[name]} {word}" for name, word in _NOTED if row[name])


def _what(row: Row) -> str:
    refused = f"refused {row['last_refused']}" if row["last_refused"] else ""
    usual = row["usual_calls"]
    rate = f"{row['calls_last_hour']} calls in the last hour" if row["calls_last_hour"] or usual else ""
    if rate and usual is not None:
        rate += f", usually about {round(usual)}"
    return "; ".join(filter(None, (row["message"], row["standing"], row["noise"], refused, rate)))


_SINKS: Columns = {"sink": "sink", "state": "state", "behind": "behind", "sent": "sent", "says": "message"}
_STATUS: Columns = {
    "pbx": "pbx",
    "state": "state",
    "heard": lambda row: _ago(row["last_byte_at"] or row["last_answer_at"]),
    "last call (UTC)": lambda row: str(row["last_call_at"] or "").rstrip("Z").replace("T", " "),
    "calls": "calls",
    "rejected": "rejected",
    "noted": _noted,
    "what": _what,
}


def status(context: typer.Context, form: Form = OutputFormat.TABLE) -> None:
    """Show how each PBX is doing.

    The exit code is 1 if something is wrong, for example if a PBX does not answer or the server is not running.
    """
    from tollbook.cli.client import connect

    with connect(site_of(context), "status") as client:
        if form is OutputFormat.CSV:
            write_pieces(client.pieces("/api/status", {"format": "csv"}))
        found = client.get("/api/status", into=dict[str, Any])
        found["server"] = not client.in_process
    wrong = _what_is_wrong(found)
    if form is OutputFormat.JSON:
        write_json(found | {"wrong": wrong})
    if form is OutputFormat.TABLE:
        _tell_status(found)
    for each in wrong:
        say(f"wrong: {each}")
    raise typer.Exit(Exit.FOUND if wrong else Exit.WELL)


def _tell_status(found: dict[str, Any]) -> None:
    rows: list[dict[str, Any]] = found["pbxs"]
    if not found["server"]:
        for row in rows:
            row["state"] = "paused" if row["paused"] else "not watched"
    write_table(rows, _STATUS)
    if found["sinks"]:
        write_table(found["sinks"], _SINKS)
    waiting = found["lag"]["entries"]
    write_text(
        f"server: {'running' if found['server'] else 'not running'}; {waiting} journal entries wait to be stored",
    )


def _what_is_wrong(found: dict[str, Any]) -> list[str]:
    wrong = [f"{row['pbx']}: {row['message']}" for row in found["pbxs"] if row["state"] in _WRONG]
    wrong += [f"sink {row['sink']}: {row['message']}" for row in found["sinks"] if row["state"] in _WRONG]
    active = [row for row in found["pbxs"] if not row["paused"]]
    if active and not found["server"]:
        wrong.append("no server runs, so no calls are taken; start one with `tollbook serve`")
    if found["lag"]["trouble"]:
        wrong.append(found["lag"]["trouble"])
    if found["backup"]["failed_why"]:
        wrong.append(f"the backup failed: {found['backup']['failed_why']}")
    elif found["backup"]["overdue"]:
        wrong.append(f"the newest backup is of {found['backup']['last_at']}, which is too long ago")
    return wrong


def _ago(instant: str | None) -> str:
    from datetime import datetime

    from tollbook.clock import now

    if not instant:
        return ""
    seconds = max(0, int((now() - datetime.fromisoformat(instant)).total_seconds()))
    unit, size = next((each for each in (("d", 86400), ("h", 3600), ("min", 60)) if seconds >= each[1]), ("s", 1))
    return f"{seconds // size} {unit} ago"


Done = Annotated[
    list[int] | None,
    typer.Option("--done", metavar="NUMBER", help="Remove this notice: you have dealt with it.", min=0),
]


def doctor(context: typer.Context, form: Form = OutputFormat.TABLE, done: Done = None) -> None:
    """Check the site, and say what to fix.

    The exit code is 1 if there is something to fix.
    """
    from tollbook.cli.client import connect

    with connect(site_of(context), "doctor") as client:
        for number in done or ():
            client.send("POST", f"/api/notices/{number}/done")
        if form is OutputFormat.CSV:
            write_pieces(client.pieces("/api/doctor", {"format": "csv"}))
        findings = client.get("/api/doctor", into=list[dict[str, Any]])
    if form is OutputFormat.JSON:
        write_json(findings)
    if form is OutputFormat.TABLE:
        for each in findings:
            write_text(f"{'  ok ' if each['well'] else ' FIX '} {each['what']}")
            if each["help"]:
                write_text(f"       {each['help']}")
    raise typer.Exit(Exit.WELL if all(each["well"] for each in findings) else Exit.FOUND)


def rebuild(context: typer.Context) -> None:
    """Read all records again from the journal.

    Waits until it is done. PBXs are not asked for anything. Calls keep their ids, and lists stay complete meanwhile.
    """
    from tollbook.cli.client import connect
    from tollbook.model.health import Lag
    from tollbook.model.problem import Unavailable

    with connect(site_of(context), "rebuild") as client, progress("entries") as bars:
        client.send("POST", "/api/rebuild")
        bar = bars.add_task("rebuilding", total=None)
        most = 0
        while (lag := client.get("/api/lag", into=Lag)).rebuilding:
            if lag.trouble:
                raise Unavailable(lag.trouble)
            most = max(most, lag.left)
            bars.update(bar, total=most or None, completed=most - lag.left)
            time.sleep(_LOOK_S)
    write_text("every record has been read again from the journal")
