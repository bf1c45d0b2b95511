"""Writes the unit by which systemd runs a site, with the rights that its settings need and no more; and WinSW's file.

What always holds: a right stands in the unit only where something in use needs it, and beside it stands what that is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from xml.sax.saxutils import escape

import msgspec

_STATE = PurePosixPath("/var/lib")
_HOMES = ("/home", "/root", "/run/user")
_TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108 - compared, nothing is written there
_PLAIN = re.compile(r"[\w@+=:,./-]+")
_CLASS = re.compile(r"/dev/([A-Za-z]+)\d*")


class ServiceNeeds(msgspec.Struct, frozen=True, kw_only=True):
    """What the settings of a site need of the machine, each thing with who needs it.

    `devices` are serial ports as they really are, `written` folders that are written to, `used` every other path, and
    `ports` those below 1024 that are listened on.
    """

    devices: dict[str, str] = {}
    written: dict[str, str] = {}
    used: dict[str, str] = {}
    ports: dict[int, str] = {}


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """What is to run: the program, its site and user, the options of `serve`, and what the settings need."""

    program: Path
    site: Path
    user: str = "tollbook"
    options: tuple[str, ...] = ()
    needs: ServiceNeeds = ServiceNeeds()


def unit_of(service: Service) -> str:
    """Return the text of a unit."""
    lines = (*_head(service), *_rights(service), *_TAIL)
    return "\n".join(lines) + "\n"


def _head(service: Service) -> Iterator[str]:
    words = (str(service.program), "--site", str(service.site), "serve", *service.options)
    yield from ("[Unit]", "Description=Tollbook, the call ledger", "Wants=network-online.target")
    yield from ("After=network-online.target", "", "[Service]")
    yield from (f"User={service.user}", f"Group={service.user}")
    if _is_state(service.site):
        yield from (f"StateDirectory={service.site.name}", "StateDirectoryMode=0700")
    yield "UMask=0077"
    yield "ExecStart=" + " ".join(_quoted(word).replace("$", "$$") for word in words)
    yield from ("Restart=on-failure", "RestartSec=2")
    yield from ("# Answers on their way in may finish, what was taken is stored.", "TimeoutStopSec=60", "")


def _rights(service: Service) -> Iterator[str]:
    needs = service.needs
    yield "NoNewPrivileges=yes"
    yield from _capabilities(needs)
    yield "ProtectSystem=strict"
    if not _is_state(service.site):
        yield f"ReadWritePaths={_quoted(str(service.site))}"
    for path, who in needs.written.items():
        yield from (f"# {who}", f"ReadWritePaths={_quoted(f'-{path}')}")
    paths = {str(service.site): "the site", str(service.program): "the program", **needs.used, **needs.written}
    yield from _unless(paths, _HOMES, "ProtectHome=yes", "ProtectHome=read-only")
    yield from _unless(paths, _TEMPORARY, "PrivateTmp=yes", "PrivateTmp=no")
    yield from _devices(needs)


def _capabilities(needs: ServiceNeeds) -> Iterator[str]:
    if not needs.ports:
        yield "CapabilityBoundingSet="
        return
    yield "# " + "; ".join(f"port {port}: {who}" for port, who in needs.ports.items())
    yield from ("CapabilityBoundingSet=CAP_NET_BIND_SERVICE", "AmbientCapabilities=CAP_NET_BIND_SERVICE")


def _unless(paths: dict[str, str], places: tuple[str, ...], usual: str, then: str) -> Iterator[str]:
    there = [who for path, who in paths.items() if any(PurePosixPath(path).is_relative_to(each) for each in places)]
    if there:
        yield f"# {there[0]} is there"
    yield then if there else usual


def _devices(needs: ServiceNeeds) -> Iterator[str]:
    if not needs.devices:
        yield "PrivateDevices=yes"
        return
    yield "# " + "; ".join(f"{device}: {who}" for device, who in needs.devices.items())
    yield from ("PrivateDevices=no", "DevicePolicy=closed", "SupplementaryGroups=dialout")
    classes = {each for device in needs.devices for each in _classes(device)}
    yield from (f"DeviceAllow={each} rw" for each in sorted(classes))


def _classes(device: str) -> tuple[str, ...]:
    """Return the classes of devices that one may be of: an adapter has another number each time it is plugged in.

    >>> _classes("/dev/ttyUSB0"), _classes("/dev/serial/by-id/usb-x")
    (('char-ttyUSB',), ('char-ttyACM', 'char-ttyUSB'))
    """
    found = _CLASS.fullmatch(device)
    return (f"char-{found[1]}",) if found else ("char-ttyACM", "char-ttyUSB")


_TAIL = (
    "ProtectKernelTunables=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelLogs=yes",
    "ProtectControlGroups=yes",
    "ProtectClock=yes",
    "ProtectHostname=yes",
    "# AF_UNIX: a name in the kernel keeps a second Tollbook from asking the same PBX.",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "LockPersonality=yes",
    "SystemCallArchitectures=native",
    "",
    "[Install]",
    "WantedBy=multi-user.target",
)


def _is_state(site: Path) -> bool:
    """Say whether systemd makes the site's folder, for its user alone."""
    return PurePosixPath(site.as_posix()).parent == _STATE and bool(_PLAIN.fullmatch(site.name))


def _quoted(text: str) -> str:
    r"""Return a word as systemd reads it (systemd.syntax(7)).

    >>> print(_quoted("/srv/calls"), _quoted("/srv/my calls"), _quoted('50%"'))
    /srv/calls "/srv/my calls" "50%%\""
    """
    text = text.replace("%", "%%")
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def winsw_of(service: Service) -> str:
    """Return the file by which WinSW (version 2 or 3) runs a site as a Windows service."""
    words = ("--site", str(service.site), "serve", *service.options)
    arguments = " ".join(f'"{word}"' if " " in word else word for word in words)
    return f"""<service>
  <id>tollbook</id>
  <name>Tollbook</name>
  <description>The call ledger for a telephone system</description>
  <executable>{escape(str(service.program))}</executable>
  <arguments>{escape(arguments)}</arguments>
  <onfailure action="restart" delay="2 sec"/>
  <stoptimeout>60 sec</stoptimeout>
  <startmode>Automatic</startmode>
  <log mode="roll-by-size"/>
</service>
"""
