"""The real command line in processes of its own, over a site in a folder, and a real server beside it.

A command's process is forked from one that has the heavy modules already, and knows no site: a command takes a tenth
of a second in place of one or two, and a test can afford several.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from tollbook.cli import address
from tollbook.simulator.history import HistoryFile, write_history
from tollbook.simulator.office import Office

PATIENCE_S = 50
_WRITE = os.O_WRONLY | os.O_CREAT
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        "django.core.handlers.wsgi",
        "django.core.management.commands.migrate",
        "django.db.models",
        "pydantic",
        "rich.table",
        "tollbook.cli.client",
        "tollbook.dialects.known",
        "tollbook.engine.engine",
        "tollbook.simulator.history",
        "uvicorn",
    ],
)
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


class _Typed(msgspec.Struct, frozen=True, kw_only=True):
    """A command as it was typed: where, with which environment, and where its streams are files."""

    words: list[str]
    folder: str
    place: str
    environment: dict[str, str]


def _run(typed: _Typed) -> None:
    """Become the command, in a process of its own."""
    os.chdir(typed.folder)
    os.environ.clear()
    os.environ.update(typed.environment)
    for number, name, way in ((0, "in", os.O_RDONLY), (1, "out", _WRITE), (2, "err", _WRITE)):
        os.dup2(os.open(f"{typed.place}/{name}", way, 0o600), number)
    sys.stdin = os.fdopen(0, encoding="utf-8")
    sys.argv = typed.words
    from tollbook.cli import main

    main()


class Commands:
    """Runs commands over one site."""

    def __init__(self, site: Path) -> None:
        self.site = site

    def run(self, *arguments: str, given: bytes = b"", folder: Path | None = None) -> Outcome:
        """Run a command to its end."""
        with TemporaryDirectory() as place:
            typed = _Typed(
                words=["tollbook", "--site", str(self.site), *arguments],
                folder=str(folder or place),
                place=place,
                environment=environment(),
            )
            (Path(place) / "in").write_bytes(given)
            process = _FORKS.Process(target=_run, args=(typed,))
            process.start()
            process.join(PATIENCE_S)
            assert process.exitcode is not None, f"{arguments} did not end"
            out, err = ((Path(place) / name).read_text() for name in ("out", "err"))
            return Outcome(process.exitcode, out, err)

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
    write_history(HistoryFile(out=path, until=UNTIL, rows=calls, span=timedelta(days=10), office=Office(seed=seed)))
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


def add_viewer(site: Path, name: str) -> None:
    """Add somebody who may look and change nothing."""
    process = _FORKS.Process(target=_add_viewer, args=(site, name))
    process.start()
    process.join(PATIENCE_S)
    assert process.exitcode == 0


def _add_viewer(site: Path, name: str) -> None:
    os.environ |= {"TOLLBOOK_SITE": str(site), "DJANGO_SETTINGS_MODULE": "tollbook.web.settings"}
    import django

    django.setup()
    from django.contrib.auth.models import User

    User.objects.create_user(name, password=PASSWORD)
