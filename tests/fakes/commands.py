"""The real command line in processes of its own, over a site in a folder, and a real server beside it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from tollbook.cli import address
from tollbook.simulator.command import History, write_history
from tollbook.simulator.history import Office

PATIENCE_S = 50
UNTIL = datetime(2026, 1, 31, 18, tzinfo=UTC)
PASSWORD = "a long enough word"


class Outcome(msgspec.Struct, frozen=True):
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    def json(self) -> Any:  # noqa: ANN401 - whatever the command printed
        """Return what was printed as JSON."""
        return json.loads(self.out)


class Commands:
    """Runs commands over one site."""

    def __init__(self, site: Path) -> None:
        self.site = site

    def run(self, *arguments: str, given: bytes = b"", folder: Path | None = None) -> Outcome:
        """Run a command to its end."""
        ended = subprocess.run(
            [sys.executable, "-c", "from tollbook.cli import main; main()", "--site", str(self.site), *arguments],
            check=False,
            capture_output=True,
            input=given,
            timeout=PATIENCE_S,
            env=environment(),
            cwd=folder,
        )
        return Outcome(ended.returncode, ended.stdout.decode(), ended.stderr.decode())

    def made(self, *, pbx: str = "hts") -> Commands:
        """Make the site, with one PBX whose records come in a folder."""
        password = self.site.parent / "password"
        password.write_text(PASSWORD + "\n")
        watched = self.site.parent / "watched"
        watched.mkdir()
        assert self.run("init", "--password-file", str(password)).code == 0
        settings = ("--set", f"path={watched}", "--set", "timezone=America/New_York")
        added = self.run("pbx", "add", pbx, "--dialect", "panasonic-kx-hts", "--source", "folder", *settings)
        assert added.code == 0, added.err
        return self


def environment() -> dict[str, str]:
    """Return this process's environment without a site in it."""
    return {name: text for name, text in os.environ.items() if not name.startswith(("TOLLBOOK_SITE", "DJANGO"))}


def master_csv(path: Path, calls: int, seed: int = 1) -> Path:
    """Write a file of so many past calls, no two alike."""
    write_history(History(out=path, until=UNTIL, rows=calls, span=timedelta(days=10), office=Office(seed=seed)))
    return path


class Server(msgspec.Struct, frozen=True):
    """A server at work."""

    process: subprocess.Popen[bytes]
    url: str
    token: str


@contextmanager
def serving(site: Path, *arguments: str) -> Iterator[Server]:
    """Run a server over a site; it listens when this is entered."""
    command = [sys.executable, "-c", "from tollbook.cli import main; main()", "--site", str(site), "serve"]
    listen = ("--listen", "127.0.0.1:0")
    with subprocess.Popen([*command, *listen, *arguments], stdout=subprocess.PIPE, env=environment()) as process:
        assert process.stdout
        try:
            for line in process.stdout:
                if b"API:" in line:
                    break
            there = address.read(site)
            assert there
            yield Server(process, there.url, there.token)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=PATIENCE_S)
