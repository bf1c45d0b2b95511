"""Records that come as syslog: their headers come off, other messages are left out, and no record is a length."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contract.test_tcp_server import HERE, connect, count, health, listening, taken
from tests.fakes.peers import free_port
from tests.fakes.records import some_lines, without_end
from tests.fakes.sites import a_stream, at_work, until
from tollbook.model.pbx import Pbx
from tollbook.simulator.faults import BreakOff, FaultKind, PbxFault
from tollbook.simulator.running import Switchroom
from tollbook.simulator.streams import (
    RESEND_ALL,
    Envelope,
    Over,
    StreamSetup,
    SyslogFormat,
    TcpDialler,
    UdpSender,
    syslog_form,
)
from tollbook.sources.syslog.division import MessageDivision, MessagePart
from tollbook.sources.syslog.message import read_message

RECORDS = without_end(some_lines(60))


@pytest.fixture
def room() -> Iterator[Switchroom]:
    with Switchroom() as made:
        yield made


@pytest.fixture
def port() -> int:
    return free_port()


def on(port: int, **settings: str | int) -> Pbx:
    return a_stream("syslog", listen=f"{HERE}:{port}", **settings)


@pytest.mark.parametrize("envelope", [Envelope(format=form, over=over) for form in SyslogFormat for over in Over])
def test_records_become_calls_whatever_carries_them(
    envelope: Envelope,
    room: Switchroom,
    port: int,
    tmp_path: Path,
) -> None:
    carrier = UdpSender(HERE, port) if envelope.over is Over.UDP else TcpDialler(HERE, port)
    with at_work(tmp_path, on(port)) as engine:
        until(lambda: listening(engine))
        pbx = room.start(carrier, StreamSetup(form=syslog_form(envelope)))
        pbx.send(RECORDS)
        until(lambda: count(engine) == 60)

        assert taken(engine) == RECORDS
        assert engine.site.store.rows("SELECT count(*) FROM reject") == [(0,)]


@pytest.mark.parametrize("over", [Over.TCP_NEWLINE, Over.TCP_OCTETS])
def test_a_line_that_flaps_loses_and_doubles_nothing(over: Over, room: Switchroom, port: int, tmp_path: Path) -> None:
    with at_work(tmp_path, on(port, over="tcp")) as engine:
        until(lambda: listening(engine))
        pbx = room.start(TcpDialler(HERE, port), StreamSetup(form=syslog_form(Envelope(over=over)), resend=RESEND_ALL))
        pbx.misbehave(PbxFault(kind=FaultKind.FLAP, records=15, ending=BreakOff.RESET, times=3))
        pbx.send(RECORDS)
        until(lambda: count(engine) == 60, 60)

        assert sorted(taken(engine)) == sorted(RECORDS)


def test_other_messages_of_the_same_host_are_left_out_and_said(port: int, tmp_path: Path) -> None:
    with at_work(tmp_path, on(port, tag="^SMDR$", facility="local0")) as engine:
        until(lambda: listening(engine))
        with connect(port) as pbx:
            pbx.sendall(b"<134>Nov  3 14:00:00 pbx sshd[71]: somebody logged in\n")
            pbx.sendall(b"<38>Nov  3 14:00:00 pbx SMDR: of another facility\n")
            pbx.sendall(b"<134>Nov  3 14:00:00 pbx SMDR: " + RECORDS[0] + b"\n")
            until(lambda: count(engine) == 1)

        assert taken(engine) == RECORDS[:1]
        assert engine.site.store.rows("SELECT count(*) FROM reject") == [(0,)]
        assert "messages left out" in health(engine).last_refused


def test_a_message_that_is_closed_before_its_length_is_a_cut_record(port: int, tmp_path: Path) -> None:
    message = b"<134>Nov  3 14:00:00 pbx SMDR: " + RECORDS[0]
    with at_work(tmp_path, on(port)) as engine:
        until(lambda: listening(engine))
        with connect(port) as pbx:
            pbx.sendall(b"%d %b" % (len(message), message[:-30]))
        until(lambda: engine.site.store.rows("SELECT raw FROM reject"))

        assert engine.site.store.rows("SELECT raw FROM reject") == [(RECORDS[0][:-30],)]
        assert taken(engine) == []
        assert health(engine).resets == 1


def test_a_message_that_ends_with_its_connection_is_a_record(port: int, tmp_path: Path) -> None:
    with at_work(tmp_path, on(port)) as engine:
        until(lambda: listening(engine))
        with connect(port) as pbx:
            pbx.sendall(b"<134>Nov  3 14:00:00 pbx SMDR: " + RECORDS[0])
        until(lambda: count(engine) == 1)

        assert taken(engine) == RECORDS[:1]


def test_ten_megabytes_without_a_line_end_cost_no_record_after_them(port: int, tmp_path: Path) -> None:
    with at_work(tmp_path, on(port)) as engine:
        until(lambda: listening(engine))
        with connect(port) as pbx:
            for _ in range(100):
                pbx.sendall(b"x" * 100_000)
            pbx.sendall(b"\n" + RECORDS[0] + b"\n<134>Nov  3 14:00:00 pbx SMDR: " + RECORDS[1] + b"\n")
            until(lambda: count(engine) == 2, 60)

        assert taken(engine) == RECORDS[:2]


def test_udp_and_tcp_are_taken_on_one_port_at_once(port: int, tmp_path: Path) -> None:
    head = b"<134>Nov  3 14:00:00 pbx SMDR: "
    with at_work(tmp_path, on(port)) as engine, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        until(lambda: listening(engine))
        datagrams.sendto(head + RECORDS[0], (HERE, port))
        with connect(port) as pbx:
            pbx.sendall(head + RECORDS[1] + b"\n")
            until(lambda: count(engine) == 2)

        assert sorted(taken(engine)) == sorted(RECORDS[:2])


# ---------------------------------------------------------------- headers


@pytest.mark.parametrize(
    ("raw", "tag", "text"),
    [
        (b"<134>Nov  3 14:00:00 pbx SMDR: 1015 063", b"SMDR", b"1015 063"),
        (b"<134>Nov  3 14:00:00 SMDR[12]: 1015 063", b"SMDR", b"1015 063"),
        (b"<134>Nov  3 2025 14:00:00 192.0.2.10 SMDR: 1015", b"SMDR", b"1015"),
        (b"<134>2025-11-03T14:00:00+00:00 pbx SMDR: 10:03AM 1", b"SMDR", b"10:03AM 1"),
        (b"<134>Nov  3 14:00:00 pbx 1015 063", b"", b"1015 063"),
        (b"<134>Nov  3 14:00:00 1015 063", b"", b"1015 063"),
        (b"<134>SMDR: 1015 063", b"SMDR", b"1015 063"),
        (b"<134>1015 063", b"", b"1015 063"),
        (b"1015 063", b"", b"1015 063"),
        (b"<134>1 2025-11-03T14:00:00Z pbx SMDR 7 - - 1015", b"SMDR", b"1015"),
        (b'<134>1 - - SMDR - - [a b="]"][c d="\\""] \xef\xbb\xbf1015', b"SMDR", b"1015"),
        (
            b"<189>45: gw: .Dec 16 10:16:25.486: %VOIPAAA-5-VOIP_CALL_HISTORY: CallLegType 2",
            b"%VOIPAAA-5-VOIP_CALL_HISTORY",
            b"%VOIPAAA-5-VOIP_CALL_HISTORY: CallLegType 2",
        ),
    ],
)
def test_a_header_comes_off_and_nothing_of_the_record_does(raw: bytes, tag: bytes, text: bytes) -> None:
    message = read_message(raw)

    assert (message.tag, message.text) == (tag, text)


def test_where_only_the_priority_is_taken_off_the_rest_stays() -> None:
    raw = b"<134>Nov  3 14:00:00 TLC 11202"

    assert read_message(raw, whole_header=False).text == raw[5:]


@given(st.binary(max_size=300))
def test_whatever_comes_a_message_is_read(raw: bytes) -> None:
    assert raw.endswith(read_message(raw).text)


# ---------------------------------------------------------------- division of a TCP stream

MESSAGES = (b"<134>abc def", b"<1>two\nlines", b"12 1015 063", b"57 <13x", b"15", b"00:12 9", b"123456 <1>a", b"7 <1>")


@given(st.lists(st.tuples(st.sampled_from(MESSAGES), st.booleans()), max_size=8), st.data())
def test_however_a_stream_is_cut_its_messages_are_the_same(
    messages: list[tuple[bytes, bool]],
    data: st.DataObject,
) -> None:
    stream = b"".join(
        b"%d %b" % (len(text), text) if counted and text.startswith(b"<") else text + b"\n"
        for text, counted in messages
    )
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=6)))

    assert divided(stream, cuts) == divided(stream, [])


def divided(stream: bytes, cuts: list[int]) -> list[MessagePart]:
    division, found = MessageDivision(), list[MessagePart]()
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += division.feed(stream[start:end])
    return [*found, *division.end()]


def test_a_record_that_begins_with_digits_is_no_length_and_a_connection_may_change_its_mind() -> None:
    stream = b"1015 063 5550100\n8 <134>ab\n12 <13> is no end of it\n15 063\n"

    assert [part.data for part in divided(stream, [])] == [
        b"1015 063 5550100", b"<134>ab\n", b"<13> is no e", b"nd of it", b"15 063",
    ]  # fmt: skip
