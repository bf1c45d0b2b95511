"""A PBX that streams over UDP, syslog, a serial line, HTTP, or into a folder."""

import errno
import http.server
import os
import re
import select
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tollbook.simulator.faults import BreakOff, FaultKind, PbxFault
from tollbook.simulator.running import Switchroom
from tollbook.simulator.streams import (
    BARE,
    RESEND_ALL,
    Envelope,
    LineForm,
    Over,
    Parity,
    Pty,
    Pusher,
    SerialPort,
    StreamSetup,
    SyslogFormat,
    Target,
    TcpDialler,
    UdpSender,
    UploadedFiles,
    Uploader,
    Uploading,
    basic,
    bearer,
    syslog_form,
)

LINES = [b"1015 063 00:09:%02d O55501%02d" % (n, n) for n in range(30)]
FRAMES = [line + b"\r\n" for line in LINES]
AT = datetime(2025, 11, 3, 14, 0, 1, tzinfo=UTC)
LIMIT_S = 20


@pytest.fixture
def room() -> Iterator[Switchroom]:
    with Switchroom() as running:
        yield running


@pytest.fixture
def datagrams() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as collector:
        collector.bind(("127.0.0.1", 0))
        collector.settimeout(LIMIT_S)
        yield collector


def port_of(collector: socket.socket) -> int:
    port: int = collector.getsockname()[1]
    return port


def test_each_record_is_a_datagram(room: Switchroom, datagrams: socket.socket) -> None:
    pbx = room.start(UdpSender("127.0.0.1", port_of(datagrams)))
    pbx.send(LINES)
    assert [datagrams.recv(2000) for _ in LINES] == FRAMES


def test_datagrams_are_sent_whether_or_not_anybody_takes_them(room: Switchroom, datagrams: socket.socket) -> None:
    pbx = room.start(UdpSender("127.0.0.1", port_of(datagrams)))
    datagrams.close()
    for line in LINES:
        pbx.send([line])
        pbx.wait_until_sent()
    assert (pbx.sent, pbx.connections) == (30, 1)


def test_datagrams_get_lost_doubled_and_swapped(room: Switchroom, datagrams: socket.socket) -> None:
    pbx = room.start(UdpSender("127.0.0.1", port_of(datagrams)))
    pbx.misbehave(PbxFault(kind=FaultKind.LOST, after=1))
    pbx.misbehave(PbxFault(kind=FaultKind.DOUBLED, after=2))
    pbx.misbehave(PbxFault(kind=FaultKind.SWAPPED, after=3))
    pbx.send(LINES[:6])
    got = [datagrams.recv(2000) for _ in range(6)]
    assert got == [FRAMES[n] for n in (0, 2, 2, 4, 3, 5)]
    pbx.wait_until_sent()
    assert (pbx.sent, pbx.pbx.outbox.skipped) == (5, 1)


@pytest.mark.parametrize(
    ("format_", "expected"),
    [
        (SyslogFormat.RFC3164, b"<134>Nov  3 14:00:01 pbx SMDR: " + LINES[0]),
        (SyslogFormat.RFC5424, b"<134>1 2025-11-03T14:00:01.000000Z pbx SMDR - - - " + LINES[0]),
    ],
)
def test_a_record_travels_as_syslog(
    room: Switchroom, datagrams: socket.socket, format_: SyslogFormat, expected: bytes,
) -> None:  # fmt: skip
    envelope = Envelope(format=format_, now=lambda: AT)
    pbx = room.start(UdpSender("127.0.0.1", port_of(datagrams)), StreamSetup(form=syslog_form(envelope)))
    pbx.send(FRAMES[:1])
    assert datagrams.recv(2000) == expected


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        (Over.TCP_NEWLINE, b"<134>Nov  3 14:00:01 pbx SMDR: one\n<134>Nov  3 14:00:01 pbx SMDR: two\n"),
        (Over.TCP_OCTETS, b"34 <134>Nov  3 14:00:01 pbx SMDR: one34 <134>Nov  3 14:00:01 pbx SMDR: two"),
    ],
)
def test_syslog_over_tcp_tells_messages_apart(room: Switchroom, over: Over, expected: bytes) -> None:
    form = syslog_form(Envelope(over=over, now=lambda: AT))
    with socket.create_server(("127.0.0.1", 0)) as collector:
        pbx = room.start(TcpDialler("127.0.0.1", port_of(collector)), StreamSetup(form=form))
        pbx.send([b"one", b"two"])
        collector.settimeout(LIMIT_S)
        connection, _ = collector.accept()
        with connection:
            pbx.wait_until_sent()
            pbx.stop()
            with connection.makefile("rb") as stream:
                assert stream.read() == expected


def read(descriptor: int, size: int) -> bytes:
    """So many bytes of a terminal, each waited for with a limit."""
    got = b""
    while len(got) < size:
        assert select.select([descriptor], [], [], LIMIT_S)[0]
        more = os.read(descriptor, size - len(got))
        assert more
        got += more
    return got


@pytest.fixture
def descriptors() -> Iterator[list[int]]:
    opened: list[int] = []
    yield opened
    for descriptor in opened:
        os.close(descriptor)


def opened(path: Path, descriptors: list[int]) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)
    descriptors.append(descriptor)
    return descriptor


def test_what_a_serial_line_held_before_it_was_opened_is_read(room: Switchroom, descriptors: list[int]) -> None:
    pbx = room.start(Pty())
    pbx.send(LINES)
    pbx.wait_until_sent()
    line = opened(Path(pbx.carrier.address), descriptors)
    assert read(line, len(b"".join(FRAMES))) == b"".join(FRAMES)


def test_a_slow_reader_of_a_serial_line_holds_the_pbx_up_and_loses_nothing(
    room: Switchroom, descriptors: list[int],
) -> None:  # fmt: skip
    pbx = room.start(Pty())
    line = opened(Path(pbx.carrier.address), descriptors)
    pbx.send(LINES * 1000)
    assert read(line, len(b"".join(FRAMES)) * 1000) == b"".join(FRAMES) * 1000
    pbx.wait_until_sent()


def test_an_unplugged_line_hangs_up_and_comes_back_under_its_name(
    room: Switchroom, descriptors: list[int], tmp_path: Path,
) -> None:  # fmt: skip
    pbx = room.start(Pty(link=tmp_path / "ttyUSB0"), StreamSetup(resend=RESEND_ALL))
    line = opened(Path(pbx.carrier.address), descriptors)
    pbx.misbehave(PbxFault(kind=FaultKind.CUT, after_bytes=3))
    pbx.send(LINES[:1])
    pbx.wait_for_connections(2)
    with open(line, "rb", buffering=0, closefd=False) as stream:
        assert LINES[0][:3].startswith(stream.readall())  # a line that hangs up drops what nobody has read yet
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        os.write(line, b"x")
    again = opened(tmp_path / "ttyUSB0", descriptors)
    assert read(again, len(FRAMES[0])) == FRAMES[0]


def test_text_of_seven_bits_and_parity_is_garbled_for_who_reads_eight(
    room: Switchroom, descriptors: list[int],
) -> None:  # fmt: skip
    pbx = room.start(Pty(), StreamSetup(form=LineForm(parity=Parity.EVEN)))
    pbx.send(LINES)
    garbled = read(opened(Path(pbx.carrier.address), descriptors), len(b"".join(FRAMES)))
    assert garbled != b"".join(FRAMES)
    assert bytes(byte & 0x7F for byte in garbled) == b"".join(FRAMES)


def test_a_serial_device_is_written_to(room: Switchroom) -> None:
    ours, theirs = os.openpty()
    try:
        pbx = room.start(SerialPort(Path(os.ttyname(theirs)), baud=19200))
        pbx.send(LINES)
        assert read(ours, len(b"".join(FRAMES))) == b"".join(FRAMES)
        pbx.stop()
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_serial_device_that_is_pulled_out_is_tried_again(room: Switchroom) -> None:
    ours, theirs = os.openpty()
    pbx = room.start(SerialPort(Path(os.ttyname(theirs))))
    pbx.wait_for_connections(1)
    os.close(theirs)
    os.close(ours)
    pbx.wait(lambda: pbx.pbx.failures > 0)
    assert not pbx.connected


def test_a_speed_no_line_has_is_explained() -> None:
    with pytest.raises(ValueError, match="no 9601 baud; common are 1200"):
        SerialPort(Path("/dev/null"), baud=9601)


def test_a_device_that_is_no_serial_line_is_tried_again(room: Switchroom, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    pbx = room.start(SerialPort(tmp_path / "file"))
    pbx.wait(lambda: pbx.pbx.failures > 1)


@dataclass
class Collector:
    """Takes what is posted, and answers as told."""

    statuses: list[int] = field(default_factory=list)
    posted: list[tuple[str, str, str, bytes]] = field(default_factory=list)
    url: str = ""

    def take(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        size = int(handler.headers["Content-Length"])
        body = handler.rfile.read(size)
        kind, who = handler.headers["Content-Type"], handler.headers.get("Authorization", "")
        self.posted.append((handler.path, kind, who, body))
        handler.send_response(self.statuses.pop(0) if self.statuses else 204)
        handler.end_headers()

    def bodies(self) -> list[bytes]:
        return [body for _, _, _, body in self.posted]


@pytest.fixture
def collector() -> Iterator[Collector]:
    taker = Collector()

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taker.take(self)

        def log_message(self, *_words: object) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        taker.url = f"http://127.0.0.1:{server.server_port}/calls?site=1"
        yield taker
        server.shutdown()
        thread.join(LIMIT_S)


def test_each_record_is_posted(room: Switchroom, collector: Collector) -> None:
    target = Target(url=collector.url, authorization=bearer("abc"))
    pbx = room.start(Pusher(target), StreamSetup(form=BARE))
    pbx.send(FRAMES)
    pbx.wait_until_sent()
    assert collector.posted == [("/calls?site=1", "text/plain", "Bearer abc", line) for line in LINES]
    assert "site" not in pbx.carrier.address


def test_a_record_is_posted_until_it_is_taken(room: Switchroom, collector: Collector) -> None:
    collector.statuses = [503, 401, 302]
    pbx = room.start(Pusher(Target(url=collector.url, authorization=basic("pbx", "secret"))))
    pbx.send(LINES[:2])
    pbx.wait_until_sent()
    assert collector.bodies() == [FRAMES[0]] * 4 + [FRAMES[1]]
    assert collector.posted[0][2] == "Basic cGJ4OnNlY3JldA=="
    assert pbx.carrier.answers == {503: 1, 401: 1, 302: 1, 204: 2}


def test_a_collector_that_is_away_is_posted_to_again(room: Switchroom) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{port_of(taken)}/"
    pbx = room.start(Pusher(Target(url=url, retry_first_s=0.001)))
    pbx.send(LINES)
    pbx.wait(lambda: pbx.connected)
    assert pbx.sent == 0


def test_a_post_that_breaks_off_is_made_again(room: Switchroom, collector: Collector) -> None:
    pbx = room.start(Pusher(Target(url=collector.url)))
    pbx.misbehave(PbxFault(kind=FaultKind.CUT, after_bytes=4))
    pbx.misbehave(PbxFault(kind=FaultKind.DRIP, after=1))
    pbx.misbehave(PbxFault(kind=FaultKind.DOUBLED, after=2))
    pbx.send(LINES[:3])
    pbx.wait_until_sent()
    whole = [body for body in collector.bodies() if len(body) > 4]
    assert whole == [FRAMES[n] for n in (0, 1, 1, 2)]


def test_an_address_that_cannot_be_posted_to_is_explained() -> None:
    with pytest.raises(ValueError, match=r"cannot post to ftp://example\.com"):
        Pusher(Target(url="ftp://example.com/"))


def test_files_get_their_name_when_they_are_done(room: Switchroom, tmp_path: Path) -> None:
    pbx = room.start(Uploader(UploadedFiles(folder=tmp_path, records=12)))
    pbx.send(LINES)
    pbx.wait_until_sent()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [".smdr-000003.csv.part", "smdr-000001.csv", "smdr-000002.csv"]
    pbx.stop()
    assert [path.name for path in pbx.carrier.done] == ["smdr-000001.csv", "smdr-000002.csv", "smdr-000003.csv"]
    assert b"".join(path.read_bytes() for path in pbx.carrier.done) == b"".join(FRAMES)


def test_a_growing_file_is_there_from_its_first_record(room: Switchroom, tmp_path: Path) -> None:
    pbx = room.start(Uploader(UploadedFiles(folder=tmp_path, manner=Uploading.GROWING, name="log{number}.txt")))
    pbx.misbehave(PbxFault(kind=FaultKind.DRIP, times=None))
    pbx.send(LINES[:2])
    pbx.wait_until_sent()
    assert (tmp_path / "log1.txt").read_bytes() == FRAMES[0] + FRAMES[1]


@pytest.mark.parametrize("manner", list(Uploading))
def test_an_upload_that_breaks_off_comes_again_whole(room: Switchroom, tmp_path: Path, manner: Uploading) -> None:
    pbx = room.start(Uploader(UploadedFiles(folder=tmp_path, manner=manner, records=3)))
    pbx.misbehave(PbxFault(kind=FaultKind.CUT, after_bytes=7, ending=BreakOff.RESET, after=1))
    pbx.send(LINES[:3])
    pbx.wait_until_sent()
    cut, whole = sorted(tmp_path.iterdir())
    assert re.search("smdr-00000[12]", cut.name)
    assert cut.read_bytes() == FRAMES[0] + FRAMES[1][:7]
    assert whole.read_bytes() == b"".join(FRAMES[:3])


def test_an_upload_can_be_held_in_mid_record(room: Switchroom, tmp_path: Path) -> None:
    pbx = room.start(Uploader(UploadedFiles(folder=tmp_path, manner=Uploading.GROWING, records=2)))
    pbx.misbehave(PbxFault(kind=FaultKind.CUT, after_bytes=7, ending=BreakOff.HOLD, after=1))
    pbx.send(LINES[:2])
    pbx.wait(lambda: pbx.held == 1)
    [path] = tmp_path.iterdir()
    assert path.read_bytes() == FRAMES[0] + FRAMES[1][:7]
    pbx.go_on()
    pbx.wait_until_sent()
    assert path.read_bytes() == FRAMES[0] + FRAMES[1]


def test_a_post_that_was_held_is_made_again(room: Switchroom, collector: Collector) -> None:
    pbx = room.start(Pusher(Target(url=collector.url)))
    pbx.misbehave(PbxFault(kind=FaultKind.CUT, after_bytes=4, ending=BreakOff.HOLD))
    pbx.send(LINES[:1])
    pbx.wait(lambda: pbx.held == 1)
    pbx.go_on()
    pbx.wait_until_sent()
    assert FRAMES[0] in collector.bodies()
