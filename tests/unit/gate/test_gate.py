"""What is used is looked at as it is used: links are followed, names are looked up, and what is there is asked for."""

import asyncio
import os
import select
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing
from ipaddress import ip_network
from pathlib import Path

import pytest

from tollbook import gate
from tollbook.model.fence import Fence, Reach
from tollbook.model.limits import SMALL_FILE


@pytest.fixture
def fence(tmp_path: Path) -> Fence:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/api-token").write_text("secret")
    (tmp_path / "pbx").mkdir()
    return Fence(site=str(tmp_path / "site"))


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_a_link_is_followed_before_it_is_asked_for(fence: Fence, tmp_path: Path) -> None:
    (tmp_path / "pbx/calls.csv").symlink_to(tmp_path / "site/api-token")

    with pytest.raises(gate.OutOfReach, match="one of Tollbook's own files"):
        gate.open_file(fence, tmp_path / "pbx/calls.csv")


def test_a_link_above_a_file_is_followed_too(fence: Fence, tmp_path: Path) -> None:
    (tmp_path / "other").symlink_to(tmp_path / "site")

    with pytest.raises(gate.OutOfReach):
        gate.open_file(fence, tmp_path / "other/api-token")


def test_a_link_put_there_after_the_first_look_is_noticed(
    fence: Fence,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "pbx/calls.csv").write_text("calls")
    opened = os.open

    def swapped(path: Path, flags: int) -> int:
        path.unlink()
        path.symlink_to(tmp_path / "site/api-token")
        return opened(path, flags)

    monkeypatch.setattr(os, "open", swapped)

    with pytest.raises(gate.OutOfReach):
        gate.open_file(fence, tmp_path / "pbx/calls.csv")


@pytest.mark.parametrize("waits", [True, False])
def test_a_connection_broken_off_as_it_is_made_is_closed(
    fence: Fence,
    listening: socket.socket,
    monkeypatch: pytest.MonkeyPatch,
    *,
    waits: bool,
) -> None:
    looked_at, asked, port = [], gate._not_ours, listening.getsockname()[1]  # noqa: SLF001 - what comes between the two

    def after_a_reset(connection: socket.socket) -> socket.socket:
        there, _ = listening.accept()
        there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        there.close()
        select.select([connection], [], [], 10)
        looked_at.append(connection)
        return asked(connection)

    monkeypatch.setattr(gate, "_not_ours", after_a_reset)

    def connect() -> socket.socket:
        if waits:
            return gate.connected_now(fence, "127.0.0.1", port, 10)
        return asyncio.run(gate.connected(fence, "127.0.0.1", port))

    with pytest.raises(OSError, match="not connected"):
        connect()
    assert [each.fileno() for each in looked_at] == [-1]


def test_what_is_within_reach_is_opened(fence: Fence, tmp_path: Path) -> None:
    (tmp_path / "pbx/calls.csv").write_text("calls")

    with gate.open_file(fence, tmp_path / "pbx/calls.csv") as file:
        assert file.read() == b"calls"


def test_a_pipe_that_nobody_writes_to_holds_nobody_up(fence: Fence, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pbx/calls.csv")

    with pytest.raises(OSError, match="it is no file"):
        gate.open_file(fence, tmp_path / "pbx/calls.csv")


@pytest.mark.parametrize("files", [("site.sqlite",), ("journal.sqlite", "tollbook.toml")])
def test_another_site_is_out_of_reach_too(fence: Fence, tmp_path: Path, files: tuple[str, ...]) -> None:
    """Of one whose settings are in PostgreSQL there is no file of them."""
    (tmp_path / "other-site").mkdir()
    for name in files:
        (tmp_path / "other-site" / name).touch()
    (tmp_path / "other-site/api-token").write_text("secret")

    with pytest.raises(gate.OutOfReach, match=r"belongs to the site in .*/other-site"):
        gate.open_file(fence, tmp_path / "other-site/api-token")


def test_a_small_file_is_read_up_to_its_limit_and_no_further(fence: Fence, tmp_path: Path) -> None:
    (tmp_path / "pbx/password").write_text("x" * SMALL_FILE)
    (tmp_path / "pbx/too-large").write_text("x" * (SMALL_FILE + 1))

    assert len(gate.read_text(fence, tmp_path / "pbx/password")) == SMALL_FILE
    with pytest.raises(OSError, match="more than 64 KB"):
        gate.read_text(fence, tmp_path / "pbx/too-large")


def test_a_program_is_run_by_the_path_that_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "read-pbx"
    program.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    fence = Fence(programs=(str(program),))

    assert gate.program(fence, "read-pbx") == gate.program(fence, "./read-pbx", str(tmp_path)) == str(program)
    with pytest.raises(gate.OutOfReach):
        gate.program(fence, f"{program}/../sh")


@pytest.mark.parametrize("written", ["169.254.169.254", "0xA9FEA9FE", "2852039166", "http://[::ffff:a9fe:a9fe]/latest"])
def test_an_address_is_known_in_whichever_form_it_is_written(written: str) -> None:
    assert gate.barred(Fence(), Reach.CONNECT, written)


def test_a_name_is_looked_at_when_it_is_used(listening: socket.socket) -> None:
    port, fence = listening.getsockname()[1], Fence(networks=(ip_network("192.0.2.0/24"),))

    assert gate.barred(fence, Reach.CONNECT, "localhost") is None
    with pytest.raises(gate.OutOfReach, match="outside the networks"):
        gate.connected_now(fence, "localhost", port, 5)
    with pytest.raises(gate.OutOfReach, match="outside the networks"):
        asyncio.run(gate.connected(fence, "localhost", port))


def test_what_is_within_reach_is_connected_to(listening: socket.socket) -> None:
    port = listening.getsockname()[1]

    with closing(gate.connected_now(Fence(), "127.0.0.1", port, 5)) as connection:
        assert connection.getpeername() == ("127.0.0.1", port)
    with closing(asyncio.run(gate.connected(Fence(), "127.0.0.1", port))) as connection:
        assert connection.getpeername() == ("127.0.0.1", port)


def test_a_fault_of_the_network_is_the_systems_own(listening: socket.socket) -> None:
    port = listening.getsockname()[1]
    listening.close()

    with pytest.raises(ConnectionRefusedError):
        gate.connected_now(Fence(), "127.0.0.1", port, 5)
    with pytest.raises(ConnectionRefusedError):
        asyncio.run(gate.connected(Fence(), "127.0.0.1", port))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_pages_of_this_process_are_not_asked(
    listening: socket.socket,
    host: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = listening.getsockname()[1]
    monkeypatch.setattr(gate, "_own_ports", set())
    gate.note_own_port(port)

    with pytest.raises(gate.OutOfReach, match="serves Tollbook's own pages"):
        gate.connected_now(Fence(), host, port, 5)
    assert gate.barred(Fence(), Reach.CONNECT, f"http://127.0.0.1:{port}/api/calls")


def test_who_hangs_holds_nobody_else_up() -> None:
    waiting = threading.Event()

    async def both() -> str:
        hanging = [asyncio.create_task(gate.aside(waiting.wait)) for _ in range(100)]
        try:
            return await asyncio.to_thread(lambda: "written")
        finally:
            waiting.set()
            await asyncio.gather(*hanging)

    assert asyncio.run(both()) == "written"
