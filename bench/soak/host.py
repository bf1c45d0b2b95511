"""The server's process over a site of its own: started, killed, ended in order."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx2

from bench.scene import SubjectFailed
from bench.serving import Server
from bench.streams.watching import wait_for
from tests.fakes.commands import PASSWORD, environment
from tests.fakes.peers import free_port
from tests.fakes.sites import allow
from tollbook.cli import address
from tollbook.model.pbx import Pbx
from tollbook.model.sink import Sink

_COMMAND = (sys.executable, "-c", "from tollbook.cli import main; main()", "--site")
_PATIENCE_S = 120


class Host:
    """A site, and the server on it; `server` is the one that runs now, or ran last."""

    def __init__(self, folder: Path) -> None:
        self.site, self.log = folder / "site", folder / "server.log"
        self.server = Server(pid=0, url="", password=PASSWORD, token="")
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def set_up(self, pbxs: list[Pbx], sinks: list[Sink]) -> None:
        """Make the site, start the server, and tell it of its PBXs and sinks."""
        allow(self.site, *pbxs)
        password = self.site.with_suffix(".password")
        password.write_text(PASSWORD)
        self.run("init", "--admin", "bench", "--password-file", str(password))
        self.start()
        with self.server.by_token() as client:
            for sink in sinks:
                told = {"name": sink.name, "kind": sink.kind, "settings": sink.settings}
                _check(client.post("/api/sinks", json=told))
            for pbx in pbxs:
                settings = {**pbx.settings, "timezone": pbx.timezone}
                told = {"name": pbx.name, "dialect": pbx.dialect, "source": pbx.source, "settings": settings}
                _check(client.post("/api/pbxs", json=told))

    def run(self, *words: str) -> None:
        """Run a command over the site."""
        command = [*_COMMAND, str(self.site), *words]
        ended = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
        if ended.returncode:
            message = f"`tollbook {words[0]}` ended with {ended.returncode}: {ended.stderr}"
            raise SubjectFailed(message)

    def start(self) -> None:
        """Start the server, and return once it listens."""
        said = self.log.stat().st_size if self.log.exists() else 0
        command = [*_COMMAND, str(self.site), "serve", "--listen", f"127.0.0.1:{self._port}"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, env=environment(), stdout=log, stderr=log)
        wait_for("a listening server", _PATIENCE_S, lambda: b"API:" in self.log.read_bytes()[said:])
        there = address.read(self.site)
        if there is None:
            raise SubjectFailed("the server has left no address")
        self.server = Server(pid=self._process.pid, url=there.url, password=PASSWORD, token=there.token)

    def kill(self) -> None:
        """End it by SIGKILL."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def end(self) -> int:
        """End it by SIGTERM; return its exit code."""
        if self._process is None:
            return 0
        self._process.terminate()
        return self._process.wait(_PATIENCE_S)


def _check(answer: httpx2.Response) -> None:
    if answer.is_error:
        message = f"{answer.url} was answered {answer.status_code}: {answer.text}"
        raise SubjectFailed(message)
