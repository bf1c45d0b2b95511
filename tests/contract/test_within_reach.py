"""No source goes where the fence does not let it: what its settings name is looked at when it is used."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import aclosing
from ipaddress import ip_network
from pathlib import Path

import pytest

from tollbook.model.body import Body
from tollbook.model.fence import Fence, Reach
from tollbook.model.problem import Unavailable
from tollbook.plugins import declared, read_options
from tollbook.sources import known
from tollbook.sources.contract import Surroundings

ELSEWHERE = (ip_network("192.0.2.0/24"),)
KEY = "SHA256:" + "A" * 43
NAMES_NOTHING = {
    ("ftp", "path"): "a folder of the server",
    ("ftp", "move-to"): "a folder of the server",
    ("sftp", "path"): "a folder of the server",
    ("sftp", "move-to"): "a folder of the server",
    ("sftp", "host-key"): "the key itself",
    ("http_push", "path"): "a part of a URL",
    ("http_push", "listen"): "an address of this machine",
    ("syslog", "listen"): "an address of this machine",
    ("tcp_server", "listen"): "an address of this machine",
    ("udp", "listen"): "an address of this machine",
}
"""Options that sound as if they named something of the machine or the network, and do not."""
SOUNDS = (
    "path",
    "file",
    "folder",
    "directory",
    "host",
    "url",
    "certificate",
    "key",
    "device",
    "command",
    "-to",
    "listen",
)
HOSTED = {"provider": "ringcentral", "client-id": "a"}
CONNECTING = [
    ("http_poll", {"url": "http://localhost:{port}/cdr"}),
    ("rest_poll", {**HOSTED, "url": "http://localhost:{port}", "client-secret": "b", "credential": "c"}),
    ("tcp_client", {"host": "localhost", "port": "{port}"}),
    ("serial", {"device": "tcp://localhost:{port}"}),
    ("ftp", {"host": "localhost", "port": "{port}", "username": "cdr", "tls": "off"}),
    ("ftp", {"host": "localhost", "port": "{port}", "username": "cdr", "tls": "implicit"}),
    ("sftp", {"host": "localhost", "port": "{port}", "username": "cdr", "host-key": KEY}),
]
WITH_A_PASSWORD_FILE = [
    ("http_poll", {"url": "http://127.0.0.1:1/cdr", "auth": "basic"}),
    ("http_push", {"listen": "127.0.0.1:0", "auth": "token"}),
    ("tcp_client", {"host": "127.0.0.1", "login": "panasonic"}),
    ("ftp", {"host": "127.0.0.1", "username": "cdr"}),
    ("sftp", {"host": "127.0.0.1", "username": "cdr", "host-key": KEY}),
]


class Nothing:
    """A past in which nothing was ever taken."""

    async def latest(self, _origin: str) -> Body | None:
        return None

    async def read(self, _body: int, _start: int) -> bytes:
        return b""

    async def mark(self, _origin: str) -> str:
        return ""

    async def stored(self) -> None:
        return


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server


def fault_of(kind: str, settings: dict[str, str], fence: Fence) -> str:
    """Run a source until it fails, and return why."""
    options = read_options(known.options_of(kind), settings, "here")

    async def run() -> None:
        around = Surroundings("hts", Nothing(), asyncio.sleep, fence=fence)
        async with aclosing(known.arrivals_of(kind)(options, around)) as events:
            async for _ in events:
                pass

    with pytest.raises(Unavailable) as caught:
        asyncio.run(asyncio.wait_for(run(), 10))
    assert caught.value.permanent
    return str(caught.value)


@pytest.mark.parametrize("kind", known.kinds())
def test_every_option_that_names_something_of_the_machine_or_the_network_says_so(kind: str) -> None:
    unmarked = [
        each.name
        for each in declared(known.options_of(kind))
        if each.setting.reach is None
        and not each.setting.kind.choices
        and each.name.endswith(SOUNDS)
        and (kind, each.name) not in NAMES_NOTHING
    ]

    assert unmarked == []


@pytest.mark.parametrize(("kind", "settings"), CONNECTING, ids=lambda case: case if isinstance(case, str) else "")
def test_a_name_that_leads_out_of_reach_is_not_connected_to(
    kind: str,
    settings: dict[str, str],
    listening: socket.socket,
) -> None:
    port = str(listening.getsockname()[1])
    given = {name: text.replace("{port}", port) for name, text in settings.items()}

    assert "is outside the networks of [allow]" in fault_of(kind, given, Fence(networks=ELSEWHERE))
    with pytest.raises(BlockingIOError):
        listening.accept()


@pytest.mark.parametrize(
    ("kind", "settings"),
    WITH_A_PASSWORD_FILE,
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_no_secret_of_the_site_is_taken_for_a_password(kind: str, settings: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "api-token").write_text("secret")
    (tmp_path / "link").symlink_to(tmp_path / "api-token")
    fence = Fence(site=str(tmp_path))

    assert "one of Tollbook's own files" in fault_of(kind, {**settings, "password-file": str(tmp_path / "link")}, fence)


def test_every_source_that_has_a_password_file_is_among_those() -> None:
    has = {kind for kind in known.kinds() for each in declared(known.options_of(kind)) if each.name == "password-file"}

    assert has == {kind for kind, _ in WITH_A_PASSWORD_FILE}


def test_every_source_that_connects_is_among_those() -> None:
    connects = {
        kind
        for kind in known.kinds()
        for each in declared(known.options_of(kind))
        if each.setting.reach in (Reach.CONNECT, Reach.DEVICE)
    }

    assert connects == {kind for kind, _ in CONNECTING}


def test_a_device_that_is_no_serial_port_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "ttyUSB0").symlink_to("/dev/watchdog")

    assert "is not named as serial ports are" in fault_of("serial", {"device": str(tmp_path / "ttyUSB0")}, Fence())


def test_a_private_key_is_not_read_from_the_site(tmp_path: Path) -> None:
    settings = {"host": "127.0.0.1", "username": "cdr", "host-key": KEY, "key-file": str(tmp_path / "secret-key")}

    assert "one of Tollbook's own files" in fault_of("sftp", settings, Fence(site=str(tmp_path)))
