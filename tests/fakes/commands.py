"""The real command line in processes of its own, over a site in a folder, and a real server beside it.

A process is forked from one that has all modules already, and knows no site: to start takes a fifth of what it
takes from nothing, and a test can afford several. That the program also starts from nothing is tried in
`tests/browser` and `tests/flow/test_command_line_with_server.py`.
"""

from __future__ import annotations

import atexit
import json
import multiprocessing
import os
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from multiprocessing.connection import wait
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from tests.fakes.people import let_in
from tests.fakes.sites import copy_site, until
from tollbook.cli import address
from tollbook.simulator.history import HistoryFile, write_history
from tollbook.simulator.office import Office

PATIENCE_S = 50
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND
_FORKS = multiprocessing.get_context("forkserver")
_ASKING = threading.Lock()
"""Two threads that ask at one moment how a process ended: the second would find nothing to read, and say 255."""
_FORKS.set_forkserver_preload(["tests.fakes.warm", "tests.fakes.commands"])
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
    """A command as it was typed: where, with which environment, and the files that its three streams are."""

    words: list[str]
    folder: str
    streams: tuple[str, str, str]
    environment: dict[str, str]


def _run(typed: _Typed) -> None:
    """Become the command, in a process of its own."""
    os.chdir(typed.folder)
    _forget_no_site()
    os.environ.clear()
    os.environ.update(typed.environment)
    for number, (path, way) in enumerate(zip(typed.streams, (os.O_RDONLY, _APPEND, _APPEND), strict=True)):
        os.dup2(os.open(path, way, 0o600), number)
    sys.stdin = os.fdopen(0, encoding="utf-8")
    sys.argv = typed.words
    from tollbook.cli import main

    main()


def _forget_no_site() -> None:
    from tests.fakes.warm import forget

    forget()


class Program:
    """The command line at work in a process of its own."""

    def __init__(
        self,
        *words: str,
        streams: tuple[Path, Path, Path],
        folder: Path = Path("/"),
        variables: dict[str, str] | None = None,
    ) -> None:
        given, out, err = map(str, streams)
        typed = _Typed(
            words=["tollbook", *words],
            folder=str(folder),
            streams=(given, out, err),
            environment=environment() if variables is None else variables,
        )
        self._words = words
        self._process = _FORKS.Process(target=_run, args=(typed,), daemon=False)
        with _ASKING:
            self._process.start()

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process.pid
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self._exit_code() is not None

    def _exit_code(self) -> int | None:
        with _ASKING:
            return self._process.exitcode

    def kill(self) -> None:
        """End it by SIGKILL, and return once it is gone."""
        with _ASKING:
            self._process.kill()
        wait([self._process.sentinel])
        self._exit_code()

    def terminate(self) -> None:
        """End it by SIGTERM."""
        self._process.terminate()

    def wait(self, patience_s: float = PATIENCE_S) -> int:
        """Return its exit code once it has ended."""
        wait([self._process.sentinel], patience_s)
        code = self._exit_code()
        assert code is not None, f"{self._words} did not end"
        return code


class Commands:
    """Runs commands over one site."""

    def __init__(self, site: Path) -> None:
        self.site = site

    def run(self, *arguments: str, given: bytes = b"", folder: Path | None = None) -> Outcome:
        """Run a command to its end."""
        with TemporaryDirectory() as place:
            given_file, out, err = (Path(place) / name for name in ("in", "out", "err"))
            given_file.write_bytes(given)
            words = ("--site", str(self.site), *arguments)
            program = Program(*words, streams=(given_file, out, err), folder=folder or Path(place))
            return Outcome(program.wait(), out.read_text(), err.read_text())

    def made(self) -> Commands:
        """Make the site, with one PBX whose records come in a folder beside it."""
        first = _first()
        watched = self.site.parent / "watched"
        watched.mkdir()
        copy_site(first, self.site)
        with closing(sqlite3.connect(self.site / "site.sqlite")) as settings, settings:
            settings.execute(
                "UPDATE pbx SET settings = replace(settings, ?, ?)",
                (str(first.parent), str(watched.parent)),
            )
        return self


@cache
def _first() -> Path:
    """Make a site with one PBX, once for all tests of this process: to copy it takes a fiftieth of what it takes."""
    place = TemporaryDirectory(prefix="tollbook-first-")
    atexit.register(place.cleanup)
    folder = Path(place.name)
    password = folder / "password"
    password.write_text(PASSWORD + "\n")
    (folder / "watched").mkdir()
    commands = Commands(folder / "site")
    settings = ("--set", f"path={folder / 'watched'}", "--set", "timezone=America/New_York")
    for words in (
        ("init", "--password-file", str(password)),
        ("pbx", "add", "hts", "--dialect", "panasonic-kx-hts", "--source", "folder", *settings),
    ):
        outcome = commands.run(*words)
        assert outcome.code == 0, outcome.err
    return commands.site


def environment() -> dict[str, str]:
    """Return this process's environment without a site in it."""
    return {name: text for name, text in os.environ.items() if not name.startswith(("TOLLBOOK_SITE", "DJANGO"))}


def master_csv(path: Path, calls: int, seed: int = 1, zone: str = "America/New_York") -> Path:
    """Write a file of so many past calls, no two alike, of a PBX whose clock is set to a zone."""
    office = Office(seed=seed, zone=ZoneInfo(zone))
    write_history(HistoryFile(out=path, until=UNTIL, rows=calls, span=timedelta(days=10), office=office))
    return path


class Server(msgspec.Struct, frozen=True):
    """A server at work."""

    process: Program
    url: str
    token: str


@contextmanager
def serving(site: Path, *arguments: str) -> Iterator[Server]:
    """Run a server over a site; it listens when this is entered."""
    with TemporaryDirectory() as place:
        out = Path(place) / "out"
        words = ("--site", str(site), "serve", "--listen", "127.0.0.1:0", *arguments)
        process = Program(*words, streams=(Path(os.devnull), out, site.with_suffix(".log")))
        try:
            until(lambda: process.ended or (out.exists() and b"API:" in out.read_bytes()), PATIENCE_S)
            there = address.read(site)
            assert there, site.with_suffix(".log").read_text()
            yield Server(process, there.url, there.token)
            process.terminate()
            process.wait()
        finally:
            process.kill()


def add_viewer(site: Path, name: str) -> None:
    """Add somebody who may look and change nothing."""
    process = _FORKS.Process(target=_add_viewer, args=(site, name))
    process.start()
    process.join(PATIENCE_S)
    assert process.exitcode == 0


def _add_viewer(site: Path, name: str) -> None:
    _forget_no_site()
    os.environ |= {"TOLLBOOK_SITE": str(site), "DJANGO_SETTINGS_MODULE": "tollbook.web.settings"}

    let_in(name, password=PASSWORD)
