"""A PBX that listens: connecting, logging in, and taking what it sends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.records import some_lines, without_end
from tests.fakes.sites import a_stream, at_work, raw_calls, settle, until
from tollbook.engine.engine import Engine
from tollbook.model.health import Health, State
from tollbook.model.pbx import Pbx
from tollbook.simulator.faults import BreakOff, FaultKind, PbxFault
from tollbook.simulator.running import Switchroom
from tollbook.simulator.streams import FORMS, RESEND_ALL, PanasonicLogin, StreamSetup, TcpListener, Telnet
from tollbook.simulator.streams.dialogue import Handshake
from tollbook.store import questions
from tollbook.store.ledger import Ledger

RECORDS = without_end(some_lines(60))


@pytest.fixture
def room() -> Iterator[Switchroom]:
    with Switchroom() as made:
        yield made


def to(listener: TcpListener, **settings: str | int) -> Pbx:
    return a_stream("tcp_client", **{"host": "127.0.0.1", "port": listener.port, "timeout": "2s", **settings})


def health(engine: Engine) -> Health:
    return engine.health()[0]


def taken(engine: Engine) -> list[bytes]:
    return raw_calls(engine.site.journal, engine.site.store)


def count(engine: Engine) -> int:
    return int(engine.site.store.rows("SELECT count(*) FROM call")[0][0])


def replayed(engine: Engine) -> int:
    return questions.counts_by_pbx(Ledger(engine.site.store))["hts"].replayed


def test_records_of_a_pbx_that_listens_become_calls(room: Switchroom, tmp_path: Path) -> None:
    pbx = room.start(TcpListener())
    with at_work(tmp_path, to(pbx.carrier)) as engine:
        until(lambda: health(engine).state is State.WORKING)
        assert "has sent nothing yet" in health(engine).message
        pbx.send(RECORDS)
        until(lambda: count(engine) == 60)

        assert taken(engine) == RECORDS
        assert "sends" in health(engine).message
        assert health(engine).connected_since


@pytest.mark.parametrize("form", ["crlf", "cr", "crlflf", "nul", "leading-nuls", "stx-etx"])
def test_records_are_cut_however_a_pbx_ends_them(form: str, room: Switchroom, tmp_path: Path) -> None:
    pbx = room.start(TcpListener(), StreamSetup(form=FORMS[form]))
    with at_work(tmp_path, to(pbx.carrier)) as engine:
        pbx.send(RECORDS)
        until(lambda: count(engine) == 60)

        assert taken(engine) == RECORDS


def test_a_login_is_gone_through_and_leaves_nothing_in_the_journal(room: Switchroom, tmp_path: Path) -> None:
    pbx = room.start(TcpListener(), StreamSetup(dialogues=(Telnet(), PanasonicLogin())))
    with at_work(tmp_path, to(pbx.carrier, login="panasonic", password="PCCSMDR")) as engine:
        pbx.send(RECORDS)
        until(lambda: count(engine) == 60)

        assert taken(engine) == RECORDS
        kept = b"".join(data for _, data in engine.export())
        assert kept.strip() == b"\r\n".join(RECORDS)
        assert not engine.site.store.rows("SELECT raw FROM reject")


def test_a_password_that_is_not_accepted_is_said_and_is_in_no_message(room: Switchroom, tmp_path: Path) -> None:
    pbx = room.start(TcpListener(), StreamSetup(dialogues=(PanasonicLogin(),)))
    with at_work(tmp_path, to(pbx.carrier, login="panasonic", password="wrong-one")) as engine:
        until(lambda: health(engine).state is State.NEEDS_ATTENTION)

        assert health(engine).message == "the PBX does not accept the user id or the password"
        kept = b"".join(data for _, data in engine.export())
        assert b"wrong-one" not in kept


@pytest.mark.parametrize("dialogues", [(Telnet(), PanasonicLogin()), (PanasonicLogin(),)])
def test_a_log_in_that_is_asked_for_and_not_set_is_told(
    dialogues: tuple[Handshake, ...],
    room: Switchroom,
    tmp_path: Path,
) -> None:
    pbx = room.start(TcpListener(), StreamSetup(dialogues=dialogues))
    with at_work(tmp_path, to(pbx.carrier)) as engine:
        until(lambda: health(engine).state is State.NEEDS_ATTENTION)

        assert "asks for a log-in" in health(engine).message
        assert "set 'login'" in health(engine).message


def test_a_pbx_that_asks_for_no_login_loses_nothing_and_is_named(room: Switchroom, tmp_path: Path) -> None:
    pbx = room.start(TcpListener())
    with at_work(tmp_path, to(pbx.carrier, login="panasonic", password="PCCSMDR")) as engine:
        pbx.send(RECORDS[:5])
        until(lambda: health(engine).state is State.NOT_REACHABLE)

        assert "did not ask for '-'" in health(engine).message
        settle(engine)
        assert taken(engine) == RECORDS[:5]


def test_a_pbx_that_is_down_is_told_apart_from_one_that_says_nothing(room: Switchroom, tmp_path: Path) -> None:
    pbx = room.start(TcpListener())
    port = pbx.carrier.port
    pbx.stop()
    with at_work(tmp_path, a_stream("tcp_client", host="127.0.0.1", port=port)) as engine:
        until(lambda: health(engine).state is State.NOT_REACHABLE)

        assert "refused" in health(engine).message.lower()


@pytest.mark.parametrize("ending", [BreakOff.CLOSE, BreakOff.RESET])
def test_a_pbx_that_goes_before_it_has_sent_a_byte_is_called_again(
    ending: BreakOff,
    room: Switchroom,
    tmp_path: Path,
) -> None:
    pbx = room.start(TcpListener())
    with at_work(tmp_path, to(pbx.carrier)) as engine:
        until(lambda: health(engine).state is State.WORKING)
        pbx.hang_up(ending)
        pbx.wait_for_connections(2)
        pbx.send(RECORDS[:5])
        until(lambda: count(engine) == 5)

        assert taken(engine) == RECORDS[:5]


def test_a_buffer_sent_again_after_a_cut_is_recognised_and_counted(room: Switchroom, tmp_path: Path) -> None:
    pbx = room.start(TcpListener(), StreamSetup(resend=20))
    with at_work(tmp_path, to(pbx.carrier)) as engine:
        pbx.send(RECORDS[:30])
        until(lambda: count(engine) == 30)
        pbx.hang_up(BreakOff.RESET)
        until(lambda: health(engine).resets == 1)
        pbx.send(RECORDS[30:40])
        until(lambda: count(engine) == 40)
        settle(engine)

        assert taken(engine) == RECORDS[:40]
        assert replayed(engine) == 20


def test_a_buffer_sent_again_over_a_flapping_line_is_stored_once(room: Switchroom, tmp_path: Path) -> None:
    pbx = room.start(TcpListener(), StreamSetup(resend=RESEND_ALL))
    pbx.misbehave(PbxFault(kind=FaultKind.FLAP, records=17, ending=BreakOff.RESET, times=2))
    with at_work(tmp_path, to(pbx.carrier)) as engine:
        pbx.send(RECORDS)
        until(lambda: count(engine) == 60, 60)
        settle(engine)

        assert sorted(taken(engine)) == sorted(RECORDS)


def test_two_equal_calls_on_one_connection_stay_two(room: Switchroom, tmp_path: Path) -> None:
    pbx = room.start(TcpListener(), StreamSetup(resend=RESEND_ALL))
    twice = [*RECORDS[:3], RECORDS[2], RECORDS[3]]
    with at_work(tmp_path, to(pbx.carrier)) as engine:
        pbx.send(twice)
        until(lambda: count(engine) == 5)
        pbx.hang_up()
        until(lambda: replayed(engine) == 5)
        pbx.send([RECORDS[4], RECORDS[4]])
        until(lambda: count(engine) == 7)

        assert taken(engine) == [*twice, RECORDS[4], RECORDS[4]]


def test_what_was_received_before_a_stop_is_stored_and_half_a_record_is_a_reject(
    room: Switchroom,
    tmp_path: Path,
) -> None:
    pbx = room.start(TcpListener())
    half = PbxFault(kind=FaultKind.CUT, after_bytes=40, ending=BreakOff.RESET)
    with at_work(tmp_path, to(pbx.carrier)) as engine:
        pbx.send(RECORDS[:10])
        until(lambda: count(engine) == 10)
        pbx.misbehave(half)
        pbx.send(RECORDS[10:20])
        until(lambda: count(engine) == 20)

        rejects = engine.site.store.rows("SELECT raw, reason FROM reject")
        assert [raw for raw, _ in rejects] == [RECORDS[10][:40]]
        assert "cut off in the middle of a record" in rejects[0][1]


def test_text_under_a_wrong_parity_is_named_in_the_health(room: Switchroom, tmp_path: Path) -> None:
    pbx = room.start(TcpListener())
    pbx.misbehave(PbxFault(kind=FaultKind.PARITY, times=10))
    with at_work(tmp_path, to(pbx.carrier)) as engine:
        pbx.send(RECORDS[:10])
        until(lambda: health(engine).noise)

        assert "eighth bit" in health(engine).noise
