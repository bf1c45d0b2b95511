"""`demo`: some simulated PBXs, a site with months of calls, and the server, by one command and without a network.

A second start finds the site and serves at once. The past is imported behind the server, by the ordinary command; if
that is broken off, the next start goes on with it, since importing a file twice changes nothing.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import tomli_w
import typer

from tollbook.cli import logs
from tollbook.cli.exits import CommandRefused, say
from tollbook.cli.output import progress, write_text
from tollbook.cli.serving import Listen, Serving, check_free, read_listen, serve_site, stopping_in_order
from tollbook.cli.site_commands import first_admin
from tollbook.model.fence import FILE
from tollbook.model.problem import Unavailable

if TYPE_CHECKING:
    from tollbook.cli.client import Client
    from tollbook.cli.demo_pbxs import DemoPbxs

_PATIENCE_S = 10


class DemoHistory(msgspec.Struct, frozen=True, kw_only=True):
    """The history to make up: where its file and the note that it is in the ledger stand, and how long it is."""

    folder: Path
    calls: int
    days: int

    @property
    def file(self) -> Path:
        """The file of past calls."""
        return self.folder / "history.csv"

    @property
    def done(self) -> Path:
        """The note that every call of it is in the ledger."""
        return self.folder / "history-imported"


def demo(
    folder: Annotated[Path, typer.Option(metavar="DIR", file_okay=False, help="Folder of the demo.")] = Path(".demo"),
    calls: Annotated[int, typer.Option(min=0, max=5_000_000, help="Number of past calls.")] = 120_000,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Days of history.")] = 90,
    listen: Listen = "127.0.0.1:8470",
) -> None:
    """Try Tollbook with made-up calls.

    Starts simulated PBXs and a server, with months of made-up history. Run it again to continue with the same calls.
    """
    host, port = read_listen(listen)
    check_free(host, port)
    logs.set_up(quiet=True)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    past = DemoHistory(folder=folder.absolute(), calls=calls, days=days)
    let_in(past.folder / "site", past.folder / "web-console")
    from tollbook.cli.demo_pbxs import DemoPbxs

    with stopping_in_order() as stop_asked, DemoPbxs(folder / "web-console") as pbxs:
        behind = threading.Thread(target=_fill, args=(past, pbxs), name="history", daemon=True)
        serving = Serving(
            site=past.folder / "site",
            host=host,
            port=port,
            stop_asked=stop_asked,
            prepare=lambda site: first_admin(site, "admin", _password_file(past.folder)),
            listening=lambda _url: _begin(past.folder, behind),
        )
        serve_site(serving)


def let_in(site: Path, folder: Path) -> None:
    """Have the fence of the demo's site let its folder in, which is a hidden one as a rule."""
    place = site / FILE
    if not place.exists():
        site.mkdir(mode=0o700, exist_ok=True)
        place.touch(mode=0o600)
        place.write_text(tomli_w.dumps({"allow": {"folders": ["/", str(folder)]}}), "utf-8")


def _begin(folder: Path, behind: threading.Thread) -> None:
    write_text(f"sign in as admin with the password {_password_file(folder).read_text().strip()}")
    write_text("Calls keep arriving. Ctrl-C stops it all.")
    behind.start()


def _password_file(folder: Path) -> Path:
    path = folder / "password"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(12) + "\n")
    return path


def _fill(past: DemoHistory, pbxs: DemoPbxs) -> None:
    """Set the PBXs up and import the past, through the API of the server that has just begun to listen."""
    from tollbook.cli.client import connect

    try:
        with connect(past.folder / "site", "demo") as client:
            _set_up(client, pbxs, past.days)
            if past.calls and not past.done.exists():
                _import(client, past)
    except (CommandRefused, Unavailable) as fault:
        say(f"{fault}\n(the history is not all there; the next start goes on with it)")


def _set_up(client: Client, pbxs: DemoPbxs, days: int) -> None:
    from tollbook.cli.demo_directory import directory, phone_book
    from tollbook.cli.demo_pbxs import PLAN

    there = {row["name"] for row in client.rows("/api/pbxs")}
    for pbx in pbxs.wanted():
        if pbx["name"] in there:
            client.send("PATCH", f"/api/pbxs/{pbx['name']}", {"settings": pbx["settings"]})
        else:
            client.send("POST", "/api/pbxs", pbx)
            client.send("PATCH", f"/api/pbxs/{pbx['name']}/plan", {"settings": PLAN})
    if not there:
        for what, text in (("assignments", directory()), ("phone-book", phone_book())):
            client.post(f"/api/directory/{what}/import", text, {"apply": "true"}, into=dict)
        _set_up_prices(client, days)


def _set_up_prices(client: Client, days: int) -> None:
    from tollbook.cli.demo_tariffs import budgets, monthly_charges, tariffs
    from tollbook.clock import now

    known = {row["name"] for row in client.rows("/api/pbxs")}
    for each in tariffs(now().date(), days):
        client.post(f"/api/tariffs/{each.tariff}", each.document, {}, into=dict)
        for pbx in known.intersection(each.pbxs):
            client.send("POST", "/api/tariff-rules", {"tariff": each.tariff, "pbx": pbx})
        if each.is_last_assigned:
            client.send("POST", "/api/prices/again", {})
    for budget in budgets(now().date(), days):
        client.send("POST", "/api/budgets", budget)
    for charge in monthly_charges(now().date(), days):
        client.send("POST", "/api/monthly-charges", charge)


def _import(client: Client, past: DemoHistory) -> None:
    from tollbook.cli.import_command import import_file

    if not past.file.exists():
        _make_up(past)
    with progress("bytes") as bars:
        imported = import_file(client, past.file, "hts32", bars)
    past.done.touch()
    past.file.unlink()
    write_text(f"{imported.calls} calls of the past {past.days} days are in the ledger")


def _make_up(past: DemoHistory) -> None:
    """Write the file in a process of its own, so that the pages answer meanwhile."""
    new = past.file.with_suffix(".new")
    length = ["--rows", str(past.calls), "--days", str(past.days)]
    command = [sys.executable, "-m", "tollbook.simulator", "file", *length, "--out", str(new)]
    made = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - our own program
    if made.returncode:
        raise Unavailable(f"the past could not be made up: {made.stderr.strip()}")
    new.replace(past.file)
