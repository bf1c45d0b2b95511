"""A real server over a site: started by the real command, signed in to by its form."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import msgspec

from bench.scene import PBX, ZONE, SubjectFailed
from tollbook.cli import address

_COMMAND = (sys.executable, "-c", "from tollbook.cli import main; main()", "--site")
_PATIENCE_S = 60
_NAME = "bench"
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class ServerFailed(SubjectFailed):
    """The server did not do what is measured; the text says what it did instead."""


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """A server at work."""

    pid: int
    url: str
    password: str
    token: str

    @contextmanager
    def signed_in(self) -> Iterator[httpx2.Client]:
        """Give a client that has signed in as a person does."""
        with httpx2.Client(base_url=self.url, timeout=_PATIENCE_S) as client:
            token = _TOKEN.search(client.get("/sign-in/").text)
            if token is None:
                raise ServerFailed("its sign-in page has no form")
            form = {"csrfmiddlewaretoken": token[1], "username": _NAME, "password": self.password}
            answer = client.post("/sign-in/", data=form)
            if answer.status_code != httpx2.codes.FOUND:
                message = f"signing in was answered {answer.status_code}"
                raise ServerFailed(message)
            yield client

    @contextmanager
    def by_token(self) -> Iterator[httpx2.Client]:
        """Give a client of the REST API, allowed in as the command line is."""
        headers = {"Authorization": f"Bearer {self.token}"}
        with httpx2.Client(base_url=self.url, timeout=_PATIENCE_S, trust_env=False, headers=headers) as client:
            yield client


@contextmanager
def serving(site: Path, settings: dict[str, str], calls: Path) -> Iterator[Server]:
    """Run a server that asks a PBX set up so; the site is made ready first, and a file of calls put into it."""
    password = new_site(site)
    pairs = [word for name, text in {**settings, "timezone": ZONE}.items() for word in ("--set", f"{name}={text}")]
    run_command(site, "pbx", "add", PBX, "--dialect", "panasonic-kx-hts", "--source", "http_poll", *pairs)
    run_command(site, "import", str(calls), "--pbx", PBX)
    with running(site, password) as server:
        yield server


def new_site(site: Path) -> str:
    """Make a site, and return the password of its administrator."""
    password = secrets.token_urlsafe(12)
    held = site.parent / f"{site.name}.password"
    held.write_text(password, "utf-8")
    run_command(site, "init", "--admin", _NAME, "--password-file", str(held))
    held.unlink()
    return password


@contextmanager
def running(site: Path, password: str) -> Iterator[Server]:
    """Run the server of a site that has been made."""
    command = [*_COMMAND, str(site), "serve", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            there = _listening(process, site)
            yield Server(pid=process.pid, url=there.url, password=password, token=there.token)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_PATIENCE_S)


def _listening(process: subprocess.Popen[bytes], site: Path) -> address.ServerAddress:
    for line in process.stdout or ():
        if b"API:" in line:
            break
    there = address.read(site)
    if there is None:
        raise ServerFailed("it ended before it listened")
    return there


def run_command(site: Path, *arguments: str) -> None:
    """Give a command of Tollbook's over a site; raises `ServerFailed`."""
    ended = subprocess.run(
        [*_COMMAND, str(site), *arguments],
        env=_environment(),
        check=False,
        capture_output=True,
        text=True,
    )
    if ended.returncode:
        message = f"`{' '.join(arguments[:2])}` ended with {ended.returncode}: {ended.stderr.strip()}"
        raise ServerFailed(message)


def _environment() -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if not name.startswith(("TOLLBOOK_", "DJANGO_"))}
