"""Whatever one PBX, its network or its share does, the calls of another are stored meanwhile."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.fakes.peers import free_port
from tests.fakes.records import some_lines
from tests.fakes.sites import a_pbx, a_stream, at_work, until
from tollbook.engine.engine import Engine
from tollbook.model.pbx import Pbx

LINES = some_lines(2)
MANY = 40
"""More PBXs than there are threads for what blocks."""
QUICK_S = 5.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "other").mkdir()
    return tmp_path / "other"


@pytest.fixture
def other(folder: Path) -> Pbx:
    return a_pbx("other", path=str(folder), minimum_age="100ms", interval="100ms")


@pytest.fixture
def hanging() -> Iterator[threading.Event]:
    """Give what a hanging thing waits for; it is set at the end."""
    released = threading.Event()
    yield released
    released.set()


def stored(engine: Engine) -> int:
    return int(engine.site.store.rows("SELECT count(*) FROM call WHERE pbx = 'other'")[0][0])


def goes_on(engine: Engine, folder: Path, number: int = 0) -> None:
    """Return once a new record of the other PBX is stored."""
    (folder / f"Master-{number}.csv").write_bytes(LINES[number])
    until(lambda: stored(engine) == number + 1, QUICK_S)


def named(pbx: Pbx, name: str) -> Pbx:
    return msgspec.structs.replace(pbx, name=name)


def hung_up_on(real: Callable[..., Any], is_meant: Callable[[Any], bool], waits: threading.Event) -> Callable[..., Any]:
    """Return a function of the system that hangs for what is meant."""

    def call(what: Any, *rest: Any, **more: Any) -> Any:  # noqa: ANN401 - whatever the function has
        if is_meant(what):
            waits.wait()
        return real(what, *rest, **more)

    return call


@pytest.mark.slow
def test_name_servers_that_do_not_answer(
    other: Pbx,
    folder: Path,
    hanging: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow = hung_up_on(socket.getaddrinfo, lambda host: str(host).endswith(".invalid"), hanging)
    monkeypatch.setattr(socket, "getaddrinfo", slow)
    far = [named(a_stream("tcp_client", host=f"pbx-{each}.invalid"), f"far-{each}") for each in range(MANY)]

    with at_work(folder.parent / "site", other, *far) as engine:
        goes_on(engine, folder)
        hanging.set()


def test_a_share_that_hangs(
    other: Pbx,
    folder: Path,
    hanging: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "scandir", hung_up_on(os.scandir, lambda path: str(path).endswith("/share"), hanging))
    (folder.parent / "share").mkdir()
    far = [a_pbx(f"far-{each}", path=str(folder.parent / "share")) for each in range(MANY)]

    with at_work(folder.parent / "site", other, *far) as engine:
        goes_on(engine, folder)
        hanging.set()


@pytest.mark.parametrize(
    "pbx",
    [
        a_stream("tcp_client", host="127.0.0.1", login="panasonic", password="x"),
        a_pbx(url="http://127.0.0.1/cdr"),
        a_stream("ftp", host="127.0.0.1", username="cdr", tls="off"),
        a_stream("sftp", host="127.0.0.1", username="cdr", host_key="show"),
    ],
    ids=lambda pbx: pbx.source,
)
def test_a_peer_that_takes_connections_and_says_nothing(pbx: Pbx, other: Pbx, folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        at = {"url": f"http://127.0.0.1:{port}/cdr"} if "url" in pbx.settings else {"port": str(port)}
        far = Pbx(**{**msgspec.structs.asdict(pbx), "settings": {**pbx.settings, **at, "timeout": "2s"}})
        with at_work(folder.parent / "site", other, far) as engine:
            connection, _ = silent.accept()
            with closing(connection):
                goes_on(engine, folder)


def test_a_line_without_end(other: Pbx, folder: Path) -> None:
    port, over = free_port(), threading.Event()
    with at_work(folder.parent / "site", other, a_stream("tcp_server", listen=f"127.0.0.1:{port}")) as engine:
        until(lambda: "listening" in engine.health()[1].message)
        with socket.create_connection(("127.0.0.1", port)) as connection:
            sender = threading.Thread(target=_send_without_end, args=(connection, over))
            sender.start()
            goes_on(engine, folder, 0)
            goes_on(engine, folder, 1)
            over.set()
            sender.join()


def _send_without_end(connection: socket.socket, over: threading.Event) -> None:
    while not over.is_set():
        connection.sendall(b"x" * 4096)
        over.wait(0.001)


def test_a_bad_file_of_another_pbx(other: Pbx, folder: Path) -> None:
    bad = folder.parent / "bad"
    bad.mkdir()
    (bad / "Master.csv").symlink_to(folder.parent / "site/journal.sqlite")
    far = a_pbx("far", path=str(bad), minimum_age="100ms", interval="100ms")

    with at_work(folder.parent / "site", other, far) as engine:
        until(lambda: "own files" in engine.health()[1].message)
        goes_on(engine, folder)
