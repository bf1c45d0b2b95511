"""A real peer for every kind of source: it sends records, breaks off in the middle of one, and sends on.

Each is what stands at the other end of the wire: a socket, a pseudo-terminal, a server, a program. What can send its
buffer again after a break does, as PBXs do.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec

from tests.fakes.file_servers import an_ftp_server, an_sftp_server
from tests.fakes.hosted import HostedProvider, a_provider, call, settings_for
from tests.fakes.sites import ZONE
from tollbook.model.pbx import Pbx
from tollbook.simulator.faults import BreakOff, FaultKind, PbxFault
from tollbook.simulator.running import RunningPbx, RunningStream, Switchroom
from tollbook.simulator.streams import (
    FORMS,
    RESEND_ALL,
    Envelope,
    Over,
    Pty,
    Pusher,
    StreamSetup,
    Target,
    TcpDialler,
    TcpListener,
    UdpSender,
    bearer,
    syslog_form,
)

TOKEN = "opens-the-door-in-tests"
_LONG_AGO = 1_704_722_400


class Peer(ABC):
    """The other end. `keeps` says that what is not taken yet is not lost when nobody is there to take it."""

    keeps = True

    def __init__(self, kind: str, settings: dict[str, str]) -> None:
        self.kind, self.settings = kind, settings

    def pbx(self) -> Pbx:
        """Return the PBX as its owner sets it up."""
        return Pbx(
            name=self.kind.replace("_", "-"),
            dialect="panasonic-kx-hts",
            source=self.kind,
            timezone=ZONE,
            settings=self.settings,
        )

    @abstractmethod
    def send(self, records: list[bytes]) -> None:
        """Have records sent, without their line ends."""

    def as_taken(self, record: bytes) -> bytes:
        """Return what stands in the journal of a record that was sent."""
        return record

    def break_off(self) -> None:  # noqa: B027 - some have nothing that could break
        """Break the line in the middle of the next record, which comes again whole."""


class Streaming(Peer):
    """A simulated PBX that sends by itself."""

    def __init__(self, kind: str, settings: dict[str, str], running: RunningStream[Any], *, keeps: bool = True) -> None:
        super().__init__(kind, settings)
        self.running, self.keeps = running, keeps

    def send(self, records: list[bytes]) -> None:
        self.running.send(records)

    def break_off(self) -> None:
        if self.kind not in ("udp", "serial", "http_push"):
            self.running.misbehave(PbxFault(kind=FaultKind.CUT, after_bytes=40, ending=BreakOff.RESET))


class Asked(Peer):
    """A simulated KX-HTS that is asked."""

    def __init__(self, running: RunningPbx) -> None:
        super().__init__("http_poll", {"url": running.url, "auth": "none", "interval": "1s"})
        self.running = running

    def send(self, records: list[bytes]) -> None:
        self.running.add([record + b"\n" for record in records])


class Writing(Peer):
    """A file that grows: in a folder, on a server, or printed by a program."""

    def __init__(self, kind: str, settings: dict[str, str], path: Path) -> None:
        super().__init__(kind, settings)
        self._path = path
        self._age = 0
        path.touch()

    def send(self, records: list[bytes]) -> None:
        with self._path.open("ab") as file:
            file.write(b"".join(record + b"\n" for record in records))
        self._age += 60  # long ago, and later than before: it is complete, and it has changed
        os.utime(self._path, (_LONG_AGO + self._age, _LONG_AGO + self._age))


class Hosted(Peer):
    """A provider of hosted telephony: each record is a call's in its own format, known by the text that is sent."""

    def __init__(self, provider: HostedProvider) -> None:
        super().__init__("rest_poll", settings_for(provider))
        self._provider = provider
        self._began = datetime.now(UTC) - timedelta(minutes=1)

    def pbx(self) -> Pbx:
        return msgspec.structs.replace(super().pbx(), dialect="ringcentral")

    def send(self, records: list[bytes]) -> None:
        self._provider.add(*(json.loads(self.as_taken(record)) for record in records))

    def as_taken(self, record: bytes) -> bytes:
        number = crc32(record)
        made = call(number, began=self._began) | {"id": f"R{number}", "sessionId": str(number)}
        return json.dumps(made, sort_keys=True, separators=(",", ":")).encode()


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Return a port that nobody has just now."""
    with socket.socket(socket.AF_INET, kind) as trying:
        trying.bind(("127.0.0.1", 0))
        return int(trying.getsockname()[1])


Room = tuple[ExitStack, Switchroom, Path]
_RESENDING = StreamSetup(resend=RESEND_ALL)


def _tcp_client(room: Room) -> Peer:
    running = room[1].start(TcpListener(), _RESENDING)
    return Streaming("tcp_client", {"host": "127.0.0.1", "port": str(running.carrier.port)}, running)


def _tcp_server(room: Room) -> Peer:
    port = free_port()
    running = room[1].start(TcpDialler("127.0.0.1", port), _RESENDING)
    return Streaming("tcp_server", {"listen": f"127.0.0.1:{port}"}, running)


def _udp(room: Room) -> Peer:
    port = free_port(socket.SOCK_DGRAM)
    running = room[1].start(UdpSender("127.0.0.1", port), StreamSetup(form=FORMS["none"]))
    return Streaming("udp", {"listen": f"127.0.0.1:{port}"}, running, keeps=False)


def _syslog(room: Room) -> Peer:
    port = free_port()
    form = syslog_form(Envelope(over=Over.TCP_OCTETS))
    running = room[1].start(TcpDialler("127.0.0.1", port), StreamSetup(form=form, resend=RESEND_ALL))
    return Streaming("syslog", {"listen": f"127.0.0.1:{port}", "over": "tcp"}, running)


def _serial(room: Room) -> Peer:
    running = room[1].start(Pty(), _RESENDING)
    return Streaming("serial", {"device": running.carrier.address}, running, keeps=False)


def _http_push(room: Room) -> Peer:
    port = free_port()
    target = Target(url=f"http://127.0.0.1:{port}/hts", authorization=bearer(TOKEN))
    running = room[1].start(Pusher(target), StreamSetup())
    settings = {"listen": f"127.0.0.1:{port}", "path": "/hts", "token": TOKEN}
    return Streaming("http_push", settings, running)


def _command(room: Room) -> Peer:
    path = room[2] / "printed.csv"
    program = f'{sys.executable} -c "import sys; sys.stdout.write(open({str(path)!r}).read())"'
    return Writing("command", {"command": program, "interval": "500ms"}, path)


def _ftp(room: Room) -> Peer:
    peer = room[0].enter_context(an_ftp_server(_made(room[2] / "ftp")))
    return Writing("ftp", {**peer.settings, "interval": "1s", "minimum-age": "100ms"}, peer.root / "Master.csv")


def _sftp(room: Room) -> Peer:
    peer = room[0].enter_context(an_sftp_server(_made(room[2] / "sftp")))
    return Writing("sftp", {**peer.settings, "interval": "1s", "minimum-age": "100ms"}, peer.root / "Master.csv")


def _folder(room: Room) -> Peer:
    folder = _made(room[2] / "watched")
    return Writing("folder", {"path": str(folder), "minimum-age": "100ms", "interval": "500ms"}, folder / "Master.csv")


def _http_poll(room: Room) -> Peer:
    return Asked(room[0].enter_context(RunningPbx()))


def _rest_poll(room: Room) -> Peer:
    return Hosted(room[0].enter_context(a_provider()))


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


PEERS: dict[str, Callable[[Room], Peer]] = {
    "command": _command,
    "folder": _folder,
    "ftp": _ftp,
    "http_poll": _http_poll,
    "http_push": _http_push,
    "rest_poll": _rest_poll,
    "serial": _serial,
    "sftp": _sftp,
    "syslog": _syslog,
    "tcp_client": _tcp_client,
    "tcp_server": _tcp_server,
    "udp": _udp,
}
