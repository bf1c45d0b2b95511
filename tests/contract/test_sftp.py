"""What is SFTP's own: the pinned key of the server, the key to log in with, and nothing of this machine's own setup."""

from __future__ import annotations

import asyncio
import base64
import re
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import asyncssh
import pytest

from tests.fakes.file_rounds import Desk
from tests.fakes.file_servers import an_sftp_server
from tests.fakes.records import some_lines
from tests.fakes.sites import PATIENCE_S
from tollbook import gate
from tollbook.model.fence import Fence
from tollbook.model.problem import Misconfigured
from tollbook.plugins import read_options
from tollbook.sources.sftp import Options
from tollbook.sources.sftp.connection import connect

LINES = some_lines(3)
OTHER = "SHA256:" + "A" * 43


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "server"
    made.mkdir()
    return made


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.journal.close()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """The port of a server that lets everybody in and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


# ---------------------------------------------------------------- the server's key


def test_another_key_needs_a_person_who_is_told_both_and_nothing_is_sent(root: Path, desk: Desk) -> None:
    with an_sftp_server(root) as peer:
        shown = peer.settings["host-key"]
        desk.rounds("sftp", {**peer.settings, "host-key": OTHER})

        assert peer.faults.asked == []
    said = str(desk.said[-1])
    assert said.startswith("permanent: 127.0.0.1:")
    assert shown in said
    assert f"pinned is {OTHER}" in said


def test_show_tells_the_key_and_sends_nothing_and_what_it_tells_can_be_set(root: Path, desk: Desk) -> None:
    with an_sftp_server(root) as peer:
        desk.rounds("sftp", {**peer.settings, "host-key": "show"})
        assert peer.faults.asked == []
        told = re.search(r"'host-key=(SHA256:\S+)'", str(desk.said[-1]))
        assert told is not None
        assert str(desk.said[-1]).startswith("permanent: ")

        assert desk.rounds("sftp", {**peer.settings, "host-key": told.group(1)}) == ["answers; no file has come yet"]


def test_without_a_pin_nothing_is_asked_and_the_help_says_how_to_get_one() -> None:
    with pytest.raises(Misconfigured) as caught:
        read_options(Options, {"host": "192.0.2.10", "username": "cdr"}, "here")

    (problem,) = caught.value.problems
    assert problem.what == "'host-key' is missing"
    assert problem.help == "--set host-key=show"


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_public_key_is_a_pin_and_its_kind_is_asked_for(number: int, root: Path, desk: Desk) -> None:
    kinds = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa")
    with an_sftp_server(root, kinds=kinds) as peer:
        public = peer.host_keys[number]
        assert desk.rounds("sftp", {**peer.settings, "host-key": public}) == ["answers; no file has come yet"]


BAD_PINS = ["SHA256:short", "MD5:" + "ab:" * 15 + "ab", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-rsa !!", "yes"]


@pytest.mark.parametrize("text", BAD_PINS)
def test_what_is_no_key_cannot_be_a_pin(text: str) -> None:
    with pytest.raises(Misconfigured, match="'host-key' must be SHA256:"):
        read_options(Options, {"host": "192.0.2.10", "username": "cdr", "host-key": text}, "here")


# ---------------------------------------------------------------- who logs in


@pytest.mark.parametrize("passphrase", ["", "opens the file"])
def test_a_private_key_logs_in_and_the_password_opens_its_file(
    passphrase: str,
    root: Path,
    desk: Desk,
    tmp_path: Path,
) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    (tmp_path / "key").write_bytes(key.export_private_key("pkcs8-pem", passphrase or None))
    with an_sftp_server(root, key) as peer:
        peer.put("cdr_1", *LINES)
        settings = {**peer.settings, "key-file": str(tmp_path / "key"), "password": passphrase}
        assert desk.rounds("sftp", settings) == ["1 file taken, 0 known"]


def test_with_a_key_no_password_is_ever_sent(root: Path, desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(asyncssh.generate_private_key("ssh-ed25519").export_private_key())
    with an_sftp_server(root) as peer:
        desk.rounds("sftp", {**peer.settings, "key-file": str(tmp_path / "key")})

        assert "password" not in peer.faults.asked
    assert "refused the key of 'key-file'" in str(desk.said[-1])


BAD_KEYS: dict[str, tuple[bytes | None, str]] = {
    "missing": (None, "no such file or directory"),
    "no key": (b"hello", "it holds no private key"),
    "locked": (
        asyncssh.generate_private_key("ssh-ed25519").export_private_key("pkcs8-pem", "another"),
        "'password' does not open it",
    ),
}


@pytest.mark.parametrize("case", BAD_KEYS)
def test_a_key_file_that_cannot_be_used_is_said(case: str, root: Path, desk: Desk, tmp_path: Path) -> None:
    content, why = BAD_KEYS[case]
    (tmp_path / "key").write_bytes(content or b"")
    with an_sftp_server(root) as peer:
        name = "key" if content else "no-key"
        desk.rounds("sftp", {**peer.settings, "key-file": str(tmp_path / name)})

    assert str(desk.said[-1]).startswith("permanent: ")
    assert why in str(desk.said[-1])


def _locked_by_openssh() -> bytes:
    """A key file as ssh-keygen writes it with a passphrase, around no key at all."""
    parts = [b"aes256-ctr", b"bcrypt", bytes(24), None, bytes(51), bytes(144)]
    packed = b"".join(struct.pack(">I", 1) if part is None else struct.pack(">I", len(part)) + part for part in parts)
    text = base64.encodebytes(b"openssh-key-v1\0" + packed)
    return b"-----BEGIN OPENSSH PRIVATE KEY-----\n" + text + b"-----END OPENSSH PRIVATE KEY-----\n"


def test_a_key_that_ssh_keygen_locked_is_said_with_what_to_do(root: Path, desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(_locked_by_openssh())
    with an_sftp_server(root) as peer:
        desk.rounds("sftp", {**peer.settings, "key-file": str(tmp_path / "key"), "password": "opens-nothing"})

    assert "ssh-keygen -p -m PKCS8" in str(desk.said[-1])


def test_the_home_folder_has_no_say(root: Path, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text("Host *\n  Port 1\n  User somebody-else\n  StrictHostKeyChecking no\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    with an_sftp_server(root) as peer:
        assert desk.rounds("sftp", peer.settings) == ["answers; no file has come yet"]


# ---------------------------------------------------------------- not there


def test_a_silent_server_is_waited_for_no_longer_than_the_time_out(desk: Desk, silent_port: int) -> None:
    settings = {"host": "127.0.0.1", "port": str(silent_port), "username": "cdr", "host-key": OTHER, "timeout": "1s"}
    desk.rounds("sftp", settings)

    assert "does not answer within 1 s" in str(desk.said[-1])


def test_a_refused_connection_may_pass(desk: Desk) -> None:
    desk.rounds("sftp", {"host": "127.0.0.1", "port": "1", "username": "cdr", "host-key": OTHER})

    assert str(desk.said[-1]).startswith("unavailable: cannot connect to 127.0.0.1:1: connection refused")


def test_whoever_gives_up_while_connecting_leaves_no_connection_open(
    silent_port: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = {"host": "127.0.0.1", "port": str(silent_port), "username": "cdr", "host-key": OTHER}
    options, connected = read_options(Options, settings, "here"), gate.connected

    async def given_up_after(rounds: int) -> socket.socket:
        begun: asyncio.Future[socket.socket] = asyncio.get_running_loop().create_future()

        async def noted(fence: Fence, host: str, port: int) -> socket.socket:
            begun.set_result(await connected(fence, host, port))
            return begun.result()

        monkeypatch.setattr(gate, "connected", noted)
        connecting = asyncio.create_task(connect(options, "", Fence()))
        opened = await asyncio.wait_for(begun, PATIENCE_S)
        for _ in range(rounds):
            await asyncio.sleep(0)
        connecting.cancel()
        with suppress(asyncio.CancelledError):
            await connecting
        return opened

    for rounds in range(5):
        assert asyncio.run(given_up_after(rounds)).fileno() == -1, rounds
