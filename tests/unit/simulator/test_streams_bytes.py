"""What a line carries: forms, headings, and bytes as each fault spoils them."""

import socket
from collections.abc import Iterator

import pytest

from tollbook.simulator.faults import BreakOff, FaultKind, PbxFault, parse
from tollbook.simulator.running import Switchroom
from tollbook.simulator.streams import FORMS, LineForm, PageHeading, StreamSetup, TcpListener
from tollbook.simulator.streams.form import FORM_FEED, Framer, with_even_parity
from tollbook.simulator.streams.outbox import RESEND_ALL, Outbox

RECORD = b"1015 063 00:09:18 O5550100"
LIMIT_S = 20


@pytest.fixture
def room() -> Iterator[Switchroom]:
    with Switchroom() as running:
        yield running


def arriving(room: Switchroom, fault: PbxFault, setup: StreamSetup | None = None) -> bytes:
    """What a reader gets of one record that a fault hits, and one that none does."""
    pbx = room.start(TcpListener(), setup)
    pbx.misbehave(fault)
    pbx.send([RECORD, b"end"])
    with socket.create_connection(("127.0.0.1", pbx.carrier.port), timeout=LIMIT_S) as reader:
        pbx.wait_until_sent()
        pbx.stop()
        with reader.makefile("rb") as stream:
            return stream.read().removesuffix(b"end\r\n")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (FaultKind.NUL_END, RECORD + b"\x00"),
        (FaultKind.LEADING_NULS, b"\x00\x00\x00\x00" + RECORD + b"\r\n"),
        (FaultKind.STX_ETX, b"\x02" + RECORD + b"\x03"),
        (FaultKind.CR_ONLY, RECORD + b"\r"),
        (FaultKind.CRLFLF, RECORD + b"\r\n\n"),
        (FaultKind.PARITY, with_even_parity(RECORD + b"\r\n")),
        (FaultKind.DRIP, RECORD + b"\r\n"),
        (FaultKind.DOUBLED, (RECORD + b"\r\n") * 2),
        (FaultKind.LOST, b""),
        (
            FaultKind.TELNET,
            RECORD[:14] + b"\xff\xf1\xff\xfb\x03\xff\xfd\x01\xff\xf6" + RECORD[14:] + b"\r\n",
        ),
    ],
)
def test_a_record_arrives_as_its_fault_has_it(room: Switchroom, kind: FaultKind, expected: bytes) -> None:
    assert arriving(room, PbxFault(kind=kind)) == expected


def test_a_heading_stands_before_a_record(room: Switchroom) -> None:
    text = arriving(room, PbxFault(kind=FaultKind.HEADING))
    assert text.startswith(FORM_FEED + b"CALL RECORDS")
    assert text.endswith(b"PAGE 001\r\n" + b"-" * 80 + b"\r\n" + RECORD + b"\r\n")


def test_some_bytes_have_their_eighth_bit_set(room: Switchroom) -> None:
    text = arriving(room, PbxFault(kind=FaultKind.EIGHTH_BIT))
    assert bytes(byte & 0x7F for byte in text) == RECORD + b"\r\n"
    assert sum(byte > 0x7F for byte in text) == 5


def test_noise_comes_before_a_record(room: Switchroom) -> None:
    text = arriving(room, PbxFault(kind=FaultKind.NOISE))
    assert len(text) == 24 + len(RECORD) + 2
    assert text.endswith(RECORD + b"\r\n")
    assert min(text[:24]) >= 0x80


def test_a_line_that_does_not_end_comes_before_a_record(room: Switchroom) -> None:
    assert arriving(room, PbxFault(kind=FaultKind.ENDLESS, size_bytes=200_000)) == b"x" * 200_000 + RECORD + b"\r\n"


def test_an_endless_line_is_ten_megabytes_unless_said_otherwise() -> None:
    assert PbxFault(kind=FaultKind.ENDLESS).size_bytes == 10_000_000


def test_two_records_come_in_the_wrong_order(room: Switchroom) -> None:
    assert arriving(room, PbxFault(kind=FaultKind.SWAPPED)) == b"end\r\n" + RECORD + b"\r\n"


@pytest.mark.parametrize("name", list(FORMS))
def test_a_record_is_within_its_frame_whatever_line_end_it_came_with(name: str) -> None:
    frames = {FORMS[name].frame(RECORD + end) for end in (b"", b"\n", b"\r\n")}
    assert len(frames) == 1
    assert RECORD in frames.pop()


def test_a_heading_comes_with_each_page() -> None:
    framer = Framer(LineForm(end=b"\n", page=PageHeading(every=2, lines=(b"PAGE %03d",), lead=FORM_FEED)))
    text = b"".join(framer.frame(b"%d" % n) for n in range(5))
    assert text == b"\x0cPAGE 001\n0\n1\n\x0cPAGE 002\n2\n3\n\x0cPAGE 003\n4\n"


def test_a_fault_is_read_from_a_command_line() -> None:
    assert parse("cut after_bytes=9 ending=reset times=always after=2") == PbxFault(
        kind=FaultKind.CUT, after_bytes=9, ending=BreakOff.RESET, times=None, after=2,
    )  # fmt: skip
    assert parse("flap records=3 times=always") == PbxFault(kind=FaultKind.FLAP, records=3, times=None)
    assert parse("drip delay_s=0.5 probability=0.1") == PbxFault(
        kind=FaultKind.DRIP, delay_s=0.5, times=None, probability=0.1,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("explode", "there is no 'explode'; choose from cut, cut-chunked"),
        ("cut bytes=5", "a fault has no 'bytes'; it has after, after_bytes"),
        ("cut ending=bang", "there is no 'bang'; choose from close, reset"),
    ],
)
def test_a_fault_that_makes_no_sense_is_explained(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse(text)


def test_records_given_back_are_claimed_again() -> None:
    box = Outbox()
    box.add([b"0", b"1", b"2"])
    start, claimed = box.claim(records=2, size_bytes=100)
    box.give_back(start)
    assert box.claim(records=9, size_bytes=100) == (0, [*claimed, b"2"])


def test_at_least_one_record_is_claimed_however_long() -> None:
    box = Outbox()
    box.add([b"0123456789", b"1"])
    assert box.claim(records=9, size_bytes=5) == (0, [b"0123456789"])


def test_a_record_that_a_full_memory_loses_while_it_is_sent_is_not_counted_as_lost() -> None:
    box = Outbox(capacity=2)
    box.add([b"0", b"1"])
    start, _ = box.claim(records=2, size_bytes=100)
    box.add([b"2", b"3"])
    box.settle(start, 2)
    assert (box.sent, box.dropped, box.waiting) == (2, 0, 2)


def test_a_record_that_was_not_sent_and_is_lost_meanwhile_is_counted() -> None:
    box = Outbox(capacity=2)
    box.add([b"0", b"1"])
    start, _ = box.claim(records=2, size_bytes=100)
    box.add([b"2"])
    box.give_back(start)
    assert (box.sent, box.dropped, box.waiting) == (0, 1, 2)
    assert box.claim(records=1, size_bytes=100) == (1, [b"1"])


def test_sent_records_go_from_a_full_memory_before_unsent_ones() -> None:
    box = Outbox(capacity=3, resend=RESEND_ALL)
    box.add([b"0", b"1"])
    start, claimed = box.claim(records=2, size_bytes=9)
    box.settle(start, len(claimed))
    box.add([b"2", b"3", b"4"])
    assert (box.dropped, box.waiting) == (0, 3)
    box.add([b"5"])
    assert (box.dropped, box.waiting) == (1, 3)
