"""A NATS server of a test's own, with JetStream on the disk, that can be killed, emptied and put back from a copy."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.fakes.sites import until


class NatsServer:
    """The server: `start` and `kill` it as often as you like."""

    def __init__(self, folder: Path, login: tuple[str, str] | None = None, rights: str = "") -> None:
        self._folder, self._login = folder, login
        self._rights = folder.with_suffix(".conf")
        self._rights.write_text(rights)
        self._process: subprocess.Popen[bytes] | None = None
        with socket.create_server(("127.0.0.1", 0)) as found:
            self.port: int = found.getsockname()[1]

    @property
    def url(self) -> str:
        """Its address."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        """How a sink is told of it."""
        user, password = self._login or ("", "")
        login = {"username": user, "password": password} if user else {}
        return {"url": self.url, "interval": "0s", "timeout": "10s", **login}

    def start(self) -> None:
        """Start it, and wait until it answers."""
        user = ["--user", self._login[0], "--pass", self._login[1]] if self._login else []
        command = ["nats-server", "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", str(self._folder)]
        command += ["-c", str(self._rights), *user]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self._answers)

    def kill(self) -> None:
        """End it in whatever it is doing."""
        process, self._process = self._process, None
        if process:
            process.kill()
            process.wait()

    def empty(self) -> None:
        """Take everything that it kept away; it does not run."""
        shutil.rmtree(self._folder)
        self._folder.mkdir()

    def copy(self, place: Path) -> None:
        """Keep a copy of what it keeps; it does not run."""
        shutil.copytree(self._folder, place, dirs_exist_ok=True)

    def put_back(self, place: Path) -> None:
        """Put back what was copied; it does not run."""
        self.empty()
        shutil.copytree(place, self._folder, dirs_exist_ok=True)

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as connection:
            return connection.recv(4) == b"INFO"
        return False


@contextmanager
def a_nats_server(folder: Path, login: tuple[str, str] | None = None, rights: str = "") -> Iterator[NatsServer]:
    """Give a server at work, with one who may do anything, or with rights as its configuration has them."""
    folder.mkdir(exist_ok=True)
    server = NatsServer(folder, login, rights)
    try:
        server.start()
        yield server
    finally:
        server.kill()
