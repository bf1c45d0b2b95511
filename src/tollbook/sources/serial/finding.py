"""Why a serial port cannot be had, said to the person who has to mend it: what there is, who has it, who may."""

from __future__ import annotations

import errno
import getpass
import os
import stat
import termios
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tollbook.model.problem import Unavailable
from tollbook.sources.common import reason_of
from tollbook.sources.serial.line_settings import LineSettings
from tollbook.sources.serial.port import Unfit

_MOST_SHOWN = 8
_USUAL_GROUP = "dialout"
_GROUP_MAY = stat.S_IRGRP | stat.S_IWGRP
_NOT_THERE = (errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EIO)


def ports(root: Path = Path("/")) -> list[str]:
    """Return the serial ports of a machine, by the names that stay where there are such."""
    lasting = {each.resolve().name: str(each) for each in _entries(root / "dev/serial/by-id")}
    names = [each.name for each in _entries(root / "sys/class/tty") if _is_port(each)]
    return sorted(lasting.get(name, str(root / "dev" / name)) for name in names)


def holders(device: str) -> list[str]:
    """Return the programs that have a device open, as far as this user may see."""
    found = set()
    target = os.path.realpath(device)
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if str(descriptor.readlink()) == target:
                process = descriptor.parent.parent
                found.add(f"{(process / 'comm').read_text().strip()} ({process.name})")
    return sorted(found)


def explained(device: str, manners: LineSettings, fault: Exception) -> Unavailable:
    """Return what to tell of a port that cannot be had."""
    if isinstance(fault, Unfit):
        named = ", ".join(f"'{option}'" for option in fault.options)
        message = f"{device} cannot do {manners}: set {named} to what the port can do, or use another port"
        return Unavailable(message, permanent=True)
    if isinstance(fault, termios.error):
        message = f"{device} is no serial port ({fault.args[-1]}); {_there_are()}"
        return Unavailable(message, permanent=True)
    number = getattr(fault, "errno", None) or 0
    say = _WORDS.get(number)
    return say(device) if say else Unavailable(f"{device} cannot be opened: {reason_of(fault)}")


def _not_there(device: str) -> Unavailable:
    return Unavailable(f"{device} is not there: is the cable or the adapter plugged in? {_there_are()}")


def _busy(device: str) -> Unavailable:
    by = ", ".join(holders(device)) or "a program of another user"
    return Unavailable(f"{device} is in use by {by}; a port serves one program at a time, so end that one")


def _forbidden(device: str) -> Unavailable:
    group, user = _group_of(device), _user()
    mend = (
        f"it belongs to group {group}: run 'sudo usermod -aG {group} {user}', then start Tollbook again"
        if group
        else f"only its owner may use it: have a udev rule give it to group {_USUAL_GROUP}, and add {user} to that"
    )
    return Unavailable(f"no permission to open {device}; {mend}", permanent=True)


_WORDS: dict[int, Callable[[str], Unavailable]] = {
    **dict.fromkeys(_NOT_THERE, _not_there),
    **dict.fromkeys((errno.EBUSY, errno.EAGAIN), _busy),
    **dict.fromkeys((errno.EACCES, errno.EPERM), _forbidden),
}


def _there_are() -> str:
    found = ports()
    more = f" and {len(found) - _MOST_SHOWN} more" if len(found) > _MOST_SHOWN else ""
    return f"this machine has {', '.join(found[:_MOST_SHOWN]) or 'no serial port'}{more}"


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _is_port(entry: Path) -> bool:
    """Say whether there is hardware behind a terminal's name; the kernel has names for ports not built in too."""
    if not (entry / "device/driver").exists():
        return False
    try:
        return (entry / "type").read_text().strip() != "0"
    except OSError:
        return True


def _group_of(device: str) -> str:
    """Return the group whose members may use a device; empty when none may, or only those who are root."""
    with suppress(OSError, KeyError):
        group, mode = Path(device).group(), Path(device).stat().st_mode
        return group if group != "root" and mode & _GROUP_MAY == _GROUP_MAY else ""
    return _USUAL_GROUP


def _user() -> str:
    with suppress(OSError, KeyError):
        return getpass.getuser()
    return str(os.geteuid())
