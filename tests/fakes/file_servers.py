"""Servers that files are fetched from, over real sockets: FTP with and without TLS, and SFTP, each at fault on demand.

The FTP server is one of our own because a test has to cut it off in the middle, and because pyftpdlib speaks TLS only
with a package more; pyftpdlib itself is here too, as a server that nobody of this project wrote.
"""

from __future__ import annotations

import asyncio
import os
import threading
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncssh

from tests.fakes.file_peers import PASSWORD, USER, Peer
from tests.fakes.ftp_server import FtpServer
from tests.fakes.sites import until
from tollbook.simulator.certificates import Certificate


@contextmanager
def an_ftp_server(root: Path, certificate: Certificate | None = None, *, implicit: bool = False) -> Iterator[Peer]:
    """Run an FTP server over a folder."""
    server = FtpServer(root, certificate, implicit=implicit)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server.peer
        if certificate:
            assert all(server.sessions_reused), "a data connection came without the session of its login"
    finally:
        server.stop()
        thread.join(10)


@contextmanager
def a_foreign_ftp_server(root: Path) -> Iterator[Peer]:
    """Run pyftpdlib over a folder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it still imports asyncore and asynchat
        from pyftpdlib.authorizers import DummyAuthorizer  # type: ignore[import-untyped] # it ships no types
        from pyftpdlib.handlers import FTPHandler  # type: ignore[import-untyped] # it ships no types
        from pyftpdlib.servers import ThreadedFTPServer  # type: ignore[import-untyped] # it ships no types

    class Quiet(FTPHandler):  # type: ignore[misc] # pyftpdlib ships no types
        authorizer = DummyAuthorizer()
        banner = "ready"

        def log(self, *_args: Any, **_others: Any) -> None:  # noqa: ANN401 - pyftpdlib calls it so
            """Say nothing."""

        logline = log

    Quiet.authorizer.add_user(USER, PASSWORD, str(root), perm="elradfmwMT")
    server = ThreadedFTPServer(("127.0.0.1", 0), Quiet)
    over = threading.Event()

    def serve() -> None:
        """Serve and close in one thread: a loop whose poller another thread closes fails in the middle of a poll."""
        while not over.is_set():
            server.serve_forever(timeout=0.05, blocking=False, handle_exit=False)
        server.close_all()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    settings = {"host": "127.0.0.1", "port": str(server.address[1]), "username": USER, "password": PASSWORD}
    try:
        yield Peer(root, {**settings, "tls": "off"})
    finally:
        over.set()
        thread.join(10)


# ---------------------------------------------------------------- SFTP


class _SftpFolder(asyncssh.SFTPServer):
    """A folder that misbehaves on demand."""

    def __init__(self, channel: asyncssh.SSHServerChannel[bytes], peer: Peer) -> None:
        super().__init__(channel, chroot=os.fsencode(peer.root))
        self._peer, self._sent = peer, 0

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        self._peer.faults.asked.append("scandir")
        last = None
        async for entry in super().scandir(path):
            last = entry.attrs if entry.filename not in (b".", b"..") else last
            yield entry
        for name in self._peer.faults.names if last else []:
            yield asyncssh.SFTPName(name, attrs=last)

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        self._peer.faults.asked.append(f"open {os.fsdecode(path)}")
        self._peer.faults.changed()
        self._sent = 0
        return super().open(path, pflags, attrs)

    def read(self, file_obj: Any, offset: int, size: int) -> bytes:  # noqa: ANN401 - asyncssh's own file
        self._peer.faults.asked.append(f"read {offset}")
        data: bytes = super().read(file_obj, offset, size)  # type: ignore[assignment] # never awaitable here
        if self._peer.faults.cut(self._sent, len(data)) is not None:
            self.channel.get_connection().abort()
        self._sent += len(data)
        return data

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        self._peer.faults.asked.append(f"rename {os.fsdecode(oldpath)} {os.fsdecode(newpath)}")
        super().rename(oldpath, newpath)

    def remove(self, path: bytes) -> None:
        self._peer.faults.asked.append(f"remove {os.fsdecode(path)}")
        super().remove(path)


class _SftpAccess(asyncssh.SSHServer):
    """Lets in who has the password, or the key where there is one."""

    def __init__(self, peer: Peer, key: asyncssh.SSHKey | None) -> None:
        self._peer, self._key = peer, key

    def begin_auth(self, username: str) -> bool:
        self._peer.faults.asked.append(f"login {username}")
        return True

    def password_auth_supported(self) -> bool:
        return self._key is None

    def validate_password(self, username: str, password: str) -> bool:
        self._peer.faults.asked.append("password")
        return (username, password) == (USER, PASSWORD)

    def public_key_auth_supported(self) -> bool:
        return self._key is not None

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == USER and self._key is not None and key == self._key.convert_to_public()


class SftpServer:
    """An SFTP server on a port of its own, on a loop in a thread."""

    def __init__(
        self,
        root: Path,
        key: asyncssh.SSHKey | None = None,
        kinds: tuple[str, ...] = ("ssh-ed25519",),
    ) -> None:
        self.keys = [asyncssh.generate_private_key(kind) for kind in kinds]
        self.peer = Peer(root, {"host": "127.0.0.1", "username": USER, "password": PASSWORD})
        self.peer.host_keys = [key.export_public_key().decode().strip() for key in self.keys]
        self.peer.settings["host-key"] = self.keys[0].get_fingerprint()
        self._key = key
        self.loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ready = threading.Event()

    def run(self) -> None:
        """Serve until told to stop."""
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        async with await asyncssh.listen(
            "127.0.0.1",
            0,
            config=None,
            server_factory=lambda: _SftpAccess(self.peer, self._key),
            server_host_keys=self.keys,
            sftp_factory=lambda channel: _SftpFolder(channel, self.peer),
        ) as listening:
            self.peer.settings["port"] = str(listening.get_port())
            self._ready.set()
            await self._stop.wait()

    def wait_until_ready(self) -> None:
        """Return once it listens."""
        assert self._ready.wait(20)

    def stop(self) -> None:
        """Stop listening."""
        self.loop.call_soon_threadsafe(self._stop.set)


@contextmanager
def an_sftp_server(
    root: Path,
    key: asyncssh.SSHKey | None = None,
    kinds: tuple[str, ...] = ("ssh-ed25519",),
) -> Iterator[Peer]:
    """Run an SFTP server over a folder; with a key it lets in nobody but who has that."""
    server = SftpServer(root, key, kinds)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    server.wait_until_ready()
    try:
        yield server.peer
    finally:
        server.stop()
        thread.join(10)
        until(lambda: not thread.is_alive())
