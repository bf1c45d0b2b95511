"""A PBX that streams over TCP: it listens or connects, breaks off, and sends again."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tollbook import clock
from tollbook.simulator.certificates import WantedCertificate, make
from tollbook.simulator.faults import BreakOff, Clearing, FaultKind, PbxFault
from tollbook.simulator.running import RunningStream, Switchroom
from tollbook.simulator.streams import RESEND_ALL, StreamingPbx, StreamSetup, TcpDialler, TcpListener

LINES = [b"1015 063 00:09:%02d O55501%02d" % (n, n) for n in range(30)]
TEXT = b"".join(line + b"\r\n" for line in LINES)
LIMIT_S = 20


@pytest.fixture
def room() -> Iterator[Switchroom]:
    with Switchroom() as running:
        yield running


def reader_of(pbx: RunningStream[TcpListener]) -> socket.socket:
    reader = socket.create_connection(("127.0.0.1", pbx.carrier.port), timeout=LIMIT_S)
    pbx.wait(lambda: pbx.connections > 0)
    return reader


def read(reader: socket.socket, size: int) -> bytes:
    """So many bytes, or what came before the end."""
    got = b""
    while len(got) < size and (more := reader.recv(size - len(got))):
        got += more
    return got


def read_to_end(reader: socket.socket) -> bytes:
    return read(reader, 1 << 30)


def test_whoever_connects_gets_all_records(room: Switchroom) -> None:
    pbx = room.start(TcpListener())
    pbx.send(LINES[:20])
    with reader_of(pbx) as reader:
        pbx.send(line + b"\n" for line in LINES[20:])
        assert read(reader, len(TEXT)) == TEXT
        pbx.wait_until_sent()
        assert (pbx.sent, pbx.connections, pbx.waiting) == (30, 1, 0)


def test_who_comes_while_somebody_is_served_waits(room: Switchroom) -> None:
    pbx = room.start(TcpListener())
    with reader_of(pbx) as first, reader_of(pbx) as second:
        pbx.send(LINES[:1])
        pbx.wait_until_sent()
        first.close()
        pbx.wait_for_connections(2)
        pbx.send(LINES[1:2])
        assert read(second, 10) == LINES[1][:10]


def test_a_dialling_pbx_goes_on_trying_until_somebody_listens(room: Switchroom) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    pbx = room.start(TcpDialler("127.0.0.1", port))
    pbx.send(LINES)
    pbx.wait(lambda: pbx.pbx.failures > 1)
    with socket.create_server(("127.0.0.1", port)) as collector:
        collector.settimeout(LIMIT_S)
        with closing(collector.accept()[0]) as reader:
            reader.settimeout(LIMIT_S)
            assert read(reader, len(TEXT)) == TEXT
            pbx.wait_until_sent()


def test_a_full_memory_loses_its_oldest_records_and_counts_them(room: Switchroom) -> None:
    pbx = room.start(TcpListener(), StreamSetup(capacity=10))
    pbx.send(LINES)
    with reader_of(pbx) as reader:
        pbx.wait_until_sent()
        assert read(reader, 10 * len(LINES[0])) == TEXT[-10 * (len(LINES[0]) + 2) :][: 10 * len(LINES[0])]
    assert (pbx.sent, pbx.dropped) == (10, 20)


@pytest.mark.parametrize(("resend", "again"), [(0, 0), (4, 4), (RESEND_ALL, 20)])
def test_after_a_reconnection_the_last_records_come_again(room: Switchroom, resend: int, again: int) -> None:
    pbx = room.start(TcpListener(), StreamSetup(resend=resend))
    pbx.send(LINES[:20])
    with reader_of(pbx) as reader:
        read(reader, len(TEXT) // 30 * 20)
    pbx.wait(lambda: not pbx.connected)
    pbx.send(LINES[20:])
    with reader_of(pbx) as reader:
        expected = b"".join(line + b"\r\n" for line in LINES[20 - again :])
        assert read(reader, len(expected)) == expected
        pbx.wait_until_sent()
    assert (pbx.sent, pbx.repeated) == (30, again)


def test_everything_that_is_kept_comes_again_and_no_more(room: Switchroom) -> None:
    pbx = room.start(TcpListener(), StreamSetup(resend=RESEND_ALL, capacity=5))
    for number, line in enumerate(LINES[:8], 1):
        with reader_of(pbx):
            pbx.wait_for_connections(number)
            pbx.wait_until_sent()
            pbx.send([line])
            pbx.wait_until_sent()
        pbx.wait(lambda: not pbx.connected)
    assert pbx.repeated == 0 + 1 + 2 + 3 + 4 + 5 + 5 + 5


def test_a_connection_closed_in_mid_record_sends_it_again_whole(room: Switchroom) -> None:
    pbx = room.start(TcpListener())
    pbx.misbehave(PbxFault(kind=FaultKind.CUT, after_bytes=5, after=1))
    pbx.send(LINES[:3])
    with reader_of(pbx) as reader:
        assert read_to_end(reader) == LINES[0] + b"\r\n" + LINES[1][:5]
    with reader_of(pbx) as reader:
        assert read(reader, 40).startswith(LINES[1] + b"\r\n")


def test_a_record_that_is_cut_can_be_lost(room: Switchroom) -> None:
    pbx = room.start(TcpListener())
    pbx.misbehave(PbxFault(kind=FaultKind.CUT, clearing=Clearing.CLEARS))
    pbx.send(LINES[:2])
    with reader_of(pbx) as reader:
        assert read_to_end(reader) == LINES[0][: (len(LINES[0]) + 2) // 2]
    with reader_of(pbx) as reader:
        assert read(reader, len(LINES[1])) == LINES[1]
        pbx.wait_until_sent()
    assert (pbx.sent, pbx.pbx.outbox.skipped) == (1, 1)


def test_a_reset_is_no_end(room: Switchroom) -> None:
    pbx = room.start(TcpListener())
    pbx.misbehave(PbxFault(kind=FaultKind.CUT, ending=BreakOff.RESET))
    with reader_of(pbx) as reader:
        pbx.send(LINES[:1])
        with pytest.raises(ConnectionResetError):
            read_to_end(reader)


def test_a_record_can_be_held_in_its_middle(room: Switchroom) -> None:
    pbx = room.start(TcpListener())
    pbx.misbehave(PbxFault(kind=FaultKind.CUT, after_bytes=4, ending=BreakOff.HOLD))
    pbx.send(LINES[:1])
    with reader_of(pbx) as reader:
        pbx.wait(lambda: pbx.held == 1)
        assert read(reader, 4) == LINES[0][:4]
        pbx.go_on()
        assert read(reader, 6) == LINES[0][4:10]


def test_a_half_open_connection_is_never_closed_and_the_next_one_is_served(room: Switchroom) -> None:
    pbx = room.start(TcpListener())
    pbx.misbehave(PbxFault(kind=FaultKind.HALF_OPEN))
    with reader_of(pbx) as dead:
        pbx.send(LINES)
        pbx.wait(lambda: not pbx.connected)
        with reader_of(pbx) as reader:
            assert read(reader, len(TEXT)) == TEXT
        dead.setblocking(False)  # noqa: FBT003 - the library's own spelling
        with pytest.raises(BlockingIOError):
            dead.recv(1)


def test_a_flapping_pbx_ends_each_connection_after_some_records(room: Switchroom) -> None:
    pbx = room.start(TcpListener())
    pbx.misbehave(PbxFault(kind=FaultKind.FLAP, records=10, times=None))
    pbx.send(LINES)
    parts = []
    for _ in range(3):
        with reader_of(pbx) as reader:
            parts.append(read_to_end(reader))
    assert [part.count(b"\n") for part in parts] == [10, 10, 10]
    assert b"".join(parts) == TEXT


def test_a_silent_connection_is_left_by_the_reader(room: Switchroom) -> None:
    pbx = room.start(TcpListener())
    pbx.misbehave(PbxFault(kind=FaultKind.SILENCE))
    pbx.send(LINES)
    with reader_of(pbx):
        assert pbx.sent == 0
    with reader_of(pbx) as reader:
        assert read(reader, len(TEXT)) == TEXT


def test_a_silence_can_end_by_itself(room: Switchroom) -> None:
    pbx = room.start(TcpListener())
    pbx.misbehave(PbxFault(kind=FaultKind.SILENCE, delay_s=0.01))
    pbx.send(LINES)
    with reader_of(pbx) as reader:
        assert read(reader, len(TEXT)) == TEXT


def test_a_refusing_pbx_keeps_its_port(room: Switchroom) -> None:
    pbx = room.start(TcpListener())
    pbx.misbehave(PbxFault(kind=FaultKind.REFUSE))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", pbx.carrier.port), timeout=LIMIT_S)
    pbx.behave()
    with reader_of(pbx):
        assert pbx.connections == 1


def test_a_pbx_can_refuse_for_a_while(room: Switchroom) -> None:
    pbx = room.start(TcpListener())
    pbx.misbehave(PbxFault(kind=FaultKind.REFUSE, lasting_s=0.01))
    pbx.wait(lambda: pbx.carrier.listener.listening)
    with reader_of(pbx):
        pbx.wait_for_connections(1)


def test_a_connection_is_hung_up_on_demand(room: Switchroom) -> None:
    pbx = room.start(TcpListener())
    with reader_of(pbx) as reader:
        pbx.wait_for_connections(1)
        pbx.hang_up(BreakOff.RESET)
        with pytest.raises(ConnectionResetError):
            read_to_end(reader)


def test_a_fault_that_cannot_happen_is_explained(room: Switchroom) -> None:
    pbx = room.start(TcpDialler("127.0.0.1", 9))
    with pytest.raises(ValueError, match=r"'refuse' cannot happen on 127\.0\.0\.1:9; choose from cr-only"):
        pbx.misbehave(PbxFault(kind=FaultKind.REFUSE))


def test_records_travel_within_tls(room: Switchroom, tmp_path: Path) -> None:
    made = make(tmp_path, WantedCertificate(since=clock.now() - timedelta(days=1)))
    pbx = room.start(TcpListener(tls=made.context()))
    pbx.send(LINES)
    trusting = ssl.create_default_context(cafile=made.authority)
    plain = socket.create_connection(("127.0.0.1", pbx.carrier.port), timeout=LIMIT_S)
    with trusting.wrap_socket(plain, server_hostname="localhost") as reader:
        assert read(reader, len(TEXT)) == TEXT


def test_a_pbx_that_listens_can_show_a_certificate_nobody_vouches_for(room: Switchroom) -> None:
    pbx = room.start(TcpListener())
    pbx.misbehave(PbxFault(kind=FaultKind.SELF_SIGNED))
    with (
        socket.create_connection(("127.0.0.1", pbx.carrier.port), timeout=LIMIT_S) as plain,
        pytest.raises(ssl.SSLCertVerificationError, match="self-signed"),
    ):
        ssl.create_default_context().wrap_socket(plain, server_hostname="localhost")


async def burst(count: int) -> int:
    """Let so many PBXs on one loop send what they have to one collector; bytes that arrived."""
    arrived = 0

    async def collect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal arrived
        while more := await reader.read(65536):
            arrived += len(more)
        writer.close()

    server = await asyncio.start_server(collect, "127.0.0.1", 0, backlog=count)
    port = server.sockets[0].getsockname()[1]
    pbxs = [StreamingPbx(TcpDialler("127.0.0.1", port)) for _ in range(count)]
    await asyncio.gather(*(pbx.start() for pbx in pbxs))
    for pbx in pbxs:
        pbx.add(LINES)
    await asyncio.gather(*(pbx.until_sent(patience_s=60) for pbx in pbxs))
    await asyncio.gather(*(pbx.stop() for pbx in pbxs))
    server.close()
    await server.wait_closed()
    return arrived


def test_two_hundred_pbxs_live_on_one_loop() -> None:
    assert asyncio.run(burst(200)) == 200 * len(TEXT)
