"""What is said before the first record, and between one and the next."""

import socket
from collections.abc import Iterator

import pytest

from tollbook.simulator.faults import BreakOff, FaultKind, PbxFault
from tollbook.simulator.running import RunningStream, Switchroom
from tollbook.simulator.streams import FORMS, MitelHello, PanasonicLogin, StreamSetup, TcpListener, Telnet

LINES = [b"1015 063 00:09:%02d O55501%02d" % (n, n) for n in range(3)]
LIMIT_S = 20
WILL_ECHO_SGA_DO_SIZE = b"\xff\xfb\x01\xff\xfb\x03\xff\xfd\x1f"


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


def test_a_log_in_echoes_what_is_typed_but_not_the_password(room: Switchroom) -> None:
    pbx = room.start(TcpListener(), StreamSetup(dialogues=(Telnet(), PanasonicLogin(banner=b"PBX\r\n"))))
    pbx.send(LINES[:1])
    with reader_of(pbx) as reader:
        reader.sendall(b"\xff\xfe\x01\xff\xfc\x1fSMDR\r\nPCCSMDR\r\x00")
        said = WILL_ECHO_SGA_DO_SIZE + b"PBX\r\n-SMDR\r\nEnter Password:*******\r\n"
        assert read(reader, len(said) + len(LINES[0])) == said + LINES[0]
    assert pbx.pbx.negotiated == [(0xFE, 1), (0xFC, 31)]


def test_a_log_in_passes_over_telnet_subnegotiation(room: Switchroom) -> None:
    pbx = room.start(TcpListener(), StreamSetup(dialogues=(Telnet(), PanasonicLogin())))
    with reader_of(pbx) as reader:
        reader.sendall(b"\xff\xfb\x1f\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0" + b"smdr\r\n" + b"\xff\xf1PCCSMDR\r\n")
        pbx.wait_for_connections(1)
    assert pbx.pbx.negotiated == [(0xFB, 31)]


def test_who_says_nothing_when_asked_is_hung_up_on(room: Switchroom) -> None:
    pbx = room.start(TcpListener(), StreamSetup(dialogues=(PanasonicLogin(),), dialogue_s=0.01))
    with reader_of(pbx) as reader:
        assert read_to_end(reader).endswith(b"-")


def test_a_wrong_user_is_asked_again(room: Switchroom) -> None:
    pbx = room.start(TcpListener(), StreamSetup(dialogues=(PanasonicLogin(),)))
    with reader_of(pbx) as reader:
        reader.sendall(b"admin\rSMDR\rPCCSMDR\r")
        pbx.wait_for_connections(1)


def test_a_hello_that_says_it_is_huge_is_not_waited_for(room: Switchroom) -> None:
    pbx = room.start(TcpListener(), StreamSetup(dialogues=(MitelHello(),)))
    with reader_of(pbx) as reader:
        reader.sendall(b"\xff\xff\xff\x7f")
        assert read_to_end(reader) == b""


def test_a_wrong_password_is_asked_again_three_times_and_then_no_more(room: Switchroom) -> None:
    pbx = room.start(TcpListener(), StreamSetup(dialogues=(PanasonicLogin(),)))
    pbx.send(LINES[:1])
    with reader_of(pbx) as reader:
        reader.sendall(b"SMDR\r" + b"guess\r" * 4)
        said = read_to_end(reader)
    assert said.count(b"Enter Password:*****\r\n") == 4
    assert LINES[0] not in said
    assert pbx.sent == 0


def test_the_right_password_is_refused_on_demand(room: Switchroom) -> None:
    pbx = room.start(TcpListener(), StreamSetup(dialogues=(PanasonicLogin(again=0),)))
    pbx.misbehave(PbxFault(kind=FaultKind.DENY))
    with reader_of(pbx) as reader:
        reader.sendall(b"SMDR\rPCCSMDR\r")
        assert read_to_end(reader).endswith(b"*******\r\n")


def test_a_reader_that_hangs_up_during_the_log_in_leaves_the_pbx_listening(room: Switchroom) -> None:
    pbx = room.start(TcpListener(), StreamSetup(dialogues=(PanasonicLogin(),)))
    pbx.send(LINES[:1])
    with reader_of(pbx) as reader:
        reader.sendall(b"SM")
    with reader_of(pbx) as reader:
        reader.sendall(b"SMDR\rPCCSMDR\r")
        pbx.wait_until_sent()
    assert pbx.connections == 2


def test_a_mitel_hello_opens_a_stream_of_records_behind_their_length(room: Switchroom) -> None:
    pbx = room.start(TcpListener(), StreamSetup(form=FORMS["length"], dialogues=(MitelHello(password="12345678"),)))
    pbx.send([b"TLC 11202"])
    with reader_of(pbx) as reader:
        reader.sendall(b"\x0a\x00\x00\x00\x8412345678\x00")
        assert read(reader, 15) == b"\x0b\x00\x00\x00TLC 11202\r\n"


def test_a_wrong_hello_is_not_answered(room: Switchroom) -> None:
    pbx = room.start(TcpListener(), StreamSetup(dialogues=(MitelHello(password="12345678"),)))
    pbx.send(LINES)
    with reader_of(pbx) as reader:
        reader.sendall(b"\x02\x00\x00\x00\x84\x00")
        assert read_to_end(reader) == b""


def test_a_record_is_kept_until_its_number_comes_back(room: Switchroom) -> None:
    pbx = room.start(TcpListener(), StreamSetup(acknowledged=True))
    pbx.send(LINES[:3])
    with reader_of(pbx) as reader:
        assert read(reader, len(LINES[0]) + 4) == b"00" + LINES[0] + b"\r\n"
        reader.sendall(b"00\r\n")
        assert read(reader, len(LINES[1]) + 4) == b"01" + LINES[1] + b"\r\n"
        pbx.wait_until_sent(1)
    with reader_of(pbx) as reader:
        assert read(reader, len(LINES[1]) + 4) == b"01" + LINES[1] + b"\r\n"
        reader.sendall(b"01")
        read(reader, len(LINES[2]) + 4)
        reader.sendall(b"02")
        pbx.wait_until_sent()
    assert (pbx.sent, pbx.repeated) == (3, 0)


def test_a_numbered_record_can_be_held_in_its_middle(room: Switchroom) -> None:
    pbx = room.start(TcpListener(), StreamSetup(acknowledged=True))
    pbx.misbehave(PbxFault(kind=FaultKind.CUT, after_bytes=4, ending=BreakOff.HOLD))
    pbx.misbehave(PbxFault(kind=FaultKind.DRIP, after=1))
    pbx.send([b"first", b"second"])
    with reader_of(pbx) as reader:
        assert read(reader, 4) == b"00fi"
        pbx.wait(lambda: pbx.held == 1)
        pbx.go_on()
        assert read(reader, 5) == b"rst\r\n"
        reader.sendall(b"00")
        assert read(reader, 10) == b"01second\r\n"
        reader.sendall(b"01")
        pbx.wait_until_sent()
