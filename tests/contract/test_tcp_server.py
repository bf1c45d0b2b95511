"""A PBX that connects to Tollbook: whose connection it is, what it is told, and how much strangers can do."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, Iterator
from contextlib import ExitStack, aclosing, suppress
from pathlib import Path

import msgspec
import pytest

from tests.fakes.peers import free_port
from tests.fakes.records import some_lines, without_end
from tests.fakes.sites import a_stream, at_work, raw_calls, settle, until
from tollbook.clock import now
from tollbook.engine.engine import Engine
from tollbook.model.body import Body
from tollbook.model.health import Health, State
from tollbook.model.limits import PORT_UNDECIDED
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Misconfigured
from tollbook.plugins import read_options
from tollbook.simulator.certificates import WantedCertificate, make
from tollbook.simulator.faults import BreakOff, FaultKind, PbxFault
from tollbook.simulator.running import Switchroom
from tollbook.simulator.streams import RESEND_ALL, StreamSetup, TcpDialler
from tollbook.sources._streams import stream_port
from tollbook.sources.contract import Event, Surroundings, Took, Waiting
from tollbook.sources.tcp_server import Options, arrivals

RECORDS = without_end(some_lines(60))
HERE, ELSEWHERE = "127.0.0.1", "127.0.0.2"
PATIENCE_S = 10.0


@pytest.fixture
def room() -> Iterator[Switchroom]:
    with Switchroom() as made:
        yield made


@pytest.fixture
def port() -> int:
    return free_port()


def on(port: int, name: str = "hts", **settings: str | int) -> Pbx:
    return msgspec.structs.replace(a_stream("tcp_server", listen=f"{HERE}:{port}", **settings), name=name)


def health(engine: Engine, name: str = "hts") -> Health:
    return next(each for each in engine.health() if each.pbx == name)


def listening(engine: Engine) -> bool:
    return all(each.state is not State.STARTING for each in engine.health())


def taken(engine: Engine) -> list[bytes]:
    settle(engine)
    return raw_calls(engine.site.journal, engine.site.store)


def count(engine: Engine, name: str = "hts") -> int:
    return int(engine.site.store.rows("SELECT count(*) FROM call WHERE pbx = ?", [name])[0][0])


def connect(port: int, host: str = HERE) -> socket.socket:
    return socket.create_connection((HERE, port), PATIENCE_S, source_address=(host, 0))


def is_closed(connection: socket.socket) -> bool:
    """Wait until the other end has closed, one way or the other."""
    with suppress(ConnectionError):
        return connection.recv(1) == b""
    return True


# ---------------------------------------------------------------- one PBX


def test_records_of_a_pbx_that_connects_become_calls(room: Switchroom, port: int, tmp_path: Path) -> None:
    with at_work(tmp_path, on(port)) as engine:
        until(lambda: health(engine).state is State.WAITING)
        assert health(engine).message == f"listening on {HERE}:{port}; no PBX has connected yet"
        pbx = room.start(TcpDialler(HERE, port))
        pbx.send(RECORDS)
        until(lambda: count(engine) == 60)

        assert taken(engine) == RECORDS
        assert health(engine).message == f"tcp://{HERE} on {HERE}:{port} is connected and sends"
        pbx.stop()
        until(lambda: health(engine).state is State.NOT_REACHABLE)
        assert "no longer connected" in health(engine).message
        assert health(engine).trouble == 0


def test_a_pbx_that_only_tries_the_line_is_seen_to_come_and_go(port: int, tmp_path: Path) -> None:
    with at_work(tmp_path, on(port)) as engine:
        until(lambda: listening(engine))
        with connect(port):
            until(lambda: health(engine).state is State.WORKING)
        until(lambda: health(engine).state is State.NOT_REACHABLE)

        assert engine.site.journal.bodies() == []


def test_the_old_connection_stays_half_open_beside_the_new_one(room: Switchroom, port: int, tmp_path: Path) -> None:
    with at_work(tmp_path, on(port)) as engine:
        until(lambda: listening(engine))
        pbx = room.start(TcpDialler(HERE, port), StreamSetup(resend=10))
        pbx.send(RECORDS[:20])
        until(lambda: count(engine) == 20)
        pbx.misbehave(PbxFault(kind=FaultKind.HALF_OPEN))
        pbx.send(RECORDS[20:40])
        until(lambda: count(engine) == 40)

        assert taken(engine) == RECORDS[:40]
        assert health(engine).arriving == 2
        assert health(engine).state is State.WORKING


def test_a_line_that_flaps_loses_and_doubles_nothing(room: Switchroom, port: int, tmp_path: Path) -> None:
    with at_work(tmp_path, on(port)) as engine:
        until(lambda: listening(engine))
        pbx = room.start(TcpDialler(HERE, port), StreamSetup(resend=RESEND_ALL))
        pbx.misbehave(PbxFault(kind=FaultKind.FLAP, records=15, ending=BreakOff.RESET, times=3))
        pbx.send(RECORDS)
        until(lambda: count(engine) == 60, 60)

        assert sorted(taken(engine)) == sorted(RECORDS)


def test_a_record_that_is_cut_and_sent_again_is_one_call_and_one_reject(
    room: Switchroom,
    port: int,
    tmp_path: Path,
) -> None:
    with at_work(tmp_path, on(port)) as engine:
        until(lambda: listening(engine))
        pbx = room.start(TcpDialler(HERE, port))
        pbx.send(RECORDS[:5])
        until(lambda: count(engine) == 5)
        pbx.misbehave(PbxFault(kind=FaultKind.CUT, after_bytes=30, ending=BreakOff.RESET))
        pbx.send(RECORDS[5:10])
        until(lambda: count(engine) == 10)

        assert taken(engine) == RECORDS[:10]
        assert engine.site.store.rows("SELECT raw FROM reject") == [(RECORDS[5][:30],)]


def test_records_that_come_byte_by_byte_are_the_same_records(port: int, tmp_path: Path) -> None:
    with at_work(tmp_path, on(port)) as engine:
        until(lambda: listening(engine))
        with connect(port) as pbx:
            pbx.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in b"".join(record + b"\r\n" for record in RECORDS[:4]):
                pbx.send(bytes((byte,)))
            until(lambda: count(engine) == 4)

        assert taken(engine) == RECORDS[:4]


def test_ten_megabytes_without_a_line_end_cost_no_record_after_them(
    room: Switchroom,
    port: int,
    tmp_path: Path,
) -> None:
    with at_work(tmp_path, on(port)) as engine:
        until(lambda: listening(engine))
        pbx = room.start(TcpDialler(HERE, port))
        pbx.misbehave(PbxFault(kind=FaultKind.ENDLESS, size_bytes=10_000_000))
        pbx.send(RECORDS[:10])
        until(lambda: count(engine) == 10, 60)

        first, *others = taken(engine)
        assert first.endswith(RECORDS[0])  # behind the last of them, as nothing stands between
        assert others == RECORDS[1:10]
        assert sum(len(data) for _, data in engine.export()) > 10_000_000


def test_a_connection_without_a_byte_is_ended_after_the_time_that_is_set(port: int, tmp_path: Path) -> None:
    with at_work(tmp_path, on(port, idle="200ms")) as engine:
        until(lambda: listening(engine))
        with connect(port) as pbx:
            assert is_closed(pbx)
        until(lambda: health(engine).resets == 1)


def test_records_over_tls_become_calls_and_plain_ones_are_refused(room: Switchroom, port: int, tmp_path: Path) -> None:
    made = make(tmp_path / "tls", WantedCertificate(since=now()))
    pbx = on(port, certificate_file=str(made.certificate), key_file=str(made.key))
    with at_work(tmp_path / "site", pbx) as engine:
        until(lambda: listening(engine))
        with connect(port) as plain:
            plain.sendall(RECORDS[0] + b"\r\n")
            assert plain.recv(10_000) is not None
            until(lambda: health(engine).refused == 1)
        running = room.start(TcpDialler(HERE, port, tls=ssl.create_default_context(cafile=str(made.authority))))
        running.send(RECORDS)
        until(lambda: count(engine) == 60)

        assert taken(engine) == RECORDS
        assert "TLS could not be agreed on" in health(engine).last_refused


# ---------------------------------------------------------------- several PBXs on one port


def test_two_pbxs_on_one_port_are_told_apart_by_their_address(port: int, tmp_path: Path) -> None:
    pbxs = on(port, "one", peers=HERE), on(port, "any"), on(port, "two", peers="127.0.0.0/30")
    with at_work(tmp_path, *pbxs) as engine:
        until(lambda: listening(engine))
        with ExitStack() as stack:
            for number, host in enumerate((HERE, ELSEWHERE, "127.0.0.9")):
                pbx = stack.enter_context(connect(port, host))
                pbx.sendall(RECORDS[number] + b"\n")
            until(lambda: [count(engine, name) for name in ("one", "two", "any")] == [1, 1, 1])

        bodies = {body.pbx: body.origin for body in engine.site.journal.bodies()}
        assert bodies == {
            "one": f"tcp://{HERE} on {HERE}:{port}",
            "two": f"tcp://{ELSEWHERE} on {HERE}:{port}",
            "any": f"tcp://127.0.0.9 on {HERE}:{port}",
        }


def test_two_pbxs_behind_one_address_are_told_apart_by_their_first_line_which_is_kept(
    port: int,
    tmp_path: Path,
) -> None:
    pbxs = on(port, "seven", first_line="^SITE7"), on(port, "eight", first_line="^SITE8")
    with at_work(tmp_path, *pbxs) as engine:
        until(lambda: listening(engine))
        with connect(port) as seven, connect(port) as eight, connect(port) as nine:
            eight.sendall(b"\0\r\nSIT")
            seven.sendall(b"SITE7\r\n" + RECORDS[0] + b"\r\n")
            eight.sendall(b"E8\r\n" + RECORDS[1] + b"\r\n")
            nine.sendall(b"SITE9\r\n" + RECORDS[2] + b"\r\n")
            assert is_closed(nine)
            until(lambda: [count(engine, name) for name in ("seven", "eight")] == [1, 1])

        settle(engine)
        kept = {body.pbx: engine.site.journal.slice(body.id, 0, 10) for body in engine.site.journal.bodies()}
        assert kept == {"seven": b"SITE7\r\n" + RECORDS[0][:3], "eight": b"\0\r\nSITE8\r\n"}
        assert [each.last_refused for each in engine.health()] == [
            f"{HERE}: its first line matches the 'first-line' of no PBX",
        ] * 2


def test_a_line_that_is_closed_before_it_ends_is_still_looked_at(port: int, tmp_path: Path) -> None:
    with at_work(tmp_path, on(port, first_line='^"')) as engine:
        until(lambda: listening(engine))
        with connect(port) as pbx:
            pbx.sendall(RECORDS[0])
        until(lambda: count(engine) == 1)

        assert taken(engine) == RECORDS[:1]


def test_who_does_not_say_whose_he_is_waits_only_so_long(
    port: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream_port, "PORT_DECIDES_S", 0.1)
    with at_work(tmp_path, on(port, first_line="^SITE7")) as engine:
        until(lambda: listening(engine))
        with connect(port) as silent:
            assert is_closed(silent)
        until(lambda: health(engine).refused == 1)

        assert "it sent no line" in health(engine).last_refused


@pytest.mark.parametrize("settings", [{}, {"peers": HERE}, {"first-line": "^SITE7"}])
def test_two_pbxs_that_nothing_tells_apart_are_not_both_let_in(
    settings: dict[str, str],
    port: int,
    tmp_path: Path,
) -> None:
    with at_work(tmp_path, on(port, "one", **settings), on(port, "two", **settings)) as engine:
        until(lambda: listening(engine))
        states = {each.state for each in engine.health()}
        refused = next(each for each in engine.health() if each.state is State.NEEDS_ATTENTION)

        assert states == {State.WAITING, State.NEEDS_ATTENTION}
        assert f"awaited on {HERE}:{port} too" in refused.message
        assert ("PBX 'one'" in refused.message) is (refused.pbx == "two")


def test_a_port_that_another_program_has_is_said_and_tried_again(port: int, tmp_path: Path) -> None:
    with socket.create_server((HERE, port)), at_work(tmp_path, on(port)) as engine:
        until(lambda: health(engine).state is State.NOT_REACHABLE)

        assert f"TCP port {port} of {HERE} is in use: another program has it" in health(engine).message
        assert "set another port in 'listen'" in health(engine).message


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (("tcp_server", "localhost"), "has it under another address; write 'listen' alike for both"),
        (("http_push", HERE), "which arrives in another way, has it; set another port in 'listen' for one"),
    ],
)
def test_a_port_that_another_pbx_has_is_said_with_its_name(
    other: tuple[str, str],
    said: str,
    port: int,
    tmp_path: Path,
) -> None:
    kind, host = other
    settings = {"listen": f"{host}:{port}", "token": "long-and-random"}
    neighbour = msgspec.structs.replace(on(port, "other"), source=kind, settings=settings)
    with at_work(tmp_path, on(port), neighbour) as engine:
        until(lambda: listening(engine))
        first = next(each.pbx for each in engine.health() if each.state is State.WAITING)
        second = next(each for each in engine.health() if each.state is State.NOT_REACHABLE)

        assert f"is in use: PBX '{first}'" in second.message
        assert said in second.message


def test_the_port_is_free_once_the_last_pbx_is_gone(port: int, tmp_path: Path) -> None:
    with at_work(tmp_path / "first", on(port)) as engine:
        until(lambda: listening(engine))
        with connect(port):
            until(lambda: health(engine).state is State.WORKING)
    with socket.create_server((HERE, port)):
        pass


@pytest.mark.parametrize(
    ("setting", "text"),
    [("first-line", "("), ("peers", "192.0.2.300"), ("listen", "5000"), ("listen", "0.0.0.0:70000")],
)
def test_an_option_that_cannot_be_used_is_said_before_anything_starts(setting: str, text: str) -> None:
    with pytest.raises(Misconfigured, match=f"'{setting}' must be"):
        read_options(Options, {setting: text}, "here")


# ---------------------------------------------------------------- strangers


def test_a_stranger_is_closed_at_once_counted_and_shown(port: int, tmp_path: Path) -> None:
    with at_work(tmp_path, on(port, peers="192.0.2.10")) as engine:
        until(lambda: listening(engine))
        for _ in range(3):
            with connect(port) as stranger:
                assert is_closed(stranger)
        until(lambda: health(engine).refused == 3)

        assert health(engine).last_refused == (f"{HERE}: its address is not among the 'peers' of any PBX on this port")
        assert health(engine).state is State.WAITING


@pytest.mark.slow
def test_ten_thousand_strangers_do_not_keep_the_pbx_out(room: Switchroom, port: int, tmp_path: Path) -> None:
    with at_work(tmp_path, on(port, peers=HERE)) as engine:
        until(lambda: listening(engine))
        pbx = room.start(TcpDialler(HERE, port))
        for batch in range(50):
            with ExitStack() as strangers:
                for _ in range(200):
                    strangers.enter_context(connect(port, ELSEWHERE))
                pbx.send(RECORDS[batch : batch + 1])
        until(lambda: count(engine) == 50)
        until(lambda: health(engine).refused == 10_000)

        assert taken(engine) == RECORDS[:50]


def test_a_crowd_that_says_nothing_leaves_room_for_the_pbx(room: Switchroom, port: int, tmp_path: Path) -> None:
    with at_work(tmp_path, on(port, first_line='^"')) as engine, ExitStack() as crowd:
        until(lambda: listening(engine))
        for _ in range(PORT_UNDECIDED + 100):
            crowd.enter_context(connect(port))
        pbx = room.start(TcpDialler(HERE, port))
        pbx.send(RECORDS[:10])
        until(lambda: count(engine) == 10)

        assert taken(engine) == RECORDS[:10]
        assert health(engine).refused == 101


def test_connections_that_send_nothing_make_room_for_one_that_comes(
    room: Switchroom,
    port: int,
    tmp_path: Path,
) -> None:
    with at_work(tmp_path, on(port, most_connections=3)) as engine, ExitStack() as crowd:
        until(lambda: listening(engine))
        first = crowd.enter_context(connect(port, ELSEWHERE))
        for _ in range(2):
            crowd.enter_context(connect(port, ELSEWHERE))
        pbx = room.start(TcpDialler(HERE, port))
        pbx.send(RECORDS[:10])
        until(lambda: count(engine) == 10)

        assert is_closed(first)
        assert taken(engine) == RECORDS[:10]


def test_connections_of_others_that_send_are_not_ended_for_a_newcomer(port: int, tmp_path: Path) -> None:
    with at_work(tmp_path, on(port, most_connections=2)) as engine, ExitStack() as stack:
        until(lambda: listening(engine))
        for number in range(2):
            pbx = stack.enter_context(connect(port))
            pbx.sendall(RECORDS[number] + b"\n")
            until(lambda number=number: count(engine) == number + 1)  # type: ignore[misc]
        newcomer = stack.enter_context(connect(port, ELSEWHERE))
        assert is_closed(newcomer)
        until(lambda: health(engine).refused == 1)

        assert stream_port.NO_ROOM in health(engine).last_refused


# ---------------------------------------------------------------- acknowledgements


class NoPast:
    """A past in which nothing was."""

    async def latest(self, _origin: str) -> Body | None:
        return None

    async def read(self, _body: int, _start: int) -> bytes:
        return b""

    async def mark(self, _origin: str) -> str:
        return ""

    async def stored(self) -> None:
        return


async def _until_took(events: AsyncGenerator[Event, None]) -> Took:
    async for event in events:
        if isinstance(event, Took):
            return event
    raise AssertionError


def test_a_record_is_acknowledged_only_once_it_is_on_the_disk(port: int) -> None:
    async def play() -> None:
        options = read_options(Options, {"listen": f"{HERE}:{port}", "talk": "sopho"}, "here")
        async with aclosing(arrivals(options, Surroundings("hts", NoPast(), asyncio.sleep))) as events:
            assert isinstance(await anext(events), Waiting)
            reader, writer = await asyncio.open_connection(HERE, port)
            writer.write(b"07" + RECORDS[0] + b"\r\n08" + RECORDS[1])
            took = await _until_took(events)
            said = asyncio.ensure_future(reader.read(100))
            done, _ = await asyncio.wait({said}, timeout=0.1)
            assert took.data == b"07" + RECORDS[0] + b"\r\n08" + RECORDS[1]
            assert not done

            after = asyncio.ensure_future(_until_took(events))  # the generator is let go on: it is on the disk
            assert await asyncio.wait_for(said, PATIENCE_S) == b"07\r\n"
            writer.write(b"\r\n")
            await asyncio.wait_for(after, PATIENCE_S)
            last = asyncio.ensure_future(_until_took(events))
            assert await asyncio.wait_for(reader.read(100), PATIENCE_S) == b"08\r\n"
            last.cancel()
            with suppress(asyncio.CancelledError):
                await last
            writer.close()

    asyncio.run(play())


def test_a_pbx_that_wants_every_record_acknowledged_sends_all_of_them(
    room: Switchroom,
    port: int,
    tmp_path: Path,
) -> None:
    with at_work(tmp_path, on(port, talk="sopho")) as engine:
        until(lambda: listening(engine))
        pbx = room.start(TcpDialler(HERE, port), StreamSetup(acknowledged=True))
        pbx.send(RECORDS)
        pbx.wait_until_sent()
        settle(engine)

        kept = b"".join(data for _, data in engine.export())
        assert kept == b"".join(b"%02d%b\r\n" % (number, record) for number, record in enumerate(RECORDS))
