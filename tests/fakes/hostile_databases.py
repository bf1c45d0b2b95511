"""Database servers that are not what they seem: they ask for files, never answer, answer for ever, or have no TLS."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_HOST = "127.0.0.1"
_SSL_REQUEST = 32
_OK = b"\x00\x00\x00\x02\x00\x00\x00"
_EOF = b"\xfe\x00\x00\x02\x00"
_WITH_TLS, _WITHOUT_TLS = 0xF7FF | 0x0800, 0xF7FF & ~0x0800


class MySqlPeer:
    """One connection of a driver of MySQL; what the driver sends is kept in `server.heard`."""

    def __init__(self, server: HostileServer, connection: socket.socket) -> None:
        self.server, self.connection = server, connection
        self._sequence = 0

    def greet(self) -> None:
        """Go through the handshake, over TLS where the server has a certificate, and let anybody in."""
        tls = self.server.tls
        flags = _WITH_TLS if tls else _WITHOUT_TLS
        greeting = b"\x0a" + b"10.11.0-MariaDB\0" + struct.pack("<I", 7) + b"12345678" + b"\0"
        greeting += struct.pack("<HBHH", flags, 45, 2, 0x000F) + bytes([21]) + bytes(10)
        self.send(greeting + b"123456789012\0" + b"mysql_native_password\0")
        answer = self.hear()
        if tls and len(answer) == _SSL_REQUEST:
            self.connection = tls.wrap_socket(self.connection, server_side=True)
            self.hear()
        self.send(_OK)

    def send(self, payload: bytes) -> None:
        head = struct.pack("<I", len(payload))[:3] + bytes([self._sequence % 256])
        self._sequence += 1
        self.connection.sendall(head + payload)

    def hear(self) -> bytes:
        head = self._exactly(4)
        self._sequence = head[3] + 1
        payload = self._exactly(int.from_bytes(head[:3], "little"))
        self.server.heard += payload
        return payload

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self.connection.recv(size - len(data))
            if not more:
                raise EOFError
            data += more
        return data


class HostileServer:
    """A server on a port of its own, whose every connection is treated in one way."""

    def __init__(self, treat: Callable[[HostileServer, socket.socket], None], tls: ssl.SSLContext | None) -> None:
        self.heard = b""
        self.connections = 0
        self.asked = threading.Event()
        self.over = threading.Event()
        self.tls = tls
        self._treat = treat
        self._listener = socket.create_server((_HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.over.set()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        self.asked.set()
        with suppress(OSError, EOFError), connection:
            self._treat(self, connection)


@contextmanager
def a_server(
    treat: Callable[[HostileServer, socket.socket], None],
    tls: ssl.SSLContext | None = None,
) -> Iterator[HostileServer]:
    """Run a server that lasts as long as the block."""
    server = HostileServer(treat, tls)
    try:
        yield server
    finally:
        server.close()


def asking_for(path: Path) -> Callable[[HostileServer, socket.socket], None]:
    """Answer every statement by asking for a file, as LOAD DATA LOCAL does."""

    def treat(server: HostileServer, connection: socket.socket) -> None:
        peer = MySqlPeer(server, connection)
        peer.greet()
        while True:
            peer.hear()
            peer.send(b"\xfb" + str(path).encode())

    return treat


def answering_for_ever(server: HostileServer, connection: socket.socket) -> None:
    """Answer a statement with rows that do not end."""
    peer = MySqlPeer(server, connection)
    peer.greet()
    peer.hear()
    peer.send(_OK)
    peer.hear()
    column = b"\x03def\x00\x00\x00\x01c\x00\x0c\x2d\x00\x00\x00\x00\x00\xfd\x00\x00\x00\x00\x00"
    for packet in (b"\x01", column, _EOF):
        peer.send(packet)
    row = b"\xfd" + struct.pack("<I", 60_000)[:3] + b"x" * 60_000
    while not server.over.is_set():
        peer.send(row)


def letting_anybody_in(server: HostileServer, connection: socket.socket) -> None:
    """Take a login, and answer no statement."""
    peer = MySqlPeer(server, connection)
    peer.greet()
    with peer.connection:
        peer.hear()
        server.over.wait()


def silent(server: HostileServer, connection: socket.socket) -> None:
    """Take everything and say nothing."""
    while data := connection.recv(1 << 16):
        server.heard += data


def dripping(server: HostileServer, connection: socket.socket) -> None:
    """Answer one byte after another, each well before anybody's patience ends."""
    for byte in b"\xff\xff\x00\x00\x0a" + b"1" * 60_000:
        connection.sendall(bytes([byte]))
        if server.over.wait(0.05):
            return


def postgres_without_tls(server: HostileServer, connection: socket.socket) -> None:
    """Refuse TLS as PostgreSQL does, and hear what comes all the same."""
    connection.recv(8)
    connection.sendall(b"N")
    silent(server, connection)


def tls_before(port: int) -> Callable[[HostileServer, socket.socket], None]:
    """Speak TLS as PostgreSQL does, before a server that has none."""

    def treat(server: HostileServer, connection: socket.socket) -> None:
        connection.recv(8)
        connection.sendall(b"S" if server.tls else b"N")
        near = server.tls.wrap_socket(connection, server_side=True) if server.tls else connection
        with near, socket.create_connection((_HOST, port)) as far:
            back = threading.Thread(target=_pass, args=(far, near), daemon=True)
            back.start()
            while data := near.recv(1 << 16):
                server.heard += data
                far.sendall(data)
            far.shutdown(socket.SHUT_RDWR)
            back.join()

    return treat


def _pass(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
