"""A ClickHouse server of a test's own, that can be killed and started again over the same folder."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import msgspec

_PATIENCE_S = 120.0


class ClickHouseServer:
    """The server: `start` and `kill` it as often as you like."""

    def __init__(self, folder: Path, user: str = "", password: str = "") -> None:
        self._folder, self._login = folder, (user, password)
        self._process: subprocess.Popen[str] | None = None
        with socket.create_server(("127.0.0.1", 0)) as found:
            self.port: int = found.getsockname()[1]

    @property
    def settings(self) -> dict[str, str]:
        """How a sink is told of it."""
        user, password = self._login
        login = {"username": user, "password": password} if user else {}
        return {"url": f"clickhouse://127.0.0.1:{self.port}/default", "interval": "0s", **login}

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [sys.executable, "-m", "tests.fakes.clickhouse_process", str(self._folder), str(self.port)]
        self._process = subprocess.Popen([*command, *self._login], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        assert self._process.stdout.readline() == "ready\n"

    def kill(self) -> None:
        """End it in whatever it is doing."""
        process, self._process = self._process, None
        if process:
            process.kill()
            process.communicate()

    def ask(self, question: str) -> list[dict[str, Any]]:
        """Run a statement, and return its rows by the names of their columns."""
        url = f"http://127.0.0.1:{self.port}/"
        auth = self._login if self._login[0] else None
        answer = httpx2.post(url, content=f"{question} FORMAT JSONEachRow", auth=auth, timeout=_PATIENCE_S)
        assert answer.status_code == 200, answer.text
        return [msgspec.json.decode(line) for line in answer.content.splitlines()]

    def do(self, statement: str) -> None:
        """Run a statement that answers nothing."""
        auth = self._login if self._login[0] else None
        answer = httpx2.post(f"http://127.0.0.1:{self.port}/", content=statement, auth=auth, timeout=_PATIENCE_S)
        assert answer.status_code == 200, answer.text

    def table(self, name: str = "calls", where: str = "true") -> list[dict[str, Any]]:
        """Return the rows of a table as they are now, with what its own columns hold."""
        apart = "SETTINGS do_not_merge_across_partitions_select_final = 1"
        return self.ask(f"SELECT * FROM {name} FINAL WHERE {where} {apart}")  # noqa: S608 - a test's own words


@contextmanager
def a_clickhouse(folder: Path, user: str = "", password: str = "") -> Iterator[ClickHouseServer]:
    """Give a server at work."""
    folder.mkdir(exist_ok=True)
    server = ClickHouseServer(folder, user, password)
    try:
        server.start()
        yield server
    finally:
        server.kill()
