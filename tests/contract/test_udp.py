"""A PBX that sends datagrams: each ends a record, and what is dropped is said."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest

from tests.contract.test_tcp_server import ELSEWHERE, HERE, NoPast, count, health, listening, taken
from tests.fakes.peers import free_port
from tests.fakes.records import some_lines, without_end
from tests.fakes.sites import a_stream, at_work, until
from tollbook.model.health import State
from tollbook.model.limits import DATAGRAMS_HELD
from tollbook.model.pbx import Pbx
from tollbook.plugins import read_options
from tollbook.simulator.running import Switchroom
from tollbook.simulator.streams import FORMS, StreamSetup, UdpSender
from tollbook.sources.contract import Refused, Surroundings, Took, Waiting
from tollbook.sources.udp import Options, arrivals

RECORDS = without_end(some_lines(60))


@pytest.fixture
def room() -> Iterator[Switchroom]:
    with Switchroom() as made:
        yield made


@pytest.fixture
def port() -> int:
    return free_port(socket.SOCK_DGRAM)


def on(port: int, name: str = "hts", **settings: str | int) -> Pbx:
    return msgspec.structs.replace(a_stream("udp", listen=f"{HERE}:{port}", **settings), name=name)


def sender(host: str = HERE) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((host, 0))
    return made


@pytest.mark.parametrize("form", ["none", "crlf", "lf", "nul", "stx-etx"])
def test_each_datagram_is_a_record_however_it_ends(form: str, room: Switchroom, port: int, tmp_path: Path) -> None:
    with at_work(tmp_path, on(port)) as engine:
        until(lambda: listening(engine))
        pbx = room.start(UdpSender(HERE, port), StreamSetup(form=FORMS[form]))
        pbx.send(RECORDS)
        until(lambda: count(engine) == 60)

        assert taken(engine) == RECORDS
        assert engine.site.store.rows("SELECT count(*) FROM reject") == [(0,)]


def test_it_says_where_it_listens_until_something_comes(port: int, tmp_path: Path) -> None:
    with at_work(tmp_path, on(port)) as engine, sender() as pbx:
        until(lambda: health(engine).state is State.WAITING)
        assert f"{HERE}:{port}" in health(engine).message
        pbx.sendto(b"", (HERE, port))
        pbx.sendto(RECORDS[0], (HERE, port))
        until(lambda: count(engine) == 1)

        assert health(engine).state is State.WORKING


def test_two_pbxs_on_one_port_are_told_apart_and_a_stranger_is_said(port: int, tmp_path: Path) -> None:
    with at_work(tmp_path, on(port, "one", peers=HERE), on(port, "two", peers=ELSEWHERE)) as engine:
        until(lambda: listening(engine))
        for number, host in enumerate((HERE, ELSEWHERE, "127.0.0.3")):
            with sender(host) as pbx:
                pbx.sendto(RECORDS[number], (HERE, port))
        until(lambda: [count(engine, name) for name in ("one", "two")] == [1, 1])
        until(lambda: all(each.refused for each in engine.health()))

        assert all("127.0.0.3" in each.last_refused for each in engine.health())


def test_a_port_that_another_program_has_is_said(port: int, tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((HERE, port))
        with at_work(tmp_path, on(port)) as engine:
            until(lambda: health(engine).state is State.NOT_REACHABLE)

            assert f"UDP port {port} of {HERE} is in use: another program has it" in health(engine).message


def test_what_comes_faster_than_the_disk_is_held_in_order_up_to_a_limit_and_then_said(port: int) -> None:
    async def play() -> None:
        options = read_options(Options, {"listen": f"{HERE}:{port}"}, "here")
        async with aclosing(arrivals(options, Surroundings("hts", NoPast(), asyncio.sleep))) as events:
            assert isinstance(await anext(events), Waiting)
            with sender() as pbx:
                for number in range(300):
                    pbx.sendto(b"%06d" % number + b"x" * 50_000, (HERE, port))
                    for _ in range(4):  # the loop reads while the generator is not let go on
                        await asyncio.sleep(0)
            refused, took = None, None
            async for event in events:
                refused = event if isinstance(event, Refused) else refused
                if isinstance(event, Took):
                    took = event
                    break
        assert refused
        assert took
        assert "dropped" in refused.reason
        assert DATAGRAMS_HELD - 60_000 < len(took.data) <= DATAGRAMS_HELD
        numbers = [int(record[:6]) for record in took.data.splitlines()]
        assert numbers == list(range(len(numbers)))

    asyncio.run(play())
