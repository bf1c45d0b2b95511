"""An FTP server over real sockets, with and without TLS, that breaks off, stalls and lies on demand."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.fakes.file_peers import PASSWORD, USER, Peer
from tollbook.simulator.certificates import Certificate


class _Goodbye(Exception):
    """The connection is to end."""


class _FtpConnection:
    """One control connection, served by a thread."""

    def __init__(self, server: FtpServer, sock: socket.socket) -> None:
        self.server, self.sock, self.faults = server, sock, server.peer.faults
        self.folder = server.peer.root
        self.user = self.renamed = ""
        self.passive: socket.socket | None = None
        self.private = False
        self.rest = 0
        self.held = b""

    def serve(self) -> None:
        with suppress(OSError, _Goodbye, ssl.SSLError):
            if self.server.implicit:
                self.sock = self.server.secured(self.sock)
            self.say("220 ready")
            while True:
                self.answer(self.line())
        for each in (self.sock, self.passive):
            if each:
                each.close()

    def say(self, text: str) -> None:
        self.sock.sendall(text.encode("utf-8", "surrogateescape") + b"\r\n")

    def line(self) -> str:
        while b"\n" not in self.held:
            data = self.sock.recv(65_536)
            if not data:
                raise _Goodbye
            self.held += data
        line, _, self.held = self.held.partition(b"\n")
        return line.decode("utf-8", "surrogateescape").rstrip("\r")

    def answer(self, line: str) -> None:
        command, _, rest = line.partition(" ")
        self.faults.asked.append(line)
        method: Callable[[str], None] | None = getattr(self, f"on_{command.lower()}", None)
        if method is None:
            self.say("502 not known")
            return
        try:
            method(rest)
        except FileNotFoundError:
            self.say("550 no such file")
        except PermissionError:
            self.say("550 Permission denied.")

    def path(self, name: str) -> Path:
        path = Path(os.path.normpath(self.folder / name.lstrip("/")))
        if not path.is_relative_to(self.server.peer.root):
            raise PermissionError
        return path

    def on_auth(self, _rest: str) -> None:
        if self.server.certificate is None:
            self.say("502 no TLS here")
            return
        self.say("234 begin")
        self.sock = self.server.secured(self.sock)

    def on_pbsz(self, _rest: str) -> None:
        self.say("200 fine")

    def on_prot(self, _rest: str) -> None:
        self.private = True
        self.say("200 fine")

    def on_user(self, rest: str) -> None:
        self.user = rest
        self.say("331 password?")

    def on_pass(self, rest: str) -> None:
        well = (self.user, rest) == (USER, PASSWORD)
        self.say("230 in" if well else f"530 Login incorrect for {self.user} with {rest}")

    def on_type(self, _rest: str) -> None:
        self.say("200 fine")

    def on_cwd(self, rest: str) -> None:
        folder = self.path(rest)
        if not folder.is_dir():
            raise FileNotFoundError
        self.folder = folder
        self.say("250 fine")

    def on_pasv(self, _rest: str) -> None:
        if self.passive:
            self.passive.close()
        self.passive = socket.create_server(("127.0.0.1", 0))
        port = self.passive.getsockname()[1]
        # An address that is not ours, as behind a router; a client goes to the one it knows.
        self.say(f"227 Entering (192,0,2,1,{port // 256},{port % 256})")

    def data(self) -> socket.socket:
        if self.passive is None:
            raise _Goodbye
        self.passive.settimeout(10)
        plain, _ = self.passive.accept()
        self.passive.close()
        self.passive = None
        return self.server.secured(plain, reused=True) if self.private else plain

    def send(self, text: bytes) -> None:
        self.say("150 here it comes")
        with self.data() as data:
            data.sendall(text)
            _part(data)
        self.say("226 done")

    def entries(self) -> list[tuple[bytes, os.stat_result]]:
        there = [(os.fsencode(path.name), path.lstat()) for path in sorted(self.folder.iterdir())]
        return there + [(name, there[0][1]) for name in self.faults.names if there]

    def on_mlsd(self, _rest: str) -> None:
        if not self.faults.knows_facts:
            self.say("502 not known")
            return
        lines = [b"type=cdir;modify=20260105101500; .", b"type=pdir;modify=20260105101500; .."]
        lines += [_facts(status).encode() + b" " + name for name, status in self.entries()]
        self.send(b"".join(line + b"\r\n" for line in lines))

    def on_nlst(self, _rest: str) -> None:
        names = [name for name, _ in self.entries()]
        if not names:
            raise FileNotFoundError
        self.send(b"".join(b"./" + name + b"\r\n" for name in names))

    def on_mlst(self, rest: str) -> None:
        if not self.faults.knows_facts:
            self.say("502 not known")
            return
        self.say(f"250-here\r\n {_facts(self.path(rest).stat())} {rest}\r\n250 End")

    def on_size(self, rest: str) -> None:
        path = self.path(rest)
        if not path.is_file():
            raise FileNotFoundError
        self.say(f"213 {path.stat().st_size}")

    def on_mdtm(self, rest: str) -> None:
        self.say(f"213 {_written(self.path(rest).stat().st_mtime)}")

    def on_rest(self, rest: str) -> None:
        if not self.faults.knows_rest:
            self.say("502 not known")
            return
        self.rest = int(rest)
        self.say("350 go on")

    def on_retr(self, rest: str) -> None:
        path, start, self.rest = self.path(rest), self.rest, 0
        with path.open("rb") as file:
            self.say("150 here it comes")
            self.faults.changed()
            with self.data() as data:
                file.seek(start)
                sent = 0
                while piece := file.read(8192):
                    left = self.faults.cut(sent, len(piece))
                    data.sendall(piece if left is None else piece[:left])
                    sent += len(piece)
                    if left is not None:
                        raise _Goodbye
                _part(data)
        self.say("226 done")

    def on_rnfr(self, rest: str) -> None:
        if not self.path(rest).exists():
            raise FileNotFoundError
        self.renamed = rest
        self.say("350 to?")

    def on_rnto(self, rest: str) -> None:
        self.path(self.renamed).rename(self.path(rest))
        self.say("250 fine")

    def on_dele(self, rest: str) -> None:
        self.path(rest).unlink()
        self.say("250 gone")

    def on_mkd(self, rest: str) -> None:
        with suppress(FileExistsError):
            self.path(rest).mkdir()
        self.say("257 made")

    def on_quit(self, _rest: str) -> None:
        self.say("221 goodbye")
        raise _Goodbye


def _written(moment: float) -> str:
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(moment))


def _facts(status: os.stat_result) -> str:
    kind = "dir" if status.st_mode & 0o040000 else "file"
    return f"Type={kind};Size={status.st_size};Modify={_written(status.st_mtime)};"


def _part(data: socket.socket) -> None:
    if isinstance(data, ssl.SSLSocket):
        with suppress(OSError, ssl.SSLError):
            data.settimeout(5)
            data.unwrap()


class FtpServer:
    """An FTP server on a port of its own; with a certificate it speaks TLS, and insists on the session of the login."""

    def __init__(self, root: Path, certificate: Certificate | None = None, *, implicit: bool = False) -> None:
        self.certificate, self.implicit = certificate, implicit
        self.context = certificate.context() if certificate else None
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.sessions_reused: list[bool] = []
        self.peer = Peer(root, {"host": "127.0.0.1", "port": str(self.listening.getsockname()[1]), "username": USER})
        self.peer.settings |= {"password": PASSWORD, "tls": "implicit" if implicit else "explicit"}
        self.peer.settings |= {"ca-file": str(certificate.authority)} if certificate else {"tls": "off"}
        self.open: list[socket.socket] = []
        self.threads: list[threading.Thread] = []

    def secured(self, sock: socket.socket, *, reused: bool = False) -> socket.socket:
        """Return a socket under TLS."""
        if self.context is None:
            raise _Goodbye
        secured = self.context.wrap_socket(sock, server_side=True)
        self.open.append(secured)
        if reused:
            self.sessions_reused.append(bool(secured.session_reused))
        return secured

    def run(self) -> None:
        """Serve until the listening socket is closed."""
        while True:
            try:
                sock, _ = self.listening.accept()
            except OSError:
                return
            self.open.append(sock)
            self.threads.append(threading.Thread(target=_FtpConnection(self, sock).serve, daemon=True))
            self.threads[-1].start()

    def stop(self) -> None:
        """Close every connection."""
        for each in (self.listening, *self.open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self.threads:
            thread.join(10)
