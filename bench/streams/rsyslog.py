"""rsyslog with its settings as they come, in a temporary folder of its own and as whoever runs the bench.

It listens on a free port, and does with every line what one action says.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench.streams.far_side import end
from bench.streams.watching import wait_for

HOW_TO_INSTALL = "apt-get install rsyslog rsyslog-pgsql"
_MODULES = ("/usr/lib/*/rsyslog", "/usr/lib/rsyslog", "/usr/lib64/rsyslog")
_STARTING_S = 10.0


class Rsyslog(msgspec.Struct, frozen=True, kw_only=True):
    """One at work: its process, and the port it listens on."""

    pid: int
    port: int


def program() -> str | None:
    """Return where rsyslog is, if it is there; it need not be on an ordinary user's path."""
    return shutil.which("rsyslogd") or shutil.which("rsyslogd", path="/usr/sbin:/sbin")


def has_module(name: str) -> bool:
    """Say whether a module of rsyslog is installed."""
    root = Path("/")
    return any(True for place in _MODULES for _ in root.glob(f"{place.lstrip('/')}/{name}.so"))


@contextmanager
def running(command: str, folder: Path, action: str, module: str = "imtcp") -> Iterator[Rsyslog]:
    """Run it with one action for every line, and a module that the action needs."""
    folder.mkdir()
    port, settings = folder / "port", folder / "rsyslog.conf"
    settings.write_text(_settings(folder, port, action, module), "utf-8")
    arguments = [command, "-n", "-f", str(settings), "-i", str(folder / "pid")]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(arguments, stdin=quiet, stdout=quiet, stderr=quiet, text=True) as process:
        try:
            wait_for("rsyslog's port", _STARTING_S, lambda: port.exists() and bool(port.read_text("ascii").strip()))
            yield Rsyslog(pid=process.pid, port=int(port.read_text("ascii")))
        finally:
            end(process)
    shutil.rmtree(folder)


def _settings(folder: Path, port: Path, action: str, module: str) -> str:
    modules = dict.fromkeys(("imtcp", module))
    return "\n".join(
        (
            f'global(workDirectory="{folder}")',
            *(f'module(load="{each}")' for each in modules),
            f'ruleset(name="calls") {{ action({action}) }}',
            f'input(type="imtcp" address="127.0.0.1" port="0" listenPortFileName="{port}" ruleset="calls")',
            "",
        ),
    )
