"""`service`: let the machine run a site, from its start on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tollbook.cli import hosting
from tollbook.cli.exits import say
from tollbook.cli.options import site_of
from tollbook.cli.output import write_text
from tollbook.cli.systemd_unit import Service, ServiceNeeds, unit_of, winsw_of
from tollbook.model.fence import Reach
from tollbook.model.problem import Misconfigured, Problem, Unavailable

if TYPE_CHECKING:
    import msgspec

    from tollbook.model.backup import BackupPlan
    from tollbook.model.pbx import Pbx
    from tollbook.model.sink import Sink

service = typer.Typer(help="Run the site as a system service.", no_args_is_help=True)

_UNITS = Path("/etc/systemd/system")
_FIRST_FREE_PORT = 1024
User = Annotated[
    str,
    typer.Option("--user", metavar="NAME", help="User that runs the server and owns the site."),
]
Serve = Annotated[
    list[str],
    typer.Option(
        "--serve",
        metavar="OPTION=VALUE",
        help="An option of `serve`, such as listen=0.0.0.0:8470; repeatable.",
    ),
]


@service.command("show")
def show(
    context: typer.Context,
    user: User = "tollbook",
    serve: Serve = [],  # noqa: B006 - Typer gives each call a list of its own
    windows: Annotated[bool, typer.Option("--windows", help="WinSW's file instead of systemd's unit.")] = False,
) -> None:
    """Print the systemd unit.

    It has exactly the rights that the site's PBXs, sinks and backups need: serial ports, folders to write to, low
    ports.
    """
    found = _service(site_of(context), user, serve)
    write_text((winsw_of(found) if windows else unit_of(found)).rstrip("\n"))


@service.command("install")
def install(
    context: typer.Context,
    user: User = "tollbook",
    serve: Serve = [],  # noqa: B006 - as above
) -> None:
    """Install the systemd unit; needs root.

    Run it again after you add a serial line, a sink into files or a low port.
    """
    text = unit_of(_service(site_of(context), user, serve))
    if shutil.which("systemctl") is None or not _UNITS.is_dir():
        reason = "there is no systemctl, or no /etc/systemd/system"
        raise Misconfigured(
            Problem("systemd does not run this machine", reason, help="`tollbook service show` prints it"),
        )
    _check_user(user)
    place = _UNITS / "tollbook.service"
    before = place.read_text("utf-8") if place.exists() else ""
    place.write_text(text, "utf-8")
    place.chmod(0o644)
    _reload(text == before)
    write_text(f"{'nothing is new in' if text == before else 'wrote'} {place}")
    say("start it, now and whenever the machine starts: systemctl enable --now tollbook")
    say("after a change: systemctl restart tollbook; the code for the first account: journalctl -u tollbook")


def _reload(unchanged: bool) -> None:
    if unchanged:
        return
    ran = subprocess.run(["systemctl", "daemon-reload"], capture_output=True, text=True, check=False)  # noqa: S607 - the system's own
    if ran.returncode:
        raise Unavailable(f"the unit is written, and systemd did not read it: {ran.stderr.strip()}")


def _check_user(user: str) -> None:
    import pwd

    try:
        pwd.getpwnam(user)
    except KeyError:
        help_ = f"useradd --system --home-dir /var/lib/tollbook --shell /usr/sbin/nologin {user}"
        raise Misconfigured(Problem(f"there is no user {user!r}", "the service would not start", help=help_)) from None


def _service(site: Path, user: str, serve: list[str]) -> Service:
    options = tuple(word for text in serve for word in (f"--{text.partition('=')[0]}", text.partition("=")[2]))
    pbxs, sinks, plan = _settings_of(site)
    needs = needs_of(pbxs, sinks, plan)
    listen = next((text.partition("=")[2] for text in serve if text.startswith("listen=")), "")
    ports = {**_low_port(listen, "the pages"), **needs.ports}
    return Service(
        program=Path(sys.argv[0]).absolute()
        if Path(sys.argv[0]).exists()
        else Path(sys.executable).with_name("tollbook"),
        site=site,
        user=user,
        options=options,
        needs=ServiceNeeds(devices=needs.devices, written=needs.written, used=needs.used, ports=ports),
    )


def _settings_of(site: Path) -> tuple[list[Pbx], list[Sink], BackupPlan | None]:
    """Read what is set up, whether a server runs or not, and change nothing: root may ask for another's site."""
    if not hosting.is_site(site):
        return [], [], None
    os.environ["TOLLBOOK_SITE"] = str(site)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tollbook.web.settings")
    import django

    django.setup()
    from django.db.utils import DatabaseError

    from tollbook.site.backups import operations as backups
    from tollbook.site.pbxs import operations as pbxs
    from tollbook.site.sinks import operations as sinks

    try:
        return [pbx for pbx in pbxs.every() if not pbx.removed], sinks.every(), backups.plan()
    except DatabaseError as fault:
        help_ = "start the server once, which brings its settings up to date"
        raise Misconfigured(Problem("the site's settings cannot be read", str(fault), str(site), help_)) from fault


def needs_of(pbxs: list[Pbx], sinks: list[Sink], plan: BackupPlan | None) -> ServiceNeeds:
    """Return what settings need of the machine."""
    from tollbook.sinks import known as sink_kinds
    from tollbook.sources import known as source_kinds

    devices: dict[str, str] = {}
    written = {plan.folder: "backups"} if plan else {}
    used: dict[str, str] = {}
    ports: dict[int, str] = {}
    for who, settings, options in (
        *((f"PBX {pbx.name}", pbx.settings, source_kinds.options_of(pbx.source)) for pbx in pbxs),
        *((f"sink {sink.name}", sink.settings, sink_kinds.options_of(sink.kind)) for sink in sinks),
    ):
        ports |= _low_port(settings.get("listen", ""), who)
        for reach, path in _paths(settings, options):
            place = {Reach.DEVICE: devices, Reach.WRITE: written}.get(reach, used)
            place.setdefault(os.path.realpath(path) if reach is Reach.DEVICE else path, who)
        if settings.get("after", "leave") != "leave" and settings.get("path", "").startswith("/"):
            written.setdefault(settings["path"], who)
        if settings.get("url", "").startswith("sqlite:////"):
            written.setdefault(str(Path(settings["url"].removeprefix("sqlite:///")).parent), who)
    return ServiceNeeds(devices=devices, written=written, used=used, ports=ports)


def _paths(settings: dict[str, str], options: type[msgspec.Struct]) -> Iterator[tuple[Reach, str]]:
    """Yield what settings name of this machine's files, by what is done with it."""
    from tollbook.plugins import declared

    for each in declared(options):
        text = settings.get(each.name, "")
        if each.setting.reach and text.startswith("/"):
            yield each.setting.reach, text


def _low_port(listen: str, who: str) -> dict[int, str]:
    port = listen.rpartition(":")[2]
    return {int(port): who} if port.isascii() and port.isdigit() and 0 < int(port) < _FIRST_FREE_PORT else {}
